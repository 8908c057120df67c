"""Quality by target IoU, beside the same with true IoUs (Bellver et al., tables 3 and 4)."""

from __future__ import annotations

from collections.abc import Sequence

from maskloop.compare.analysis.arm import Arm
from maskloop.compare.analysis.results import Standing, TargetSweep

FEWEST = 2


def target_sweeps(standings: Sequence[Standing]) -> tuple[TargetSweep, ...]:
    """A sweep for each set of at least two arms that differ in their fixed target alone, targets going up."""
    by_kind: dict[str, list[Standing]] = {}
    for standing in standings:
        if standing.arm.strategy.target_iou is not None:
            by_kind.setdefault(_kind(standing.arm), []).append(standing)
    return tuple(_sweep(kind, arms) for kind, arms in by_kind.items() if len(arms) >= FEWEST)


def _kind(arm: Arm) -> str:
    """`predicted`, `oracle`, and what else its name says: `predicted, diverse=yes, assist=boxes`."""
    told = {key: value for key, value in sorted(arm.strategy.options.items()) if key not in ("target", "scores")}
    told |= {"assist": arm.assist} if arm.assist else {}
    return ", ".join(["oracle" if arm.is_oracle else "predicted", *(f"{key}={value}" for key, value in told.items())])


def _sweep(kind: str, arms: Sequence[Standing]) -> TargetSweep:
    points = ((arm.arm.strategy.target_iou or 0.0, arm.end) for arm in arms)
    return TargetSweep(kind, tuple(sorted(points, key=lambda point: point[0])))
