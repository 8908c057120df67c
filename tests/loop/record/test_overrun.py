"""Books of a campaign that has more labels than its budget of images."""

from datetime import UTC, datetime

from maskloop.loop.record.ledger import Ledger
from maskloop.values import Budget, FullLabel, Label

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def test_a_budget_that_was_lowered_below_what_is_labeled_ends_now() -> None:
    """Three labels of 80 s, where two are to be had: its time is over, and was not over 80 s ago."""
    ledger = Ledger(Budget(images=2))
    ledger.add(Label(f"l{n}", "p", f"i{n}", FullLabel(), "ada", 80.0, NOW) for n in range(3))
    assert (ledger.spent_s, ledger.left_images) == (240.0, -1)
    assert ledger.end_s == 240.0
