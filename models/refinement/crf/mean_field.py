"""Dense conditional random fields: labels that follow the image's edges.

Krähenbühl, Koltun, *Efficient inference in fully connected CRFs with Gaussian edge potentials*, NeurIPS 2011. Every
pixel is joined to every other by two Gaussian kernels, one of places and colours, one of places; labels are the same or
are not (Potts). Mean field: Q = softmax(-U), then so many times Q = softmax(-U + w1 K1 Q + w2 K2 Q). Here,
K = N^-1/2 exp(-d^2 / 2) N^-1/2, and each pixel is joined to itself, too.

The kernels are summed on the permutohedral lattice, as in what the published numbers were made with; or over all pairs
of pixels ("exact"), which only small maps or a GPU allow. The two agree in nearly all labels, not in probabilities.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal, Self, get_args

import numpy as np
import torch
from numpy.typing import NDArray

from maskloop.errors import InvalidArgument
from models.refinement.crf.all_pairs import AllPairs
from models.refinement.crf.lattice import Lattice

Floats = NDArray[np.float32]
Sums = Literal["lattice", "exact"]
LEAST = 1e-20  # added to a pixel's sum before its root is divided by


@dataclass(frozen=True)
class CrfSettings:
    """The kernels and how often they are used.

    Args:
        iterations: of the mean field.
        smooth_sxy, smooth_weight: deviation in pixels and weight of the kernel of places.
        bilateral_sxy, bilateral_srgb, bilateral_weight: deviations in pixels and in colour values of 0 to 255, and
            weight, of the kernel of places and colours.
    """

    iterations: int
    smooth_sxy: float
    smooth_weight: float
    bilateral_sxy: float
    bilateral_srgb: float
    bilateral_weight: float

    def __post_init__(self) -> None:
        if self.iterations < 0:
            raise InvalidArgument(f"0 iterations or more are needed, not {self.iterations}", field="iterations")
        for name in ("smooth_sxy", "bilateral_sxy", "bilateral_srgb"):
            if not getattr(self, name) > 0:
                raise InvalidArgument(f"{name} has to be above 0, not {getattr(self, name)}", field=name)

    def scaled(self, factor: float) -> Self:
        """For an image of 1 / factor of the size: deviations in pixels are divided, all else stays."""
        return replace(self, smooth_sxy=self.smooth_sxy / factor, bilateral_sxy=self.bilateral_sxy / factor)


IRN = CrfSettings(10, smooth_sxy=3, smooth_weight=3, bilateral_sxy=50, bilateral_srgb=5, bilateral_weight=10)
"""Of the labels that IRN learns from."""
PSA = CrfSettings(10, smooth_sxy=3, smooth_weight=3, bilateral_sxy=80, bilateral_srgb=13, bilateral_weight=10)
"""Of the labels that PSA learns from, and of what it draws."""
DSRG = PSA
"""Of what DSRG draws, at full size."""
DSRG_TRAINING = DSRG.scaled(12)
"""Of DSRG's training, on maps of 41 x 41."""
BBAM = CrfSettings(10, smooth_sxy=1, smooth_weight=3, bilateral_sxy=80, bilateral_srgb=3, bilateral_weight=4)
DEEPLAB = CrfSettings(10, smooth_sxy=1, smooth_weight=3, bilateral_sxy=67, bilateral_srgb=3, bilateral_weight=4)


def mean_field(
    unary: Floats,
    image: NDArray[np.uint8],
    settings: CrfSettings,
    *,
    sums: Sums = "lattice",
    device: torch.device | None = None,
) -> Floats:
    """Probabilities (n, H, W) float32 of each label.

    Args:
        unary: (n, H, W) float, the cost of each of n labels, see `models.refinement.crf.unaries`.
        image: (H, W, 3) uint8 RGB.
        sums: on the lattice, or over all pairs of pixels.
        device: where "exact" computes; the CPU without one.

    Raises:
        InvalidArgument: costs and image are of different sizes, `sums` is neither, or "exact" is asked of too many
            pixels.
    """
    if unary.ndim != 3 or image.shape != (*unary.shape[1:], 3):
        raise InvalidArgument(f"costs {unary.shape} came with an image {image.shape}", field="unary")
    if sums not in get_args(Sums):
        raise InvalidArgument(f"sums are lattice or exact, not {sums}", field="sums")
    costs = np.ascontiguousarray(unary.reshape(len(unary), -1).T, dtype=np.float32)
    kernels = [
        (weight, _Kernel.of(points, sums, device or torch.device("cpu"))) for weight, points in _points(image, settings)
    ]
    believed = _softmax(-costs)
    for _ in range(settings.iterations):
        joined = -costs
        for weight, kernel in kernels:
            joined += np.float32(weight) * kernel.apply(believed)
        believed = _softmax(joined)
    return np.ascontiguousarray(believed.T).reshape(unary.shape)


@dataclass(frozen=True)
class _Kernel:
    """N^-1/2 exp(-d^2 / 2) N^-1/2. Args: root: (n, 1), the diagonal of N^-1/2."""

    summed: Lattice | AllPairs
    root: Floats

    @classmethod
    def of(cls, points: Floats, sums: Sums, device: torch.device) -> Self:
        summed = Lattice.of(points) if sums == "lattice" else AllPairs.of(points, device)
        total = summed.filter(np.ones((len(points), 1), dtype=np.float32))
        return cls(summed, 1 / np.sqrt(total + np.float32(LEAST)))

    def apply(self, values: Floats) -> Floats:
        """(n, c) to (n, c)."""
        return self.root * self.summed.filter(self.root * values)


def _points(image: NDArray[np.uint8], settings: CrfSettings) -> list[tuple[float, Floats]]:
    """Weight and points (H W, d) float32 of each kernel, smoothness first; one deviation is 1."""
    rows, columns = np.mgrid[: image.shape[0], : image.shape[1]].astype(np.float32)
    places = np.stack([columns.ravel(), rows.ravel()], axis=1)
    colours = image.reshape(-1, 3).astype(np.float32) / np.float32(settings.bilateral_srgb)
    near = places / np.float32(settings.bilateral_sxy)
    return [
        (settings.smooth_weight, places / np.float32(settings.smooth_sxy)),
        (settings.bilateral_weight, np.concatenate([near, colours], axis=1)),
    ]


def _softmax(values: Floats) -> Floats:
    """Of each row."""
    shares = np.exp(values - values.max(axis=1, keepdims=True))
    made: Floats = shares / shares.sum(axis=1, keepdims=True)
    return made
