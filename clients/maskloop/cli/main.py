"""Entry point of `maskloop`: a command of the server's program is handed over before anything else is imported."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib.util import find_spec

SERVERS_OWN = ("serve", "predict", "export-model")
"""Commands that run in the server's own process, which has the network."""


def main() -> None:
    """Run the command that was typed."""
    if sys.argv[1:] and sys.argv[1] in SERVERS_OWN and server_installed():
        hand_over(sys.argv[1], sys.argv[2:])
    from maskloop.cli.errors import told
    from maskloop.cli.maskloop import app

    told(app)


def server_installed() -> bool:
    """Whether more than the client's side is installed."""
    return find_spec("sqlalchemy") is not None and find_spec("torch") is not None


def hand_over(command: str, arguments: Sequence[str]) -> None:
    """Become the server's program, so that signals and exit codes are its own.

    PYTHONSAFEPATH: a folder called `service` where the command was given is not ours.
    """
    program = [sys.executable, "-m", "service", command, *arguments]
    os.execve(sys.executable, program, {**os.environ, "PYTHONSAFEPATH": "1"})


if __name__ == "__main__":
    main()
