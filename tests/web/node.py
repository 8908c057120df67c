"""The page's modules, run under node."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

MODULE_TESTS = Path(__file__).parent / "js"
NODE = shutil.which("node")
needs_node = pytest.mark.skipif(NODE is None, reason="node is not installed, which runs the page's modules")


def run_node(*arguments: str, asked: str = "") -> subprocess.CompletedProcess[str]:
    """What node makes of these arguments; `asked` is its standard input."""
    command = [str(NODE), *arguments]
    return subprocess.run(command, input=asked, capture_output=True, text=True, check=False, timeout=240)


def ask(question: str, of: object = None) -> Any:
    """An answer of `js/cross_check.js`."""
    done = run_node(str(MODULE_TESTS / "cross_check.js"), asked=json.dumps({"question": question, "of": of}))
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
