"""Pools of millions of images, made in chunks, that know what a strategy needs and no more."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
from numpy.typing import NDArray

from maskloop.values import Need
from selection.pool import ObjectIous, Pool

CHUNK = 100_000
DIMENSIONS = 128
GROUPS = 200
LABELED = 200


def pool_for(needs: Collection[Need], size: int) -> Pool:
    """Features are 200 groups of unlike size, each round about its centre; all else is uniform."""
    rng = np.random.default_rng(size)
    with_features = bool({Need.FEATURES, Need.COLD_FEATURES} & set(needs))
    return Pool(
        ids=np.concatenate([_ids(start, min(CHUNK, size - start)) for start in range(0, size, CHUNK)]),
        scores=rng.random(size),
        uncertainty={"entropy": rng.random(size)},
        dropout=rng.random(size) / 2 if Need.DROPOUT in needs else None,
        object_ious=_object_ious(size) if Need.OBJECT_IOUS in needs else None,
        costs_s=rng.uniform(20, 2000, size) if Need.COSTS in needs else None,
        counts=rng.integers(0, 3, (size, 5), dtype=np.int32) if Need.COUNTS in needs else None,
        features=_features(size) if with_features else None,
        labeled_features=_features(LABELED, 1) if Need.LABELED_FEATURES in needs else None,
        labeled_images=LABELED,
    )


def _object_ious(size: int) -> ObjectIous:
    """Of 1 to 8 proposals an image."""
    rng = np.random.default_rng((3, size))
    lengths = rng.integers(1, 8, size, endpoint=True)
    return ObjectIous(lengths, rng.random(lengths.sum()))


def _ids(start: int, count: int) -> NDArray[np.bytes_]:
    return np.array([f"{place:016x}".encode() for place in range(start, start + count)])


def _features(count: int, seed: int = 0) -> NDArray[np.float32]:
    centres = 2 * np.random.default_rng(0).standard_normal((GROUPS, DIMENSIONS), np.float32)
    rng = np.random.default_rng((2, seed))
    made = np.empty((count, DIMENSIONS), np.float32)
    for start in range(0, count, CHUNK):
        chunk = made[start : start + CHUNK]
        rng.standard_normal(out=chunk, dtype=np.float32)
        chunk += centres[(GROUPS * rng.random(len(chunk)) ** 2).astype(np.int64)]
    return made
