import pytest
from rich.console import Console

from maskloop.loop.progress import LineProgress, LiveProgress, progress_on
from maskloop.loop.record.ledger import Ledger
from maskloop.values import Budget, Operation, OperationKind, OperationState


@pytest.fixture
def lines(said, clock):
    return LineProgress(Console(file=said, width=200), clock)


def training(progress, eta_s=None):
    return Operation(
        "o", "p", OperationKind.TRAIN, OperationState.RUNNING, progress=progress, message="iteration 3", eta_s=eta_s
    )


def test_lines_tell_a_phase_when_it_begins_and_now_and_then_while_it_goes_on(lines, said, clock):
    lines.arm("mask_guided")
    lines.phase("train")
    for second in range(25):
        clock.now = float(second)
        lines.operation(training(second / 25))
    assert said.getvalue().splitlines() == [
        "mask_guided: open",
        "mask_guided: train",
        "mask_guided: train 40% iteration 3",
        "mask_guided: train 80% iteration 3",
    ]


def test_lines_tell_at_once_what_another_phase_of_the_same_name_waits_for(lines, said):
    lines.phase("label", "3 images: waiting for todo/round-03/done.json")
    lines.phase("label", "3 images: waiting for todo/round-03/done.json")
    lines.phase("label", "1 image: waiting for todo/round-03-2/done.json")
    assert said.getvalue().splitlines() == [
        "label 3 images: waiting for todo/round-03/done.json",
        "label 1 image: waiting for todo/round-03-2/done.json",
    ]


def test_the_budget_that_is_left_is_told_in_its_own_unit(lines, said):
    lines.spent(Ledger(Budget(seconds=7200)))
    lines.phase("train")
    assert "budget left 2 h of 2 h" in said.getvalue()
    lines.spent(Ledger(Budget(images=20)))
    lines.phase("score")
    assert "budget left 20 of 20 images" in said.getvalue()


def test_time_left_follows_the_forecast_and_then_the_rounds_so_far(lines, clock):
    lines.expect(rounds=4, round_s=60.0)
    assert lines.left_s == 240.0
    clock.now = 30.0
    assert lines.left_s == 210.0
    clock.now = 100.0
    lines.round_done("round 1")
    assert lines.left_s == 300.0  # three rounds of 100 s
    clock.now = 150.0
    lines.round_done("round 2")
    assert lines.left_s == 150.0  # two rounds of 75 s
    clock.now = 9000.0
    assert lines.left_s == 75.0  # this round is overdue, the other is to come
    lines.operation(training(0.1, eta_s=500.0))
    assert lines.left_s == 575.0


def test_a_sentence_is_told_as_it_is(lines, said):
    lines.round_done("12 labels [bold]for[/bold] 3 h")
    assert said.getvalue() == "12 labels [bold]for[/bold] 3 h\n"


def test_a_terminal_shows_phase_share_budget_and_time_left(said, clock):
    console = Console(file=said, width=100, force_terminal=True)
    progress = progress_on(console, clock)
    assert isinstance(progress, LiveProgress)
    with progress:
        progress.expect(rounds=4, round_s=60.0)
        progress.arm("mask_guided")
        progress.spent(Ledger(Budget(seconds=3600)))
        progress.phase("train")
        clock.now = 5.0
        progress.operation(training(0.5))
        progress.note("round 1: done")
        progress._live.refresh()
    shown = said.getvalue()
    for words in (
        "mask_guided",
        "train, 5 s iteration 3",
        "1 h of 1 h",
        "3 min 55 s",
        "round 1 of about 4",
        "round 1: done",
    ):
        assert words in shown


def test_elsewhere_there_are_lines(said, clock):
    assert isinstance(progress_on(Console(file=said), clock), LineProgress)


def test_time_that_people_take_is_none_of_the_machine_s(lines, clock):
    lines.expect(3, 60.0)
    lines.phase("train")
    clock.now = 40.0
    lines.phase("label", "2 images: waiting for todo/round-01/done.json")
    clock.now = 40_000.0
    assert lines.left_s == pytest.approx(20.0 + 2 * 60.0)
    lines.phase("report")
    lines.round_done("round 1")
    assert lines.left_s == pytest.approx(2 * 40.0)
