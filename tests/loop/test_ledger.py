import math
from datetime import UTC, datetime

import pytest

from maskloop.loop.ledger import Ledger
from maskloop.values import Budget, Counts, FullLabel, Label, SupervisionKind

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def label(image_id, kind, cost_s, counts=None, seconds_spent=None):
    content = counts if kind is SupervisionKind.COUNTS else FullLabel()
    return Label(f"l-{image_id}", "p", image_id, content, "ada", cost_s, NOW, seconds_spent=seconds_spent)


def test_spending_is_added_up_by_kind_planned_and_measured():
    ledger = Ledger(Budget(seconds=600))
    ledger.add([label("a", SupervisionKind.COUNTS, 6.48, Counts({1: 1}), 5.0)])
    ledger.add([label("a", SupervisionKind.FULL, 76.52, seconds_spent=90.0), label("b", SupervisionKind.FULL, 83.0)])
    assert ledger.spent_s_by_kind == pytest.approx({"counts": 6.48, "full": 159.52})
    assert ledger.measured_s_by_kind == {"counts": 5.0, "full": 90.0}
    assert ledger.spent_s == pytest.approx(166.0)
    assert ledger.left_s == pytest.approx(434.0)
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
