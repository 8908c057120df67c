"""Quality by target IoU, beside the same with true IoUs (Bellver et al., tables 3 and 4)."""

from __future__ import annotations

from collections.abc import Sequence

from maskloop.compare.analysis.results import Standing, TargetSweep
from maskloop.values import Strategy

FEWEST = 2


def target_sweeps(standings: Sequence[Standing]) -> tuple[TargetSweep, ...]:
    """A sweep for each set of at least two arms that differ in their fixed target alone, targets going up."""
    by_kind: dict[str, list[Standing]] = {}
    for standing in standings:
        strategy = Strategy.parse(standing.strategy)
        if strategy.target_iou is not None:
            by_kind.setdefault(_kind(strategy), []).append(standing)
    return tuple(_sweep(kind, arms) for kind, arms in by_kind.items() if len(arms) >= FEWEST)


def _kind(strategy: Strategy) -> str:
    """`predicted`, `oracle`, and what else its options say: `predicted, diverse=yes`."""
    whose = "oracle" if strategy.uses_imported_scores else "predicted"
    others = [f"{key}={value}" for key, value in sorted(strategy.options.items()) if key not in ("target", "scores")]
    return ", ".join([whose, *others])


def _sweep(kind: str, arms: Sequence[Standing]) -> TargetSweep:
    points = ((Strategy.parse(arm.strategy).target_iou or 0.0, arm.end) for arm in arms)
    return TargetSweep(kind, tuple(sorted(points, key=lambda point: point[0])))
