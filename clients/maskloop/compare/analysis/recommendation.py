"""What a comparison recommends, and what may be claimed of its arms."""

from __future__ import annotations

from collections.abc import Sequence

from maskloop.compare.analysis.comparison import RANDOM, STRONG_RANDOM
from maskloop.compare.analysis.gate import EARLY
from maskloop.compare.analysis.intervals import seeds_for
from maskloop.compare.analysis.results import (
    CONFIDENCE,
    Action,
    CurvePoint,
    Difference,
    Estimate,
    Gate,
    Recommendation,
    Standing,
)

MOST_SEEDS = 50
"""More are not worth proposing."""


def recommend(gate: Gate, standings: Sequence[Standing], random: Sequence[CurvePoint]) -> Recommendation:
    """Recommend an arm, or none.

    Args:
        gate: of the comparison.
        standings: all arms, random among them.
        random: its mean curve over the time that all arms were measured in.
    """
    others = [arm for arm in standings if RANDOM in arm.against]
    control = next((arm for arm in others if arm.arm.is_control), None)
    named = control.strategy if control else None
    arms = [arm for arm in others if arm is not control]
    usable = [arm for arm in arms if arm.usable]
    if gate.noise is None:
        return Recommendation(Action.SINGLE_SEED)
    if not gate.passed:
        return Recommendation(Action.NOTHING_RANKED)
    if control and not _to_random(control).wins:
        return Recommendation(Action.CONTROL_HIDDEN, control=named)
    if not usable:
        return Recommendation(Action.ONLY_RANDOM, control=named)
    sure = sure_winners(usable)
    best = _simplest(_highest(usable, sure), usable, sure)
    wins, strong, helped = _to_random(best).wins, best.against.get(STRONG_RANDOM), _to_help_alone(best)
    ranking = sorted(arms, key=lambda arm: (not arm.usable, -_to_random(arm).end.mean))
    losers = [arm for arm in ranking if _to_random(arm).loses]
    explained = {best.strategy, *(arm.strategy for arm in losers[-1:])}
    return Recommendation(
        action=Action.USE if best.strategy in sure else Action.CONFIRM if wins else Action.STAY,
        best=best.strategy,
        compared=len(usable),
        false_winner=1 - ((1 + CONFIDENCE) / 2) ** len(usable),
        strong_as_well=any(arm.strategy == STRONG_RANDOM and not _to_random(arm).loses for arm in usable),
        strong_no_worse=wins and strong is not None and not strong.wins,
        help_alone=helped.baseline if wins and helped is not None and not helped.wins else None,
        control=named,
        ranking=tuple(arm.strategy for arm in ranking),
        explained=tuple(arm.strategy for arm in arms if arm.strategy in explained),
        alike=_alike(arms),
        seeds_to_show=_seeds_to_show(_to_random(best)),
        flat_end=_is_flat(random),
    )


def sure_winners(arms: Sequence[Standing]) -> tuple[str, ...]:
    """Arms that beat random even so many having been tried: Holm's correction of the paired tests.

    Holm, A simple sequentially rejective multiple test procedure, Scandinavian Journal of Statistics 1979.
    """
    p_values = {arm.strategy: _to_random(arm).p for arm in arms}
    tested = sorted((1.0 if p is None else p, strategy) for strategy, p in p_values.items())
    wins = {arm.strategy for arm in arms if _to_random(arm).wins}
    sure: list[str] = []
    for rank, (p, strategy) in enumerate(tested):
        if p >= (1 - CONFIDENCE) / (len(tested) - rank):
            break
        if strategy in wins:
            sure.append(strategy)
    return tuple(sure)


def _highest(usable: Sequence[Standing], sure: Sequence[str]) -> Standing:
    return max(usable, key=lambda arm: (arm.strategy in sure, _to_random(arm).wins, _to_random(arm).end.mean))


def _simplest(best: Standing, usable: Sequence[Standing], sure: Sequence[str]) -> Standing:
    """Random images with the help of `best`, where they are sure to win as well and `best` is not above them."""
    helped = _to_help_alone(best)
    if helped is None or helped.wins or helped.baseline not in sure:
        return best
    return next(arm for arm in usable if arm.strategy == helped.baseline)


def _to_help_alone(arm: Standing) -> Difference | None:
    """Against random images with the same help; `None` for those themselves, and where people draw."""
    return arm.against.get(str(arm.arm.by_lot)) if arm.arm.assist else None


def _alike(arms: Sequence[Standing]) -> tuple[tuple[str, ...], ...]:
    """Arms whose options change nothing here, as their trials came to the very same."""
    same: dict[tuple[Estimate, Estimate], list[str]] = {}
    for arm in arms:
        same.setdefault((arm.end, arm.area), []).append(arm.strategy)
    return tuple(tuple(strategies) for strategies in same.values() if len(strategies) > 1)


def _seeds_to_show(lead: Difference) -> int | None:
    """What it would take to prove a lead that may be luck."""
    seeds = None if lead.wins or not lead.end.sd else seeds_for(lead.end.mean, lead.end.sd, MOST_SEEDS)
    return None if seeds is None or seeds <= lead.end.seeds else seeds


def _is_flat(curve: Sequence[CurvePoint]) -> bool:
    """Whether the curve has risen long before the end, which then can hardly tell who chose better."""
    start, middle, end = (curve[place].mean for place in (0, len(curve) // 2, -1))
    return middle - start > EARLY * (end - start)


def _to_random(arm: Standing) -> Difference:
    return arm.against[RANDOM]
