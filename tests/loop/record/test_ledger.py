import math
from datetime import UTC, datetime

from maskloop.loop.record.ledger import Ledger
from maskloop.values import (
    BoxesLabel,
    Budget,
    Counts,
    FullLabel,
    ImageLevelLabel,
    Label,
    PointsLabel,
    ScribblesLabel,
    Split,
    SupervisionKind,
)

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def label(image_id, kind, cost_s, counts=None, seconds_spent=None):
    content = counts if kind is SupervisionKind.COUNTS else FullLabel()
    return Label(f"l-{image_id}", "p", image_id, content, "ada", cost_s, NOW, seconds_spent=seconds_spent)


def test_spending_is_added_up_by_kind_charged_planned_and_measured():
    ledger = Ledger(Budget(seconds=600))
    ledger.add([label("a", SupervisionKind.COUNTS, 6.48, Counts({1: 1}), 5.0)])
    ledger.add([label("a", SupervisionKind.FULL, 76.52, seconds_spent=90.0), label("b", SupervisionKind.FULL, 83.0)])
    assert ledger.spent_s_by_kind == {"counts": 5.0, "full": 173.0}
    assert ledger.planned_s_by_kind == {"counts": 6.48, "full": 159.52}
    assert ledger.measured_s_by_kind == {"counts": 5.0, "full": 90.0}
    assert (ledger.spent_s, ledger.left_s) == (178.0, 422.0)
    assert ledger.left_images == math.inf
    assert ledger.labeled == {"a", "b"}
    assert ledger.counts_paid_s == {"a": 6.48}


def test_a_budget_of_images_counts_full_labels_only():
    ledger = Ledger(Budget(images=3))
    ledger.add([label("a", SupervisionKind.COUNTS, 6.48, Counts({})), label("b", SupervisionKind.FULL, 83.0)])
    assert ledger.left_images == 2
    assert ledger.left_s == math.inf
    assert ledger.counted_objects == {"a": 0}


def test_the_mean_cost_of_a_full_label_is_what_full_labels_have_cost_so_far():
    ledger = Ledger(Budget(seconds=600))
    assert ledger.mean_full_s(229.0) == 229.0
    ledger.add([label("a", SupervisionKind.FULL, 80.0), label("b", SupervisionKind.FULL, 160.0)])
    assert ledger.mean_full_s(229.0) == 120.0


def test_measured_seconds_may_go_beyond_the_budget():
    ledger = Ledger(Budget(seconds=100))
    ledger.add([label("a", SupervisionKind.FULL, 80.0, seconds_spent=130.0)])
    assert (ledger.spent_s, ledger.left_s) == (130.0, 0.0)


def test_labels_of_test_images_are_spent_and_known_apart():
    ledger = Ledger(Budget(seconds=600))
    ledger.add([label("a", SupervisionKind.FULL, 80.0, seconds_spent=30.0)], Split.TEST)
    ledger.add([label("b", SupervisionKind.FULL, 80.0)])
    assert (ledger.spent_s, ledger.test_s, ledger.labeled, ledger.tested) == (110.0, 30.0, {"a", "b"}, {"a"})


def test_a_correction_of_counts_leaves_what_they_were_planned_at():
    ledger = Ledger(Budget(seconds=600))
    ledger.add([label("a", SupervisionKind.COUNTS, 6.48, Counts({1: 1}))])
    ledger.add([label("a", SupervisionKind.COUNTS, 0.0, Counts({}), 2.0)])
    assert (ledger.counts_paid_s, ledger.counted_objects, ledger.spent_on(SupervisionKind.COUNTS)) == (
        {"a": 6.48},
        {"a": 0},
        8.48,
    )


def test_marks_and_class_labels_are_no_part_of_what_the_first_batch_took():
    ledger = Ledger(Budget(seconds=600))
    ledger.add([label("a", SupervisionKind.FULL, 80.0), label("a", SupervisionKind.COUNTS, 6.5, Counts({1: 1}))])
    for number, content in enumerate((ImageLevelLabel(), PointsLabel(), ScribblesLabel(), BoxesLabel())):
        ledger.add([Label(f"m{number}", "p", f"m{number}", content, "ada", 10.0 + number, NOW)])
    assert ledger.bought(None) == (1, 86.5)
    assert [ledger.spent_on(kind) for kind in SupervisionKind] == [10.0, 6.5, 11.0, 12.0, 13.0, 80.0, 0.0]
    assert ledger.spent_s == 132.5
