"""What is bought before the first batch, where its share is of another budget: an hour, of the 5/3 that are there."""

import pytest

from maskloop.costs.cost_model import CostModel
from maskloop.loop.goals import FirstBatchGoal
from maskloop.loop.planning.before_outlines import WeakStart
from maskloop.loop.planning.plan import Plan
from maskloop.loop.record.ledger import Ledger
from maskloop.values import Budget, Split, Strategy, SupervisionKind

HOUR, MORE = Budget(seconds=3600), Budget(seconds=6000)
IMAGES, MORE_IMAGES = Budget(images=20), Budget(images=35)
FULL_S = 83.0


def plan(budget, **asked):
    return Plan(budget, CostModel(5), Strategy("random"), Strategy("random"), counts_share=0.15, **asked)


@pytest.mark.parametrize(("first_of", "budget"), [(HOUR, MORE), (IMAGES, MORE_IMAGES)])
def test_labels_before_the_first_outline_take_their_share_of_it(first_of, budget):
    weak = WeakStart(SupervisionKind.BOXES, 0.3, "bbam")
    whole_s = first_of.seconds or 20 * plan(first_of).expected_full_s
    assert plan(budget, first_of=first_of).weak_goal(weak).end_s == pytest.approx(0.3 * whole_s)
    assert plan(first_of).weak_goal(weak).end_s == pytest.approx(0.3 * whole_s)


@pytest.mark.parametrize(
    ("first_of", "budget", "wanted", "own"),
    [
        (HOUR, MORE, Budget(seconds=720), Budget(seconds=1200)),
        (IMAGES, MORE_IMAGES, Budget(images=4), Budget(images=7)),
    ],
)
def test_test_images_that_nobody_asked_for_are_a_share_of_it(first_of, budget, wanted, own):
    tested = FirstBatchGoal(own, False, FULL_S, 30, Split.TEST)
    assert plan(budget, test=tested).test.wanted == own
    assert plan(budget, test=tested, first_of=first_of).test.wanted == wanted


def test_no_more_test_images_come_first_than_their_share_of_the_budget_should_buy():
    """A fifth of an hour is 720 s: three images of some 220 s each, five where they should take less."""
    ledger = Ledger(Budget(seconds=3600.0))
    for full_s, first in ((222.0, 3), (130.0, 5), (900.0, 1)):
        goal = FirstBatchGoal(Budget(seconds=720.0), False, full_s, 30, Split.TEST)
        assert goal.next_batch(ledger) == Budget(images=first)
    to_learn = FirstBatchGoal(Budget(seconds=720.0), False, 222.0)
    assert to_learn.next_batch(ledger) == Budget(images=5)


def test_test_images_that_were_asked_for_stay_as_many():
    asked = FirstBatchGoal(Budget(images=12), True, FULL_S, for_split=Split.TEST)
    assert plan(MORE, test=asked, first_of=HOUR).test == asked
