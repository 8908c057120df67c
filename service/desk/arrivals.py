"""Images that come in, beside those that are there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from maskloop.errors import AlreadyExists, InvalidArgument
from maskloop.values import BoxesLabel, FullLabel, Image, ImageImport, PointsLabel, ScribblesLabel
from service.store import Transaction
from service.store.images import images_by_name


@dataclass(frozen=True)
class Arrival:
    """An image that passed all checks that can be made without the store."""

    image: Image
    label: FullLabel | BoxesLabel | PointsLabel | ScribblesLabel | None


def check_names(images: Sequence[ImageImport]) -> None:
    """Raises InvalidArgument where two images of one import have one name."""
    seen: set[str] = set()
    for imported in images:
        if imported.file_name in seen:
            raise InvalidArgument(f"image {imported.file_name} comes twice in one import", field="images.file_name")
        seen.add(imported.file_name)


def known_images(tx: Transaction, project_id: str, arrivals: Sequence[Arrival]) -> dict[str, Image]:
    """Those that are there already, by file name.

    Raises:
        AlreadyExists: one comes with another content or split.
    """
    there = images_by_name(tx, project_id, [arrival.image.file_name for arrival in arrivals])
    for arrival in arrivals:
        _check_same(there.get(arrival.image.file_name), arrival.image)
    return there


def _check_same(known: Image | None, image: Image) -> None:
    if known is None:
        return
    for what, there, here in (("content", known.sha256, image.sha256), ("split", known.split, image.split)):
        if there != here:
            raise AlreadyExists(
                f"image {image.file_name} is there already with another {what} ({there}, not {here})",
                field="images.file_name",
            )
