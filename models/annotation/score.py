"""Images in, proposals with predicted IoU out: what the pool is scored and the annotators are helped with."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from maskloop.values import ImageProposals, ObjectProposal
from models.annotation.model import FittedModel
from models.annotation.predict import ImageToScore, Reading, read_images
from models.iou_head.calibrator import Calibrator
from models.iou_head.mask_statistics import CONFIDENCE
from models.iou_head.uncertainty import LARGEST, NAMES

Progress = Callable[[float, str], None]
NOTHING_TO_FIND = 1.0  # score of an image whose counts say that it holds no object
NOTHING_FOUND = 0.0  # of one in which a model found none by itself: if it holds any, all were missed


@dataclass(frozen=True)
class ScoredImage:
    """One image of the pool, as a model sees it.

    Args:
        proposals: carry no model version, the caller knows it.
        features: (D,) float32 of the encoder.
        uncertainty: "entropy", "margin" and "least_confidence" in [0, 1], larger where less is certain: means over
            the objects (see `models.iou_head.uncertainty`); 0 where counts say that there is nothing, the largest value
            where a model that finds by itself has found nothing.
    """

    proposals: ImageProposals
    features: NDArray[np.float32]
    uncertainty: Mapping[str, float]


def score_images(
    model: FittedModel,
    images: Iterable[ImageToScore],
    *,
    device: torch.device,
    batch_size: int,
    progress: Progress | None = None,
) -> Iterator[ScoredImage]:
    """Propose masks for every image and predict their IoU; those with most objects come first.

    Args:
        progress: called with the share that is done after every image; may raise to stop the scoring.

    Raises:
        InvalidArgument: an image has no counts, and the model needs them.
        InvalidLabel: a count's category is not of the model's vocabulary.
    """
    waiting = list(images)
    readings = read_images(model.network, model.categories, model.recipe, waiting, device=device, batch_size=batch_size)
    for done, reading in enumerate(readings, start=1):
        yield ScoredImage(propose(reading, model.calibrator), reading.features, image_uncertainty(reading))
        if progress:
            progress(done / len(waiting), f"scored {done} of {len(waiting)} images")


def propose(reading: Reading, calibrator: Calibrator) -> ImageProposals:
    """A reading as the head judges it; the score is the mean over the objects (Bellver et al., eq. 2)."""
    predicted = calibrator.predict(reading.statistics)
    objects = tuple(
        ObjectProposal(drawn.category_id, drawn.mask, float(iou), float(confidence))
        for drawn, iou, confidence in zip(reading.objects, predicted, reading.statistics[:, CONFIDENCE], strict=True)
    )
    nothing = NOTHING_TO_FIND if reading.told else NOTHING_FOUND
    score = float(predicted.mean()) if objects else nothing
    return ImageProposals(reading.image_id, "", score, objects, reading.not_decoded)


def image_uncertainty(reading: Reading) -> dict[str, float]:
    """Means over the objects; an image that is known to hold none has no mask to doubt."""
    if reading.objects:
        means = reading.uncertainty.mean(axis=0)
    else:
        means = np.zeros(len(NAMES)) if reading.told else np.array(LARGEST)
    return dict(zip(NAMES, means.tolist(), strict=True))
