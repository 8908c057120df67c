"""How `al-loop status` looks."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console
from rich.table import Table

from maskloop.errors import NotFound
from maskloop.loop.options import Options
from maskloop.loop.workdir.lock import is_worked_on
from maskloop.loop.workdir.standing import read_standing
from maskloop.pages.wording import say_budget, say_labeled, say_measure, say_number, say_time
from maskloop.report import RunReport
from maskloop.report.write import read_report
from maskloop.values.measures import measured


def show_status(out: Console, workdir: Path, options: Options) -> None:
    """Print how the run in WORKDIR stands, from what it has written there."""
    report = _report(workdir)
    out.print(f"{workdir}: {options.data}, {_state(workdir, report)}", highlight=False, soft_wrap=True, markup=False)
    budget = options.parsed_budget()
    now = None if report is not None and report.finished else read_standing(workdir)
    if now is not None and is_worked_on(workdir):
        out.print(f"now: {now}", highlight=False, soft_wrap=True, markup=False)
    if now is not None and now.budget_left:
        out.print(f"budget: {now.budget_left} left", highlight=False)
    else:
        spent = f"{say_time(report.spent_s)} spent of " if report else ""
        out.print(f"budget: {spent}{say_budget(budget.seconds, budget.images)}", highlight=False)
    if report is None:
        out.print("No report yet: the first comes when people have labeled what the first network chose.")
        return
    if report.not_measured:
        out.print(f"Quality is not measured: {report.not_measured}.", highlight=False)
    out.print(_rounds(report))
    out.print(f"Report: {workdir / 'report.html'}", soft_wrap=True, markup=False, highlight=False)


def has_ended(workdir: Path) -> bool:
    """Whether the run in WORKDIR came to an end, by what it has written there."""
    report = _report(workdir)
    return report is not None and report.finished


def _report(workdir: Path) -> RunReport | None:
    try:
        return read_report(workdir)
    except NotFound:
        return None


def _state(workdir: Path, report: RunReport | None) -> str:
    if is_worked_on(workdir):
        return "running"
    if report is not None and report.finished:
        return f"ended: {report.stopped_because}"
    return f"stopped; go on with: al-loop --resume --workdir {workdir}"


def _rounds(report: RunReport) -> Table:
    table = Table()
    for heading in ("round", "labels", "annotator time", *map(say_measure, report.shown), "next batch"):
        table.add_column(heading, justify="right")
    for row in report.rounds:
        quality = [say_number(measured(row, name), 3) for name in report.shown]
        table.add_row(
            str(row.round),
            say_labeled(row.labeled_images, row.boxed_images, row.marked_images),
            say_time(row.spent_s),
            *quality,
            str(len(row.batch) or "-"),
        )
    return table
