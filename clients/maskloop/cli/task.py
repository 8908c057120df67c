"""`maskloop task`: how long people work on a task's folder, by a clock that they start and stop."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer

from maskloop.cli.options import Command, Group

app = typer.Typer(add_completion=False, rich_markup_mode=None, no_args_is_help=True, cls=Group)
FOLDER = Annotated[Path, typer.Argument(metavar="DIR", help="Folder of the task, such as todo/round-01.")]


@app.callback()
def program() -> None:
    """Measure how long a task of --labeler folder:DIR takes; the budget is charged what was measured."""


@app.command(cls=Command)
def start(folder: FOLDER) -> None:
    """Start the clock of a task, or go on after a pause."""
    from maskloop.labelers.task_clock import TaskClock  # the command's help needs none of it

    before = TaskClock(folder, time.time).start()
    typer.echo(f"The clock of {folder} runs{f'; {_say(before.total_s)} before' if before.total_s else ''}.")


@app.command(cls=Command)
def pause(folder: FOLDER) -> None:
    """Stop the clock for a while."""
    from maskloop.labelers.task_clock import TaskClock

    typer.echo(f"The clock of {folder} is paused at {_say(TaskClock(folder, time.time).pause().total_s)}.")


@app.command(cls=Command)
def done(folder: FOLDER) -> None:
    """Stop the clock: the work is done."""
    from maskloop.labelers.task_clock import TaskClock

    spent = TaskClock(folder, time.time).done()
    typer.echo(f"{folder} took {_say(spent.total_s)}. The run takes this from the clock when done.json is there.")


def _say(seconds: float) -> str:
    from maskloop.pages.wording import say_time

    return say_time(seconds)
