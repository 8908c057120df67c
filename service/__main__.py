"""The server's program: `python -m service serve` and `python -m service predict`.

Each command imports what it needs when it runs, so that `--help` and wrong options are answered at once.
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated

import typer

from maskloop.errors import MaskloopError
from service.input_files import check_files

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False, rich_markup_mode=None)
WRONG = 2  # exit code: the caller mends something


@app.command()
def serve(  # noqa: PLR0917 - options, given by name
    config: Annotated[Path | None, typer.Option(help="TOML file; options and MASKLOOP_* go before it.")] = None,
    address: Annotated[str | None, typer.Option(help="HOST:PORT or unix:PATH; 127.0.0.1:7443 if not given.")] = None,
    data_dir: Annotated[Path | None, typer.Option(help="Folder of all that the server keeps.")] = None,
    image_roots: Annotated[list[Path] | None, typer.Option("--image-root", help="Folder of file: uris.")] = None,
    device: Annotated[str | None, typer.Option(help="torch's name of a device, or auto.")] = None,
    threads: Annotated[int | None, typer.Option(help="torch threads on the CPU, 1 or more; 2 if not given.")] = None,
    tls_cert: Annotated[Path | None, typer.Option(help="PEM certificate chain.")] = None,
    tls_key: Annotated[Path | None, typer.Option(help="PEM private key.")] = None,
    insecure: Annotated[bool | None, typer.Option("--insecure", help="Plaintext beyond loopback.")] = None,
    reflection: Annotated[bool | None, typer.Option(help="Answer gRPC reflection.")] = None,
    exit_with_parent: Annotated[
        bool | None, typer.Option("--exit-with-parent", help="Stop when standard input closes.")
    ] = None,
    log_level: Annotated[str | None, typer.Option(help="DEBUG, INFO, WARNING or ERROR.")] = None,
) -> None:
    """Serve projects over gRPC. All keys, for the file and the environment too, are in docs/configuration.md."""
    flags: dict[str, object] = {
        "address": address,
        "data_dir": data_dir,
        "image_roots": image_roots or None,
        "device": device,
        "threads": threads,
        "tls_cert": tls_cert,
        "tls_key": tls_key,
        "insecure": insecure,
        "reflection": reflection,
        "exit_with_parent": exit_with_parent,
        "log_level": log_level,
    }
    _told(lambda: _serve(config, {key: value for key, value in flags.items() if value is not None}))
    _leave()


def _serve(config: Path | None, flags: Mapping[str, object]) -> None:
    from service.config import load_config
    from service.serve import serve as serve_until_stopped

    serve_until_stopped(load_config(config, flags))


@app.command()
def predict(
    model: Annotated[Path, typer.Argument(metavar="MODEL", help="A trained model (model.safetensors).")],
    images: Annotated[Path, typer.Argument(metavar="IMAGES", help="A picture, or a folder of pictures.")],
    out: Annotated[Path, typer.Option(help="Folder for predictions.coco.json and overlays/.")],
    counts: Annotated[
        Path | None,
        typer.Option(help='JSON: {"a.jpg": {"crack": 2, "rust": 1}, "b.jpg": {}}, objects of each category.'),
    ] = None,
    device: Annotated[str, typer.Option(help="torch's name of a device, or auto.")] = "auto",
) -> None:
    """Outline objects on pictures: a COCO file with predicted IoU as score, and overlays to look at.

    The counts file lists every picture by its name below IMAGES; a category that is not named is not there. A model
    whose recipe predicts classes needs none.
    """
    _told(lambda: _predict(model, images, counts, out, device))


def _predict(model: Path, images: Path, counts: Path | None, out: Path, device: str) -> None:
    check_files(model, images)
    from rich.progress import Progress

    from service.predict import predict as predict_all

    with Progress(transient=True) as bar:
        task = bar.add_task("outlining", total=1.0)
        pictures = predict_all(
            model, images, counts, out, device=device, progress=lambda share: bar.update(task, completed=share)
        )
    print(f"{pictures} pictures: {out / 'predictions.coco.json'}, {out / 'overlays'}")


def _leave() -> None:
    """End the process now: a workflow's thread may be asleep between two attempts at a step, for a minute and more.

    Nothing is lost by it: the step goes on when a server opens the data again, as after any other end.
    """
    logging.shutdown()
    sys.stdout.flush()
    os._exit(0)


def _told(command: Callable[[], None]) -> None:
    """Run a command; an error of Maskloop's own is told in one line."""
    try:
        command()
    except MaskloopError as error:
        print(f"maskloop: {error.message}", file=sys.stderr)
        sys.exit(WRONG)


if __name__ == "__main__":
    app(prog_name="maskloop")  # which hands these commands over
