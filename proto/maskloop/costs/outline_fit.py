"""What outlines take by their length, from the seconds people report.

A full label takes (C - c) a + m f + L s, less what its counts had cost: a for a class check, f for each of the m
objects, s for each side of the length L of their outlines together. The factors of a, f and s are found as
`maskloop.costs.regression` tells, none below 0. Where lengths hardly differ, f and s stay near the plan's proportion,
for only their sum is told.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from maskloop.costs.cost_model import LABEL_PRICES, SECONDS_A_CLASS_CHECK, CostModel
from maskloop.costs.regression import Array, Posterior, believed, fit, nonnegative, without
from maskloop.costs.timed_label import TimedLabel
from maskloop.values import MEAN_OUTLINE_LENGTH, OUTLINE_BY_LENGTH, OutlineFit, OutlinePrice, SupervisionKind

AS_PLANNED = np.ones(3)
"""The factors of a class check, an outline and a side before any label is seen."""

NO_TIME_S = 1e-6
"""Seconds of all labels together, below which errors have nothing to be a share of."""


def fit_outlines(costs: CostModel, labels: Iterable[TimedLabel]) -> OutlineFit:
    """Fit to the full labels whose outlines' length is known; without labels, exactly what is planned by length.

    Args:
        costs: of the project. Where its outlines are not priced by length, `OUTLINE_BY_LENGTH` is what is expected.
        labels: of any kinds.
    """
    timed = [label for label in labels if label.kind is SupervisionKind.FULL and label.outline_length is not None]
    plan = costs.outline if costs.outline.fixed_s and costs.outline.length_s else OUTLINE_BY_LENGTH
    work = _Work.of(costs.categories, timed, plan)
    is_believed = believed(work.shares, work.factors, AS_PLANNED)
    kept = work.only(is_believed)
    posterior = nonnegative(kept.fit())
    _, objects, length = kept.steps.sum(axis=0)
    _, fixed, side = np.eye(3)
    return OutlineFit(
        labels=len(timed),
        left_out=int((~is_believed).sum()),
        mean_length=float(length / objects) if objects else 0.0,
        fixed=posterior.seconds(fixed, plan.fixed_s, objects),
        length=posterior.seconds(side, plan.length_s, length),
        error=kept.error(),
        flat_error=kept.at(OutlinePrice(plan.fixed_s + plan.length_s * MEAN_OUTLINE_LENGTH)).error(),
    )


@dataclass(frozen=True)
class _Work:
    """Of n labels: `steps` (n, 3), class checks, outlines and their sides; `spent_s` (n,), seconds, those for counts
    included; and what a step of each is planned to take, `step_s` (3,)."""

    steps: Array
    spent_s: Array
    step_s: Array

    @classmethod
    def of(cls, categories: int, labels: list[TimedLabel], plan: OutlinePrice) -> _Work:
        price = LABEL_PRICES[SupervisionKind.FULL]
        rows = [
            (price.checks(categories, label.counts.categories), label.counts.objects, label.outline_length)
            for label in labels
        ]
        spent_s = [label.seconds_spent + label.counts_paid_s for label in labels]
        steps = np.array(rows, dtype=np.float64).reshape(-1, 3)
        return cls(steps, np.array(spent_s, dtype=np.float64), AS_PLANNED).at(plan)

    def at(self, plan: OutlinePrice) -> _Work:
        """The same, planned by another price."""
        return replace(self, step_s=np.array([SECONDS_A_CLASS_CHECK, plan.fixed_s, plan.length_s]))

    def only(self, rows: NDArray[np.bool_]) -> _Work:
        return replace(self, steps=self.steps[rows], spent_s=self.spent_s[rows])

    @property
    def planned_s(self) -> Array:
        planned: Array = self.steps @ self.step_s
        return planned

    @property
    def shares(self) -> Array:
        """(n, 3): of each label the share of its planned seconds that goes to each kind of step."""
        shares: Array = self.steps * self.step_s / self.planned_s[:, None]
        return shares

    @property
    def factors(self) -> Array:
        """(n,): measured over planned seconds."""
        return self.spent_s / self.planned_s

    def fit(self) -> Posterior:
        return fit(self.shares, self.factors, AS_PLANNED)

    def error(self) -> float:
        """Mean distance of measured seconds from those that the other labels lead to expect, as a share of the mean."""
        if self.spent_s.sum() < NO_TIME_S:
            return 0.0
        posterior, shares, factors = self.fit(), self.shares, self.factors
        others = [nonnegative(without(posterior, *label)) for label in zip(shares, factors, strict=True)]
        expected = np.array([share @ each.mean for share, each in zip(shares, others, strict=True)])
        return float((np.abs(factors - expected) * self.planned_s).sum() / self.spent_s.sum())
