"""Pictures of corrections: the part of an image around a proposal, as it was proposed and as people left it.

They lie beside the thumbnails of the batches, under the round whose network proposed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from maskloop.errors import InvalidImage
from maskloop.formats.files import write_atomically
from maskloop.masks import Mask
from maskloop.pages.html import data_uri
from maskloop.report.pictures.chosen import Pixels, edge, fit, grow, picture_file, rgb, shrink, to_jpeg
from maskloop.report.pictures.corrections import Correction
from maskloop.report.pictures.gallery_pictures import OUTLINES, Outcome, Outline
from maskloop.values import Verdict

CORRECTION_SIDE = 320
CORRECTION_BYTES = 18_000
"""Of one picture; a correction has two, so that all of them add at most 290 kB to the page."""
MARGIN = 0.35
"""Of the longer side of what is corrected, around it."""
LEAST_MARGIN = 12
"""Pixels around it, where the image has them."""
PROPOSED = Outline("as the network proposed it", OUTLINES[Outcome.PREDICTED].colour, 3)
MADE = Outline("as people left it", OUTLINES[Outcome.TRUE].colour, 5)
"""In the colours that the network's outlines and the true ones have elsewhere."""
THIN = 2
"""Pixels of the proposal's outline where it lies over what people made of it."""


@dataclass(frozen=True)
class CorrectionPicture:
    """What to draw of a correction.

    Args:
        correction: what it is of.
        pixels: (H, W, 3) uint8 RGB, the whole image.
        proposed: the proposal's mask, H x W.
        made: masks of H x W: what it became; of a rejected one all objects, of which those nearby are drawn.

    Raises:
        InvalidImage: a mask has another size.
    """

    correction: Correction
    pixels: Pixels
    proposed: Mask
    made: tuple[Mask, ...]

    def __post_init__(self) -> None:
        size = self.pixels.shape[:2]
        for mask in (self.proposed, *self.made):
            if (mask.height, mask.width) != size:
                raise InvalidImage(f"image {self.correction.image} is {size[0]} x {size[1]}, a mask of it is not")

    @property
    def window(self) -> tuple[int, int, int, int]:
        """x, y, width and height of what is shown: the proposal and the object that it became, with a margin; square as
        far as the image is large enough."""
        became = () if self.correction.verdict is Verdict.REJECTED else self.made
        return window_around([self.proposed, *became])


@dataclass(frozen=True)
class ShownCorrection:
    """A correction with its two pictures as data URIs."""

    correction: Correction
    proposed_uri: str
    made_uri: str


def save_corrections(workdir: Path, pictures: Sequence[CorrectionPicture]) -> None:
    """Draw corrections; pictures drawn before are drawn anew.

    Raises:
        StorageFull: the disk is full.
    """
    for picture in pictures:
        for side, drawn in draw_correction(picture).items():
            write_atomically(_file(workdir, picture.correction, side), to_jpeg(drawn, CORRECTION_BYTES))


def shown_corrections(workdir: Path, corrections: Sequence[Correction]) -> list[ShownCorrection]:
    """The corrections as far as they were drawn, in their order."""
    sides = [(each, [_file(workdir, each, side) for side in ("proposed", "made")]) for each in corrections]
    return [
        ShownCorrection(each, *map(data_uri, files)) for each, files in sides if all(file.is_file() for file in files)
    ]


def draw_correction(picture: CorrectionPicture) -> dict[str, Pixels]:
    """The two pictures of a correction, `proposed` and `made`, each (h, w, 3) uint8."""
    x, y, width, height = window = picture.window
    plain = fit(np.ascontiguousarray(picture.pixels[y : y + height, x : x + width]), CORRECTION_SIDE)
    size = plain.shape[1], plain.shape[0]
    proposed = shrink(picture.proposed.crop(*window), size)
    left, right = plain.astype(np.float32), plain.astype(np.float32)
    _draw(left, proposed, PROPOSED.colour, PROPOSED.width)
    for mask in picture.made:
        _draw(right, shrink(mask.crop(*window), size), MADE.colour, MADE.width)
    _draw(right, proposed, PROPOSED.colour, THIN)
    return {"proposed": left.round().astype(np.uint8), "made": right.round().astype(np.uint8)}


def window_around(masks: Sequence[Mask]) -> tuple[int, int, int, int]:
    """x, y, width and height of a window on all of these masks, one or more, of one size."""
    boxes = [mask.box for mask in masks]
    starts = [min(box[axis] for box in boxes) for axis in (0, 1)]
    ends = [max(box[axis] + box[axis + 2] for box in boxes) for axis in (0, 1)]
    longest = max(end - start for start, end in zip(starts, ends, strict=True))
    side = longest + 2 * max(LEAST_MARGIN, round(MARGIN * longest))
    spans = [
        _span(start, end, side, full)
        for start, end, full in zip(starts, ends, (masks[0].width, masks[0].height), strict=True)
    ]
    (x, width), (y, height) = spans
    return x, y, width, height


def _span(start: int, end: int, side: int, full: int) -> tuple[int, int]:
    """Start and length of a stretch of `side` pixels with [start, end) in its middle, moved inside of [0, full)."""
    length = min(side, full)
    first = (start + end - length) // 2
    return min(max(0, first), full - length), length


def _draw(drawn: NDArray[np.float32], inside: NDArray[np.bool_], colour: str, width: int) -> None:
    """Draw one outline into `drawn`, with a dark rim so that it shows on any ground."""
    line = edge(inside, width)
    drawn[grow(line) & ~line] *= 0.3
    drawn[line] = rgb(colour)


def _file(workdir: Path, correction: Correction, side: str) -> Path:
    return picture_file(workdir, correction.round, f"{correction.image}\n{correction.proposal_id}", side)
