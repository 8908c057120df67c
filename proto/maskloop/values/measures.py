"""The measures that networks are judged by, and which of them decides."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

DECIDING = "pq"
"""The measure to decide by: panoptic quality. Wrong masks lower it as missed objects do. Mean IoU is over true objects
alone: by it a network that proposes more and more seems to get better and better."""
BESIDE = "ap50"
"""What stands beside it."""
FORMERLY = "mean_iou"
"""What decides where nothing measured panoptic quality: in files and on servers of earlier versions."""
MEASURES = (DECIDING, BESIDE, FORMERLY, "ap")
"""Fields or metrics of an `Evaluation` that runs stop at, and that strategies are compared by."""
SHOWN = MEASURES[:3]
"""Those that lines and tables of a campaign show."""
NOISE: Mapping[str, float] = {DECIDING: 0.024, FORMERLY: 0.016}
"""Standard deviation between networks that differ in the seed of their training alone: of panoptic quality over four
seeds on the same 20 labels of balloons (docs/results/photographs.md), of mean IoU as found on several sets."""
PAIRS = 1.96 * 2**0.5
"""95 of 100 differences of two values are within so many of their deviations."""


class HasMetrics(Protocol):
    """An evaluation, or what a report keeps of one."""

    @property
    def metrics(self) -> Mapping[str, float]:
        """By the names that `maskloop.v1.Evaluation.metrics` documents."""
        ...


def measured(network: HasMetrics, name: str) -> float | None:
    """A measure by name, a field of the evaluation or one of its metrics; `None` where it was not measured."""
    value: float | None = getattr(network, name) if hasattr(network, name) else network.metrics.get(name)
    return value


def decide_by(networks: Sequence[HasMetrics]) -> str:
    """The measure to decide by: `DECIDING`, or `FORMERLY` where no network was measured by it."""
    new, old = (any(measured(each, name) is not None for each in networks) for name in (DECIDING, FORMERLY))
    return FORMERLY if old and not new else DECIDING


def is_noise(difference: float, measure: str) -> bool:
    """Whether two trainings of one network can be expected to differ as much, by `DECIDING` or `FORMERLY`."""
    return abs(difference) < largest_noise(measure)


def largest_noise(measure: str) -> float:
    """Below what 95 of 100 differences of two such trainings are: .067 of panoptic quality, .044 of mean IoU."""
    return PAIRS * NOISE[measure]
