"""Masks of several objects, minimised together: each step one pass of the backbone, whatever the number of regions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from models.boxes.boxed import Floats
from models.boxes.detector import Input
from models.boxes.objective import enlarged, first_cells, first_mask, head_distance, total_variation
from models.boxes.positives import Positives, heads_on


@dataclass(frozen=True)
class Explained:
    """One object whose mask is sought.

    Args:
        seen: its image.
        label: its class, from 1 on.
        positives: by which the detector finds it.
        shape: of its mask.
        stride: pixels of a cell, by which the program's masks begin, see `models.boxes.objective.first_cells`; `None`
            for masks that begin as 1 in every cell that a positive's own box touches.
    """

    seen: Input
    label: int
    positives: Positives
    shape: tuple[int, int]
    stride: float | None = None

    def empty(self) -> Floats:
        """The map of what the detector does not find."""
        return np.zeros(self.shape, dtype=np.float32)

    def start(self) -> Tensor:
        """(h, w), 1 where any positive's own box is."""
        found = self.positives.found
        if self.stride is None:
            return first_mask(found, self.seen.size, self.shape).to(self.seen.pixels)
        return first_cells(found, self.stride, self.shape).to(self.seen.pixels)


@dataclass(frozen=True)
class Objective:
    """What is minimised of each object, see `models.boxes.bbam.Bbam`."""

    box_head: bool
    class_head: bool
    mean: bool
    regulariser: float
    variation: float
    variation_power: float
    dead_zone: float = 0.0

    @torch.enable_grad()
    def minimised(
        self,
        network: nn.Module,
        objects: Sequence[Explained],
        rate: float,
        iterations: int,
        told: Callable[[float], None],
    ) -> list[Floats]:
        """Each object's mask, (h, w) float32 in [0, 1], by Adam; it stays in [0, 1] after every step.

        Args:
            network: torchvision's `FasterRCNN`, in eval mode; no parameter of its takes gradients.
            objects: of which every image is of one size as the backbone takes it.
            told: called after every iteration with the share that is done.
        """
        masks = [each.start().requires_grad_() for each in objects]
        optimizer = torch.optim.Adam(masks, lr=rate)
        images = torch.cat([each.seen.pixels for each in objects])
        for done in range(1, iterations + 1):
            optimizer.zero_grad(set_to_none=True)
            torch.autograd.backward(self.of(network, objects, masks, images).sum())
            optimizer.step()
            with torch.no_grad():
                for mask in masks:
                    mask.clamp_(0, 1)
            told(done / iterations)
        return [mask.detach().float().cpu().numpy() for mask in masks]

    def of(self, network: nn.Module, objects: Sequence[Explained], masks: Sequence[Tensor], images: Tensor) -> Tensor:
        """(k,) of k objects with these masks.

        Args:
            images: (k, 3, H, W), theirs as they are.
        """
        padded = (images.shape[2], images.shape[3])
        shown = torch.stack([enlarged(mask, each.seen.size, padded) for mask, each in zip(masks, objects, strict=True)])
        backbone: Any = network.backbone
        levels = backbone(images * shown[:, None])  # pixels are normalised: 0 is the mean colour
        regions, sizes = [each.positives.regions for each in objects], [each.seen.size for each in objects]
        told = heads_on(network, levels, regions, sizes)
        counts = [len(each.positives) for each in objects]
        parts = zip(
            torch.split(told.offsets, counts), torch.split(told.probabilities, counts), objects, masks, strict=True
        )
        return torch.stack([self._of_one(*part) for part in parts])

    def _of_one(self, offsets: Tensor, probabilities: Tensor, one: Explained, mask: Tensor) -> Tensor:
        """Of offsets (n, C + 1, 4) and probabilities (n, C + 1) of an object's positives."""
        total = self.regulariser * mask.abs().sum()
        if self.variation:
            total = total + self.variation * total_variation(mask, self.variation_power)
        if self.box_head:
            apart = offsets[:, one.label] - one.positives.offsets
            total = total + head_distance(apart, mean=self.mean, dead_zone=self.dead_zone).mean()
        if self.class_head:
            apart = probabilities[:, one.label, None] - one.positives.probabilities[:, None]
            total = total + head_distance(apart, mean=self.mean, dead_zone=self.dead_zone).mean()
        return total
