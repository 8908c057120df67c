"""`maskloop`: its commands are the server's own, handed over with their options, signals and exit codes."""

import subprocess
import sys
from pathlib import Path

import pytest

from maskloop.labelers.folder_record import TaskRecord
from maskloop.labelers.task_clock import read_events
from maskloop.values import STRATEGY_KINDS

MASKLOOP = Path(sys.executable).with_name("maskloop")


def started(*options, cwd=None):
    done = subprocess.run([MASKLOOP, *options], capture_output=True, text=True, timeout=120, check=False, cwd=cwd)
    return done.returncode, done.stdout, done.stderr


def test_help_names_the_commands():
    code, out, _ = started("--help")
    assert code == 0
    assert "serve" in out
    assert "predict" in out


def test_a_server_that_cannot_serve_ends_with_its_own_words_and_code(tmp_path):
    options = ("--data-dir", str(tmp_path / "data"), "--address", "0.0.0.0:0")
    code, _, complaint = started("serve", *options)
    assert code == 2
    assert "plaintext" in complaint.lower() or "tls" in complaint.lower()


def test_a_folder_called_service_where_it_is_started_is_not_mistaken_for_the_server(tmp_path):
    (tmp_path / "service").mkdir()
    (tmp_path / "service" / "__init__.py").write_text("raise SystemExit('not me')")
    code, out, complaint = started("predict", "--help", cwd=tmp_path)
    assert code == 0, complaint
    assert "--counts" in out


@pytest.mark.parametrize(
    ("table", "told"),
    [
        ("table1", ("22.22", "239.7")),
        ("table2.1", ("scribble", "34.9")),
        ("table6", ("2.90", "4.73", "3.22", "1364")),
        ("table8", ("1.73", "3.56", "2.05", "1364")),
        ("time-saved", ("56.80", "57.54", "40.34", "51.45", "51.56", "micro", "macro", "265", "prints none")),
    ],
)
def test_cost_prints_the_papers_tables(maskloop, table, told):
    code, out, complaint = maskloop("cost", table)
    assert code == 0, complaint
    assert all(number in out for number in told)


def test_an_unknown_cost_table_is_refused_with_those_there_are(maskloop):
    code, _, complaint = maskloop("cost", "table7")
    assert code == 2
    assert "table2.1" in complaint


def test_the_strategies_are_listed_with_their_options(maskloop):
    code, out, complaint = maskloop("strategies")
    assert code == 0, complaint
    assert all(name in out for name in STRATEGY_KINDS)
    assert "target=auto|median|learned|0..1" in out


def test_a_report_on_a_server_that_is_not_there_is_told_in_one_line(maskloop, tmp_path):
    code, _, complaint = maskloop(
        "report", "p", "--server", f"unix:{tmp_path / 'nobody'}", "--out", str(tmp_path / "out")
    )
    assert (code, complaint.count("\n")) == (2, 1)
    assert "nobody cannot be reached" in complaint
    assert not (tmp_path / "out").exists()


def test_a_task_s_clock_is_started_paused_and_stopped(maskloop, tmp_path):
    place = tmp_path / "todo" / "round-01"
    TaskRecord("run", "round-01", "full", "", ()).write(place)
    code, out, complaint = maskloop("task", "start", place)
    assert (code, out, complaint) == (0, f"The clock of {place} runs.\n", "")
    code, out, complaint = maskloop("task", "start", place)
    assert (code, out, complaint) == (2, "", f"error: the clock of {place} runs already\n")
    assert maskloop("task", "pause", place)[1].startswith(f"The clock of {place} is paused at 0 s")
    assert "0 s before" in maskloop("task", "start", place)[1]
    assert "took 0 s. The run" in maskloop("task", "done", place)[1]
    assert [event.what for event in read_events(place / "timing.json")] == ["start", "pause", "start", "done"]


def test_a_folder_that_is_no_task_s_is_told_with_those_that_are(maskloop, tmp_path):
    TaskRecord("run", "round-01", "full", "ada", ()).write(tmp_path / "ada" / "round-01")
    code, _, complaint = maskloop("task", "start", tmp_path)
    assert (code, complaint.count("\n")) == (2, 1)
    assert f"{tmp_path} is not the folder of a task; there are {tmp_path / 'ada' / 'round-01'}" in complaint
