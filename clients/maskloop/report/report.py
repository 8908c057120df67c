"""What a campaign leaves behind, as values: these dataclasses are exactly the content of `report.json`.

A round is a model trained on `labeled_images` full labels after `spent_s` seconds of annotator time, its quality on the
test split, and then the batch that was chosen with it; the last round's batch is empty. Numbers nobody could measure
are `None`, never NaN. Seconds are annotator seconds unless a name says otherwise; IoU and AP lie in [0, 1].
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache

from pydantic import TypeAdapter, ValidationError

from maskloop.errors import InvalidArgument
from maskloop.forecasting.learning_curve import Expected
from maskloop.report.hard_ood import HardOodReport
from maskloop.report.pictures.gallery import Gallery
from maskloop.report.reviews.outcomes import ReviewsReport
from maskloop.report.setup import Setup
from maskloop.report.student_network import StudentNetwork
from maskloop.values import CostEstimates, KindsPlan
from maskloop.values.measures import SHOWN, decide_by

HARDLY_S = 1.0
"""Seconds that nobody misses."""


@dataclass(frozen=True)
class ChosenImage:
    """One image of a batch: its predicted IoU (`None` if unscored), why it was chosen, its planned cost.

    `measured_s` is the time a person reported, `None` when nobody did. `objects` is how many the person outlined, and
    `object_share` the mean share of the image that one of them covers, in [0, 1], `None` where there are none.
    """

    image: str
    score: float | None
    reason: str
    cost_s: float
    file_name: str = ""
    measured_s: float | None = None
    objects: int | None = None
    object_share: float | None = None

    def __post_init__(self) -> None:
        _forget_non_finite(self, "score", "measured_s")
        _check_seconds(self.cost_s, f"batch[{self.image}].cost_s")

    @property
    def charged_s(self) -> float:
        """What the budget was charged: measured seconds where there are any, else planned ones."""
        return self.cost_s if self.measured_s is None else self.measured_s


@dataclass(frozen=True)
class MachineSeconds:
    """Wall-clock seconds the machine took for each part of a round."""

    train: float = 0.0
    score: float = 0.0
    select: float = 0.0
    evaluate: float = 0.0


@dataclass(frozen=True)
class EvaluatedScore:
    """Predicted and true IoU of one test image, means over its objects; `confidence`: before calibration."""

    image: str
    predicted: float
    true: float
    objects: int
    confidence: float | None = None


@dataclass(frozen=True)
class RoundReport:
    """One round. `spent_s` and `spent_s_by_kind` (by supervision kind) are cumulative, up to this round's model.

    `iou_mae` is the mean of |predicted - true| over `evaluated`, `iou_spearman` their rank correlation. Those ending in
    `_reference` are the same for the IoU head of Bellver et al.; `iou_spearman_shuffled` is what chance reaches
    (`maskloop.report.reliability.shuffled_spearman`). `head_trusted` says whether the head's scores were used for
    choosing, `head_note` why not; without a head that is fitted, by `head_fitted`, nothing predicted is reported.
    `fallback` says what chose instead and why, "" when nothing had to. `not_decoded` counts test objects beyond the
    network's steps. `metrics` is whatever else the evaluation measured, by the names that
    `maskloop.v1.Evaluation.metrics` documents; `ap50_by_category` goes by category id. `boxed_images` are those that
    taught the network by their boxes, as nobody outlined them; `marked_images` those that nobody boxed either, and
    whose points, strokes, counts or classes taught it. `kinds` is how the server divided the batch.
    """

    round: int
    model_version: str
    labeled_images: int
    spent_s: float
    ap50: float | None
    ap: float | None
    mean_iou: float | None
    iou_mae: float | None
    iou_spearman: float | None
    target_iou: float | None
    batch: tuple[ChosenImage, ...] = ()
    seconds: MachineSeconds = MachineSeconds()
    spent_s_by_kind: Mapping[str, float] = field(default_factory=dict)
    iou_mae_reference: float | None = None
    iou_spearman_reference: float | None = None
    iou_spearman_shuffled: float | None = None
    head_trusted: bool | None = None
    head_fitted: bool | None = None
    head_note: str = ""
    fallback: str = ""
    not_decoded: int = 0
    metrics: Mapping[str, float] = field(default_factory=dict)
    ap50_by_category: Mapping[int, float] = field(default_factory=dict)
    evaluated: tuple[EvaluatedScore, ...] = ()
    boxed_images: int = 0
    marked_images: int = 0
    kinds: KindsPlan | None = None

    def __post_init__(self) -> None:
        _forget_non_finite(self, "ap50", "ap", "mean_iou", "iou_mae", "iou_spearman", "target_iou")
        _forget_non_finite(self, "iou_mae_reference", "iou_spearman_reference", "iou_spearman_shuffled")
        _check_seconds(self.spent_s, f"rounds[{self.round}].spent_s")


@dataclass(frozen=True)
class CheckedForecast:
    """What round `made_in`, knowing nothing later, expected round `of_round` to measure, and what came."""

    made_in: int
    of_round: int
    expected: Expected
    came: float

    @property
    def right(self) -> bool:
        """Whether what came lay within the interval."""
        return self.expected.low <= self.came <= self.expected.high


@dataclass(frozen=True)
class Outlook:
    """What `measure` (a field of `RoundReport`, or one of its metrics) is expected to be.

    `ahead` goes from the last round's time to the end of the budget (once it is spent, half as far again) in even
    steps;
    `checks` are earlier rounds' forecasts of their next round and of the last one.
    """

    measure: str
    ahead: tuple[Expected, ...]
    checks: tuple[CheckedForecast, ...] = ()


@dataclass(frozen=True)
class Baseline:
    """The same campaign with another way of choosing; `stopped_because` is "" while it runs, `student` `None` without a
    student network."""

    rounds: tuple[RoundReport, ...]
    spent_s: float = 0.0
    spent_s_by_kind: Mapping[str, float] = field(default_factory=dict)
    stopped_because: str = ""
    student: StudentNetwork | None = None


@dataclass(frozen=True)
class RunReport:
    """The whole campaign; one of `budget_s` and `budget_images` is set, `stopped_because` is "" while it runs.

    `initial` is the first batch, chosen at random before there was a network; every arm begins with the same one.
    `baselines` go by the name of their strategy. `constant_iou` is the mean IoU of answering with the mean training
    mask for every image, `None` if it was not measured. `outlooks`, that of the measure to decide by first, need
    two rounds. `costs` is what labels took, `None` where people were simulated. `hard_ood` are the rounds' looks at
    candidate OoD images, and `student` is the student network, `None` without one. `gallery` are test images of the
    best network, `None` in reports of earlier versions. `test` are the test images that people labeled first, in
    `test_s` seconds, and `not_measured` says why nothing could be measured, "" where it could. `passed_over` are files
    or entries of the data that were left out, with the reason; `near_duplicates` are pairs of images that look nearly
    alike, of which one tests and the other may teach. `reviews` is what people made of proposals, `None` where no label
    says so. `initial_kinds` is how the server divided the first batch. Of seconds, `spent_s` are those that were
    charged: measured ones where people reported them, planned ones elsewhere.
    """

    project: str
    strategy: str
    seed: int
    budget_s: float | None
    spent_s: float
    spent_s_by_kind: Mapping[str, float]
    stopped_because: str
    rounds: tuple[RoundReport, ...]
    baselines: Mapping[str, Baseline] = field(default_factory=dict)
    budget_images: int | None = None
    measured_s_by_kind: Mapping[str, float] = field(default_factory=dict)
    planned_s_by_kind: Mapping[str, float] = field(default_factory=dict)
    constant_iou: float | None = None
    initial: tuple[ChosenImage, ...] = ()
    outlooks: tuple[Outlook, ...] = ()
    costs: CostEstimates | None = None
    student: StudentNetwork | None = None
    setup: Setup = field(default_factory=Setup)
    hard_ood: tuple[HardOodReport, ...] = ()
    gallery: Gallery | None = None
    test: tuple[ChosenImage, ...] = ()
    test_s: float = 0.0
    not_measured: str = ""
    passed_over: tuple[tuple[str, str], ...] = ()
    near_duplicates: tuple[tuple[str, str], ...] = ()
    reviews: ReviewsReport | None = None
    initial_kinds: KindsPlan | None = None

    def __post_init__(self) -> None:
        _forget_non_finite(self, "budget_s", "constant_iou")
        _check_seconds(self.spent_s, "spent_s")
        numbers = [row.round for row in self.rounds]
        if numbers != sorted(set(numbers)):
            raise InvalidArgument(f"the rounds of a report go up; these are {numbers}", field="rounds")

    @property
    def decided_by(self) -> str:
        """The measure that its networks are compared by."""
        return decide_by([row for _, rounds in self.arms() for row in rounds])

    @property
    def shown(self) -> tuple[str, ...]:
        """Measures of the first screen, the one to decide by first."""
        return tuple(dict.fromkeys((self.decided_by, *SHOWN)))

    @property
    def time_name(self) -> str:
        """What `spent_s` are: people's time where all of it was measured; planned where people label and nobody
        measured."""
        measured_s = sum(self.measured_s_by_kind.values())
        if measured_s and measured_s >= self.spent_s - HARDLY_S:
            return "people's time"
        return "planned annotator time" if self.by_people and not measured_s else "annotator time"

    @property
    def by_people(self) -> bool:
        """Whether people label, so far as is known, and nobody simulates them."""
        return self.setup.labeler not in ("", "ground-truth")

    @property
    def finished(self) -> bool:
        """Whether the campaign has ended."""
        return bool(self.stopped_because)

    def arms(self) -> Iterator[tuple[str, tuple[RoundReport, ...]]]:
        """Every curve by name, the campaign's own first; a baseline of the same name is marked as one."""
        yield self.strategy, self.rounds
        for name, arm in self.baselines.items():
            yield (f"{name} (baseline)" if name == self.strategy else name), arm.rounds

    def students(self) -> list[StudentNetwork | None]:
        """The student network of every arm, in the order of `arms`."""
        return [self.student, *(arm.student for arm in self.baselines.values())]


def to_json(report: RunReport) -> bytes:
    """`report` as indented JSON, keys in the order of the fields."""
    return _adapter().dump_json(report, indent=2) + b"\n"


def from_json(text: bytes | str) -> RunReport:
    """The report `to_json` wrote. Unknown keys are left aside, so that reports of later versions can be read.

    Raises:
        InvalidArgument: it is not JSON, or a field is missing or of the wrong type; names the first one.
    """
    try:
        return _adapter().validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise InvalidArgument(f"not a report: {place or 'the file'}: {first['msg']}", field=place) from None


@cache
def _adapter() -> TypeAdapter[RunReport]:
    return TypeAdapter(RunReport)


def _forget_non_finite(value: object, *names: str) -> None:
    for name in names:
        number = getattr(value, name)
        if number is not None and not math.isfinite(number):
            object.__setattr__(value, name, None)


def _check_seconds(seconds: float, field_name: str) -> None:
    if not 0 <= seconds < math.inf:
        raise InvalidArgument(
            f"{field_name} is {seconds}; annotator seconds are finite and not negative", field=field_name
        )
