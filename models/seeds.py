"""A seed for each instance: where each counted object stands, and what the decoder is told of it.

A recurrent decoder that is only told a class cannot tell two neighbours of that class apart when it is trained for
minutes. So a dense head draws, for every class, a map of where its pixels are and a map of where its objects'
centres are; each counted step takes the highest centre that is left, and the decoder sees that seed, coordinates
relative to it, and what the earlier steps of the class have covered. In training the seeds come from the labels,
which also says which step is which object, so nothing has to be matched.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models.decoder import resize

GUIDES = 8
CENTRE_PRIOR = -2.2  # initial logit of a centre: most pixels are none
BUMP = 0.04  # deviation of the bump at the seed, and of what a taken seed rules out, in image sides


class DenseHead(nn.Module):
    """A feature pyramid on the taps: semantic and centre logits of every class at 1/2 of the image."""

    def __init__(self, channels: Sequence[int], classes: int, width: int = 32) -> None:
        super().__init__()
        self.laterals = nn.ModuleList(nn.Conv2d(inputs, width, 1) for inputs in channels)
        self.smooth = nn.Sequential(nn.Conv2d(width, width, 3, padding=1), nn.BatchNorm2d(width), nn.ReLU(inplace=True))
        self.semantic = nn.Conv2d(width, classes, 1)
        self.centres = nn.Conv2d(width, classes, 1)
        nn.init.constant_(self.centres.bias, CENTRE_PRIOR)  # type: ignore[arg-type]

    def forward(self, taps: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
        """Taps, finest first, to semantic and centre logits, each (B, C, S/2, S/2)."""
        merged: Tensor | None = None
        for lateral, tap in zip(reversed(self.laterals), reversed(taps), strict=True):
            here = lateral(tap)
            merged = here if merged is None else here + resize(merged, here.shape[2:])
        features = self.smooth(merged)
        return self.semantic(features), self.centres(features)


class Guide:
    """What the decoder is told at each step, for one batch; remembers what is taken and covered.

    Args:
        semantic: (B, C, s, s) probabilities.
        centres: (B, C, s, s) probabilities.
    """

    def __init__(self, semantic: Tensor, centres: Tensor) -> None:
        self.semantic, self.centres = semantic, centres
        batch, _, side, _ = semantic.shape
        axis = (torch.arange(side, device=semantic.device, dtype=semantic.dtype) + 0.5) / side
        self.grid = torch.stack(torch.meshgrid(axis, axis, indexing="xy"))  # (2, s, s): x, y in image sides
        self.taken = semantic.new_zeros(batch, side, side)
        self.canvas = semantic.new_zeros(batch, side, side)
        self.last = torch.full((batch,), -1, device=semantic.device)

    def planes(self, classes: Tensor, seeds: Tensor | None) -> Tensor:
        """Guide planes (n, GUIDES, s, s) of the first n images' next step.

        Args:
            classes: (n,) int64.
            seeds: (n, 2) x and y in image sides; `None` takes the highest centre left.
        """
        n = len(classes)
        rows = torch.arange(n, device=classes.device)
        again = (self.last[:n] == classes).to(self.taken.dtype)[:, None, None]
        self.taken[:n], self.canvas[:n], self.last[:n] = self.taken[:n] * again, self.canvas[:n] * again, classes
        semantic, centres = self.semantic[rows, classes], self.centres[rows, classes]
        if seeds is None:
            seeds = self._highest(centres * (1 - self.taken[:n]) * (1 - self.canvas[:n]))
        away = self.grid - seeds[:, :, None, None]
        bump = torch.exp(-away.square().sum(dim=1) / (2 * BUMP**2))
        self.taken[:n] = torch.maximum(self.taken[:n], bump)
        where = (self.grid * 2 - 1).expand(n, -1, -1, -1)
        maps = torch.stack([bump, semantic, centres, self.canvas[:n]], dim=1)
        return torch.cat([away * 2, where, maps], dim=1)

    def cover(self, logits: Tensor) -> None:
        """Remember the masks (n, S, S) of the step just made."""
        n, side = len(logits), self.canvas.shape[-1]
        shown = F.adaptive_avg_pool2d(logits.detach().sigmoid(), (side, side)).to(self.canvas.dtype)
        self.canvas[:n] = torch.maximum(self.canvas[:n], shown)

    def _highest(self, heat: Tensor) -> Tensor:
        """(n, s, s) to the place of each highest value, (n, 2) x and y in image sides."""
        best = heat.flatten(1).argmax(dim=1)
        return self.grid.flatten(1)[:, best].T


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
