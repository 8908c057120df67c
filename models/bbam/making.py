"""From boxes to masks: what a detector looks at, or one of the plain ways that are compared with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from torch import nn

from models.bbam.recipe import BBAM, GRABCUT, SEGMENTS, BbamRecipe
from models.boxes.bbam import Bbam, ObjectMaps
from models.boxes.boxed import Bools, BoxedImage, BoxMask, box_pixels
from models.boxes.detector import FittedDetector
from models.boxes.masks import MaskOptions, masks_of, over_image, small_options, spread, tight_mask
from models.boxes.objective import ROUNDED
from models.boxes.rivals import filled_box, grab_cut
from models.boxes.segments import LEAST_SIDE, Segments, image_segments, snapped, snapped_mask

PAPER_SIDE, VOC_SIDE = 512, 375  # shorter sides that strides, and those that deviations of blur and CRF are meant for
MARGIN = 0.2  # of the box around it, that the CRF sees
JITTERS, POSITIVES = 500, 20
RATES = (0.02, 0.2)  # of a mask's optimiser: the paper's, and the largest where steps are few
PAPER_WAY = 3.0  # steps times rate at least, half of what the paper's 300 steps can move a cell
LOOSE = 0.2


@dataclass(frozen=True)
class Thresholds:
    """What outlined images choose.

    Args:
        quantile: theta of the tight mask, see `models.boxes.masks.MaskOptions`.
        sure: of the CRF's probability above which a pixel is in a mask.
    """

    quantile: float = 0.85
    sure: float = 0.9

    @classmethod
    def usual(cls, recipe: BbamRecipe) -> Thresholds:
        """Where no outline says better."""
        return cls(recipe.quantile or cls.quantile)


def method_of(recipe: BbamRecipe) -> Bbam:
    """BBAM for images of the recipe's size: fewer steps than the paper's, at a higher rate, and fewer positives."""
    factor = PAPER_SIDE / recipe.shortest
    low, high = RATES
    return Bbam(
        jitters=JITTERS,
        most=POSITIVES,
        iterations=recipe.steps,
        rate=min(high, max(low, PAPER_WAY / recipe.steps)),
        least_stride=16 / factor,
        stride_slope=48 / factor,
        dead_zone=ROUNDED,
    )


def options_of(recipe: BbamRecipe, image: BoxedImage, thresholds: Thresholds) -> MaskOptions:
    """How maps of an image become masks."""
    tight = thresholds.quantile
    options = MaskOptions(tight=tight, loose=min(LOOSE, tight), sure=thresholds.sure, margin=MARGIN)
    small = small_options(options, max(1.0, VOC_SIDE / min(image.size)))
    return small if recipe.refine != "none" else MaskOptions(tight=tight, loose=min(LOOSE, tight), crf=None)


def detector_of(network: nn.Module, recipe: BbamRecipe, categories: tuple[int, ...], seed: int) -> FittedDetector:
    """A network as the detector that BBAM asks; which weights it began with is of no account."""
    return FittedDetector(network, recipe.of_detector(0, weights="random"), categories, seed, ())


def masks_in(
    image: BoxedImage, maps: ObjectMaps | None, recipe: BbamRecipe, thresholds: Thresholds
) -> tuple[BoxMask, ...]:
    """What is known of each object, in the order of the image's boxes.

    Args:
        maps: of the image, where the recipe's masks are made of maps.
    """
    if recipe.masks != BBAM:
        plain = grab_cut if recipe.masks == GRABCUT else filled_box
        return tuple(plain(image.pixels, box) for box in image.boxes)
    assert maps is not None
    made = masks_of(image, maps, options_of(recipe, image, thresholds))
    segments = segments_of(image, recipe)
    if segments is None:
        return made
    return tuple(snapped(mask, box, segments) for mask, box in zip(made, image.boxes, strict=True))


def tight_in(
    image: BoxedImage,
    maps: ObjectMaps,
    row: int,
    how: tuple[BbamRecipe, Thresholds],
    segments: Sequence[Segments] | None,
) -> Bools:
    """(h, w) the tight mask of one object alone, which is all that thresholds are chosen by.

    Args:
        segments: of the image, see `segments_of`.
    """
    box = image.boxes[row]
    made = tight_mask(image.pixels, box, spread(maps.maps[row], image.size), options_of(how[0], image, how[1]))
    return made if segments is None else snapped_mask(made, box, segments)


def segments_of(image: BoxedImage, recipe: BbamRecipe) -> tuple[Segments, ...] | None:
    """What masks are drawn to; `None` where the recipe says nothing of it, or no box is large enough."""
    large = any(box_pixels(box, image.size).sum() >= LEAST_SIDE**2 for box in image.boxes)
    return image_segments(image.pixels) if recipe.refine == SEGMENTS and large else None


def outline(
    detector: FittedDetector, image: BoxedImage, recipe: BbamRecipe, thresholds: Thresholds, seed: int
) -> tuple[NDArray[np.float32], Bools]:
    """A map (h, w) in [0, 1] and the mask of the one object that is boxed in an image; never an empty mask.

    Where nothing comes of its map, the mask is the whole box, and the map 0.
    """
    maps = None
    if recipe.masks == BBAM:
        (maps,) = method_of(recipe).maps(detector, [image], seed=seed, progress=lambda *_: None)
    (made,) = masks_in(image, maps, recipe, thresholds)
    values = over_image(spread(maps.maps[0], image.size), image.size) if maps else made.tight.astype(np.float32)
    inside = box_pixels(image.boxes[0], image.size)
    return np.where(inside, values, 0).astype(np.float32), made.tight if made.tight.any() else inside


def iou(made: Bools, true: Bools) -> float:
    """Of two masks (h, w); 0 of two empty ones."""
    return float((made & true).sum() / max(1, (made | true).sum()))
