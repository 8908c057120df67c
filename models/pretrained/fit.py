"""From labels to a model on frozen features: views encoded once, one training, and a head that needs no rehearsal.

Every stage is deterministic, and the training leaves its state in a folder. A fit that is killed and called again with
the same arguments goes on where it was and ends the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import torch

from maskloop.errors import InvalidArgument
from models.data.samples import Example, ImageToScore, prepare
from models.encoders.feature_store import NO_STORE, FeatureStore
from models.encoders.taps import FrozenEncoder
from models.iou_head.calibrator import CalibrationSet
from models.predictor import Predictor
from models.pretrained.head import fit_head, judge, rows_of
from models.pretrained.model import FittedPretrained, frozen_encoder
from models.pretrained.recipe import PretrainedRecipe
from models.pretrained.train import PyramidTraining, build_network, tap_statistics
from models.pretrained.views import LabeledView, labeled_views
from models.training.cache import NetworkCache
from models.training.determinism import Arithmetic
from models.training.loop import Progress, part_of, run

PROPOSED, ENCODED, TRAINED = 0.1, 0.35, 0.98  # of the progress shown
BATCH = 16
EVERY_OBJECT = 1 << 30


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
    if not examples:
        raise InvalidArgument("there is no labeled image to train on", field="examples")
    ordered = sorted(examples, key=lambda example: example.image_id)
    evidence = _evidence(previous, ordered, tuple(categories), device, part_of(progress, 0.0, PROPOSED))
    encoder = frozen_encoder(recipe, store, device)
    views = _Views(encoder, recipe, categories)
    labels = views.of(ordered, part_of(progress, PROPOSED, ENCODED))
    proposed = {image_id: seen for image_id, seen in views.of(pseudo).items() if len(seen[0].classes)}
    nothing = views.of(empty) if recipe.empty_images else {}
    drawn = [*labels.values(), *(() if recipe.pseudo_images else proposed.values())]
    on_top = ((list(proposed.values()), recipe.pseudo_images), (list(nothing.values()), recipe.empty_images))
    network = build_network(encoder.channels, len(categories), recipe, seed).to(device)
    network.standardise(*tap_statistics(drawn))
    task = PyramidTraining.of(network, drawn, len(categories), recipe, tuple(each for each in on_top if all(each)))
    path = checkpoint_dir / "training.pt" if checkpoint_dir else None
    told = part_of(progress, ENCODED, TRAINED, "training: ")
    run(task, recipe.iterations(len(drawn)), seed, resume_path=path, cache=cache, progress=told)
    head, metrics = judge(evidence, np.random.default_rng([seed, 3]))
    progress(1.0, f"head: {head}")
    return FittedPretrained(
        network=network.eval(),
        recipe=recipe,
        categories=tuple(categories),
        calibrator=fit_head(evidence),
        seed=seed,
        snapshot=tuple(example.image_id for example in ordered),
        metrics=metrics,
        pseudo=tuple(proposed),
        empty=tuple(nothing),
        head=head,
        arithmetic=Arithmetic.of(device),
        channels=encoder.channels,
        evidence=evidence,
        encoder=encoder,
    )


class _Views:
    """Views of images as the recipe wants them."""

    def __init__(self, encoder: FrozenEncoder, recipe: PretrainedRecipe, categories: Sequence[int]) -> None:
        self._encoder, self._recipe, self._categories = encoder, recipe, categories

    def of(self, examples: Iterable[Example], progress: Progress | None = None) -> dict[str, list[LabeledView]]:
        """By image, in the order of the ids."""
        views: dict[str, list[LabeledView]] = {}
        for done, example in enumerate(examples, start=1):
            small = prepare(example, self._categories, self._recipe.image_size, EVERY_OBJECT)
            views[example.image_id] = labeled_views(small, self._encoder, self._recipe.views)
            if progress and isinstance(examples, Sequence):
                progress(done / len(examples), f"encoded {done} of {len(examples)} labels")
        return dict(sorted(views.items()))


def _evidence(
    previous: Predictor | None,
    ordered: Sequence[Example],
    categories: tuple[int, ...],
    device: torch.device,
    progress: Progress,
) -> CalibrationSet | None:
    """What earlier models had, and what the previous one makes of labels that it has not learnt from."""
    if not isinstance(previous, FittedPretrained) or previous.categories != categories:
        return None
    known = {*previous.snapshot, *previous.pseudo, *previous.empty}
    unseen = {example.image_id: example for example in ordered if example.image_id not in known}
    images = [ImageToScore.of(example, counted=previous.needs_counts) for example in unseen.values()]
    predictions = list(previous.predict(images, device=device, batch_size=BATCH, progress=progress))
    rows = rows_of(predictions, {image_id: example.objects for image_id, example in unseen.items()})
    return rows if previous.evidence is None else CalibrationSet.join(previous.evidence, rows)
