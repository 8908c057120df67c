"""The positive control of a comparison: random images, twice as many after the first batch."""

from __future__ import annotations

from dataclasses import replace
from statistics import fmean

from maskloop.compare.analysis.arm import CONTROL_TIMES
from maskloop.datasets.read import Data
from maskloop.loop.goals import FirstBatchGoal
from maskloop.loop.options import Options
from maskloop.loop.people import cost_model
from maskloop.loop.planning.plan import Plan, plan_on
from maskloop.loop.record.ledger import Ledger
from maskloop.values import Budget, FullLabel


def control_options(options: Options, data: Data) -> Options:
    """The same options with `CONTROL_TIMES` the purchase after the first network, in as many rounds.

    All that the first network needs is bought once: test images, labels before the first outline, the first batch and
    the marks beside it. What of it is named in another unit than the budget is taken for what images of the pool cost
    in the mean.

    Raises:
        MaskloopError: as `plan_on`.
    """
    budget, batch = options.parsed_budget(), options.amount("batch")
    plan = plan_on(data, options, options.parsed_strategy())
    costs = cost_model(options, data)
    full_s = fmean(FullLabel(image.objects).cost_s(costs, 0.0) for image in data.pool)
    if budget.images is not None:
        more = Budget(images=budget.images + (CONTROL_TIMES - 1) * max(0, budget.images - _first_images(plan, full_s)))
    else:
        seconds = budget.seconds or 0.0
        more = Budget(seconds=seconds + (CONTROL_TIMES - 1) * max(0.0, seconds - _first_s(plan, full_s)))
    return replace(options, budget=_spelled(more), batch=_spelled(_times(batch)) if batch else "")


def _first_images(plan: Plan, full_s: float) -> int:
    """Images that are outlined before the first network is trained."""
    ledger = Ledger(plan.budget)
    if plan.test is not None:
        ledger.tested = {f"test-{number}" for number in range(round(_amount_s(plan.test, full_s) / full_s))}
    return len(ledger.tested) + round(_amount_s(plan.initial(ledger), full_s) / full_s)


def _first_s(plan: Plan, full_s: float) -> float:
    """Seconds that are spent before the first network is trained."""
    ledger = Ledger(plan.budget)
    ledger.test_s = _amount_s(plan.test, full_s) if plan.test is not None else 0.0
    weak_s = plan.weak_goal(plan.weak).end_s if plan.weak is not None else 0.0
    return ledger.test_s + weak_s + _amount_s(plan.initial(ledger), full_s) / plan.shares.outlines


def _amount_s(goal: FirstBatchGoal, full_s: float) -> float:
    """Seconds of outlines that reach a goal when each image takes `full_s`."""
    wanted = goal.wanted
    seconds = wanted.seconds if wanted.seconds is not None else (wanted.images or 0) * full_s
    return seconds if goal.is_asked else min(seconds, goal.most_images * full_s)


def _times(budget: Budget) -> Budget:
    if budget.images is not None:
        return Budget(images=CONTROL_TIMES * budget.images)
    return Budget(seconds=CONTROL_TIMES * (budget.seconds or 0.0))


def _spelled(budget: Budget) -> str:
    return f"{budget.images}images" if budget.images is not None else f"{budget.seconds:.3f}s"
