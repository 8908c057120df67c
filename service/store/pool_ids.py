"""Ids of a whole pool, told by the database as one text: a row object for each would take most of the time.

The database writes the text while other threads run; a loop over a million rows would stand in their way.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Select, func, literal_column, select

from maskloop.values import LABEL_KINDS, MARKS, Counts, ImageLevelLabel, Split, SupervisionKind
from service.store.database.database import Transaction
from service.store.tables import IS_CURRENT, images, labels

NEW_LINE = ord("\n")
TELLING_EMPTY = (*MARKS, Counts.kind, ImageLevelLabel.kind)
"""The kinds of labels beside full ones that may say of a pool image that it holds nothing, the better one first."""

Ids = NDArray[np.bytes_]


def ids_of_split(tx: Transaction, project_id: str, split: Split) -> Ids:
    """Ids of all images of a split, (n,) bytes, ascending."""
    return _read(tx, select(images.c.id).where(images.c.project_id == project_id, images.c.split == split))


def needless_ids(tx: Transaction, project_id: str, kind: SupervisionKind) -> Ids:
    """Ids of images that need no label of a kind (any more): labeled, or known to hold nothing if it tells how many.

    (n,) bytes, ascending; an id may come several times.
    """
    content = LABEL_KINDS[kind]
    of_kinds = select(labels.c.image_id).where(labels.c.project_id == project_id, IS_CURRENT)
    queries = [of_kinds.where(labels.c.kind == other.value) for other in content.done_by]
    if content.tells_how_many:
        queries += [_told_empty(project_id, place) for place in range(len(TELLING_EMPTY))]
    return _ascending(np.concatenate([_read(tx, query) for query in queries]))


def _told_empty(project_id: str, place: int) -> Select[Any]:
    """Images that labels of the kind at a place of `TELLING_EMPTY` say hold nothing, and that have none of a better
    kind."""
    better = labels.alias("better")
    better_kinds = [kind.value for kind in TELLING_EMPTY[:place]]
    has_better = select(better.c.id).where(
        better.c.project_id == labels.c.project_id,
        better.c.image_id == labels.c.image_id,
        better.c.kind.in_(better_kinds),
        better.c.superseded_by == literal_column("''"),
    )
    return select(labels.c.image_id).where(
        labels.c.project_id == project_id,
        labels.c.kind == TELLING_EMPTY[place].value,
        labels.c.objects_present == 0,
        IS_CURRENT,
        *([~has_better.exists()] if better_kinds else []),
    )


def _read(tx: Transaction, query: Select[Any]) -> Ids:
    """The ids that a query of one column tells, ascending."""
    (column,) = query.subquery().c
    text: str | None = tx.execute(select(func.aggregate_strings(column, "\n"))).scalar_one()
    return np.empty(0, dtype="S1") if text is None else _ascending(_lines(text))


def _lines(text: str) -> Ids:
    """The lines of a text, as wide as the longest; shorter ones are padded with zeros."""
    letters = np.frombuffer(f"{text}\n".encode(), dtype=np.uint8)
    lengths = np.diff(np.flatnonzero(letters == NEW_LINE), prepend=-1) - 1
    width = max(1, int(lengths.max()))
    if (lengths == width).all():
        return np.ascontiguousarray(letters.reshape(-1, width + 1)[:, :width]).view(f"S{width}")[:, 0]
    padded = np.zeros((len(lengths), width), dtype=np.uint8)
    padded[np.arange(width) < lengths[:, None]] = letters[letters != NEW_LINE]
    return padded.view(f"S{width}")[:, 0]


def _ascending(ids: Ids) -> Ids:
    return ids if (ids[1:] >= ids[:-1]).all() else np.sort(ids)
