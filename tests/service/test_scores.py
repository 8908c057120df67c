"""Score tables: what is written is read back, and nothing half-written is ever seen."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maskloop.errors import PoolNotScored
from maskloop.masks import Mask
from maskloop.values import ImageProposals, ObjectProposal
from service.scores import join_scores, read_proposals, read_scores, write_scores

shares = st.floats(0, 1)


def mask(seed):
    return Mask.from_array(np.random.default_rng(seed).random((4, 5)) < 0.5)


objects = st.lists(
    st.builds(ObjectProposal, st.integers(1, 9), st.integers(0, 9).map(mask), shares, shares), max_size=3
).map(tuple)
proposals = st.lists(
    st.builds(
        ImageProposals, st.text("abc", min_size=1, max_size=4), st.just("m1"), shares, objects, st.integers(0, 3)
    ),
    max_size=5,
    unique_by=lambda item: item.image_id,
)


@settings(max_examples=25, deadline=None)
@given(found=proposals, number=st.integers(0, 10**9))
def test_proposals_survive_the_table(tmp_path_factory, found, number):
    path = tmp_path_factory.mktemp("scores") / "scores.parquet"
    assert write_scores(path, [(item, np.zeros(3, np.float32)) for item in found]) == len(found)
    assert read_proposals(path, [item.image_id for item in reversed(found)], "m1") == found[::-1]
    ids, scores = read_scores(path)
    assert dict(zip(ids, scores, strict=True)) == {item.image_id: item.score for item in found}


def test_parts_are_joined_in_order(tmp_path):
    parts = []
    for name, score in (("b", 0.25), ("a", 0.75)):
        parts.append(tmp_path / f"{name}.parquet")
        write_scores(parts[-1], [(ImageProposals(name, "", score, ()), np.ones(2, np.float32))])
    assert join_scores(tmp_path / "all.parquet", parts) == 2
    ids, scores = read_scores(tmp_path / "all.parquet")
    assert (ids, scores.tolist()) == (["b", "a"], [0.25, 0.75])


def test_images_that_were_not_scored_are_left_out(tmp_path):
    write_scores(tmp_path / "s.parquet", [(ImageProposals("a", "", 0.5, ()), np.ones(2, np.float32))])
    assert [item.image_id for item in read_proposals(tmp_path / "s.parquet", ["x", "a"], "m")] == ["a"]


def test_a_table_that_is_not_there_is_a_pool_not_scored(tmp_path):
    with pytest.raises(PoolNotScored, match="model version model-1 has not scored the pool"):
        read_scores(tmp_path / "model-1" / "scores.parquet")


def test_a_write_that_breaks_off_leaves_the_table_before(tmp_path):
    path = tmp_path / "s.parquet"
    write_scores(path, [(ImageProposals("old", "", 0.5, ()), np.ones(2, np.float32))])

    def broken():
        yield ImageProposals("new", "", 0.5, ()), np.ones(2, np.float32)
        raise RuntimeError("power cut")

    with pytest.raises(RuntimeError):
        write_scores(path, broken())
    assert read_scores(path)[0] == ["old"]
