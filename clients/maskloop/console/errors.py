"""How a command ends when something is wrong: one clear line, and an exit code."""

from __future__ import annotations

import sys
from collections.abc import Callable

from rich.console import Console

from maskloop.errors import InternalError, MaskloopError

WRONG_INPUT = 2
OUR_FAULT = 1


def told(console: Console, command: Callable[[], object]) -> None:
    """Run `command`; an error of Maskloop's own is told in its words and ends the process.

    The exit code is 2, and 1 for a fault of ours.
    """
    try:
        command()
    except MaskloopError as error:
        console.print(f"error: {error.message}", style="red", soft_wrap=True, markup=False, highlight=False)
        sys.exit(OUR_FAULT if isinstance(error, InternalError) else WRONG_INPUT)
