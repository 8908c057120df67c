"""A run has one worker at a time, and what is refused before it began leaves nothing behind."""

import os
import signal
import subprocess
import sys

import pytest

from maskloop.errors import FailedPrecondition, InvalidConfig
from maskloop.loop.workdir.lock import is_worked_on, sole_worker, sole_worker_on_new

HOLD = """
import sys, time
from pathlib import Path
from maskloop.loop.workdir.lock import sole_worker
with sole_worker(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


def test_a_second_process_is_refused_until_the_first_is_gone_however_it_goes(tmp_path):
    assert not is_worked_on(tmp_path)
    with subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE) as other:
        assert other.stdout.readline() == b"held\n"
        assert is_worked_on(tmp_path)
        with pytest.raises(FailedPrecondition, match="another process works on the run"), sole_worker(tmp_path):
            pass
        os.kill(other.pid, signal.SIGKILL)
        other.wait()
    assert not is_worked_on(tmp_path)
    with sole_worker(tmp_path):
        pass


def refuse(workdir):
    with sole_worker_on_new(workdir):
        (workdir / "server").mkdir()
        (workdir / "server.log").write_text("")
        raise InvalidConfig("no such recipe")


def test_a_refusal_leaves_no_folder(tmp_path):
    with pytest.raises(InvalidConfig):
        refuse(tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_a_refusal_leaves_what_was_there(tmp_path):
    (tmp_path / "data").mkdir()
    with pytest.raises(InvalidConfig):
        refuse(tmp_path)
    assert [each.name for each in tmp_path.iterdir()] == ["data"]


def test_a_refusal_leaves_a_run_that_has_begun(tmp_path):
    (tmp_path / "run.json").write_text("{}")
    with pytest.raises(InvalidConfig):
        refuse(tmp_path)
    assert {each.name for each in tmp_path.iterdir()} >= {"run.json", "server", "server.log"}


def test_who_comes_second_leaves_all_to_the_first(tmp_path):
    """Before a run has its file, too: the first is still starting its server."""
    with subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE) as first:
        assert first.stdout.readline() == b"held\n"
        (tmp_path / "server").mkdir()
        (tmp_path / "server.log").write_text("starting")
        with pytest.raises(FailedPrecondition, match="another process works on the run"):
            refuse(tmp_path)
        assert {each.name for each in tmp_path.iterdir()} == {"run.lock", "server", "server.log"}
        assert is_worked_on(tmp_path)
        first.kill()
