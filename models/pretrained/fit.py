"""From labels to a model on frozen features: views encoded once, one training, and a head that needs no rehearsal.

Every stage is deterministic, and the training leaves its state in a folder. A fit that is killed and called again with
the same arguments goes on where it was and ends the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import torch

from models.data.samples import Example
from models.encoders.feature_store import NO_STORE, FeatureStore
from models.features.learnt import Learnt, TrainingSet, gather, train
from models.features.model import frozen_encoder
from models.features.recipe import PretrainedRecipe
from models.features.tiles import fitting_tile
from models.predictor import Predictor
from models.pretrained.head import fit_head
from models.pretrained.model import FittedPretrained
from models.pretrained.train import PyramidTraining, build_network
from models.training.cache import NetworkCache
from models.training.loop import Progress, part_of

ENCODED = 0.35  # of the progress shown
LEAST_RADIUS = 4.0  # of a disc, in pixels of the encoder's square, a quarter of which is a cell of the maps


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
) -> FittedPretrained:
    """Train on the labeled images, on those with pseudo-labels and on empty ones; no other is looked at.

    Args:
        examples: labeled by people: outlined or boxed, and others that are marked or whose classes are named.
        categories: the vocabulary's ids in the order of the network's class indices.
        checkpoint_dir: where an unfinished training finds its state again; `None` for nowhere.
        progress: called with a fraction in [0, 1] and a message; may raise to stop the fit.
        cache: networks trained before, see `models.training.loop.run`.
        store: where features are looked for and kept.
        previous: the model that was there before these labels; what it makes of those that it has not learnt from is
            evidence for the head. One of another kind or vocabulary gives none.
        pseudo: other images, with pseudo-labels.
        empty: other images, known to hold nothing.

    Raises:
        InvalidArgument: there is no example with outlines or boxes, or no category.
        InvalidLabel: a label's category is not of the vocabulary.
        StorageFull: a checkpoint cannot be written.
    """
    tile = recipe.tile or fitting_tile(examples, recipe.image_size, LEAST_RADIUS)
    encoder = frozen_encoder(recipe, store, device, tile)
    gathering, training = part_of(progress, 0.0, ENCODED), part_of(progress, ENCODED, 1.0)
    given = TrainingSet(examples, tuple(categories), pseudo, empty)
    learnt = gather(given, recipe, encoder, previous=previous, kind=FittedPretrained, progress=gathering)
    task, number = _training(learnt, seed), recipe.iterations(learnt.images + len(learnt.weak))
    fitted = train(
        task, learnt, number, fit_on=fit_head, seed=seed, checkpoint_dir=checkpoint_dir, cache=cache, progress=training
    )
    return FittedPretrained(**fitted)


def _training(learnt: Learnt, seed: int) -> PyramidTraining:
    """Of a new network, that knows what the encoder's taps are like."""
    network = build_network(learnt.encoder.channels, len(learnt.categories), learnt.recipe, seed)
    network.to(learnt.encoder.device).standardise(*learnt.statistics())
    return PyramidTraining.of(network, learnt.drawn, len(learnt.categories), learnt.recipe, learnt.on_top)
