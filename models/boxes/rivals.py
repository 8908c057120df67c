"""Plain ways to a mask from a box, to compare with."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from maskloop.errors import Unavailable
from models.boxes.boxed import Bools, BoxMask, Floats, box_pixels, box_slices

ROUNDS = 5


def filled_box(pixels: NDArray[np.uint8], box: Floats) -> BoxMask:
    """The whole box."""
    return BoxMask.certain(box_pixels(box, (pixels.shape[0], pixels.shape[1])))


def grab_cut(pixels: NDArray[np.uint8], box: Floats, rounds: int = ROUNDS) -> BoxMask:
    """GrabCut by OpenCV, which does not come with this project; the whole box where nothing is left of it.

    Rother, Kolmogorov, Blake, *GrabCut: interactive foreground extraction using iterated graph cuts*, SIGGRAPH 2004.
    What is outside of the box is ground; without any such pixel the box is filled.

    Args:
        pixels: (H, W, 3) uint8 RGB.
        box: (4,) in pixels.
        rounds: of fitting colours and cutting.

    Raises:
        Unavailable: OpenCV is not installed.
    """
    try:
        import cv2
    except ImportError as error:
        raise Unavailable("GrabCut is OpenCV's: pip install opencv-python-headless") from error
    inside = box_pixels(box, (pixels.shape[0], pixels.shape[1]))
    if inside.all():
        return BoxMask.certain(inside)
    rows, columns = box_slices(box)
    kinds = np.full(inside.shape, cv2.GC_BGD, dtype=np.uint8)
    kinds[rows, columns] = cv2.GC_PR_FGD
    models = np.zeros((1, 65)), np.zeros((1, 65))
    cv2.setRNGSeed(0)  # colours are clustered from a random start
    try:
        cv2.grabCut(np.ascontiguousarray(pixels[:, :, ::-1]), kinds, None, *models, rounds, cv2.GC_INIT_WITH_MASK)
    except cv2.error:  # of too few pixels to fit colours to
        return BoxMask.certain(inside)
    found: Bools = (kinds == cv2.GC_FGD) | (kinds == cv2.GC_PR_FGD)
    return BoxMask.certain(found if found.any() else inside)
