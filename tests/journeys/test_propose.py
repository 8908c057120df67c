"""`maskloop propose` as people start it: killed again and again, it ends with the same masks."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.class_labels.folders import put
from tests.journeys.loops import Loop

MASKLOOP = Path(sys.executable).with_name("maskloop")
TINY = "class_maps,classifier=compact,iterations=8,threshold=0.1"


class Propose(Loop):
    """`maskloop propose` on a folder of photographs, in one folder OUT."""

    def __init__(self, folder, out):
        self.workdir = out
        words = ["propose", folder, "--empty", "none", "--recipe", TINY, "--seed", "1", "--device", "cpu", "--out", out]
        self.command = [str(MASKLOOP), *map(str, words)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    there = put(tmp_path_factory.mktemp("data") / "photos", *(f"square/{n}.png" for n in range(30)), "new.png")
    return put(there, *(f"none/{n}.png" for n in range(30)), squares=False)


@pytest.fixture(scope="module")
def whole(folder, tmp_path_factory):
    run = Propose(folder, tmp_path_factory.mktemp("whole") / "out")
    code, out, err = run.run()
    assert code == 0, out + err
    assert "61 images: 60 with class labels, 1 without." in out
    return run


@pytest.mark.slow
def test_killed_again_and_again_it_goes_on_and_ends_with_the_same_masks(folder, whole, tmp_path):
    run = Propose(folder, tmp_path / "out")
    for begun in ("images", "labels", "operations where kind = 'train'", "operations where kind = 'score'"):
        run.killed_once(f"select 1 from {begun}")
        assert not (run.workdir / "proposals.json").exists()
    code, out, err = run.run()
    assert code == 0, out + err
    for name in ("proposals.json", "pictures/square/3.jpg", "pictures/new.jpg"):
        assert (run.workdir / name).read_bytes() == (whole.workdir / name).read_bytes()
    for counted in ("select count(*) from labels", "select kind, state, count(*) from operations group by kind, state"):
        assert run.rows(counted) == whole.rows(counted)


@pytest.mark.slow
def test_another_folder_comes_to_the_same_masks(folder, whole, tmp_path):
    again = Propose(folder, tmp_path / "again")
    assert again.run()[0] == 0
    assert (again.workdir / "proposals.json").read_bytes() == (whole.workdir / "proposals.json").read_bytes()
