"""How good a network is on labeled images it has not learnt from, and how well its head knows it.

Predicted IoU ranks the masks, at the images' own sizes. A count-conditioned network is fed the true classes and counts
here, so its numbers say how well it outlines what it is told of; a count-free one is told nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice

import numpy as np
import torch
from numpy.typing import NDArray

from maskloop.matching import Truths, judged_ious
from maskloop.values import EvaluatedImage, Evaluation, ObjectLabel, ObjectProposal, Split
from models.data.samples import Example, ImageToScore
from models.data.thinness import look_thin
from models.metrics.agreement import Floats, mean_absolute_error, spearman
from models.metrics.average_precision import detect
from models.metrics.summary import detection_metrics, overlap_metrics, reliability_metrics
from models.metrics.thin import thin_metrics
from models.predictor import Prediction, Predictor
from models.training.loop import Progress

CHUNK = 64  # examples whose pixels are held at once
BATCH = 16


@dataclass(frozen=True)
class _MatchedImage:
    """One image: its objects and crowds, its prediction, which proposals are judged (see `maskloop.matching`), and the
    true IoU of each of these, 0 where no object matches it; `most` is what the network can outline in it."""

    truths: tuple[ObjectLabel, ...]
    prediction: Prediction
    is_judged: NDArray[np.bool_]
    ious: Floats
    most: int | None

    @property
    def image_id(self) -> str:
        return self.prediction.image_id

    @property
    def proposals(self) -> tuple[ObjectProposal, ...]:
        return self.prediction.proposals.objects

    @property
    def objects(self) -> int:
        return sum(not item.crowd for item in self.truths)

    @property
    def not_decoded(self) -> int:
        """Objects that the network had no step for, whether it was told of them or not."""
        beyond = 0 if self.most is None else max(0, self.objects - self.most)
        return max(beyond, self.prediction.proposals.not_decoded)

    @property
    def true_iou(self) -> float:
        """What an image score should have been."""
        return float(self.ious.sum()) / max(len(self.ious), self.objects, 1)

    @property
    def score(self) -> float:
        return self.prediction.proposals.score

    @property
    def confidence(self) -> float:
        """Mean over the proposals that are judged, 0 where there is none."""
        return _mean(np.array([item.confidence for item in self.proposals])[self.is_judged])


def evaluate(
    predictor: Predictor,
    examples: Iterable[Example],
    split: Split,
    *,
    device: torch.device,
    progress: Progress,
    keep: Callable[[Prediction], None] | None = None,
) -> Evaluation:
    """AP and other metrics (`models.metrics.summary`), mean IoU, and how the head's image scores agree with true ones.

    Objects that were not decoded (beyond the network's steps, not seen, or of a category that it does not know) count
    with IoU 0 in the mean and are missed in AP. An image's predicted IoU is its score. Its true one is the sum of the
    proposals' IoUs over the number of objects, or of proposals where these are more (Bellver et al., eq. 2: a missed
    object counts as a wrong one does); images without either have no IoU and are left out there. Where most labels look
    thin, measures of thin structures are there as well.

    Crowds are no objects, and what is proposed mostly on one is neither right nor wrong.

    Args:
        progress: called after every few images; the fraction is 0 until the end, the number is not known before.
        keep: is given what the network made of every image, in the order of their ids.
    """
    images: list[_MatchedImage] = []
    for chunk in _chunks(examples):
        images += _match(predictor, chunk, device)
        progress(0.0, f"evaluated {len(images)} images")
    images.sort(key=lambda image: image.image_id)
    progress(1.0, f"evaluated {len(images)} images")
    if keep is not None:
        for image in images:
            keep(image.prediction)
    return _summarize(images, split)


def _match(predictor: Predictor, examples: Sequence[Example], device: torch.device) -> Iterator[_MatchedImage]:
    truths = {example.image_id: example.labels for example in examples}
    most = {example.image_id: predictor.most_objects(example.size) for example in examples}
    images = [_to_score(predictor, example) for example in examples]
    for prediction in predictor.predict(images, device=device, batch_size=BATCH):
        labels = truths[prediction.image_id]
        judged = judged_ious(prediction.proposals.objects, labels)
        yield _MatchedImage(labels, prediction, *judged, most[prediction.image_id])


def _to_score(predictor: Predictor, example: Example) -> ImageToScore:
    """Counted where the network must be told counts, of the categories that it knows."""
    image = ImageToScore.of(example, counted=predictor.needs_counts)
    return image if image.counts is None else replace(image, counts=image.counts.within(predictor.categories))


def _summarize(images: Sequence[_MatchedImage], split: Split) -> Evaluation:
    truths = {image.image_id: image.truths for image in images}
    proposals = {image.image_id: image.proposals for image in images}
    detection = detect(truths, proposals)
    objects = sum(image.objects for image in images)
    with_iou = [image for image in images if image.ious.size or image.objects]
    true = np.array([image.true_iou for image in with_iou])
    predicted = np.array([image.score for image in with_iou])
    reference = _reference([image.prediction for image in with_iou])
    confidence = np.array([image.confidence for image in with_iou])
    return Evaluation(
        split=split,
        ap=detection.ap(),
        ap50=detection.ap(0.5),
        mean_iou=sum(float(image.ious.sum()) for image in images) / max(objects, 1),
        iou_mae=mean_absolute_error(predicted, true),
        iou_spearman=spearman(predicted, true),
        images=tuple(map(_evaluated, with_iou)),
        iou_mae_reference=None if reference is None else mean_absolute_error(reference, true),
        iou_spearman_reference=None if reference is None else spearman(reference, true),
        not_decoded=sum(image.not_decoded for image in images),
        metrics={
            **detection_metrics(detection),
            **overlap_metrics(truths, proposals),
            **(thin_metrics(truths, proposals) if _thin(truths) else {}),
            **reliability_metrics("iou", predicted, true),
            **reliability_metrics("confidence", confidence, true),
            **({} if reference is None else reliability_metrics("reference", reference, true)),
        },
        ap50_by_category=detection.ap_by_category(0.5),
    )


def _thin(truths: Truths) -> bool:
    return look_thin(item.mask for there in truths.values() for item in there if not item.crowd)


def _reference(predictions: Sequence[Prediction]) -> Floats | None:
    """Image scores by the paper's head; `None` of a network without it."""
    ious = [prediction.reference_ious for prediction in predictions if prediction.reference_ious is not None]
    return np.array([_mean(values) for values in ious]) if len(ious) == len(predictions) else None


def _evaluated(image: _MatchedImage) -> EvaluatedImage:
    return EvaluatedImage(image.image_id, image.score, image.true_iou, image.objects, image.confidence)


def _mean(values: Floats) -> float:
    """0 for nothing."""
    return float(values.mean()) if values.size else 0.0


def _chunks(examples: Iterable[Example]) -> Iterator[list[Example]]:
    remaining = iter(examples)
    while chunk := list(islice(remaining, CHUNK)):
        yield chunk
