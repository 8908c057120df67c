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
from models.features.learnt import gather, train
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
        examples: labeled by people.
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
        InvalidArgument: there is no example.
        InvalidLabel: a label's category is not of the vocabulary.
        StorageFull: a checkpoint cannot be written.
    """
    tile = recipe.tile or fitting_tile(examples, recipe.image_size, LEAST_RADIUS)
    encoder = frozen_encoder(recipe, store, device, tile)
    learnt = gather(
        examples,
        tuple(categories),
        recipe,
        encoder,
        previous=previous,
        kind=FittedPretrained,
        pseudo=pseudo,
        empty=empty,
        device=device,
        progress=part_of(progress, 0.0, ENCODED),
    )
    network = build_network(encoder.channels, len(categories), recipe, seed).to(device)
    network.standardise(*learnt.statistics(encoder))
    task = PyramidTraining.of(network, learnt.drawn, len(categories), recipe, learnt.on_top)
    fitted = train(
        task,
        learnt,
        recipe.iterations(learnt.images),
        fit_on=fit_head,
        encoder=encoder,
        categories=tuple(categories),
        seed=seed,
        checkpoint_dir=checkpoint_dir,
        cache=cache,
        progress=part_of(progress, ENCODED, 1.0),
    )
    return FittedPretrained(**fitted)
