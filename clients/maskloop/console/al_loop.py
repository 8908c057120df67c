"""`al-loop`: spend a budget of annotator time on a data set, and report what it bought."""

from __future__ import annotations

import shlex
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer
from rich.console import Console

from maskloop.console.errors import told
from maskloop.errors import Cancelled, DeadlineExceeded, InternalError, ResourceExhausted, Unavailable
from maskloop.loop.options import Options

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode="rich")
out, err = Console(), Console(stderr=True)
STOPPED = 130
WORTH_RESUMING = (Unavailable, DeadlineExceeded, ResourceExhausted, Cancelled, InternalError)


@app.command()
def al_loop(
    *,
    budget: Annotated[str, typer.Option(help="Annotator time or images to spend: 90m, 3h, 2.5d, 200images.")],
    data: Annotated[
        str, typer.Option(help="coco:DIR, coco:FILE,IMAGES, voc:DIR, or demo, demo:easy, demo:hard, demo:video.")
    ],
    classes: Annotated[str, typer.Option(help="Only these categories of the data: window,door.")] = "",
    crop: Annotated[int, typer.Option(help="Cut images into squares of this side in pixels.")] = 0,
    stretch: Annotated[
        bool, typer.Option("--stretch", help="Stretch the contrast of images, from the 1st to the 99.5th percentile.")
    ] = False,
    objects: Annotated[str, typer.Option(help="Only images (after cutting) with so many objects: 1-8, 3.")] = "",
    pool_images: Annotated[int, typer.Option(help="Draw so many of the pool's images; 0 for all.")] = 0,
    test_images: Annotated[int, typer.Option(help="Draw so many of the test images; 0 for all.")] = 0,
    strategy: Annotated[
        str, typer.Option(help="How images are chosen: NAME[:OPTION=VALUE,...]; see maskloop strategies.")
    ] = "mask_guided",
    target_iou: Annotated[str, typer.Option(help="Predicted IoU to choose near, in [0, 1], or auto.")] = "auto",
    first_batch: Annotated[str, typer.Option(help="How the first batch is chosen: random or cold_start.")] = "random",
    initial: Annotated[str, typer.Option(help="Size of the first batch: 20, 20images, 30m.")] = "",
    batch: Annotated[str, typer.Option(help="Size of each later batch: 10, 10images, 20m.")] = "",
    max_rounds: Annotated[int | None, typer.Option(help="Batches chosen after the first, at most.")] = None,
    counts_share: Annotated[
        float,
        typer.Option(help="Share of the budget for counts, in [0, 1]; of what is left, when counted images run out."),
    ] = 0.15,
    no_counts: Annotated[
        bool, typer.Option("--no-counts", help="Buy no counts: the network finds objects and their classes by itself.")
    ] = False,
    seed: Annotated[int, typer.Option(help="Seed of every random choice.")] = 0,
    recipe: Annotated[
        str, typer.Option(help="Training recipe: compact, paper, or compact,OPTION=VALUE,...")
    ] = "compact",
    encoder: Annotated[str, typer.Option(help="Encoder in place of the recipe's, such as resnet18.")] = "",
    image_size: Annotated[int, typer.Option(help="Side in pixels in place of the recipe's.")] = 0,
    device: Annotated[str, typer.Option(help="Where to train: auto, cpu or cuda.")] = "auto",
    server: Annotated[str, typer.Option(help="Address of a running server; one is started without it.")] = "",
    workdir: Annotated[Path, typer.Option(help="Where everything goes.")] = Path("runs/latest"),
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the run in the working directory.")] = False,
    compare: Annotated[
        list[str] | None, typer.Option(help="Run this strategy as well, as a baseline: random. May be repeated.")
    ] = None,
    labeler: Annotated[str, typer.Option(help="ground-truth (the data's own labels) or folder:DIR.")] = "ground-truth",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what the budget will take, and stop.")] = False,
    workday: Annotated[str, typer.Option(help="How long a day of the budget is.")] = "24h",
    stop_when: Annotated[
        list[str] | None,
        typer.Option(help="End sooner: mean_iou=0.8, ap50=..., ap=..., or plateau=0.005. May be repeated."),
    ] = None,
) -> None:
    """Spend a budget of annotator time where it buys the best segmentation model."""
    options = Options(
        budget=budget,
        data=data,
        classes=classes,
        crop=crop,
        stretch=stretch,
        objects=objects,
        pool_images=pool_images,
        test_images=test_images,
        strategy=strategy,
        target_iou=target_iou,
        first_batch=first_batch,
        initial=initial,
        batch=batch,
        max_rounds=max_rounds,
        counts_share=counts_share,
        no_counts=no_counts,
        seed=seed,
        recipe=recipe,
        encoder=encoder,
        image_size=image_size,
        device=device,
        server=server,
        compare=tuple(compare or ()),
        labeler=labeler,
        workday=workday,
        stop_when=tuple(stop_when or ()),
    )
    if dry_run:
        _forecast(options)
    else:
        _run(options, workdir, resume=resume)


def _forecast(options: Options) -> None:
    with out.status("reading the data"), TemporaryDirectory() as folder:
        from maskloop.console.forecasts import show_forecasts
        from maskloop.loop.data import read_data
        from maskloop.loop.run import forecasts_of

        forecasts = forecasts_of(options, read_data(options.data, Path(folder), options.seed, options.excerpt()))
    show_forecasts(out, options, forecasts)


def _run(options: Options, workdir: Path, *, resume: bool) -> None:
    try:
        with out.status("starting"):  # what these import takes seconds
            from maskloop.loop.progress import progress_on
            from maskloop.loop.run import Run
        with progress_on(out, time.monotonic) as progress:
            report = Run(options, workdir, shlex.join(["al-loop", *sys.argv[1:]]), progress).start(resume=resume)
    except KeyboardInterrupt:
        _say_how_to_go_on("Stopped.")
        raise typer.Exit(STOPPED) from None
    except WORTH_RESUMING:
        log = workdir / "server.log"
        _say_how_to_go_on(f"What was bought is safe.{f' The server wrote {log}.' if log.exists() else ''}")
        raise
    out.print(f"{report.stopped_because}. Report: {workdir / 'report.html'}", soft_wrap=True, markup=False)


def _say_how_to_go_on(sentence: str) -> None:
    again = [part for part in sys.argv[1:] if part != "--resume"]
    command = shlex.join(["al-loop", *again, "--resume"])
    err.print(f"{sentence} Go on with: {command}", soft_wrap=True, markup=False, highlight=False)


def main() -> None:
    """Entry point of `al-loop`."""
    told(err, app)
