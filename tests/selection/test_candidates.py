import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from selection.candidates import BLOCK, Candidate, Candidates
from selection.pool import Pool
from selection.ranking import RankedImages, Ranking


def candidates(order: list[int], scores: list[float] | None = None) -> Candidates:
    """Images 00000, 00001, ...: the ones at these places of the pool, in this order."""
    size = 1 + max(order, default=-1)
    ids = np.array([f"{place:05}".encode() for place in range(size)], dtype="S5")
    pool = Pool(ids=ids, scores=None if scores is None else np.array(scores))
    places = np.array(order, np.int64)
    return Candidates(RankedImages.of(pool, Ranking.of(places, places.astype(np.float64), "was at {value:.0f}")))


# A ranking of some of a pool, and what is then closed (True) and reopened (False), in time.
RANKINGS = st.lists(st.integers(0, 3 * BLOCK), unique=True, max_size=60)
MARKS = st.lists(st.tuples(st.integers(0, 59), st.booleans()), max_size=120)


@given(RANKINGS, MARKS)
@settings(max_examples=120)
def test_walks_the_open_images_in_the_order_of_the_ranking(order, marks):
    walk, is_open = candidates(order), {f"{place:05}": True for place in order}
    names = list(is_open)
    for number, close in marks:
        if number < len(names):
            name = names[number]
            assert (walk.close(name) if close else walk.reopen(name)) == (is_open[name] == close)
            is_open[name] = not close
    expected = [name for name in names if is_open[name]]
    assert list(walk.ids()) == expected
    assert [candidate.image_id for candidate in walk] == expected
    assert [walk.is_open(name) for name in names] == list(is_open.values())


@given(st.sets(st.integers(0, 5 * BLOCK)), st.integers(0, 2**32 - 1))
@settings(max_examples=30)
def test_closing_many_at_once_is_closing_each(wanted, seed):
    order = np.random.default_rng(seed).permutation(4 * BLOCK + 17).tolist()
    together, each = candidates(order), candidates(order)
    for walk in (together, each):
        walk.close("00003")
    together.close_all({f"{place:05}" for place in wanted})
    for place in wanted:
        each.close(f"{place:05}")
    assert list(together.ids()) == list(each.ids())


def test_steps_over_long_closed_runs_in_many_blocks():
    order = np.random.default_rng(0).permutation(5 * BLOCK + 17).tolist()
    walk = candidates(order)
    for place in order[: 4 * BLOCK]:
        walk.close(f"{place:05}")
    assert list(walk.ids()) == [f"{place:05}" for place in order[4 * BLOCK :]]


def test_a_candidate_tells_why_it_stands_where_it_does():
    assert list(candidates([1, 0], [0.25, 0.75])) == [
        Candidate("00001", "was at 1", 0.75),
        Candidate("00000", "was at 0", 0.25),
    ]
    assert next(iter(candidates([0]))).score is None


def test_everything_closed_gives_nothing():
    walk = candidates([1, 0])
    walk.close_all({"00000", "00001"})
    assert list(walk) == []


@pytest.mark.parametrize("image_id", ["0", "00000", "00004", "zz", ""])
def test_an_unknown_image_is_neither_closed_nor_reopened(image_id):
    walk = candidates([2, 1, 3])
    assert not walk.close(image_id)
    assert not walk.reopen(image_id)
    assert not walk.is_open(image_id)
    assert image_id not in walk
    walk.close_all({image_id})
    assert len(walk) == len(list(walk)) == 3


def test_no_images_at_all():
    walk = candidates([])
    walk.close_all({"a"})
    assert list(walk) == []
    assert not walk.close("a")
