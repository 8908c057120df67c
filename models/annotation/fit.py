"""From labels to a model: a rehearsal, in which some labels are held out, then the network on all of them.

The rehearsal trains the same recipe without a share of the labels. What it does on these tells what the head is
worth, and they are the images that neither network nor head has seen. It therefore starts from initial weights, also
where the training starts warm: the network that one goes on from has learnt from labels that are held out now
(docs/decisions/0015-warm-trainings-rehearse-from-scratch.md).
Pseudo-labels are learnt from in both trainings and judged by in neither: what is held out, and what the head learns
from, is what people outlined, for a mask's overlap with a pseudo-label says how much two networks agree. The network
that proposed them had seen the labels that are held out here, on other images
(docs/decisions/0017-the-student-network.md says what that comes to). Images known to hold nothing teach both networks
as well, and no head: it is asked about the images of a pool.
Every stage is deterministic and leaves its training's state in a folder of its own, so a fit that is killed and called
again with the same arguments goes on where it was and ends the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from models.annotation.calibration_data import calibration_set_from_images, calibration_set_from_views
from models.annotation.model import FittedModel
from models.annotation.network import AnnotationNetwork
from models.annotation.recipe import Recipe
from models.annotation.train import Progress, train_network
from models.data.samples import Example, Prepared, prepare
from models.iou_head.calibrator import MIN_IMAGES, CalibrationSet, Exposure, deal_folds, fit_calibrator
from models.iou_head.trust import head_state, held_out_evidence
from models.training.cache import KeptNetworks

REHEARSED, TRAINED = 0.48, 0.97  # of the progress shown


def fit(
    examples: Sequence[Example],
    categories: Sequence[int],
    recipe: Recipe,
    *,
    seed: int,
    device: torch.device,
    checkpoint_dir: Path | None,
    progress: Progress,
    kept: KeptNetworks | None = None,
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
        kept: networks trained before, see `models.annotation.train.train_network`.
        start: a network that the training on all labels goes on from; the rehearsal never does.
        pseudo: other images, with pseudo-labels; gone through once, at the network's size in memory after that.
        empty: other images, known to hold nothing, likewise.

    Raises:
        InvalidArgument: there is no example.
        InvalidLabel: a label's category is not of the vocabulary.
        StorageFull: a checkpoint cannot be written.
    """
    stages = _Stages(
        tuple(categories),
        recipe,
        seed,
        device,
        checkpoint_dir,
        progress,
        kept,
        pseudo=_prepare_pseudo(pseudo, categories, recipe),
        empty=_prepare(empty, categories, recipe) if recipe.empty_images else [],
    )
    ordered = sorted(examples, key=lambda example: example.image_id)
    seen, unseen = hold_out(ordered, recipe.held_out, seed)
    evidence: dict[str, float] = {"held_out_images": 0.0}
    observed = []
    if unseen:
        network = stages.train("rehearsal", seen, (0.0, REHEARSED))
        observed.append(stages.observe(network, unseen, Exposure.HELD_OUT))
        evidence = held_out_evidence(stages.learnt(network, seen), observed[0], np.random.default_rng([seed, 3]))
    network = stages.train("training", ordered, (REHEARSED if unseen else 0.0, TRAINED), start)
    state = head_state(evidence)
    calibrator = fit_calibrator(CalibrationSet.join(*observed, stages.learnt(network, ordered)), state)
    progress(1.0, f"head: {state}")
    return FittedModel(
        network,
        recipe,
        stages.categories,
        calibrator,
        seed,
        snapshot=tuple(example.image_id for example in ordered),
        metrics={**evidence, state.metric: 1.0},
        pseudo=tuple(one.image_id for one in stages.pseudo),
        empty=tuple(one.image_id for one in stages.empty),
    )


@dataclass(frozen=True)
class _Stages:
    """What the rehearsal and the training have in common: fields as in `fit`, `pseudo` and `empty` prepared."""

    categories: tuple[int, ...]
    recipe: Recipe
    seed: int
    device: torch.device
    checkpoint_dir: Path | None
    progress: Progress
    kept: KeptNetworks | None
    pseudo: Sequence[Prepared]
    empty: Sequence[Prepared]

    def train(
        self, stage: str, seen: Sequence[Example], span: tuple[float, float], start: AnnotationNetwork | None = None
    ) -> AnnotationNetwork:
        """Train on these; `span` is the stage's part of the progress."""
        begin, end = span
        return train_network(
            seen,
            self.categories,
            self.recipe,
            seed=self.seed,
            device=self.device,
            checkpoint_dir=self.checkpoint_dir / stage if self.checkpoint_dir else None,
            progress=lambda share, message: self.progress(begin + share * (end - begin), f"{stage}: {message}"),
            kept=self.kept,
            start=start,
            pseudo=self.pseudo,
            empty=self.empty,
        )

    def observe(self, network: AnnotationNetwork, images: Sequence[Example], exposure: Exposure) -> CalibrationSet:
        """Images as they are."""
        return calibration_set_from_images(
            network, self.categories, self.recipe, images, exposure=exposure, device=self.device
        )

    def learnt(self, network: AnnotationNetwork, seen: Sequence[Example]) -> CalibrationSet:
        """Images that the network has learnt from, and views of them."""
        views = calibration_set_from_views(
            network, self.categories, self.recipe, seen, seed=self.seed, device=self.device
        )
        return CalibrationSet.join(self.observe(network, seen, Exposure.TRAIN), views)


def _prepare_pseudo(pseudo: Iterable[Example], categories: Sequence[int], recipe: Recipe) -> list[Prepared]:
    """What has no pixel left at the network's size does not say that there is nothing."""
    return [one for one in _prepare(pseudo, categories, recipe) if len(one.classes)]


def _prepare(examples: Iterable[Example], categories: Sequence[int], recipe: Recipe) -> list[Prepared]:
    """At the network's size, by id."""
    small = (prepare(example, categories, recipe.image_size, recipe.steps) for example in examples)
    return sorted(small, key=lambda one: one.image_id)


def hold_out(examples: Sequence[Example], share: float, seed: int) -> tuple[list[Example], list[Example]]:
    """Part labeled images into those a rehearsal learns from and those it is judged by, by a seeded hash of the id.

    Few images, or a share of zero, hold nothing out.
    """
    if not share or len(examples) < MIN_IMAGES:
        return list(examples), []
    chosen = set(deal_folds([example.image_id for example in examples], round(1 / share), seed)[0])
    seen = [example for example in examples if example.image_id not in chosen]
    return seen, [example for example in examples if example.image_id in chosen]
