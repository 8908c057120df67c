import io
import json

import pytest
from jinja2 import PackageLoader
from rich.console import Console

from maskloop.compare.pages.environment import templates
from maskloop.compare.pages.write import read_comparison
from maskloop.compare.trials.grid import Grid, TrialName
from maskloop.compare.trials.progress import Board
from maskloop.compare.trials.record import Record
from maskloop.errors import InvalidBudget
from maskloop.loop.options import Options

RISING = [[(0.0, 0.40), (1800.0, 0.60)], [(0.0, 0.41), (1800.0, 0.60)], [(0.0, 0.40), (1800.0, 0.61)]]
GRID = Grid(Options("1h", "demo"), ("random", "entropy"), (0, 1, 2))


@pytest.fixture
def said():
    return io.StringIO()


@pytest.fixture
def record(tmp_path, said, a_setting):
    board = Board(Console(file=said, width=60), lambda: 0.0)
    board.expect(0, 6, 1)
    return Record(tmp_path, GRID, a_setting(), (), measure="pq", board=board)


def test_nothing_is_written_before_there_is_something(record, tmp_path):
    record.write()
    assert list(tmp_path.iterdir()) == []


def test_every_trial_is_told_and_written_at_once_in_the_order_of_the_grid(record, said, tmp_path, trial_of):
    record.add(trial_of("entropy", 1, RISING[1]), 65.0)
    assert said.getvalue().startswith(
        "1 of 6: entropy, seed 1: panoptic quality 0.600 with 9 labels after 30 min (in 1 min 5 s)"
    )
    assert read_comparison(tmp_path).comparison.trials == (trial_of("entropy", 1, RISING[1]),)
    record.add(trial_of("random", 2, RISING[2]), 60.0)
    kept = read_comparison(tmp_path)
    assert [(each.strategy, each.seed) for each in kept.comparison.trials] == [("random", 2), ("entropy", 1)]
    assert list(kept.results) == ["pq", "ap50", "mean_iou", "ap"]
    assert (tmp_path / "compare.html").exists()


@pytest.mark.slow
def test_the_gate_is_told_once_random_is_through_and_by_random_alone(record, said, trial_of):
    record.add(trial_of("entropy", 0, RISING[0]), 60.0)
    for seed in (2, 0):
        record.add(trial_of("random", seed, RISING[seed]), 60.0)
    assert "gate" not in said.getvalue()
    record.add(trial_of("random", 1, RISING[1]), 60.0)
    (gate,) = [line for line in said.getvalue().splitlines() if line.startswith("The gate: ")]
    assert "can rank" in gate
    assert "So far" not in gate
    record.add(trial_of("entropy", 2, RISING[2]), 60.0)
    assert said.getvalue().count("The gate: ") == 1


def test_a_setting_that_can_rank_nothing_says_what_to_change(record, said, trial_of):
    for seed in range(3):
        record.add(trial_of("random", seed, [(0.0, 0.5), (1800.0, 0.49 + 0.01 * seed)]), 60.0)
    (gate,) = [line for line in said.getvalue().splitlines() if line.startswith("The gate: ")]
    assert "can rank nothing" in gate
    assert "--recipe" in gate


def test_a_measure_that_nothing_was_measured_by_is_not_judged(record, tmp_path, trial_of, a_point):
    points = (a_point(0.0, 0.4, ap=None), a_point(1800.0, 0.6, ap=None))
    record.add(trial_of("random", 0, RISING[0], points=points), 60.0)
    assert list(read_comparison(tmp_path).results) == ["pq", "ap50", "mean_iou"]


def test_trials_begun_by_an_earlier_version_go_on_being_judged_as_they_were(record, said, tmp_path, trial_of, a_point):
    """Its random trials have no panoptic quality, those that are run now have."""
    for seed in range(3):
        points = (a_point(0.0, 0.4, pq=None if seed else 0.4), a_point(1800.0, 0.6, pq=None if seed else 0.6))
        record.add(trial_of("random", seed, RISING[0], points=points), 60.0)
    assert list(read_comparison(tmp_path).results) == ["mean_iou", "ap50", "ap"]
    assert said.getvalue().count("The gate: ") == 1


def test_a_comparison_that_has_started_draws_its_pages_although_the_program_changes(
    tmp_path, a_setting, trial_of, monkeypatch
):
    def gone(*_):
        raise FileNotFoundError

    templates.cache_clear()
    board = Board(Console(file=io.StringIO()), lambda: 0.0)
    board.expect(0, 6, 1)
    record = Record(tmp_path, GRID, a_setting(), (), measure="pq", board=board)
    monkeypatch.setattr(PackageLoader, "get_source", gone)
    record.add(trial_of("random", 0, RISING[0]), 60.0)
    assert "Nothing can be said yet" in (tmp_path / "compare.html").read_text()


def test_a_trial_that_failed_is_told_and_remembered(record, said, tmp_path):
    name = TrialName("entropy", 1)
    record.fail(name, InvalidBudget("it buys nothing"))
    assert said.getvalue() == "entropy, seed 1 failed: it buys nothing\n"
    assert list(record.failed) == [name]
    assert not (tmp_path / "compare.json").exists()


def test_trials_that_had_ended_before_are_written_with_the_others(tmp_path, said, a_setting, trial_of):
    board = Board(Console(file=said), lambda: 0.0)
    before = (trial_of("random", 0, RISING[0]),)
    record = Record(tmp_path, GRID, a_setting(), before, measure="ap50", board=board)
    record.write()
    kept = json.loads((tmp_path / "compare.json").read_text())
    assert [each["seed"] for each in kept["comparison"]["trials"]] == [0]
    assert next(iter(kept["results"])) == "ap50"
