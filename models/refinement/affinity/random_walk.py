"""Class maps walked over a grid whose cells pass on what they hold to neighbours that are like them.

The walk multiplies the maps' row vectors by T^steps, where T = W^beta / column sum and W is the symmetric matrix of
affinities with ones on its diagonal. PSA and IRN square T eight times, for which a grid of n cells needs n x n numbers
and 8 n^3 multiplications. Maps are few, so the product is taken from the other end, (((x T) T) ...) T: the same result
by 256 products, each with the 2 K + 1 entries in a column of T. An image of 512 pixels has 16384 cells at stride 4:
3.5e13 multiplications and 1 GiB become 3e8 for each map and 5 MiB.

T is never laid out. Entries of one offset form a map of their own, so a product is 2 K multiplications of shifted maps:
as fast as a compressed sparse matrix on a CPU, and the same bits every time on a GPU. Sums are in float64.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from models.refinement.affinity.paths import Offset, neighbour_offsets


def walk(maps: Tensor, affinity: Tensor, *, radius: int, beta: float, steps: int) -> Tensor:
    """The maps after so many steps.

    Args:
        maps: (n, h, w) float.
        affinity: (K, h, w) float in [0, 1] of each cell and its neighbour at each of `neighbour_offsets(radius)`; 0
            where that is not in the grid.
        beta: exponent of the affinities.

    Returns:
        (n, h, w) float32. No value is above the largest of its map, nor below the smallest.
    """
    ties = []
    total = torch.ones(affinity.shape[1:], dtype=torch.float64, device=affinity.device)
    for offset, values in zip(neighbour_offsets(radius), affinity.double() ** beta, strict=True):
        here, there = _overlap(offset, values.shape[0], values.shape[1])
        tie = values[here]
        total[here] += tie
        total[there] += tie
        ties.append((here, there, tie.contiguous()))
    held = maps.double()
    for _ in range(steps):
        moved = held.clone()
        for here, there, tie in ties:
            moved[:, *there].addcmul_(held[:, *here], tie)
            moved[:, *here].addcmul_(held[:, *there], tie)
        held = moved / total
    return held.float()


def _overlap(offset: Offset, height: int, width: int) -> tuple[tuple[slice, slice], tuple[slice, slice]]:
    """Rows and columns of the cells that have a neighbour at an offset, and of those neighbours."""
    dy, dx = offset
    rows, columns = max(0, height - dy), max(0, width - abs(dx))
    left, right = max(0, -dx), max(0, dx)
    return (
        (slice(0, rows), slice(left, left + columns)),
        (slice(dy, dy + rows), slice(right, right + columns)),
    )


def read_scores(scores: Tensor, classes: Sequence[int]) -> tuple[Tensor, Tensor]:
    """What scores of ground and classes come to.

    Args:
        scores: (n + 1, H, W) float, 0 or more and somewhere more at every pixel, the ground's first.
        classes: indices of the n classes.

    Returns:
        Probabilities (n + 1, H, W) float, the scores divided by their sum at each pixel; and labels (H, W) int64, 0 for
        ground and 1 + the class's index, of the largest score; of equal ones the first.
    """
    labels = torch.tensor([0, *(1 + index for index in classes)], device=scores.device)
    return scores / scores.sum(dim=0, keepdim=True), labels[scores.argmax(dim=0)]
