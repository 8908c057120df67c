"""What the head learns from: statistics of masks on labeled images, beside how good these masks are."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from maskloop.matching import judged_ious
from models.annotation.batches import random_views
from models.annotation.losses import hard_iou
from models.annotation.matching import best_ious, match_objects
from models.annotation.network import AnnotationNetwork
from models.annotation.predict import decode_objects, predict_images, statistics_width
from models.annotation.recipe import Recipe
from models.data.samples import Example, ImageToScore, Prepared, normalise, prepare
from models.iou_head.calibrator import CalibrationSet, Calibrator, Exposure
from models.predictor import evaluating

BATCH = 16
MOST_VIEWS = 6  # of one image
VIEWS = 600  # of all images, about


def calibration_set_from_images(
    network: AnnotationNetwork,
    categories: Sequence[int],
    recipe: Recipe,
    examples: Sequence[Example],
    *,
    exposure: Exposure,
    device: torch.device,
) -> CalibrationSet:
    """Rows of labeled images, predicted exactly as the pool is.

    Args:
        exposure: whether the network has learnt from them.
    """
    truths = {example.image_id: example.labels for example in examples}
    images = map(ImageToScore.of, examples)
    no_head = Calibrator.unfitted(statistics_width(recipe, len(categories)))
    predictions = list(predict_images(network, categories, recipe, no_head, images, device=device, batch_size=BATCH))
    pairs = [judged_ious(item.proposals.objects, truths[item.image_id]) for item in predictions]
    return CalibrationSet(
        np.repeat([item.image_id for item in predictions], [len(ious) for _, ious in pairs]),
        np.concatenate([item.statistics[judged] for item, (judged, _) in zip(predictions, pairs, strict=True)]),
        np.concatenate([ious for _, ious in pairs]),
        np.full(sum(len(ious) for _, ious in pairs), exposure),
    )


def calibration_set_from_views(
    network: AnnotationNetwork,
    categories: Sequence[int],
    recipe: Recipe,
    examples: Sequence[Example],
    *,
    seed: int,
    device: torch.device,
) -> CalibrationSet:
    """Rows of augmented views of images the network has learnt from, at the network's own size."""
    rng = np.random.default_rng([seed, 2])
    copies = min(MOST_VIEWS, -(-VIEWS // len(examples)))
    prepared = [prepare(example, categories, recipe.image_size, recipe.steps) for example in examples]
    by_objects = sorted(prepared, key=lambda item: (-len(item.classes), item.image_id))
    with evaluating(network):
        parts = [
            _views_of_batch(network, recipe, by_objects[start : start + BATCH], len(categories), rng=rng, device=device)
            for _ in range(copies)
            for start in range(0, len(by_objects), BATCH)
        ]
    return CalibrationSet.join(*parts)


def mostly(drawn: Tensor, region: Tensor) -> Tensor:
    """Whether more than half of the pixels of masks (..., S, S) lie in a region (..., S, S): (...), bool."""
    return (drawn & region).sum(dim=(-2, -1)) * 2 > drawn.sum(dim=(-2, -1))


@torch.inference_mode()
def _views_of_batch(
    network: AnnotationNetwork,
    recipe: Recipe,
    prepared: Sequence[Prepared],
    categories: int,
    *,
    rng: np.random.Generator,
    device: torch.device,
) -> CalibrationSet:
    images, masks, classes, ignored = random_views(prepared, "strong", rng, device)
    decoded, decoded_classes, statistics = decode_objects(network, recipe, normalise(images), classes, categories)
    logits, of_crowds = decoded.logits, torch.zeros_like(decoded_classes, dtype=torch.bool)
    if ignored is not None:
        of_crowds = mostly(logits > 0, ignored[:, None])
        logits = logits.masked_fill(ignored[:, None], -torch.inf)
    if recipe.needs_counts:
        order = match_objects(logits, classes, masks)
        ious = hard_iou(logits > 0, masks[torch.arange(len(masks), device=device)[:, None], order])
    else:
        ious = best_ious(logits > 0, decoded_classes, masks, classes)
    there = ((decoded_classes >= 0) & ~of_crowds).cpu().numpy()
    return CalibrationSet(
        np.repeat([item.image_id for item in prepared], there.sum(axis=1)),
        statistics.cpu().double().numpy()[there],
        ious.cpu().double().numpy()[there],
        np.full(int(there.sum()), Exposure.AUGMENTED),
    )
