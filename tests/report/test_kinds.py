"""Batches that were divided among kinds, as the report tells them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from maskloop.report import RunReport
from maskloop.report.figures import figures
from maskloop.report.kinds.divided import divided_batches, say_divided, say_gain, say_share
from maskloop.report.report import from_json, to_json
from maskloop.report.write import write_report
from maskloop.values import Estimate, KindOutlook, KindsBasis, KindsPlan, KindsReason, MeasuredNetwork, SupervisionKind

FULL, BOXES = SupervisionKind.FULL, SupervisionKind.BOXES
ONE, WORTH = Estimate(1.0, 1.0, 1.0), Estimate(0.4, 0.1, 0.8)


def plan(boxes: float, expected: Estimate, networks: int = 0) -> KindsPlan:
    gain = Estimate(2e-5, 1e-5, 4e-5)
    kinds = (
        KindOutlook(FULL, 1 - boxes, 9.0, 200.0, 90, gain, ONE, ONE),
        KindOutlook(BOXES, boxes, 40.0, 20.0, 80, gain, WORTH, WORTH),
    )
    measured = tuple(MeasuredNetwork(f"v{number}", {FULL: 9}, 0.5, 0.7) for number in range(networks))
    basis = KindsBasis.ROUNDS if networks else KindsBasis.PRIORS
    return KindsPlan(1000.0, 3000.0, kinds, expected, basis, KindsReason.BEST_END, "Boxes are worth it.", measured)


@pytest.fixture
def divided(a_round, a_report) -> RunReport:
    """A first batch at half boxes, of which .31 came; a round at three quarters, of which half was bought, and .61."""
    first, second = plan(0.5, Estimate(0.3, 0.1, 0.5)), plan(0.75, Estimate(0.5, 0.4, 0.6), 1)
    rounds = (
        a_round(1, 2000.0, 0.31, spent_s_by_kind={"full": 1000.0, "boxes": 1000.0}, kinds=second),
        a_round(2, 4500.0, 0.61, spent_s_by_kind={"full": 2000.0, "boxes": 2000.0, "counts": 500.0}),
    )
    spent = {"full": 2000.0, "boxes": 2000.0, "counts": 500.0}
    begun = replace(first, left_s=7200.0)  # with the whole budget
    return a_report(rounds=rounds, spent_s=4500.0, spent_s_by_kind=spent, initial_kinds=begun)


def test_what_came_before_the_first_batch_is_no_part_of_it(divided: RunReport) -> None:
    """Test images took 300 s, class labels 60 s, and boxes of `--weak` 100 s."""
    begun = replace(divided.initial_kinds, left_s=7200.0 - 460.0)
    spent = {"full": 1300.0, "boxes": 1100.0, "image_level": 60.0}
    rounds = (replace(divided.rounds[0], spent_s_by_kind=spent), *divided.rounds[1:])
    whole = {**divided.spent_s_by_kind, "image_level": 60.0}
    first, _ = divided_batches(
        replace(divided, rounds=rounds, initial_kinds=begun, test_s=300.0, spent_s_by_kind=whole)
    )
    assert (first.begun_s, first.spent_s) == (460.0, {"full": 1000.0, "boxes": 1000.0})


@pytest.mark.parametrize("weak", ["points", "scribbles", "image_level"])
def test_labels_of_another_kind_before_the_first_batch_are_no_boxes(divided: RunReport, weak: str) -> None:
    begun = replace(divided.initial_kinds, left_s=7200.0 - 400.0)
    rounds = tuple(replace(row, spent_s_by_kind={**row.spent_s_by_kind, weak: 400.0}) for row in divided.rounds)
    spent = {**divided.spent_s_by_kind, weak: 400.0}
    first, _ = divided_batches(replace(divided, rounds=rounds, initial_kinds=begun, spent_s_by_kind=spent))
    assert (first.begun_s, first.spent_s) == (400.0, {"full": 1000.0, "boxes": 1000.0})


def test_what_was_planned_stands_beside_what_was_bought_and_what_came(divided: RunReport) -> None:
    first, second = divided_batches(divided)
    assert (first.name, first.begun_s, first.spent_s) == ("first batch", 0.0, {"full": 1000.0, "boxes": 1000.0})
    assert (second.name, second.begun_s, second.took_s) == ("round 1", 2000.0, 2000.0)  # counts are no part of it
    assert (first.came, second.came) == (0.31, 0.61)
    assert (first.right, second.right) == (True, False)
    assert say_share(first, BOXES) == "50%"
    assert say_share(second, BOXES) == "50% (planned 75%)"
    assert say_divided([first, second]) == "1 of 2 networks measured within what was expected; off by +0.01 to +0.11."
    assert say_gain(first.plan.kinds[1]) == "0.07 (0.04 to 0.14)"  # an hour of .00002 a second


def test_a_batch_whose_network_is_still_to_come_claims_nothing(divided: RunReport, a_report) -> None:
    running = a_report(rounds=divided.rounds[:1], spent_s_by_kind=divided.spent_s_by_kind, initial_kinds=None)
    (batch,) = divided_batches(running)
    assert (batch.came, batch.right) == (None, None)
    assert say_divided([batch]) == "What came of the shares is known with the next network."


def test_a_report_keeps_plans_and_shows_them_and_one_without_has_no_word_of_them(divided, a_report, tmp_path) -> None:
    assert from_json(to_json(divided)) == divided
    write_report(tmp_path / "divided", divided)
    page = (tmp_path / "divided" / "report.html").read_text()
    assert "What each kind of label was worth" in page
    assert "Boxes are worth it." in page
    assert "0.61 (outside)" in page
    assert (tmp_path / "divided" / "kinds.svg").is_file()
    write_report(tmp_path / "plain", a_report())
    assert "What each kind of label was worth" not in (tmp_path / "plain" / "report.html").read_text()
    assert "kinds" not in [drawing.name for drawing in figures(a_report())]


def test_the_figure_says_all_of_it_to_who_cannot_see_it(divided: RunReport) -> None:
    drawing = next(each for each in figures(divided) if each.name == "kinds")
    assert "first batch: full masks 50%, boxes 50%; round 1: full masks 50% (planned 25%)" in drawing.description
