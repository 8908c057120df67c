"""What a run has decided: read again as it was written, whatever a process that died left of the last line."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maskloop.errors import InvalidConfig
from maskloop.loop.record.decisions import FINISHED, STOP, Decisions, wish_to_json
from maskloop.values import Budget

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**9), 10**9) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)


@given(noted=st.lists(st.tuples(st.text(max_size=6), JSON), max_size=8), cut=st.integers(0, 40))
def test_what_was_noted_is_read_again_and_a_line_that_was_cut_off_is_none(tmp_path_factory, noted, cut):
    path = tmp_path_factory.mktemp("run") / "decisions.jsonl"
    decisions = Decisions(path, "random")
    for name, value in noted:
        decisions.note(name, value)
    decisions.note("last", "x" * 50)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) - 1 - cut])
    after = Decisions(path, "random")
    assert {name: after.get(name) for name, _ in noted} == dict(noted)
    after.note("more", 1)  # behind what was cut off
    assert Decisions(path, "random").get("more") == 1
    assert {name: Decisions(path, "random").get(name) for name, _ in noted} == dict(noted)


def test_a_decision_is_made_once(tmp_path):
    decisions = Decisions(tmp_path / "d", "random")
    assert decisions.make("wish", lambda: 1) == 1
    assert Decisions(tmp_path / "d", "random").make("wish", lambda: 2) == 1


def test_arms_decide_apart(tmp_path):
    decisions = Decisions(tmp_path / "d")
    decisions.of_arm("random").note("wish", 1)
    assert decisions.of_arm("entropy").get("wish") is None
    assert Decisions(tmp_path / "d").of_arm("random").get("wish") == 1


def test_a_broken_file_is_named_with_its_line(tmp_path):
    (tmp_path / "d").write_text('["random/a",1]\nthesis\n["random/b",2]\n')
    with pytest.raises(InvalidConfig, match=r"d, line 2, is no decision"):
        Decisions(tmp_path / "d")


def test_an_end_by_hand_is_forgotten_and_any_other_only_where_that_is_asked_for(tmp_path):
    decisions = Decisions(tmp_path / "d", "random")
    decisions.note("round-01", wish_to_json(Budget(images=3)))
    decisions.note("round-02", {STOP: "the budget is spent"})
    assert not decisions.reopen(whatever=False)
    assert "round-02" in decisions
    assert decisions.reopen(whatever=True)
    assert ("round-01" in decisions, "round-02" in decisions) == (True, False)
    decisions.note("round-02", {STOP: FINISHED})
    assert Decisions(tmp_path / "d", "random").reopen(whatever=False)
    assert "round-02" not in Decisions(tmp_path / "d", "random")
