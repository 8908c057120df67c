"""The network on frozen taps: one pyramid, dense heads, and a mask head that looks at one region at a time.

Zhou et al., *Objects as points*, for the centres; Tian et al., *FCOS*, for boxes as distances to their sides; He et
al., *Mask R-CNN*, for masks region by region. Channels of the last layers are few: they learn from a handful of labels,
in seconds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models.features.pyramid import GROUPS, TapNetwork, convolution
from models.pretrained.regions import cut_out, mean_inside, regions_of, sample, sampling_grid

VERSION = 2
"""Raised when a change makes trainings come to other weights."""
BOX_UNIT = 0.12  # image sides from a centre to a box's side, where the box head says zero
CENTRE_BIAS = -3.0
AT_A_TIME = 64  # regions of the mask head: more do not stay in a processor's cache, which takes twice as long
POOLED = 8  # cells along the side of a box that its class is told from


@dataclass(frozen=True)
class Maps:
    """What is computed once for a batch; s is a quarter of the encoder's square.

    Args:
        pyramid: (B, width, s, s).
        semantic: (B, C + 1, s, s) logits of each class, then of any object.
        centres: (B, 1, s, s) logits of an object's middle.
        boxes: (B, 4, s, s) logarithms of the distances to left, top, right and bottom, in units of `BOX_UNIT`.
    """

    pyramid: Tensor
    semantic: Tensor
    centres: Tensor
    boxes: Tensor

    def boxes_at(self, images: Tensor, seeds: Tensor) -> Tensor:
        """(N, 4) boxes that the network says objects with these seeds have.

        Args:
            images: (N,) int64 places of each seed's image, ascending.
            seeds: (N, 2) x, y in image sides.
        """
        distances = BOX_UNIT * at_points(self.boxes, images, seeds).clamp(-4, 3).exp()
        return torch.cat([seeds - distances[:, :2], seeds + distances[:, 2:]], dim=1)


class PyramidNetwork(TapNetwork):
    """Laterals, dense heads, mask head and classifier.

    Args:
        channels: of the taps at 1/4, 1/8, 1/16 and 1/32.
        classes: of the vocabulary.
        width: channels of the pyramid.
        tower: channels of the heads for centres and boxes.
        region: cells along a region's side.
    """

    def __init__(self, channels: Sequence[int], classes: int, width: int, tower: int, region: int) -> None:
        super().__init__(channels, width)
        self.region = region
        self.semantic = nn.Conv2d(width, classes + 1, 1)
        self.tower = nn.Sequential(convolution(width + 2, tower), convolution(tower, tower))
        self.centre, self.box = nn.Conv2d(tower, 1, 1), nn.Conv2d(tower, 4, 1)
        nn.init.constant_(self.centre.bias, CENTRE_BIAS)  # type: ignore[arg-type]
        nn.init.constant_(self.semantic.bias, -2.0)  # type: ignore[arg-type]
        self.mask_head = MaskHead(width)
        self.pooled = nn.Linear(width + sum(channels[-2:]), width)
        self.classifier = nn.Linear(width, classes)

    def forward(self, taps: Sequence[Tensor]) -> Maps:
        """Scaled taps to maps."""
        pyramid = self.pyramid(taps)
        tower = self.tower(torch.cat([pyramid, _coordinates(pyramid)], dim=1))
        return Maps(pyramid, self.semantic(pyramid), self.centre(tower), self.box(tower))

    def masks(self, maps: Maps, images: Tensor, seeds: Tensor, boxes: Tensor) -> tuple[Tensor, Tensor]:
        """Draw objects in their regions.

        Args:
            images: (N,) int64 places of each object's image, ascending.
            seeds: (N, 2) x, y in image sides; boxes: (N, 4).

        Returns:
            Logits (N, 2 region, 2 region), and their regions (N, 4).
        """
        regions = regions_of(boxes)
        seen = torch.cat([maps.pyramid, maps.semantic[:, -1:]], dim=1)
        grid = (sampling_grid(regions, self.region) + 1) / 2
        size = (regions[:, 2:] - regions[:, :2])[:, None, None]
        offsets = (grid - seeds[:, None, None]) / size
        inside = ((grid >= boxes[:, None, None, :2]) & (grid <= boxes[:, None, None, 2:])).all(dim=-1, keepdim=True)
        planes = torch.cat([offsets, inside.to(offsets.dtype)], dim=-1).permute(0, 3, 1, 2)
        cut = torch.cat([cut_out(seen, images, regions, self.region), planes], dim=1)
        parts = zip(
            *(torch.split(each, AT_A_TIME) for each in (cut, at_points(maps.pyramid, images, seeds))), strict=True
        )
        return torch.cat([self.mask_head(part, at_seed) for part, at_seed in parts]), regions

    def classes(self, maps: Maps, taps: Sequence[Tensor], images: Tensor, boxes: Tensor) -> Tensor:
        """(N, C) logits of the objects' classes, from what lies in their boxes (N, 4), on average."""
        parts = [mean_inside(values, images, boxes, POOLED) for values in (maps.pyramid, *taps[-2:])]
        logits: Tensor = self.classifier(F.relu(self.pooled(torch.cat(parts, dim=1))))
        return logits


class MaskHead(nn.Module):
    """Three convolutions on a region, the first modulated by the features at the seed, and a pixel shuffle."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(width + 4, width, 3, padding=1)
        self.modulation = nn.Linear(width, 2 * width)
        self.norm = nn.GroupNorm(GROUPS, width)
        self.rest = nn.Sequential(convolution(width, width), convolution(width, width))
        self.last = nn.Conv2d(width, 4, 1)

    def forward(self, regions: Tensor, at_seed: Tensor) -> Tensor:
        """(N, width + 4, R, R) and (N, width) to (N, 2R, 2R) logits."""
        scale, shift = self.modulation(at_seed)[:, :, None, None].chunk(2, dim=1)
        features = F.relu(self.norm(self.first(regions)) * (1 + scale) + shift)
        return F.pixel_shuffle(self.last(self.rest(features)), 2)[:, 0]


def at_points(maps: Tensor, images: Tensor, points: Tensor) -> Tensor:
    """Sample maps (B, C, h, w) of each point's image, bilinearly: (N, C) at points (N, 2) x, y in image sides."""
    return sample(maps, images, (2 * points - 1).view(-1, 1, 1, 2), padding="border")[:, :, 0, 0]


def _coordinates(maps: Tensor) -> Tensor:
    """(B, 2, h, w) x and y of the cells' middles in [-1, 1]."""
    height, width = maps.shape[-2:]
    x = (torch.arange(width, device=maps.device, dtype=maps.dtype) + 0.5) * (2 / width) - 1
    y = (torch.arange(height, device=maps.device, dtype=maps.dtype) + 0.5) * (2 / height) - 1
    planes = torch.stack([x.expand(height, width), y[:, None].expand(height, width)])
    return planes.expand(len(maps), -1, -1, -1)
