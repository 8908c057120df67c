"""What a detector's heads say of regions, and the regions around an object's box by which it finds the object.

The chapter on BBAM of Lee, *Label-efficient learning for object recognition*, 2023; Lee, Yi, Shin, Yoon, *BBAM*, 2021.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

Levels = Mapping[str, Tensor]
Size = tuple[int, int]


class Told(NamedTuple):
    """Of n regions: offsets (n, C + 1, 4) of the box head, and probabilities (n, C + 1); the ground comes first."""

    offsets: Tensor
    probabilities: Tensor

    def of(self, label: int) -> ToldOfClass:
        """What is said of one class, from 1 on."""
        likeliest = self.probabilities.argmax(dim=1) == label
        return ToldOfClass(self.offsets[:, label], self.probabilities[:, label], likeliest)


class ToldOfClass(NamedTuple):
    """Of n regions and a class: offsets (n, 4), probabilities (n,), and whether it is the likeliest one, (n,) bool."""

    offsets: Tensor
    probabilities: Tensor
    likeliest: Tensor


def box_heads(network: nn.Module) -> Any:
    """torchvision's `RoIHeads` of a `FasterRCNN`, which those that draw masks as well may lie around."""
    parts: Any = network
    return getattr(parts.roi_heads, "heads", parts.roi_heads)


def heads_on(network: nn.Module, levels: Levels, regions: Sequence[Tensor], sizes: Sequence[Size]) -> Told:
    """What the heads say of regions, all images' one after the other.

    Args:
        network: torchvision's `FasterRCNN`.
        levels: of its backbone, of B images.
        regions: B tensors (n, 4).
        sizes: B heights and widths.
    """
    heads = box_heads(network)
    pooled = heads.box_roi_pool(levels, list(regions), list(sizes))
    logits, offsets = heads.box_predictor(heads.box_head(pooled))
    return Told(offsets.unflatten(1, (-1, 4)), logits.softmax(dim=1))


def jittered(box: NDArray[np.float64], size: Size, number: int, reach: float, rng: np.random.Generator) -> Tensor:
    """(number, 4) float64 boxes, each side of `box` moved by at most `reach` of the box's width or height.

    They stay within an image of `size`, height and width.

    Args:
        reach: below 0.5, so that no box is empty.
    """
    width, height = box[2] - box[0], box[3] - box[1]
    moved = box + rng.uniform(-reach, reach, (number, 4)) * np.array([width, height, width, height])
    return torch.from_numpy(np.clip(moved, 0, np.array([size[1], size[0]] * 2)))


def box_rng(seed: int, box: NDArray[np.float32], label: int) -> np.random.Generator:
    """A stream of numbers for a box and its class: what is drawn for one does not depend on which others there are."""
    return np.random.default_rng([seed, label, *box.astype("<f4").view("<u4").tolist()])


@dataclass(frozen=True)
class Positives:
    """Regions by which an object is found, and what the heads say of the image as it is.

    Args:
        regions: (n, 4); n may be 0.
        found: (n, 4) the boxes that the heads make of them.
        offsets: (n, 4), t.
        probabilities: (n,), p.
    """

    regions: Tensor
    found: Tensor
    offsets: Tensor
    probabilities: Tensor

    def __len__(self) -> int:
        return len(self.regions)


def chosen_positives(likeliest: Tensor, overlaps: Tensor, ious: Sequence[float], most: int) -> Tensor:
    """Which of n regions are positives, ascending, at most so many: the first ones.

    They are of the right class, and the IoU of their own box with the object's is above the first of `ious`; the next,
    where there are no more than `most` of them, and so on.

    Args:
        likeliest: (n,) bool, whether the right class is the likeliest.
        overlaps: (n,) IoUs.
    """
    chosen = torch.zeros(0, dtype=torch.int64, device=overlaps.device)
    for iou in ious:
        chosen = torch.nonzero(likeliest & (overlaps > iou))[:, 0]
        if len(chosen) > most:
            break
    return chosen[:most]


def found_boxes(network: nn.Module, regions: Tensor, offsets: Tensor, size: Size | None) -> Tensor:
    """(n, 4) boxes that offsets (n, 4) make of regions (n, 4).

    Args:
        size: height and width of an image, at whose border they are cut; `None` for boxes as they are.
    """
    boxes: Tensor = box_heads(network).box_coder.decode_single(offsets, regions)
    if size is None:
        return boxes
    height, width = size
    return torch.stack([boxes[:, 0::2].clamp(0, width), boxes[:, 1::2].clamp(0, height)], dim=2).flatten(1)
