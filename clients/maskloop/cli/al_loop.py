"""`al-loop`: spend a budget of annotator time on a data set, and report what it bought."""

from __future__ import annotations

import shlex
import sys
import time
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import typer

from maskloop.cli.errors import check_server_installed, resumable, told
from maskloop.cli.options import Arguments, add_command, build, options_in, spelt_out
from maskloop.errors import InvalidArgument
from maskloop.loop.options import RUN_FILE, Options, kept_options
from maskloop.loop.options.declaration import option
from maskloop.loop.options.panels import RUN
from maskloop.spelling import did_you_mean

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)
COMMANDS = ("status", "finish", "export", "compare", "summarize")
EPILOG = (
    "Commands, with their own --help: al-loop status says how a run stands; al-loop finish ends it with what it has; "
    "al-loop export writes its labels for other tools; "
    "al-loop compare runs strategies and seeds side by side; al-loop summarize puts several comparisons on one page."
)


@dataclass(frozen=True)
class Invocation:
    """Where a run lies and what is to be done with it; no part of what it was asked to do."""

    workdir: Path = option(Path("runs/latest"), help="Where everything goes.", panel=RUN)
    resume: bool = option(False, help="Go on with the run in the working directory.", panel=RUN)
    dry_run: bool = option(False, help="Say what the budget will take, and stop.", panel=RUN)


def al_loop(arguments: Arguments) -> None:
    """Spend a budget of annotator time where it buys the best segmentation model."""
    invocation = build(Invocation, arguments)
    options = _options(arguments, invocation)
    if invocation.dry_run:
        _forecast(options)
    else:
        run_to_the_end(options, invocation.workdir, resume=invocation.resume)


add_command(
    app,
    al_loop,
    [*options_in(Options).values(), *options_in(Invocation).values()],
    may_lack=("budget", "data"),
    epilog=EPILOG,
)


def _options(arguments: Arguments, invocation: Invocation) -> Options:
    """What the run is asked to do; one that is gone on with is asked what it was asked before, where nothing else is
    given."""
    is_told = arguments["budget"] and arguments["data"]  # enough to begin the run that was to be gone on with
    if invocation.resume and ((invocation.workdir / RUN_FILE).exists() or not is_told):
        given = {name: arguments[name] for name in options_in(Options) if name in arguments.given}
        return replace(kept_options(invocation.workdir), **given)
    for name, example in (("budget", "3h or 90images"), ("data", "images:photos/ or coco:DIR")):
        if not arguments[name]:
            raise InvalidArgument(f"--{name} is missing: give it, as in --{name} {example}", field=name)
    return build(Options, arguments)


def _forecast(options: Options) -> None:
    from rich.console import Console

    out = Console()
    with out.status("reading the data"), TemporaryDirectory() as folder:
        from maskloop.cli.dry_run import checked_by_server, show_forecasts
        from maskloop.loop.people import check_page
        from maskloop.loop.planning.dry_run import data_of, forecasts_of

        check_page(options)
        data = data_of(options, Path(folder))
        forecasts = forecasts_of(options, data)
        recipe = checked_by_server(options, Path(folder))
    show_forecasts(out, options, data, forecasts, recipe)


def run_to_the_end(options: Options, workdir: Path, *, resume: bool, finish: bool = False) -> None:
    """Run, or go on, with a screen that says what goes on."""
    if not options.server:
        check_server_installed("al-loop without --server starts a server")
    with resumable(workdir / "server.log", ["al-loop", "--resume", "--workdir", str(workdir)]):
        from rich.console import Console

        out = Console()
        with out.status("starting"):  # what these import takes seconds
            from maskloop.loop.progress import progress_on
            from maskloop.loop.run import Run
            from maskloop.report import say_saved
        with progress_on(out, time.monotonic) as progress:
            run = Run(options, workdir, shlex.join(["al-loop", *sys.argv[1:]]), progress)
            report = run.start(resume=resume, finish=finish)
    parts = [f"{report.stopped_because}.", say_saved(report.reviews), f"Report: {workdir / 'report.html'}"]
    out.print(" ".join(filter(None, parts)), soft_wrap=True, markup=False)


def main() -> None:
    """Entry point of `al-loop`: `compare` and `summarize` are commands, anything else runs one campaign."""
    words = spelt_out(sys.argv[1:])
    told(partial(_run_words, words))


def _run_words(words: list[str]) -> None:
    command = words[0] if words and not words[0].startswith("-") else ""
    if command and command not in COMMANDS:
        near = did_you_mean(command, COMMANDS)
        known = ", ".join(COMMANDS)
        raise InvalidArgument(f"al-loop has no command {command!r}, but {known}{near}", field="command")
    if command in ("status", "finish", "export"):
        from maskloop.cli.runs import app as runs

        runs(words)
    elif command:
        from maskloop.cli.compare import app as comparing

        comparing(words)
    else:
        app(words)
