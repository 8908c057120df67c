"""What requests must be to be taken. What a label may say of its image stands in the class of its kind."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from maskloop.errors import InvalidArgument, InvalidConfig, InvalidLabel
from maskloop.values import MOST_OBJECTS_AT_ONCE, LabelDraft

MAX_LABELS = 1000
MAX_SEED = 2**63 - 1
MAX_ANNOTATOR = 128
MAX_SECONDS_SPENT = 1e7  # four months
MAX_OVERRIDES = 10_000


def check_drafts(drafts: Sequence[LabelDraft]) -> None:
    """Check what can be checked of a submission without the store.

    Raises:
        InvalidArgument: none, too many, too many objects in them, or an image twice.
        InvalidLabel: a measured time that cannot be.
    """
    if not 1 <= len(drafts) <= MAX_LABELS:
        raise InvalidArgument(f"{len(drafts)} labels; 1 to {MAX_LABELS} are taken at once", field="labels")
    seen: set[str] = set()
    for draft in drafts:
        if draft.seconds_spent is not None and draft.seconds_spent > MAX_SECONDS_SPENT:
            raise InvalidLabel(
                f"image {draft.image_id}: {draft.seconds_spent:g} seconds_spent; {MAX_SECONDS_SPENT:g} are the most",
                field="labels.seconds_spent",
            )
        if draft.image_id in seen:
            raise InvalidArgument(f"image {draft.image_id} is labeled twice in one call", field="labels.image_id")
        seen.add(draft.image_id)
    check_marks(sum(draft.content.marks for draft in drafts), "labels")


def check_marks(number: int, field: str) -> None:
    """Raises InvalidArgument where the labels of a request show more than may be taken at once."""
    if number > MOST_OBJECTS_AT_ONCE:
        raise InvalidArgument(
            f"{number:,} objects, points, strokes or boxes; at most {MOST_OBJECTS_AT_ONCE:,} are taken at once",
            field=field,
        )


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


def parse_overrides(overrides_json: str) -> dict[str, Any]:
    """Options that differ from a recipe's, by name; none for "".

    Raises:
        InvalidArgument: the text is too long, or no JSON object.
        InvalidConfig: it names the recipe anew.
    """
    if not overrides_json:
        return {}
    if len(overrides_json) > MAX_OVERRIDES:
        raise InvalidArgument(f"overrides_json has more than {MAX_OVERRIDES} characters", field="overrides_json")
    try:
        overrides = json.loads(overrides_json)
    except (ValueError, RecursionError) as error:
        raise InvalidArgument(f"overrides_json is no JSON: {error}", field="overrides_json") from error
    if not isinstance(overrides, dict):
        raise InvalidArgument("overrides_json is no JSON object", field="overrides_json")
    if "name" in overrides:
        raise InvalidConfig("a recipe's name is no option of it", field="overrides_json")
    return overrides
