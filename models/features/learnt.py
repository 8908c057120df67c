"""What fits on frozen features have in common: what they learn from, and their training with its head."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from maskloop.errors import InvalidArgument
from maskloop.values import WEAKLY_LABELED_IMAGES
from models.data.samples import Example, ImageToScore, prepare
from models.encoders.feature_store import Taps
from models.encoders.pixels import Pixels
from models.encoders.taps import FrozenEncoder
from models.features.evidence import judged_head, rows_of
from models.features.model import FittedOnFeatures
from models.features.recipe import PretrainedRecipe
from models.features.task import FeatureTraining
from models.features.tiles import training_tiles
from models.features.tuning import EncoderTuning
from models.features.views import WHOLE, LabeledView, ViewEncoder, labeled_views, tap_statistics
from models.iou_head.calibrator import CalibrationSet, Calibrator
from models.predictor import Predictor
from models.training.cache import NetworkCache
from models.training.determinism import Arithmetic
from models.training.loop import Progress, Task, part_of, run

BATCH = 16
EVERY_OBJECT = 1 << 30
PROPOSED = 0.3  # of the progress shown while gathering
TRAINED = 0.97  # and of that while training
Views = dict[str, list[list[LabeledView]]]
"""Of each image, by id and in the order of the ids, the views of each of its windows."""


@dataclass(frozen=True)
class TrainingSet:
    """Images to learn from.

    Args:
        examples: labeled by people: outlined, boxed, marked, or with their classes named.
        categories: the vocabulary's ids in the order of the network's class indices.
        pseudo: other images, with pseudo-labels.
        empty: other images, known to hold nothing.

    Raises:
        InvalidArgument: there is no outlined or boxed example, or no category.
    """

    examples: Sequence[Example]
    categories: tuple[int, ...]
    pseudo: Iterable[Example]
    empty: Iterable[Example]

    def __post_init__(self) -> None:
        if all(example.present is not None for example in self.examples):
            raise InvalidArgument("there is no labeled image with outlines or boxes to train on", field="examples")
        if not self.categories:
            raise InvalidArgument("there is no category to learn", field="categories")


@dataclass(frozen=True)
class Learnt:
    """A training set as a fit learns from it: in views, encoded.

    Args:
        recipe: of the fit.
        categories: the vocabulary's ids in the order of the network's class indices.
        encoder: that encodes; of an encoder that is to learn, as it was before.
        evidence: masks that earlier models drew on outlines they had not learnt from; `None` without any.
        labels: outlines and boxes by people; weak: images that they marked, or of which they named the classes.
        proposed: pseudo-labels; nothing: images known to hold nothing.
    """

    recipe: PretrainedRecipe
    categories: tuple[int, ...]
    encoder: FrozenEncoder
    evidence: CalibrationSet | None
    labels: Views
    weak: Views
    proposed: Views
    nothing: Views

    @property
    def outlined(self) -> tuple[str, ...]:
        """Ids of the images whose outlines it has learnt. Of boxed ones it has not: once somebody outlines such an
        image, what it made of it is evidence for the head."""
        return tuple(
            image_id
            for image_id, windows in self.labels.items()
            if not any(view.boxed.any() for views in windows for view in views)
        )

    @property
    def images(self) -> int:
        """How many every epoch goes through; of large ones, several windows."""
        return len(self.labels) + (0 if self.recipe.pseudo_images else len(self.proposed))

    @property
    def drawn(self) -> list[list[LabeledView]]:
        """The views of every window of theirs that every epoch goes through."""
        return [*_windows(self.labels), *([] if self.recipe.pseudo_images else _windows(self.proposed))]

    @property
    def on_top(self) -> tuple[tuple[list[list[LabeledView]], int], ...]:
        """Other images, and how many of them every batch gets as well."""
        beside = (
            (self.proposed, self.recipe.pseudo_images),
            (self.nothing, self.recipe.empty_images),
            (self.weak, self.recipe.weak_images),
        )
        return tuple((_windows(views), number) for views, number in beside if views and number)

    def taps(self, views: Iterable[LabeledView], encoder: FrozenEncoder) -> Iterator[Taps]:
        """Taps of views: those that they hold, or what `encoder` makes of the pixels that they hold instead."""
        for view in views:
            if self.recipe.encoder_rate:
                yield from encoder.encode(encoder.tensors([view.taps])[0])
            else:
                yield view.taps

    def statistics(self) -> tuple[list[Tensor], list[Tensor]]:
        """Mean and deviation of each tap's channels over first views."""
        return tap_statistics(list(self.taps((views[0] for views in self.drawn), self.encoder)))


def _windows(views: Views) -> list[list[LabeledView]]:
    return [window for windows in views.values() for window in windows]


def gather(
    given: TrainingSet,
    recipe: PretrainedRecipe,
    encoder: FrozenEncoder,
    *,
    previous: Predictor | None,
    kind: type[FittedOnFeatures[Any]],
    progress: Progress,
) -> Learnt:
    """Encode what is to be learnt from, and have the model before say what it makes of the new labels.

    Where the encoder is to learn, views hold pixels.

    Args:
        kind: of the models that can give evidence.

    Raises:
        InvalidLabel: a label's category is not of the vocabulary.
    """
    ordered = sorted(given.examples, key=lambda example: example.image_id)
    evidence = None
    if isinstance(previous, kind) and previous.categories == given.categories:
        outlined = [example for example in ordered if not example.boxes and example.present is None]
        evidence = _evidence_since(previous, outlined, encoder.device, part_of(progress, 0.0, PROPOSED))
    encoding = part_of(progress, PROPOSED, 1.0)
    through: ViewEncoder = encoder
    if recipe.encoder_rate:
        through = Pixels(recipe.image_size, encoder.store)

    def views_of(images: Iterable[Example]) -> Views:
        views: Views = {}
        for done, example in enumerate(images, start=1):
            tiles = list(training_tiles(example, encoder.tile, recipe.image_size))
            number = recipe.views
            if example.present is not None and example.marks is None:  # what is said is said of the whole picture
                number, tiles = min(number, WHOLE), tiles if len(tiles) == 1 else []
            seen = (prepare(tile, given.categories, recipe.image_size, EVERY_OBJECT) for tile in tiles)
            views[example.image_id] = [labeled_views(each, through, number) for each in seen]
            if images is ordered:
                encoding(done / len(ordered), f"encoded {done} of {len(ordered)} labels")
        return dict(sorted(views.items()))

    every = views_of(ordered)
    weak = {example.image_id for example in ordered if example.present is not None}
    labels = {image_id: seen for image_id, seen in every.items() if image_id not in weak}
    marked = {image_id: seen for image_id, seen in every.items() if image_id in weak and seen}
    proposed = {
        image_id: seen
        for image_id, seen in views_of(given.pseudo).items()
        if any(len(tile[0].classes) for tile in seen)
    }
    nothing = views_of(given.empty) if recipe.empty_images else {}
    return Learnt(recipe, given.categories, encoder, evidence, labels, marked, proposed, nothing)


def _evidence_since(
    previous: FittedOnFeatures[Any], ordered: Sequence[Example], device: torch.device, progress: Progress
) -> CalibrationSet | None:
    """What earlier models had, and what the previous one makes of labels that it has not learnt from."""
    known = {*previous.snapshot, *previous.pseudo, *previous.empty}
    unseen = {example.image_id: example for example in ordered if example.image_id not in known}
    if not unseen:
        return previous.evidence
    images = [ImageToScore.of(example, counted=previous.needs_counts) for example in unseen.values()]
    predictions = list(previous.predict(images, device=device, batch_size=BATCH, progress=progress))
    rows = rows_of(predictions, {image_id: example.labels for image_id, example in unseen.items()})
    return rows if previous.evidence is None else CalibrationSet.join(previous.evidence, rows)


def train(
    task: FeatureTraining[Any, Any],
    learnt: Learnt,
    iterations: int,
    *,
    fit_on: Callable[[CalibrationSet | None], Calibrator],
    seed: int,
    checkpoint_dir: Path | None,
    cache: NetworkCache | None,
    progress: Progress,
) -> dict[str, Any]:
    """Train the network, with its encoder where the recipe says so, fit and judge its head.

    Returns the fields that every fitted network on features has.

    Args:
        fit_on: fits the head, `None` for no evidence.
    """
    encoder = learnt.encoder
    path = checkpoint_dir / "training.pt" if checkpoint_dir else None
    told = part_of(progress, 0.0, TRAINED, "training: ")
    whole: Task[Any, Any] = EncoderTuning.of(task, encoder) if learnt.recipe.encoder_rate else task
    run(whole, iterations, seed, resume_path=path, cache=cache, progress=told)
    if isinstance(whole, EncoderTuning):
        encoder = encoder.with_weights(whole.network.encoder)
    calibrator, head, metrics = judged_head(learnt.evidence, fit_on, np.random.default_rng([seed, 3]))
    progress(1.0, f"head: {head}")
    return {
        "network": task.network,
        "recipe": learnt.recipe,
        "categories": learnt.categories,
        "calibrator": calibrator,
        "seed": seed,
        "metrics": metrics | ({WEAKLY_LABELED_IMAGES: float(len(learnt.weak))} if learnt.weak else {}),
        "head": head,
        "arithmetic": Arithmetic.of(task.device),
        "channels": encoder.channels,
        "evidence": learnt.evidence,
        "encoder": encoder,
        "snapshot": learnt.outlined,
        "pseudo": tuple(learnt.proposed),
        "empty": tuple(learnt.nothing),
    }
