"""Hard candidates as a file: numpy's own format, data only; and the first of each cluster to look at."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from maskloop.errors import InvalidArgument, ModelNotFound
from maskloop.formats.files import write_atomically
from maskloop.values import Category, HardCandidate
from selection.hard_ood import HardOod, probabilities

ARRAYS = ("ids", "features", "clusters", "head", "labeled_features")


def write_hard_ood(path: Path, hard: HardOod) -> None:
    """Write the candidates to `path`, whole or not at all.

    Raises:
        StorageFull: the disk is full; what was at `path` is kept.
    """
    told = json.dumps([[category.id, category.name] for category in hard.categories])
    buffer = io.BytesIO()
    np.savez(buffer, categories=np.array(told), **{name: getattr(hard, name) for name in ARRAYS})
    write_atomically(path, buffer.getvalue())


def read_hard_ood(path: Path) -> HardOod:
    """The candidates that `write_hard_ood` wrote.

    Raises:
        ModelNotFound: there is no file at `path`.
        InvalidArgument: the file is damaged.
    """
    if not path.is_file():
        raise ModelNotFound(f"there are no hard candidates at {path}", path=path)
    try:
        with np.load(path, allow_pickle=False) as file:
            categories = tuple(Category(id_, name) for id_, name in json.loads(str(file["categories"])))
            return HardOod(categories, **{name: file[name] for name in ARRAYS})
    except (OSError, EOFError, KeyError, TypeError, ValueError, zipfile.BadZipFile) as error:
        raise InvalidArgument(f"{path} is damaged: {error}", path=path) from error


def list_hard(path: Path, per_cluster: int) -> Sequence[HardCandidate]:
    """Of each cluster that a classifier found, the candidates of highest probability, cluster by cluster.

    Args:
        path: of a file that `write_hard_ood` wrote.
        per_cluster: so many of each at most.
    """
    hard = read_hard_ood(path)
    likelihoods = probabilities(hard.features, hard.head)
    order = np.lexsort((-likelihoods.max(axis=1, initial=0), hard.clusters))
    first = np.searchsorted(hard.clusters[order], hard.clusters[order])
    rows = order[np.arange(len(order)) - first < per_cluster]
    return [_candidate(hard, row, likelihoods[row], hard.categories) for row in rows.tolist()]


def _candidate(hard: HardOod, row: int, likelihoods: Any, categories: Sequence[Category]) -> HardCandidate:
    likeliest = int(likelihoods.argmax())
    return HardCandidate(
        hard.ids[row].decode(), categories[likeliest].id, float(likelihoods[likeliest]), int(hard.clusters[row])
    )
