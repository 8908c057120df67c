"""What a comparison shows, as values; `maskloop.compare.analysis.analyse` works it out.

Intervals hold with a probability of 95 % over seeds, and are `None` where a single seed says nothing of them. Quality
means the measure that was judged by, over annotator seconds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from maskloop.compare.analysis.arm import Arm
from maskloop.compare.analysis.comparison import RANDOM, Comparison

CONFIDENCE = 0.95


@dataclass(frozen=True)
class Estimate:
    """A mean over seeds: its standard deviation between seeds, and the interval that the true mean lies in."""

    mean: float
    sd: float | None
    low: float | None
    high: float | None
    seeds: int


class Advice(StrEnum):
    """What to change in a setting that can rank nothing."""

    FIVE_SEEDS = "five_seeds"
    MORE_SEEDS = "more_seeds"
    OTHER_SETTING = "other_setting"
    FEWER = "fewer_first_labels"
    HARDER = "harder_data"
    LONGER = "longer_training"
    LARGER = "larger_images"
    MORE = "larger_budget"
    SHORTER = "shorter_budget"


@dataclass(frozen=True)
class Gate:
    """Whether random's own curve rises by more than its noise, so that anything can be ranked here at all.

    Args:
        passed: the rise's lower bound lies above the noise.
        rise: of random's quality from its first batch to the end of the budget, by seed.
        noise: standard deviation between seeds of random's quality at one time, pooled over its models but the first,
            which all arms of a seed share.
        detectable: the smallest difference between two arms that this many seeds can tell from none, at the noise of
            paired differences seen here; `None` with one seed.
        advice: what to change when it did not pass, the first thing first.
        seeds_to_show: how many seeds would show the rise, if it is what it seems; `None` where that is not the trouble.
    """

    passed: bool
    rise: Estimate
    noise: float | None
    detectable: float | None
    advice: tuple[Advice, ...] = ()
    seeds_to_show: int | None = None


@dataclass(frozen=True)
class Difference:
    """An arm against a baseline, paired by seed: positive is better than the baseline.

    Args:
        baseline: its arm.
        end: of quality at the end of the budget.
        area: of mean quality over the time from the first batch to the end of the budget.
        p: of a paired t-test of `end`, two-sided; `None` with one seed.
    """

    baseline: str
    end: Estimate
    area: Estimate
    p: float | None

    @property
    def wins(self) -> bool:
        """Whether the interval of the end lies above zero."""
        return self.end.low is not None and self.end.low > 0

    @property
    def loses(self) -> bool:
        """Whether the interval of the end lies below zero."""
        return self.end.high is not None and self.end.high < 0

    @property
    def end_is_luck(self) -> bool:
        """Whether the end cannot be told from the baseline's."""
        return not (self.wins or self.loses)

    @property
    def area_is_luck(self) -> bool:
        """Whether mean quality over the time cannot be told from the baseline's."""
        return self.area.low is None or self.area.high is None or self.area.low <= 0 <= self.area.high


@dataclass(frozen=True)
class Reach:
    """Seconds at which an arm's mean curve reaches the quality that random has at the end of the budget.

    Args:
        quality: that is to be reached.
        seconds: `None` if it does not within the budget.
        low, high: interval; `None` as an end means: not within the budget, or a single seed. All of them `begin_s`
            where it was there from the beginning.
        share, share_low, share_high: the same in shares of the seconds after which random's own mean curve first has
            that quality; `None` where the seconds are, and in files of earlier versions.
    """

    quality: float
    seconds: float | None
    low: float | None
    high: float | None
    share: float | None = None
    share_low: float | None = None
    share_high: float | None = None


@dataclass(frozen=True)
class Spending:
    """What an arm's seconds went to, and how far its predicted IoUs could be relied on.

    Args:
        images, objects: chosen after the first batch, means over seeds.
        object_s: annotator seconds for one of those objects, counts included and marks on further images not; `None`
            where none were chosen.
        iou_mae, iou_spearman: of its heads, means over models and seeds; `None` where nothing was predicted.
        chosen_by_fallback: share of its rounds that something else chose for, in [0, 1].
        machine_s: mean wall-clock seconds of a trial.
    """

    images: float
    objects: float
    object_s: float | None
    iou_mae: float | None
    iou_spearman: float | None
    chosen_by_fallback: float
    machine_s: float


@dataclass(frozen=True)
class Standing(Spending):
    """One arm, and where it stands.

    Args:
        strategy: the arm, as the comparison spells it.
        seeds: how many trials there are.
        start, end: quality after the first batch and at the end of the budget.
        area: mean quality over the time between.
        against: by baseline (random, strong random, random images with the same help), as far as they are there;
            nothing against itself.
        reach: seconds to where random ends.
    """

    strategy: str
    seeds: int
    start: Estimate
    end: Estimate
    area: Estimate
    against: Mapping[str, Difference]
    reach: Reach | None

    @property
    def arm(self) -> Arm:
        """How it chose, and how people were helped."""
        return Arm.parse(self.strategy)

    @property
    def usable(self) -> bool:
        """Whether anyone can work so."""
        return self.arm.is_usable


@dataclass(frozen=True)
class CurvePoint:
    """Quality of an arm after `at_s` seconds: mean and standard deviation over seeds."""

    at_s: float
    mean: float
    sd: float | None


@dataclass(frozen=True)
class TargetSweep:
    """Quality at the end by target IoU, as Bellver et al. draw it (Tables 3 and 4).

    `kind` is "predicted", "oracle" (imported true IoUs), or what else the arms' options have in common.
    """

    kind: str
    points: tuple[tuple[float, Estimate], ...]


class Action(StrEnum):
    """What the numbers allow to recommend."""

    SINGLE_SEED = "single_seed"
    NOTHING_RANKED = "nothing_ranked"
    ONLY_RANDOM = "only_random"
    CONTROL_HIDDEN = "control_hidden"
    STAY = "stay_with_random"
    CONFIRM = "confirm_on_fresh_seeds"
    USE = "use"


@dataclass(frozen=True)
class Recommendation:
    """What to do, and what may be claimed of the arms. Past an action that ranks nothing all else is empty.

    Args:
        action: what to do.
        best: the arm it is about, the first of those that anyone can use.
        compared: how many such arms there are.
        false_winner: probability that luck alone shows a winner among so many, in [0, 1].
        strong_as_well: whether strong random does not lose to random, where random is to stay.
        strong_no_worse: whether `best` beats random and not strong random.
        help_alone: random images with the help of `best`, where `best` beats random and not that.
        control: the positive control, where there is one.
        ranking: arms other than random, highest end first, those that only an experiment can have last.
        explained: the arms whose purchases may explain the result: the best, and the one that loses most.
        alike: groups of arms whose trials came to the very same.
        seeds_to_show: how many seeds would show the lead of `best`; `None` where it is shown or cannot be.
        flat_end: whether random gains next to nothing in the second half of the time.
    """

    action: Action
    best: str | None = None
    compared: int = 0
    false_winner: float = 0.0
    strong_as_well: bool = False
    strong_no_worse: bool = False
    help_alone: str | None = None
    control: str | None = None
    ranking: tuple[str, ...] = ()
    explained: tuple[str, ...] = ()
    alike: tuple[tuple[str, ...], ...] = ()
    seeds_to_show: int | None = None
    flat_end: bool = False


@dataclass(frozen=True)
class Results:
    """What one comparison shows by one measure.

    Args:
        measure: of `maskloop.values.measures.MEASURES`.
        begin_s, end_s: the time that all arms were measured in: from random's first batch to the end of the budget.
        gate: of random's own curve.
        standings: the arms, in the comparison's order.
        curves: of the arms, by name, on times common to all.
        sweeps: where several arms differ in their target alone.
        recommendation: what to do.
    """

    measure: str
    begin_s: float
    end_s: float
    gate: Gate
    standings: tuple[Standing, ...]
    curves: Mapping[str, tuple[CurvePoint, ...]]
    sweeps: tuple[TargetSweep, ...]
    recommendation: Recommendation

    @property
    def ranks(self) -> bool:
        """Whether anything may be claimed of arms: the gate has passed, and a control that is there shows."""
        return self.gate.passed and self.recommendation.action is not Action.CONTROL_HIDDEN

    def of(self, strategy: str | None) -> Standing | None:
        """The standing of an arm, if it is there."""
        return next((arm for arm in self.standings if arm.strategy == strategy), None)

    @property
    def random(self) -> Standing:
        """The standing of random, which is always there."""
        return next(arm for arm in self.standings if arm.strategy == RANDOM)

    @property
    def random_s(self) -> float:
        """Seconds after which random's mean curve first has the quality it ends with."""
        reach = self.random.reach
        return self.end_s if reach is None or reach.seconds is None else reach.seconds


@dataclass(frozen=True)
class AnalysedComparison:
    """What was measured and what it shows, by measure; the first measure is the one to decide by.

    `compare.json` holds this.
    """

    comparison: Comparison
    results: Mapping[str, Results]
