"""Pictures with objects whose outlines they show, without any file."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import gaussian_filter


def noise(size: tuple[int, int], seed: int) -> np.ndarray:
    """(H, W, 3) uint8."""
    return np.random.default_rng(seed).integers(0, 256, (*size, 3), dtype=np.uint8)


def smooth(size: tuple[int, int], seed: int, sigma: float = 4.0) -> np.ndarray:
    """(H, W, 3) uint8: smoothed noise, which uses the whole range of values."""
    values = gaussian_filter(np.random.default_rng(seed).normal(size=(*size, 3)), (sigma, sigma, 0))
    low, high = values.min(axis=(0, 1)), values.max(axis=(0, 1))
    return (255 * (values - low) / (high - low)).astype(np.uint8)


def rows_along(image: np.ndarray, labels: int) -> np.ndarray:
    """(H, W) rows 0 to labels - 1 that follow the image: which of as many shares of its brightness a pixel is in."""
    bright = gaussian_filter(image.astype(float).mean(axis=2), 1.5)
    cuts = np.quantile(bright, np.arange(1, labels) / labels)
    return np.searchsorted(cuts, bright)
