"""Why a campaign ends: by a rule of its plan before the budget is spent, or because nothing more can be bought."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from maskloop.forecasting.learning_curve import fit_learning_curve
from maskloop.loop.options.stop_rules import PLATEAU, StopRule
from maskloop.loop.outcomes import Measured
from maskloop.loop.planning.plan import Plan
from maskloop.loop.session import CampaignSession
from maskloop.pages.wording import say_count, say_measure, say_number, say_time
from maskloop.values import SkipReason, Split
from maskloop.values.measures import decide_by


def why_stop(rules: Sequence[StopRule], rounds: Sequence[Measured], end_s: float, rng: np.random.Generator) -> str:
    """The first rule's reason to stop, for a person; "" to go on.

    Args:
        rules: all of them; one is enough.
        rounds: so far, at least one.
        end_s: annotator seconds at which the budget will be spent.
        rng: makes the forecast's draws.
    """
    reasons = (
        _plateau(rule.value, rounds, end_s, rng) if rule.name == PLATEAU else _target(rule, rounds[-1])
        for rule in rules
    )
    return next(filter(None, reasons), "")


def why_nothing_more(number: int, session: CampaignSession, plan: Plan) -> str:
    """Why round `number` bought nothing, for a person."""
    ledger = session.ledger
    if plan.max_rounds is not None and number > plan.max_rounds:
        return f"--max-rounds {plan.max_rounds} is reached"
    if ledger.left_images < 1:
        return f"all {plan.budget.images} images of the budget are labeled"
    if waiting := session.books.promised(besides=())[1]:
        return f"people still have {say_count(waiting, 'image')}, and nothing else could be bought"
    return _why_none_is_left(session, plan)


def _why_none_is_left(session: CampaignSession, plan: Plan) -> str:
    ledger = session.ledger
    too_dear = {image for image, reason in ledger.passed_over.items() if reason is SkipReason.OVER_BUDGET}
    if candidates(session, plan) - ledger.labeled - (ledger.passed_over.keys() - too_dear):
        if math.isinf(ledger.left_s):
            return "no image that is left can be chosen"
        return f"{ledger.left_s:.0f} s of the budget are left, and the cheapest image that is left costs more"
    if plan.needs_counts:
        return "every counted image is labeled; a larger --counts-share counts more"
    return "every image of the pool is labeled"


def candidates(session: CampaignSession, plan: Plan) -> set[str]:
    """Images that the strategy may choose from: the pool, or those of it that are counted and hold something."""
    if plan.needs_counts:
        return {image for image, objects in session.ledger.counted_objects.items() if objects}
    return {image.id for image in session.images.values() if image.split is Split.POOL}


def _target(rule: StopRule, last: Measured) -> str:
    reached = last.quality(rule.name)
    if reached is None or reached < rule.value:
        return ""
    return f"{say_measure(rule.name)} is {say_number(reached, 3)}: the target of {rule.value:g} is reached"


def _plateau(worth: float, rounds: Sequence[Measured], end_s: float, rng: np.random.Generator) -> str:
    """The curve's own rise is expected, not a measurement's: noise is no reason to stop or to go on."""
    measure = decide_by([each.evaluation for each in rounds if each.evaluation is not None])
    known = [(each.spent_s, each.quality(measure)) for each in rounds]
    curve = fit_learning_curve([(at_s, value) for at_s, value in known if value is not None], rng)
    now_s = rounds[-1].spent_s
    left_s = max(0.0, end_s - now_s)
    if curve is None or (rise := curve.rise(now_s, now_s + left_s)) >= worth:
        return ""
    return (
        f"plateau: the {say_time(left_s)} that are left are expected to raise {say_measure(measure)} by "
        f"{say_number(rise, 4)}, less than {worth:g}"
    )
