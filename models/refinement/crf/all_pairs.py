"""Gaussian filtering of points over all their pairs, with nothing approximated."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from maskloop.errors import InvalidArgument

AT_ONCE = 1 << 24  # pairs whose nearness is held, 64 MiB
MOST_ON_CPU = 1 << 14  # points; each iteration of more takes minutes


@dataclass(frozen=True)
class AllPairs:
    """The sum over all pairs of n points, itself included, of exp(-distance^2 / 2).

    Time grows with n^2, memory does not: nearness is computed anew for a part of the points at a time, and held only
    where all pairs are few.

    Args:
        points: (n, d) float32 on its device, one deviation of the Gaussian being 1.
        held: (n, n) nearness, or `None`.
    """

    points: Tensor
    held: Tensor | None

    @classmethod
    def of(cls, points: NDArray[np.float32], device: torch.device) -> AllPairs:
        """The pairs of points (n, d).

        Raises:
            InvalidArgument: there are too many for a CPU.
        """
        number = len(points)
        if device.type == "cpu" and number > MOST_ON_CPU:
            raise InvalidArgument(
                f"an exact sum over the pairs of {number} pixels needs a GPU; a CPU has up to {MOST_ON_CPU}",
                field="sums",
            )
        placed = torch.from_numpy(points).to(device)
        return cls(placed, _nearness(placed, placed) if number**2 <= AT_ONCE else None)

    def filter(self, values: NDArray[np.float32]) -> NDArray[np.float32]:
        """(n, c) float32 to (n, c) float32: of each point, the sum of all points' values by their nearness."""
        moved = torch.from_numpy(values).to(self.points)
        if self.held is not None:
            summed = self.held @ moved
        else:
            parts = torch.split(self.points, max(1, AT_ONCE // len(self.points)))
            summed = torch.cat([_nearness(part, self.points) @ moved for part in parts])
        made: NDArray[np.float32] = summed.cpu().numpy()
        return made


def _nearness(some: Tensor, points: Tensor) -> Tensor:
    """Differences are taken before they are squared, which keeps those of near points exact."""
    distances = torch.cdist(some, points, compute_mode="donot_use_mm_for_euclid_dist")
    return torch.exp(-0.5 * distances.square())
