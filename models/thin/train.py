"""Training of the dense head: windows of a label's views, cross-entropy and Dice of every class's pixels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from models.data import augmentation
from models.encoders.taps import join_taps
from models.features import views
from models.features.task import FeatureTraining
from models.thin import network
from models.thin.network import DenseNetwork

VERSION = 1
"""Of the loss and of what is drawn; raised when a change makes trainings come to other weights."""
WINDOW = 128  # pixels along the side of what an iteration sees of a view; a multiple of 32
ITERATIONS = 2.5  # for one of a network that looks at regions


@dataclass(frozen=True)
class TrainingBatch:
    """Taps of windows, their classes' pixels (B, C, W, W) in {0, 1}, and which pixels show the picture (B, W, W)."""

    taps: list[Tensor]
    masks: Tensor
    known: Tensor


@dataclass(frozen=True)
class DenseTraining(FeatureTraining[DenseNetwork, TrainingBatch]):
    """Windows of the views."""

    @staticmethod
    def versions() -> dict[str, int]:
        """As `FeatureTraining.versions`."""
        return versions()

    def batch(self, seed: int, iteration: int) -> TrainingBatch:
        """One window of one view of each image of the batch; half of the windows show a part of an object."""
        rng = np.random.default_rng([seed, 1, iteration])
        chosen = self.chosen(seed, iteration, rng)
        taps, masks, known = [], [], []
        for view in chosen:
            side = len(view.known) * views.FINEST
            solid = view.solid()
            top, left = _corner(solid, side, rng)
            taps.append(tuple(_cut(tap, top, left, side) for tap in view.taps))
            union = np.zeros((self.classes, side, side), dtype=np.float32)
            for mask, index in zip(solid[~view.boxed], view.classes[~view.boxed], strict=True):
                union[index] = np.maximum(union[index], mask)
            masks.append(_cut(union, top, left, side))
            wide = view.told.repeat(views.FINEST, axis=0).repeat(views.FINEST, axis=1)
            known.append(_cut(wide[None].astype(np.float32), top, left, side)[0])
        stacked = (torch.from_numpy(np.stack(values)).to(self.device) for values in (masks, known))
        return TrainingBatch(join_taps(taps, self.device), *stacked)

    def loss(self, batch: TrainingBatch, done: float) -> Tensor:
        """Binary cross-entropy, and 1 - Dice of each class that is there in an image."""
        logits, known = self.network(batch.taps), batch.known[:, None]
        entropy = F.binary_cross_entropy_with_logits(logits, batch.masks, reduction="none")
        shown, there = logits.sigmoid() * known, batch.masks * known
        shared, total = (shown * there).sum(dim=(2, 3)), (shown + there).sum(dim=(2, 3))
        present = there.amax(dim=(2, 3))
        dice = ((1 - (2 * shared + 1) / (total + 1)) * present).sum() / present.sum().clamp(min=1)
        total_loss: Tensor = dice + (entropy * known).sum() / known.expand_as(entropy).sum().clamp(min=1)
        return total_loss


def versions() -> dict[str, int]:
    """Of the parts of the code that decide what a training comes to, see `models.training.fingerprint`."""
    return {
        "thin": VERSION,
        "thin network": network.VERSION,
        "pretrained views": views.VERSION,
        "augmentation": augmentation.VERSION,
    }


def _corner(solid: np.ndarray, side: int, rng: np.random.Generator) -> tuple[int, int]:
    """Of a window, in steps of 32 pixels; (0, 0) where the picture is no larger than a window."""
    steps = max(0, side - WINDOW) // 32
    top, left = (int(rng.integers(0, steps + 1)) for _ in range(2))
    places = np.argwhere(solid.any(axis=0)) if rng.random() < 0.5 and len(solid) else ()
    if len(places):
        row, column = places[int(rng.integers(len(places)))]
        top, left = (int(np.clip((at - WINDOW // 2) // 32, 0, steps)) for at in (row, column))
    return 32 * top, 32 * left


def _cut(values: np.ndarray, top: int, left: int, side: int) -> np.ndarray:
    """The window of (C, h, w) values of a picture of `side` pixels."""
    stride, width = side // values.shape[-1], min(WINDOW, side)
    rows, columns = (slice(start // stride, (start + width) // stride) for start in (top, left))
    return np.ascontiguousarray(values[:, rows, columns])
