"""The server's program: `maskloop serve`, `maskloop predict` and `maskloop export-model`, handed over to it.

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
from service.predict.names import DEFAULT, FORMATS

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False, rich_markup_mode=None)
WRONG = 2  # exit code: the caller mends something


@app.command()
def serve(  # noqa: PLR0917 - options, given by name
    config: Annotated[Path | None, typer.Option(help="TOML file; options and MASKLOOP_* go before it.")] = None,
    address: Annotated[str | None, typer.Option(help="HOST:PORT or unix:PATH; 127.0.0.1:7443 if not given.")] = None,
    data_dir: Annotated[Path | None, typer.Option(help="Folder of all that the server keeps.")] = None,
    new_database: Annotated[
        bool | None, typer.Option("--new-database", help="Begin an empty database beside older data.")
    ] = None,
    image_roots: Annotated[list[Path] | None, typer.Option("--image-root", help="Folder of file: uris.")] = None,
    weights_roots: Annotated[
        list[Path] | None, typer.Option("--weights-root", help="Folder that a recipe's weights may lie in.")
    ] = None,
    device: Annotated[str | None, typer.Option(help="torch's name of a device, or auto.")] = None,
    threads: Annotated[int | None, typer.Option(help="torch threads on the CPU, 1 or more; 2 if not given.")] = None,
    tls_cert: Annotated[Path | None, typer.Option(help="PEM certificate chain.")] = None,
    tls_key: Annotated[Path | None, typer.Option(help="PEM private key.")] = None,
    tls_client_roots: Annotated[Path | None, typer.Option(help="PEM authorities of clients' certificates.")] = None,
    insecure: Annotated[bool | None, typer.Option("--insecure", help="Plaintext beyond loopback.")] = None,
    web: Annotated[int | None, typer.Option(help="Port of the page where people label, on loopback.")] = None,
    tokens: Annotated[str | None, typer.Option(help="auto, or required: refuse calls without a token.")] = None,
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
        "new_database": new_database,
        "image_roots": image_roots or None,
        "weights_roots": weights_roots or None,
        "device": device,
        "threads": threads,
        "tls_cert": tls_cert,
        "tls_key": tls_key,
        "tls_client_roots": tls_client_roots,
        "insecure": insecure,
        "tokens": tokens,
        "web": web,
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
def predict(  # noqa: PLR0917 - options, given by name
    model: Annotated[Path, typer.Argument(metavar="MODEL", help="A trained model (model.safetensors).")],
    pictures: Annotated[list[Path], typer.Argument(metavar="PICTURES", help="Pictures, and folders of pictures.")],
    out: Annotated[Path, typer.Option(help="Folder of what is written; made if it is not there.")],
    formats: Annotated[
        list[str] | None,
        typer.Option("--format", help=f"{', '.join(FORMATS)}; several with commas. {DEFAULT} if none."),
    ] = None,
    polygons: Annotated[bool, typer.Option("--polygons/--rle", help="How the COCO file has its masks.")] = False,
    threshold: Annotated[
        float, typer.Option(min=0, max=1, help="Least predicted IoU of an object (confidence if not calibrated).")
    ] = 0.0,
    recursive: Annotated[bool, typer.Option("--recursive/--no-recursive", help="Look into folders below.")] = True,
    counts: Annotated[
        Path | None,
        typer.Option(help='JSON: {"a.jpg": {"crack": 2, "rust": 1}, "b.jpg": {}}, objects of each category.'),
    ] = None,
    device: Annotated[str, typer.Option(help="torch's name of a device, or auto.")] = "auto",
) -> None:
    """Outline the objects of pictures: overlays to look at, a COCO file, polygons, masks, and a summary by class.

    What cannot be read is passed over and listed at the end; the exit code is 0 unless nothing could be read.

    The counts file lists every picture by its name below its folder; a category that is not named is not there. A model
    whose recipe predicts classes needs none.
    """
    from service.predict.console import outline

    _told(
        lambda: outline(
            model,
            pictures,
            out,
            formats=formats or [],
            polygons=polygons,
            threshold=threshold,
            recursive=recursive,
            counts=counts,
            device=device,
        )
    )


@app.command()
def export_model(
    model: Annotated[Path, typer.Argument(metavar="MODEL", help="A trained model of the recipe pretrained.")],
    onnx: Annotated[Path, typer.Option(metavar="FILE", help="ONNX file to write.")],
) -> None:
    """Write a trained model for programs that have neither Maskloop nor torch.

    The file tells its classes, the picture's size, threshold and licence in its metadata. docs/onnx.md has the few
    lines of Python that use it.
    """
    from service.export_model import export_onnx

    _told(lambda: print(f"Written: {export_onnx(model, onnx)}"))


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
