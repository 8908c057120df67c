"""`al-loop compare`: arms and seeds side by side; `al-loop summarize`: several comparisons on one page."""

from __future__ import annotations

import os
import shlex
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from maskloop.cli.errors import check_server_installed, resumable
from maskloop.cli.options import Arguments, Command, add_command, build, options_in
from maskloop.compare.analysis.comparison import DRAWN, RANDOM
from maskloop.compare.trials.grid import Grid, arms_of, seeds_of
from maskloop.compare.trials.progress import Board
from maskloop.compare.trials.servers import WORK_FOLDER, devices_of
from maskloop.errors import InvalidArgument
from maskloop.loop.options import Options
from maskloop.loop.options.declaration import NOT_NEGATIVE, check_ranges, option
from maskloop.loop.options.labeler import GROUND_TRUTH
from maskloop.loop.options.panels import BUDGET, JUDGING, LABELS, RUN, SELECTION, TRAINING
from maskloop.values.measures import DECIDING, MEASURES

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)
SHARED = [each for each in options_in(Options).values() if each.declared.is_compared]
"""Options of `al-loop` that the trials of a comparison share."""


@dataclass(frozen=True)
class CompareOptions:
    """The options of `al-loop compare` beside those that it shares with `al-loop`.

    Raises:
        InvalidArgument: an option cannot be; says which.
    """

    budget: tuple[str, ...] = option(help="As of al-loop; each of several is a comparison of its own.", panel=BUDGET)
    strategy: tuple[str, ...] = option(
        (),
        help="NAME[:OPTION=VALUE,...][+ASSIST], such as random+boxes; see maskloop strategies. May be repeated. "
        "random, the baseline, is always there. random*2 is a control: random images, twice as many after the first "
        "batch; where it does not beat random, nothing is claimed of any arm.",
        panel=SELECTION,
    )
    assist: str = option(
        DRAWN,
        help="How people are helped in arms that name no ASSIST: none (random is then random images with drawn "
        "outlines), proposals, boxes, or auto.",
        panel=LABELS,
    )
    labeler: str = option(
        GROUND_TRUTH,
        help="How exactly the simulated people of all arms draw: ground-truth (what is there), or "
        "ground-truth,outlines=0.91,accept=0.85 (as people do).",
        panel=LABELS,
    )
    seeds: str = option("0-4", help="Each arm runs once with each: 0-4, or 0,3,7.", panel=SELECTION)
    jobs: int = option(0, help="Trials at once; 0 for one a GPU named, or one a core.", panel=RUN, within=NOT_NEGATIVE)
    device: str = option("auto", help="Where to train: auto, cpu, cuda, or cuda:0,cuda:1 in turn.", panel=TRAINING)
    name: str = option("", help="What headings call the comparison; the data's name without it.", panel=JUDGING)
    measure: str = option(DECIDING, help=f"What arms are judged by: {', '.join(MEASURES)}.", panel=JUDGING)
    stop_at_gate: bool = option(
        False, help="End when random is through and it is known what can be told apart.", panel=JUDGING
    )
    workdir: Path = option(Path("runs/compare"), help="Where everything goes.", panel=RUN)
    resume: bool = option(False, help="Go on with the run in the working directory.", panel=RUN)

    def __post_init__(self) -> None:
        check_ranges(self)
        if self.measure not in MEASURES:
            raise InvalidArgument(f"--measure {self.measure!r} is none of {', '.join(MEASURES)}", field="measure")

    def grids(self, shared: Mapping[str, Any], device: str) -> dict[Path, Grid]:
        """The comparison of each budget by its folder; several lie in one each.

        Raises:
            InvalidArgument: a strategy, a seed or a shared option cannot be.
        """
        arms, seeds = arms_of(self.strategy, self.assist), seeds_of(self.seeds)
        own = {**shared, "strategy": RANDOM, "assist": self.assist, "labeler": self.labeler, "device": device}
        options = {budget: Options(**own, budget=budget) for budget in self.budget}
        if len(options) == 1:
            return {self.workdir: Grid(next(iter(options.values())), arms, seeds, self.name)}
        return {
            self.workdir / f"budget-{budget}": Grid(
                of_budget, arms, seeds, f"{self.name or Path(of_budget.data).name}, {budget}"
            )
            for budget, of_budget in options.items()
        }


def compare(arguments: Arguments) -> None:
    """Which way of choosing and labeling buys more for annotator time? Run arms and seeds side by side, and judge."""
    asked = build(CompareOptions, arguments)
    check_server_installed("al-loop compare starts servers")
    devices = devices_of(asked.device, asked.jobs, len(os.sched_getaffinity(0)))
    shared = {each.field.name: arguments[each.field.name] for each in SHARED}
    grids = asked.grids(shared, _kind_of(devices))
    for folder, grid in grids.items():
        _compare(asked, folder, grid, devices)
    if len(grids) > 1:
        _sum_up(list(grids), asked.workdir)


add_command(app, compare, [*options_in(CompareOptions).values(), *SHARED])


@app.command(cls=Command)
def summarize(
    comparisons: Annotated[list[Path], typer.Argument(help="Working directories of al-loop compare.")],
    to: Annotated[Path, typer.Option("--out", help="Folder to write summary.html into.")] = Path("runs/summary"),
) -> None:
    """Put several comparisons on one page: where each way of choosing wins, and where it loses."""
    _sum_up(comparisons, to)


def _compare(asked: CompareOptions, folder: Path, grid: Grid, devices: Sequence[str]) -> None:
    """Run one comparison, and say what it found."""
    from rich.console import Console

    out = Console()
    again = ["al-loop", *[word for word in sys.argv[1:] if word != "--resume"], "--resume"]
    with resumable(folder / WORK_FOLDER, again), Board(out, time.monotonic) as board:
        with out.status("starting"):  # what this imports takes seconds
            from maskloop.compare.pages.recommendation import recommendation
            from maskloop.compare.trials.run import CompareRun
        command = shlex.join(["al-loop", *sys.argv[1:]])
        run = CompareRun(grid, folder, command, devices, asked.measure, asked.stop_at_gate, board)
        analysed = run.start(resume=asked.resume)
    for results in list(analysed.results.values())[:1]:
        _say(recommendation(analysed.comparison, results)[0])
    _say(f"Comparison: {folder / 'compare.html'}")


def _sum_up(comparisons: Sequence[Path], to: Path) -> None:
    from rich.console import Console

    with Console().status("drawing"):
        from maskloop.compare.pages.write import write_summary

        summary = write_summary(to, comparisons)
    _say(next(iter(summary.sentences.values()))[0])
    _say(f"Summary: {to / 'summary.html'}")


def _say(sentence: str) -> None:
    typer.echo(sentence)


def _kind_of(devices: Sequence[str]) -> str:
    """What kind of device all of them are; trials on different kinds are not to be compared.

    Raises:
        InvalidArgument: they are of several kinds.
    """
    kinds = {device.partition(":")[0] for device in devices}
    if len(kinds) > 1:
        raise InvalidArgument(f"--device names different kinds: {', '.join(sorted(kinds))}", field="device")
    return kinds.pop()
