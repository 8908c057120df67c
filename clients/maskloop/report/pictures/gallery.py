"""The gallery: test images with what a network outlines in them and what is there, worst first.

A true object is found by a proposal of its category with an IoU above .5, as panoptic quality counts it; pairs are
those with the largest sum of IoUs. What is left over is missed, or wrongly added.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from maskloop.matching import FOUND, judged, match_within_class
from maskloop.values import EvaluatedImage, ImageProposals, ObjectLabel, ObjectProposal

WORST, MIDDLE, BEST = "worst", "middle", "best"
SHOWN = {WORST: 6, MIDDLE: 3, BEST: 3}
"""Images of each group; where there are no more than these together, all are shown."""


@dataclass(frozen=True)
class GalleryImage:
    """A test image: its true and predicted score (Bellver et al., eq. 2) in [0, 1], and how many objects were found.

    Nothing is predicted without a fitted head.
    """

    image: str
    file_name: str
    group: str
    true: float
    predicted: float | None
    found: int
    missed: int
    wrong: int


@dataclass(frozen=True)
class Gallery:
    """Test images of the network of round `round`.

    Args:
        round: whose network, the best one's; 0 before the first.
        tested: test images with labels.
        judged: those among them that hold an object, or in which the network found one.
        images: some of the latter, worst first; none where the server kept no proposals for them.
    """

    round: int
    tested: int
    judged: int
    images: tuple[GalleryImage, ...] = ()


def choose_images(evaluated: Sequence[EvaluatedImage]) -> list[tuple[str, EvaluatedImage]]:
    """The images to show, worst first, each with its group; of equally bad ones those with more objects come first."""
    ordered = sorted(evaluated, key=lambda image: (image.true_iou, -image.objects, image.image_id))
    if len(ordered) <= sum(SHOWN.values()):
        return [("", image) for image in ordered]
    middle = (len(ordered) - SHOWN[MIDDLE]) // 2
    parts = {
        WORST: ordered[: SHOWN[WORST]],
        MIDDLE: ordered[max(middle, SHOWN[WORST]) :][: SHOWN[MIDDLE]],
        BEST: ordered[-SHOWN[BEST] :],
    }
    return [(group, image) for group, images in parts.items() for image in images]


def judge_image(
    group: str,
    image: EvaluatedImage,
    file_name: str,
    truths: Sequence[ObjectLabel],
    proposals: ImageProposals,
) -> GalleryImage:
    """An image of the gallery, with its objects counted."""
    there, offered = without_crowds(truths, proposals.objects)
    found = sum(place >= 0 for place in found_places(there, offered))
    scores = image.true_iou, None if proposals.uncalibrated else image.predicted_iou
    counts = found, len(there) - found, len(offered) - found
    return GalleryImage(image.image_id, file_name, group, *scores, *counts)


def say_gallery(gallery: Gallery) -> str:
    """What the gallery shows, or why it shows nothing."""
    if not gallery.tested:
        return "There are no labeled test images, so that nobody can see here what the network makes of new ones."
    if not gallery.round:
        return "No network was measured yet."
    if not gallery.judged:
        return "No test image holds an object, and the network found none in them either."
    if not gallery.images:
        return "The server kept no outlines of the test images; an evaluation made now keeps them."
    empty = gallery.tested - gallery.judged
    rest = f" {empty} more hold nothing, and nothing was found there." if empty else ""
    if len(gallery.images) == gallery.judged:
        all_ = "The one test image" if gallery.judged == 1 else f"All {gallery.judged} test images"
        return f"{all_} with objects, true or found, worst first.{rest}"
    return f"{len(gallery.images)} of {gallery.judged} test images with objects, true or found.{rest}"


def without_crowds(
    truths: Sequence[ObjectLabel], proposals: Sequence[ObjectProposal]
) -> tuple[list[ObjectLabel], list[ObjectProposal]]:
    """The true objects, and the proposals that are right or wrong: those mostly on a crowd are neither."""
    offered = [item for item, counts in zip(proposals, judged(proposals, truths), strict=True) if counts]
    return [item for item in truths if not item.crowd], offered


def found_places(truths: Sequence[ObjectLabel], proposals: Sequence[ObjectProposal]) -> list[int]:
    """For each proposal the place of the object that it found in `truths`, -1 for none."""
    places, ious = match_within_class(proposals, truths)
    return [int(place) if iou > FOUND else -1 for place, iou in zip(places, ious, strict=True)]
