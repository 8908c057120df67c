import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from maskloop.values import AT_RANDOM, Strategy
from selection.draws import draws
from selection.strategies import rank_pool
from tests.selection.pools import pool_of


def drawn(strategy: str, images: int, seed: int = 3) -> list[int]:
    """Places of the ranking that were drawn at random."""
    ranked = rank_pool(pool_of(images), Strategy.parse(strategy), seed)
    return [place for place in range(len(ranked.ids)) if AT_RANDOM in ranked.reason(place)]


@pytest.mark.parametrize(
    ("strategy", "places"),
    [
        ("mask_guided:target=0.5", []),
        ("mask_guided", []),
        ("mask_guided:target=learned", [4, 14, 24]),
        ("mask_guided:target=learned,random=0", []),
        ("mask_guided:target=0.5,random=0.25", [4, 8, 12]),
    ],
)
def test_a_batch_of_five_or_more_holds_one_and_a_share_after_that(strategy: str, places: list[int]):
    assert drawn(strategy, 400)[: len(places) or None] == places


@given(st.integers(0, 40), st.sampled_from(["0.1", "0.5", "1"]))
def test_every_image_comes_once_and_the_target_stays(images: int, share: str):
    pool = pool_of(images)
    ranked = rank_pool(pool, Strategy.parse(f"mask_guided:target=0.5,random={share}"), 1)
    assert sorted(ranked.ids) == list(pool.ids)
    assert ranked.target_iou == 0.5


def test_the_images_come_in_an_order_that_no_score_decides():
    pool = pool_of(300)
    ranked = rank_pool(pool, Strategy.parse("mask_guided:target=0.5,random=0.1"), 9)
    random = [ranked.ids[place] for place in range(200) if AT_RANDOM in ranked.reason(place)]
    before = set(ranked.ids[:200]) - set(random)
    order = pool.ids[np.argsort(draws(pool.ids, 9, "random share"), kind="stable")]
    assert random == [image for image in order if image not in before][: len(random)]
