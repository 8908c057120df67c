"""From labels of thin structures to a model: views encoded once, one training, a rule for objects, and a head.

As `models.pretrained.fit`, in all that is not said here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import torch

from models.data.samples import Example
from models.data.thinness import look_thin
from models.encoders.feature_store import NO_STORE, FeatureStore
from models.encoders.taps import FrozenEncoder
from models.features.learnt import Learnt, TrainingSet, gather, train
from models.features.model import frozen_encoder
from models.features.recipe import PretrainedRecipe
from models.features.tiles import fitting_tile
from models.iou_head.calibrator import CalibrationSet, Calibrator, fit_on_confidence
from models.iou_head.mask_statistics import CONFIDENCE
from models.predictor import Predictor
from models.thin.instances import InstanceRule, learn_rule
from models.thin.model import NAMES, FittedDense
from models.thin.network import DenseNetwork
from models.thin.train import ITERATIONS, DenseTraining
from models.training.cache import NetworkCache
from models.training.holdout import MIN_IMAGES
from models.training.loop import Progress, part_of

ENCODED = 0.35  # of the progress shown
LEAST_WIDTH = 2.0  # of a line, in pixels of the encoder's square
SLOPE, INTERCEPT = (
    2.57,
    -2.04,
)  # of IoU over confidence, by least squares on unseen road cracks: two networks of 20 labels


def suits(examples: Sequence[Example], recipe: PretrainedRecipe) -> bool:
    """Whether the recipe asks for this kind of network, or its labels look as if they need it."""
    if recipe.masks != "auto":
        return recipe.masks == "dense"
    return look_thin(item.mask for example in examples for item in example.objects)


def fit(
    examples: Sequence[Example],
    categories: Sequence[int],
    recipe: PretrainedRecipe,
    *,
    seed: int,
    device: torch.device,
    checkpoint_dir: Path | None,
    progress: Progress,
    cache: NetworkCache | None = None,
    store: FeatureStore = NO_STORE,
    previous: Predictor | None = None,
    pseudo: Iterable[Example] = (),
    empty: Iterable[Example] = (),
) -> FittedDense:
    """Train a dense head; arguments and errors as `models.pretrained.fit.fit`. It learns from outlines and boxes."""
    examples = [example for example in examples if example.present is None]
    recipe = recipe.as_dense()
    tile = recipe.tile or fitting_tile(examples, recipe.image_size, LEAST_WIDTH)
    encoder = frozen_encoder(recipe, store, device, tile, fine=True)
    gathering, training = part_of(progress, 0.0, ENCODED), part_of(progress, ENCODED, 1.0)
    given = TrainingSet(examples, tuple(categories), pseudo, empty)
    learnt = gather(given, recipe, encoder, previous=previous, kind=FittedDense, progress=gathering)
    task, number = _training(learnt, seed), round(ITERATIONS * recipe.iterations(learnt.images))
    fitted = train(
        task, learnt, number, fit_on=thin_head, seed=seed, checkpoint_dir=checkpoint_dir, cache=cache, progress=training
    )
    return FittedDense(**fitted, rule=_learn_rule(task.network, learnt, fitted["encoder"]))


def _training(learnt: Learnt, seed: int) -> DenseTraining:
    """Of a new network, that knows what the encoder's taps are like."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = DenseNetwork(learnt.encoder.channels, len(learnt.categories))
    network.to(memory_format=torch.channels_last).to(learnt.encoder.device).standardise(*learnt.statistics())
    return DenseTraining.of(network, learnt.drawn, len(learnt.categories), learnt.recipe, learnt.on_top)


def thin_head(evidence: CalibrationSet | None) -> Calibrator:
    """The mean probability ranks thin objects well; a prior says what IoU it means, until there is evidence enough."""
    if evidence is None or evidence.images < MIN_IMAGES:
        weights = SLOPE * np.eye(len(NAMES))[CONFIDENCE]
        return Calibrator("confidence", tuple(weights.tolist()), INTERCEPT)
    return fit_on_confidence(evidence)


@torch.inference_mode()
def _learn_rule(network: DenseNetwork, learnt: Learnt, encoder: FrozenEncoder) -> InstanceRule:
    """From the labels as they are, and what the network makes of them; on a crowd, it is not asked."""
    every = [views[0] for windows in learnt.labels.values() for views in windows]
    first = [view for view in every if not view.boxed.any()] or every  # a box is no line
    maps = [network(encoder.tensors([taps]))[0].sigmoid().cpu().numpy() for taps in learnt.taps(first, encoder)]
    maps = [
        values if view.ignored is None else np.where(view.crowded(), np.float32(0), values)
        for values, view in zip(maps, first, strict=True)
    ]
    return learn_rule(maps, [view.solid() for view in first], [view.classes for view in first])
