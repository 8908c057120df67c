"""Runs that end before people have answered, and runs that had ended and go on: the same once more after a kill."""

from __future__ import annotations

from types import SimpleNamespace
from typing import cast

import numpy as np
import pytest

from maskloop.costs.cost_model import CostModel
from maskloop.errors import Cancelled
from maskloop.labelers import Answers, GroundTruthLabeler
from maskloop.loop import rounds
from maskloop.loop.arms import Keeping
from maskloop.loop.campaign import begin
from maskloop.loop.outcomes import Arm, Measured, Purchase
from maskloop.loop.record.decisions import FINISHED, STOP, Decisions
from maskloop.loop.stopping import why_nothing_more
from maskloop.values import Assist, Budget, ModelVersion
from tests.loop.test_buying import Shop, client, data

__all__ = ["client", "data"]


@pytest.fixture(autouse=True)
def untrained(monkeypatch):
    """Rounds have no network."""

    def measured(number, session):
        model = cast(ModelVersion, SimpleNamespace(id=f"m{number}", assist=Assist.NONE, metrics={}))
        return Measured(number, model, None, 0, session.ledger.spent_s, {}, 0.0, 0.0)

    monkeypatch.setattr(rounds, "measure", measured)


class People(GroundTruthLabeler):
    """They answer `answered` images of a task; the run is to end where that is none."""

    waits = True

    def __init__(self, shop, answered):
        super().__init__(shop.labeler._objects, CostModel(2))
        self.answered = answered
        self.asked = []
        self.is_over = False

    def costs_s(self, task, picks):
        return {pick.image_id: pick.cost_s for pick in picks}

    def label(self, task):
        self.asked.append(task.name)
        self.is_over = not self.answered
        drafts = super().label(task).drafts
        return Answers(drafts[: self.answered], later=tuple(each.image_id for each in drafts[self.answered :]))


class Run(Shop):
    """A run whose decisions outlive it."""

    def __init__(self, client, data, folder, budget, *, is_changed=False, answered=9):
        keeping = Keeping(Decisions(folder / "decisions.jsonl"), lambda: self.people.is_over, is_changed)
        project = f"ending-{folder.name}".lower().replace("_", "-")
        asked = {"initial": "2", "batch": "3images", "assist": "none"}
        super().__init__(client, data, project, budget, keeping=keeping, **asked)
        self.people = self.labeler = People(self, answered)

    def round(self, so_far=None):
        rng = np.random.default_rng(0)
        return rounds.run_round(
            self.session, self.labeler, self.plan, so_far or Arm(Purchase()), tell=lambda arm: None, rng=rng
        )


@pytest.mark.parametrize("budget", ["1h", "9images"])
def test_a_run_that_was_to_end_before_anybody_answered_asks_again(client, data, tmp_path, budget):
    run = Run(client, data, tmp_path, budget, answered=0)
    assert run.round().stopped_because == FINISHED
    assert run.session.books.tasks == []
    run.session.give_back()
    run = Run(client, data, tmp_path, budget)
    done = run.round()
    assert (run.people.asked, len(done.purchase.labeled), done.stopped_because) == (["round-01"], 3, "")


def test_a_first_batch_that_nobody_answered_before_the_end_is_asked_for_again(client, data, tmp_path):
    run = Run(client, data, tmp_path, "1h", answered=0)
    with pytest.raises(Cancelled):
        begin(run.session, run.labeler, run.plan)
    run = Run(client, data, tmp_path, "1h")
    assert len(begin(run.session, run.labeler, run.plan).labeled) == 2


def test_people_are_asked_again_where_an_earlier_release_noted_that_nobody_had_answered(client, data, tmp_path):
    run = Run(client, data, tmp_path, "1h")
    run.session.decisions.note("round-01/answered", {"labels": [], "passed_over": {}, "handed_out": [], "later": 3})
    run.session.decisions.note("round-01-nothing", {STOP: "3600 s of the budget are left"})
    done = run.round()
    assert (run.people.asked, len(done.purchase.labeled), done.stopped_because) == (["round-01"], 3, "")


def test_a_part_that_was_answered_before_the_end_is_noted(client, data, tmp_path):
    run = Run(client, data, tmp_path, "1h", answered=1)
    run.round()
    again = Run(client, data, tmp_path, "1h")
    assert len(again.round().purchase.labeled) == 1
    assert again.people.asked == []


@pytest.mark.parametrize("budget", ["1h", "9images"])
def test_images_that_people_still_have_are_why_nothing_more_is_bought(client, data, tmp_path, budget):
    run = Run(client, data, tmp_path, budget, answered=1)
    run.round()
    assert why_nothing_more(2, run.session, run.plan) == "people still have 2 images, and nothing else could be bought"


def test_a_budget_of_images_is_not_told_of_seconds(client, data, tmp_path):
    run = Run(client, data, tmp_path, "9images")
    assert why_nothing_more(1, run.session, run.plan) == "no image that is left can be chosen"


def test_a_run_that_went_on_with_more_budget_goes_on_after_a_kill_too(client, data, tmp_path):
    run = Run(client, data, tmp_path, "2h")
    run.session.decisions.note("round-01", {"seconds": 37.0})
    run.session.decisions.note("round-01-nothing", {STOP: "37 s of the budget are left"})
    exhausted = Arm(Purchase(exhausted=True))
    assert not run.round(exhausted).purchase.labeled
    for is_changed in (True, True, False):  # killed before the batch was chosen
        run = Run(client, data, tmp_path, "2h", is_changed=is_changed)
        assert run.session.decisions.is_reopened
    assert run.round(exhausted).purchase.labeled
    assert not Run(client, data, tmp_path, "2h", is_changed=True).session.decisions.is_reopened


def test_what_a_reopened_run_decides_is_the_round_s_once_its_batch_is_chosen(tmp_path):
    decisions = Decisions(tmp_path / "d", "random")
    decisions.close()
    assert not (tmp_path / "d").exists()
    decisions.note("round-02", {STOP: FINISHED})
    decisions.reopen(whatever=False)
    assert Decisions(tmp_path / "d", "random").is_reopened
    decisions.close()
    assert not Decisions(tmp_path / "d", "random").is_reopened
    decisions.note("round-02", {"images": 3})
    assert not decisions.reopen(whatever=True)
    assert Budget(**decisions.get("round-02")) == Budget(images=3)
