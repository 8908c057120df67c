"""What labels take, from the seconds people report: the cost model's constants, estimated anew.

Each kind is a linear model of its own. Counting an image takes C a + sum b_k over the categories k present; outlining
it (C - c) a + sum m_k g_k, less what its counts had cost. So do boxes and strokes, each at seconds of their own.
The first point of a category takes longer than further ones: both are planned, and have one factor. Where outlines are
planned by their length, the objects of an image are planned at its mean outline. The factor of a category is that of
the kind plus a deviation of its own, expected to be 0. How they are found: see `maskloop.costs.regression`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from maskloop.costs.cost_model import SECONDS_A_CLASS_CHECK, CostModel
from maskloop.costs.outline_fit import fit_outlines
from maskloop.costs.regression import Array, believed, fit
from maskloop.costs.review_fit import ReviewWork, fit_reviews
from maskloop.costs.timed_label import MODELLED, TimedLabel
from maskloop.values import CostEstimates, KindCosts, SupervisionKind


def estimate_costs(costs: CostModel, labels: Iterable[TimedLabel], reviews: Iterable[ReviewWork] = ()) -> CostEstimates:
    """Estimate what labels take in a project of this cost model; without labels, exactly what is planned.

    Args:
        costs: the project's cost model.
        labels: those made without proposals.
        reviews: those made with them.
    """
    timed = list(labels)
    by_kind = {
        kind.value: _estimate(kind, costs, [label for label in timed if label.kind is kind]) for kind in MODELLED
    }
    return CostEstimates(
        costs.categories, **by_kind, outlines=fit_outlines(costs, timed), reviews=fit_reviews(costs, list(reviews))
    )


def _estimate(kind: SupervisionKind, costs: CostModel, labels: Sequence[TimedLabel]) -> KindCosts:
    table = _Table.of(kind, costs, labels)
    expected = np.r_[1.0, 1.0, np.zeros(len(table.seen))]
    is_believed = believed(table.shares, table.factors, expected)
    kept = table.only(is_believed)
    posterior = fit(kept.shares, kept.factors, expected)
    check, item, *deviations = np.eye(len(expected))
    numbers, items_s = kept.steps[:, 1:].sum(axis=0), kept.seconds[:, 1:].sum(axis=0)
    usual = item + (numbers / max(1.0, numbers.sum())) @ np.reshape(deviations, (len(kept.seen), len(item)))
    usual_s = _mean_s(items_s.sum(), numbers.sum(), costs.price(kind).item_s())
    return KindCosts(
        kind=kind,
        labels=len(labels),
        left_out=int((~is_believed).sum()),
        planned_s=float((kept.planned_s - kept.paid_s).sum()),
        measured_s=float((kept.factors * kept.planned_s - kept.paid_s).sum()),
        class_check=posterior.seconds(check, SECONDS_A_CLASS_CHECK, kept.steps[:, 0].sum()),
        item=posterior.seconds(usual, usual_s, numbers.sum()),
        by_category={
            category: posterior.seconds(item + own, _mean_s(item_s, number, usual_s), number)
            for category, own, number, item_s in zip(table.seen, deviations, numbers, items_s, strict=True)
        },
    )


def _mean_s(seconds: float, number: float, otherwise: float) -> float:
    """Seconds of one of them; `otherwise` where there is none."""
    return float(seconds / number) if number else otherwise


@dataclass(frozen=True)
class _Table:
    """Labels of one kind as a regression. With n labels and K categories `seen`:

    `steps` (n, 1 + K): class checks, and items of each category; `seconds`: what they are planned to take. `shares`
    (n, 2 + K): the share of the planned time that goes to checks, to items, and to items of each category. `factors`
    (n): measured over planned time.
    """

    seen: tuple[int, ...]
    steps: Array
    seconds: Array
    shares: Array
    planned_s: Array
    paid_s: Array
    factors: Array

    @classmethod
    def of(cls, kind: SupervisionKind, costs: CostModel, labels: Sequence[TimedLabel]) -> _Table:
        price = costs.price(kind)
        shown: list[Mapping[int, int]] = [price.items(label.counts) for label in labels]
        seen = tuple(sorted({category for items in shown for category in items}))
        checks = [price.checks(costs.categories, label.counts.categories) for label in labels]
        items = np.array([[each.get(category, 0) for category in seen] for each in shown]).reshape(
            len(labels), len(seen)
        )
        steps = np.column_stack([checks, items]).astype(np.float64)
        items_s = np.array(
            [
                [price.items_s(each[category], label.mean_length) if category in each else 0.0 for category in seen]
                for each, label in zip(shown, labels, strict=True)
            ]
        ).reshape(items.shape)
        seconds = np.column_stack([steps[:, 0] * SECONDS_A_CLASS_CHECK, items_s])
        planned_s = seconds.sum(axis=1)
        shares = np.insert(seconds, 1, seconds[:, 1:].sum(axis=1), axis=1) / planned_s[:, None]
        paid_s = np.array([label.counts_paid_s for label in labels], dtype=np.float64)
        factors = (np.array([label.seconds_spent for label in labels]) + paid_s) / planned_s
        return cls(seen, steps, seconds, shares, planned_s, paid_s, factors)

    def only(self, rows: NDArray[np.bool_]) -> _Table:
        parts = (self.steps, self.seconds, self.shares, self.planned_s, self.paid_s, self.factors)
        return _Table(self.seen, *(part[rows] for part in parts))
