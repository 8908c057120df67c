import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maskloop.errors import InvalidArgument
from selection.candidates import BLOCK, Candidates

# Multiples of 1/16, so that distances are exact and ties are frequent.
KEYS = st.lists(st.integers(0, 16).map(lambda n: n / 16), max_size=60)


def walk(keys: dict[str, float], target: float) -> list[str]:
    """The obvious way: sort everything by distance and id."""
    return sorted(keys, key=lambda name: (abs(keys[name] - target), name))


@given(KEYS, st.integers(-2, 18).map(lambda n: n / 16), st.randoms(use_true_random=False))
@settings(max_examples=300)
def test_walks_outward_over_open_images_as_a_full_sort_would(keys, target, random):
    by_id = {f"im{random.randrange(10**6):06d}{place}": key for place, key in enumerate(keys)}
    candidates = Candidates(list(by_id), np.array(list(by_id.values())))
    closed = {name for name in by_id if random.random() < 0.5}
    for name in closed:
        assert candidates.close(name)
    still_open = {name: key for name, key in by_id.items() if name not in closed}
    assert [name for name, _ in candidates.nearest(target)] == walk(still_open, target)
    assert candidates.open_count == len(still_open)
    for name in closed:
        assert candidates.reopen(name)
    assert [name for name, _ in candidates.nearest(target)] == walk(by_id, target)


def test_steps_over_long_closed_runs_in_many_blocks():
    count = 5 * BLOCK + 17
    rng = np.random.default_rng(0)
    keys = rng.random(count)
    ids = [f"{place:08x}" for place in rng.permutation(count)]
    candidates = Candidates(ids, keys)
    by_id = dict(zip(ids, keys, strict=True))
    near = sorted(by_id, key=lambda name: (abs(by_id[name] - 0.5), name))
    for name in near[: 4 * BLOCK]:
        candidates.close(name)
    walked = candidates.nearest(0.5)
    assert [next(walked)[0] for _ in range(500)] == near[4 * BLOCK : 4 * BLOCK + 500]


def test_everything_closed_gives_nothing():
    candidates = Candidates(["a", "b"], np.array([0.1, 0.2]))
    candidates.close("a")
    candidates.close("b")
    assert list(candidates.nearest(0.15)) == []
    assert candidates.open_count == 0


def test_an_unknown_image_is_neither_closed_nor_reopened():
    candidates = Candidates(["b"], np.array([0.5]))
    assert not candidates.close("a")
    assert not candidates.reopen("c")
    assert "a" not in candidates
    assert not candidates.is_open("zz")


def test_no_images_at_all():
    assert list(Candidates([], np.array([])).nearest(0.5)) == []


@pytest.mark.parametrize("wrong", [float("nan"), float("inf")])
def test_a_score_that_is_no_number_names_its_image(wrong):
    with pytest.raises(InvalidArgument, match="image second"):
        Candidates(["first", "second"], np.array([0.5, wrong]))


def test_a_repeated_image_is_named():
    with pytest.raises(InvalidArgument, match="image twin"):
        Candidates(["twin", "other", "twin"], np.array([0.1, 0.2, 0.3]))


@given(st.sets(st.integers(0, 3000)), st.sets(st.integers(0, 3500)))
def test_closing_many_at_once_is_closing_each(before, wanted):
    together, each = (Candidates([f"{place:05}" for place in range(3000)], np.arange(3000.0)) for _ in range(2))
    for candidates in (together, each):
        for place in before:
            candidates.close(f"{place:05}")
    together.close_all({f"{place:05}" for place in wanted})
    for place in wanted:
        each.close(f"{place:05}")
    assert list(together.nearest(1500.0)) == list(each.nearest(1500.0))
    assert together.open_count == each.open_count
