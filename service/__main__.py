"""The server's program: `python -m service serve` and `python -m service predict`."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from maskloop.errors import MaskloopError
from service.config import load_config
from service.serve import serve as serve_until_stopped

app = typer.Typer(add_completion=False, no_args_is_help=True)
WRONG = 2  # exit code: the caller mends something


@app.callback()
def program() -> None:
    """The server, and predictions without one."""


@app.command()
def serve(  # noqa: PLR0917 - options, given by name
    config: Annotated[Path | None, typer.Option(help="TOML file; flags and MASKLOOP_* go before it.")] = None,
    address: Annotated[str | None, typer.Option(help="HOST:PORT or unix:PATH; port 0 takes a free one.")] = None,
    data_dir: Annotated[Path | None, typer.Option(help="Folder of all that the server keeps.")] = None,
    image_roots: Annotated[list[Path] | None, typer.Option("--image-root", help="Folder of file: uris.")] = None,
    device: Annotated[str | None, typer.Option(help="torch's name of a device, or auto.")] = None,
    threads: Annotated[int | None, typer.Option(help="torch threads on the CPU; 0 for torch's choice.")] = None,
    tls_cert: Annotated[Path | None, typer.Option(help="PEM certificate chain.")] = None,
    tls_key: Annotated[Path | None, typer.Option(help="PEM private key.")] = None,
    insecure: Annotated[bool | None, typer.Option("--insecure", help="Plaintext beyond loopback.")] = None,
    reflection: Annotated[bool | None, typer.Option(help="Answer gRPC reflection.")] = None,
    exit_with_parent: Annotated[
        bool | None, typer.Option("--exit-with-parent", help="Stop when standard input closes.")
    ] = None,
    log_level: Annotated[str | None, typer.Option(help="DEBUG, INFO, WARNING or ERROR.")] = None,
) -> None:
    """Serve projects over gRPC. Further keys, by file or environment, are in service/config.py."""
    given = {key: value for key, value in locals().items() if key != "config" and value not in (None, [])}
    _told(lambda: serve_until_stopped(load_config(config, given)))


def _told(command: Callable[[], None]) -> None:
    """Run a command; an error of Maskloop's own is told in one line."""
    try:
        command()
    except MaskloopError as error:
        print(f"maskloop: {error.message}", file=sys.stderr)
        sys.exit(WRONG)


if __name__ == "__main__":
    app()
