"""Images that cost more than is left: how long a batch looks for a cheaper one."""

from __future__ import annotations

import math

import numpy as np
import pytest

from maskloop.values import Strategy
from selection.candidates import Candidates
from selection.pool import Pool
from selection.select import Limits, Quote, Selection, select_batch
from selection.strategies import rank_pool

IN_A_ROW = 20_000
"""So many dear images in a row end the search, as `selection.select` says."""


def bought(cheap: set[int], images: int) -> tuple[list[int], Selection]:
    """Places of what is bought with 100 s, of a ranking in which the `cheap` places cost 10 s and all others 500 s."""
    ids = np.array([f"{place:06}".encode() for place in range(images)])
    pool = Pool(ids=ids, scores=np.arange(images) / images)
    walk = Candidates(rank_pool(pool, Strategy.parse("mask_guided:target=0"), seed=0))
    cost_s = {f"{place:06}": 10.0 for place in cheap}

    def quote(image_id: str) -> Quote:
        price_s = cost_s.get(image_id, 500.0)
        return Quote(price_s, price_s)

    chosen = select_batch(walk, Limits(left_s=100.0, left_images=math.inf, images=5), quote)
    return [int(pick.image_id) for pick in chosen.picks], chosen


@pytest.mark.parametrize(("dear", "places"), [(IN_A_ROW - 1, [IN_A_ROW - 1]), (IN_A_ROW, [])])
def test_the_search_ends_after_twenty_thousand_dear_images_in_a_row(dear: int, places: list[int]) -> None:
    found, chosen = bought({dear}, dear + 1)
    assert found == places
    assert chosen.exhausted


def test_an_image_that_fits_begins_the_row_anew() -> None:
    """Two runs of dear images, each one short of the end of the search."""
    cheap = [IN_A_ROW - 1, 2 * IN_A_ROW - 1]
    found, chosen = bought(set(cheap), 2 * IN_A_ROW)
    assert found == cheap
    assert chosen.exhausted
