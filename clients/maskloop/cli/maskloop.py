"""`maskloop`: what needs the network runs in the server's own process; the rest runs here."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import Annotated

import typer

from maskloop.address import Endpoint
from maskloop.cli import access, formats, propose, task, web
from maskloop.cli.connection import reaches_server
from maskloop.cli.errors import check_server_installed
from maskloop.cli.main import hand_over
from maskloop.cli.options import Command, Group, version_option
from maskloop.costs.paper_tables import TABLES, cost_table

app = typer.Typer(add_completion=False, rich_markup_mode=None, no_args_is_help=True, cls=Group)
app.add_typer(task.app, name="task")
app.add_typer(access.app, name="token")
HEALTH_CHECK_S = 3.0
"""How long a server may take to show that it is there."""
PASSED_ON = {"ignore_unknown_options": True, "allow_extra_args": True, "help_option_names": []}


@app.callback()
def program(version: Annotated[bool, version_option("maskloop")] = False) -> None:
    """Spends annotator time where it buys the best segmentation model."""


@app.command(context_settings=PASSED_ON, add_help_option=False)
def serve(arguments: Annotated[list[str] | None, typer.Argument(help="Options; see serve --help.")] = None) -> None:
    """Serve projects over gRPC."""
    check_server_installed("maskloop serve runs the server's program")
    hand_over("serve", arguments or [])


@app.command(context_settings=PASSED_ON, add_help_option=False)
def predict(arguments: Annotated[list[str] | None, typer.Argument(help="Options; see predict --help.")] = None) -> None:
    """Outline objects with a trained model: predict MODEL PICTURES... --out DIR."""
    check_server_installed("maskloop predict runs the server's program")
    hand_over("predict", arguments or [])


@app.command(context_settings=PASSED_ON, add_help_option=False)
def export_model(
    arguments: Annotated[list[str] | None, typer.Argument(help="Options; see export-model --help.")] = None,
) -> None:
    """Write a trained model for other programs: export-model MODEL --onnx FILE."""
    check_server_installed("maskloop export-model runs the server's program")
    hand_over("export-model", arguments or [])


@app.command(cls=Command)
def cost(table: Annotated[str, typer.Argument(help=f"One of {', '.join(TABLES)}.")]) -> None:
    """Print a cost table of the papers, every number computed."""
    from rich.console import Console

    from maskloop.cli.cost_tables import show_cost_table

    show_cost_table(Console(), cost_table(table))


@app.command(cls=Command)
def strategies() -> None:
    """List the ways of choosing images, with their options."""
    from rich.console import Console

    from maskloop.cli.strategies import show_strategies

    show_strategies(Console())


def report(
    project: Annotated[str, typer.Argument(help="Id of the project.")],
    *,
    endpoint: Endpoint,
    campaign: Annotated[str, typer.Option(help="Id of the campaign; not needed where there is one.")] = "",
    out: Annotated[Path | None, typer.Option(help="Folder to write; report-PROJECT without it.")] = None,
) -> None:
    """Write the budget-cost report of a live project: report.html and its numbers."""
    from rich.console import Console

    console, folder = Console(), out or Path(f"report-{project}")
    with console.status("asking the server"):
        from maskloop.client import Client, Retry  # what these import takes seconds
        from maskloop.loop.reporting.live_report import LiveProject

        with Client.at(endpoint, retry=Retry(patience_s=HEALTH_CHECK_S)) as client:
            LiveProject(client, project, campaign).write_report(folder, shlex.join(["maskloop", *sys.argv[1:]]))
    console.print(f"Report: {folder / 'report.html'}", soft_wrap=True, markup=False, highlight=False)


app.command(cls=Command)(reaches_server(report))
app.command(cls=Command, epilog=propose.EXAMPLES)(reaches_server(propose.propose, started=propose.STARTED))
app.command(cls=Command, epilog=web.EXAMPLES)(web.web)
app.command(cls=Command, epilog=formats.CONVERT_EXAMPLES)(formats.convert)
app.command("import", cls=Command, epilog=formats.IMPORT_EXAMPLES)(reaches_server(formats.import_))
app.command(cls=Command, epilog=formats.EXPORT_EXAMPLES)(reaches_server(formats.export))
app.command(cls=Command)(reaches_server(access.whoami))
app.command(cls=Command, epilog=access.AUDIT_EXAMPLES)(reaches_server(access.audit))
