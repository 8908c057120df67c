"""The images of a run's data, brought in to its project."""

from __future__ import annotations

from collections.abc import Sequence, Set
from pathlib import Path

from maskloop.client import Client
from maskloop.datasets.read import Data
from maskloop.errors import FailedPrecondition, InvalidDataset, InvalidImage
from maskloop.formats.bad_entries import PassedOver
from maskloop.loop.progress import Progress
from maskloop.pages.wording import say_count, say_passed_over
from maskloop.values import Image

MOST_NAMED = 5


def _check_lacks_none(data: Data, known: Set[str], names: Set[str]) -> None:
    """Raises FailedPrecondition where the data lacks images that were brought in before."""
    if gone := sorted(known - names):
        why = {each.name: f" ({each.why})" for each in data.dataset.passed_over}
        listed = ", ".join(f"{name}{why.get(name, '')}" for name in gone[:MOST_NAMED])
        more = ", ..." if len(gone) > MOST_NAMED else ""
        raise FailedPrecondition(
            f"the data lacks {say_count(len(gone), 'image')} of this run: {listed}{more}; put them back as they were",
            field="data",
        )


def import_images(
    client: Client, project_id: str, data: Data, *, is_lenient: bool, progress: Progress, referred: Sequence[Path]
) -> list[Image]:
    """Bring in what is not there yet. Where one is lenient, a picture that does not decode is passed over: its header
    says nothing of that, and only the server reads all of it.

    Raises:
        FailedPrecondition: the data lacks images that were brought in before.
        InvalidDataset: no picture can be read.
    """
    names = {image.file_name for image in (*data.test, *data.pool, *data.candidates)}
    there = list(client.list_images(project_id=project_id))
    known = {image.file_name for image in there}
    if known == names:
        return there
    _check_lacks_none(data, known, names)
    broken: list[PassedOver] = []

    def taken(images: int) -> None:
        progress.share("import", images / len(names - known), f"{images} of {len(names - known)} images")

    def note_broken(name: str, error: InvalidImage) -> None:
        broken.append(PassedOver(name, error.message))

    refused = note_broken if is_lenient else None
    images = data.imports(referred, without=known, refused=refused)
    there += client.import_images(project_id=project_id, images=images, taken=taken, refused=refused)
    if not there:
        raise InvalidDataset(f"no picture can be read; the first: {broken[0].why}", field="data")
    if broken:
        progress.note(say_passed_over(broken))
    return there
