"""After a campaign: a student network, which also learns from what the last one proposes for the rest of the pool.

BASIS, Bellver et al., *Mask-guided sample selection for semi-supervised instance segmentation*. A resumed run repeats
every call word for word.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from maskloop.formats.segmentation import read_segmentation
from maskloop.loop.outcomes import Measured
from maskloop.loop.session import CampaignSession
from maskloop.loop.training import Training
from maskloop.values import Evaluation, HeadState, ModelVersion, ObjectLabel, PseudoLabels

NAME = "second"
"""In place of a round's number."""


@dataclass(frozen=True)
class PseudoLabeledImage:
    """What the annotation network proposes for an image: objects, and the predicted IoU of each, at least one."""

    file_name: str
    objects: tuple[ObjectLabel, ...]
    predicted_ious: tuple[float, ...]

    @property
    def mean_iou(self) -> float:
        """Mean predicted IoU over the objects."""
        return sum(self.predicted_ious) / len(self.predicted_ious)


@dataclass(frozen=True)
class StudentNetwork:
    """A student network and its quality on the test split; seconds are the machine's.

    Args:
        first: the annotation network that proposed, as its campaign measured it.
        model: the student network; it says which pseudo-labels it learnt from.
        document: these, as a COCO file.
        score_s: of reading the rest of the pool, as far as the campaign had not.
    """

    first: Measured
    model: ModelVersion
    evaluation: Evaluation | None
    document: bytes
    score_s: float
    train_s: float
    evaluate_s: float

    @cached_property
    def pseudo_labeled(self) -> tuple[PseudoLabeledImage, ...]:
        """The images it learnt from beside the labeled ones, in the order of the document."""
        return read_pseudo_labels(self.document)


def train_student_network(
    session: CampaignSession, first: Measured, training: Training, min_predicted_iou: float
) -> StudentNetwork | None:
    """Pseudo-label the rest of the pool with a campaign's last network; train and evaluate a student on them as well.

    Returns `None` where the last network proposes nothing, or nothing of that predicted IoU, as it predicts none.

    Args:
        session: of the campaign, which has ended.
        first: its last round.
        training: of the student network.
        min_predicted_iou: objects of a lower one are left out.
    """
    if min_predicted_iou and first.model.head is HeadState.UNFITTED:
        return None
    score_s = session.score_pool(first.number, first.model)
    pseudo = PseudoLabels(first.model.id, min_predicted_iou, seed=training.seed)
    document = session.client.export_pseudo_labels(project_id=session.project_id, pseudo=pseudo)
    if not json.loads(document)["images"]:
        return None
    model, train_s = session.train(NAME, training, pseudo)
    evaluation, evaluate_s = session.evaluate(NAME, model)
    return StudentNetwork(first, model, evaluation, document, score_s, train_s, evaluate_s)


def read_pseudo_labels(document: bytes) -> tuple[PseudoLabeledImage, ...]:
    """The images of a COCO document that `ExportPseudoLabels` gave."""
    read = json.loads(document)
    of_image: dict[int, list[dict[str, Any]]] = {image["id"]: [] for image in read["images"]}
    for annotation in read["annotations"]:
        of_image[annotation["image_id"]].append(annotation)
    return tuple(_image(image, of_image[image["id"]]) for image in read["images"])


def _image(image: dict[str, Any], annotations: list[dict[str, Any]]) -> PseudoLabeledImage:
    objects = (
        ObjectLabel(each["category_id"], read_segmentation(each["segmentation"], image["height"], image["width"]))
        for each in annotations
    )
    return PseudoLabeledImage(image["file_name"], tuple(objects), tuple(each["score"] for each in annotations))
