"""Rows of images."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.engine import Row

from maskloop.errors import ImageNotFound
from maskloop.values import Image, Split
from service.store.database.database import Transaction
from service.store.pagination import Page, PageRequest
from service.store.pool_ids import ids_of_split
from service.store.tables import images

CHUNK = 500  # names in one IN (...); SQLite takes 32,766, smaller statements are cached better

_BY_ID = select(images).where(
    images.c.project_id == bindparam("project_id"), images.c.id.in_(bindparam("ids", expanding=True))
)
_BY_NAME = select(images).where(
    images.c.project_id == bindparam("project_id"), images.c.file_name.in_(bindparam("names", expanding=True))
)


def insert_images(tx: Transaction, new: Sequence[Image]) -> None:
    """Add images whose ids and names are new to their project."""
    if new:
        tx.execute(insert(images), [_row(image) for image in new])


def get_image(tx: Transaction, project_id: str, image_id: str) -> Image:
    """Read an image.

    Raises:
        ImageNotFound: there is none of that id in the project.
    """
    return get_images(tx, project_id, [image_id])[image_id]


def get_images(tx: Transaction, project_id: str, image_ids: Iterable[str]) -> dict[str, Image]:
    """Read images by id.

    Raises:
        ImageNotFound: one of them is not in the project.
    """
    by_id: dict[str, Image] = {}
    wanted = list(image_ids)
    for ids in chunks(wanted):
        rows = tx.execute(_BY_ID, {"project_id": project_id, "ids": ids})
        by_id.update((row.id, image_of(row)) for row in rows)
    for image_id in wanted:
        if image_id not in by_id:
            raise ImageNotFound(f"project {project_id} has no image {image_id!r}", field="image_id")
    return by_id


def images_by_name(tx: Transaction, project_id: str, file_names: Iterable[str]) -> dict[str, Image]:
    """Those of the file names that are there already, with their images as they were brought in: labels may have moved
    them to another split since."""
    by_name: dict[str, Image] = {}
    for names in chunks(list(file_names)):
        rows = tx.execute(_BY_NAME, {"project_id": project_id, "names": names})
        by_name.update((row.file_name, replace(image_of(row), split=Split(row.imported_split))) for row in rows)
    return by_name


def list_images(tx: Transaction, project_id: str, split: Split | None, page: PageRequest) -> Page[Image]:
    """A project's images by id; of one split, or all."""
    query = select(images).where(images.c.project_id == project_id, images.c.id > page.after)
    if split is not None:
        query = query.where(images.c.split == split)
    rows = tx.execute(query.order_by(images.c.id).limit(page.size + 1)).all()
    return page.cut([image_of(row) for row in rows], [row.id for row in rows])


def image_ids(tx: Transaction, project_id: str, split: Split) -> list[str]:
    """Ids of all images of a split, sorted."""
    return [image_id.decode() for image_id in ids_of_split(tx, project_id, split).tolist()]


def set_split(tx: Transaction, project_id: str, image_ids: Sequence[str], split: Split) -> None:
    """Move images to a split."""
    for ids in chunks(image_ids):
        tx.execute(update(images).where(images.c.project_id == project_id, images.c.id.in_(ids)).values(split=split))


def image_of(row: Row[Any]) -> Image:
    """The image a row of the table tells."""
    return Image(
        id=row.id,
        project_id=row.project_id,
        file_name=row.file_name,
        uri=row.uri,
        width=row.width,
        height=row.height,
        sha256=row.sha256,
        split=Split(row.split),
    )


def chunks(items: Sequence[str]) -> Iterable[Sequence[str]]:
    """The items in pieces that fit into one statement."""
    for start in range(0, len(items), CHUNK):
        yield items[start : start + CHUNK]


def _row(image: Image) -> dict[str, object]:
    return {
        "id": image.id,
        "project_id": image.project_id,
        "file_name": image.file_name,
        "uri": image.uri,
        "width": image.width,
        "height": image.height,
        "sha256": image.sha256,
        "split": str(image.split),
        "imported_split": str(image.split),
    }
