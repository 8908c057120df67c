"""`maskloop convert`, `import` and `export`: data sets from one format to another, into a project, and out of one."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from maskloop.address import Endpoint
from maskloop.errors import InvalidArgument
from maskloop.formats.bad_entries import OnBad

if TYPE_CHECKING:
    from rich.console import Console

    from maskloop.formats.datasets import Dataset, DatasetImage
    from maskloop.formats.tools.writing import Outlines
    from maskloop.values import SupervisionKind

NAMES = "coco, yolo, yolo-boxes, labelme, cvat, labelstudio, voc, datumaro, png-instances, png-semantic"
SHOW_AFTER_S = 2.0
MOST_SHOWN = 20


FROM = typer.Argument(metavar="FROM:PLACE", help=f"Format and folder, or FILE,IMAGES. Formats: {NAMES}.")
TO = typer.Argument(metavar="TO:DIR", help="Format and a new folder.")
POLYGONS = typer.Option("--polygons", metavar="", help="Write masks as polygons along pixel borders.")
RLE = typer.Option("--rle", metavar="", help="Write masks as runs or pixels.")
ON_BAD = typer.Option(help="What becomes of bad entries: stop, or skip and list them.", metavar="stop|skip")
PROJECT = typer.Option(help="Id of the project.")
MARKS = "as a JSON file of LabelMe's shapes by file name. Outlines and boxes say more: images that have them keep them."
WITHOUT_PICTURES = ", without the pictures, which --images copies"
SEED = typer.Option(help="Draws the test images where the data does not name them.")

CONVERT_EXAMPLES = """\
Examples: maskloop convert coco:bridges yolo:bridges-yolo;
maskloop convert cvat:annotations.xml,photos labelme:bridges-labelme --on-bad skip
"""
IMPORT_EXAMPLES = "Example: maskloop import yolo:bridges --server 127.0.0.1:7443 --project bridges"
EXPORT_EXAMPLES = "Example: maskloop export cvat:out --server 127.0.0.1:7443 --project bridges --images"


def convert(
    source: Annotated[str, FROM],
    to: Annotated[str, TO],
    *,
    polygons: Annotated[bool, POLYGONS] = False,
    rle: Annotated[bool, RLE] = False,
    on_bad: Annotated[OnBad, ON_BAD] = OnBad.STOP,
    images: Annotated[bool, typer.Option("--images/--no-images", help="Copy the pictures too.", metavar="")] = True,
    seed: Annotated[int, SEED] = 0,
) -> None:
    """Write a data set in another format."""
    from rich.console import Console

    from maskloop.datasets.convert import check_empty, check_outlines, write_dataset
    from maskloop.datasets.formats import find_source, split_spec
    from maskloop.formats.datasets import DatasetImage

    console = Console()
    found, (into, place) = find_source(source, "FROM"), split_spec(to, "TO")
    way = check_outlines(into, _asked(polygons, rle))
    check_empty(Path(place))
    dataset = _read(console, found.read, seed, on_bad)
    read = DatasetImage.read if images else None
    with _bar(console, "writing", len(dataset.images)) as done:
        lost = write_dataset(dataset, into, Path(place), way, read=read, done=done)
    _tell_written(console, to, dataset, lost, pictures=read is not None)


def import_(
    source: Annotated[str, FROM],
    *,
    project: Annotated[str, PROJECT],
    endpoint: Endpoint,
    test: Annotated[bool, typer.Option("--test/--no-test", help="Keep its test images apart.", metavar="")] = True,
    points: Annotated[Path | None, typer.Option(help=f"Points on its images, {MARKS}")] = None,
    scribbles: Annotated[Path | None, typer.Option(help=f"Strokes on its images, {MARKS}")] = None,
    on_bad: Annotated[OnBad, ON_BAD] = OnBad.STOP,
    seed: Annotated[int, SEED] = 0,
) -> None:
    """Bring images and their labels into a project, which is made where it is not there."""
    from rich.console import Console

    from maskloop.cli.maskloop import HEALTH_CHECK_S
    from maskloop.client import Client, Retry
    from maskloop.datasets.formats import find_source
    from maskloop.datasets.marks import read_beside
    from maskloop.datasets.projects import import_dataset, without_test

    console = Console()
    found = find_source(source, "FROM")
    with Client.at(endpoint, retry=Retry(patience_s=HEALTH_CHECK_S)) as client:
        client.check_health()
        dataset = _read(console, found.read, seed, on_bad)
        dataset = dataset if test else without_test(dataset)
        marks = read_beside(dataset, points, scribbles)
        with _bar(console, "importing", len(dataset.images)) as done:
            came = import_dataset(client, project, dataset, done, marks)
    known = [f"{came.boxes} of them with boxes"] * bool(came.boxes)
    known += [f"{came.marked} with points or strokes"] * bool(came.marked)
    _say(
        console,
        f"Project {project}: {came.test} to test on, {came.train} to learn from, {came.pool} to be labeled"
        f"{''.join('; ' + each for each in known)}.",
    )


def export(
    to: Annotated[str, TO],
    *,
    project: Annotated[str, PROJECT],
    endpoint: Endpoint,
    polygons: Annotated[bool, POLYGONS] = False,
    rle: Annotated[bool, RLE] = False,
    images: Annotated[bool, typer.Option("--images/--no-images", help="Copy the pictures too.", metavar="")] = False,
) -> None:
    """Write a project's labels."""
    from rich.console import Console

    from maskloop.cli.maskloop import HEALTH_CHECK_S
    from maskloop.client import Client, Retry
    from maskloop.datasets.projects import read_marks, read_project

    console = Console()
    with Client.at(endpoint, retry=Retry(patience_s=HEALTH_CHECK_S)) as client:
        with console.status("asking the server"):
            dataset, kept = read_project(client, project)
            marks = read_marks(client, project)

        def read(image: DatasetImage) -> bytes:
            return client.read_image(project_id=project, image_id=kept[image.file_name].id)

        write_project(console, to, dataset, marks, polygons=polygons, rle=rle, read=read if images else None)


def write_project(
    console: Console,
    to: str,
    dataset: Dataset,
    marks: Mapping[SupervisionKind, bytes],
    *,
    polygons: bool,
    rle: bool,
    read: Callable[[DatasetImage], bytes] | None,
) -> None:
    """Write a project's labels to `FORMAT:DIR`, with their pictures if `read` reads them, and its `marks` beside it."""
    from maskloop.datasets.convert import check_empty, check_outlines, write_dataset
    from maskloop.datasets.formats import split_spec
    from maskloop.formats.files import write_all_atomically

    into, place = split_spec(to, "TO")
    way = check_outlines(into, _asked(polygons, rle))
    beside = {Path(f"{place.rstrip('/')}.{kind}.json"): document for kind, document in marks.items()}
    check_empty(Path(place))
    if there := next((path for path in beside if path.exists()), None):
        raise InvalidArgument(f"{there} is there already; name another folder", field="to")
    with _bar(console, "writing", len(dataset.images)) as done:
        lost = write_dataset(dataset, into, Path(place), way, read=read, done=done)
    write_all_atomically(beside)
    _tell_written(console, to, dataset, lost, pictures=read is not None)
    for kind, path in zip(marks, beside, strict=True):
        _say(console, f"Wrote {path}: {kind}, which no data set's format holds, as shapes of LabelMe by file name.")


def _asked(polygons: bool, rle: bool) -> Outlines | None:
    from maskloop.formats.tools.writing import Outlines

    if polygons and rle:
        raise InvalidArgument("--polygons and --rle: one of both", field="polygons")
    return Outlines.POLYGONS if polygons else Outlines.RLE if rle else None


def _read(console: Console, read: Callable[..., Dataset], seed: int, on_bad: OnBad) -> Dataset:
    from maskloop.formats.tools.writing import boxed_alone
    from maskloop.pages.wording import say_count

    with console.status("reading"):
        dataset = read(seed, on_bad)
    objects = sum(len(image.objects) for image in dataset.images)
    boxes = sum(len(boxed_alone(image)) for image in dataset.images)
    unlabeled = sum(1 for image in dataset.images if not image.is_labeled and image.boxes is None)
    also = [f"{boxes} boxed alone"] * bool(boxes) + [f"{unlabeled} without a label"] * bool(unlabeled)
    _say(
        console,
        f"Read {say_count(len(dataset.images), 'image')} with "
        + ", ".join([say_count(objects, "outlined object"), *also])
        + f"; {len(dataset.train)} for training, {len(dataset.test)} for testing ({dataset.split_from}).",
    )
    _list(console, "Passed over", [f"{each.name}: {each.why}" for each in dataset.passed_over])
    return dataset


def _tell_written(console: Console, to: str, dataset: Dataset, lost: Sequence[str], *, pictures: bool) -> None:
    from maskloop.pages.wording import say_count

    _list(console, "Not held by this format", lost)
    labeled = sum(1 for image in dataset.images if image.is_labeled or image.boxes is not None)
    _say(console, f"Wrote {to}: {say_count(labeled, 'labeled image')}{'' if pictures else WITHOUT_PICTURES}.")


def _list(console: Console, heading: str, lines: Sequence[str]) -> None:
    if lines:
        _say(console, f"{heading}:")
        for line in lines[:MOST_SHOWN]:
            _say(console, f"  {line}")
        if len(lines) > MOST_SHOWN:
            _say(console, f"  and {len(lines) - MOST_SHOWN} more")


def _say(console: Console, line: str) -> None:
    console.print(line, soft_wrap=True, markup=False, highlight=False)


@contextmanager
def _bar(console: Console, what: str, total: int) -> Iterator[Callable[[int], None]]:
    """A bar that shows what takes longer than `SHOW_AFTER_S`; it is told how many images are done."""
    from rich.progress import Progress

    bar = Progress(console=console, transient=True)
    task = bar.add_task(what, total=total)
    begun = time.monotonic()

    def done(images: int) -> None:
        bar.update(task, completed=images)
        if time.monotonic() - begun > SHOW_AFTER_S and console.is_terminal:
            bar.start()

    try:
        yield done
    finally:
        if bar.live.is_started:
            bar.stop()
