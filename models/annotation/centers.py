"""A seed for each instance: where each counted object stands, and what the decoder is told of it.

A recurrent decoder that is only told a class cannot tell two neighbours of that class apart when it is trained for
minutes. So a dense head draws, for every class, a map of its pixels and a map of its objects' centres. Each counted
step takes the highest centre that is left, and decoder and mask head see that seed, coordinates relative to it, what
earlier steps of the class have covered, and a first guess of the object: the pixels that point at the seed (after
Neven et al., Instance segmentation by jointly optimizing spatial embeddings and clustering bandwidth, section 3). In
training the seeds come from the labels, which also says which step is which object: nothing has to be matched. What
the dense head learns from labels, seeds, centres and semantic maps, stands at the end.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models.annotation.decoders.convlstm import StepConvolution, resize

CENTER_PLANES = 9  # planes: place relative to the seed (2), place (2), bump, semantic, centres, covered, first guess
FEATURES = 32
CENTRE_PRIOR = -2.2  # initial logit of a centre: most pixels are none
BUMP = 0.04  # deviation of the bump at the seed, and of what a taken seed rules out, in image sides
REACH = 0.25  # how far a pixel can point, in image sides
RADIUS = 0.12  # initial radius of an object, in image sides
GUESS_SCALE = 4.0  # of the first guess as a logit


@dataclass(frozen=True)
class DenseMaps:
    """What the dense head makes of a batch, all at s = S/2.

    Args:
        semantic: (B, C, s, s) logits: where pixels of each class are.
        centres: (B, C, s, s) logits: where middles of objects of each class are.
        field: (B, 3, s, s): where each pixel points (x, y) and the logarithm of its object's size, both unscaled.
        features: (B, FEATURES, s, s).
    """

    semantic: Tensor
    centres: Tensor
    field: Tensor
    features: Tensor

    def of(self, rows: Tensor) -> DenseMaps:
        """The maps of these images."""
        return DenseMaps(self.semantic[rows], self.centres[rows], self.field[rows], self.features[rows])


class DenseHead(nn.Module):
    """A feature pyramid on the taps."""

    def __init__(self, channels: Sequence[int], classes: int) -> None:
        super().__init__()
        self.laterals = nn.ModuleList(nn.Conv2d(inputs, FEATURES, 1) for inputs in channels)
        self.smooth = nn.Sequential(
            nn.Conv2d(FEATURES, FEATURES, 3, padding=1), nn.BatchNorm2d(FEATURES), nn.ReLU(inplace=True)
        )
        self.semantic = nn.Conv2d(FEATURES, classes, 1)
        self.centres = nn.Conv2d(FEATURES, classes, 1)
        self.field = nn.Conv2d(FEATURES, 3, 1)
        nn.init.constant_(self.centres.bias, CENTRE_PRIOR)  # type: ignore[arg-type]
        nn.init.zeros_(self.field.weight)
        nn.init.zeros_(self.field.bias)  # type: ignore[arg-type]

    def forward(self, taps: Sequence[Tensor]) -> DenseMaps:
        """Taps, finest first, to maps at 1/2 of the image."""
        merged: Tensor | None = None
        for lateral, tap in zip(reversed(self.laterals), reversed(taps), strict=True):
            here = lateral(tap)
            merged = here if merged is None else here + resize(merged, here.shape[2:])
        features = self.smooth(merged)
        return DenseMaps(self.semantic(features), self.centres(features), self.field(features), features)


class SeededMaskHead(nn.Module):
    """Two convolutions over the dense features, the finest hidden map and the guides, added to the first guess."""

    def __init__(self, hidden: int, between: int = 16) -> None:
        super().__init__()
        self.first = StepConvolution(FEATURES, hidden + CENTER_PLANES, between)
        self.second = nn.Conv2d(between, 1, 3, padding=1)

    def still(self, features: Tensor) -> Tensor:
        """The dense features' share, the same at every step."""
        return self.first.of_still(features)

    def forward(self, hidden: Tensor, still: Tensor, guides: Tensor) -> Tensor:
        """(n, hidden, s, s), (n, between, s, s) and (n, CENTER_PLANES, s, s) to mask logits (n, 2s, 2s)."""
        seen = F.relu(self.first.of_moving([hidden, guides]) + still)
        low = self.second(seen) + GUESS_SCALE * guides[:, -1:]
        return F.interpolate(low, scale_factor=2, mode="bilinear", align_corners=False).squeeze(1)


class CenterState:
    """What the decoder is told at each step, for one batch; remembers what is taken and covered, for each class.

    Args:
        maps: of the batch.
        share: what the mask head makes of the maps' features, carried along.
    """

    def __init__(self, maps: DenseMaps, share: Tensor) -> None:
        self.share = share
        self.semantic, self.centres = maps.semantic.float().sigmoid(), maps.centres.float().sigmoid()
        self.pointing, self.radius = REACH * maps.field[:, :2].float().tanh(), RADIUS * maps.field[:, 2].float().exp()
        side = self.semantic.shape[-1]
        axis = (torch.arange(side, device=self.semantic.device) + 0.5) / side
        self.grid = torch.stack(torch.meshgrid(axis, axis, indexing="xy"))  # (2, s, s): x, y in image sides
        self.taken, self.canvas = torch.zeros_like(self.semantic), torch.zeros_like(self.semantic)

    def highest(self, classes: Tensor) -> Tensor:
        """The highest centre of `classes` (n,) that is left in each of the first n images, (n, 2) x and y in sides."""
        rows = torch.arange(len(classes), device=classes.device)
        left = self.centres[rows, classes] * (1 - self.taken[rows, classes]) * (1 - self.canvas[rows, classes])
        return self._place(left.flatten(1).argmax(dim=1))

    def propose(self) -> tuple[Tensor, Tensor, Tensor]:
        """The highest centre that is left in each image, of whatever class.

        What a seed has taken is taken for all classes: two classes at one place are one object in doubt.

        Returns:
            Its class (B,) int64, its place (B, 2) x and y in image sides, and how high the centres of every class
            are there, (B, C) in [0, 1].
        """
        left = self.centres * (1 - self.taken.amax(dim=1, keepdim=True)) * (1 - self.canvas)
        best, size = left.flatten(1).argmax(dim=1), left[0, 0].numel()
        there = (best % size)[:, None, None].expand(-1, left.shape[1], 1)
        return best // size, self._place(best % size), left.flatten(2).gather(2, there).squeeze(2)

    def planes(self, classes: Tensor, seeds: Tensor) -> Tensor:
        """(n, CENTER_PLANES, s, s) of one step of the first n images: objects of `classes` (n,) at `seeds`."""
        rows = torch.arange(len(classes), device=classes.device)
        semantic, centres = self.semantic[rows, classes], self.centres[rows, classes]
        away = self.grid - seeds[:, :, None, None]
        bump = torch.exp(-away.square().sum(dim=1) / (2 * BUMP**2))
        self.taken[rows, classes] = torch.maximum(self.taken[rows, classes], bump)
        where = (self.grid * 2 - 1).expand(len(rows), -1, -1, -1)
        maps = [bump, semantic, centres, self.canvas[rows, classes], self._first_guess(rows, seeds, away)]
        return torch.cat([away * 2, where, torch.stack(maps, dim=1)], dim=1)

    def cover(self, logits: Tensor, classes: Tensor) -> None:
        """Remember the masks (n, S, S) of the step just made, which drew objects of `classes` (n,)."""
        rows, side = torch.arange(len(classes), device=classes.device), self.canvas.shape[-1]
        shown = F.adaptive_avg_pool2d(logits.detach().float().sigmoid(), (side, side))
        self.canvas[rows, classes] = torch.maximum(self.canvas[rows, classes], shown)

    def _place(self, cells: Tensor) -> Tensor:
        """(n,) cells of the maps to their middles, (n, 2) x and y in image sides."""
        return self.grid.flatten(1)[:, cells].T

    def _first_guess(self, rows: Tensor, seeds: Tensor, away: Tensor) -> Tensor:
        """(n, s, s) in [-2, 1]: 1 where pixels point at the seed, 0 at the radius that the seed's own pixel tells."""
        side = self.grid.shape[-1]
        x, y = (seeds * side).long().clamp(0, side - 1).unbind(dim=1)
        radius = self.radius[rows, y, x][:, None, None]
        missed = (away + self.pointing[: len(rows)]).square().sum(dim=1)
        return (1 - missed / radius.square()).clamp(min=-2)


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


def known_cells(ignored: Tensor, side: int) -> Tensor:
    """(B, side, side) bool, the cells without any of the ignored pixels (B, S, S)."""
    return F.adaptive_max_pool2d(ignored.float(), (side, side)) == 0


def semantic_targets(masks: Tensor, classes: Tensor, vocabulary: int, side: int) -> Tensor:
    """Share of each cell that a class covers: (B, C, side, side) in [0, 1]. Arguments as `centre_targets`."""
    solid = masks & (classes >= 0)[:, :, None, None]
    target = torch.zeros(len(masks), vocabulary, *masks.shape[2:], dtype=torch.bool, device=masks.device)
    rows = torch.arange(len(masks), device=masks.device)
    for step in range(classes.shape[1]):
        here = classes[:, step].clamp(min=0)
        target[rows, here] |= solid[:, step]
    return F.adaptive_avg_pool2d(target.float(), (side, side))
