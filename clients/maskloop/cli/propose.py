"""`maskloop propose`: masks for a folder of photographs of which people have said what they hold."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from maskloop.address import Endpoint
from maskloop.cli.errors import check_server_installed, resumable
from maskloop.errors import InvalidArgument
from maskloop.spelling import did_you_mean
from models.class_maps.recipe import METHODS, REFINEMENTS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rich.console import Console

    from maskloop.class_labels.photos import Photos
    from maskloop.class_labels.proposing import Proposed

SAFE = "What was done is kept."
STARTED = "one is started in OUT where not given"
EXAMPLES = """\
Examples: maskloop propose bridges --method advcam;
maskloop propose bridges --labels labels.json --outlines some.json --out masks
"""


def propose(
    folder: Annotated[
        Path, typer.Argument(metavar="FOLDER", help="Photographs; subfolders named after classes, or see --labels.")
    ],
    *,
    labels: Annotated[
        Path | None,
        typer.Option(help='Class labels, JSON: {"a.jpg": ["crack", "rust"], "b.jpg": []}. Others are unlabeled.'),
    ] = None,
    classes: Annotated[str, typer.Option(help="Only these classes, or subfolders: crack,rust.")] = "",
    empty: Annotated[str, typer.Option(help="Subfolder of images that hold none of the classes.")] = "",
    outlines: Annotated[
        Path | None, typer.Option(help="COCO file that outlines some of the images, to find threshold and scores by.")
    ] = None,
    recipe: Annotated[str, typer.Option(help="Training recipe: class_maps[,OPTION=VALUE,...].")] = "class_maps",
    method: Annotated[
        str, typer.Option(help=f"How class maps are made: {', '.join(METHODS)}. The recipe's where not given.")
    ] = "",
    refine: Annotated[
        str, typer.Option(help=f"How maps are refined: {', '.join(REFINEMENTS)}. The recipe's where not given.")
    ] = "",
    out: Annotated[
        Path | None, typer.Option(help="Folder to write, and to go on in; proposals-FOLDER where not given.")
    ] = None,
    endpoint: Endpoint | None,
    seed: Annotated[int, typer.Option(help="Seed of the training.")] = 0,
    device: Annotated[str, typer.Option(help="Where it trains: auto, cpu, cuda, cuda:N.")] = "auto",
) -> None:
    """Propose masks for photographs by class labels alone: proposals.json (COCO), pictures, and the network.

    A classifier learns from the labels which classes images hold, and its class maps become masks. Images without a
    label get those of the classes that it sees in them. The same command goes on where it was stopped.
    """
    from maskloop.class_labels.options import Options  # the command's help needs none of it
    from maskloop.class_labels.photos import Asked

    options = Options(recipe, method, refine, seed, device, "" if endpoint is None else endpoint.address)
    names = tuple(filter(None, (name.strip() for name in classes.split(","))))
    asked = Asked(folder, labels, names, empty, outlines, out or Path(f"proposals-{folder.resolve().name}"))
    if endpoint is None:
        _check_known("method", method, METHODS)
        _check_known("refine", refine, REFINEMENTS)
        check_server_installed("maskloop propose without --server starts a server")
    with resumable(asked.out / "server.log", ["maskloop", *sys.argv[1:]], SAFE):
        from rich.console import Console

        console = Console()
        with console.status("starting"):  # what these import takes seconds
            from maskloop.class_labels.run import Run
            from maskloop.loop.progress import progress_on
        with progress_on(console, time.monotonic) as progress:
            photos, proposed = Run(asked, options, progress, endpoint).start()
    _tell(console, photos, proposed, asked.out)


def _check_known(option: str, value: str, known: Sequence[str]) -> None:
    """Refuse at once what this installation's server would: one elsewhere may know more, and says so itself."""
    if value and value not in known:
        raise InvalidArgument(
            f"--{option} {value!r} is none of {', '.join(known)}{did_you_mean(value, known)}", field=option
        )


def _tell(console: Console, photos: Photos, proposed: Proposed, out: Path) -> None:
    from rich.table import Table
    from rich.text import Text

    from maskloop.class_labels.results import MODEL_FILE, PICTURES_FOLDER, PROPOSALS_FILE
    from maskloop.class_labels.summary import figures_of, say_head, say_images, say_whole_pictures
    from maskloop.pages.wording import say_number

    table = Table()
    table.add_column("class", overflow="fold")
    for heading in ("labeled\nimages", "masks", "images\nwith masks", "mean\nscore"):
        table.add_column(heading, justify="right")
    for each in figures_of(photos, proposed):
        numbers = map(str, (each.labeled, each.masks, each.images))
        table.add_row(Text(each.name), *numbers, say_number(each.mean_score))
    places = f"Masks: {out / PROPOSALS_FILE}. Pictures: {out / PICTURES_FOLDER}. Network: {out / MODEL_FILE}."
    _print(console, [say_images(photos, proposed)])
    console.print(table)
    _print(console, filter(None, [say_whole_pictures(photos, proposed), say_head(proposed.model), places]))


def _print(console: Console, sentences: Iterable[str]) -> None:
    for sentence in sentences:
        console.print(sentence, soft_wrap=True, markup=False, highlight=False)
