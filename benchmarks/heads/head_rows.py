"""What networks make of labeled and unseen images: the rows that heads are fitted on and judged by, kept on disk."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from benchmarks.data.head_data import Setting
from models.annotation.calibration_data import calibration_set_from_images, calibration_set_from_views
from models.annotation.losses import hard_iou
from models.annotation.matching import match_objects
from models.annotation.network import AnnotationNetwork, Decoded, Encoded
from models.annotation.recipe import Recipe, resolve
from models.annotation.train import train_network
from models.data.samples import Example
from models.iou_head.calibrator import CalibrationSet, Exposure, Floats
from models.training.holdout import deal_folds

CPU = torch.device("cpu")
FOLDS = 4


@dataclass(frozen=True)
class Rows:
    """One network's reading of some images, N objects.

    Args:
        seen: what today's head reads, with the truth.
        states: (N, F) pooled hidden states, private to the network.
        mirror: (N,) IoU of each mask with the one drawn on the mirrored image, in [0, 1].
        reference: (N,) IoU as the paper's head predicts it.
    """

    seen: CalibrationSet
    states: Floats
    mirror: Floats
    reference: Floats

    def save(self, path: Path) -> None:
        """Write all arrays to `path` (.npz)."""
        path.parent.mkdir(parents=True, exist_ok=True)
        np.savez(path, **vars(self.seen), states=self.states, mirror=self.mirror, reference=self.reference)

    @classmethod
    def load(cls, path: Path) -> Rows:
        """The inverse of `save`."""
        found = np.load(path)
        observed = CalibrationSet(found["image_ids"], found["statistics"], found["ious"], found["exposure"])
        return cls(observed, found["states"], found["mirror"], found["reference"])


Network = dict[str, Rows]
"""The rows of one network, by what it read: `views` and `plain` of what it learnt, `held` out of it, `unseen`."""


def read_setting(setting: Setting, labels: int, seed: int, folds: int, cache: Path) -> list[Network]:
    """The network trained on all labels, then one for each of `folds` out of four, trained without a quarter."""
    recipe = resolve("compact")
    dealt = deal_folds([example.image_id for example in setting.labeled], FOLDS, seed)[:folds]
    found = []
    for number, held in enumerate([[], *dealt]):
        learnt = [example for example in setting.labeled if example.image_id not in held]
        apart = [example for example in setting.labeled if example.image_id in held]
        folder = cache / f"{setting.name}-{labels}-{seed}" / ("all" if not number else f"fold-{number}")
        found.append(_network(setting, recipe, learnt, apart, seed, folder))
    return found


def _network(
    setting: Setting, recipe: Recipe, learnt: list[Example], apart: list[Example], seed: int, folder: Path
) -> Network:
    names = ["views", "plain", *(["held"] if apart else []), "unseen"]
    if not all((folder / f"{name}.npz").is_file() for name in names):
        network = train_network(
            learnt, setting.categories, recipe, seed=seed, device=CPU, checkpoint_dir=folder, progress=lambda *_: None
        )

        recording = _Recording.of(network)

        def plainly(examples: Sequence[Example], exposure: Exposure) -> Callable[[], CalibrationSet]:
            return lambda: calibration_set_from_images(
                recording, setting.categories, recipe, examples, exposure=exposure, device=CPU
            )

        def views() -> CalibrationSet:
            return calibration_set_from_views(recording, setting.categories, recipe, learnt, seed=seed, device=CPU)

        reads = {
            "views": views,
            "plain": plainly(learnt, Exposure.TRAIN),
            "held": plainly(apart, Exposure.HELD_OUT),
            "unseen": plainly(setting.unseen, Exposure.HELD_OUT),
        }
        for name in names:
            recording.rows(reads[name]).save(folder / f"{name}.npz")
    return {name: Rows.load(folder / f"{name}.npz") for name in names}


class _Recording(AnnotationNetwork):
    """A network of the same weights that keeps what it knew of every mask it drew."""

    images: Tensor
    parts: list[tuple[Tensor, Tensor, Tensor]]

    @classmethod
    def of(cls, network: AnnotationNetwork) -> _Recording:
        """Share everything with `network`."""
        recording = cls.__new__(cls)
        recording.__dict__.update(network.__dict__)
        return recording

    def encode(self, images: Tensor) -> Encoded:
        """As the network does."""
        self.images = images
        return super().encode(images)

    def decode(self, encoded: Encoded, classes: Tensor, seeds: Tensor | None = None) -> Decoded:
        """As the network does, and again on the mirrored images."""
        made, there = super().decode(encoded, classes, seeds), classes >= 0
        twins = super().decode(super().encode(self.images.flip(-1)), classes).logits.flip(-1) > 0
        order = match_objects(made.logits, classes, twins)
        mirror = hard_iou(made.logits > 0, twins[torch.arange(len(twins))[:, None], order])
        self.parts.append((made.states[there], mirror[there], made.predicted_iou[there]))
        return made

    def rows(self, read: Callable[[], CalibrationSet]) -> Rows:
        """Rows of a reading, with what the network itself knew at the time."""
        self.parts = []
        observed = read()
        states, mirror, reference = (torch.cat(part).double().numpy() for part in zip(*self.parts, strict=True))
        return Rows(observed, states, mirror, reference)
