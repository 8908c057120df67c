"""What is planned once people have labeled test images: their seconds are gone, and what an image takes is known."""

from datetime import UTC, datetime

import pytest

from maskloop.costs.cost_model import CostModel
from maskloop.loop.planning.plan import Plan
from maskloop.loop.record.ledger import Ledger
from maskloop.values import Budget, FullLabel, Label, Split, Strategy

NOW = datetime(2026, 1, 1, tzinfo=UTC)
HOUR = Budget(seconds=3600)


def outlines(first: int, number: int, cost_s: float) -> list[Label]:
    return [Label(f"l{n}", "p", f"i{n}", FullLabel(), "ada", cost_s, NOW) for n in range(first, first + number)]


@pytest.fixture
def ledger() -> Ledger:
    """Six test images of 100 s each, then five of 40 s of the first batch."""
    made = Ledger(HOUR)
    made.add(outlines(0, 6, 100.0), Split.TEST)
    made.add(outlines(6, 5, 40.0))
    return made


def plan() -> Plan:
    return Plan(HOUR, CostModel(5), Strategy("random"), Strategy("random"), counts_share=0.15)


def test_the_first_batch_is_a_third_of_what_test_images_left(ledger: Ledger) -> None:
    assert plan().initial(ledger).wanted == Budget(seconds=1000)


def test_the_seconds_of_test_images_are_none_of_the_first_batch(ledger: Ledger) -> None:
    assert ledger.bought(None) == (5, 200.0)
    assert ledger.bought(Split.TEST) == (6, 600.0)


def test_what_an_image_takes_is_told_by_test_images_as_well(ledger: Ledger) -> None:
    """800 s for eleven, 72.7 s each: of the 800 s of the first batch that are left, half buys five."""
    assert ledger.mean_full_s(224.7) == pytest.approx(800 / 11)
    assert plan().initial(ledger).next_batch(ledger) == Budget(images=5)
