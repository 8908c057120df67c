"""From labels to a model: a held-out fit that judges the head, then the training on all labels.

The held-out fit trains the same recipe without a share of the labels. Neither its network nor its head has seen the
images held out, so they tell what the head is worth. It always starts from initial weights, also where the training
starts warm: the network that a warm training goes on from has learnt from labels that are held out now
(docs/decisions/0015-the-held-out-fit-starts-from-scratch.md).

Both trainings learn from pseudo-labels, and neither is judged by them. What is held out, and what the head learns
from, is what people outlined: overlap with a pseudo-label says only how much two networks agree. The network that
proposed the pseudo-labels had seen the labels held out here, on other images
(docs/decisions/0017-the-student-network.md says what that comes to). Both trainings learn from images known to hold
nothing, too. The head does not: it is asked about the images of a pool.

Every stage is deterministic and leaves its training's state in a folder of its own. A fit that is killed and called
again with the same arguments goes on where it was and ends the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from maskloop.values import HeadState
from models.annotation.calibration_data import calibration_set_from_images, calibration_set_from_views
from models.annotation.model import FittedModel
from models.annotation.network import AnnotationNetwork
from models.annotation.recipe import Recipe
from models.annotation.train import train_network
from models.data.samples import Example, Prepared, prepare
from models.iou_head.calibrator import CalibrationSet, Calibrator, Exposure, fit_calibrator
from models.iou_head.trust import head_state, held_out_evidence
from models.training.cache import NetworkCache
from models.training.determinism import Arithmetic
from models.training.holdout import hold_out
from models.training.loop import Progress, part_of

HELD_OUT_FIT, TRAINED = 0.48, 0.97  # of the progress shown


def fit(
    examples: Sequence[Example],
    categories: Sequence[int],
    recipe: Recipe,
    *,
    seed: int,
    device: torch.device,
    checkpoint_dir: Path | None,
    progress: Progress,
    cache: NetworkCache | None = None,
    start: AnnotationNetwork | None = None,
    pseudo: Iterable[Example] = (),
    empty: Iterable[Example] = (),
) -> FittedModel:
    """Train on the labeled images, on those with pseudo-labels and on empty ones; no other is looked at.

    Args:
        examples: labeled by people.
        categories: the vocabulary's ids in the order of the network's class indices.
        checkpoint_dir: where an unfinished fit finds its stages again; `None` for nowhere.
        progress: called with a fraction in [0, 1] and a message; may raise to stop the fit.
        cache: networks trained before, see `models.training.loop.run`.
        start: a network that the training on all labels goes on from; the held-out fit never does.
        pseudo: other images, with pseudo-labels; gone through once, at the network's size in memory after that.
        empty: other images, known to hold nothing, likewise.

    Raises:
        InvalidArgument: there is no example.
        InvalidLabel: a label's category is not of the vocabulary.
        StorageFull: a checkpoint cannot be written.
    """
    proposed = _prepare_pseudo(pseudo, categories, recipe)
    nothing = _prepare(empty, categories, recipe) if recipe.empty_images else []
    stages = _Stages(tuple(categories), recipe, seed, device, checkpoint_dir, progress, cache, proposed, nothing)
    ordered = sorted(examples, key=lambda example: example.image_id)
    evidence, observed = stages.held_out_fit(ordered)
    network = stages.train("training", ordered, (HELD_OUT_FIT if observed else 0.0, TRAINED), start)
    judged = head_state(evidence)
    calibrator = fit_calibrator(CalibrationSet.join(*observed, stages.observe_learnt(network, ordered)), judged)
    head = judged if calibrator.is_fitted else HeadState.UNFITTED
    progress(1.0, f"head: {head}")
    return stages.model(network, calibrator, head, evidence, ordered)


@dataclass(frozen=True)
class _Stages:
    """What the held-out fit and the training have in common: fields as in `fit`, `pseudo` and `empty` prepared."""

    categories: tuple[int, ...]
    recipe: Recipe
    seed: int
    device: torch.device
    checkpoint_dir: Path | None
    progress: Progress
    cache: NetworkCache | None
    pseudo: Sequence[Prepared]
    empty: Sequence[Prepared]

    def train(
        self, stage: str, learnt: Sequence[Example], span: tuple[float, float], start: AnnotationNetwork | None = None
    ) -> AnnotationNetwork:
        """Train on these; `span` is the stage's part of the progress."""
        return train_network(
            learnt,
            self.categories,
            self.recipe,
            seed=self.seed,
            device=self.device,
            checkpoint_dir=self.checkpoint_dir / stage.replace(" ", "-") if self.checkpoint_dir else None,
            progress=part_of(self.progress, *span, f"{stage}: "),
            cache=self.cache,
            start=start,
            pseudo=self.pseudo,
            empty=self.empty,
        )

    def held_out_fit(self, ordered: Sequence[Example]) -> tuple[dict[str, float], list[CalibrationSet]]:
        """What heads are worth on images held out, and these images as its network reads them.

        Nothing is measured, and there are no such images, where nothing is held out.
        """
        learnt, held_out = hold_out(ordered, self.recipe.held_out, self.seed)
        if not held_out:
            return {"held_out_images": 0.0}, []
        network = self.train("held-out fit", learnt, (0.0, HELD_OUT_FIT))
        observed = self.observe(network, held_out, Exposure.HELD_OUT)
        rng = np.random.default_rng([self.seed, 3])
        return held_out_evidence(self.observe_learnt(network, learnt), observed, rng), [observed]

    def observe(self, network: AnnotationNetwork, images: Sequence[Example], exposure: Exposure) -> CalibrationSet:
        """Images as they are."""
        return calibration_set_from_images(
            network, self.categories, self.recipe, images, exposure=exposure, device=self.device
        )

    def observe_learnt(self, network: AnnotationNetwork, learnt: Sequence[Example]) -> CalibrationSet:
        """Images that the network has learnt from, and views of them."""
        views = calibration_set_from_views(
            network, self.categories, self.recipe, learnt, seed=self.seed, device=self.device
        )
        return CalibrationSet.join(self.observe(network, learnt, Exposure.TRAIN), views)

    def model(
        self,
        network: AnnotationNetwork,
        calibrator: Calibrator,
        head: HeadState,
        evidence: Mapping[str, float],
        ordered: Sequence[Example],
    ) -> FittedModel:
        """What the fit comes to."""
        return FittedModel(
            network,
            self.recipe,
            self.categories,
            calibrator,
            self.seed,
            snapshot=tuple(example.image_id for example in ordered),
            metrics=evidence,
            pseudo=tuple(item.image_id for item in self.pseudo),
            empty=tuple(item.image_id for item in self.empty),
            head=head,
            arithmetic=Arithmetic.of(self.device),
        )


def _prepare_pseudo(pseudo: Iterable[Example], categories: Sequence[int], recipe: Recipe) -> list[Prepared]:
    """What has no pixel left at the network's size does not say that there is nothing."""
    return [item for item in _prepare(pseudo, categories, recipe) if len(item.classes)]


def _prepare(examples: Iterable[Example], categories: Sequence[int], recipe: Recipe) -> list[Prepared]:
    """At the network's size, by id."""
    small = (prepare(example, categories, recipe.image_size, recipe.steps) for example in examples)
    return sorted(small, key=lambda item: item.image_id)
