from math import ceil

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from maskloop.values import Strategy
from selection.mixing import mix
from selection.ranking import Ranking
from selection.strategies import rank_pool
from tests.selection.pools import pool_of


def ranking(places: list[int], name: str) -> Ranking:
    return Ranking.of(np.array(places, np.int64), np.array(places, np.float64), name)


def plain_mix(first: list[int], second: list[int], share: float) -> list[tuple[str, int]]:
    """The obvious way: strike what was taken from both lists."""
    taken: list[tuple[str, int]] = []
    while first or second:
        due = ceil((len(taken) + 1) * share) > ceil(len(taken) * share)
        name = "first" if (due and first) or not second else "second"
        row = (first if name == "first" else second)[0]
        taken.append((name, row))
        first, second = ([other for other in rows if other != row] for rows in (first, second))
    return taken


ROWS = st.lists(st.integers(0, 40), unique=True)


@given(ROWS, ROWS, st.integers(0, 16).map(lambda sixteenths: sixteenths / 16))
def test_takes_from_both_by_share_and_each_image_once(first, second, share):
    mixed = mix(ranking(first, "first"), ranking(second, "second"), share)
    told = [(mixed.reasons[which], int(row)) for which, row in zip(mixed.which, mixed.places, strict=True)]
    assert told == plain_mix(first, second, share)
    assert (mixed.values == mixed.places).all()


@pytest.mark.parametrize(("share", "count"), [(0, 0), (0.25, 25), (0.3, 30), (0.5, 50), (1, 100)])
def test_the_first_brings_its_share_of_any_batch(share, count):
    pool = pool_of(1000)
    ranked = rank_pool(pool, Strategy.parse(f"mix:first=core_set,second=random,share={share}"), 0)
    by_first = ["nearest labeled or chosen" in ranked.reason(place) for place in range(100)]
    assert sum(by_first) == count
    assert [sum(by_first[:end]) for end in range(1, 101)] == [ceil(end * share - 1e-9) for end in range(1, 101)]


def test_parts_keep_their_options_and_target():
    pool = pool_of(30)
    ranked = rank_pool(pool, Strategy.parse("mix:first.target=0.25,second=entropy,second.per_second=yes"), 0)
    assert ranked.target_iou == 0.25
    assert ranked.ids[0] == rank_pool(pool, Strategy.parse("mask_guided:target=0.25"), 0).ids[0]
    assert "per second" in ranked.reason(1)


def test_the_target_is_that_of_the_part_that_has_one():
    guided, chance = (
        Ranking.of(np.arange(2), np.zeros(2), "guided", 0.5),
        Ranking.of(np.arange(2), np.zeros(2), "chance"),
    )
    assert mix(guided, chance, 0.5).target_iou == mix(chance, guided, 0.5).target_iou == 0.5
