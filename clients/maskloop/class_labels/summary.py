"""What came of class labels, for a person: images, masks by class, and what their scores are worth."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from maskloop.class_labels.photos import Photos, classes_in, without_contrast
from maskloop.class_labels.proposing import Proposed
from maskloop.pages.wording import say_count
from maskloop.values import HeadState, ModelVersion, explain_head

WHOLE = 0.85
"""Of a picture, from which on a mask is hardly one of an object."""


@dataclass(frozen=True)
class ClassFigures:
    """Of one class: images that are labeled with it, masks, the images that have some, and the mean of their scores in
    [0, 1], `None` without any."""

    name: str
    labeled: int
    masks: int
    images: int
    mean_score: float | None


def figures_of(photos: Photos, proposed: Proposed) -> Iterator[ClassFigures]:
    """Each class of the vocabulary."""
    shown = [classes_in(label) for name, label in photos.labels.items() if name in proposed.images]
    for category in photos.categories:
        by_image = [
            [item.predicted_iou for item in each.objects if item.category_id == category.id]
            for each in proposed.proposals.values()
        ]
        scores = [score for its in by_image for score in its]
        labeled = sum(category.id in its for its in shown)
        mean = sum(scores) / len(scores) if scores else None
        yield ClassFigures(category.name, labeled, len(scores), sum(map(bool, by_image)), mean)


def say_images(photos: Photos, proposed: Proposed) -> str:
    """How many there are, and what is known of them."""
    known, outlined = len(photos.labels), len(photos.outlined)
    also = f", {outlined} of them outlined" if outlined else ""
    unread = len(photos.data.pool) - len(proposed.images)
    return (
        f"{say_count(len(photos.data.pool), 'image')}: {known} with class labels{also}, "
        f"{len(photos.data.pool) - known} without{f'; {unread} could not be read' if unread else ''}."
    )


def say_whole_pictures(photos: Photos, proposed: Proposed) -> str:
    """That masks of a class cover nearly all of their pictures, which outlines hardly do; "" where they do not."""
    told = []
    for category in photos.categories:
        shares = [
            item.mask.area / (item.mask.height * item.mask.width)
            for each in proposed.proposals.values()
            for item in each.objects
            if item.category_id == category.id
        ]
        whole = sum(share > WHOLE for share in shares)
        if whole and whole >= len(shares) / 2:
            told.append(f"{whole} of {say_count(len(shares), 'mask')} of {category.name}")
    if not told:
        return ""
    return (
        f"{' and '.join(told)} cover {WHOLE:.0%} of their picture or more: to the classifier the ground tells. "
        "More photographs help, and above all some of the same ground without the class (--empty)."
    )


def say_head(model: ModelVersion) -> str:
    """What the scores are worth, and why they are not to be relied on."""
    images = round(model.metrics.get("held_out_images", 0.0))
    if model.head is HeadState.UNFITTED:
        few = f"{images} outlined image{'' if images == 1 else 's'} with masks say too little of how good a mask is"
        why = few if images else "no outline says how good a mask is"
        return f"Scores are raw confidence, not predicted IoU: {why}. --outlines names a COCO file of outlines."
    return f"Scores are predicted IoU. {explain_head(model.metrics)}"


def say_without_contrast(photos: Photos) -> str:
    """Which classes no map can show, "" for none."""
    names = without_contrast(photos)
    if not names:
        return ""
    return f"Every labeled image holds {' and '.join(names)}: nothing tells where, and masks of it mean little."
