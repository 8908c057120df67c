"""Pictures with seeds, and what deep seeded region growing learns of them: taps, small pictures and small seeds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from maskloop.errors import InvalidArgument
from models.data.samples import image_tensor, resize_image
from models.encoders.feature_store import Taps
from models.encoders.taps import FrozenEncoder
from models.refinement.face import MOST_CLASSES, UNKNOWN

STRIDE = 8  # of the maps
TAPS = 3  # of the encoder: at 1/8, 1/16 and 1/32


@dataclass(frozen=True)
class SeededImage:
    """A picture with seeds.

    Args:
        pixels: (H, W, 3) uint8 RGB, upright.
        labels: (H, W) int32: 0 for a seed of the ground, 1 + class index for one of a class, 255 for none.
        classes: class indices that the picture holds, which its seeds may grow in.
    """

    pixels: NDArray[np.uint8]
    labels: NDArray[np.int32]
    classes: tuple[int, ...]


@dataclass(frozen=True)
class Kept:
    """A seeded picture as it is learnt from, as it lies and mirrored.

    Args:
        taps: of the encoder.
        small: (2, h, w, 3) uint8 at the size of the maps.
        cues: (2, C + 1, h, w) bool, the original seeds.
        present: (C,) bool classes.
    """

    taps: tuple[Taps, Taps]
    small: NDArray[np.uint8]
    cues: NDArray[np.bool_]
    present: NDArray[np.bool_]


def keep(item: SeededImage, classes: int, encoder: FrozenEncoder) -> Kept:
    """A seeded picture as it is learnt from.

    Args:
        classes: C, of the vocabulary.

    Raises:
        InvalidArgument: its labels are not of its size, or not of its classes, or these not of the vocabulary.
    """
    present = np.zeros(classes, dtype=np.bool_)
    if classes > MOST_CLASSES or not all(0 <= index < classes for index in item.classes):
        raise InvalidArgument(
            f"classes from 0 to {min(classes, MOST_CLASSES) - 1} are needed, not {item.classes}", field="classes"
        )
    present[list(item.classes)] = True
    seeded = set(np.unique(item.labels).tolist()) - {0, UNKNOWN}
    if item.labels.shape != item.pixels.shape[:2] or not seeded <= {1 + index for index in item.classes}:
        raise InvalidArgument(
            f"labels {item.labels.shape} of {sorted(seeded)} came with a picture {item.pixels.shape} that holds "
            f"{[1 + index for index in item.classes]}",
            field="labels",
        )
    side = encoder.image_size // STRIDE
    small = resize_image(item.pixels, side)
    cues = small_cues(item.labels, classes, side)
    mirrored = np.ascontiguousarray(item.pixels[:, ::-1])
    taps = encode([item.pixels, mirrored], encoder)
    return Kept((taps[0], taps[1]), np.stack([small, small[:, ::-1]]), np.stack([cues, cues[:, :, ::-1]]), present)


def small_cues(labels: NDArray[np.int32], classes: int, side: int) -> NDArray[np.bool_]:
    """(C + 1, side, side) seeds from labels (H, W), each cell by the pixel at its centre."""
    rows, columns = (((np.arange(side) + 0.5) * length / side).astype(np.intp) for length in labels.shape)
    cells = labels[rows[:, None], columns[None, :]]
    cues: NDArray[np.bool_] = cells == np.arange(classes + 1)[:, None, None]
    return cues


def encode(images: Sequence[NDArray[np.uint8]], encoder: FrozenEncoder, side: int = 0) -> list[Taps]:
    """Taps at 1/8 to 1/32 of pictures of any sizes, squeezed into a square.

    Args:
        side: of the square in pixels, a multiple of 32; 0 for the encoder's.
    """
    squares = [resize_image(pixels, side or encoder.image_size) for pixels in images]
    return [taps[-TAPS:] for taps in encoder.encode(image_tensor(squares, encoder.device))]
