"""From labels to a model on frozen features: views encoded once, one training, and a head that needs no rehearsal.

Every stage is deterministic, and the training leaves its state in a folder. A fit that is killed and called again with
the same arguments goes on where it was and ends the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import torch

from models.data.samples import Example
from models.encoders.feature_store import NO_STORE, FeatureStore
from models.predictor import Predictor
from models.pretrained.head import fit_head, judge
from models.pretrained.learnt import gather
from models.pretrained.model import FittedPretrained, frozen_encoder
from models.pretrained.recipe import PretrainedRecipe
from models.pretrained.train import PyramidTraining, build_network
from models.pretrained.views import tap_statistics
from models.training.cache import NetworkCache
from models.training.determinism import Arithmetic
from models.training.loop import Progress, part_of, run

ENCODED, TRAINED = 0.35, 0.98  # of the progress shown


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
    encoder = frozen_encoder(recipe, store, device)
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
    network.standardise(*tap_statistics(learnt.drawn))
    task = PyramidTraining.of(network, learnt.drawn, len(categories), recipe, learnt.on_top)
    path = checkpoint_dir / "training.pt" if checkpoint_dir else None
    told = part_of(progress, ENCODED, TRAINED, "training: ")
    run(task, recipe.iterations(len(learnt.drawn)), seed, resume_path=path, cache=cache, progress=told)
    head, metrics = judge(learnt.evidence, fit_head, np.random.default_rng([seed, 3]))
    progress(1.0, f"head: {head}")
    return FittedPretrained(
        network=network.eval(),
        recipe=recipe,
        categories=tuple(categories),
        calibrator=fit_head(learnt.evidence),
        seed=seed,
        metrics=metrics,
        head=head,
        arithmetic=Arithmetic.of(device),
        channels=encoder.channels,
        evidence=learnt.evidence,
        encoder=encoder,
        **learnt.provenance(),
    )
