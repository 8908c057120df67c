"""The network on frozen features outlines the objects of images: from taps to predictions.

It says itself what there is. Where an image's objects were counted, as many of each category are given as were counted,
as far as it has candidates: those that look most like one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from maskloop.errors import InvalidLabel
from maskloop.values import Counts, ImageProposals, ObjectProposal
from models.data.samples import ImageToScore
from models.encoders.taps import FrozenEncoder
from models.features.recipe import PretrainedRecipe
from models.iou_head.calibrator import Calibrator
from models.iou_head.mask_statistics import CONFIDENCE
from models.iou_head.uncertainty import LARGEST
from models.iou_head.uncertainty import NAMES as UNCERTAINTIES
from models.predictor import Prediction, evaluating
from models.pretrained.network import PyramidNetwork
from models.pretrained.seen import Seen, look
from models.pretrained.statistics import NAMES

Floats = NDArray[np.float64]
NOTHING_COUNTED = 1.0  # score of an image whose counts say that it holds no object
NOTHING_SEEN = 0.0  # of one in which nothing was seen: if it holds any, all were missed


def predict_images(
    network: PyramidNetwork,
    encoder: FrozenEncoder,
    images: Sequence[ImageToScore],
    *,
    categories: Sequence[int],
    recipe: PretrainedRecipe,
    calibrator: Calibrator,
    batch_size: int,
) -> Iterator[Prediction]:
    """Predictions of checked images (`models.predictor.check_images`), those whose taps are kept first.

    Args:
        calibrator: of the columns of `models.pretrained.statistics`.

    Raises:
        InvalidLabel: a count's category is not among `categories`.
    """
    for item in images:
        _check_counts(item, categories)
    parts: list[Seen] = []
    for batch in encoder.encoded(images, batch_size):
        with evaluating(network):
            found = look(network, encoder, batch, recipe)
        for one, part in zip(batch, found, strict=True):
            parts.append(part)
            if one.last:
                seen = Seen.of(parts)
                yield _prediction(
                    one.item, one.picture.size, seen, categories=categories, recipe=recipe, calibrator=calibrator
                )
                parts = []


def _prediction(
    item: ImageToScore,
    size: tuple[int, int],
    seen: Seen,
    *,
    categories: Sequence[int],
    recipe: PretrainedRecipe,
    calibrator: Calibrator,
) -> Prediction:
    own, joined = seen.objects(size, 0.0 if item.counts else recipe.threshold)
    chosen, indices = _choose(
        own, seen.classes, seen.confidence, counts=item.counts, categories=categories, least=recipe.threshold
    )
    masks = [joined[place] if place in joined else seen.mask(place, size) for place in chosen.tolist()]
    solid = [place for place, mask in enumerate(masks) if mask.area]  # of a tiny picture, a mask may hold no pixel
    chosen, indices, masks = chosen[solid], [indices[place] for place in solid], [masks[place] for place in solid]
    statistics = seen.statistics[chosen]
    ious = calibrator.predict(statistics)
    proposals = tuple(
        ObjectProposal(categories[index], mask, float(iou), float(row[CONFIDENCE]))
        for index, mask, iou, row in zip(indices, masks, ious, statistics, strict=True)
    )
    doubted = float(seen.confidence[np.setdiff1d(own, chosen)].sum())
    missing = max(0, item.counts.objects - len(chosen)) if item.counts else 0
    return Prediction(
        ImageProposals(item.image_id, "", _score(ious, item.counts, doubted), proposals, missing),
        statistics,
        None,
        seen.features,
        _image_uncertainty(seen.doubts[chosen], item.counts),
    )


def _choose(
    own: NDArray[np.int64],
    classes: NDArray[np.float32],
    confidence: Floats,
    *,
    counts: Counts | None,
    categories: Sequence[int],
    least: float,
) -> tuple[NDArray[np.int64], list[int]]:
    """Which of an image's candidates are its objects, and of which class index.

    Args:
        own: (n,) places of the image's candidates, the surest first.
        classes: (N, C) probabilities; confidence: (N,).
        least: confidence of an object where nobody counted.
    """
    if counts is None:
        chosen = own[confidence[own] >= least]
        return chosen, classes[chosen].argmax(axis=1).tolist() if len(chosen) else []
    taken: dict[int, int] = {}
    sureness = confidence / np.maximum(classes.max(axis=1), 1e-9) if len(classes) else confidence
    for category_id, number in counts.by_category.items():
        index = categories.index(category_id)
        free = [place for place in own.tolist() if place not in taken]
        best = sorted(free, key=lambda place: -sureness[place] * classes[place, index])
        taken |= dict.fromkeys(best[:number], index)
    chosen = np.array([place for place in own.tolist() if place in taken], dtype=np.int64)
    return chosen, [taken[place] for place in chosen.tolist()]


def _check_counts(item: ImageToScore, categories: Sequence[int]) -> None:
    for category_id in item.counts.by_category if item.counts else ():
        if category_id not in categories:
            raise InvalidLabel(f"category {category_id} is not in the vocabulary")


def _score(ious: Floats, counts: Counts | None, doubted: float) -> float:
    """Sum of the predicted IoUs over the number of objects that are there (Bellver et al., eq. 2), the missed included.

    Args:
        doubted: how many of the candidates that were not given are objects, as an expectation: the sum of their
            confidence. Where objects were counted, their number is known.
    """
    if counts is not None:
        return float(ious.sum()) / max(len(ious), counts.objects) if counts.objects else NOTHING_COUNTED
    return float(ious.sum()) / (len(ious) + doubted) if len(ious) else NOTHING_SEEN


def _image_uncertainty(doubts: Floats, counts: Counts | None) -> dict[str, float]:
    """Means over the objects' (n, 3); an image that is known to hold none has no mask to doubt."""
    nothing = np.zeros(len(LARGEST)) if counts is not None and not counts.objects else np.array(LARGEST)
    means = doubts.mean(axis=0) if len(doubts) else nothing
    return dict(zip(UNCERTAINTIES, means.tolist(), strict=True))


def statistics_width() -> int:
    """Columns of the statistics."""
    return len(NAMES)
