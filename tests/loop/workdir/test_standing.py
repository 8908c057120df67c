"""What a run tells another terminal: whom it waits for, and what is left, as it was told last."""

import io
from functools import partial

import pytest
from rich.console import Console

from maskloop.cli.run_status import show_status
from maskloop.loop.options import Options
from maskloop.loop.progress import LineProgress
from maskloop.loop.record.ledger import Ledger
from maskloop.loop.workdir.lock import sole_worker
from maskloop.loop.workdir.standing import STANDING_FILE, read_standing, write_standing
from maskloop.values import Budget


@pytest.fixture
def progress(tmp_path):
    made = LineProgress(Console(file=io.StringIO()), lambda: 0.0)
    made.tell(partial(write_standing, tmp_path))
    return made


def status(workdir):
    out = io.StringIO()
    show_status(Console(file=out, width=200), workdir, Options(budget="1h", data="demo"))
    return out.getvalue()


def test_status_says_whom_a_running_run_waits_for_and_what_is_left_now(tmp_path, progress):
    progress.arm("mask_guided")
    progress.spent(Ledger(Budget(seconds=3600)))
    progress.phase("label", "2 images: waiting for todo/ada/round-01/done.json")
    with sole_worker(tmp_path):
        said = status(tmp_path)
    assert "now: mask_guided: label 2 images: waiting for todo/ada/round-01/done.json\n" in said
    assert "budget: 1 h of 1 h left\n" in said
    assert "now:" not in status(tmp_path)


@pytest.mark.parametrize("text", [None, "", "[]", "{}", "{"])
def test_what_cannot_be_read_says_nothing(tmp_path, text):
    if text is not None:
        (tmp_path / STANDING_FILE).write_text(text)
    assert read_standing(tmp_path) is None
    assert "budget: 1 h\n" in status(tmp_path)


def test_a_run_goes_on_where_it_cannot_be_written(tmp_path, progress):
    tmp_path.joinpath(STANDING_FILE).mkdir()
    progress.phase("train")
    assert progress.standing.phase == "train"
    assert read_standing(tmp_path) is None
