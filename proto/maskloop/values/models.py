"""Models, what they read in images, and how good they are."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from maskloop.errors import InvalidArgument
from maskloop.values.assistance import Assist
from maskloop.values.heads import HeadState
from maskloop.values.projects import Split
from maskloop.values.pseudo_labels import PseudoLabels


@dataclass(frozen=True)
class EvaluatedImage:
    """Predicted and true IoU (means over objects) of one evaluated image.

    `confidence` is the mean confidence of its proposals: the score before calibration, `None` if it was not kept.
    """

    image_id: str
    predicted_iou: float
    true_iou: float
    objects: int
    confidence: float | None = None


@dataclass(frozen=True)
class Evaluation:
    """Quality of a model version on a split: COCO AP (all in [0, 1]), mean IoU over objects, and how well the
    head knows it (`iou_mae`: mean |predicted - true| image score; `iou_spearman`: `None` if undefined).
    `iou_spearman_reference` is the same for the paper's head, beside the product's. `not_decoded` objects lay beyond
    the network's steps: IoU 0 in the mean, missed in AP.

    `metrics` holds whatever else was measured, by the names that `maskloop.v1.Evaluation.metrics` documents, and
    `ap50_by_category` COCO AP at IoU .50 of the categories that occur.
    """

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
    not_decoded: int = 0
    metrics: Mapping[str, float] = field(default_factory=dict)
    ap50_by_category: Mapping[int, float] = field(default_factory=dict)


@dataclass(frozen=True)
class ImageScore:
    """An image's IoU in [0, 1], predicted or known, made elsewhere.

    Raises:
        InvalidArgument: it is no number in [0, 1].
    """

    image_id: str
    score: float

    def __post_init__(self) -> None:
        if not 0 <= self.score <= 1:
            raise InvalidArgument(f"image {self.image_id} has the score {self.score}, outside [0, 1]", field="scores")


@dataclass(frozen=True)
class PreparedSelection:
    """A pool that is ranked by a strategy, spelt as `str(Strategy)`; by which model version, "" if by none."""

    strategy: str
    ranked_images: int
    model_version: str = ""


BOXED_IMAGES, WEAKLY_LABELED_IMAGES = "boxed_images", "weakly_labeled_images"
"""Names among a version's metrics."""


UNPROMPTED = frozenset({"paper", "recurrent", "compact"})
"""Recipes whose networks find one object after the other, and cannot be shown one."""


@dataclass(frozen=True)
class ModelVersion:
    """One immutable checkpoint. `labeled_images` people have outlined; of a student network, `pseudo` says which
    pseudo-labels it learnt from beside them, and `pseudo_images` of how many images. `needs_counts`: it must be told
    how many objects of each category an image holds. `thinned`: its files were removed to save room."""

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
    pseudo: PseudoLabels | None = None
    pseudo_images: int = 0
    needs_counts: bool = False
    thinned: bool = False

    @property
    def boxed_images(self) -> int:
        """Images that nobody outlined and whose boxes it learnt from."""
        return round(self.metrics.get(BOXED_IMAGES, 0.0))

    @property
    def weakly_labeled_images(self) -> int:
        """Images that nobody outlined or boxed, and of which points, strokes, counts or classes taught it."""
        return round(self.metrics.get(WEAKLY_LABELED_IMAGES, 0.0))

    @property
    def method(self) -> str:
        """How it comes to its masks: its recipe, and the method that this names, as `class_maps:advcam`."""
        method = json.loads(self.config_json).get("method", "")
        return f"{self.recipe}:{method}" if method else self.recipe

    @property
    def head(self) -> HeadState:
        """Whether its IoU head is to be trusted, as its metrics tell; `explain_head` says why."""
        return HeadState.of(self.metrics)

    @property
    def assist(self) -> Assist:
        """How far people are helped by it if nobody says otherwise: its proposals are shown once its IoU head is
        trusted."""
        return Assist.PROPOSALS if self.head is HeadState.TRUSTED else Assist.NONE

    @property
    def takes_prompts(self) -> bool:
        """Whether it outlines what people show by a box or points."""
        return self.recipe not in UNPROMPTED
