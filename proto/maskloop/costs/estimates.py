"""What labels take, from the seconds people report: the cost model's constants, estimated anew.

Each kind is a linear model of its own. Counting an image takes C a + sum b_k over the categories k present; outlining
it (C - c) a + sum m_k g_k, less what its counts had cost. Times vary in proportion to their length, so both sides are
divided by the planned seconds: every constant becomes a factor of its planned value, expected to be 1. The factor of a
category is that of the kind plus a deviation of its own, expected to be 0.

The estimate is Bayesian linear regression, normal in the coefficients, the error's variance by its mean-field update
(Bishop, *Pattern Recognition and Machine Learning*, sections 3.3 and 10.3). Published prices differ by about half (54
to 79 s for an outline), hence `PRIOR_SD`; single labels vary by about half as well, so the prior weighs as much as one
label whose whole time went to that step, and less where people are steadier.

Robust: a fit with Student-t errors (Lange, Little, Taylor, *Robust statistical modeling using the t distribution*)
finds the labels that took many times what their content explains, such as a lunch break, or next to nothing. They
are left out and counted. The estimate is of those that remain, by least squares: it is one of mean time, which a budget
pays, where a robust fit alone would tell the median.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from maskloop.costs.cost_model import LABEL_PRICES, SECONDS_A_CLASS_CHECK, Price
from maskloop.errors import InvalidArgument
from maskloop.values import LABEL_KINDS, CostEstimates, Counts, KindCosts, SecondsEstimate, SupervisionKind

PRIOR_SD = 0.5
"""Standard deviation of every factor and deviation before any label is seen."""
VARIATION, VARIATION_LABELS = 0.5, 4.0
"""Standard deviation of a label's time as a share of its mean, and how many labels this expectation weighs."""
TAIL = 4.0
"""Degrees of freedom of the errors while labels are judged."""
MOST_ROUNDS, AGREED = 100, 1e-9
FENCE, LEAST_SPREAD = 4.0, 0.25
"""Left out is what lies `FENCE` robust standard deviations of log(measured / fitted) away, at least a factor of e."""
LEAST = 1e-3
"""Factors below this are taken for this where they divide."""
MODELLED = tuple(kind for kind in LABEL_KINDS if LABEL_PRICES[kind].item_s)
"""Kinds whose price has items to estimate; each has a field of its name in `CostEstimates`."""

Array = NDArray[np.floating[Any]]


@dataclass(frozen=True)
class TimedLabel:
    """A first label (no correction) with its measured time.

    Args:
        kind: one of MODELLED.
        counts: what it says, or how many objects of each category it outlines.
        seconds_spent: measured seconds.
        counts_paid_s: what the image's counts had cost by plan, which a full label's plan is reduced by.
    """

    kind: SupervisionKind
    counts: Counts
    seconds_spent: float
    counts_paid_s: float = 0.0

    def __post_init__(self) -> None:
        if self.kind not in MODELLED:
            raise InvalidArgument(
                f"times of {self.kind} are not modelled; those of {' and '.join(MODELLED)} are", field="kind"
            )

    @property
    def price(self) -> Price:
        """The planned price of its kind."""
        return LABEL_PRICES[self.kind]

    @property
    def items(self) -> Mapping[int, int]:
        """Categories counted, or objects outlined, by category."""
        return self.price.items(self.counts)


def estimate_costs(categories: int, labels: Iterable[TimedLabel]) -> CostEstimates:
    """Estimate what labels take in a project of so many categories; without labels, exactly what is planned."""
    timed = list(labels)
    by_kind = {
        kind.value: _estimate(kind, categories, [label for label in timed if label.kind is kind]) for kind in MODELLED
    }
    return CostEstimates(categories, **by_kind)


def _estimate(kind: SupervisionKind, categories: int, labels: Sequence[TimedLabel]) -> KindCosts:
    table = _Table.of(kind, categories, labels)
    believed = _believed(table)
    kept = table.only(believed)
    posterior = _fit(kept, robust=False)
    check, item, *deviations = np.eye(len(posterior.mean))
    item_s, steps = LABEL_PRICES[kind].item_s, kept.steps.sum(axis=0)
    usual = item + (steps[1:] / max(1.0, steps[1:].sum())) @ np.reshape(deviations, (len(kept.seen), len(item)))
    return KindCosts(
        kind=kind,
        labels=len(labels),
        left_out=int((~believed).sum()),
        planned_s=float((kept.planned_s - kept.paid_s).sum()),
        measured_s=float((kept.factors * kept.planned_s - kept.paid_s).sum()),
        class_check=posterior.seconds(check, SECONDS_A_CLASS_CHECK, steps[0]),
        item=posterior.seconds(usual, item_s, steps[1:].sum()),
        by_category={
            category: posterior.seconds(item + own, item_s, number)
            for category, own, number in zip(table.seen, deviations, steps[1:], strict=True)
        },
    )


@dataclass(frozen=True)
class _Table:
    """Labels of one kind as a regression. With n labels and K categories `seen`:

    `steps` (n, 1 + K): class checks, and items of each category. `shares` (n, 2 + K): the share of the planned time
    that goes to checks, to items, and to items of each category. `factors` (n): measured over planned time.
    """

    seen: tuple[int, ...]
    steps: Array
    shares: Array
    planned_s: Array
    paid_s: Array
    factors: Array

    @classmethod
    def of(cls, kind: SupervisionKind, categories: int, labels: Sequence[TimedLabel]) -> _Table:
        seen = tuple(sorted({category for label in labels for category in label.items}))
        checks = [label.price.checks(categories, label.counts.categories) for label in labels]
        items = [[shown.get(category, 0) for category in seen] for shown in (label.items for label in labels)]
        steps = np.column_stack([checks, np.array(items).reshape(len(labels), len(seen))]).astype(np.float64)
        seconds = steps * [SECONDS_A_CLASS_CHECK, *[LABEL_PRICES[kind].item_s] * len(seen)]
        planned_s = seconds.sum(axis=1)
        shares = np.insert(seconds, 1, seconds[:, 1:].sum(axis=1), axis=1) / planned_s[:, None]
        paid_s = np.array([label.counts_paid_s for label in labels], dtype=np.float64)
        factors = (np.array([label.seconds_spent for label in labels]) + paid_s) / planned_s
        return cls(seen, steps, shares, planned_s, paid_s, factors)

    def only(self, rows: NDArray[np.bool_]) -> _Table:
        parts = (self.steps, self.shares, self.planned_s, self.paid_s, self.factors)
        return _Table(self.seen, *(part[rows] for part in parts))


@dataclass(frozen=True)
class _Posterior:
    """Of the factors: `mean` (2 + K) and `scale` (2 + K, 2 + K) of a multivariate t with `freedom` degrees."""

    mean: Array
    scale: Array
    freedom: float

    def seconds(self, combination: Array, planned_s: float, steps: float) -> SecondsEstimate:
        """The estimate of a sum of factors, in seconds."""
        middle = float(combination @ self.mean)
        reach = float(stdtrit(self.freedom, 0.975) * np.sqrt(combination @ self.scale @ combination))
        low, high = max(0.0, middle - reach), max(0.0, middle + reach)
        return SecondsEstimate(planned_s, planned_s * max(0.0, middle), planned_s * low, planned_s * high, int(steps))


def _fit(table: _Table, *, robust: bool) -> _Posterior:
    """Alternate between the factors, the error's variance and the weights of the labels until they agree."""
    expected = np.r_[1.0, 1.0, np.zeros(len(table.seen))]
    prior = np.eye(len(expected)) / PRIOR_SD**2
    freedom = VARIATION_LABELS + len(table.factors)
    mean, variance = expected, VARIATION**2
    scale = np.linalg.inv(prior)
    weights = np.ones(len(table.factors))
    for _ in range(MOST_ROUNDS):
        before = variance
        if robust:
            weights = (TAIL + 1) / (TAIL + (table.factors - table.shares @ mean) ** 2 / variance)
        squares = (table.shares.T * weights) @ table.shares
        scale = np.linalg.inv(prior + squares / variance)
        mean = scale @ (prior @ expected + (table.shares.T * weights) @ table.factors / variance)
        spread = weights @ (table.factors - table.shares @ mean) ** 2 + (squares * scale).sum()
        variance = float(VARIATION_LABELS * VARIATION**2 + spread) / freedom
        if abs(variance - before) <= AGREED * variance:
            break
    return _Posterior(mean, scale, freedom)


def _believed(table: _Table) -> NDArray[np.bool_]:
    """Which labels took about what their content explains."""
    fitted = np.maximum(table.shares @ _fit(table, robust=True).mean, LEAST)
    away = np.abs(np.log(np.maximum(table.factors, LEAST) / fitted))
    spread = 1.4826 * float(np.median(away)) if len(away) else 0.0
    return away <= FENCE * max(LEAST_SPREAD, spread)
