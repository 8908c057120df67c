"""`al-loop`: spend a budget of annotator time on a data set, and report what it bought."""

from __future__ import annotations

import shlex
import sys
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import typer

from maskloop.cli.errors import check_server_installed, resumable, told
from maskloop.cli.options import add_command, build, options_in, spelt_out
from maskloop.errors import InvalidArgument
from maskloop.loop.options import Options
from maskloop.loop.options.declaration import option
from maskloop.loop.options.options import RUN

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)
COMMANDS = ("compare", "summarize")
EPILOG = (
    "Two commands more, each with its own --help: al-loop compare runs strategies and seeds side by side, "
    "al-loop summarize puts several comparisons on one page."
)


@dataclass(frozen=True)
class Invocation:
    """Where a run lies and what is to be done with it; no part of what it was asked to do."""

    workdir: Path = option(Path("runs/latest"), help="Where everything goes.", panel=RUN)
    resume: bool = option(False, help="Go on with the run in the working directory.", panel=RUN)
    dry_run: bool = option(False, help="Say what the budget will take, and stop.", panel=RUN)


def al_loop(arguments: dict[str, Any]) -> None:
    """Spend a budget of annotator time where it buys the best segmentation model."""
    options, invocation = build(Options, arguments), build(Invocation, arguments)
    if invocation.dry_run:
        _forecast(options)
    else:
        _run(options, invocation.workdir, resume=invocation.resume)


add_command(app, al_loop, [*options_in(Options).values(), *options_in(Invocation).values()], epilog=EPILOG)


def _forecast(options: Options) -> None:
    from rich.console import Console

    out = Console()
    with out.status("reading the data"), TemporaryDirectory() as folder:
        from maskloop.cli.dry_run import show_forecasts
        from maskloop.loop.planning.dry_run import data_of, forecasts_of

        forecasts = forecasts_of(options, data_of(options, Path(folder)))
    show_forecasts(out, options, forecasts)


def _run(options: Options, workdir: Path, *, resume: bool) -> None:
    if not options.server:
        check_server_installed("al-loop without --server starts a server")
    with resumable(workdir / "server.log"):
        from rich.console import Console

        out = Console()
        with out.status("starting"):  # what these import takes seconds
            from maskloop.loop.progress import progress_on
            from maskloop.loop.run import Run
        with progress_on(out, time.monotonic) as progress:
            report = Run(options, workdir, shlex.join(["al-loop", *sys.argv[1:]]), progress).start(resume=resume)
    out.print(f"{report.stopped_because}. Report: {workdir / 'report.html'}", soft_wrap=True, markup=False)


def main() -> None:
    """Entry point of `al-loop`: `compare` and `summarize` are commands, anything else runs one campaign."""
    words = spelt_out(sys.argv[1:])
    told(partial(_run_words, words))


def _run_words(words: list[str]) -> None:
    command = words[0] if words and not words[0].startswith("-") else ""
    if command and command not in COMMANDS:
        raise InvalidArgument(f"al-loop has no command {command!r}, but {' and '.join(COMMANDS)}", field="command")
    (_compare if command else app)(words)


def _compare(words: list[str]) -> None:
    from maskloop.cli.compare import app as comparing

    comparing(words)
