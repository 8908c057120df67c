"""From labels to a model: the final network on all of them, and a head fitted on what networks do not know.

Every stage is deterministic and leaves its training's state in a folder of its own, so a fit that is killed and
called again with the same arguments goes on where it was and ends the same.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch

from maskloop.values import Counts
from models.calibration import MIN_IMAGES, Calibrator, Observations, deal_folds, fit_calibrator
from models.checkpoints import FittedModel
from models.examples import Example
from models.metrics import match_within_class
from models.network import AnnotationNetwork
from models.reading import ImageToScore, read_images
from models.recipes import Recipe
from models.statistics import count_statistics
from models.training import Progress, train_network

FOLDS = 2
FOLD_SHARE = 0.5  # of the final network's iterations that each fold's network trains
READ_BATCH = 16

Train = Callable[[str, Sequence[Example], Recipe, Progress], AnnotationNetwork]


def fit(
    examples: Sequence[Example],
    categories: Sequence[int],
    recipe: Recipe,
    *,
    seed: int,
    device: torch.device,
    checkpoint_dir: Path | None,
    progress: Progress,
) -> FittedModel:
    """Train on the labeled images; no other is looked at.

    Args:
        categories: the vocabulary's ids in the order of the network's class indices.
        checkpoint_dir: where an unfinished fit finds its stages again; `None` for nowhere.
        progress: called with a fraction in [0, 1] and a message; may raise to stop the fit.

    Raises:
        InvalidArgument: there is no example.
        InvalidLabel: a label's category is not of the vocabulary.
        StorageFull: a checkpoint cannot be written.
    """

    def train(stage: str, seen: Sequence[Example], recipe: Recipe, progress: Progress) -> AnnotationNetwork:
        folder = checkpoint_dir / stage if checkpoint_dir else None
        return train_network(
            seen, categories, recipe, seed=seed, device=device, checkpoint_dir=folder, progress=progress
        )

    ordered = sorted(examples, key=lambda example: example.image_id)
    calibrator, metrics = Calibrator.unfitted(count_statistics(len(categories))), {"held_out_images": 0.0}
    head_share = 0.0
    if len(ordered) >= MIN_IMAGES:
        head_share = FOLDS * FOLD_SHARE / (1 + FOLDS * FOLD_SHARE)
        part = _part(progress, 0.0, head_share)
        observed = observe_unseen(ordered, categories, recipe, train, seed=seed, device=device, progress=part)
        calibrator, metrics = fit_calibrator(observed)
    network = train("final", ordered, recipe, _part(progress, head_share, 1.0))
    snapshot = tuple(example.image_id for example in ordered)
    return FittedModel(network, recipe, tuple(categories), calibrator, seed, snapshot, metrics)


def observe_unseen(
    examples: Sequence[Example],
    categories: Sequence[int],
    recipe: Recipe,
    train: Train,
    *,
    seed: int,
    device: torch.device,
    progress: Progress,
) -> Observations:
    """Every example read by a network that was trained without it."""
    short = shortened(recipe, len(examples))
    observed = []
    for number, unseen in enumerate(deal_folds([example.image_id for example in examples], FOLDS, seed)):
        seen = [example for example in examples if example.image_id not in unseen]
        left_out = [example for example in examples if example.image_id in unseen]
        stage = f"fold-{number}"
        network = train(stage, seen, short, _part(progress, number / FOLDS, (number + 1) / FOLDS))
        observed.append(observe(network, categories, recipe, left_out, device))
    return Observations.join(observed)


def shortened(recipe: Recipe, examples: int) -> Recipe:
    """The recipe of a fold's network: fewer iterations, and hardly any IoU branch, for nobody asks it."""
    iterations = max(1, round(recipe.iterations(examples) * FOLD_SHARE))
    return dataclasses.replace(recipe, epochs=1, min_iterations=iterations, max_iterations=iterations, iou_epochs=1)


def observe(
    network: AnnotationNetwork,
    categories: Sequence[int],
    recipe: Recipe,
    examples: Sequence[Example],
    device: torch.device,
) -> Observations:
    """Statistics of the masks a network draws on labeled images, and how good these masks are."""
    truths = {example.image_id: example.objects for example in examples}
    images = [image_of(example) for example in examples]
    readings = list(read_images(network, categories, recipe, images, device=device, batch_size=READ_BATCH))
    ious = [match_within_class(reading.objects, truths[reading.image_id])[1] for reading in readings]
    return Observations(
        np.repeat([reading.image_id for reading in readings], [len(found) for found in ious]),
        np.concatenate([reading.statistics for reading in readings]),
        np.concatenate(ious),
    )


def image_of(example: Example) -> ImageToScore:
    """A labeled image as one to be read, with its true counts."""
    return ImageToScore(example.image_id, lambda: example.pixels, Counts.of(example.objects))


def _part(progress: Progress, start: float, end: float) -> Progress:
    """Progress of a stage that takes from `start` to `end` of the whole."""
    return lambda share, message: progress(start + share * (end - start), message)
