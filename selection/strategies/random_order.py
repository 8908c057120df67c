"""Images in random order: the baseline, and the way counts are bought.

The order is a hash of seed and image id, so that it needs no state, is the same after a crash, does not depend on
which images are already taken.
"""

from __future__ import annotations

from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from maskloop.values import Strategy
from selection.pool import Floats, Pool
from selection.ranking import Ranking


def rank(pool: Pool, strategy: Strategy, seed: int) -> Ranking:
    """Lowest draw first."""
    drawn = draws(pool.ids, seed)
    return Ranking.by_key(drawn, drawn, "random draw {value:.4f}, lowest first")


def draws(ids: NDArray[np.bytes_], seed: int, purpose: str = "") -> Floats:
    """(n,) float64 uniform in [0, 1), one a pair of seed and id; 53 bits each. Purposes have independent draws."""
    prefix = f"{seed}/{purpose}".encode()
    drawn = b"".join(blake2b(prefix + image_id, digest_size=8).digest() for image_id in ids.tolist())
    return np.ldexp((np.frombuffer(drawn, dtype="<u8") >> np.uint64(11)).astype(np.float64), -53)
