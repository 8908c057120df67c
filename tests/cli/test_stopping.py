"""A run that is stopped from outside says how to go on."""

import signal
import subprocess
import sys

import pytest

PROGRAM = """
import signal
import time
from pathlib import Path
from maskloop.cli.errors import resumable

signal.signal(signal.SIGINT, signal.default_int_handler)  # what starts tests in the background has it ignored
with resumable(Path("no log"), ["al-loop", "--resume", "--workdir", "my run"]):
    print("working", flush=True)
    time.sleep(60)
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_and_a_shutdown_end_alike(number):
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout.readline() == "working\n"
    process.send_signal(number)
    _, complaint = process.communicate(timeout=30)
    assert process.returncode != 0
    assert "Go on with: al-loop --resume --workdir 'my run'" in complaint
