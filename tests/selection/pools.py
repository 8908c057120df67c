"""Small pools that know everything any strategy needs."""

from __future__ import annotations

import numpy as np

from selection.pool import ObjectIous, Pool, RoundOutcome

MEASURES = ("entropy", "margin", "least_confidence")


def pool_of(
    count: int, seed: int = 0, *, dimensions: int = 4, labeled: int = 5, categories: int = 3, equal: bool = False
) -> Pool:
    """`count` images im000, im001, ...; where `equal`, nothing tells one from another.

    All numbers are multiples of 1/16, so that sums and differences are exact and ties are frequent.
    """
    rng = np.random.default_rng(seed)

    def column(low: int, high: int) -> np.ndarray:
        return np.full(count, high / 16) if equal else rng.integers(low, high, count, endpoint=True) / 16

    proposals = np.full(count, 2) if equal else rng.integers(0, 5, count)
    counts = rng.integers(0, 4, (count, categories), dtype=np.int32)
    counts[rng.random(count) < 0.2] = -1
    features = rng.integers(-8, 8, (count, dimensions)).astype(np.float32)
    return Pool(
        ids=np.array([f"im{place:04}".encode() for place in range(count)], dtype="S6"),
        scores=column(0, 16),
        uncertainty={measure: column(0, 16) for measure in MEASURES},
        dropout=column(0, 8),
        features=np.ones_like(features) if equal else features,
        labeled_features=rng.integers(-8, 8, (labeled, dimensions)).astype(np.float32),
        counts=np.ones_like(counts) if equal else counts,
        costs_s=column(1, 4000),
        labeled_images=labeled,
        object_ious=ObjectIous(
            proposals, rng.integers(8 if equal else 0, 8 if equal else 16, proposals.sum(), endpoint=True) / 16
        ),
        rounds=(RoundOutcome((0.25, 0.5), 0.02, 700.0), RoundOutcome((0.5, 0.75), 0.01, 900.0)),
    )
