"""`al-loop compare`: strategies and seeds side by side; `al-loop summarize`: several comparisons on one page."""

from __future__ import annotations

import os
import shlex
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from maskloop.cli import options
from maskloop.cli.errors import resumable
from maskloop.compare.analysis.comparison import MEASURES, RANDOM
from maskloop.compare.trials.grid import Grid, seeds_of, strategies_of
from maskloop.compare.trials.progress import Board
from maskloop.compare.trials.servers import WORK_FOLDER, devices_of
from maskloop.errors import InvalidArgument

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
out, err = Console(), Console(stderr=True)


@app.command()
def compare(
    *,
    budget: Annotated[list[str], typer.Option(help="As of al-loop; each of several is a comparison of its own.")],
    data: options.Data,
    classes: options.Classes = "",
    crop: options.Crop = 0,
    stretch: options.Stretch = False,
    objects: options.Objects = "",
    pool_images: options.PoolImages = 0,
    test_images: options.TestImages = 0,
    strategy: Annotated[
        list[str] | None,
        typer.Option(help="NAME[:OPTION=VALUE,...]; see maskloop strategies. May be repeated; random is always there."),
    ] = None,
    seeds: Annotated[str, typer.Option(help="Each strategy runs once with each: 0-4, or 0,3,7.")] = "0-4",
    jobs: Annotated[int, typer.Option(min=0, help="Trials at once; 0 for one a GPU named, or one a core.")] = 0,
    device: Annotated[str, typer.Option(help="Where to train: auto, cpu, cuda, or cuda:0,cuda:1 in turn.")] = "auto",
    name: Annotated[str, typer.Option(help="What headings call the comparison; the data's name without it.")] = "",
    measure: Annotated[str, typer.Option(help=f"What strategies are judged by: {', '.join(MEASURES)}.")] = "mean_iou",
    stop_at_gate: Annotated[
        bool, typer.Option("--stop-at-gate", help="End when random is through and it is known what can be told apart.")
    ] = False,
    first_batch: options.FirstBatch = "random",
    initial: options.Initial = "",
    batch: options.Batch = "",
    max_rounds: options.MaxRounds = None,
    counts_share: options.CountsShare = 0.15,
    counts: options.Counts = False,
    recipe: options.Recipe = "compact",
    encoder: options.Encoder = "",
    image_size: options.ImageSize = 0,
    workdir: options.Workdir = Path("runs/compare"),
    resume: options.Resume = False,
    workday: options.Workday = "24h",
    stop_when: options.StopWhen = None,
) -> None:
    """Which way of choosing buys more for annotator time? Run strategies and seeds side by side, and judge."""
    arguments = locals()
    if measure not in MEASURES:
        raise InvalidArgument(f"--measure {measure!r} is none of {', '.join(MEASURES)}", field="measure")
    devices = devices_of(device, jobs, len(os.sched_getaffinity(0)))
    shared = {**arguments, "strategy": RANDOM, "device": _kind_of(devices)}
    grids = {
        workdir / f"budget-{one}" if len(budget) > 1 else workdir: Grid(
            options.options_of({**shared, "budget": one}),
            strategies_of(strategy or ()),
            seeds_of(seeds),
            f"{name or Path(data).name}, {one}" if len(budget) > 1 else name,
        )
        for one in budget
    }
    for folder, grid in grids.items():
        with resumable(err, folder / WORK_FOLDER), Board(out, time.monotonic) as board:
            with out.status("starting"):  # what this imports takes seconds
                from maskloop.compare.pages.recommendation import recommendation
                from maskloop.compare.trials.run import CompareRun
            command = shlex.join(["al-loop", *sys.argv[1:]])
            run = CompareRun(grid, folder, command, devices, measure, stop_at_gate, board)
            analysed = run.start(resume=resume)
        for results in list(analysed.results.values())[:1]:
            _say(recommendation(analysed.comparison, results)[0])
        _say(f"Comparison: {folder / 'compare.html'}")
    if len(grids) > 1:
        _sum_up(list(grids), workdir)


@app.command()
def summarize(
    comparisons: Annotated[list[Path], typer.Argument(help="Working directories of al-loop compare.")],
    to: Annotated[Path, typer.Option("--out", help="Folder to write summary.html into.")] = Path("runs/summary"),
) -> None:
    """Put several comparisons on one page: where each way of choosing wins, and where it loses."""
    _sum_up(comparisons, to)


def _sum_up(comparisons: Sequence[Path], to: Path) -> None:
    with out.status("drawing"):
        from maskloop.compare.pages.write import write_summary

        found = write_summary(to, comparisons)
    _say(next(iter(found.sentences.values()))[0])
    _say(f"Summary: {to / 'summary.html'}")


def _say(sentence: str) -> None:
    out.print(sentence, soft_wrap=True, markup=False, highlight=False)


def _kind_of(devices: Sequence[str]) -> str:
    """What kind of device all of them are; trials on different kinds are not to be compared.

    Raises:
        InvalidArgument: they are of several kinds.
    """
    kinds = {device.partition(":")[0] for device in devices}
    if len(kinds) > 1:
        raise InvalidArgument(f"--device names different kinds: {', '.join(sorted(kinds))}", field="device")
    return kinds.pop()
