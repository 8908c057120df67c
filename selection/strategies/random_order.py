"""Images in random order: the baseline, and the way counts are bought.

Simple random sampling without replacement (Cochran, *Sampling techniques*, chapter 2): every set of so many images
is as likely a batch as every other. The order is that of `selection.draws`.
"""

from __future__ import annotations

from maskloop.values import AT_RANDOM, Strategy
from selection.draws import draws
from selection.pool import Pool
from selection.ranking import Ranking


def rank(pool: Pool, strategy: Strategy, seed: int) -> Ranking:
    """Lowest draw first."""
    drawn = draws(pool.ids, seed)
    return Ranking.by_key(drawn, drawn, f"{AT_RANDOM} {{value:.4f}}, lowest first")
