"""Whether a network will see the objects at all: told before anything is bought."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence

from maskloop.formats.datasets import DatasetImage
from maskloop.masks import Mask

LEAST = 2.0  # pixels of `Mask.half_thickness` at the network's size: a disc 4 pixels across, a line 2 pixels wide
LOOKED_AT = 500  # objects, at most
LARGEST_SIDE = 512  # pixels that a network should be asked to see
GRAIN = 32  # sides are multiples of it
LONG = 20  # times half their thickness, from which on objects are lines
LARGE = 6  # times a network's side, from which on a recipe with windows sees photographs through them


def warn_of_small_objects(images: Sequence[DatasetImage], recipe: Mapping[str, object]) -> str | None:
    """What to say where half of the objects shrink to next to nothing, and what helps; `None` where they do not.

    Args:
        images: whose objects are known; one without a pixel says nothing.
        recipe: with all its options, as the server resolves it. One with `tile` sees large photographs through windows
            that suit the objects, and needs no help with them.
    """
    small = [image for image in images if not _seen_through_windows(image, recipe)]
    outlined = ((image, item) for image in small for item in image.objects if not item.crowd)
    found = [(image, item.mask) for image, item in outlined if item.mask.area]
    found = found[:: max(1, len(found) // LOOKED_AT)]
    side = _side(recipe, [mask for _, mask in found])
    if not found or not side:
        return None
    thickness = statistics.median(mask.half_thickness for _, mask in found)
    seen = side * statistics.median(
        mask.half_thickness / math.sqrt(image.width * image.height) for image, mask in found
    )
    if seen >= LEAST:
        return None
    larger = GRAIN * math.ceil(side * LEAST / max(seen, 1e-3) / GRAIN)
    crop = max(GRAIN, GRAIN * math.floor(side * thickness / LEAST / GRAIN))
    remedies = [f"--image-size {larger}"] if larger <= LARGEST_SIDE else []
    return (
        f"Half of the test images' objects are {seen:.1f} pixels thick or less at the {side} pixels that the network "
        f"sees along a side; {LEAST:.0f} are needed. {' or '.join([*remedies, f'--crop {crop}'])} helps."
    )


def _side(recipe: Mapping[str, object], masks: Sequence[Mask]) -> int:
    """Pixels that the network sees along a side; 0 if the recipe does not say.

    Of long thin objects, a recipe with dense masks sees five thirds as many.
    """
    side = recipe.get("image_size")
    if not isinstance(side, int):
        return 0
    dense = recipe.get("masks") == "dense" or (recipe.get("masks") == "auto" and _are_long(masks))
    return GRAIN * round(side * 5 / 3 / GRAIN) if dense else side


def _are_long(masks: Sequence[Mask]) -> bool:
    return bool(masks) and statistics.median(max(mask.box[2:]) / mask.half_thickness for mask in masks) > LONG


def _seen_through_windows(image: DatasetImage, recipe: Mapping[str, object]) -> bool:
    tile, side = recipe.get("tile"), recipe.get("image_size")
    if not isinstance(tile, int) or not isinstance(side, int):
        return False
    return max(image.width, image.height) >= (tile or LARGE * side)
