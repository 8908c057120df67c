"""Rounds told from what a server remembers; the clock of these campaigns ticks once a minute."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from maskloop.loop.reporting.history import CampaignHistory
from maskloop.values import (
    Batch,
    BatchRecord,
    Budget,
    Campaign,
    Category,
    Counts,
    Evaluation,
    FullLabel,
    Label,
    ModelVersion,
    Operation,
    OperationKind,
    OperationState,
    Pick,
    PickState,
    Project,
    Split,
    Strategy,
    SupervisionKind,
)

FULL, COUNTS = SupervisionKind.FULL, SupervisionKind.COUNTS
CAMPAIGN = Campaign("c", "p", Budget(seconds=1000.0), Strategy("mask_guided"), 0, spent_s=500.0)


def at(minute):
    return datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minute)


def label(image_id, minute, kind=FULL, cost_s=80.0, **options):
    content = Counts({1: 1}) if kind is COUNTS else FullLabel()
    given = {"campaign_id": "c", **options}
    return Label(f"l{minute}", "p", image_id, content, "ada", cost_s, at(minute), **given)


def batch(id_, *image_ids, version="", kind=FULL, states=None):
    picks = tuple(Pick(image_id, "why", 80.0, 0.4) for image_id in image_ids)
    made = Batch(id_, "p", "c", "ada", kind, "s", picks, at(99), model_version=version)
    return BatchRecord(made, dict.fromkeys(image_ids, PickState.LABELED) | (states or {}))


def operation(kind, version, minute, seconds=1.0, result=None, state=OperationState.SUCCEEDED):
    name = f"{kind}-{version}-{minute}"
    return Operation(name, "p", kind, state, seconds=seconds, result_id=version, result=result, created_at=at(minute))


def trained(version, minute, **options):
    return operation(OperationKind.TRAIN, version, minute, **options)


def evaluated(version, minute, mean_iou=0.5, split=Split.TEST):
    result = Evaluation(split, 0.1, 0.2, mean_iou, 0.1, None, (), model_version=version)
    return operation(OperationKind.EVALUATE, version, minute, 2.0, result)


def model(version, minute):
    return ModelVersion(version, "p", "compact", 0, 3, {}, at(minute))


def history(labels=(), batches=(), models=(), operations=(), campaign=CAMPAIGN):
    """Lists as a server gives them: models and operations newest first."""
    return CampaignHistory(
        Project("p", "", (Category(1, "crack"),)), campaign, labels, batches, models[::-1], operations[::-1]
    )


def images(purchase):
    return [pick.image_id for pick, _ in purchase.labeled]


def test_before_a_model_is_measured_everything_is_the_first_batch():
    arm = history([label("a", 1), label("b", 2)], [batch("x", "b", "a")]).arm()
    assert (images(arm.initial), arm.rounds, arm.stopped_because) == (["b", "a"], (), "")


def test_what_was_paid_for_before_a_training_made_its_model():
    labels = [label("a", 1), label("b", 2, COUNTS, 4.48), label("c", 5, cost_s=75.5)]
    runs = [trained("m1", 3), evaluated("m1", 4), trained("m2", 6), evaluated("m2", 7)]
    arm = history(labels, [batch("x", "a"), batch("y", "c")], [model("m1", 4), model("m2", 7)], runs).arm()
    first, second = (done.measured for done in arm.rounds)
    assert (first.number, first.spent_s_by_kind, first.spent_s) == (1, {"full": 80.0, "counts": 4.48}, 84.48)
    assert (second.number, second.spent_s_by_kind) == (2, {"full": 155.5, "counts": 4.48})
    assert (first.train_s, first.evaluate_s) == (1.0, 2.0)


def test_a_batch_belongs_to_the_model_whose_scores_chose_it_however_late_it_was_labeled():
    labels = [label("a", 1), label("b", 9), label("c", 10)]
    batches = [batch("x", "a"), batch("y", "b", version="m1"), batch("z", "c")]
    runs = [trained("m1", 2), evaluated("m1", 3), trained("m2", 5), evaluated("m2", 6)]
    arm = history(labels, batches, [model("m1", 3), model("m2", 6)], runs).arm()
    assert images(arm.initial) == ["a"]
    assert [images(done.purchase) for done in arm.rounds] == [["b"], ["c"]]


def test_only_what_was_labeled_under_a_batch_was_bought_by_it():
    states = {"b": PickState.EXPIRED, "c": PickState.SKIPPED}
    records = [batch("x", "a", "b", "c", states=states), batch("y", "b"), batch("z", "d", kind=COUNTS)]
    arm = history([label("a", 1), label("b", 2), label("d", 3, COUNTS)], records).arm()
    assert images(arm.initial) == ["a", "b"]


def test_what_was_labeled_to_test_on_is_told_apart():
    to_test = batch("t", "d", "e", states={"e": PickState.OPEN})
    records = [replace(to_test, batch=replace(to_test.batch, for_split=Split.TEST)), batch("x", "a")]
    arm = history([label("d", 1), label("a", 2)], records).arm()
    assert (images(arm.test), images(arm.initial)) == (["d"], ["a"])


def test_corrections_and_other_campaigns_buy_nothing():
    labels = [
        label("a", 1, cost_s=80.0, superseded_by="l2"),
        label("a", 2, cost_s=0.0, supersedes="l1", seconds_spent=9.0),
        label("b", 3, campaign_id="other"),
    ]
    arm = history(labels, [batch("x", "a")], [model("m1", 5)], [trained("m1", 4), evaluated("m1", 5)]).arm()
    assert [bought.id for _, bought in arm.initial.labeled] == ["l1"]
    assert arm.rounds[0].measured.spent_s == 80.0 + 9.0  # a correction costs the seconds that it took


def test_a_model_counts_by_its_last_evaluation_on_the_test_split():
    runs = [trained("m1", 1), evaluated("m1", 2, 0.3), evaluated("m1", 3, 0.4), evaluated("m1", 4, 0.9, Split.TRAIN)]
    runs += [trained("m2", 5), evaluated("m2", 6, split=Split.TRAIN)]
    arm = history(models=[model("m1", 2), model("m2", 6)], operations=runs).arm()
    assert [(done.measured.model.id, done.measured.evaluation.mean_iou) for done in arm.rounds] == [("m1", 0.4)]


def test_forgotten_work_costs_no_machine_time_and_counts_from_the_model():
    labels = [label("a", 1), label("b", 3)]
    arm = history(labels, [], [model("m1", 2)], [evaluated("m1", 4)]).arm()
    assert (arm.rounds[0].measured.spent_s, arm.rounds[0].measured.train_s) == (80.0, 0.0)


def test_scorings_of_a_model_add_up():
    runs = [
        trained("m1", 1),
        operation(OperationKind.SCORE, "m1", 2, 3.0),
        operation(OperationKind.SCORE, "m1", 3, 4.0),
    ]
    failed = operation(OperationKind.SCORE, "m1", 4, 9.0, state=OperationState.FAILED)
    arm = history(models=[model("m1", 2)], operations=[*runs, failed, evaluated("m1", 5)]).arm()
    assert arm.rounds[0].purchase.score_s == 7.0


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({}, ""),
        ({"spent_s": 999.5}, "the budget is spent"),
        ({"spent_s": 400.0, "reserved_s": 599.5}, "the budget is spent"),
        ({"budget": Budget(images=5), "labeled_images": 5}, "all 5 images of the budget are labeled"),
        ({"budget": Budget(images=5), "labeled_images": 4}, ""),
    ],
)
def test_a_campaign_that_can_buy_nothing_more_has_ended(change, words):
    assert history(campaign=replace(CAMPAIGN, **change)).arm().stopped_because == words


def test_what_counts_cost_is_known_by_image_corrections_and_other_kinds_apart():
    labels = [label("a", 1, COUNTS, 4.48), label("a", 2), label("b", 3, COUNTS, 3.0), label("b", 4, COUNTS, 0.0)]
    assert history(labels).counts_paid_s == {"a": 4.48, "b": 3.0}
