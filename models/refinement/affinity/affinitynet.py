"""PSA: class maps walked between pixels that a network finds alike.

Ahn, Kwak, *Learning pixel-level semantic affinity with image-level supervision for weakly supervised semantic
segmentation*, CVPR 2018. Three taps of an encoder are joined on a grid at stride 8; the affinity of two cells is
W_ij = exp(-mean over channels of |f_i - f_j|). The paper prints the sum in the mean's place (equation 1); the authors'
program has the mean, which is the default here. Training is in `models.refinement.affinity.affinitynet_train`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from maskloop.errors import InvalidArgument, InvalidConfig
from models.data.samples import image_tensor, normalise
from models.encoders.backbones import Encoder
from models.refinement.affinity.pairs import AffinityLosses
from models.refinement.affinity.paths import at_offset, neighbour_offsets, on_grid
from models.refinement.affinity.random_walk import read_scores, walk
from models.refinement.affinity.taps import enlarged, filled, rounded_up, tap_strides
from models.training.readings import Readings

STRIDE = 8
FIRST_TAP = 2  # of the encoder's five; it is the one at stride 8
WIDTHS = (64, 128, 256, 448)
DISTANCES = ("mean", "sum")


class AffinityNetwork(nn.Module):
    """Images to features whose differences are affinities.

    Args:
        encoder: of five taps; the last three are used. It is trained too, but for its norms.
        widths: channels that the three taps are reduced to, and of the features.
        radius: neighbours are nearer than so many cells.
        distance: "mean" over channels, or "sum" as the paper prints it.

    Raises:
        InvalidConfig: there is no such distance, or the encoder has no tap at stride 8 in its place.
    """

    def __init__(
        self, encoder: Encoder, widths: tuple[int, int, int, int] = WIDTHS, *, radius: int = 5, distance: str = "mean"
    ) -> None:
        super().__init__()
        if distance not in DISTANCES:
            raise InvalidConfig(f"distance is {distance!r}, none of {', '.join(DISTANCES)}", field="distance")
        strides = tap_strides(encoder)[FIRST_TAP:]
        if strides[0] != STRIDE:
            raise InvalidConfig(f"the encoder's third tap is at stride {strides[0]}, not at {STRIDE}", field="encoder")
        self.encoder, self.radius, self.distance = encoder, radius, distance
        self.reduced = nn.ModuleList(
            nn.Conv2d(channels, width, 1, bias=False)
            for channels, width in zip(encoder.channels[FIRST_TAP:], widths[:-1], strict=True)
        )
        self.joined = nn.Conv2d(sum(widths[:-1]), widths[-1], 1, bias=False)
        self._factors = tuple(stride // STRIDE for stride in strides)

    def forward(self, images: Tensor) -> Tensor:
        """(B, 3, H, W) normalised, sides multiples of 8, to features (B, D, H / 8, W / 8)."""
        taps = self.encoder(images)[FIRST_TAP:]
        size = (taps[0].shape[-2], taps[0].shape[-1])
        parts = [
            enlarged(F.elu(reduce(tap)), factor, size)
            for reduce, tap, factor in zip(self.reduced, taps, self._factors, strict=True)
        ]
        return F.elu(self.joined(torch.cat(parts, dim=1)))

    def affinity(self, images: Tensor) -> Tensor:
        """(B, 3, H, W) to (B, K, h', w') affinities of sources and their neighbours, see `pair_affinity`."""
        return pair_affinity(self(images).float(), self.radius, self.distance)

    def train(self, mode: bool = True) -> Self:
        """As of any module, but BatchNorm of the encoder always uses its running statistics."""
        super().train(mode)
        for module in self.encoder.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.eval()
        return self


def pair_affinity(features: Tensor, radius: int, distance: str = "mean") -> Tensor:
    """exp(-distance) of features (B, D, h, w) of sources and of their neighbours; (B, K, h', w') in (0, 1]."""
    source = at_offset(features, (0, 0), radius)
    apart = []
    for offset in neighbour_offsets(radius):
        difference = (at_offset(features, offset, radius) - source).abs()
        apart.append(difference.mean(dim=1) if distance == "mean" else difference.sum(dim=1))
    return torch.exp(-torch.stack(apart, dim=1))


def joint_loss(losses: AffinityLosses, form: str = "split") -> Tensor:
    """The training's loss, a scalar (section 3.2).

    Args:
        form: "split" for background / 4 + foreground / 4 + negative / 2, as the paper has it; "unsplit" for the mean
            over all pairs that are alike + the mean over those that are not, as Lee prints it (*Label-efficient
            learning for object recognition*, 2023).
    """
    if form == "unsplit":
        return losses.positive + losses.negative
    return losses.background / 4 + losses.foreground / 4 + losses.negative / 2


@dataclass(frozen=True)
class PsaWalk(Readings):
    """How maps are walked.

    Args:
        alpha: exponent of the ground's score, (1 - the largest class score)^alpha.
        beta: exponent of affinities.
        steps: of the walk; the authors square the matrix 8 times.
    """

    alpha: float = 16.0
    beta: float = 8.0
    steps: int = 256


def refine(
    network: AffinityNetwork,
    pixels: NDArray[np.uint8],
    classes: Sequence[int],
    maps: Tensor,
    options: PsaWalk | None = None,
) -> tuple[Tensor, Tensor]:
    """An image's maps walked, and what they come to.

    Args:
        network: in eval mode.
        pixels: (H, W, 3) uint8 RGB.
        classes: indices of the n classes.
        maps: (n, H, W) float in [0, 1], on the network's device.

    Returns:
        Probabilities (n + 1, H, W) float32, the ground's first; labels (H, W) int64, 0 ground, 1 + class index.

    Raises:
        InvalidArgument: the maps are not of the image's size, or not one for each class.
    """
    if maps.shape != (len(classes), *pixels.shape[:2]) or not len(classes):
        raise InvalidArgument(
            f"maps of {tuple(maps.shape)} are not those of {len(classes)} classes of an image of {pixels.shape[:2]}",
            field="maps",
        )
    return read_scores(walked_scores(network, pixels, maps, options or PsaWalk()), classes)


def walked_scores(network: AffinityNetwork, pixels: NDArray[np.uint8], maps: Tensor, options: PsaWalk) -> Tensor:
    """(n + 1, H, W) float32: ground and maps, walked, see `walked_rows`."""
    ground = (1 - maps.amax(dim=0, keepdim=True)) ** options.alpha
    return walked_rows(network, pixels, torch.cat([ground, maps]), options)


@torch.no_grad()
def walked_rows(network: AffinityNetwork, pixels: NDArray[np.uint8], rows: Tensor, options: PsaWalk) -> Tensor:
    """Scores (k, H, W) averaged over cells of 8 x 8, walked, each by itself, and bilinearly enlarged; float32.

    Image and scores are filled with zeros on the right and at the bottom to whole cells; zeros count in the averages.
    """
    height, width = rows.shape[1:]
    whole = filled(rows, rounded_up(height, STRIDE), rounded_up(width, STRIDE))
    cells = F.avg_pool2d(whole, STRIDE)
    walked = walk(cells, grid_affinity(network, pixels), radius=network.radius, beta=options.beta, steps=options.steps)
    return enlarged(walked[None], STRIDE, (height, width))[0]


@torch.no_grad()
def grid_affinity(network: AffinityNetwork, pixels: NDArray[np.uint8]) -> Tensor:
    """(K, ceil(H / 8), ceil(W / 8)) affinities of each cell of an image and its neighbours.

    0 for cells that are no sources: as in the authors' program, nobody asks how alike two of the last rows are.
    """
    height, width = (rounded_up(length, STRIDE) for length in pixels.shape[:2])
    device = network.joined.weight.device
    image = filled(normalise(image_tensor([pixels], device)), height, width)
    return on_grid(network.affinity(image)[0], (height // STRIDE, width // STRIDE), network.radius)
