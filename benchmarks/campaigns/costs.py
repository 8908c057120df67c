"""How well the prices of labels are estimated: simulated people whose prices are known, some of whom take breaks.

    python -m benchmarks costs

Prices are off the plan by a factor of exp(N(0, 0.4)), those of five categories by another exp(N(0, 0.3)); a label's
time is lognormal with a coefficient of variation of 0.4; a break lasts 20 to 67 minutes. Outlines are as long as
COCO's, lognormal with a mean of .674 sides and a median of .362; people take the seconds of `OUTLINE_BY_LENGTH`, either
part off by exp(N(0, 0.4)).
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from maskloop.costs.cost_model import SECONDS_A_CLASS_CHECK, SECONDS_A_COUNTED_CLASS, SECONDS_A_MASK, CostModel
from maskloop.costs.estimates import estimate_costs
from maskloop.costs.outline_fit import fit_outlines
from maskloop.costs.timed_label import TimedLabel
from maskloop.values import OUTLINE_BY_LENGTH, Counts, SecondsEstimate, SupervisionKind

PEOPLE = 300
VOCABULARY, CATEGORIES = 20, 5
PLAN = CostModel(VOCABULARY)
SIGMA = float(np.sqrt(np.log1p(0.4**2)))
CASES = ((5, 0.0), (20, 0.0), (20, 0.03), (100, 0.03), (1000, 0.03))
IMAGE = Counts({0: 1, 1: 2})


class Person:
    """Known prices, and labels at these prices."""

    def __init__(self, rng: np.random.Generator, breaks: float) -> None:
        self.rng, self.breaks = rng, breaks
        plan = (SECONDS_A_CLASS_CHECK, SECONDS_A_COUNTED_CLASS, SECONDS_A_MASK)
        self.check, count, outline = (price * rng.lognormal(0, 0.4) for price in plan)
        own = rng.lognormal(0, 0.3, CATEGORIES)
        self.count, self.outline = count * own, outline * own

    def mean_s(self, kind: SupervisionKind, counts: Counts) -> float:
        if kind is SupervisionKind.COUNTS:
            return float(VOCABULARY * self.check + sum(self.count[key] for key in counts.by_category))
        outlines = sum(number * self.outline[key] for key, number in counts.by_category.items())
        return float((VOCABULARY - counts.categories) * self.check + outlines)

    def label(self, kind: SupervisionKind) -> TimedLabel:
        present = self.rng.choice(CATEGORIES, self.rng.integers(0, 4), replace=False)
        counts = Counts({int(category): int(self.rng.integers(1, 4)) for category in present})
        seconds = self.mean_s(kind, counts) * self.rng.lognormal(-(SIGMA**2) / 2, SIGMA)
        away_s = self.rng.uniform(1200, 4000) if self.rng.random() < self.breaks else 0.0
        return TimedLabel(kind, counts, float(seconds + away_s))


def prices(person: Person, labels: list[TimedLabel]) -> Iterator[tuple[str, SecondsEstimate, float]]:
    """Each estimate beside what is true."""
    found = estimate_costs(PLAN, labels)
    full = [label.counts.by_category for label in labels if label.kind is SupervisionKind.FULL]
    outlined = np.array([sum(shown.get(key, 0) for shown in full) for key in range(CATEGORIES)])
    yield "class check, counting", found.counts.class_check, person.check
    yield "class check, outlining", found.full.class_check, person.check
    yield "counted class", found.counts.by_category.get(0, found.counts.item), float(person.count[0])
    yield "outline of a category", found.full.by_category.get(0, found.full.item), float(person.outline[0])
    yield "outline", found.full.item, float(outlined @ person.outline / max(1, outlined.sum()))


def measure(labels_a_kind: int, breaks: float) -> None:
    hits: dict[str, list[bool]] = {}
    errors: list[float] = []
    for seed in range(PEOPLE):
        person = Person(np.random.default_rng(seed), breaks)
        kinds = (SupervisionKind.COUNTS, SupervisionKind.FULL)
        labels = [person.label(kind) for _ in range(labels_a_kind) for kind in kinds]
        for name, estimate, true in prices(person, labels):
            hits.setdefault(name, []).append(estimate.low_s <= true <= estimate.high_s)
        errors.append(estimate_costs(PLAN, labels).full_label(IMAGE) / person.mean_s(kinds[1], IMAGE) - 1)
    covered = ", ".join(f"{name} {np.mean(found):.2f}" for name, found in hits.items())
    error = f"full label {np.mean(errors):+.2f}, absolute {np.mean(np.abs(errors)):.2f}"
    print(
        f"{labels_a_kind} labels a kind, {breaks:.0%} with a break: covered {covered}; error of a {error}", flush=True
    )
    assert np.mean(list(hits.values())) > 0.85
    assert abs(np.mean(errors)) < 0.05


def measure_outlines(labels: int) -> None:
    hits: list[tuple[bool, bool]] = []
    errors: list[tuple[float, float]] = []
    for seed in range(PEOPLE):
        rng = np.random.default_rng(seed)
        fixed_s, side_s = rng.lognormal(0, 0.4, 2) * [OUTLINE_BY_LENGTH.fixed_s, OUTLINE_BY_LENGTH.length_s]
        found = fit_outlines(PLAN, [_outlined(rng, fixed_s, side_s) for _ in range(labels)])
        fixed, side = found.fixed, found.length
        hits.append((fixed.low_s <= fixed_s <= fixed.high_s, side.low_s <= side_s <= side.high_s))
        errors.append((found.error, found.flat_error))
    fixed_share, side_share = np.mean(hits, axis=0)
    error, flat_error = np.mean(errors, axis=0)
    print(
        f"{labels} labels by length: covered outline {fixed_share:.2f}, side {side_share:.2f}; error {error:.2f}, "
        f"of a flat price {flat_error:.2f}",
        flush=True,
    )
    assert min(fixed_share, side_share) > 0.85
    assert error < flat_error


def _outlined(rng: np.random.Generator, fixed_s: float, side_s: float) -> TimedLabel:
    """A label of one to four objects of one category."""
    objects = int(rng.integers(1, 5))
    length = float(rng.lognormal(np.log(0.362), 1.115, objects).sum())
    seconds = (VOCABULARY - 1) + fixed_s * objects + side_s * length
    spent_s = float(seconds * rng.lognormal(-(SIGMA**2) / 2, SIGMA))
    return TimedLabel(SupervisionKind.FULL, Counts({1: objects}), spent_s, outline_length=length)


def main() -> None:
    """Print coverage of the 95 % intervals and the error of a full label's price, by number of labels."""
    for case in CASES:
        measure(*case)
    for labels in (5, 20, 100, 1000):
        measure_outlines(labels)
