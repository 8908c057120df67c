"""A picture with its masks drawn on it, to look at."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Picture
from PIL import ImageDraw

from maskloop.values import Category, ObjectProposal

COLOURS = ((230, 159, 0), (86, 180, 233), (0, 158, 115), (240, 228, 66), (0, 114, 178), (213, 94, 0), (204, 121, 167))
LETTERS = 12  # least height of what is written, in pixels
QUALITY = 88  # of JPEG
TINT = 0.35  # how much of a mask's colour covers the picture; its outline is all colour
NOT_CALIBRATED = "not calibrated: no predicted IoU"


def overlay(
    pixels: NDArray[np.uint8],
    objects: Sequence[ObjectProposal],
    categories: Sequence[Category],
    *,
    calibrated: bool,
    jpeg: bool = False,
) -> bytes:
    """PNG, or JPEG, of a picture (H, W, 3) with its masks in the colours of their categories, outlined and named.

    Args:
        pixels: drawn on: a copy of a large photograph would take hundreds of megabytes.
        objects: whose masks are of its size.
        categories: the vocabulary.
        calibrated: whether a head predicts IoU, written beside the names then; else a line says that none does.
        jpeg: for pictures to look at, a tenth as large.
    """
    colours = {category.id: COLOURS[place % len(COLOURS)] for place, category in enumerate(categories)}
    stroke = max(1, max(pixels.shape) // 800)
    for item in objects:
        _tint(pixels, item, np.array(colours[item.category_id]), stroke)
    picture = Picture.fromarray(pixels)
    _write_names(picture, objects, {category.id: category.name for category in categories}, calibrated=calibrated)
    file = io.BytesIO()
    if jpeg:
        picture.save(file, "JPEG", quality=QUALITY)
    else:
        picture.save(file, "PNG", compress_level=1)
    return file.getvalue()


def _tint(pixels: NDArray[np.uint8], item: ObjectProposal, colour: NDArray[np.int64], stroke: int) -> None:
    x, y, wide, high = item.mask.box
    if not item.mask.area:
        return
    solid = item.mask.crop(x, y, wide, high).to_array()
    around = pixels[y : y + high, x : x + wide]
    tinted = ((1 - TINT) * np.arange(256)[:, None] + TINT * colour).round().astype(np.uint8)
    for channel in range(3):  # by a table: as floats, a mask of a large photograph would fill the memory
        values = around[..., channel]
        values[solid] = tinted[values[solid], channel]
    around[solid & ~_eroded(solid, stroke)] = colour


def _eroded(solid: NDArray[np.bool_], times: int) -> NDArray[np.bool_]:
    """Without the pixels at its border; what lies outside counts as no object."""
    for _ in range(times):
        wide = np.pad(solid, 1)
        solid = wide[1:-1, 1:-1] & wide[:-2, 1:-1] & wide[2:, 1:-1] & wide[1:-1, :-2] & wide[1:-1, 2:]
    return solid


def _write_names(
    picture: Picture.Image, objects: Sequence[ObjectProposal], names: Mapping[int, str], *, calibrated: bool
) -> None:
    draw = ImageDraw.Draw(picture)
    letters = max(LETTERS, max(picture.size) // 100)
    for item in objects:
        if item.mask.area:
            name = names[item.category_id]
            text = f"{name} {item.predicted_iou:.2f}" if calibrated else name
            _write(draw, item.mask.box[:2], text, letters)
    if objects and not calibrated:
        _write(draw, (letters // 2, picture.height - 3 * letters // 2), NOT_CALIBRATED, letters)


def _write(draw: ImageDraw.ImageDraw, place: tuple[int, int], text: str, letters: int) -> None:
    draw.text(place, text, fill="white", stroke_fill="black", stroke_width=1, font_size=letters)
