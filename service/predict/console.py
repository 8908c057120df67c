"""`maskloop predict` at the console: files are looked for first, and torch is imported once they are there."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from maskloop.errors import InvalidArgument
from service.artifacts.model_file import check_model_file
from service.predict.names import read_formats
from service.predict.pictures import name_pictures

if TYPE_CHECKING:
    from service.predict.run import Progress
    from service.predict.summary import Summary

NOTHING_READ = 2
STOPPED = 130
LISTED = 20
"""Most files that could not be read and are named on the screen; `summary.json` has all."""


def outline(
    model: Path,
    pictures: Sequence[Path],
    out: Path,
    *,
    formats: Sequence[str],
    polygons: bool,
    threshold: float,
    recursive: bool,
    counts: Path | None,
    device: str,
) -> None:
    """Run `maskloop predict`; arguments as its options.

    Raises:
        MaskloopError: the command cannot do what was asked; nothing is written then.
        typer.Exit: no picture could be read, or it was stopped.
    """
    names = read_formats(formats)
    check_model_file(model)
    if out.exists() and not out.is_dir():
        raise InvalidArgument(f"{out} is a file, and a folder is needed", field="out")
    files = name_pictures(pictures, recursive=recursive, except_in=[out / "overlays", out / "masks"])
    if counts is not None:
        from maskloop.formats.counts import read_counts

        read_counts(counts, (), ())  # that it can be read; what it says is judged by the model's vocabulary

    from rich.progress import BarColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    from service.predict.run import Wanted, predict

    wanted = Wanted(out, names, polygons, threshold, counts)
    with Bar(TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn(), transient=True) as bar:
        task = bar.add_task("outlining", total=len(files))

        def show(progress: Progress) -> None:
            share = progress.windows_done / progress.windows
            bar.update(task, completed=progress.done + share, description=_where(progress))

        try:
            summary = predict(model, files, wanted, device=device, progress=show)
        except KeyboardInterrupt:
            bar.stop()
            print(f"Stopped. What was done is in {out}", file=sys.stderr)
            raise typer.Exit(STOPPED) from None
    _tell(summary, out)
    if not summary.pictures:
        raise typer.Exit(NOTHING_READ)


def _where(progress: Progress) -> str:
    inside = f", {progress.windows_done} of {progress.windows} windows" if progress.windows > 1 else ""
    return f"{progress.done} of {progress.pictures} pictures{inside}"


def _tell(summary: Summary, out: Path) -> None:
    outlined = len(summary.pictures)
    if outlined:
        print(f"{outlined} of {summary.asked} pictures read: {out}" if summary.passed_over else _all(summary, out))
        rows = [(item.name, f"{one.objects}", f"{one.area}", f"{share:.2%}") for item, one, share in summary.totals()]
        print(_columns([("class", "objects", "pixels", "share"), *rows]))
        if not summary.setting.calibrated:
            print("Not calibrated: this model predicts no IoU; scores are its confidence, which says less.")
        for name in summary.full[:LISTED]:
            print(f"{name} shows as many objects as this model looks for; there may be more")
    if summary.passed_over:
        print(f"{len(summary.passed_over)} of {summary.asked} not read:", file=sys.stderr)
        for item in summary.passed_over[:LISTED]:
            print(f"  {item.name}: {item.why}", file=sys.stderr)
        if len(summary.passed_over) > LISTED:
            print(f"  and {len(summary.passed_over) - LISTED} more", file=sys.stderr)


def _all(summary: Summary, out: Path) -> str:
    number = len(summary.pictures)
    return f"{number} {'picture' if number == 1 else 'pictures'} read: {out}"


def _columns(rows: Sequence[Sequence[str]]) -> str:
    """The first column to the left, the others to the right."""
    widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
    lines = (
        "  ".join(
            [row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))]
        )
        for row in rows
    )
    return "\n".join(f"  {line}" for line in lines)
