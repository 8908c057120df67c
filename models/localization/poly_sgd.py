"""Stochastic gradient descent with a poly rate on weights that are handed from step to step, none of them changed.

As in the programs after Ahn, Cho, Kwak, *Weakly supervised learning of instance segmentation with inter-pixel
relations*, CVPR 2019: rate (1 - k / horizon)^0.9, set before the update. Their optimiser takes its weight decay for
momentum as well, so that momentum is 1e-4; 0.9, which reads like one, is the power.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Self

from torch import Tensor

from models.training.loop import learning_rate_share


@dataclass(frozen=True)
class Weights:
    """Weights by name, and the moving averages of their gradients; empty before the first step."""

    values: Mapping[str, Tensor]
    moving: Mapping[str, Tensor] = field(default_factory=dict)


@dataclass(frozen=True)
class PolySgd:
    """Args: horizon: steps after which the rate stays what it was last, 1 or more; 0 for all there are, see `over`."""

    momentum: float = 1e-4
    weight_decay: float = 1e-4
    horizon: int = 0

    def over(self, steps: int) -> Self:
        """This for a method of so many steps, over which the rate falls where no horizon is said."""
        return replace(self, horizon=self.horizon or steps)

    def step(
        self, number: int, weights: Weights, gradients: Mapping[str, Tensor], rates: Mapping[str, float]
    ) -> Weights:
        """The weights after step `number`, counted from 0; as `torch.optim.SGD` has it.

        Args:
            gradients: of each weight.
            rates: full learning rate of each weight.
        """
        share = learning_rate_share(min(number, self.horizon - 1), self.horizon, 0, "poly")
        values, moving = {}, {}
        for name, value in weights.values.items():
            push = gradients[name] + self.weight_decay * value
            before = weights.moving.get(name)
            moving[name] = push if before is None else self.momentum * before + push
            values[name] = value - rates[name] * share * moving[name]
        return Weights(values, moving)
