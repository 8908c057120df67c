"""Score tables: what is written is read back, and nothing half-written is ever seen."""

from dataclasses import replace
from itertools import chain

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maskloop.errors import PoolNotScored
from maskloop.masks import Mask
from maskloop.values import ImageProposals, ObjectProposal, with_ids
from service.artifacts.score_table import (
    ScoredRow,
    fixed_width,
    join_scores,
    read_columns,
    read_proposals,
    write_scores,
)

shares = st.floats(0, 1)


def scores_of(path):
    """Image ids and their scores, in the table's order."""
    columns = read_columns(path, ["image_id", "score"])
    return [name.decode() for name in columns["image_id"].tolist()], columns["score"]


def row(proposals, features=(1.0, 1.0), uncertainty=0.25):
    by_name = {"entropy": uncertainty, "margin": uncertainty / 2, "least_confidence": uncertainty / 4}
    return ScoredRow(proposals, np.array(features, np.float32), by_name)


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


@given(st.lists(st.text("abc", min_size=1, max_size=3), max_size=6), st.integers(0, 3), st.booleans())
def test_ids_are_read_at_one_width_whatever_their_lengths(ids, skipped, of_one_length):
    ids = [each[:1] for each in ids] if of_one_length else ids
    strings = pa.array(ids, pa.string()).slice(skipped)
    assert [each.decode() for each in fixed_width(strings).tolist()] == ids[skipped:]


@settings(max_examples=25, deadline=None)
@given(found=proposals, number=st.integers(0, 10**9))
def test_proposals_survive_the_table(tmp_path_factory, found, number):
    path = tmp_path_factory.mktemp("scores") / "scores.parquet"
    assert write_scores(path, [row(item) for item in found]) == len(found)
    offered = [replace(item, objects=with_ids("m1", item.image_id, item.objects)) for item in found]
    assert read_proposals(path, [item.image_id for item in reversed(found)], "m1") == offered[::-1]
    ids, scores = scores_of(path)
    assert dict(zip(ids, scores, strict=True)) == {item.image_id: item.score for item in found}


@settings(max_examples=25, deadline=None)
@given(
    parts=st.lists(st.lists(st.text("abcdef", min_size=1, max_size=6), min_size=1, max_size=4), max_size=4),
    width=st.integers(1, 5),
)
def test_whole_columns_are_read_as_arrays(tmp_path_factory, parts, width):
    folder, rng = tmp_path_factory.mktemp("scores"), np.random.default_rng(0)
    written = [
        [row(ImageProposals(name, "", rng.random(), ()), rng.random(width), rng.random()) for name in part]
        for part in parts
    ]
    paths = [folder / f"{place}.parquet" for place in range(len(parts))]
    for path, rows in zip(paths, written, strict=True):
        write_scores(path, rows)
    join_scores(folder / "all.parquet", paths)
    found = read_columns(folder / "all.parquet", ["features", "image_id", "margin", "score", "not_decoded"])
    rows = list(chain.from_iterable(written))
    assert [name.decode() for name in found["image_id"]] == [item.proposals.image_id for item in rows]
    assert found["score"].tolist() == [item.proposals.score for item in rows]
    assert found["margin"].tolist() == [item.uncertainty["margin"] for item in rows]
    assert found["not_decoded"].tolist() == [0] * len(rows)
    assert found["features"].dtype == np.float32
    assert found["features"].tolist() == [item.features.tolist() for item in rows]


def test_more_rows_than_one_read_keep_their_order(tmp_path, monkeypatch):
    monkeypatch.setattr("service.artifacts.score_table.ROWS_A_READ", 4)
    rows = [row(ImageProposals("x" * n, "", n / 11, ()), (n, -n)) for n in range(1, 12)]
    write_scores(tmp_path / "s.parquet", rows)
    found = read_columns(tmp_path / "s.parquet", ["image_id", "features"])
    assert found["image_id"].tolist() == [b"x" * n for n in range(1, 12)]
    assert found["features"].tolist() == [[n, -n] for n in range(1, 12)]


def test_a_table_of_an_earlier_release_has_to_be_scored_again(tmp_path):
    path = tmp_path / "model-1" / "scores.parquet"
    path.parent.mkdir()
    pyarrow.parquet.write_table(pa.table({"image_id": ["a"], "score": [0.5]}), path)
    assert read_columns(path, ["score"])["score"].tolist() == [0.5]
    with pytest.raises(PoolNotScored, match="model version model-1 was scored without entropy"):
        read_columns(path, ["score", "entropy"])


def test_features_of_another_length_are_refused(tmp_path):
    rows = [row(ImageProposals("a", "", 0.5, ()), (1, 2)), row(ImageProposals("b", "", 0.5, ()), (1, 2, 3))]
    with pytest.raises(pa.ArrowInvalid):
        write_scores(tmp_path / "s.parquet", rows)


def test_parts_are_joined_in_order(tmp_path):
    parts = []
    for name, score in (("b", 0.25), ("a", 0.75)):
        parts.append(tmp_path / f"{name}.parquet")
        write_scores(parts[-1], [row(ImageProposals(name, "", score, ()))])
    assert join_scores(tmp_path / "all.parquet", parts) == 2
    ids, scores = scores_of(tmp_path / "all.parquet")
    assert (ids, scores.tolist()) == (["b", "a"], [0.25, 0.75])


def test_images_that_were_not_scored_are_left_out(tmp_path):
    write_scores(tmp_path / "s.parquet", [row(ImageProposals("a", "", 0.5, ()))])
    assert [item.image_id for item in read_proposals(tmp_path / "s.parquet", ["x", "a"], "m")] == ["a"]


def test_a_table_that_is_not_there_is_a_pool_not_scored(tmp_path):
    with pytest.raises(PoolNotScored, match="model version model-1 has not scored the pool"):
        read_columns(tmp_path / "model-1" / "scores.parquet", ["score"])


def test_a_write_that_breaks_off_leaves_the_table_before(tmp_path):
    path = tmp_path / "s.parquet"
    write_scores(path, [row(ImageProposals("old", "", 0.5, ()))])

    def broken():
        yield row(ImageProposals("new", "", 0.5, ()))
        raise RuntimeError("power cut")

    with pytest.raises(RuntimeError):
        write_scores(path, broken())
    assert scores_of(path)[0] == ["old"]
