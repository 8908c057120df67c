"""Patches of an image, the classes that each holds, and the labels of patches joined to an image's.

Li et al., *Online easy example mining for weakly-supervised gland segmentation from histology images*, MICCAI 2022,
section 3; shares and joining as in the authors' program.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from maskloop.errors import InvalidArgument, InvalidLabel
from models.data.sliding import sliding_windows
from models.data.windows import Window
from models.metrics.semantic import UNKNOWN

SIDE, STRIDE, SHARE = 112, 56, 0.05
Pixels = NDArray[np.uint8]
Labels = NDArray[np.uint8]


@dataclass(frozen=True)
class Patch:
    """A part of an image, and what somebody says it holds.

    Args:
        image_id: of the image.
        window: where it is.
        pixels: (h, w, 3) uint8 RGB.
        present: class indices, ascending.
    """

    image_id: str
    window: Window
    pixels: Pixels
    present: tuple[int, ...]


def present_classes(labels: Labels, share: float = SHARE) -> tuple[int, ...]:
    """Classes that more than `share` of the pixels are of, ascending.

    Args:
        labels: (h, w) uint8 class indices; 255 is unknown, and of no class.
    """
    values, counts = np.unique(labels, return_counts=True)
    return tuple(
        int(value)
        for value, count in zip(values, counts, strict=True)
        if value != UNKNOWN and count > share * labels.size
    )


def cut_patches(
    image_id: str, pixels: Pixels, labels: Labels, *, side: int = SIDE, stride: int = STRIDE, share: float = SHARE
) -> list[Patch]:
    """All patches of an image whose pixels' classes are known, row by row.

    Args:
        pixels: (H, W, 3) uint8 RGB.
        labels: (H, W) uint8 class indices, 255 unknown.
        side, stride: in pixels, see `models.data.sliding.starts`.
        share: see `present_classes`.

    Raises:
        InvalidLabel: the labels are not of the image's size.
    """
    if labels.shape != pixels.shape[:2]:
        raise InvalidLabel(f"image {image_id}: labels {labels.shape} are not of its size {pixels.shape[:2]}")
    height, width = labels.shape
    return [
        Patch(image_id, window, window.of(pixels), present_classes(window.of(labels), share))
        for window in sliding_windows((height, width), side, stride)
    ]


def join_labels(size: tuple[int, int], windows: Sequence[Window], labels: Sequence[Labels], classes: int) -> Labels:
    """(H, W) uint8: the class that most patches say of a pixel, the first of several; 255 where there is no patch.

    Of two classes this is the average of the patches' class indices, rounded, ties to 0, as in the authors' program.

    Args:
        size: height and width of the image.
        windows: of the patches.
        labels: of each patch, (h, w) uint8 class indices; 255 says nothing.
        classes: C.

    Raises:
        InvalidArgument: a patch's labels are not of its window's size.
    """
    votes = np.zeros((classes, *size), dtype=np.int32)
    for window, said in zip(windows, labels, strict=True):
        if said.shape != (window.height, window.width):
            raise InvalidArgument(f"labels {said.shape} are not of {window}", field="labels")
        shown = (slice(window.top, window.top + window.height), slice(window.left, window.left + window.width))
        for index in range(classes):
            votes[index][shown] += said == index
    return np.where(votes.any(axis=0), votes.argmax(axis=0), UNKNOWN).astype(np.uint8)
