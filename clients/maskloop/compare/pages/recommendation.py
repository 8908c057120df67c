"""The verdict on one comparison: a page of sentences for whoever decides how images are chosen."""

from __future__ import annotations

from collections.abc import Sequence

from maskloop.compare.analysis.comparison import RANDOM, STRONG_RANDOM, Comparison
from maskloop.compare.analysis.gate import EARLY
from maskloop.compare.analysis.intervals import seeds_for
from maskloop.compare.analysis.results import CONFIDENCE, Difference, Estimate, Judgement, Standing
from maskloop.compare.pages.sentences import say_arm, say_chance, say_reached, say_signed, say_why, sentence_name
from maskloop.pages.wording import say_count, say_measure, say_number, say_strategy

MOST_SEEDS = 50
"""More are not worth proposing."""


def verdict(comparison: Comparison, judgement: Judgement) -> tuple[str, ...]:
    """Sentences; the first one says what to do. The judgement's own verdict is not read."""
    if not judgement.gate.passed:
        return (*_nothing_ranked(judgement), *_unfinished(comparison))
    arms = [one for one in judgement.standings if RANDOM in one.against]
    usable = [one for one in arms if not one.oracle]
    if not usable:
        return (_only_random(judgement), *_unfinished(comparison))
    sure = sure_winners(usable)
    best = max(usable, key=lambda one: (one.strategy in sure, _to_random(one).wins, _to_random(one).end.mean))
    return (
        _what_to_do(comparison, judgement, best, usable),
        *_no_better_than_strong(best),
        *_unfinished(comparison),
        *(say_arm(one, judgement) for one in _best_first(arms)),
        *_why(best, arms, judgement),
        *_alike(arms),
        *_stood_in(arms),
        *_how_sure(judgement, usable),
        *_more_seeds(best),
        *_flat_end(judgement),
    )


def sure_winners(arms: Sequence[Standing]) -> tuple[str, ...]:
    """Strategies that beat random even so many having been tried: Holm's correction of the paired tests.

    Holm, A simple sequentially rejective multiple test procedure, Scandinavian Journal of Statistics 1979.
    """
    tested = sorted((1.0 if _to_random(one).p is None else _to_random(one).p or 0.0, one.strategy) for one in arms)
    wins = {one.strategy for one in arms if _to_random(one).wins}
    found: list[str] = []
    for rank, (p, strategy) in enumerate(tested):
        if p >= (1 - CONFIDENCE) / (len(tested) - rank):
            break
        found += [strategy] * (strategy in wins)
    return tuple(found)


def _what_to_do(comparison: Comparison, judgement: Judgement, best: Standing, arms: Sequence[Standing]) -> str:
    if best.strategy in sure_winners(arms):
        return f"Use {say_strategy(best.strategy)}: {say_reached(best, judgement)}."
    if _to_random(best).wins:
        return (
            f"{sentence_name(best.strategy)} looks better than random selection and is not proven: "
            f"{say_reached(best, judgement)}, but {say_chance(len(arms))}. "
            f"Run it again on fresh seeds ({_fresh_seeds(comparison)}) before you rely on it."
        )
    strong = next((one for one in arms if one.strategy == STRONG_RANDOM and not _to_random(one).loses), None)
    or_strong = f" or {say_strategy(STRONG_RANDOM)}, which did as well" if strong else ""
    return f"Nothing here beats random selection by more than luck: stay with random selection{or_strong}."


def _fresh_seeds(comparison: Comparison) -> str:
    first = max(comparison.seeds) + 1
    return f"`--seeds {first}-{first + len(comparison.seeds) - 1}`"


def _no_better_than_strong(best: Standing) -> tuple[str, ...]:
    strong = best.against.get(STRONG_RANDOM)
    if strong is None or strong.wins or not _to_random(best).wins:
        return ()
    return (f"It is no more than luck above {say_strategy(STRONG_RANDOM)}, which needs no predicted IoU.",)


def _nothing_ranked(judgement: Judgement) -> tuple[str, ...]:
    gate, random = judgement.gate, _random(judgement)
    levels = f"from {say_number(random.start.mean, 3)} to {say_number(random.end.mean, 3)}"
    rose = f"the {say_measure(judgement.measure)} of random selection goes {levels}"
    if gate.noise is None:
        return (f"Nothing can be said yet: {rose}, by a single seed.", *gate.advice)
    return (
        f"This setting can rank nothing: {rose}, by {say_signed(gate.rise)}, "
        f"and one seed differs from another by {say_number(gate.noise, 3)} anyway.",
        "Where more labels hardly help, better chosen ones cannot be seen to: no way of choosing is ranked here.",
        *gate.advice,
    )


def _only_random(judgement: Judgement) -> str:
    gate = judgement.gate
    return (
        f"Only random selection has been measured so far: its {say_measure(judgement.measure)} goes up by "
        f"{say_signed(gate.rise)}, more than the {say_number(gate.noise, 3)} that one seed differs from another, "
        "so this setting can rank ways of choosing."
    )


def _unfinished(comparison: Comparison) -> tuple[str, ...]:
    if comparison.finished:
        return ()
    trials = len(comparison.strategies) * len(comparison.seeds)
    return (f"So far {len(comparison.trials)} of {say_count(trials, 'trial')} have ended, and all of this may change.",)


def _why(best: Standing, arms: Sequence[Standing], judgement: Judgement) -> tuple[str, ...]:
    """Of the best arm, and of the one that loses most, as far as numbers show it."""
    lost = [one for one in arms if _to_random(one).loses]
    told = dict.fromkeys((best.strategy, *(one.strategy for one in _best_first(lost)[-1:])))
    found = (say_why(one, _random(judgement)) for one in arms if one.strategy in told)
    return tuple(filter(None, found))


def _stood_in(arms: Sequence[Standing]) -> tuple[str, ...]:
    """Rounds that something else chose for tell nothing of a strategy."""
    found = [
        f"{one.chosen_by_fallback:.0%} of the rounds of {say_strategy(one.strategy)}"
        for one in arms
        if one.chosen_by_fallback
    ]
    if not found:
        return ()
    return (f"Something else had to stand in, and what it bought counts as theirs, in {', '.join(found)}.",)


def _alike(arms: Sequence[Standing]) -> tuple[str, ...]:
    """Arms whose options change nothing here, as their trials came to the very same."""
    same: dict[tuple[Estimate, Estimate], list[str]] = {}
    for one in arms:
        same.setdefault((one.end, one.area), []).append(one.strategy)
    return tuple(
        f"{' and '.join((sentence_name(first), *map(say_strategy, others)))} chose the same."
        for first, *others in same.values()
        if others
    )


def _how_sure(judgement: Judgement, arms: Sequence[Standing]) -> tuple[str, ...]:
    seeds = sorted({one.seeds for one in judgement.standings})
    many = say_count(seeds[0], "seed") if len(seeds) == 1 else f"{seeds[0]} to {seeds[-1]} seeds"
    unseen = judgement.gate.detectable
    missed = "" if unseen is None else f"; a difference of less than {say_number(unseen, 3)} would often go unseen"
    compared = "1 way of choosing was" if len(arms) == 1 else f"{len(arms)} ways of choosing were"
    return (
        f"How sure this is: {many} of each{missed}. What is in brackets holds the true value in 95 of 100 cases.",
        f"{compared} compared with random: {say_chance(len(arms))}.",
    )


def _more_seeds(best: Standing) -> tuple[str, ...]:
    """What it would take to prove a lead that may be luck."""
    end = _to_random(best).end
    seeds = None if _to_random(best).wins or not end.sd else seeds_for(end.mean, end.sd, MOST_SEEDS)
    if seeds is None or seeds <= end.seeds:
        return ()
    lead = say_number(end.mean, 3)
    return (f"If the {lead} that {say_strategy(best.strategy)} is ahead are real, about {seeds} seeds would show it.",)


def _flat_end(judgement: Judgement) -> tuple[str, ...]:
    """Where random has risen long before the end, the end can hardly tell who chose better."""
    points = judgement.curves[RANDOM]
    start, middle, end = (points[place].mean for place in (0, len(points) // 2, -1))
    if middle - start <= EARLY * (end - start):
        return ()
    return (
        "Random selection itself gains next to nothing in the second half of the time: "
        "a smaller `--budget` or `--initial` would tell ways of choosing apart more clearly.",
    )


def _best_first(arms: Sequence[Standing]) -> list[Standing]:
    """Those that only an experiment can have after all that anyone can."""
    return sorted(arms, key=lambda one: (one.oracle, -_to_random(one).end.mean))


def _to_random(arm: Standing) -> Difference:
    return arm.against[RANDOM]


def _random(judgement: Judgement) -> Standing:
    return next(one for one in judgement.standings if one.strategy == RANDOM)
