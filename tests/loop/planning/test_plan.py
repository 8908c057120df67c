"""How a budget is divided. Costs by hand for five classes: counts 5 + 1.48 c, full (5 - c) + 79 m seconds."""

import math
from datetime import UTC, datetime

import pytest

from maskloop.costs.cost_model import CostModel
from maskloop.errors import InvalidArgument, InvalidBudget
from maskloop.loop.options import Options
from maskloop.loop.planning.plan import Plan, plan_of
from maskloop.loop.record.ledger import Ledger
from maskloop.loop.shares import NO_MARKS, Shares
from maskloop.values import (
    MARKS,
    BoxesLabel,
    Budget,
    Counts,
    FullLabel,
    Label,
    OodAnswer,
    Strategy,
    SupervisionKind,
)

NOW = datetime(2026, 1, 1, tzinfo=UTC)
FULL_S = 83.0


def full(number, cost_s=FULL_S):
    return Label(f"l{number}", "p", f"i{number}", FullLabel(), "ada", cost_s, NOW)


def counts_label(number, cost_s=6.48):
    return Label(f"c{number}", "p", f"i{number}", Counts({1: 1}), "ada", cost_s, NOW)


def plan(budget, **asked):
    return Plan(budget, CostModel(5), Strategy("mask_guided"), Strategy("random"), counts_share=0.15, **asked)


def ledger(budget, labels=0, counted=0):
    made = Ledger(budget)
    made.add(full(number) for number in range(labels))
    made.add(counts_label(100 + number) for number in range(counted))
    return made


HOUR = Budget(seconds=3600)


def test_the_first_batch_begins_with_five_images_to_learn_what_one_costs():
    assert plan(HOUR).initial(Ledger(HOUR)).next_batch(ledger(HOUR)) == Budget(images=5)


def test_the_first_batch_goes_by_halves_of_what_remains_of_a_third_of_the_budget():
    assert plan(HOUR).initial(Ledger(HOUR)).next_batch(ledger(HOUR, labels=5)) == Budget(
        images=4
    )  # (1200 - 5 * 83) / 83 = 9.46
    assert plan(HOUR).initial(Ledger(HOUR)).next_batch(ledger(HOUR, labels=9)) == Budget(images=2)  # 5.46
    assert plan(HOUR).initial(Ledger(HOUR)).next_batch(ledger(HOUR, labels=13)) == Budget(images=1)  # 1.46


def test_a_few_cheap_images_first_do_not_spend_the_budget_unseen():
    """One object each in the first five, as if 50 more fitted a third of four hours."""
    budget = Budget(seconds=14_400)
    assert plan(budget).initial(Ledger(budget)).next_batch(ledger(budget, labels=5)) == Budget(images=5)


def test_the_first_batch_is_complete_when_half_an_image_is_left_of_the_third():
    assert plan(HOUR).initial(Ledger(HOUR)).next_batch(ledger(HOUR, labels=14)) is None  # 1200 - 14 * 83 = 38 < 41.5


def test_a_large_budget_begins_with_a_hundred_images_at_most():
    large = Budget(seconds=360_000)
    assert plan(large).initial(Ledger(large)).next_batch(ledger(large, labels=80)) == Budget(images=20)
    assert plan(large).initial(Ledger(large)).next_batch(ledger(large, labels=100)) is None


@pytest.mark.parametrize(("images", "first"), [(6, 5), (30, 10), (200, 67), (900, 100)])
def test_a_budget_of_images_begins_with_a_third_of_them(images, first):
    budget = Budget(images=images)
    assert plan(budget).initial(Ledger(budget)).next_batch(ledger(budget)) == Budget(images=first)


def test_a_first_batch_of_images_is_bought_to_the_last_one():
    asked = plan(HOUR, asked_initial=Budget(images=7))
    assert asked.initial(Ledger(HOUR)).next_batch(ledger(HOUR, labels=4)) == Budget(images=3)
    assert asked.initial(Ledger(HOUR)).next_batch(ledger(HOUR, labels=7)) is None


def test_a_first_batch_asked_for_in_seconds_is_not_cut_at_a_hundred_images():
    large = Budget(seconds=360_000)
    asked = plan(large, asked_initial=Budget(seconds=100_000))
    assert asked.initial(Ledger(HOUR)).next_batch(ledger(large, labels=400)) == Budget(images=400)


def test_counts_are_bought_until_their_share_is_spent():
    begun = ledger(HOUR, labels=14, counted=10)
    assert plan(HOUR).counts.next_batch(begun).seconds == pytest.approx(540 - 64.8)
    assert (
        plan(HOUR).counts.next_batch(ledger(HOUR, labels=14, counted=83)) is None
    )  # 540 - 83 * 6.48 = 2.16, less than one


def test_counts_never_ask_for_more_than_is_left():
    small = Budget(seconds=100)
    assert plan(small).counts.next_batch(ledger(small, labels=1)).seconds == pytest.approx(15)
    assert plan(small, asked_initial=Budget(images=1)).counts.next_batch(ledger(small, counted=2)) is None


def test_a_strategy_without_scores_buys_no_counts():
    unscored = Plan(HOUR, CostModel(5), Strategy("random"), Strategy("random"), counts_share=0.15)
    assert unscored.counts.next_batch(ledger(HOUR)) is None


def test_more_is_counted_when_a_round_asks_for_more_images_than_are_left_counted():
    begun = ledger(HOUR, labels=14, counted=83)
    left_s = 3600 - 14 * FULL_S - 83 * 6.48
    wish = Budget(seconds=5 * FULL_S)
    assert plan(HOUR).more_counts(wish, begun, counted_images=5) is None
    goal = plan(HOUR).more_counts(wish, begun, counted_images=4)
    assert goal.next_batch(begun).seconds == pytest.approx(0.15 * left_s)
    begun.add(counts_label(200 + number) for number in range(40))  # 259.2 of 284.9 s
    assert goal.next_batch(begun).seconds == pytest.approx(0.15 * left_s - 40 * 6.48)
    begun.add(counts_label(300 + number) for number in range(3))
    assert goal.next_batch(begun) is None


def test_more_counts_for_a_budget_of_images_go_by_what_their_labels_should_cost():
    budget = Budget(images=30)
    begun = ledger(budget, labels=10)
    goal = plan(budget).more_counts(Budget(images=7), begun, counted_images=6)
    assert goal.next_batch(begun).seconds == pytest.approx(0.15 * 20 * plan(budget).expected_full_s)
    assert plan(budget).more_counts(Budget(images=7), begun, counted_images=7) is None


def test_without_scores_there_is_never_more_to_count():
    unscored = Plan(HOUR, CostModel(5), Strategy("random"), Strategy("random"), counts_share=0.15)
    assert unscored.more_counts(Budget(images=5), ledger(HOUR), counted_images=0) is None


def test_what_is_left_is_divided_over_three_rounds():
    begun = ledger(HOUR, labels=14, counted=83)
    left_s = 3600 - 14 * FULL_S - 83 * 6.48
    assert plan(HOUR).batch(1, begun).seconds == pytest.approx(left_s / 3)
    assert plan(HOUR).batch(2, begun).seconds == pytest.approx(left_s / 2)
    assert plan(HOUR).batch(3, begun).seconds == pytest.approx(left_s)
    assert plan(HOUR).batch(4, begun).seconds == pytest.approx(left_s)


def test_rounds_end_at_max_rounds_and_spend_everything_by_then():
    begun = ledger(HOUR, labels=14)
    assert plan(HOUR, max_rounds=1).batch(1, begun).seconds == begun.left_s
    assert plan(HOUR, max_rounds=1).batch(2, begun) is None
    assert plan(HOUR, max_rounds=0).batch(1, begun) is None


def test_a_budget_of_images_is_divided_in_whole_images():
    budget = Budget(images=30)
    assert plan(budget).batch(1, ledger(budget, labels=10)) == Budget(images=7)
    assert plan(budget).batch(3, ledger(budget, labels=30)) is None


def test_a_wish_for_images_is_asked_again_until_they_are_bought():
    begun = ledger(HOUR, labels=14)
    goal = plan(HOUR).rest(Budget(images=3), begun)
    assert goal.next_batch(begun) == Budget(images=3)
    begun.add([full(50)])
    assert goal.next_batch(begun) == Budget(images=2)
    begun.add([full(51), full(52)])
    assert goal.next_batch(begun) is None


def test_a_wish_for_seconds_is_met_by_a_batch_that_took_nearly_as_long():
    begun = ledger(HOUR, labels=14)
    goal = plan(HOUR).rest(Budget(seconds=FULL_S + 20), begun)
    assert goal.next_batch(begun) == Budget(seconds=FULL_S + 20)
    begun.add([full(50)])
    assert goal.next_batch(begun) is None


def test_labels_that_took_far_less_than_planned_leave_room_for_another_batch():
    begun = ledger(HOUR, labels=14)
    goal = plan(HOUR).rest(Budget(seconds=200), begun)
    begun.add([full(50)])
    assert goal.next_batch(begun) == Budget(seconds=200 - FULL_S)
    begun.add([full(51)])
    assert goal.next_batch(begun) is None


def test_a_wish_for_all_that_is_left_goes_on_until_nothing_is_left():
    begun = ledger(HOUR, labels=14)
    goal = plan(HOUR).rest(Budget(seconds=begun.left_s), begun)
    begun.add([full(50)])
    assert goal.next_batch(begun) == Budget(seconds=3600 - 15 * FULL_S)


def test_a_budget_below_the_cheapest_image_is_refused():
    with pytest.raises(InvalidBudget, match="cheapest image costs 5 s"):
        plan(Budget(seconds=4))


def test_choosing_by_scores_without_counts_is_refused():
    options = Options(budget="1h", data="demo", counts=True, counts_share=0.0)
    with pytest.raises(InvalidArgument, match="counts-share"):
        plan_of(options, Strategy("mask_guided"), 5)
    assert not plan_of(options, Strategy("random"), 5).needs_counts


@pytest.mark.parametrize("how", [{}, {"counts": True, "recipe": "compact,classes=predicted"}])
def test_networks_that_find_by_themselves_are_scored_without_counts(how):
    without = plan_of(Options(budget="1h", data="demo", counts_share=0.0, **how), Strategy("mask_guided"), 5)
    assert (without.needs_counts, without.counts_s) == (False, 0.0)
    told = plan_of(Options(budget="1h", data="demo", counts=True), Strategy("mask_guided"), 5)
    assert (told.needs_counts, told.counts_s) == (True, 0.15 * 3600)


def answer(number):
    return Label(f"v{number}", "p", f"o{number}", OodAnswer(), "ada", 1.0, NOW)


def test_a_round_checks_candidates_for_its_share_of_what_is_left_in_four_batches():
    before = ledger(HOUR, labels=20)  # 3600 - 20 * 83 = 1940 s are left: 5 % are 97 checks
    goal = plan(HOUR, ood_share=0.05).ood_checks(before)
    asked = []
    while (wish := goal.next_batch(before)) is not None:
        asked.append(wish.images)
        before.add(answer(1000 + len(asked) * 100 + number) for number in range(wish.images))
    assert asked == [25, 25, 25, 22]


def test_few_checks_are_not_cut_further():
    assert plan(HOUR, ood_share=0.01).ood_checks(ledger(HOUR)).next_batch(ledger(HOUR)) == Budget(images=20)


def test_without_a_share_or_a_second_nothing_is_checked():
    assert plan(HOUR).ood_checks(ledger(HOUR)) is None
    assert plan(HOUR, ood_share=0.01).ood_checks(ledger(HOUR, labels=43)) is None  # 31 s are left


def test_a_budget_of_images_has_checks_for_a_share_of_what_its_labels_should_cost():
    budget = Budget(images=10)  # of (5 - 1.5) + 79 * 2.8 = 224.7 s each: 1 % are 22 checks
    assert plan(budget, ood_share=0.01).ood_checks(ledger(budget)).next_batch(ledger(budget)) == Budget(images=20)


def test_a_first_batch_may_be_that_of_another_budget():
    """A third of one hour, of the 5/3 hours that are there."""
    more = Budget(seconds=6000)
    assert plan(more, first_of=HOUR).initial(Ledger(more)).wanted == Budget(seconds=1200)
    images = Budget(images=50)
    assert plan(images, first_of=Budget(images=30)).initial(Ledger(images)).wanted == Budget(images=10)


def boxes_label(number, cost_s):
    return Label(f"b{number}", "p", f"b{number}", BoxesLabel(), "ada", cost_s, NOW)


QUARTER, HALF, THREE_QUARTERS = (Shares({SupervisionKind.BOXES: share}) for share in (0.25, 0.5, 0.75))
BOXED_S = 3.5 + 2.8 * 7  # (5 - 1.5) class checks and 2.8 boxes, before any is known


def test_boxes_take_their_share_of_the_first_batch():
    """Of the third of an hour, 300 s are for outlines and 900 s for boxes."""
    asked = plan(HOUR, shares=THREE_QUARTERS)
    bought = ledger(HOUR, labels=4)  # 332 s
    assert asked.initial(Ledger(HOUR)).wanted == Budget(seconds=300)
    (goal,) = asked.marks_beside_first(asked.shares, bought)
    assert goal.next_batch(bought) == Budget(seconds=996)  # three times what the outlines took
    bought.add([boxes_label(0, 900.0)])
    assert goal.next_batch(bought) == Budget(seconds=96)
    bought.add([boxes_label(1, 80.0)])
    assert goal.next_batch(bought) is None  # 16 s do not buy an image's
    assert plan(HOUR).marks_beside_first(NO_MARKS, bought) == []


def test_boxes_take_their_share_of_a_round_and_outlines_the_rest():
    asked = plan(HOUR, shares=QUARTER)
    bought = ledger(HOUR, labels=10)
    wish = Budget(seconds=400)
    (goal,) = asked.marks_of(QUARTER, wish, bought)
    assert goal.next_batch(bought) == Budget(seconds=100)
    bought.add([boxes_label(0, 95.0)])
    assert goal.next_batch(bought) is None
    assert asked.rest(wish, bought, 95.0, QUARTER).next_batch(bought) == Budget(
        seconds=305
    )  # 5 s bought nobody's boxes
    assert asked.rest(wish, bought, 350.0, QUARTER).next_batch(bought) == Budget(
        seconds=150
    )  # half of its share, at least
    (goal,) = asked.marks_of(QUARTER, Budget(images=3), bought)
    assert goal.next_batch(bought) == Budget(seconds=83)  # 249 s are three quarters


def test_the_last_round_spends_all_that_its_boxes_have_left():
    asked, bought = plan(HOUR, shares=HALF, max_rounds=1), ledger(HOUR, labels=10)
    wish = asked.batch(1, bought)
    assert wish == Budget(seconds=2770)
    bought.add([boxes_label(0, 1380.0)])  # a little less than half, as no further image's boxes fitted
    goal = asked.rest(wish, bought, 1380.0, HALF)
    assert goal.is_everything
    assert not asked.rest(Budget(seconds=1500), bought, 600.0, HALF).is_everything  # 490 s would be left
    assert goal.next_batch(bought) == Budget(seconds=1390)
    (last,) = asked.marks_of(HALF, Budget(seconds=3600), bought)
    assert last.next_batch(bought) == Budget(seconds=695)  # of what is left, not of what was asked for
    most = Shares({SupervisionKind.BOXES: 0.9})
    assert not plan(HOUR).rest(Budget(seconds=1000), ledger(HOUR, labels=10), shares=most).is_everything


def test_several_kinds_of_marks_are_bought_in_order_and_each_to_its_own_share():
    """Of 400 s: 80 s of boxes, 40 s of strokes, 20 s of points, and 260 s of outlines."""
    mixed = Shares({SupervisionKind.POINTS: 0.05, SupervisionKind.BOXES: 0.2, SupervisionKind.SCRIBBLES: 0.1})
    asked, bought, wish = plan(HOUR, shares=mixed), ledger(HOUR, labels=10), Budget(seconds=400)
    bought.add([boxes_label(0, 7.0)])  # of the batch before
    goals = asked.marks_of(mixed, wish, bought)
    assert [goal.kind for goal in goals] == list(MARKS)
    bought.add([boxes_label(1, 70.0)])
    wanted_s = [next_batch.seconds if (next_batch := goal.next_batch(bought)) else None for goal in goals]
    assert wanted_s == [None, pytest.approx(40), pytest.approx(20)]
    rest = asked.rest(wish, bought, 70.0 + 40 + 20, mixed).next_batch(bought)
    assert rest is not None
    assert rest.seconds == pytest.approx(270)
    beside = asked.marks_beside_first(mixed, ledger(HOUR, labels=4))  # 332 s are 65 hundredths
    assert [goal.end_s for goal in beside] == pytest.approx([332 * share / 0.65 for share in (0.2, 0.1, 0.05)])
    assert asked.initial(Ledger(HOUR)).wanted.seconds == pytest.approx(0.65 * 1200)


def test_marks_beside_a_first_batch_that_took_most_of_the_budget_share_what_is_left():
    """After 3 320 s of outlines 280 s are left, of which boxes and points get what they would have got of 3 320."""
    mixed = Shares({SupervisionKind.BOXES: 0.3, SupervisionKind.POINTS: 0.2})
    bought = ledger(HOUR, labels=40)
    goals = plan(HOUR, shares=mixed).marks_beside_first(mixed, bought)
    assert [goal.end_s for goal in goals] == pytest.approx([0.6 * 280, 0.4 * 280])


def test_a_round_may_have_other_shares_than_the_plan():
    asked, bought = plan(HOUR), ledger(HOUR, labels=10)
    (goal,) = asked.marks_of(QUARTER, Budget(seconds=400), bought)
    assert goal.next_batch(bought) == Budget(seconds=100)
    assert asked.marks_of(asked.shares, Budget(seconds=400), bought) == []


@pytest.mark.parametrize(
    "shares", [{"boxes": 1.0}, {"boxes": 0.5, "points": 0.5}, {"full": 0.5}, {"counts": 0.1}, {"points": math.nan}]
)
def test_shares_that_cannot_be_are_refused(shares):
    with pytest.raises(InvalidArgument):
        Shares({SupervisionKind(kind): share for kind, share in shares.items()})
