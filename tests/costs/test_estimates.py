"""Simulated people whose constants are known; the cost model itself where nobody was timed."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from maskloop.costs.cost_model import CostModel
from maskloop.costs.estimates import estimate_costs
from maskloop.costs.timed_label import TimedLabel
from maskloop.errors import InvalidArgument
from maskloop.values import Counts, SupervisionKind

COUNTS, FULL = SupervisionKind.COUNTS, SupervisionKind.FULL
POINTS, SCRIBBLES = SupervisionKind.POINTS, SupervisionKind.SCRIBBLES
CATEGORIES = 8
PLAN = CostModel(CATEGORIES)
images = st.dictionaries(st.integers(1, CATEGORIES), st.integers(1, 6)).map(Counts)


class Person:
    """Takes `check` s to see whether a category is there, `counting` s to count one, `outlining[category]` s an object.

    `variation` is the standard deviation of a label's time as a share of its mean; times are lognormal.
    """

    def __init__(self, rng, check=1.0, counting=1.48, outlining=None, variation=0.4):
        self.rng, self.check, self.counting = rng, check, counting
        self.outlining = dict.fromkeys(range(1, CATEGORIES + 1), 79.0) | (outlining or {})
        self.variation = variation

    def image(self):
        present = self.rng.choice(CATEGORIES, self.rng.integers(0, 4), replace=False) + 1
        return Counts({int(category): int(self.rng.integers(1, 4)) for category in present})

    def mean_s(self, kind, counts):
        if kind is COUNTS:
            return CATEGORIES * self.check + self.counting * counts.categories
        outlines = sum(number * self.outlining[category] for category, number in counts.by_category.items())
        return (CATEGORIES - counts.categories) * self.check + outlines

    def label(self, kind):
        counts = self.image()
        sigma = np.sqrt(np.log1p(self.variation**2))
        factor = np.exp(self.rng.normal(-(sigma**2) / 2, sigma))
        return TimedLabel(kind, counts, float(self.mean_s(kind, counts) * factor))


def planned(kind, counts, paid_s=0.0):
    seconds = PLAN.counts_label(counts) if kind is COUNTS else PLAN.full_label(counts, paid_s)
    return TimedLabel(kind, counts, seconds, paid_s)


@given(images)
def test_without_a_timed_label_the_estimate_is_the_plan(counts):
    estimates = estimate_costs(PLAN, [])
    assert estimates.full_label(counts) == pytest.approx(PLAN.full_label(counts))
    assert estimates.counts_label(counts) == pytest.approx(PLAN.counts_label(counts))
    for found in (estimates.counts.class_check, estimates.counts.item, estimates.full.class_check, estimates.full.item):
        assert found.estimated_s == found.planned_s
        assert found.low_s < found.planned_s < found.high_s
    assert not estimates.full.by_category


@given(st.lists(images, min_size=1, max_size=8), st.booleans())
def test_people_who_take_what_was_planned_confirm_the_plan(all_counts, counted_before):
    labels = [
        planned(FULL, one, PLAN.counts_label(one) if counted_before and one.objects else 0.0) for one in all_counts
    ]
    estimates = estimate_costs(PLAN, [*labels, *(planned(COUNTS, one) for one in all_counts)])
    assert estimates.full.left_out == estimates.counts.left_out == 0
    for one in all_counts:
        assert estimates.full_label(one) == pytest.approx(PLAN.full_label(one))
    assert estimates.full.measured_s == pytest.approx(sum(label.seconds_spent for label in labels))
    assert estimates.full.planned_s == pytest.approx(estimates.full.measured_s)


def test_with_many_labels_the_estimate_is_ordinary_least_squares():
    person = Person(np.random.default_rng(1), outlining={1: 20.0, 2: 200.0})
    labels = [person.label(FULL) for _ in range(2000)]
    estimates = estimate_costs(PLAN, labels)
    assert estimates.full.left_out <= 2
    steps = [
        [CATEGORIES - x.counts.categories, *(x.counts.by_category.get(k, 0) for k in range(1, CATEGORIES + 1))]
        for x in labels
    ]
    weights = [1 / PLAN.full_label(one.counts) for one in labels]
    slow = np.linalg.lstsq(
        np.array(steps) * np.c_[weights], np.array([x.seconds_spent for x in labels]) * weights, rcond=None
    )[0]
    found = [estimates.full.class_check, *(estimates.full.by_category[k] for k in range(1, CATEGORIES + 1))]
    assert np.array([one.estimated_s for one in found]) == pytest.approx(slow, rel=0.03)
    assert slow[1:3] == pytest.approx([20, 200], rel=0.1)


@pytest.mark.parametrize("number", [5, 40])
def test_intervals_cover_the_constants_of_nineteen_people_of_twenty(number):
    """People differ from the plan by about half, as the prior says; 150 of them, 4 constants each."""
    hits = []
    for seed in range(150):
        rng = np.random.default_rng(seed)
        check, counting, outlining = (constant * rng.lognormal(0, 0.4) for constant in (1.0, 1.48, 79.0))
        person = Person(rng, check, counting, dict.fromkeys(range(1, CATEGORIES + 1), outlining))
        labels = [person.label(kind) for kind in (COUNTS, FULL) for _ in range(number)]
        found = estimate_costs(PLAN, labels)
        pairs = [(found.counts.class_check, check), (found.counts.item, counting)]
        pairs += [(found.full.class_check, check), (found.full.item, outlining)]
        hits.append([one.low_s <= true <= one.high_s for one, true in pairs])
    assert np.mean(hits) == pytest.approx(0.95, abs=0.04)
    assert np.mean(hits, axis=0).min() > 0.88


def test_intervals_narrow_with_labels():
    rng = np.random.default_rng(0)
    person = Person(rng)
    widths = []
    for number in (0, 10, 100, 1000):
        item = estimate_costs(PLAN, [person.label(FULL) for _ in range(number)]).full.item
        widths.append(item.high_s - item.low_s)
    assert widths == sorted(widths, reverse=True)
    assert widths[-1] < widths[0] / 5


@pytest.mark.parametrize("seconds_spent", [3600.0, 0.0])
def test_a_lunch_break_and_a_clock_that_was_not_started_change_nothing(seconds_spent):
    honest = [planned(FULL, Counts({1: 2})) for _ in range(6)]
    odd = TimedLabel(FULL, Counts({1: 2}), seconds_spent)
    estimates = estimate_costs(PLAN, [*honest, odd])
    assert (estimates.full.labels, estimates.full.left_out) == (7, 1)
    assert estimates.full.by_category[1].estimated_s == pytest.approx(79)
    assert estimates.full.by_category[1].steps == 12


def test_a_category_that_always_takes_four_times_as_long_is_believed():
    person = Person(np.random.default_rng(5), outlining={8: 316.0})
    labels = [person.label(FULL) for _ in range(60)]
    estimates = estimate_costs(PLAN, labels)
    assert estimates.full.left_out == 0
    assert estimates.full.by_category[8].low_s > 158
    assert estimates.full.by_category[1].high_s < 158


def test_a_category_nobody_was_timed_on_costs_what_the_others_do():
    estimates = estimate_costs(PLAN, [TimedLabel(FULL, Counts({1: 4}), 4 * 40.0) for _ in range(30)])
    assert 5 not in estimates.full.by_category
    assert estimates.full_label(Counts({5: 3})) == pytest.approx(
        7 * estimates.full.class_check.estimated_s + 3 * estimates.full.item.estimated_s
    )
    assert 38 < estimates.full.item.estimated_s < 60


def test_a_remainder_is_never_negative():
    assert estimate_costs(PLAN, []).full_label(Counts({}), counts_paid_s=25.0) == 0.0


def test_kinds_without_a_cost_model_are_refused():
    with pytest.raises(InvalidArgument, match="ood_check"):
        TimedLabel(SupervisionKind.OOD_CHECK, Counts({}), 3.0)


def test_points_take_what_the_first_and_the_further_ones_of_a_category_are_planned_at():
    """People who take one and a half times the plan: the factor is found, whatever shares of points are first ones."""
    rng = np.random.default_rng(7)
    shown = [Person(rng).image() for _ in range(400)]
    planned_s = [PLAN.points(counts.categories, counts.objects) for counts in shown]
    labels = [TimedLabel(POINTS, counts, 1.5 * each) for counts, each in zip(shown, planned_s, strict=True)]
    found = estimate_costs(PLAN, labels).points
    objects = sum(counts.objects for counts in shown)
    first = sum(counts.categories for counts in shown)
    assert found.planned_s == pytest.approx(sum(planned_s))
    assert found.item.steps == objects
    assert found.item.planned_s == pytest.approx((2.47 * first + 0.9 * (objects - first)) / objects)
    assert found.item.estimated_s == pytest.approx(1.5 * found.item.planned_s, rel=0.02)
    assert found.class_check.estimated_s == pytest.approx(1.5, rel=0.02)


@pytest.mark.parametrize(("kind", "item_s"), [(POINTS, 2.47), (SCRIBBLES, 10.93)])
def test_without_a_timed_label_marks_take_what_one_object_is_planned_at(kind, item_s):
    found = getattr(estimate_costs(PLAN, []), kind.value)
    assert (found.kind, found.labels) == (kind, 0)
    assert found.item.planned_s == pytest.approx(item_s)
    assert found.item.estimated_s == pytest.approx(item_s)
