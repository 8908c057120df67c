"""The first images of all: typical and spread out, by features of an encoder that has seen no label.

Hacohen et al. (see `typicality`): with few labels, typical images teach more than uncertain or random ones, and there
is no network yet that could be uncertain.
"""

from __future__ import annotations

from maskloop.values import Strategy
from selection.pool import Pool
from selection.ranking import Ranking
from selection.strategies.typicality import rank_typical


def rank(pool: Pool, strategy: Strategy, seed: int) -> Ranking:
    """Typical images of ever more clusters; nothing is labeled yet."""
    assert pool.features is not None
    return rank_typical(pool.features, pool.features[:0], seed)
