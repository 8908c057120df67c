"""What the head learns from: statistics of masks on labeled images, beside how good these masks are."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from maskloop.matching import match_within_class
from maskloop.values import Counts
from models.annotation.batches import collate, without_empty
from models.annotation.losses import hard_iou
from models.annotation.matching import best_ious, match_objects
from models.annotation.network import AnnotationNetwork
from models.annotation.predict import ImageToScore, read_images
from models.annotation.propose import see
from models.annotation.recipe import Recipe
from models.data.augmentation import augment
from models.data.samples import Example, Prepared, normalise, prepare
from models.iou_head.calibrator import CalibrationSet, Exposure

BATCH = 16
MOST_VIEWS = 6  # of one image
VIEWS = 600  # of all images, about


def observe_images(
    network: AnnotationNetwork,
    categories: Sequence[int],
    recipe: Recipe,
    examples: Sequence[Example],
    *,
    exposure: Exposure,
    device: torch.device,
) -> CalibrationSet:
    """Read images exactly as the pool is read; `exposure` says whether the network has learnt from them."""
    truths = {example.image_id: example.objects for example in examples}
    images = [image_of(example) for example in examples]
    readings = list(read_images(network, categories, recipe, images, device=device, batch_size=BATCH))
    ious = [match_within_class(reading.objects, truths[reading.image_id])[1] for reading in readings]
    return CalibrationSet(
        np.repeat([reading.image_id for reading in readings], [len(found) for found in ious]),
        np.concatenate([reading.statistics for reading in readings]),
        np.concatenate(ious),
        np.full(sum(map(len, ious)), exposure),
    )


def observe_views(
    network: AnnotationNetwork,
    categories: Sequence[int],
    recipe: Recipe,
    examples: Sequence[Example],
    *,
    seed: int,
    device: torch.device,
) -> CalibrationSet:
    """Augmented views of images the network has learnt from, at the network's own size."""
    network.eval()
    rng = np.random.default_rng([seed, 2])
    copies = min(MOST_VIEWS, -(-VIEWS // len(examples)))
    prepared = [prepare(example, categories, recipe.image_size, recipe.steps) for example in examples]
    by_objects = sorted(prepared, key=lambda item: (-len(item.classes), item.image_id))
    parts = [
        _observe_batch(network, recipe, by_objects[start : start + BATCH], len(categories), rng=rng, device=device)
        for _ in range(copies)
        for start in range(0, len(by_objects), BATCH)
    ]
    return CalibrationSet.join(*parts)


@torch.inference_mode()
def _observe_batch(
    network: AnnotationNetwork,
    recipe: Recipe,
    prepared: Sequence[Prepared],
    categories: int,
    *,
    rng: np.random.Generator,
    device: torch.device,
) -> CalibrationSet:
    images, masks, classes = collate(prepared, device)
    images, masks = augment(images, masks, "strong", rng)
    masks, classes = without_empty(masks, classes)
    seen = see(network, recipe, normalise(images), classes, categories)
    if network.finds:
        ious = best_ious(seen.logits > 0, seen.classes, masks, classes)
    else:
        order = match_objects(seen.logits, classes, masks)
        ious = hard_iou(seen.logits > 0, masks[torch.arange(len(masks), device=device)[:, None], order])
    there = (seen.classes >= 0).cpu().numpy()
    return CalibrationSet(
        np.repeat([item.image_id for item in prepared], there.sum(axis=1)),
        seen.statistics.cpu().double().numpy()[there],
        ious.cpu().double().numpy()[there],
        np.full(int(there.sum()), Exposure.AUGMENTED),
    )


def image_of(example: Example) -> ImageToScore:
    """A labeled image as one to be read, with its true counts."""
    return ImageToScore(example.image_id, lambda: example.pixels, Counts.of(example.objects))
