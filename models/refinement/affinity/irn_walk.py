"""IRN: class maps walked up to class boundaries.

Ahn, Cho, Kwak, *Weakly supervised learning of instance segmentation with inter-pixel relations*, CVPR 2019, section 5.
Two cells are as alike as the strongest edge between them lets them be.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from maskloop.errors import InvalidArgument
from models.refinement.affinity.irn_network import STRIDE, IrnNetwork, see
from models.refinement.affinity.paths import path_affinity
from models.refinement.affinity.random_walk import read_scores, walk
from models.refinement.affinity.taps import enlarged
from models.training.readings import Readings


@dataclass(frozen=True)
class IrnWalk(Readings):
    """How maps are walked.

    Args:
        radius: neighbours are nearer than so many cells.
        beta: exponent of affinities.
        steps: of the walk; the authors square the matrix 8 times.
        background: the ground's score.
        power: exponent of the class maps before they are walked: 1 for IRN's own, 1.5 after AdvCAM, 1.3 after RIB.
        frame: see `models.refinement.affinity.irn_network.see`.
    """

    radius: int = 5
    beta: float = 10.0
    steps: int = 256
    background: float = 0.25
    power: float = 1.0
    frame: int = 512


def refine(
    network: IrnNetwork,
    pixels: NDArray[np.uint8],
    classes: Sequence[int],
    maps: Tensor,
    options: IrnWalk | None = None,
) -> tuple[Tensor, Tensor]:
    """An image's maps walked, and what they come to.

    Args:
        network: in eval mode.
        pixels: (H, W, 3) uint8 RGB.
        classes: indices of the n classes.
        maps: (n, ceil(H / 4), ceil(W / 4)) float in [0, 1], on the network's device.

    Returns:
        Probabilities (n + 1, H, W) float32, the ground's first; labels (H, W) int64, 0 ground, 1 + class index.

    Raises:
        InvalidArgument: the maps are not of a quarter of the image's size, or not one for each class.
    """
    options = options or IrnWalk()
    check_maps(pixels, classes, maps)
    edges, _ = see(network, pixels, options.frame)
    scores = enlarged_scores(propagate(maps, edges, options), (pixels.shape[0], pixels.shape[1]))
    return read_scores(with_ground(scores, options.background), classes)


def check_maps(pixels: NDArray[np.uint8], classes: Sequence[int], maps: Tensor) -> None:
    """Check that maps are of an image and its classes.

    Raises:
        InvalidArgument: the maps are not of a quarter of the image's size, or not one for each class.
    """
    size = tuple(-(-length // STRIDE) for length in pixels.shape[:2])
    if maps.shape != (len(classes), *size) or not len(classes):
        raise InvalidArgument(
            f"maps of {tuple(maps.shape)} are not {len(classes)} of {size}, a quarter of the image's size",
            field="maps",
        )


def propagate(maps: Tensor, edges: Tensor, options: IrnWalk) -> Tensor:
    """Maps (n, h, w), times (1 - edges) and walked; edges (h, w) in [0, 1]."""
    return walk(
        maps**options.power * (1 - edges),
        edge_affinity(edges, options.radius),
        radius=options.radius,
        beta=options.beta,
        steps=options.steps,
    )


def edge_affinity(edges: Tensor, radius: int) -> Tensor:
    """(K, h, w) affinities of each cell and its neighbour at each offset, of edges (h, w) in [0, 1].

    Around the grid lie edges of 1, so that every cell is a source and nothing is like what is not there.
    """
    height, width = edges.shape
    padded = F.pad(edges[None], (radius, radius, 0, radius), value=1.0)
    affinity = path_affinity(padded, radius)[0]
    return affinity[:, :height, 1 : 1 + width]  # the first source is the column before the grid's first


def enlarged_scores(walked: Tensor, size: tuple[int, int]) -> Tensor:
    """(n, h, w) enlarged four times to (n, H, W), and divided by the largest value of all; zeros stay zeros."""
    scores = enlarged(walked[None], STRIDE, size)[0]
    return scores / scores.max().clamp(min=torch.finfo(scores.dtype).tiny)


def with_ground(scores: Tensor, background: float) -> Tensor:
    """(n, H, W) to (n + 1, H, W), a constant before the others."""
    return F.pad(scores, (0, 0, 0, 0, 1, 0), value=background)
