"""`--kinds auto` against a real server: who decides, what is kept, and what a repeated run does not ask again."""

from __future__ import annotations

from dataclasses import replace

import pytest

from maskloop.loop.campaign import begin
from maskloop.loop.record.decisions import Decisions
from maskloop.loop.shares import Shares
from maskloop.loop.which_kinds import FIRST, divide_first_batch, marks_beside_first, plan_kept, say_plan
from maskloop.values import Budget, KindsBasis, SupervisionKind
from tests.loop.test_buying import Shop, client, data

FULL, BOXES = SupervisionKind.FULL, SupervisionKind.BOXES
__all__ = ["client", "data"]


@pytest.fixture
def shop(client, data, tmp_path):
    made = Shop(client, data, f"auto-{tmp_path.name}".lower().replace("_", "-")[:40], "1h", kinds="auto")
    made.session = replace(made.session, decisions=Decisions(tmp_path / "decisions.jsonl"))
    return made


def test_the_server_divides_the_first_batch_and_the_run_keeps_that(shop):
    plan = divide_first_batch(shop.session, shop.plan)
    kept = plan_kept(FIRST, shop.session.decisions)
    assert kept.basis is KindsBasis.PRIORS
    assert plan.shares.of_marks == {BOXES: kept.shares[BOXES]}
    assert kept.seconds == pytest.approx(1200)  # a third of the budget
    assert say_plan(kept).startswith("The next seconds: full masks ")


def test_a_run_that_goes_on_after_a_kill_takes_the_share_that_was_decided_and_asks_nobody(shop, tmp_path):
    divided = divide_first_batch(shop.session, shop.plan)
    again = replace(shop.session, decisions=Decisions(tmp_path / "decisions.jsonl"), client=None)
    assert divide_first_batch(again, shop.plan) == divided


def test_boxes_of_the_first_batch_get_their_share_of_its_seconds_and_no_more(shop):
    """Five outlines come first, whatever they take: three times their seconds would be most of the hour."""
    first = begin(shop.session, shop.labeler, shop.plan)
    assert len(first.labeled) >= 5
    share = plan_kept(FIRST, shop.session.decisions).shares[BOXES]
    assert 0 < shop.ledger.spent_on(BOXES) <= share * 1200
    asked = replace(shop.plan, shares=Shares({BOXES: 0.75}), asked_initial=Budget(images=5))
    assert marks_beside_first(asked, shop.ledger) == asked.marks_beside_first(asked.shares, shop.ledger)


def test_shares_that_were_asked_for_are_not_divided_anew(shop):
    asked = replace(shop.plan, kinds_by_gain=False, shares=Shares({BOXES: 0.5}))
    assert divide_first_batch(shop.session, asked) is asked
    assert plan_kept(FIRST, shop.session.decisions) is None
    assert marks_beside_first(asked, shop.ledger) == asked.marks_beside_first(asked.shares, shop.ledger)
