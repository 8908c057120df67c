"""Whether a network will see the objects at all: told before anything is bought."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterator, Mapping, Sequence

from maskloop.datasets.read import Data
from maskloop.formats.datasets import DatasetImage
from maskloop.loop.options import Options
from maskloop.masks import Mask
from maskloop.values import SupervisionKind

LEAST = 2.0  # pixels of `Mask.half_thickness` at the network's size: a disc 4 pixels across, a line 2 pixels wide
LOOKED_AT = 500  # objects, at most
LARGEST_SIDE = 512  # pixels that a network should be asked to see
GRAIN = 32  # sides are multiples of it
LONG = 20  # times half their thickness, from which on objects are lines
LARGE = 6  # times a network's side, from which on a recipe with windows sees photographs through them

RECURRENT = "objectness"
"""An option that recipes of recurrent networks have, and no others."""
"""Options of recipes that say how many objects of an image their networks outline at most."""


def warnings_of(data: Data, recipe: Mapping[str, object], options: Options) -> Iterator[str]:
    """What to say of a data set and a recipe, with all its options, before anything is bought as `options` ask."""
    known = [image for image in data.dataset.images if image.objects]
    marks = options.shares().of_marks
    warnings = (
        warn_of_small_objects(data.test, recipe),
        warn_of_many_objects(known, recipe, options.recipe_name),
        warn_of_thin_boxes(data.test, recipe) if marks else None,
        warn_of_idle_marks([kind for kind in marks if kind not in options.learns_from], options.recipe),
    )
    yield from filter(None, warnings)


def warn_of_idle_marks(idle: Sequence[SupervisionKind], recipe: str) -> str | None:
    """What to say where marks are to be bought of which a network of the recipe learns nothing; `None` for none."""
    if not idle:
        return None
    return (
        f"A network of --recipe {recipe} learns from no {' or '.join(idle)}: they are kept, and teach it only where an "
        "image holds nothing. Left out of --kinds, their seconds go into what it learns from."
    )


def warn_of_thin_boxes(images: Sequence[DatasetImage], recipe: Mapping[str, object]) -> str | None:
    """What to say where boxes are to be bought of structures so thin that most of a box is ground; else `None`."""
    masks = [item.mask for image in images for item in image.objects if item.mask.area and not item.crowd]
    if not _is_dense(recipe, masks[:: max(1, len(masks) // LOOKED_AT)]):
        return None
    return (
        "The test images' objects look like lines: networks for such learn next to nothing from boxes, and nothing "
        "from other marks. Without --kinds all seconds go into outlines."
    )


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


def warn_of_many_objects(images: Sequence[DatasetImage], recipe: Mapping[str, object], name: str) -> str | None:
    """What to say where images have more objects than the network can outline; `None` where they do not.

    Args:
        images: whose objects are known.
        recipe: with all its options, as the server resolves it.
        name: of the recipe, as people write it.
    """
    option = _limit_of(recipe)
    if not option or _is_dense(recipe, [item.mask for image in images for item in image.objects[:1]]):
        return None
    most = int(str(recipe[option]))
    shown = [image for image in images if not _seen_through_windows(image, recipe)]
    counted = [(sum(not item.crowd for item in image.objects), image.file_name) for image in shown]
    beyond = [(objects, file_name) for objects, file_name in counted if objects > most]
    if not beyond:
        return None
    objects, file_name = max(beyond)
    lost, images_told = sum(each - most for each, _ in beyond), f"{len(beyond)} of {len(images)} images have more"
    return (
        f"The network outlines at most {most} objects of an image, and {images_told}: {lost} objects can never be "
        f"found, {objects - most} of the {objects} of {file_name}. --recipe {name},{option}={objects} or --crop helps."
    )


def _limit_of(recipe: Mapping[str, object]) -> str:
    """The option that says how many objects a network outlines at most, "" where there is no such limit."""
    if RECURRENT in recipe:
        return "steps"  # other recipes call other things so
    return "most_objects" if isinstance(recipe.get("most_objects"), int) else ""


def _side(recipe: Mapping[str, object], masks: Sequence[Mask]) -> int:
    """Pixels that the network sees along a side; 0 if the recipe does not say.

    Of long thin objects, a recipe with dense masks sees five thirds as many.
    """
    side = recipe.get("image_size")
    if not isinstance(side, int):
        return 0
    return GRAIN * round(side * 5 / 3 / GRAIN) if _is_dense(recipe, masks) else side


def _is_dense(recipe: Mapping[str, object], masks: Sequence[Mask]) -> bool:
    return recipe.get("masks") == "dense" or (recipe.get("masks") == "auto" and _are_long(masks))


def _are_long(masks: Sequence[Mask]) -> bool:
    return bool(masks) and statistics.median(max(mask.box[2:]) / mask.half_thickness for mask in masks) > LONG


def _seen_through_windows(image: DatasetImage, recipe: Mapping[str, object]) -> bool:
    tile, side = recipe.get("tile"), recipe.get("image_size")
    if not isinstance(tile, int) or not isinstance(side, int):
        return False
    return max(image.width, image.height) >= (tile or LARGE * side)
