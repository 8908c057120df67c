"""How the results of single arms are said to people who know no statistics."""

from __future__ import annotations

from maskloop.compare.analysis.comparison import RANDOM, STRONG_RANDOM
from maskloop.compare.analysis.results import CONFIDENCE, Difference, Estimate, Judgement, Reach, Standing
from maskloop.pages.wording import say_change, say_count, say_measure, say_number, say_strategy, say_time


def say_reached(arm: Standing, judgement: Judgement) -> str:
    """How soon an arm gets to where random ends: "it reached a mean IoU of 0.490, ..., in 2 h 20 min (...)"."""
    found = arm.reach
    if found is None or found.seconds is None:
        return "it did not reach where random selection ends"
    article = "a" if judgement.measure == "mean_iou" else "an"
    what = f"{article} {say_measure(judgement.measure)} of {say_number(found.quality, 3)}"
    when = say_time(_seconds_of_random(judgement))
    return f"it reached {what}, which random selection has after {when}, in {_say_seconds(found)}"


def say_arm(arm: Standing, judgement: Judgement) -> str:
    """An arm against random, its time to where random ends, the way there, and strong random."""
    to_random, strong = arm.against[RANDOM], arm.against.get(STRONG_RANDOM)
    told = [f"{sentence_name(arm.strategy)} ends {say_difference(to_random)}; {_say_reach(arm.reach, judgement)}."]
    if to_random.end_is_luck and not to_random.area_is_luck:
        where = "ahead" if to_random.area.mean > 0 else "behind"
        told.append(f"On the way there it was {where}, by {say_signed(to_random.area)} on average, more than luck.")
    if strong is not None:
        told.append(f"It ends {say_difference(strong)}.")
    return " ".join(told)


def say_difference(found: Difference) -> str:
    """`0.012 above random selection (+0.004 to +0.020), more than luck`."""
    where = "above" if found.end.mean >= 0 else "below"
    sure = "no more than luck" if found.end_is_luck else "more than luck"
    size = say_number(abs(found.end.mean), 3)
    return f"{size} {where} {say_strategy(found.baseline)}{_bracket(found.end)}, {sure}"


def say_signed(found: Estimate) -> str:
    """`+0.012 (+0.004 to +0.020)`."""
    return f"{say_change(found.mean, 3)}{_bracket(found)}"


def say_why(arm: Standing, random: Standing) -> str:
    """What an arm's seconds bought beside random's, and how reliable its predicted IoUs were; "" if unknown."""
    bought = (
        f"In the same time {_say_purchase(arm)}, {_say_purchase(random)}." if arm.objects and random.objects else ""
    )
    return " ".join(filter(None, (bought, _say_head(arm))))


def say_chance(arms: int) -> str:
    """How often luck alone shows a winner among so many arms, were none of them better than random."""
    once_in = 1 / (1 - ((1 + CONFIDENCE) / 2) ** arms)
    of_how_many = f"{say_count(arms, 'arm')} like this" if arms == 1 else f"{arms} arms"
    return f"luck alone shows a winner among {of_how_many} in one of {once_in:.0f} comparisons"


def sentence_name(strategy: str) -> str:
    """A strategy at the beginning of a sentence."""
    name = say_strategy(strategy)
    return f"{name[0].upper()}{name[1:]}"


def _say_purchase(arm: Standing) -> str:
    price = "" if arm.object_s is None else f" ({arm.object_s:.0f} s an object)"
    return f"{say_strategy(arm.strategy)} bought {arm.images:.0f} images with {arm.objects:.0f} objects{price}"


def _say_head(arm: Standing) -> str:
    if arm.iou_mae is None:
        return ""
    order = f"; its order of images agreed with the true one at {say_number(arm.iou_spearman)} (1 is perfect, 0 chance)"
    known = order if arm.iou_spearman is not None else ""
    whose = say_strategy(arm.strategy)
    return f"The IoU that the networks of {whose} predicted was off by {say_number(arm.iou_mae)} on average{known}."


def _say_reach(found: Reach | None, judgement: Judgement) -> str:
    if found is None or found.seconds is None:
        return f"it does not get to where random ends within {say_time(judgement.end_s)}"
    instead = say_time(_seconds_of_random(judgement))
    return f"it gets to where random ends in {_say_seconds(found)} instead of {instead}"


def _say_seconds(found: Reach) -> str:
    seconds = say_time(found.seconds or 0.0)
    if found.low is None:
        return seconds
    if found.high is None:
        return f"{seconds} ({say_time(found.low)} at the soonest, perhaps not within the budget)"
    return f"{seconds} ({say_time(found.low)} to {say_time(found.high)})"


def _seconds_of_random(judgement: Judgement) -> float:
    own = next(one.reach for one in judgement.standings if one.strategy == RANDOM)
    return judgement.end_s if own is None or own.seconds is None else own.seconds


def _bracket(found: Estimate) -> str:
    if found.low is None or found.high is None:
        return ""
    return f" ({say_change(found.low, 3)} to {say_change(found.high, 3)})"
