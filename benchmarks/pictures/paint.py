"""Maps, labels, edges and displacements painted on the photograph that they are of: all (H, W, 3) uint8."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib import colormaps
from matplotlib.colors import hsv_to_rgb
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from scipy import ndimage
from torch import Tensor

from maskloop.formats.overlay import COLOURS

Pixels = NDArray[np.uint8]
Floats = NDArray[np.float32]
LINE = 0.45  # about where thresholds come to lie that are swept, drawn as a white line
PAPER, INK = (245, 247, 250), (27, 36, 48)
UNKNOWN = 255


def heat(pixels: Pixels, values: Tensor | Floats, line: float = LINE) -> Pixels:
    """A map (h, w) in [0, 1] from dark over red to yellow, and a white line where it passes `line`; 0 for none."""
    shown = brought_to(values, pixels.shape[:2])
    grey = pixels.mean(axis=2, keepdims=True)
    coloured = 255 * colormaps["inferno"](shown.clip(0, 1))[..., :3]
    painted = _mixed(grey, coloured, 0.6)
    if line:
        painted[_border(shown > line)] = 255
    return painted


def labels(pixels: Pixels, values: NDArray[np.integer], tint: float = 0.5) -> Pixels:
    """Labels (H, W): 0 for the ground, which is darkened; 1 + class in the class's colour; 255 for unknown, white."""
    painted = _mixed(pixels, np.zeros(3), 0.55)
    for value in np.unique(values):
        area = values == value
        if value == UNKNOWN:
            painted[area] = _mixed(pixels, np.array([255]), 0.75)[area]
        elif value:
            colour = np.array(COLOURS[(value - 1) % len(COLOURS)])
            painted[area] = _mixed(pixels, colour, tint)[area]
            painted[_border(area)] = colour
    return painted


def edges(pixels: Pixels, values: Tensor | Floats) -> Pixels:
    """Edges (h, w) in [0, 1]: ink on a faded photograph."""
    strength = brought_to(values, pixels.shape[:2])[..., None]
    return _mixed(_mixed(pixels, np.array(PAPER), 0.75), np.array(INK), strength)


def displacements(pixels: Pixels, values: Tensor) -> Pixels:
    """Displacements (2, h, w), down and to the right: the colour is the direction, the strength the length."""
    down, right = (brought_to(part, pixels.shape[:2]) for part in values)
    length = np.hypot(down, right)
    hue = (np.arctan2(down, right) / (2 * np.pi)) % 1
    strong = (length / max(1e-6, float(np.quantile(length, 0.98)))).clip(0, 1)
    wheel = hsv_to_rgb(np.stack([hue, strong, np.ones_like(hue)], axis=-1))
    return _mixed(pixels.mean(axis=2, keepdims=True), 255 * wheel, 0.7)


def kept(pixels: Pixels, mask: NDArray[np.bool_] | Tensor) -> Pixels:
    """What is in a mask (h, w) as it is, the rest dark."""
    inside = brought_to(mask, pixels.shape[:2]) > 0.5
    painted = _mixed(pixels, np.zeros(3), 0.75)
    painted[inside] = pixels[inside]
    painted[_border(inside)] = 255
    return painted


def pieces(pixels: Pixels, masks: Sequence[NDArray[np.bool_]]) -> Pixels:
    """Masks (H, W), each in the next colour, on the darkened photograph."""
    numbered = np.zeros(pixels.shape[:2], np.int64)
    for place, mask in enumerate(masks):
        numbered[mask] = 1 + place % len(COLOURS)
    painted = labels(pixels, numbered)
    for mask in masks:
        painted[_border(mask)] = 255
    return painted


def marked(pixels: Pixels, row: float, column: float) -> Pixels:
    """With a ring around a place."""
    picture = Image.fromarray(pixels.copy())
    ImageDraw.Draw(picture).ellipse((column - 5, row - 5, column + 5, row + 5), outline=(255, 255, 255), width=2)
    return np.asarray(picture)


def boxed(pixels: Pixels, box: NDArray[np.float32], width: int = 2) -> Pixels:
    """With a box: left, upper, right and lower edge.

    Args:
        width: of its line, in pixels.
    """
    picture = Image.fromarray(pixels.copy())
    left, upper, right, lower = box.tolist()
    ImageDraw.Draw(picture).rectangle((left, upper, right - 1, lower - 1), outline=(255, 255, 255), width=width)
    return np.asarray(picture)


def brought_to(values: Tensor | NDArray[np.generic], size: tuple[int, ...]) -> Floats:
    """(h, w) to (H, W): each pixel has what is at its place, so that cells stay squares."""
    had = values.detach().float().cpu().numpy() if isinstance(values, Tensor) else values.astype(np.float32)
    rows, columns = (
        ((np.arange(wanted) + 0.5) * length / wanted).astype(np.intp)
        for wanted, length in zip(size, had.shape, strict=True)
    )
    sized: Floats = had[rows[:, None], columns[None]]
    return sized


def _mixed(below: NDArray[Any], above: NDArray[Any], share: float | Floats) -> Pixels:
    mixed: Pixels = ((1 - share) * below + share * above).round().clip(0, 255).astype(np.uint8)
    return mixed


def _border(area: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Of an area, its pixels beside others of the picture."""
    border: NDArray[np.bool_] = area & ~ndimage.binary_erosion(area, border_value=1)
    return border
