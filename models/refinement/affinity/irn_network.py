"""IRN's network: class boundaries, and displacements to the middle of a pixel's object, from taps of a frozen encoder.

Ahn, Cho, Kwak, *Weakly supervised learning of instance segmentation with inter-pixel relations*, CVPR 2019, section 4,
with the layers of the authors' program. Both maps are at stride 4.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from maskloop.errors import InvalidConfig
from models.data.samples import image_tensor, normalise
from models.encoders.backbones import Encoder
from models.refinement.affinity.taps import MULTIPLE, enlarged, filled, rounded_up, tap_strides

STRIDE = 4
STRIDES = (2, 4, 8)  # of an encoder's first three taps
EDGE_WIDTH, EDGE_GROUPS = 32, 4
FIELD_WIDTHS, FIELD_GROUPS = (64, 128, 256, 256, 256), (8, 16, 16, 16, 16)
JOINED_WIDTH, JOINED_GROUPS = 256, 16


class IrnNetwork(nn.Module):
    """Images to edges and displacements.

    Args:
        encoder: of five taps, whose last one is at stride 16 as the authors have it, or 32. It is frozen, in training
            too.

    Raises:
        InvalidConfig: the encoder's first taps are not at strides 2, 4 and 8.
    """

    mean_displacement: Tensor

    def __init__(self, encoder: Encoder) -> None:
        super().__init__()
        strides = tap_strides(encoder)
        if strides[:3] != STRIDES:
            raise InvalidConfig(
                f"the encoder's taps are at strides {strides}, not at 2, 4, 8 and more", field="encoder"
            )
        self.encoder = encoder.requires_grad_(False)
        self.edge = nn.ModuleList(_reducing(channels, EDGE_WIDTH, EDGE_GROUPS) for channels in encoder.channels)
        self.edge_joined = nn.Conv2d(len(encoder.channels) * EDGE_WIDTH, 1, 1)
        self.field = nn.ModuleList(
            _reducing(*sizes) for sizes in zip(encoder.channels, FIELD_WIDTHS, FIELD_GROUPS, strict=True)
        )
        self.field_coarse = _reducing(sum(FIELD_WIDTHS[2:]), JOINED_WIDTH, JOINED_GROUPS)
        self.field_joined = nn.Sequential(
            _reducing(sum(FIELD_WIDTHS[:2]) + JOINED_WIDTH, JOINED_WIDTH, JOINED_GROUPS),
            nn.ReLU(),
            nn.Conv2d(JOINED_WIDTH, 2, 1, bias=False),
        )
        self.register_buffer("mean_displacement", torch.zeros(2))
        self._strides = (STRIDE, *strides[1:])

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Edges and displacements.

        Args:
            images: (B, 3, H, W) normalised, sides multiples of 4.

        Returns:
            Edge logits (B, 1, H / 4, W / 4), and displacements (B, 2, H / 4, W / 4) in cells, rows down and columns to
            the right. In eval mode these have `mean_displacement` taken out.
        """
        taps = self._taps(images)
        displacement = self._displacement(taps)
        if not self.training:
            displacement = displacement - self.mean_displacement.view(1, 2, 1, 1)
        return self._edges(taps), displacement

    def train(self, mode: bool = True) -> Self:
        """As of any module, but the encoder stays in eval mode."""
        super().train(mode)
        self.encoder.eval()
        return self

    @torch.no_grad()
    def _taps(self, images: Tensor) -> list[Tensor]:
        """The encoder's, the first one after max pooling."""
        first, *others = self.encoder(images)
        return [F.max_pool2d(first, 3, stride=2, padding=1), *others]

    def _edges(self, taps: Sequence[Tensor]) -> Tensor:
        logits: Tensor = self.edge_joined(torch.cat(self._on(STRIDE, self.edge, taps, range(5)), dim=1))
        return logits

    def _displacement(self, taps: Sequence[Tensor]) -> Tensor:
        fine = self._on(STRIDE, self.field, taps, range(2))
        coarse = self.field_coarse(torch.cat(self._on(2 * STRIDE, self.field, taps, range(2, 5)), dim=1))
        field: Tensor = self.field_joined(torch.cat([*fine, enlarged(coarse, 2, _size(taps[1])).relu()], dim=1))
        return field

    def _on(self, stride: int, branch: nn.ModuleList, taps: Sequence[Tensor], places: range) -> list[Tensor]:
        """Some taps by their layers of a branch, on the grid of a stride; rectified after they are enlarged."""
        size = _size(taps[self._strides.index(stride, places.start)])
        return [enlarged(branch[k](taps[k]), self._strides[k] // stride, size).relu() for k in places]


def _reducing(channels: int, width: int, groups: int) -> nn.Module:
    return nn.Sequential(nn.Conv2d(channels, width, 1, bias=False), nn.GroupNorm(groups, width))


def _size(maps: Tensor) -> tuple[int, int]:
    return maps.shape[-2], maps.shape[-1]


@torch.no_grad()
def see(network: IrnNetwork, pixels: NDArray[np.uint8], frame: int = 512) -> tuple[Tensor, Tensor]:
    """What the network sees of an image.

    Edges are the sigmoid of the mean of the image's logits and its mirror image's; displacements are the image's alone.

    Args:
        network: in eval mode.
        pixels: (H, W, 3) uint8 RGB.
        frame: sides of the square that the network sees, the image in its upper left corner and zeros besides; as
            group norms look at all of it, this decides. A longer side is filled to the next multiple of 32.

    Returns:
        Edges (h, w) in [0, 1] and displacements (2, h, w) in cells, h = ceil(H / 4), w = ceil(W / 4), both float32.
    """
    height, width = pixels.shape[:2]
    device = network.mean_displacement.device
    image = normalise(image_tensor([pixels], device))
    sides = [max(frame, rounded_up(length, MULTIPLE)) for length in (height, width)]
    logits, displacement = network(filled(torch.cat([image, image.flip(-1)]), sides[0], sides[1]))
    rows, columns = (-(-length // STRIDE) for length in (height, width))
    logits, displacement = logits.float()[:, 0, :rows, :columns], displacement.float()[0, :, :rows, :columns]
    return torch.sigmoid(logits[0] / 2 + logits[1].flip(-1) / 2), displacement
