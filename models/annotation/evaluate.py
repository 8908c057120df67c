"""How good a model is on labeled images it has not learnt from, and how well its head knows it.

Predicted IoU ranks the masks, at the images' own sizes. A network that needs counts is fed the true classes and counts
here, so its numbers say how well it outlines what it is told of; one that finds by itself is told nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

import numpy as np
import torch

from maskloop.matching import match_within_class
from maskloop.values import EvaluatedImage, Evaluation, ObjectLabel, ObjectProposal, Split
from models.annotation.calibration_data import image_of
from models.annotation.model import FittedModel
from models.annotation.predict import read_images
from models.annotation.score import propose
from models.data.samples import Example
from models.metrics.agreement import Floats, mean_absolute_error, spearman
from models.metrics.average_precision import detect
from models.metrics.summary import detection_metrics, overlap_metrics, reliability_metrics
from models.training.loop import Progress

CHUNK = 64  # examples whose pixels are held at once
BATCH = 16


@dataclass(frozen=True)
class _Judged:
    """One image: what is there, what was proposed, the true IoU of each proposal, and the paper's head's word."""

    image_id: str
    truths: tuple[ObjectLabel, ...]
    proposals: tuple[ObjectProposal, ...]
    ious: Floats
    score: float
    reference_ious: Floats
    not_decoded: int

    @property
    def confidence(self) -> float:
        """Mean over the proposals, 0 where there is none."""
        return _mean(np.array([item.confidence for item in self.proposals]))


def evaluate(
    model: FittedModel,
    examples: Iterable[Example],
    split: Split,
    *,
    device: torch.device,
    progress: Progress,
) -> Evaluation:
    """AP and other metrics (`models.metrics.summary`), mean IoU, and how the head's image scores agree with true ones.

    Objects that were not decoded (beyond the network's steps, or not found) count with IoU 0 in the mean and are missed
    in AP. An image's predicted and true IoU are means over the objects that were decoded, true ones or not; where
    objects are and none was found, the true one is 0; images without either have no IoU and are left out there.

    Args:
        progress: called after every few images; the fraction is 0 until the end, the number is not known before.

    Raises:
        InvalidLabel: a label's category is not of the model's vocabulary.
    """
    judged: list[_Judged] = []
    for chunk in _chunks(examples):
        judged += _judge(model, chunk, device)
        progress(0.0, f"evaluated {len(judged)} images")
    judged.sort(key=lambda image: image.image_id)
    truths = {image.image_id: image.truths for image in judged}
    proposals = {image.image_id: image.proposals for image in judged}
    detection = detect(truths, proposals)
    objects = sum(len(image.truths) for image in judged)
    found = [image for image in judged if image.ious.size or image.truths]
    true = np.array([_mean(image.ious) for image in found])
    predicted = np.array([image.score for image in found])
    reference = np.array([_mean(image.reference_ious) for image in found])
    confidence = np.array([image.confidence for image in found])
    progress(1.0, f"evaluated {len(judged)} images")
    return Evaluation(
        split=split,
        ap=detection.ap(),
        ap50=detection.ap(0.5),
        mean_iou=sum(float(image.ious.sum()) for image in judged) / max(objects, 1),
        iou_mae=mean_absolute_error(predicted, true),
        iou_spearman=spearman(predicted, true),
        images=tuple(
            EvaluatedImage(image.image_id, image.score, _mean(image.ious), len(image.truths), image.confidence)
            for image in found
        ),
        iou_mae_reference=mean_absolute_error(reference, true),
        iou_spearman_reference=spearman(reference, true),
        not_decoded=sum(image.not_decoded for image in judged),
        metrics={
            **detection_metrics(detection),
            **overlap_metrics(truths, proposals),
            **reliability_metrics("iou", predicted, true),
            **reliability_metrics("confidence", confidence, true),
            **reliability_metrics("reference", reference, true),
        },
        ap50_by_category=detection.ap_by_category(0.5),
    )


def _judge(model: FittedModel, examples: list[Example], device: torch.device) -> Iterator[_Judged]:
    truths = {example.image_id: example.objects for example in examples}
    readings = read_images(
        model.network,
        model.categories,
        model.recipe,
        map(image_of, examples),
        device=device,
        batch_size=BATCH,
    )
    for reading in readings:
        proposed = propose(reading, model.calibrator)
        there = truths[reading.image_id]
        _, ious = match_within_class(proposed.objects, there)
        yield _Judged(
            image_id=reading.image_id,
            truths=there,
            proposals=proposed.objects,
            ious=ious,
            score=proposed.score,
            reference_ious=reading.reference_ious,
            not_decoded=reading.not_decoded,
        )


def _mean(values: Floats) -> float:
    """0 for nothing."""
    return float(values.mean()) if values.size else 0.0


def _chunks(examples: Iterable[Example]) -> Iterator[list[Example]]:
    remaining = iter(examples)
    while chunk := list(islice(remaining, CHUNK)):
        yield chunk
