"""What the dense head of models/annotation/centers.py learns from labels: seeds, centres and semantic maps."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor


def object_seeds(masks: Tensor, noise: Tensor | None = None) -> Tensor:
    """A pixel of each object near its middle, (B, T, 2) x and y in image sides.

    Args:
        masks: (B, T, S, S) bool.
        noise: (B, T, 2) offsets of the middle in units of the square root of the object's area; `None` for none.

    The middle is the centroid; the seed is the object's pixel nearest to it. Empty masks get the image's corner.
    """
    side = masks.shape[-1]
    axis = (torch.arange(side, device=masks.device) + 0.5) / side
    grid = torch.stack(torch.meshgrid(axis, axis, indexing="xy"))  # (2, S, S)
    solid = masks.to(grid.dtype)
    area = solid.sum(dim=(2, 3)).clamp(min=1)
    middle = torch.einsum("btyx,cyx->btc", solid, grid) / area[:, :, None]
    if noise is not None:
        middle = middle + noise * area.sqrt()[:, :, None] / side
    away = (grid - middle[:, :, :, None, None]).square().sum(dim=2).masked_fill(~masks, torch.inf)
    return grid.flatten(1)[:, away.flatten(2).argmin(dim=2)].permute(1, 2, 0)


def centre_targets(masks: Tensor, classes: Tensor, vocabulary: int, side: int) -> Tensor:
    """Where the centres are: (B, C, side, side) in [0, 1], a bump for each object, exactly 1 at its seed.

    Args:
        masks: (B, T, S, S) bool.
        classes: (B, T) int64, -1 for none.
        vocabulary: C.
        side: of the target.
    """
    seeds = (object_seeds(masks) * side).floor().clamp(0, side - 1)  # cells
    spread = (0.1 * masks.sum(dim=(2, 3)).sqrt() * side / masks.shape[-1]).clamp(min=0.7)
    axis = torch.arange(side, device=masks.device, dtype=seeds.dtype)
    across = (axis - seeds[:, :, :1]).square()[:, :, None, :]
    down = (axis - seeds[:, :, 1:]).square()[:, :, :, None]
    bumps = torch.exp(-(across + down) / (2 * spread[:, :, None, None].square()))
    bumps = bumps * (classes >= 0)[:, :, None, None]
    target = bumps.new_zeros(len(masks), vocabulary, side, side)
    rows = torch.arange(len(masks), device=masks.device)
    for step in range(classes.shape[1]):
        here = classes[:, step].clamp(min=0)
        target[rows, here] = torch.maximum(target[rows, here], bumps[:, step])
    return target


def semantic_targets(masks: Tensor, classes: Tensor, vocabulary: int, side: int) -> Tensor:
    """Share of each cell that a class covers: (B, C, side, side) in [0, 1]. Arguments as `centre_targets`."""
    solid = masks & (classes >= 0)[:, :, None, None]
    target = torch.zeros(len(masks), vocabulary, *masks.shape[2:], dtype=torch.bool, device=masks.device)
    rows = torch.arange(len(masks), device=masks.device)
    for step in range(classes.shape[1]):
        here = classes[:, step].clamp(min=0)
        target[rows, here] |= solid[:, step]
    return F.adaptive_avg_pool2d(target.float(), (side, side))
