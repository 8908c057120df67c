import json
import math
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maskloop.errors import InvalidArgument
from maskloop.report import (
    Baseline,
    ChosenImage,
    EvaluatedScore,
    MachineSeconds,
    RoundReport,
    RunReport,
    Setup,
)
from maskloop.report.report import from_json, to_json
from maskloop.values import Category

Make = Callable[..., RunReport]
MakeRound = Callable[..., RoundReport]
unit = st.floats(0, 1)
maybe = st.none() | unit
seconds = st.floats(0, 1e9)
by_kind = st.dictionaries(st.sampled_from(["counts", "full", "boxes"]), seconds, max_size=3)
chosen = st.builds(
    ChosenImage,
    st.text(),
    maybe,
    st.text(),
    seconds,
    st.text(),
    st.none() | seconds,
    st.none() | st.integers(0, 99),
    maybe,
)
evaluated = st.builds(EvaluatedScore, st.text(), unit, unit, st.integers(0, 99), maybe)
rounds = st.builds(
    RoundReport,
    round=st.integers(0, 99),
    model_version=st.text(),
    labeled_images=st.integers(0, 10**6),
    spent_s=seconds,
    ap50=maybe,
    ap=maybe,
    mean_iou=maybe,
    iou_mae=maybe,
    iou_spearman=st.none() | st.floats(-1, 1),
    target_iou=maybe,
    batch=st.lists(chosen, max_size=3).map(tuple),
    seconds=st.builds(MachineSeconds, seconds, seconds, seconds, seconds),
    spent_s_by_kind=by_kind,
    evaluated=st.lists(evaluated, max_size=3).map(tuple),
    head_trusted=st.none() | st.booleans(),
    fallback=st.text(),
    metrics=st.dictionaries(st.text(), st.floats(-1, 1), max_size=3),
    ap50_by_category=st.dictionaries(st.integers(0, 2**31), unit, max_size=3),
)
curves = st.lists(rounds, max_size=3, unique_by=lambda each: each.round).map(
    lambda outcome: tuple(sorted(outcome, key=lambda each: each.round))
)
reports = st.builds(
    RunReport,
    project=st.text(),
    strategy=st.text(),
    seed=st.integers(0, 2**31),
    budget_s=st.none() | seconds,
    spent_s=seconds,
    spent_s_by_kind=by_kind,
    stopped_because=st.text(),
    rounds=curves,
    baselines=st.dictionaries(st.text(), st.builds(Baseline, curves), max_size=2),
    constant_iou=maybe,
    setup=st.builds(Setup, command=st.text(), categories=st.just((Category(1, "crack"),))),
)


@given(reports)
def test_a_report_reads_back_as_it_was_written(report: RunReport) -> None:
    assert from_json(to_json(report)) == report


def test_json_begins_with_the_keys_other_programs_rely_on(a_report: Make) -> None:
    baseline = Baseline(a_report().rounds)
    outcome = json.loads(to_json(a_report(baselines={"random": baseline})))
    assert list(outcome)[:9] == [
        "project",
        "strategy",
        "seed",
        "budget_s",
        "spent_s",
        "spent_s_by_kind",
        "stopped_because",
        "rounds",
        "baselines",
    ]
    assert list(outcome["rounds"][0])[:12] == [
        "round",
        "model_version",
        "labeled_images",
        "spent_s",
        "ap50",
        "ap",
        "mean_iou",
        "iou_mae",
        "iou_spearman",
        "target_iou",
        "batch",
        "seconds",
    ]
    assert list(outcome["rounds"][0]["batch"][0])[:4] == ["image", "score", "reason", "cost_s"]
    assert list(outcome["rounds"][0]["seconds"]) == ["train", "score", "select", "evaluate"]
    assert outcome["baselines"]["random"]["rounds"] == outcome["rounds"]


def test_what_is_not_a_number_becomes_null(a_round: MakeRound, a_report: Make) -> None:
    each = a_round(0, 10.0, math.nan, iou_spearman=math.nan, batch=(ChosenImage("a", math.inf, "", 1.0),))
    text = to_json(a_report(rounds=(each,), constant_iou=math.nan)).decode()
    assert "NaN" not in text
    assert "Infinity" not in text
    outcome = json.loads(text)["rounds"][0]
    assert (outcome["mean_iou"], outcome["iou_spearman"], outcome["batch"][0]["score"]) == (None, None, None)


@pytest.mark.parametrize("spent_s", [-1.0, math.nan, math.inf])
def test_impossible_spending_is_refused(a_report: Make, spent_s: float) -> None:
    with pytest.raises(InvalidArgument, match="spent_s"):
        a_report(spent_s=spent_s)


def test_rounds_out_of_order_are_refused(a_round: MakeRound, a_report: Make) -> None:
    with pytest.raises(InvalidArgument, match=r"\[1, 0\]"):
        a_report(rounds=(a_round(1, 1.0, 0.1), a_round(0, 2.0, 0.2)))


def test_a_later_versions_extra_key_is_left_aside(a_report: Make) -> None:
    outcome = json.loads(to_json(a_report())) | {"carbon_g": 3}
    assert from_json(json.dumps(outcome)) == a_report()


@pytest.mark.parametrize(
    ("text", "place"),
    [("", "the file"), ("{", "the file"), ("[]", "the file"), ('{"project": 3}', "project")],
)
def test_what_is_no_report_is_refused_by_name(text: str, place: str) -> None:
    with pytest.raises(InvalidArgument, match=f"not a report: {place}"):
        from_json(text)
