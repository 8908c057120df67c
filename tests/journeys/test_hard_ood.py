"""A campaign that also looks at what fools a classifier: what it leaves; a kill in the middle loses nothing."""

import sqlite3
import time

import pytest

from tests.journeys.loops import Loop

pytestmark = pytest.mark.slow

OPTIONS = (
    *("--strategy", "random", "--budget", "40m", "--initial", "8", "--max-rounds", "1", "--seed", "3"),
    *("--classes", "crack", "--ood", "rest", "--ood-share", "0.02"),
    *("--classifier", "compact,iterations=6,image_size=32,held_out=0"),
)
SLOW = 60.0


@pytest.fixture(scope="module")
def finished(demo, tmp_path_factory):
    loop = Loop(demo, tmp_path_factory.mktemp("finished") / "run", *OPTIONS)
    code, out, err = loop.run()
    assert code == 0, out + err
    return loop


def test_the_report_tells_what_was_looked_at_and_what_it_cost(finished):
    report = finished.report()
    (looks,) = report["hard_ood"]
    assert 0 < looks["checked"] <= looks["hard_images"] <= looks["candidates"]
    assert looks["not_ood"] == 0  # the rest holds no crack, as the data says
    assert looks["cost_s"] == looks["checked"] == report["spent_s_by_kind"]["ood_check"]
    assert sum(report["spent_s_by_kind"].values()) == pytest.approx(report["spent_s"])
    assert {image["answer"] for image in looks["images"]} <= {"", None}
    page = (finished.workdir / "report.html").read_text()
    assert "What only looks like it" in page
    assert len(list((finished.workdir / "pictures").glob("*/*-hard_ood.jpg"))) > 0


@pytest.mark.slow
def test_a_run_killed_among_its_looks_ends_as_one_that_was_not(demo, tmp_path, finished):
    loop = Loop(demo, tmp_path / "run", *OPTIONS)
    with loop.running() as process:
        until = time.monotonic() + SLOW * 4
        while not answers(loop) and time.monotonic() < until and process.poll() is None:
            time.sleep(0.02)
        process.kill()
    assert answers(loop)
    code, out, err = loop.run("--resume")
    assert code == 0, out + err
    for key in ("hard_ood", "spent_s_by_kind", "initial"):
        assert without_ids(loop.report()[key]) == without_ids(finished.report()[key])
    assert chosen(loop.report()) == chosen(finished.report())


def answers(loop):
    """How many the run's server has taken."""
    file = loop.workdir / "server" / "maskloop.db"
    if not file.is_file():
        return 0
    try:
        with sqlite3.connect(f"file:{file}?mode=ro", uri=True, timeout=1) as store:
            return store.execute("select count(*) from labels where kind = 'ood_check'").fetchone()[0]
    except sqlite3.OperationalError:  # the tables are not there yet
        return 0


def without_ids(value):
    """The classifier's id hangs on the run's."""
    if isinstance(value, list):
        return [without_ids(one) for one in value]
    if isinstance(value, dict):
        return {key: without_ids(one) for key, one in value.items() if key != "classifier"}
    return value


def chosen(report):
    return [[one["image"] for one in each["batch"]] for each in report["rounds"]]
