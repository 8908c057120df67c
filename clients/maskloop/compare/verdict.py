"""The verdict on one comparison: a page of sentences for whoever decides how images are chosen."""

from __future__ import annotations

from collections.abc import Sequence

from maskloop.compare.judged import CONFIDENCE, Difference, Gate, Judgement, Standing
from maskloop.compare.sentences import say_arm_result, say_chance, say_interval, say_reached, say_reason
from maskloop.compare.values import RANDOM, STRONG_RANDOM, Comparison
from maskloop.report.words import say_count, say_measure, say_number, say_strategy

FRESH = "`--seeds 5-9`"


def verdict(comparison: Comparison, judgement: Judgement) -> tuple[str, ...]:
    """Sentences; the first one says what to do. The judgement's own verdict is not read."""
    if not judgement.gate.passed:
        return (*_nothing_ranked(judgement), *_unfinished(comparison))
    arms = [one for one in judgement.standings if RANDOM in one.against]
    if not arms:
        return (_only_random(judgement), *_unfinished(comparison))
    best = max(arms, key=lambda one: (_to_random(one).wins, _to_random(one).end.mean))
    return (
        _what_to_do(judgement, best, arms),
        *_unfinished(comparison),
        *(say_arm_result(one, judgement) for one in _best_first(arms)),
        *say_reason(best, _random(judgement)),
        *_stood_in(arms),
        *_how_sure(judgement, arms),
    )


def sure_winners(arms: Sequence[Standing]) -> tuple[str, ...]:
    """Strategies that beat random even so many having been tried: Holm's correction of the paired tests.

    Holm, A simple sequentially rejective multiple test procedure, Scandinavian Journal of Statistics 1979.
    """
    tested = sorted(((_to_random(one).p, one.strategy, _to_random(one).wins) for one in arms), key=_p_first)
    found = []
    for rank, (p, strategy, wins) in enumerate(tested):
        if p is None or p >= (1 - CONFIDENCE) / (len(tested) - rank):
            break
        if wins:
            found.append(strategy)
    return tuple(found)


def _p_first(tested: tuple[float | None, str, bool]) -> tuple[float, str]:
    return (1.0 if tested[0] is None else tested[0], tested[1])


def _what_to_do(judgement: Judgement, best: Standing, arms: Sequence[Standing]) -> str:
    name = say_strategy(best.strategy)
    if best.strategy in sure_winners(arms):
        return f"Use {name}: {say_reached(best, judgement)}."
    if _to_random(best).wins:
        return (
            f"{name[0].upper()}{name[1:]} looks better than random selection, and is not proven: "
            f"{say_reached(best, judgement)}, but {say_chance(len(arms))}. "
            f"Run it again on fresh seeds ({FRESH}) before you rely on it."
        )
    strong = next((one for one in arms if one.strategy == STRONG_RANDOM and not _to_random(one).loses), None)
    or_strong = f" or {say_strategy(STRONG_RANDOM)}, which did as well" if strong else ""
    return f"Nothing here beats random selection by more than luck: stay with random selection{or_strong}."


def _nothing_ranked(judgement: Judgement) -> tuple[str, ...]:
    gate, random = judgement.gate, _random(judgement)
    levels = f"from {say_number(random.start.mean, 3)} to {say_number(random.end.mean, 3)}"
    rose = f"the {say_measure(judgement.measure)} of random selection goes {levels}"
    if gate.noise is None:
        return (f"Nothing can be said yet: {rose}, by a single seed.", *gate.advice)
    return (
        f"This setting can rank nothing: {rose}, a rise of {say_interval(gate.rise)}, "
        f"and between seeds it differs by {say_number(gate.noise, 3)} anyway.",
        "Where labels chosen at random do not help by more than luck, better chosen ones cannot be seen to: "
        "no way of choosing is ranked here.",
        *gate.advice,
    )


def _only_random(judgement: Judgement) -> str:
    return f"Only random selection has been measured so far: {_rise(judgement.gate, judgement)}."


def _rise(gate: Gate, judgement: Judgement) -> str:
    return (
        f"its {say_measure(judgement.measure)} rises by {say_interval(gate.rise)}, more than the "
        f"{say_number(gate.noise, 3)} that seeds differ by, so that this setting can rank ways of choosing"
    )


def _unfinished(comparison: Comparison) -> tuple[str, ...]:
    if comparison.finished:
        return ()
    trials = len(comparison.strategies) * len(comparison.seeds)
    return (
        f"So far: {len(comparison.trials)} of {say_count(trials, 'trial')} have ended, and all of this may change.",
    )


def _stood_in(arms: Sequence[Standing]) -> tuple[str, ...]:
    """A strategy that something else chose for was not measured."""
    found = [
        f"{say_strategy(one.strategy)} ({one.chosen_by_fallback:.0%} of its rounds)"
        for one in arms
        if one.chosen_by_fallback
    ]
    if not found:
        return ()
    return (
        f"Something else chose for {', '.join(found)}, as predicted IoUs could not be trusted yet: "
        "what it reached says as much of what stood in.",
    )


def _how_sure(judgement: Judgement, arms: Sequence[Standing]) -> tuple[str, ...]:
    seeds = sorted({one.seeds for one in judgement.standings})
    many = say_count(seeds[0], "seed") if len(seeds) == 1 else f"{seeds[0]} to {seeds[-1]} seeds"
    unseen = judgement.gate.detectable
    missed = "" if unseen is None else f"; a difference below {say_number(unseen, 3)} would probably go unseen"
    return (
        f"How sure this is: {many} each{missed}. Brackets hold the true value in 95 of 100 such comparisons.",
        f"{say_count(len(arms), 'way')} of choosing {'was' if len(arms) == 1 else 'were'} compared with random: "
        f"{say_chance(len(arms))}.",
    )


def _best_first(arms: Sequence[Standing]) -> list[Standing]:
    return sorted(arms, key=lambda one: -_to_random(one).end.mean)


def _to_random(arm: Standing) -> Difference:
    return arm.against[RANDOM]


def _random(judgement: Judgement) -> Standing:
    return next(one for one in judgement.standings if one.strategy == RANDOM)
