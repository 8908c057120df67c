"""How the results of single arms are said to people who know no statistics."""

from __future__ import annotations

from maskloop.compare.judged import CONFIDENCE, Difference, Estimate, Judgement, Reach, Standing
from maskloop.compare.values import RANDOM, STRONG_RANDOM
from maskloop.report.words import say_count, say_measure, say_number, say_strategy, say_time


def say_reached(arm: Standing, judgement: Judgement) -> str:
    """How soon an arm gets to where random ends: "it reached a mean IoU of 0.490, ..., in 2 h 20 min (...)"."""
    found, random_s = arm.reach, _seconds_of_random(judgement)
    if found is None or found.seconds is None:
        return "it did not reach where random selection ends"
    what = f"a {say_measure(judgement.measure)} of {say_number(found.quality, 3)}"
    return f"it reached {what}, which random selection has after {say_time(random_s)}, in {_say_seconds(found)}"


def say_arm_result(arm: Standing, judgement: Judgement) -> str:
    """An arm against both baselines, and its time to where random ends."""
    name = say_strategy(arm.strategy)
    parts = [f"ends {say_difference(arm.against[RANDOM])}"]
    if arm.reach is not None:
        parts.append(_say_reach(arm.reach, judgement))
    if STRONG_RANDOM in arm.against:
        parts.append(f"ends {say_difference(arm.against[STRONG_RANDOM])}")
    return f"{name[0].upper()}{name[1:]}: {'; '.join(parts)}."


def say_difference(found: Difference) -> str:
    """`0.012 above random selection (+0.004 to +0.020), more than luck`."""
    where = "above" if found.end.mean >= 0 else "below"
    size = say_number(abs(found.end.mean), 3)
    sure = "more than luck" if found.wins or found.loses else "no more than luck"
    return f"{size} {where} {say_strategy(found.baseline)}{_bracket(found.end)}, {sure}"


def say_interval(found: Estimate) -> str:
    """`0.012 (+0.004 to +0.020)`."""
    return f"{say_number(found.mean, 3)}{_bracket(found)}"


def say_reason(arm: Standing, random: Standing) -> tuple[str, ...]:
    """What an arm's seconds bought beside random's, and how far its predicted IoUs could be relied on."""
    bought = [_say_bought(arm, random)] if arm.object_s is not None and random.object_s is not None else []
    return (*bought, _say_head(arm)) if arm.iou_mae is not None else tuple(bought)


def say_chance(arms: int) -> str:
    """How often luck alone shows a winner among so many arms, were none of them better than random."""
    once_in = 1 / (1 - ((1 + CONFIDENCE) / 2) ** arms)
    return f"luck alone would show a winner among {say_count(arms, 'arm')} in one of {once_in:.0f} such comparisons"


def _say_bought(arm: Standing, random: Standing) -> str:
    return f"In the same time {_say_purchase(arm)}, {_say_purchase(random)}."


def _say_purchase(arm: Standing) -> str:
    return (
        f"{say_strategy(arm.strategy)} bought {arm.images:.0f} images with {arm.objects:.0f} objects "
        f"({arm.object_s:.0f} s an object)"
    )


def _say_head(arm: Standing) -> str:
    order = f"; its order of images agreed with the true one at {say_number(arm.iou_spearman)} (1 is perfect, 0 chance)"
    known = order if arm.iou_spearman is not None else ""
    return f"Its predicted IoU was off by {say_number(arm.iou_mae)} on average{known}."


def _say_reach(found: Reach, judgement: Judgement) -> str:
    if found.seconds is None:
        soonest = "" if found.low is None else f" ({say_time(found.low)} at the soonest)"
        return f"not where random ends within {say_time(judgement.end_s)}{soonest}"
    return f"where random ends after {_say_seconds(found)} instead of {say_time(_seconds_of_random(judgement))}"


def _say_seconds(found: Reach) -> str:
    if found.seconds is None or found.low is None:
        return say_time(found.seconds or 0.0)
    until = "not within the budget" if found.high is None else say_time(found.high)
    return f"{say_time(found.seconds)} ({say_time(found.low)} to {until})"


def _seconds_of_random(judgement: Judgement) -> float:
    own = next(one.reach for one in judgement.standings if one.strategy == RANDOM)
    return judgement.end_s if own is None or own.seconds is None else own.seconds


def _bracket(found: Estimate) -> str:
    if found.low is None or found.high is None:
        return ""
    return f" ({_signed(found.low)} to {_signed(found.high)})"


def _signed(value: float) -> str:
    return f"{round(value, 3) + 0.0:+.3f}"
