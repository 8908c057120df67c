"""Outlines by length from measured seconds: simulated people whose seconds are known."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from maskloop.costs.cost_model import CostModel
from maskloop.costs.outline_fit import fit_outlines
from maskloop.costs.timed_label import TimedLabel
from maskloop.values import OUTLINE_BY_LENGTH, Counts, OutlinePrice, SupervisionKind

FULL = SupervisionKind.FULL
CATEGORIES = 5
PLAN = CostModel(CATEGORIES)


def label(objects, length, seconds, paid_s=0.0):
    return TimedLabel(FULL, Counts({1: objects}), seconds, paid_s, length)


def person(seed, fixed_s, length_s, number, variation=0.0):
    """So many labels of a person who takes these seconds an outline and a side; times vary in proportion."""
    rng = np.random.default_rng(seed)
    made = []
    for _ in range(number):
        objects = int(rng.integers(1, 5))
        length = float(rng.lognormal(-1, 1, objects).sum())
        seconds = (CATEGORIES - 1) + fixed_s * objects + length_s * length
        sigma = np.sqrt(np.log1p(variation**2))
        made.append(label(objects, length, float(seconds * rng.lognormal(-(sigma**2) / 2, sigma))))
    return made


timed = st.builds(label, st.integers(0, 6), st.floats(0, 20), st.floats(0, 5000), st.floats(0, 9)) | st.builds(
    TimedLabel, st.just(SupervisionKind.COUNTS), st.just(Counts({1: 2})), st.floats(0, 50)
)


def test_without_a_label_the_fit_is_the_plan():
    for found in (fit_outlines(PLAN, []), fit_outlines(PLAN, [TimedLabel(FULL, Counts({1: 2}), 99.0)])):
        assert (found.labels, found.left_out, found.mean_length, found.error, found.flat_error) == (0, 0, 0, 0, 0)
        assert found.fixed.estimated_s == pytest.approx(found.fixed.planned_s) == pytest.approx(49)
        assert found.length.estimated_s == pytest.approx(found.length.planned_s) == pytest.approx(30 / 0.674)
        assert found.length.low_s < 44.5 < found.length.high_s


def test_a_project_priced_by_length_is_what_is_expected():
    found = fit_outlines(CostModel(CATEGORIES, OutlinePrice(10, 20)), [])
    assert (found.fixed.planned_s, found.length.planned_s) == (10, 20)


@given(st.integers(0, 2**20), st.floats(15, 120), st.floats(10, 120))
def test_planted_seconds_are_found_again(seed, fixed_s, length_s):
    found = fit_outlines(PLAN, person(seed, fixed_s, length_s, 200))
    assert found.left_out == 0
    assert found.fixed.estimated_s == pytest.approx(fixed_s, rel=0.05)
    assert found.length.estimated_s == pytest.approx(length_s, rel=0.05)
    assert found.error < 0.05


def test_with_many_labels_the_fit_is_ordinary_least_squares():
    labels = person(3, 25.0, 70.0, 800, variation=0.3)
    found = fit_outlines(PLAN, labels)
    steps = np.array([[CATEGORIES - 1, one.counts.objects, one.outline_length] for one in labels])
    weights = 1 / (steps @ [1.0, OUTLINE_BY_LENGTH.fixed_s, OUTLINE_BY_LENGTH.length_s])
    slow = np.linalg.lstsq(steps * weights[:, None], weights * [one.seconds_spent for one in labels], rcond=None)[0]
    assert found.left_out == 0
    assert [found.fixed.estimated_s, found.length.estimated_s] == pytest.approx(slow[1:], rel=0.02)
    assert slow[1:] == pytest.approx([25, 70], rel=0.1)


@pytest.mark.parametrize("number", [8, 60])
def test_intervals_cover_the_seconds_of_nineteen_people_of_twenty(number):
    """People differ from the plan by about half, as the prior says; 150 of them."""
    hits = []
    for seed in range(150):
        fixed_s, length_s = np.random.default_rng(seed).lognormal(0, 0.4, 2) * [49, 44.5]
        found = fit_outlines(PLAN, person(seed, fixed_s, length_s, number, variation=0.4))
        pairs = ((found.fixed, fixed_s), (found.length, length_s))
        hits.append([one.low_s <= true <= one.high_s for one, true in pairs])
    assert np.mean(hits) == pytest.approx(0.95, abs=0.05)


def test_the_error_is_that_of_labels_which_the_fit_has_not_seen():
    labels = person(1, 30.0, 60.0, 12, variation=0.3)
    misses = []
    for place, one in enumerate(labels):
        others = fit_outlines(PLAN, labels[:place] + labels[place + 1 :])
        expected_s = (
            (CATEGORIES - 1)  # checks take what is planned, nearly
            + others.fixed.estimated_s * one.counts.objects
            + others.length.estimated_s * one.outline_length
        )
        misses.append(abs(one.seconds_spent - expected_s))
    slow = sum(misses) / sum(one.seconds_spent for one in labels)
    assert fit_outlines(PLAN, labels).error == pytest.approx(slow, rel=0.1)


def test_length_explains_people_who_go_by_it_and_not_those_who_do_not():
    by_length = fit_outlines(PLAN, person(2, 10.0, 90.0, 60, variation=0.2))
    assert by_length.error < by_length.flat_error / 2
    flat = fit_outlines(PLAN, person(2, 79.0, 0.0, 60, variation=0.2))
    assert flat.length.estimated_s < 8
    assert flat.fixed.estimated_s == pytest.approx(79, rel=0.1)
    assert flat.error == pytest.approx(flat.flat_error, rel=0.1)


def test_where_all_outlines_are_alike_the_sum_is_told_and_its_parts_keep_their_proportion():
    found = fit_outlines(PLAN, [label(2, 2 * 0.674, (CATEGORIES - 1) + 2 * 40.0) for _ in range(50)])
    assert found.fixed.estimated_s + 0.674 * found.length.estimated_s == pytest.approx(40, rel=0.03)
    assert found.fixed.estimated_s > found.length.estimated_s * 0.674
    assert found.length.high_s - found.length.low_s > 20


@pytest.mark.parametrize("seconds_spent", [20_000.0, 0.0])
def test_a_lunch_break_and_a_clock_that_was_not_started_change_nothing(seconds_spent):
    honest = person(4, 49.0, 44.5, 20, variation=0.1)
    found, without = (fit_outlines(PLAN, labels) for labels in ([*honest, label(2, 1.0, seconds_spent)], honest))
    assert (found.labels, found.left_out) == (21, 1)
    assert found.fixed == without.fixed


@given(st.lists(timed, max_size=12))
@example([label(0, 0.0, 0.0, 5e-324)])
def test_seconds_are_never_negative(labels):
    found = fit_outlines(PLAN, labels)
    for part in (found.fixed, found.length):
        assert 0 <= part.low_s <= part.high_s
        assert part.estimated_s >= 0
    assert min(found.error, found.flat_error, found.mean_length) >= 0


@given(st.lists(timed, max_size=12), st.randoms(use_true_random=False))
def test_the_order_of_labels_does_not_matter(labels, random):
    found = fit_outlines(PLAN, labels)
    random.shuffle(labels)
    again = fit_outlines(PLAN, labels)
    assert again.left_out == found.left_out
    assert [again.fixed.estimated_s, again.length.estimated_s, again.error] == pytest.approx(
        [found.fixed.estimated_s, found.length.estimated_s, found.error], rel=1e-6, abs=1e-6
    )
