"""What a later round asks for, after an earlier one bought some of the same."""

from datetime import UTC, datetime

from maskloop.costs.cost_model import CostModel
from maskloop.loop.planning.plan import Plan
from maskloop.loop.record.ledger import Ledger
from maskloop.values import Budget, FullLabel, Label, OodAnswer, Strategy

NOW = datetime(2026, 1, 1, tzinfo=UTC)
HOUR = Budget(seconds=3600)


def test_checks_of_earlier_rounds_are_none_of_this_one() -> None:
    """Twenty outlines of 83 s and 97 checks leave 1,843 s: 5 % are 92 further checks, in four batches."""
    bought = Ledger(HOUR)
    bought.add(Label(f"l{n}", "p", f"i{n}", FullLabel(), "ada", 83.0, NOW) for n in range(20))
    bought.add(Label(f"v{n}", "p", f"o{n}", OodAnswer(), "ada", 1.0, NOW) for n in range(97))
    plan = Plan(HOUR, CostModel(5), Strategy("random"), Strategy("random"), counts_share=0.15, ood_share=0.05)
    goal = plan.ood_checks(bought)
    assert goal is not None
    assert goal.end_s == 97 + 92
    assert goal.next_batch(bought) == Budget(images=23)
    bought.add(Label(f"w{n}", "p", f"p{n}", OodAnswer(), "ada", 1.0, NOW) for n in range(80))
    assert goal.next_batch(bought) == Budget(images=12)
