import io
import threading

import pytest
from rich.console import Console

from maskloop.compare.trials.progress import Board, SlotProgress
from maskloop.errors import Cancelled


@pytest.fixture
def board(said, clock):
    return Board(Console(file=said, width=60), clock)


def test_each_trial_is_told_in_a_line_with_the_time_that_is_left(board, said, clock):
    with board:
        slots = board.expect(1, 6, 2)
        for slot in slots:
            slot.begin_trial("random, seed 0")
        clock.now = 60.0
        slots[0].end_trial()
        board.trial_done("random, seed 0: good", 60.0)
    # four trials of a minute are left to two slots, and one of them has run for a minute
    assert said.getvalue() == "2 of 6: random, seed 0: good; about 90 s left\n".replace("90 s", "1 min 30 s")


def test_the_last_trial_leaves_nothing(board, said):
    board.expect(0, 1, 1)
    board.trial_done("good", 5.0)
    assert said.getvalue() == "1 of 1: good\n"


def test_a_trial_that_takes_longer_than_the_others_does_not_make_time_run_backwards(board, clock):
    (slot,) = board.expect(0, 2, 1)
    board.trial_done("good", 10.0)
    slot.begin_trial("random, seed 1")
    clock.now = 500.0
    assert board.left_s == 0.0


def test_a_slot_says_trial_round_and_phase(clock):
    slot = SlotProgress(clock, threading.Event())
    slot.phase("starting")
    assert slot.line() == "starting"
    slot.begin_trial("entropy, seed 3")
    slot.phase("train")
    slot.share("train", 0.3, "iteration 30")
    clock.now = 12.0
    assert slot.line() == "entropy, seed 3, round 1: train, 12 s iteration 30"
    slot.round_done("not shown")
    slot.phase("evaluate")
    assert slot.line() == "entropy, seed 3, round 2: evaluate, 0 s"
    slot.end_trial()
    assert slot.line() == "idle"


def test_a_slot_that_is_to_stop_stops_where_it_tells_something(board):
    slot, other = board.expect(0, 2, 2)
    slot.phase("train")
    board.stop()
    for each in (slot, other):
        with pytest.raises(Cancelled, match="stopped"):
            each.share("train", 0.5)


def test_a_terminal_shows_every_slot(clock):
    file = io.StringIO()
    board = Board(Console(file=file, width=80, force_terminal=True, color_system=None), clock)
    with board:
        first, _ = board.expect(0, 4, 2)
        first.begin_trial("entropy, seed 3")
        board.note("a sentence")
    shown = file.getvalue()
    assert "a sentence" in shown
    assert "0 of 4" in shown
    assert "entropy, seed 3, round 1" in shown
    assert "slot 2" in shown
