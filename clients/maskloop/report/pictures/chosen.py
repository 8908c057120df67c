"""Thumbnails of a batch: the person's masks and, beside them, the network's proposal.

They are drawn once, when a round's labels are in, and kept under `WORKDIR/pictures/round-003/`, so that a report
written later (after a resume, say) finds them there. Files are named by a hash of the image's id, because an id is
free to hold anything.
"""

from __future__ import annotations

import hashlib
import io
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Picture

from maskloop.errors import InvalidImage, InvalidLabel
from maskloop.formats.files import write_atomically
from maskloop.masks import Mask
from maskloop.values import Category, ObjectLabel, ObjectProposal

PICTURES_A_ROUND = 24
FIRST_BATCH = 0
"""Pictures of the first batch, which no network chose, go by this number."""
LONGEST_SIDE = 288
LARGEST_BYTES = 12_500
"""Of one thumbnail; an image has two."""
TILE_BYTES = 5_000
"""Of the thumbnail of a candidate OoD image, which is shown small."""
FILL = 0.32
REDUCING_GAP = 3.0
"""How far a photograph is shrunk by whole pixels first, which is fast, before it is resampled well."""
PALETTE = ("#e69f00", "#56b4e9", "#cc79a7", "#009e73", "#f0e442", "#d55e00", "#0072b2", "#ffffff")
"""Okabe and Ito's colours, in the order in which categories take them; the ninth category begins again."""

Pixels = NDArray[np.uint8]


@dataclass(frozen=True)
class BatchPicture:
    """One image of a batch.

    Args:
        image: its id, as in the report's batch.
        pixels: (H, W, 3) uint8, RGB.
        labels: the objects the person outlined, masks of H x W.
        proposals: the objects the network offered before, masks of H x W.

    Raises:
        InvalidImage: the pixels are not (H, W, 3) uint8, or a mask has another size.
    """

    image: str
    pixels: Pixels
    labels: tuple[ObjectLabel, ...]
    proposals: tuple[ObjectProposal, ...]

    def __post_init__(self) -> None:
        shape = self.pixels.shape
        if self.pixels.dtype != np.uint8 or len(shape) != 3 or shape[2] != 3 or 0 in shape:
            raise InvalidImage(f"image {self.image}: pixels are {self.pixels.dtype} {shape}, not (H, W, 3) uint8")
        for mask in [item.mask for item in self.labels] + [item.mask for item in self.proposals]:
            if (mask.height, mask.width) != shape[:2]:
                raise InvalidImage(
                    f"image {self.image} is {shape[0]} x {shape[1]}, a mask of it {mask.height} x {mask.width}"
                )


def save_pictures(workdir: Path, number: int, categories: Sequence[Category], pictures: Sequence[BatchPicture]) -> None:
    """Draw the first `PICTURES_A_ROUND` of round `number`; pictures drawn before are drawn anew.

    Raises:
        InvalidLabel: an object's category is none of `categories`.
        StorageFull: the disk is full.
    """
    colours = colours_of(categories)
    for picture in pictures[:PICTURES_A_ROUND]:
        for side, objects in (("label", picture.labels), ("proposal", picture.proposals)):
            drawn = outline(picture.pixels, [(item.mask, _colour(colours, picture, item)) for item in objects])
            write_atomically(picture_file(workdir, number, picture.image, side), to_jpeg(drawn))


def save_hard_ood(workdir: Path, number: int, pictures: Mapping[str, Pixels]) -> None:
    """Draw candidate OoD images of round `number`, (H, W, 3) uint8 by image id.

    Raises:
        StorageFull: the disk is full.
    """
    for image, pixels in pictures.items():
        write_atomically(picture_file(workdir, number, image, "hard_ood"), to_jpeg(outline(pixels, []), TILE_BYTES))


def picture_file(workdir: Path, number: int, image: str, side: str) -> Path:
    """Where the thumbnail of one image and side (`label`, `proposal` or `hard_ood`) lies."""
    name = hashlib.sha256(image.encode()).hexdigest()[:20]
    return workdir / "pictures" / f"round-{number:03d}" / f"{name}-{side}.jpg"


def colours_of(categories: Sequence[Category]) -> dict[int, str]:
    """A colour for each category id, in the order of the ids."""
    return {category.id: PALETTE[place % len(PALETTE)] for place, category in enumerate(sorted(categories))}


def _colour(colours: Mapping[int, str], picture: BatchPicture, item: ObjectLabel | ObjectProposal) -> str:
    if item.category_id not in colours:
        raise InvalidLabel(f"image {picture.image}: category {item.category_id} is none of the report's categories")
    return colours[item.category_id]


def outline(pixels: Pixels, objects: Sequence[tuple[Mask, str]]) -> Pixels:
    """A thumbnail of `pixels`, each mask filled translucently and outlined twice: its colour inside, black outside."""
    drawn = fit(pixels, LONGEST_SIDE).astype(np.float32)
    size = drawn.shape[1], drawn.shape[0]
    inside = [(shrink(mask, size), rgb(colour)) for mask, colour in objects]
    for mask, colour in inside:
        drawn = np.where(mask[..., None], (1 - FILL) * drawn + FILL * colour, drawn)
    for mask, colour in inside:
        drawn[grow(mask) & ~mask] *= 0.25
        drawn[edge(mask, 2)] = colour
    return drawn.round().astype(np.uint8)


def to_jpeg(pixels: Pixels, largest_bytes: int = LARGEST_BYTES) -> bytes:
    """JPEG bytes; quality, then size, go down until at most `largest_bytes` are needed."""
    picture = Picture.fromarray(pixels)
    while True:
        for quality in (86, 76, 66, 54, 42):
            target = io.BytesIO()
            picture.save(target, "JPEG", quality=quality, subsampling=0)
            if target.tell() <= largest_bytes or max(picture.size) <= 32:
                return target.getvalue()
        picture = picture.resize((max(1, picture.width * 3 // 4), max(1, picture.height * 3 // 4)))


def fit(pixels: Pixels, longest_side: int) -> Pixels:
    """`pixels` made smaller or larger, to (h, w, 3) with the longer of the two as asked for."""
    picture = Picture.fromarray(pixels)
    scale = longest_side / max(picture.size)
    width, height = (max(1, round(side * scale)) for side in picture.size)
    return np.asarray(picture.resize((width, height), Picture.Resampling.LANCZOS, reducing_gap=REDUCING_GAP))


def shrink(mask: Mask, size: tuple[int, int]) -> NDArray[np.bool_]:
    """The mask at a thumbnail's (width, height), half coverage and more; a smaller object keeps what it touches."""
    small = np.zeros((size[1], size[0]), dtype=np.bool_)
    if not mask.area:
        return small
    x, y, width, height = mask.box
    left, right, columns = _stretch(x, x + width, mask.width, size[0])
    top, bottom, rows = _stretch(y, y + height, mask.height, size[1])
    # Only the part with the object is decoded: a photograph may have many large masks.
    part = mask.crop(columns[0], rows[0], columns[1] - columns[0], rows[1] - rows[0]).to_array()
    cover = Picture.fromarray(part.astype(np.uint8) * 255).resize(
        (right - left, bottom - top),
        Picture.Resampling.BILINEAR,
        box=(
            left * mask.width / size[0] - columns[0],
            top * mask.height / size[1] - rows[0],
            min(right * mask.width / size[0] - columns[0], columns[1] - columns[0]),
            min(bottom * mask.height / size[1] - rows[0], rows[1] - rows[0]),
        ),
        reducing_gap=REDUCING_GAP,
    )
    covered = np.asarray(cover)
    small[top:bottom, left:right] = covered >= 128 if (covered >= 128).any() else covered > 0
    return small


def _stretch(start: int, end: int, full: int, small: int) -> tuple[int, int, tuple[int, int]]:
    """The pixels of a thumbnail's side that [start, end) of the full side reaches, with two more at either end, and the
    full side's pixels that these show."""
    first = max(math.floor(start * small / full) - 2, 0)
    last = min(math.ceil(end * small / full) + 2, small)
    return first, last, (math.floor(first * full / small), min(math.ceil(last * full / small), full))


def grow(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """`mask` and its four neighbours; the image's border is no neighbour."""
    grown = mask.copy()
    grown[1:] |= mask[:-1]
    grown[:-1] |= mask[1:]
    grown[:, 1:] |= mask[:, :-1]
    grown[:, :-1] |= mask[:, 1:]
    return grown


def edge(mask: NDArray[np.bool_], width: int) -> NDArray[np.bool_]:
    """The pixels of `mask` that lie `width` or fewer from one outside it."""
    outside = ~mask
    for _ in range(width):
        outside = grow(outside)
    return mask & outside


def rgb(colour: str) -> NDArray[np.float32]:
    """(3,) of a colour written #rrggbb, each in [0, 255]."""
    return np.array([int(colour[place : place + 2], 16) for place in (1, 3, 5)], dtype=np.float32)
