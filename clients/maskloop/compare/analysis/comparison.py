"""What a comparison measured, as values: trials of arms and seeds under one setting.

`compare.json` holds a `Comparison` and beside it its `maskloop.compare.analysis.results`. Seconds are
annotator seconds unless a name says otherwise; IoU and AP lie in [0, 1]; what nobody could measure is `None`, not NaN.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from maskloop.compare.analysis.arm import Arm
from maskloop.errors import InvalidArgument
from maskloop.values import SupervisionKind

RANDOM, STRONG_RANDOM = "random", "stratified_random"
"""The arms that every other is compared with; the first is always among those of a comparison."""
DRAWN = "none"
"""How people are helped where nothing says otherwise: not at all."""


@dataclass(frozen=True)
class Point:
    """One model of a trial: what had been spent before it was trained, its quality, and what it then chose.

    Args:
        spent_s: seconds spent, of all kinds.
        spent_s_by_kind: the same by supervision kind.
        labeled_images: full labels it was trained on.
        mean_iou, ap50, ap, pq: of the test images; `pq` was not kept by earlier versions.
        iou_mae, iou_spearman: error and rank correlation of the predicted IoU of the test images; `None` without a
            fitted head.
        head_trusted: whether predicted IoUs were used for choosing.
        fallback: what chose instead and why, "" when nothing had to.
        target_iou: that was chosen near, if any.
        chosen_images, chosen_objects, chosen_s: what was bought with it: images, objects and their seconds.
        chosen_iou: mean predicted IoU of those images, `None` where they were not scored.
        machine_s: wall-clock seconds of its training, scoring, choosing and evaluation.
    """

    spent_s: float
    spent_s_by_kind: Mapping[str, float]
    labeled_images: int
    mean_iou: float | None
    ap50: float | None
    ap: float | None
    iou_mae: float | None = None
    iou_spearman: float | None = None
    head_trusted: bool | None = None
    fallback: str = ""
    target_iou: float | None = None
    chosen_images: int = 0
    chosen_objects: int = 0
    chosen_s: float = 0.0
    chosen_iou: float | None = None
    machine_s: float = 0.0
    pq: float | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.spent_s < math.inf:
            raise InvalidArgument(f"spent_s is {self.spent_s}; seconds are finite and not negative", field="spent_s")

    @property
    def spent_without_counts_s(self) -> float:
        """Seconds spent, to the millisecond, less those of counts."""
        return round(self.spent_s - self.spent_s_by_kind.get(SupervisionKind.COUNTS, 0.0), 3)


@dataclass(frozen=True)
class Trial:
    """One arm with one seed, from its first batch to a spent budget.

    Args:
        strategy: the arm, as `str(Arm)` spells it; files have called it so since arms were strategies alone.
        seed: of every draw.
        initial_s: seconds of all that the first model learnt from or was tested by: the first batch, the marks beside
            and before it, and test images that people labeled. It could be trained from then on: counts that were
            bought before its rounds cost time, and do not delay it.
        points: its models, in the order of their time.
        stopped_because: for a person.
    """

    strategy: str
    seed: int
    initial_s: float
    points: tuple[Point, ...]
    stopped_because: str

    def __post_init__(self) -> None:
        if not self.points:
            raise InvalidArgument(f"the trial of {self.strategy} with seed {self.seed} has no point", field="points")
        times = [point.spent_s for point in self.points]
        if times != sorted(times):
            raise InvalidArgument(f"the times of a trial go up; these are {times}", field="points")

    @property
    def arm(self) -> Arm:
        """How it chose, and how people were helped."""
        return Arm.parse(self.strategy)


@dataclass(frozen=True)
class Setting:
    """What the trials of a comparison share.

    Args:
        name: of the data, short, for headings: `wbc-cells`.
        options: the options of `al-loop` that hold for every trial, as its `run.json` keeps them.
        budget_s, budget_images: one of them is set.
        pool_images, test_images: how many there are.
        categories: how many classes.
        command: as the person typed it.
        machine, versions: what it ran on.
    """

    name: str
    options: Mapping[str, object]
    budget_s: float | None
    budget_images: int | None
    pool_images: int
    test_images: int
    categories: int
    command: str = ""
    machine: str = ""
    versions: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Comparison:
    """Every arm with every seed under one setting, as far as trials have come.

    Args:
        setting: what they share.
        strategies: the arms, as `str(Arm)` spells them, in the order asked for; `random` is among them.
        seeds: in the order asked for.
        trials: those that ended, in the order of arms, then seeds.
    """

    setting: Setting
    strategies: tuple[str, ...]
    seeds: tuple[int, ...]
    trials: tuple[Trial, ...] = ()

    def __post_init__(self) -> None:
        if RANDOM not in self.strategies:
            raise InvalidArgument("a comparison has a random arm", field="strategies")
        known = {(strategy, seed) for strategy in self.strategies for seed in self.seeds}
        ended = [(trial.strategy, trial.seed) for trial in self.trials]
        if len(set(ended)) != len(ended) or not set(ended) <= known:
            raise InvalidArgument("a comparison holds one trial of each arm and seed", field="trials")

    @property
    def finished(self) -> bool:
        """Whether every trial has ended."""
        return len(self.trials) == len(self.strategies) * len(self.seeds)

    @property
    def assist(self) -> str:
        """How people are helped in arms that do not say so, as `--assist` spells it; earlier versions had no help."""
        return str(self.setting.options.get("assist") or DRAWN)

    @property
    def differs_by_help(self) -> bool:
        """Whether arms are helped in different ways."""
        return any(Arm.parse(name).assist for name in self.strategies)

    @property
    def has_control(self) -> bool:
        """Whether one of its arms is the positive control."""
        return any(Arm.parse(name).is_control for name in self.strategies)

    def of(self, strategy: str) -> dict[int, Trial]:
        """The trials of an arm by seed, in the order of `seeds`."""
        by_seed = {trial.seed: trial for trial in self.trials if trial.strategy == strategy}
        return {seed: by_seed[seed] for seed in self.seeds if seed in by_seed}

    def arms(self) -> Iterator[tuple[str, dict[int, Trial]]]:
        """Every arm that has a trial, with its trials by seed."""
        for strategy in self.strategies:
            if trials := self.of(strategy):
                yield strategy, trials
