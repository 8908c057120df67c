"""`al-loop --kinds auto`: the server divides each batch; a run that is killed goes on with what was divided."""

from __future__ import annotations

import json
import os
import signal
import time
from pathlib import Path

import pytest

from maskloop.datasets.demo.dataset import write_demo_data
from tests.journeys.loops import PATIENCE_S, Loop, processes_naming

pytestmark = pytest.mark.slow

SMALL = "pretrained,image_size=64,width=8,tower=8,views=1,iterations=2"
OPTIONS = ("--budget", "80m", "--max-rounds", "1", "--recipe", SMALL, "--image-size", "64", "--kinds", "auto")


def divided(loop: Loop) -> dict[str, dict]:
    """The plans that the run has kept, by name."""
    file = loop.workdir / "decisions.jsonl"
    lines = file.read_text().splitlines() if file.exists() else []
    kept = [json.loads(line) for line in lines if line.endswith("]")]
    return {name.split("/")[1]: plan for name, plan in kept if name.endswith("-kinds")}


@pytest.fixture(scope="module")
def many(tmp_path_factory) -> Path:
    """More pool images than the first batch can box."""
    return write_demo_data(tmp_path_factory.mktemp("data") / "many", images=90, test_images=6, size=64, seed=1)


@pytest.fixture(scope="module")
def begun(many, tmp_path_factory) -> Loop:
    loop = Loop(many, tmp_path_factory.mktemp("kinds") / "run", *OPTIONS)
    code, out, err = loop.run()
    assert code == 0, out + err
    assert "By what other campaigns gained" in out
    assert "By 1 measured network" in out
    return loop


def test_the_first_batch_goes_by_the_priors_and_the_next_by_the_first_network(begun) -> None:
    plans = divided(begun)
    assert list(plans) == ["round-00-kinds", "round-01-kinds"]
    first, second = plans.values()
    assert (first["basis"], second["basis"]) == ("priors", "rounds")
    (network,) = second["networks"]
    one = begun.report()["rounds"][0]
    assert network["images"]["full"] == one["labeled_images"]
    assert network["images"].get("boxes", 0) == one["boxed_images"] > 0
    assert network["recognition"] == pytest.approx(one["metrics"]["rq"])
    assert one["metrics"]["pq"] == pytest.approx(one["metrics"]["rq"] * one["metrics"]["sq"])


def test_the_report_keeps_what_was_planned_and_shows_what_came(begun) -> None:
    report = begun.report()
    assert [report["initial_kinds"], report["rounds"][0]["kinds"]] == list(divided(begun).values())
    page = (begun.workdir / "report.html").read_text()
    assert "What each kind of label was worth" in page
    assert (begun.workdir / "kinds.svg").is_file()


@pytest.mark.slow
def test_killed_once_a_round_is_divided_a_run_goes_on_with_that(begun, many, tmp_path) -> None:
    loop = Loop(many, tmp_path / "run", *OPTIONS)
    until = time.monotonic() + PATIENCE_S
    with loop.running() as client:
        while "round-01-kinds" not in divided(loop):
            assert client.poll() is None
            assert time.monotonic() < until
            time.sleep(0.02)
        os.kill(client.pid, signal.SIGKILL)
        client.wait()
    before = divided(loop)
    while processes_naming(str(loop.workdir)):
        assert time.monotonic() < until
        time.sleep(0.05)
    code, out, err = loop.run("--resume")
    assert code == 0, out + err
    assert divided(loop) == before
    assert loop.report()["spent_s_by_kind"] == begun.report()["spent_s_by_kind"]
