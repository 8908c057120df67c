"""`al-loop`: spend a budget of annotator time on a data set, and report what it bought."""

from __future__ import annotations

import shlex
import sys
import time
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer
from rich.console import Console

from maskloop.cli import options as options_
from maskloop.cli.compare import app as comparing
from maskloop.cli.errors import resumable, told
from maskloop.loop.options import Options

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode="rich")
EPILOG = (
    "Two commands more, each with its own --help: [bold]al-loop compare[/bold] runs strategies and seeds side by side, "
    "[bold]al-loop summarize[/bold] puts several comparisons on one page."
)
out, err = Console(), Console(stderr=True)


@app.command(epilog=EPILOG)
def al_loop(
    *,
    budget: options_.Budget,
    data: options_.Data,
    classes: options_.Classes = "",
    crop: options_.Crop = 0,
    stretch: options_.Stretch = False,
    objects: options_.Objects = "",
    pool_images: options_.PoolImages = 0,
    test_images: options_.TestImages = 0,
    strategy: Annotated[
        str, typer.Option(help="How images are chosen: NAME[:OPTION=VALUE,...]; see maskloop strategies.")
    ] = "mask_guided",
    target_iou: Annotated[str, typer.Option(help="Predicted IoU to choose near, in [0, 1], or auto.")] = "auto",
    first_batch: options_.FirstBatch = "random",
    initial: options_.Initial = "",
    batch: options_.Batch = "",
    max_rounds: options_.MaxRounds = None,
    counts_share: options_.CountsShare = 0.15,
    counts: options_.Counts = False,
    seed: Annotated[int, typer.Option(help="Seed of every random choice.")] = 0,
    recipe: options_.Recipe = "compact",
    encoder: options_.Encoder = "",
    image_size: options_.ImageSize = 0,
    device: options_.Device = "auto",
    server: Annotated[str, typer.Option(help="Address of a running server; one is started without it.")] = "",
    workdir: options_.Workdir = Path("runs/latest"),
    resume: options_.Resume = False,
    compare: Annotated[
        list[str] | None, typer.Option(help="Run this strategy as well, as a baseline: random. May be repeated.")
    ] = None,
    labeler: Annotated[str, typer.Option(help="ground-truth (the data's own labels) or folder:DIR.")] = "ground-truth",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what the budget will take, and stop.")] = False,
    workday: options_.Workday = "24h",
    stop_when: options_.StopWhen = None,
    ood: Annotated[
        str,
        typer.Option(help="Images believed to hold nothing: coco:DIR, voc:DIR, or rest (what --classes leaves empty)."),
    ] = "",
    ood_share: Annotated[
        float,
        typer.Option(help="Share of what is left that each round spends on looking at those that fool a classifier."),
    ] = 0.02,
    classifier: Annotated[
        str, typer.Option(help="Recipe of that classifier: compact, paper, or compact,OPTION=VALUE,...")
    ] = "compact",
    student_network: options_.StudentNetwork = "",
    pseudo_min_iou: options_.PseudoMinIou = 0.0,
) -> None:
    """Spend a budget of annotator time where it buys the best segmentation model."""
    options = options_.options_of(locals())
    if dry_run:
        _forecast(options)
    else:
        _run(options, workdir, resume=resume)


def _forecast(options: Options) -> None:
    with out.status("reading the data"), TemporaryDirectory() as folder:
        from maskloop.cli.dry_run import show_forecasts
        from maskloop.loop.run import data_of, forecasts_of

        forecasts = forecasts_of(options, data_of(options, Path(folder)))
    show_forecasts(out, options, forecasts)


def _run(options: Options, workdir: Path, *, resume: bool) -> None:
    with resumable(err, workdir / "server.log"):
        with out.status("starting"):  # what these import takes seconds
            from maskloop.loop.progress import progress_on
            from maskloop.loop.run import Run
        with progress_on(out, time.monotonic) as progress:
            report = Run(options, workdir, shlex.join(["al-loop", *sys.argv[1:]]), progress).start(resume=resume)
    out.print(f"{report.stopped_because}. Report: {workdir / 'report.html'}", soft_wrap=True, markup=False)


def main() -> None:
    """Entry point of `al-loop`: `compare` and `summarize` are commands, anything else runs one campaign."""
    words = options_.spelt_out(sys.argv[1:])
    told(err, partial(comparing if words[:1] in (["compare"], ["summarize"]) else app, words))
