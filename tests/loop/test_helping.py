"""When people are helped: as asked, or once the head is trusted; decided once a round, and told when it changes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from maskloop.costs.cost_model import CostModel
from maskloop.loop.helping import help_in_round
from maskloop.loop.planning.plan import Plan
from maskloop.loop.record.decisions import Decisions, wish_to_json
from maskloop.values import UNAIDED, Assist, Assistance, Budget, HeadState, ModelVersion, Strategy

PLAN = Plan(Budget(images=50), CostModel(2), Strategy("random"), Strategy("random"), 0.0, min_proposal_iou=0.4)


def model(state: HeadState, version: str = "m1") -> ModelVersion:
    return ModelVersion(version, "p", "pretrained", 0, 20, {state.metric: 1.0}, datetime(2026, 1, 1, tzinfo=UTC))


@pytest.fixture
def session() -> Any:
    """What the decision looks at of a session: decisions, and what people were told."""
    said: list[str] = []
    return SimpleNamespace(decisions=Decisions(), progress=SimpleNamespace(note=said.append), said=said)


def test_once_the_head_is_trusted_people_see_proposals_and_are_told_why(session):
    auto = replace(PLAN, assist=None)
    assert help_in_round(1, model(HeadState.UNFITTED), session, auto) == UNAIDED
    assert help_in_round(2, model(HeadState.UNTRUSTED, "m2"), session, auto) == UNAIDED
    assert help_in_round(3, model(HeadState.TRUSTED, "m3"), session, auto) == Assistance(Assist.PROPOSALS, "m3", 0.4)
    first, then = session.said
    assert first.startswith("People draw without proposals: There are too few labels to fit a head")
    assert then.startswith("People begin with the network's proposals: ")


@pytest.mark.parametrize("asked", list(Assist))
def test_what_is_asked_for_holds_from_the_first_network_on(session, asked):
    helped = help_in_round(1, model(HeadState.UNFITTED), session, replace(PLAN, assist=asked))
    assert helped.assist is asked
    assert session.said[0].endswith("as --assist asks.")


def test_a_round_keeps_its_help_whatever_is_asked_when_the_run_goes_on(session):
    asked = replace(PLAN, assist=Assist.BOXES)
    assert help_in_round(1, model(HeadState.TRUSTED), session, asked).assist is Assist.BOXES
    again = replace(PLAN, assist=Assist.NONE, min_proposal_iou=0.9)
    assert help_in_round(1, model(HeadState.TRUSTED), session, again) == Assistance(Assist.BOXES, "m1", 0.4)
    assert help_in_round(2, model(HeadState.TRUSTED), session, again).assist is Assist.NONE


def test_a_round_that_an_earlier_version_began_is_gone_on_with_as_it_was(session):
    session.decisions.note("round-01/wish-1", wish_to_json(Budget(images=3)))
    assert help_in_round(1, model(HeadState.TRUSTED), session, replace(PLAN, assist=None)) == UNAIDED
    assert session.said == []
