"""What a label must be to be taken: of the vocabulary, of the image's size, and not empty."""

from __future__ import annotations

from collections.abc import Sequence

from maskloop.errors import FailedPrecondition, InvalidArgument, InvalidLabel, InvalidMask, UnsupportedSupervision
from maskloop.values import Counts, Image, LabelDraft, ObjectLabel, Project, Split, SupervisionKind

MAX_LABELS = 1000
TAKEN = (SupervisionKind.COUNTS, SupervisionKind.FULL, SupervisionKind.OOD_CHECK)
MAX_COUNT = 10_000
MAX_SEED = 2**63 - 1
MAX_ANNOTATOR = 128
MAX_SECONDS_SPENT = 1e7  # four months


def check_drafts(drafts: Sequence[LabelDraft]) -> None:
    """Check what can be checked of a submission without the store.

    Raises:
        InvalidArgument: none, too many, or an image twice.
        InvalidLabel: a measured time that cannot be.
        UnsupportedSupervision: a kind that is not yet supported.
    """
    if not 1 <= len(drafts) <= MAX_LABELS:
        raise InvalidArgument(f"{len(drafts)} labels; 1 to {MAX_LABELS} are taken at once", field="labels")
    seen: set[str] = set()
    for draft in drafts:
        if draft.kind not in TAKEN:
            raise UnsupportedSupervision(
                f"image {draft.image_id}: labels of kind {draft.kind} are not yet supported", field="labels.kind"
            )
        if draft.seconds_spent is not None and draft.seconds_spent > MAX_SECONDS_SPENT:
            raise InvalidLabel(
                f"image {draft.image_id}: {draft.seconds_spent:g} seconds_spent; {MAX_SECONDS_SPENT:g} are the most",
                field="labels.seconds_spent",
            )
        if draft.image_id in seen:
            raise InvalidArgument(f"image {draft.image_id} is labeled twice in one call", field="labels.image_id")
        seen.add(draft.image_id)


def check_annotator(annotator: str) -> str:
    """Return the annotator's name.

    Raises:
        InvalidArgument: it is empty or too long.
    """
    if not 1 <= len(annotator) <= MAX_ANNOTATOR:
        raise InvalidArgument(
            f"annotator has {len(annotator)} characters; 1 to {MAX_ANNOTATOR} are taken", field="annotator"
        )
    return annotator


def check_seed(seed: int) -> int:
    """Return the seed.

    Raises:
        InvalidArgument: it is outside [0, 2^63).
    """
    if not 0 <= seed <= MAX_SEED:
        raise InvalidArgument(f"seed {seed} is outside [0, 2^63)", field="seed")
    return seed


def check_content(project: Project, image: Image, draft: LabelDraft) -> None:
    """Check what a label says of its image.

    Raises:
        InvalidLabel: a category outside the vocabulary, or a count out of range.
        InvalidMask: a mask of another size than the image, or without a pixel.
    """
    if draft.kind is SupervisionKind.FULL:
        check_objects(project, image, draft.objects, f"image {image.id}")
    else:
        _check_counts(project, image, draft.shown)


def check_objects(project: Project, image: Image, objects: Sequence[ObjectLabel], where: str) -> None:
    """Check outlined objects; errors begin with `where` and name the object by its place, from 0.

    Raises:
        InvalidLabel: a category outside the vocabulary.
        InvalidMask: a mask of another size than the image, or without a pixel.
    """
    vocabulary = {category.id for category in project.categories}
    for place, item in enumerate(objects):
        mask = item.mask
        if item.category_id not in vocabulary:
            raise InvalidLabel(
                f"{where}, object {place}: project {project.id} has no category {item.category_id}",
                field="objects.category_id",
            )
        if (mask.height, mask.width) != (image.height, image.width):
            raise InvalidMask(
                f"{where}, object {place}: the mask has {mask.height} x {mask.width} pixels (height x width), "
                f"the image {image.height} x {image.width}",
                field="objects.mask",
            )
        if not mask.area:
            raise InvalidMask(f"{where}, object {place}: the mask is empty", field="objects.mask")


def check_candidate(image: Image) -> None:
    """Check that an answer may be said of an image.

    Raises:
        FailedPrecondition: it was never believed to be out of distribution.
    """
    if image.split is not Split.OOD:
        raise FailedPrecondition(
            f"image {image.id} is of split {image.split}; answers are said of candidates of split {Split.OOD}",
            field="labels.image_id",
        )


def _check_counts(project: Project, image: Image, counts: Counts) -> None:
    vocabulary = {category.id for category in project.categories}
    for category_id, count in counts.by_category.items():
        if category_id not in vocabulary:
            raise InvalidLabel(
                f"image {image.id}: project {project.id} has no category {category_id}", field="labels.counts"
            )
        if count > MAX_COUNT:
            raise InvalidLabel(
                f"image {image.id}: {count} objects of category {category_id}; at most {MAX_COUNT} are taken",
                field="labels.counts",
            )
