"""From a picture to what a network makes of it, as one graph whose shapes are fixed, as exporting asks for.

The arithmetic is that of `models.pretrained.decode` and `models.thin.model`; tests hold the two against each other.
"""

from __future__ import annotations

from typing import cast

import torch
from torch import Tensor, nn

from models.encoders.pretrained import PretrainedEncoder
from models.features.pyramid import TapNetwork
from models.pretrained.decode import (
    LEAST_CENTRE,
    SAME,
    SIDE,
    Candidates,
    inside_mean,
    local_maxima,
    mask_boxes,
)
from models.pretrained.model import FittedPretrained
from models.pretrained.network import Maps, PyramidNetwork
from models.pretrained.regions import put_back
from models.pretrained.statistics import statistics_beside
from models.thin.model import FittedDense


class Graph(nn.Module):
    """What every graph begins with: a picture of the encoder's size to its taps, rounded as they are kept."""

    def __init__(self, encoder: PretrainedEncoder, network: TapNetwork, *, fine: bool) -> None:
        super().__init__()
        self.encoder, self.network, self.fine = encoder, network, fine

    def taps(self, image: Tensor) -> list[Tensor]:
        """(S, S, 3) uint8 RGB to taps (1, channels, h, w)."""
        pixels = image.permute(2, 0, 1)[None].float() / 255
        return [tap.half().float() for tap in self.encoder(pixels, fine=self.fine)]


class RegionsGraph(Graph):
    """A network that looks at regions, with its head.

    Args:
        model: that is exported.
    """

    outputs = ("masks", "regions", "classes", "confidence", "predicted_iou")
    weights: Tensor

    def __init__(self, model: FittedPretrained) -> None:
        super().__init__(model.encoder.encoder, model.network, fine=False)
        self.most = model.recipe.most_objects
        self.least = 0.0 if model.needs_counts else model.recipe.threshold
        self.register_buffer("weights", torch.tensor(model.calibrator.weights, dtype=torch.float32))
        self.intercept = model.calibrator.intercept

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
        """Candidates, N of them whatever is there, the surest first; confidence is 0 of those that are none.

        Args:
            image: (S, S, 3) uint8 RGB.

        Returns:
            Logits (N, R, R) of masks in regions (N, 4), x0, y0, x1, y1 in image sides; probabilities (N, C) of classes;
            confidence (N,); predicted IoU (N,).
        """
        network = cast(PyramidNetwork, self.network)
        taps = network.scaled(self.taps(image))
        maps = network(taps)
        found, solid = self._candidates(network, maps, taps)
        kept = solid & _distinct(found.cells, solid)
        statistics = statistics_beside(found, maps, kept.sum().expand(len(kept)), _overlap(found.cells, kept))
        confidence = torch.where(kept, statistics[:, 0], 0.0)
        ious = (statistics @ self.weights + self.intercept).clamp(0, 1)
        return found.logits, found.regions, found.classes, confidence, torch.where(kept, ious, 0.0)

    def _candidates(self, network: PyramidNetwork, maps: Maps, taps: list[Tensor]) -> tuple[Candidates, Tensor]:
        """Sorted by their score, and which of them (N,) are any."""
        seeds, centres = local_maxima(maps.centres, self.most)
        seeds, centres = seeds[0], centres[0]
        images = torch.zeros(len(centres), dtype=torch.int64)
        first_boxes = maps.boxes_at(images, seeds)
        first, first_regions = network.masks(maps, images, seeds, first_boxes)
        again = centres >= self.least
        boxes = torch.where(again[:, None], mask_boxes(first, first_regions, first_boxes), first_boxes)
        second, second_regions = network.masks(maps, images, seeds, boxes)
        logits = torch.where(again[:, None, None], second, first)
        regions = torch.where(again[:, None], second_regions, first_regions)
        before, cells = put_back(first, first_regions, SIDE), put_back(logits, regions, SIDE)
        both, either = (before & cells).flatten(1).sum(1), (before | cells).flatten(1).sum(1)
        first_iou = torch.where(again, both / either.clamp(min=1), 1.0)
        classes = network.classes(maps, taps, images, boxes).softmax(dim=1)
        solid = (centres >= LEAST_CENTRE) & (logits > 0).flatten(1).any(dim=1)
        score = torch.where(centres >= LEAST_CENTRE, centres * inside_mean(logits), -1.0)
        order = score.topk(len(score)).indices
        found = Candidates(images, logits, regions, boxes, classes, centres, first_iou, score, cells)
        return found.of(order), solid[order]


class DenseGraph(Graph):
    """A network with a map for each class."""

    outputs = ("logits",)

    def __init__(self, model: FittedDense) -> None:
        super().__init__(model.encoder.encoder, model.network, fine=True)

    def forward(self, image: Tensor) -> Tensor:
        """(S, S, 3) uint8 RGB to logits (C, S, S)."""
        logits: Tensor = self.network(self.taps(image))
        return logits[0]


def _distinct(cells: Tensor, solid: Tensor) -> Tensor:
    """(N,) bool: masks (N, h, w), the surest first, that no surer one that stays is the same as.

    Whether one stays follows from those before it, so that after k steps the first k are known.
    """
    drawn = cells.flatten(1).float()
    both, area = drawn @ drawn.T, drawn.sum(dim=1)
    same = both / (area[:, None] + area[None] - both).clamp(min=1) > SAME
    before = torch.ones_like(same).tril(-1)
    over = (same & before).float()
    stays = torch.ones_like(area)
    for _ in range(len(area)):
        stays = ((over @ stays) == 0).float()
    return stays > 0


def _overlap(cells: Tensor, kept: Tensor) -> Tensor:
    """(N,) largest share of each mask that another one of `kept` claims too."""
    drawn = cells.flatten(1).float()
    both = (drawn @ drawn.T) * kept.float()
    both = both * (1 - torch.eye(len(drawn)))
    return both.amax(dim=1) / drawn.sum(dim=1).clamp(min=1)
