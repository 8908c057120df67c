"""`maskloop`: serve, predict. Both run in the server's own process, which has the network."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

app = typer.Typer(
    add_completion=False, no_args_is_help=True, help="Spends annotator time where it buys the best segmentation model."
)
PASSED_ON = {"ignore_unknown_options": True, "allow_extra_args": True, "help_option_names": []}


@app.command(context_settings=PASSED_ON, add_help_option=False)
def serve(arguments: Annotated[list[str] | None, typer.Argument(help="Options; see serve --help.")] = None) -> None:
    """Serve projects over gRPC."""
    _hand_over("serve", arguments)


@app.command(context_settings=PASSED_ON, add_help_option=False)
def predict(arguments: Annotated[list[str] | None, typer.Argument(help="Options; see predict --help.")] = None) -> None:
    """Outline objects with a trained model: predict MODEL IMAGES --counts FILE --out DIR."""
    _hand_over("predict", arguments)


def _hand_over(command: str, arguments: list[str] | None) -> None:
    """Become the server's program, so that signals and exit codes are its own.

    PYTHONSAFEPATH: a folder called `service` where the command was given is not ours.
    """
    program = [sys.executable, "-m", "service", command, *(arguments or [])]
    os.execve(sys.executable, program, {**os.environ, "PYTHONSAFEPATH": "1"})


def main() -> None:
    """Entry point of `maskloop`."""
    app()
