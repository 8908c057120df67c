"""The values that cross every border: frozen, and checked when they are made.

Seconds are floats and end in `_s`; IoUs are floats in [0, 1]; ids are opaque strings, never positions.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from maskloop.errors import InvalidArgument, InvalidBudget, InvalidLabel
from maskloop.masks import Mask

DAY_S = 86_400.0
_ID = re.compile(r"[a-z0-9]([a-z0-9._-]{0,61}[a-z0-9])?")


class Split(StrEnum):
    """What an image is for."""

    POOL = "pool"
    TRAIN = "train"
    TEST = "test"
    OOD = "ood"


class SupervisionKind(StrEnum):
    """What a person says of an image, cheapest first."""

    IMAGE_LEVEL = "image_level"
    COUNTS = "counts"
    POINTS = "points"
    SCRIBBLES = "scribbles"
    BOXES = "boxes"
    FULL = "full"
    OOD_VERDICT = "ood_verdict"


class SkipReason(StrEnum):
    """Why an annotator passes over an image."""

    OVER_BUDGET = "over_budget"
    UNUSABLE = "unusable"
    UNSURE = "unsure"
    OFF_TOPIC = "off_topic"


def check_id(value: str, field_name: str) -> str:
    """Return `value` when it is a resource id: 1 to 63 of a-z, 0-9, '.', '_', '-', ends alphanumeric.

    Raises:
        InvalidArgument: it is not.
    """
    if not _ID.fullmatch(value):
        raise InvalidArgument(
            f"{field_name} {value!r} is not an id: 1 to 63 of a-z, 0-9, '.', '_' and '-', "
            "beginning and ending with a letter or digit",
            field=field_name,
        )
    return value


@dataclass(frozen=True, order=True)
class Category:
    """One class of the project's vocabulary; `id` is positive, as in COCO."""

    id: int
    name: str

    def __post_init__(self) -> None:
        if self.id < 1:
            raise InvalidArgument(f"category {self.name!r} has id {self.id}; ids start at 1", field="categories.id")
        if not self.name.strip():
            raise InvalidArgument(f"category {self.id} has no name", field="categories.name")


@dataclass(frozen=True)
class Project:
    """A set of images, its vocabulary (ordered by id), its labels and its models."""

    id: str
    display_name: str
    categories: tuple[Category, ...]
    active_model: str = ""
    etag: str = ""
    created_at: datetime | None = None

    def __post_init__(self) -> None:
        check_id(self.id, "project_id")
        if not self.categories:
            raise InvalidArgument(f"project {self.id} has no categories", field="categories")
        for what, values in (("id", [c.id for c in self.categories]), ("name", [c.name for c in self.categories])):
            if len(set(values)) != len(values):
                raise InvalidArgument(f"project {self.id}: two categories share one {what}", field=f"categories.{what}")


@dataclass(frozen=True)
class Image:
    """One picture, upright (EXIF rotation applied), known by an opaque id."""

    id: str
    project_id: str
    file_name: str
    uri: str
    width: int
    height: int
    sha256: str
    split: Split


@dataclass(frozen=True)
class ObjectLabel:
    """One object a person outlined, or a model proposed."""

    category_id: int
    mask: Mask


@dataclass(frozen=True)
class ImageImport:
    """One image to bring in, from a `file:` uri under the server's image roots or from its own bytes.

    `objects` is its full label if it is known beforehand (an empty tuple says: nothing here), `None` if it is not;
    pool images come without.
    """

    file_name: str
    split: Split
    uri: str = ""
    data: bytes | None = None
    objects: tuple[ObjectLabel, ...] | None = None

    def __post_init__(self) -> None:
        if not 1 <= len(self.file_name) <= 255:
            raise InvalidArgument(
                f"file name {self.file_name[:40]!r} has {len(self.file_name)} characters; 1 to 255 are taken",
                field="images.file_name",
            )
        if bool(self.uri) == (self.data is not None):
            raise InvalidArgument(f"image {self.file_name}: either a uri or its bytes, not both", field="images.source")
        if self.split is Split.POOL and self.objects is not None:
            raise InvalidLabel(f"image {self.file_name}: pool images come without a label", field="images.label")


@dataclass(frozen=True)
class Counts:
    """How many objects of each category an image holds; categories with none are left out."""

    by_category: Mapping[int, int]

    def __post_init__(self) -> None:
        for category_id, count in self.by_category.items():
            if count < 0:
                raise InvalidLabel(f"category {category_id} is counted {count} times", field="counts")
        kept = {key: count for key, count in sorted(self.by_category.items()) if count}
        object.__setattr__(self, "by_category", kept)

    @classmethod
    def of(cls, objects: tuple[ObjectLabel, ...]) -> Counts:
        """Counts of outlined objects."""
        found: dict[int, int] = {}
        for item in objects:
            found[item.category_id] = found.get(item.category_id, 0) + 1
        return cls(found)

    @property
    def objects(self) -> int:
        """Number of objects."""
        return sum(self.by_category.values())

    @property
    def categories(self) -> int:
        """Number of categories present."""
        return len(self.by_category)

    def sequence(self) -> tuple[int, ...]:
        """The category of each decoding step: sorted by id, each repeated as often as counted (Bellver et al., section 3.2)."""
        return tuple(key for key, count in self.by_category.items() for _ in range(count))


@dataclass(frozen=True)
class LabelDraft:
    """What a person submits of one image.

    `counts` goes with kind COUNTS, `objects` with FULL (an empty tuple says: nothing here). `supersedes` is the id
    of the label this one corrects, "" for a first label. `seconds_spent` is measured time, `None` if unknown.
    """

    image_id: str
    kind: SupervisionKind
    counts: Counts | None = None
    objects: tuple[ObjectLabel, ...] = ()
    seconds_spent: float | None = None
    supersedes: str = ""

    def __post_init__(self) -> None:
        if self.kind is SupervisionKind.COUNTS and self.counts is None:
            raise InvalidLabel(f"image {self.image_id}: a label of kind counts carries no counts", field="labels.counts")
        if self.seconds_spent is not None and not (0 <= self.seconds_spent < math.inf):
            raise InvalidLabel(
                f"image {self.image_id}: seconds_spent is {self.seconds_spent}", field="labels.seconds_spent"
            )


@dataclass(frozen=True)
class Label:
    """An accepted label. `cost_s` is its planned cost; `superseded_by` the id of its correction, "" if current."""

    id: str
    project_id: str
    image_id: str
    kind: SupervisionKind
    annotator: str
    cost_s: float
    created_at: datetime
    counts: Counts | None = None
    objects: tuple[ObjectLabel, ...] = ()
    seconds_spent: float | None = None
    campaign_id: str = ""
    supersedes: str = ""
    superseded_by: str = ""


@dataclass(frozen=True)
class Budget:
    """Annotator time (`seconds`) or a number of fully labeled images (`images`); exactly one is set."""

    seconds: float | None = None
    images: int | None = None

    def __post_init__(self) -> None:
        if (self.seconds is None) == (self.images is None):
            raise InvalidBudget("a budget is either seconds or a number of images", field="budget")
        amount = self.seconds if self.seconds is not None else float(self.images or 0)
        if not (0 < amount < math.inf):
            raise InvalidBudget(f"a budget of {amount:g} buys nothing", field="budget")

    @classmethod
    def parse(cls, text: str, workday_s: float = DAY_S) -> Budget:
        """Read `90m`, `3h`, `2.5d` or `200images`; a day has `workday_s` seconds.

        Raises:
            InvalidBudget: the text is none of these, or not positive.
        """
        match = re.fullmatch(r"\s*([+-]?\d+(?:\.\d+)?)\s*(s|m|h|d|images?)\s*", text)
        if not match:
            raise InvalidBudget(f"budget {text!r} is none of 90m, 3h, 2.5d, 200images", field="budget")
        amount, unit = float(match[1]), match[2]
        if unit.startswith("image"):
            if not amount.is_integer():
                raise InvalidBudget(f"budget {text!r}: images come whole", field="budget")
            return cls(images=int(amount))
        return cls(seconds=amount * {"s": 1.0, "m": 60.0, "h": 3600.0, "d": workday_s}[unit])


@dataclass(frozen=True)
class Strategy:
    """A way of choosing: its name in the selection room, and its options.

    `target_iou` is beta in [0, 1] for strategies that have a target; `None` means `auto`.
    """

    name: str
    target_iou: float | None = None

    def __post_init__(self) -> None:
        if self.target_iou is not None and not 0 <= self.target_iou <= 1:
            raise InvalidArgument(f"target IoU {self.target_iou} is outside [0, 1]", field="strategy.target_iou")


@dataclass(frozen=True)
class Campaign:
    """One budget spent on a project by one strategy and seed. The server keeps the spending.

    `reserved_s` is promised to open leases and not yet spent; `labeled_images` counts full labels.
    """

    id: str
    project_id: str
    budget: Budget
    strategy: Strategy
    seed: int
    spent_s: float = 0.0
    reserved_s: float = 0.0
    labeled_images: int = 0
    reserved_images: int = 0
    spent_s_by_kind: Mapping[SupervisionKind, float] = field(default_factory=dict)
    measured_s_by_kind: Mapping[SupervisionKind, float] = field(default_factory=dict)
    created_at: datetime | None = None

    @property
    def left_s(self) -> float:
        """Seconds neither spent nor promised; infinite when the budget counts images."""
        return math.inf if self.budget.seconds is None else self.budget.seconds - self.spent_s - self.reserved_s

    @property
    def left_images(self) -> float:
        """Images neither labeled nor promised; infinite when the budget counts seconds."""
        if self.budget.images is None:
            return math.inf
        return self.budget.images - self.labeled_images - self.reserved_images


@dataclass(frozen=True)
class Pick:
    """One chosen image: why, with which score (`None` when nothing was scored), at which planned cost."""

    image_id: str
    reason: str
    cost_s: float
    score: float | None = None


@dataclass(frozen=True)
class Batch:
    """Images handed to one annotator under a lease, in the order of selection.

    `exhausted` says that fewer were given than asked for, because no other image is open or affordable.
    `target_iou` is the beta that was used, `None` for strategies without one.
    """

    id: str
    project_id: str
    campaign_id: str
    annotator: str
    kind: SupervisionKind
    strategy: str
    picks: tuple[Pick, ...]
    expires_at: datetime
    exhausted: bool = False
    model_version: str = ""
    target_iou: float | None = None


@dataclass(frozen=True)
class ObjectProposal:
    """A mask a model offers, with the IoU it predicts for it and its mean confidence inside, both in [0, 1]."""

    category_id: int
    mask: Mask
    predicted_iou: float
    confidence: float


@dataclass(frozen=True)
class ImageProposals:
    """A model's reading of one image. `score` is the mean predicted IoU over its objects (Bellver et al., eq. 2);
    `not_decoded` counts objects beyond the network's steps."""

    image_id: str
    model_version: str
    score: float
    objects: tuple[ObjectProposal, ...]
    not_decoded: int = 0


@dataclass(frozen=True)
class EvaluatedImage:
    """Predicted and true IoU (means over objects) of one evaluated image."""

    image_id: str
    predicted_iou: float
    true_iou: float
    objects: int


@dataclass(frozen=True)
class Evaluation:
    """Quality of a model version on a split: COCO AP (all in [0, 1]), mean IoU over objects, and how well the
    head knows it (`iou_mae`: mean |predicted - true| image score; `iou_spearman`: `None` if undefined).
    `iou_spearman_reference` is the same for the paper's head, beside the product's."""

    split: Split
    ap: float
    ap50: float
    mean_iou: float
    iou_mae: float
    iou_spearman: float | None
    images: tuple[EvaluatedImage, ...]
    iou_mae_reference: float | None = None
    iou_spearman_reference: float | None = None
    model_version: str = ""


@dataclass(frozen=True)
class ModelVersion:
    """One immutable checkpoint."""

    id: str
    project_id: str
    recipe: str
    seed: int
    labeled_images: int
    metrics: Mapping[str, float]
    created_at: datetime
    config_json: str = "{}"
    active: bool = False
    scored_images: int = 0


class OperationKind(StrEnum):
    """What long work does."""

    TRAIN = "train"
    SCORE = "score"
    EVALUATE = "evaluate"


class OperationState(StrEnum):
    """Where long work stands."""

    PENDING = "pending"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True)
class Operation:
    """Long work: its progress in [0, 1] and, once ended, its result or error.

    `seconds` is the time the device worked on it; `eta_s` is `None` when unknown. `result_id` is the id of the model
    version that was made, scored or measured; `result` is that version, or the evaluation.
    """

    id: str
    project_id: str
    kind: OperationKind
    state: OperationState
    progress: float = 0.0
    message: str = ""
    eta_s: float | None = None
    seconds: float = 0.0
    result_id: str = ""
    result: ModelVersion | Evaluation | None = None
    error_reason: str = ""
    error_message: str = ""
    created_at: datetime | None = None
    updated_at: datetime | None = None
