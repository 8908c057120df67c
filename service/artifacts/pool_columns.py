"""What strategies rank: the columns of a score table beside what the store knows of the images."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from maskloop.errors import FailedPrecondition
from maskloop.values import Category, Need, Strategy
from selection.pool import Floats, ObjectIous, Pool, RoundOutcome
from service.artifacts.image_file import ImageFile
from service.artifacts.imported_scores import read_imported
from service.artifacts.score_table import IOU_BRANCH, UNCERTAINTY, read_columns, read_object_ious

OF_THE_STORE = frozenset({Need.COUNTS, Need.COSTS, Need.DROPOUT})
"""What is known only of images that have no full label yet; a score table may hold others, labeled since."""


FOUND = "object_ious"
"""The column of a score table that tells how many objects the model found."""


@dataclass(frozen=True)
class Computed:
    """What a device computed for a ranking: of the images by id, and features (m, D) of the labeled ones."""

    features: dict[str, NDArray[np.float32]] | None = None
    dropout: dict[str, float] | None = None
    labeled_features: NDArray[np.float32] | None = None


@dataclass(frozen=True)
class PoolSources:
    """What a pool is gathered from, as of one moment.

    Args:
        categories: the vocabulary.
        images: pool images without a full label, with what the store knows of them; needed for counts and costs, and
            where there is no table.
        table: the score table, which says which images there are; `None` for all of `images`.
        imported: scores made elsewhere, which take the place of the table's; only images that have one are ranked.
        reviewed: whether the images' seconds are those of reviewing what the model found.
        labeled_images: how many the model has learnt from.
        rounds: what earlier rounds of the campaign bought, oldest first.
    """

    categories: tuple[Category, ...]
    images: tuple[ImageFile, ...]
    table: Path | None = None
    imported: Path | None = None
    reviewed: bool = False
    labeled_images: int = 0
    rounds: tuple[RoundOutcome, ...] = ()


def gather_pool(strategy: Strategy, sources: PoolSources, computed: Computed | None = None) -> Pool:
    """The pool with the columns that a strategy needs.

    Args:
        strategy: with its options.
        sources: where they lie.
        computed: what a device computed besides.

    Raises:
        PoolNotScored: the table, or imported scores, are not there.
        FailedPrecondition: the strategy asks for an IoU branch, and the network has none.
    """
    needs = strategy.needs
    columns = {} if sources.table is None else _sorted(read_columns(sources.table, _columns(strategy)))
    if strategy.uses_iou_branch:
        columns = _by_iou_branch(columns)
    if sources.imported is not None:
        columns = _with_imported(columns, read_imported(sources.imported))
    if columns and needs & OF_THE_STORE:
        columns = _among(columns, sources.images)
    ids = columns["image_id"] if columns else _names(sources.images)
    rows = _rows(ids, sources.images) if needs & {Need.COUNTS, Need.COSTS} else []
    made = computed or Computed()
    return Pool(
        ids=ids,
        scores=columns.get("score"),
        object_ious=_object_ious(ids, sources.table) if sources.table and Need.OBJECT_IOUS in needs else None,
        uncertainty={name: columns[name] for name in UNCERTAINTY if name in columns},
        features=columns.get("features") if made.features is None else _stacked(ids, made.features),
        labeled_features=made.labeled_features,
        dropout=None if made.dropout is None else _column(ids, made.dropout),
        counts=_counts(rows, sources.categories) if Need.COUNTS in needs else None,
        costs_s=_costs(rows, None if sources.reviewed else columns.get(FOUND)) if Need.COSTS in needs else None,
        labeled_images=sources.labeled_images,
        rounds=sources.rounds,
    )


def _columns(strategy: Strategy) -> list[str]:
    names = {strategy.name, *(part.name for _, part in strategy.parts())}
    measures = [name for name in UNCERTAINTY if name in names]
    features = ["features"] if Need.FEATURES in strategy.needs else []
    branch = [IOU_BRANCH] if strategy.uses_iou_branch else []
    return ["image_id", "score", *branch, *measures, *features, *([FOUND] if Need.COSTS in strategy.needs else [])]


def _sorted(columns: dict[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    """By id, as tables are written unless images joined that were scored before."""
    ids = columns["image_id"]
    if (ids[1:] > ids[:-1]).all():
        return columns
    order = np.argsort(columns["image_id"], kind="stable")
    return {name: values[order] for name, values in columns.items()}


def _by_iou_branch(columns: dict[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    """With the score that the network's IoU branch gives each image (Bellver et al., section 3.3 and eq. 2)."""
    branch = columns[IOU_BRANCH]
    if np.isnan(branch).any():
        raise FailedPrecondition(
            "scores=iou_branch: the active model has no IoU branch; one of recipe recurrent, compact or paper has",
            field="strategy.options",
        )
    return {**columns, "score": branch}


def _with_imported(columns: dict[str, NDArray[Any]], imported: dict[str, float]) -> dict[str, NDArray[Any]]:
    scores = [imported.get(image_id.decode(), math.nan) for image_id in columns["image_id"].tolist()]
    known = ~np.isnan(scores)
    kept = {name: values[known] for name, values in columns.items()}
    return {**kept, "score": np.array(scores)[known]}


def _among(columns: dict[str, NDArray[Any]], images: Sequence[ImageFile]) -> dict[str, NDArray[Any]]:
    kept = np.isin(columns["image_id"], _names(images))
    return {name: values[kept] for name, values in columns.items()}


def names_of(image_ids: Sequence[str]) -> NDArray[np.bytes_]:
    """Image ids as a pool holds them, ascending."""
    names = np.array(image_ids, dtype=np.bytes_)
    return np.sort(names) if len(names) else np.empty(0, dtype="S1")


def _names(images: Sequence[ImageFile]) -> NDArray[np.bytes_]:
    return names_of([image.image_id for image in images])


def _rows(ids: NDArray[np.bytes_], images: Sequence[ImageFile]) -> list[ImageFile]:
    known = {image.image_id: image for image in images}
    return [known[image_id.decode()] for image_id in ids.tolist()]


def _counts(rows: Sequence[ImageFile], categories: Sequence[Category]) -> NDArray[np.int32]:
    column = {category.id: place for place, category in enumerate(categories)}
    counts = np.full((len(rows), len(categories)), -1, dtype=np.int32)
    for row, image in enumerate(rows):
        if image.counts is not None:
            counts[row] = 0
            for category_id, objects in image.counts.by_category.items():
                counts[row, column[category_id]] = objects
    return counts


def _costs(rows: Sequence[ImageFile], objects_found: NDArray[np.int32] | None) -> Floats:
    """Seconds that a full label should take, (n,).

    Where nobody counted and people draw, the usual seconds go by how many objects the model found: a ratio estimate
    (Cochran, Sampling techniques, section 6.1) with one object added on both sides, since an image where none was found
    may hold some.
    """
    costs_s = np.array([row.cost_s for row in rows])
    uncounted = np.array([row.counts is None for row in rows], dtype=bool)
    if objects_found is None or not uncounted.any():
        return costs_s
    return np.where(uncounted, costs_s * (objects_found + 1) / (objects_found[uncounted].mean() + 1), costs_s)


def _object_ious(ids: NDArray[np.bytes_], table: Path) -> ObjectIous:
    """Of images that the table holds."""
    named, lengths, ious = read_object_ious(table)
    order = np.argsort(named, kind="stable")
    return ObjectIous(lengths.astype(np.int64), ious).taken(order[np.searchsorted(named[order], ids)])


def _stacked(ids: NDArray[np.bytes_], features: dict[str, NDArray[np.float32]]) -> NDArray[np.float32]:
    rows = [features[image_id.decode()] for image_id in ids.tolist()]
    return np.stack(rows) if rows else np.empty((0, 1), dtype=np.float32)


def _column(ids: NDArray[np.bytes_], values: dict[str, float]) -> Floats:
    return np.array([values[image_id.decode()] for image_id in ids.tolist()], dtype=np.float64)
