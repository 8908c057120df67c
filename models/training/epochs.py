"""Which examples an iteration sees: every epoch a new order, cut into near-equal batches."""

from __future__ import annotations

import numpy as np


def places_of(examples: int, batch: int, seed: int, iteration: int) -> list[int]:
    """Places in [0, examples) that an iteration sees, `batch` or a few less, drawn from (seed, iteration) alone.

    A single example comes twice: BatchNorm needs two.
    """
    batches = -(-examples // batch)
    order = np.random.default_rng([seed, 0, iteration // batches]).permutation(examples)
    places = [int(place) for place in np.array_split(order, batches)[iteration % batches]]
    return places * 2 if len(places) == 1 else places
