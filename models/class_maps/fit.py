"""From class labels to a network that outlines: a classifier, a threshold, and a head.

Which classes images hold is all that the classifier learns from; outlines say it as well. Where there are outlines, the
threshold of the ground is swept on them, and the head that predicts IoU learns from the masks beside them. Without any
the threshold is the usual one, and predicted IoU is raw confidence. The head is never trusted: its classifier has
learnt the classes of the images whose masks it learns from.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import chain
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from maskloop.errors import InvalidLabel
from maskloop.values import HeadState
from models.class_maps.model import FittedClassMaps, Mapped
from models.class_maps.recipe import ClassMapsRecipe
from models.classification.data import ClassExample
from models.classification.train import train_classifier
from models.data.samples import Example, ImageToScore
from models.features.evidence import judge, rows_of
from models.iou_head.calibrator import CalibrationSet, Calibrator, fit_on_statistics
from models.proposals.from_maps import NAMES, sweep
from models.training.cache import NetworkCache
from models.training.determinism import Arithmetic
from models.training.holdout import MIN_IMAGES
from models.training.loop import Progress, part_of

CLASSIFIED = 0.7  # of the progress shown
USUAL_THRESHOLD = 0.3


def fit(
    examples: Sequence[Example],
    categories: Sequence[int],
    recipe: ClassMapsRecipe,
    *,
    seed: int,
    device: torch.device,
    checkpoint_dir: Path | None,
    progress: Progress,
    cache: NetworkCache | None = None,
    judged: Iterable[ClassExample] = (),
) -> FittedClassMaps:
    """Train on images of which it is known which classes they hold.

    Args:
        examples: outlined by people; none is needed.
        categories: the vocabulary's ids in the order of class indices.
        checkpoint_dir: where an unfinished training finds its state again; `None` for nowhere.
        progress: called with a fraction in [0, 1] and a message; may raise to stop the fit.
        cache: networks trained before, see `models.training.loop.run`.
        judged: other images, of which their classes are known.

    Raises:
        InvalidArgument: no image holds a category.
        InvalidLabel: a label's category is not of the vocabulary.
        StorageFull: a checkpoint cannot be written.
    """
    ordered = sorted(examples, key=lambda example: example.image_id)
    told = {example.image_id for example in ordered}
    others = (example for example in judged if example.image_id not in told)
    classifier = train_classifier(
        chain((_classes_of(example, categories) for example in ordered), others),  # one picture in memory at a time
        categories,
        recipe.of_classifier(),
        seed=seed,
        device=device,
        checkpoint_dir=checkpoint_dir,
        progress=part_of(progress, 0.0, CLASSIFIED),
        cache=cache,
    )
    bare = FittedClassMaps(
        network=classifier.network,
        recipe=recipe,
        categories=tuple(categories),
        calibrator=Calibrator.unfitted(len(NAMES)),
        seed=seed,
        snapshot=tuple(example.image_id for example in ordered),
        metrics={},
        head=HeadState.UNFITTED,
        arithmetic=Arithmetic.of(device),
        threshold=recipe.threshold or USUAL_THRESHOLD,
    )
    return _with_head(bare, ordered, seed, device, part_of(progress, CLASSIFIED, 1.0))


def _with_head(
    bare: FittedClassMaps, ordered: Sequence[Example], seed: int, device: torch.device, progress: Progress
) -> FittedClassMaps:
    """The threshold swept and the head fitted on what people have outlined."""
    holding = [example for example in ordered if example.objects]
    seen: dict[str, Mapped] = {}
    for done, example in enumerate(holding, start=1):
        there = sorted({bare.categories.index(item.category_id) for item in example.objects})
        seen[example.image_id] = bare.mapped(_item(example), present=there)
        progress(done / len(holding), f"mapped {done} of {len(holding)} labeled images")
    if not seen:
        return bare
    if not bare.recipe.threshold:
        swept, _ = sweep(_beside(bare, example, seen[example.image_id]) for example in holding)
        bare = replace(bare, threshold=swept)
    predictions = list(bare.predict([_item(example) for example in holding], device=device, batch_size=1))
    rows = rows_of(predictions, {example.image_id: example.labels for example in holding})

    def fit_on(evidence: CalibrationSet | None) -> Calibrator:
        enough = evidence is not None and evidence.images >= MIN_IMAGES
        return fit_on_statistics(evidence) if enough and evidence else Calibrator.unfitted(len(NAMES))

    if rows.images < MIN_IMAGES:
        return replace(bare, metrics={"held_out_images": float(rows.images)})
    _, metrics = judge(rows, fit_on, np.random.default_rng([seed, 3]))
    return replace(bare, calibrator=fit_on(rows), head=HeadState.UNTRUSTED, metrics=metrics)


def _beside(bare: FittedClassMaps, example: Example, mapped: Mapped) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Maps of every class, and the true labels, at the maps' size; smaller objects have the last word."""
    height, width = mapped.maps.shape[1:]
    maps = np.zeros((len(bare.categories), height, width), np.float32)
    maps[list(mapped.classes)] = mapped.maps
    true = np.zeros((height, width), np.int64)
    rows, columns = (
        np.minimum(((np.arange(wanted) + 0.5) * had / wanted).astype(np.intp), had - 1)
        for wanted, had in zip((height, width), example.size, strict=True)
    )
    for item in (*example.crowds, *sorted(example.objects, key=lambda item: -item.mask.area)):
        shown = item.mask.to_array()[rows[:, None], columns[None]]
        true[shown] = 255 if item.crowd else 1 + bare.categories.index(item.category_id)
    return maps, true


def _item(example: Example) -> ImageToScore:
    return ImageToScore(example.image_id, lambda: example.pixels)


def _classes_of(example: Example, categories: Sequence[int]) -> ClassExample:
    present = frozenset(item.category_id for item in example.labels)
    unknown = sorted(present.difference(categories))
    if unknown:
        raise InvalidLabel(f"image {example.image_id}: category {unknown[0]} is not in the vocabulary")
    return ClassExample(example.image_id, example.pixels, present)
