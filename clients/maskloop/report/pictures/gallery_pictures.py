"""Pictures of the gallery: a test image as it is, and with outlines that say what was found, missed and added.

They lie beside the thumbnails of the batches, under the round whose network it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from maskloop.errors import InvalidImage
from maskloop.formats.files import write_atomically
from maskloop.masks import Mask
from maskloop.pages.html import data_uri
from maskloop.report.pictures.chosen import Pixels, edge, fit, grow, picture_file, rgb, shrink, to_jpeg
from maskloop.report.pictures.gallery import BEST, MIDDLE, WORST, Gallery, GalleryImage, found_places, without_crowds
from maskloop.values import ObjectLabel, ObjectProposal

GALLERY_SIDE = 400
GALLERY_BYTES = 24_000
"""Of one picture; an image has two, so that a gallery adds at most 770 kB to the page."""
DASH = 9
"""Pixels along a dash and along a gap, counted along both sides of the picture together."""
HATCH = 12
"""Pixels from one line of a hatching to the next, counted alike."""


class Outcome(Enum):
    """What became of an object, and so how it is drawn."""

    TRUE = auto()
    PREDICTED = auto()
    MISSED = auto()
    WRONG = auto()


@dataclass(frozen=True)
class Outline:
    """How an outcome is drawn, `width` pixels wide; `pattern` is for eyes that do not tell colours apart."""

    name: str
    colour: str
    width: int
    pattern: str = "solid"


OUTLINES = {
    Outcome.TRUE: Outline("true outline", "#56b4e9", 5),
    Outcome.PREDICTED: Outline("the network’s outline of it", "#f0e442", 2),
    Outcome.MISSED: Outline("missed", "#d55e00", 3, "hatched"),
    Outcome.WRONG: Outline("wrongly added", "#cc79a7", 4, "dashed"),
}
"""In Okabe and Ito's colours; later ones are drawn over earlier ones."""
TITLES = {WORST: "Worst", MIDDLE: "In the middle", BEST: "Best", "": ""}


@dataclass(frozen=True)
class GalleryPicture:
    """What to draw of a test image: pixels (H, W, 3) uint8 RGB, masks of H x W.

    Raises:
        InvalidImage: a mask has another size.
    """

    image: str
    pixels: Pixels
    truths: tuple[ObjectLabel, ...]
    proposals: tuple[ObjectProposal, ...]

    def __post_init__(self) -> None:
        size = self.pixels.shape[:2]
        for mask in [item.mask for item in self.truths] + [item.mask for item in self.proposals]:
            if (mask.height, mask.width) != size:
                raise InvalidImage(f"image {self.image} is {size[0]} x {size[1]}, a mask of it is not")


@dataclass(frozen=True)
class Shown:
    """An image of the gallery with its two pictures as data URIs."""

    image: GalleryImage
    plain_uri: str
    outlined_uri: str


def save_gallery(workdir: Path, number: int, pictures: Sequence[GalleryPicture]) -> None:
    """Draw test images of the network of round `number`; pictures drawn before are drawn anew.

    Raises:
        StorageFull: the disk is full.
    """
    for picture in pictures:
        plain = fit(picture.pixels, GALLERY_SIDE)
        sides = {"test": plain, "outlined": draw_outcomes(plain, picture.truths, picture.proposals)}
        for side, drawn in sides.items():
            write_atomically(picture_file(workdir, number, picture.image, side), to_jpeg(drawn, GALLERY_BYTES))


def gallery_groups(workdir: Path, gallery: Gallery | None) -> list[tuple[str, list[Shown]]]:
    """The gallery's images as far as they were drawn, by the title of their group."""
    groups: dict[str, list[Shown]] = {}
    if gallery is None:
        return []
    for image in gallery.images:
        sides = [picture_file(workdir, gallery.round, image.image, side) for side in ("test", "outlined")]
        if all(side.is_file() for side in sides):
            groups.setdefault(TITLES[image.group], []).append(Shown(image, *map(data_uri, sides)))
    return list(groups.items())


def draw_outcomes(plain: Pixels, truths: Sequence[ObjectLabel], proposals: Sequence[ObjectProposal]) -> Pixels:
    """`plain`, a thumbnail, with outlines as `OUTLINES` says; the masks are of the full image's size. Crowds, and
    proposals on them, are not drawn."""
    size = plain.shape[1], plain.shape[0]
    truths, proposals = without_crowds(truths, proposals)
    places = found_places(truths, proposals)
    by_outcome: dict[Outcome, list[Mask]] = {outcome: [] for outcome in Outcome}
    for place, there in enumerate(truths):
        by_outcome[Outcome.TRUE if place in places else Outcome.MISSED].append(there.mask)
    for offered, place in zip(proposals, places, strict=True):
        by_outcome[Outcome.PREDICTED if place >= 0 else Outcome.WRONG].append(offered.mask)
    drawn = plain.astype(np.float32)
    diagonal = np.add.outer(np.arange(plain.shape[0]), np.arange(plain.shape[1]))
    for outcome, masks in by_outcome.items():
        for mask in masks:
            _draw(drawn, shrink(mask, size), outcome, diagonal)
    return drawn.round().astype(np.uint8)


def _draw(drawn: NDArray[np.float32], inside: NDArray[np.bool_], outcome: Outcome, diagonal: NDArray[np.int64]) -> None:
    """Draw one outline into `drawn`, with a dark rim so that it shows on any ground."""
    outline = OUTLINES[outcome]
    line = edge(inside, outline.width)
    if outline.pattern == "hatched":
        line |= inside & (diagonal % HATCH < HATCH // 4)
    if outline.pattern == "dashed":
        line &= diagonal % (2 * DASH) < DASH
    if outcome is not Outcome.PREDICTED:
        drawn[grow(line) & ~line] *= 0.3
    drawn[line] = rgb(outline.colour)
