"""`al-loop status`, `finish` and `export`: how a run stands, ending it with what it has, its labels for other tools."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer

from maskloop.cli.formats import POLYGONS, RLE, TO
from maskloop.cli.options import Command
from maskloop.loop.options import kept_options

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)
LOOK_EVERY_S = 0.5
Workdir = Annotated[Path, typer.Option(help="The run's folder.", metavar="<path>")]


@app.command(cls=Command)
def status(workdir: Workdir = Path("runs/latest")) -> None:
    """Say how a run stands: what it has spent, what its networks can do, and whom it waits for."""
    options = kept_options(workdir)
    from rich.console import Console

    from maskloop.cli.run_status import show_status

    show_status(Console(), workdir, options)


@app.command(cls=Command)
def finish(workdir: Workdir = Path("runs/latest")) -> None:
    """End a run with what it has: train and measure a last network, and leave labels, model, predictions and report.

    A run that waits for people is told, in whatever terminal it runs; one that was stopped is ended here. Go on with it
    later by --resume.
    """
    options = kept_options(workdir)
    from maskloop.loop.workdir.lock import ask_to_finish, is_worked_on

    if not is_worked_on(workdir):
        from maskloop.cli.al_loop import run_to_the_end

        run_to_the_end(options, workdir, resume=True, finish=True)
        return
    from rich.console import Console

    from maskloop.cli.run_status import has_ended
    from maskloop.errors import FailedPrecondition

    out = Console()
    ask_to_finish(workdir)
    with out.status("the run ends after the work in hand; stop waiting for it by Ctrl-C"):
        while is_worked_on(workdir):
            time.sleep(LOOK_EVERY_S)
    if not has_ended(workdir):
        raise FailedPrecondition(
            f"the run in {workdir} has stopped without an end; its own terminal says why", field="workdir"
        )
    out.print(f"finished. Report: {workdir / 'report.html'}", soft_wrap=True, markup=False)


@app.command(cls=Command)
def export(
    to: Annotated[str, TO],
    *,
    workdir: Workdir = Path("runs/latest"),
    polygons: Annotated[bool, POLYGONS] = False,
    rle: Annotated[bool, RLE] = False,
    images: Annotated[bool, typer.Option("--images/--no-images", help="Copy the pictures too.", metavar="")] = False,
) -> None:
    """Write the labels of a run, as far as people have handed them in, for another tool; at any moment."""
    options = kept_options(workdir)
    from rich.console import Console

    from maskloop.cli.formats import write_project
    from maskloop.errors import InvalidDataset
    from maskloop.formats.datasets import DatasetImage
    from maskloop.loop.workdir.server import RunServer

    out = Console()
    with out.status("asking the run's server"), RunServer(workdir, options) as run:
        dataset, _ = run.labels()
        marks = run.marks()
        data = run.data

    def read(image: DatasetImage) -> bytes:
        if image.file_name not in data.by_name:
            raise InvalidDataset(f"{options.data} has no image {image.file_name} any more: put it back", field="data")
        return data.by_name[image.file_name].read()

    write_project(out, to, dataset, marks, polygons=polygons, rle=rle, read=read if images else None)
