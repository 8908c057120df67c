from collections import defaultdict

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from maskloop.values import Strategy
from selection.draws import draws
from selection.strategies import rank_pool
from selection.strategies.stratified_random import strata
from tests.selection.pools import pool_of


def stratum(counts: np.ndarray) -> tuple[int, ...]:
    """The obvious way, of one image; uncounted ones sort last."""
    objects = int(counts.sum())
    if objects < 0:
        return (1,)
    return (0, 0, 0) if objects == 0 else (0, int(counts.argmax()), len(bin(objects)) - 2)


@given(st.integers(1, 80), st.integers(0, 2**32 - 1), st.integers(0, 9))
def test_each_stratum_gives_its_lowest_draw_a_turn(images, pool_seed, seed):
    pool = pool_of(images, pool_seed)
    drawn = draws(pool.ids, seed)
    waiting: dict[tuple[int, ...], list[int]] = defaultdict(list)
    for row in np.argsort(-drawn):
        waiting[stratum(pool.counts[row])].append(int(row))
    uncounted = [row for key in list(waiting) if key[0] for row in reversed(waiting.pop(key))]
    expected = []
    while any(waiting.values()):
        turn = [(drawn[rows[-1]], rows.pop()) for rows in waiting.values() if rows]
        expected += [row for _, row in sorted(turn)]
    expected += uncounted
    ranked = rank_pool(pool, Strategy("stratified_random"), seed)
    assert ranked.ids.tolist() == pool.ids[expected].tolist()


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ([0, 0], [0, 0], True),
        ([0, 0], [-1, -1], False),
        ([0, 0], [1, 0], False),
        ([1, 0], [0, 1], False),
        ([2, 1], [3, 0], True),  # first category, 2 to 3 objects
        ([2, 1], [2, 2], False),  # 4 to 7
        ([2, 2], [5, 2], True),
        ([2, 2], [0, 7], False),
        ([3, 4], [1, 6], True),
        ([4, 4], [4, 3], False),  # 8 to 15
    ],
)
def test_a_stratum_is_the_main_category_and_the_number_of_objects(one, other, same):
    first, second = strata(np.array([one, other], np.int32))
    assert (first == second) == same


def test_rare_strata_get_an_equal_share():
    """990 images of one stratum, 10 of another: of the first 20, half are rare."""
    counts = np.zeros((1000, 2), np.int32)
    counts[:, 0] = 1
    counts[::100] = (0, 5)
    pool = pool_of(1000)
    ranked = rank_pool(type(pool)(ids=pool.ids, counts=counts), Strategy("stratified_random"), 0)
    assert sum(int(image_id[2:]) % 100 == 0 for image_id in ranked.ids[:20]) == 10
    assert ranked.reason(0).startswith("in turn of category and number of objects, random draw 0.")
