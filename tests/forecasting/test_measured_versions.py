"""What measured networks had cost, by hand; the clock ticks once a minute."""

from datetime import UTC, datetime, timedelta

from maskloop.forecasting.measured_versions import measured_versions
from maskloop.values import (
    Counts,
    Evaluation,
    FullLabel,
    Label,
    ModelVersion,
    Operation,
    OperationKind,
    OperationState,
    Split,
)


def at(minute):
    return datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minute)


def label(minute, content, cost_s=80.0, campaign="c"):
    return Label(f"l{minute}", "p", f"i{minute}", content, "ada", cost_s, at(minute), campaign_id=campaign)


def work(kind, version, minute, split=Split.TEST, state=OperationState.SUCCEEDED):
    result = Evaluation(split, 0.1, 0.2, 0.5, 0.1, None, (), model_version=version)
    evaluated = result if kind is OperationKind.EVALUATE else None
    return Operation(
        f"{kind}{minute}", "p", kind, state, seconds=2.0, result_id=version, result=evaluated, created_at=at(minute)
    )


def model(version, minute):
    return ModelVersion(version, "p", "compact", 0, 1, {}, at(minute))


LABELS = [
    label(1, FullLabel()),
    label(2, Counts({1: 1}), 4.0),
    label(3, FullLabel(), 70.0, "other"),
    label(5, FullLabel()),
]


def test_a_version_had_cost_what_its_campaign_had_paid_when_its_training_was_asked_for():
    operations = [work(OperationKind.EVALUATE, "m1", 7), work(OperationKind.TRAIN, "m1", 4)]
    (found,) = measured_versions("c", LABELS, [model("m1", 6)], operations)
    assert (found.spent_s, dict(found.spent_s_by_kind), found.train_s) == (84.0, {"full": 80.0, "counts": 4.0}, 2.0)


def test_versions_come_oldest_first_and_those_that_were_not_measured_for_testing_not_at_all():
    operations = [
        work(OperationKind.EVALUATE, "m2", 12),
        work(OperationKind.EVALUATE, "m3", 11, Split.TRAIN),
        work(OperationKind.EVALUATE, "m4", 10, state=OperationState.FAILED),
        work(OperationKind.EVALUATE, "m1", 9),
    ]
    models = [model("m4", 8), model("m3", 7), model("m2", 6), model("m1", 2)]
    found = measured_versions("c", LABELS, models, operations)
    assert [(each.model.id, each.spent_s) for each in found] == [("m1", 84.0), ("m2", 164.0)]
