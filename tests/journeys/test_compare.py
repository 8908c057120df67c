"""Whole comparisons by `al-loop compare`, with real servers and the real network: what they leave, and kills."""

import json
import os
import signal
import time
from contextlib import suppress

import pytest

from maskloop.compare.pages.write import read_comparison
from tests.journeys.loops import PATIENCE_S, Loop, children, processes_naming

pytestmark = pytest.mark.slow

GUIDED = "mask_guided:trust=any"
HELPED = "random+proposals"
OPTIONS = ("--strategy", GUIDED, "--budget", "50m", "--max-rounds", "1")
BUDGET_S = 3000
MACHINE_S = {"machine_s"}


def comparing(demo, workdir, *options):
    loop = Loop(demo, workdir, *OPTIONS, *options)
    loop.command.insert(1, "compare")
    return loop


def without_machine(value):
    """Of a JSON value, all but seconds of the machine."""
    if isinstance(value, dict):
        return {key: without_machine(item) for key, item in value.items() if key not in MACHINE_S}
    return [without_machine(item) for item in value] if isinstance(value, list) else value


def measured(workdir):
    """The comparison without what the machine took and how it was asked for."""
    found = without_machine(json.loads((workdir / "compare.json").read_text()))
    del found["comparison"]["setting"]["command"]
    return found


def end_of_family(pid):
    """Kill a process and all below it at once, as a power cut does."""
    family = [pid]
    for one in family:
        family += children(one)
    for one in family:
        with suppress(ProcessLookupError):  # one that ended by itself in the meantime
            os.kill(one, signal.SIGKILL)


def wait_for(beginning, process):
    """Until the process says a line that begins so, and then into what follows it."""
    next(line for line in process.stdout if line.startswith(beginning))
    time.sleep(1.0)


@pytest.fixture(scope="module")
def finished(demo, tmp_path_factory):
    loop = comparing(demo, tmp_path_factory.mktemp("compared") / "run", "--seeds", "0-1", "--jobs", "2")
    code, out, err = loop.run()
    assert code == 0, out + err
    return loop, out


def test_every_strategy_runs_with_every_seed_and_random_is_among_them(finished):
    loop, out = finished
    comparison = read_comparison(loop.workdir).comparison
    assert comparison.strategies == ("random", GUIDED)
    assert comparison.finished
    for _, trials in comparison.arms():
        assert list(trials) == [0, 1]
        for trial in trials.values():
            assert [bool(point.chosen_images) for point in trial.points] == [True, False]
            assert trial.points[-1].spent_s <= 3000
            assert trial.points[0].labeled_images + trial.points[0].chosen_images == trial.points[1].labeled_images
            assert all(0 <= point.pq <= 1 and point.machine_s > 0 for point in trial.points)
    for number in range(1, 5):
        assert f"{number} of 4: " in out


def test_strategies_begin_with_the_same_images_and_seeds_do_not(finished):
    loop, _ = finished
    comparison = read_comparison(loop.workdir).comparison
    random, guided = (comparison.of(strategy) for strategy in comparison.strategies)
    for seed in (0, 1):
        assert random[seed].initial_s == guided[seed].initial_s
        assert random[seed].points[0].mean_iou == guided[seed].points[0].mean_iou
    assert random[0].initial_s != random[1].initial_s


def test_only_the_file_to_resume_by_says_where_the_data_lies(finished, demo):
    loop, _ = finished
    for name in ("compare.json", "compare.html", "compare.csv"):
        assert str(demo) not in (loop.workdir / name).read_text()
    setting = read_comparison(loop.workdir).comparison.setting
    assert setting.options["data"] == "coco:demo"
    assert "--data coco:demo " in setting.command
    assert str(demo) in (loop.workdir / "compare.run.json").read_text()


def test_servers_and_what_they_held_are_gone(finished):
    loop, _ = finished
    assert not (loop.workdir / "work").exists()
    assert processes_naming(str(loop.workdir)) == []


def test_a_comparison_that_was_stopped_extended_killed_and_resumed_gives_the_same_tables(finished, demo, tmp_path):
    loop = comparing(demo, tmp_path / "run", "--seeds", "0")
    with loop.running("--jobs", "1") as process:
        wait_for("1 of 2", process)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 130, err
    assert "al-loop compare" in err
    assert "--resume" in err
    assert processes_naming(str(loop.workdir)) == []
    with loop.running("--seeds", "1", "--jobs", "2", "--resume") as process:
        wait_for("3 of 4", process)
        end_of_family(process.pid)
    assert processes_naming(str(loop.workdir)) == []
    code, out, err = loop.run("--jobs", "2", "--resume")
    assert code == 0, out + err
    assert "3 of 4" not in out
    assert measured(loop.workdir) == measured(finished[0].workdir)
    code, out, err = loop.run(
        "--strategy", HELPED, "--strategy", "random*2", "--seeds", "0-1", "--jobs", "2", "--resume"
    )
    assert code == 0, out + err
    check_ways_of_labeling(read_comparison(loop.workdir).comparison)


def check_ways_of_labeling(comparison):
    """All arms of a seed begin with the same first model; reviews take other seconds than outlines; the control buys
    twice as much after its first batch."""
    assert comparison.strategies == ("random", GUIDED, HELPED, "random*2")
    assert comparison.finished
    random, helped, twice = (comparison.of(name) for name in ("random", HELPED, "random*2"))
    for seed in (0, 1):
        first = random[seed].points[0]
        for other in (helped[seed], twice[seed]):
            assert other.initial_s == random[seed].initial_s
            assert (other.points[0].labeled_images, other.points[0].pq) == (first.labeled_images, first.pq)
        assert helped[seed].points[-1].spent_s <= BUDGET_S
        bought_s = twice[seed].points[-1].spent_s - twice[seed].initial_s
        assert BUDGET_S - twice[seed].initial_s < bought_s <= 2 * (BUDGET_S - BUDGET_S / 3)
        assert twice[seed].points[-1].labeled_images > random[seed].points[-1].labeled_images


def test_other_options_are_refused_by_name(finished):
    loop, _ = finished
    code, _, err = loop.run("--max-rounds", "2", "--resume")
    assert code == 2
    assert "--max-rounds was 1, is 2" in err


def test_trials_that_fail_are_named_and_do_not_end_the_others(demo, tmp_path):
    loop = comparing(demo, tmp_path / "run", "--seeds", "0", "--initial", "30s", "--jobs", "1")
    loop.command[loop.command.index("50m")] = "40s"  # the cheapest label there can be, and not one of these
    code, out, err = loop.run()
    assert code == 1, out + err
    for strategy in ("random", GUIDED):
        assert f"{strategy}, seed 0 failed: the budget buys no image" in out
    assert (loop.workdir / "work" / "slot-1" / "failed").exists()
    assert "2 of 2 trials failed" in err
    assert "--resume" in err
    assert processes_naming(str(loop.workdir)) == []


def test_a_recipe_that_cannot_be_trained_is_refused_before_any_trial(demo, tmp_path):
    loop = comparing(demo, tmp_path / "run", "--seeds", "0", "--jobs", "1")
    loop.command[loop.command.index("--recipe") + 1] = "compact,colour=blue"
    code, out, err = loop.run()
    assert code == 2, out + err
    assert "colour" in err
    assert "failed" not in out
