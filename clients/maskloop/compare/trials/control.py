"""The positive control of a comparison: random images, twice as many after the first batch."""

from __future__ import annotations

from dataclasses import replace
from statistics import fmean

from maskloop.compare.analysis.arm import CONTROL_TIMES
from maskloop.datasets.read import Data
from maskloop.loop.options import Options
from maskloop.loop.people import cost_model
from maskloop.loop.planning.plan import plan_on
from maskloop.loop.record.ledger import Ledger
from maskloop.values import Budget, FullLabel


def control_options(options: Options, data: Data) -> Options:
    """The same options with `CONTROL_TIMES` the purchase after the first batch, in as many rounds.

    Where the first batch is named in another unit than the budget, it is taken for what images of the pool cost in the
    mean.

    Raises:
        MaskloopError: as `plan_on`.
    """
    budget, batch = options.parsed_budget(), options.amount("batch")
    first = plan_on(data, options, options.parsed_strategy()).initial(Ledger(budget)).wanted
    costs = cost_model(options, data)
    full_s = fmean(FullLabel(image.objects).cost_s(costs, 0.0) for image in data.pool)
    if budget.images is not None:
        initial = first.images if first.images is not None else round((first.seconds or 0.0) / full_s)
        more = Budget(images=budget.images + (CONTROL_TIMES - 1) * max(0, budget.images - initial))
    else:
        seconds = budget.seconds or 0.0
        initial_s = first.seconds if first.seconds is not None else (first.images or 0) * full_s
        more = Budget(seconds=seconds + (CONTROL_TIMES - 1) * max(0.0, seconds - initial_s))
    return replace(options, budget=_spelled(more), batch=_spelled(_times(batch)) if batch else "")


def _times(budget: Budget) -> Budget:
    if budget.images is not None:
        return Budget(images=CONTROL_TIMES * budget.images)
    return Budget(seconds=CONTROL_TIMES * (budget.seconds or 0.0))


def _spelled(budget: Budget) -> str:
    return f"{budget.images}images" if budget.images is not None else f"{budget.seconds:.3f}s"
