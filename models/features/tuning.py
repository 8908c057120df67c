"""A training on features whose encoder learns as well, at a low rate.

It is the training on frozen features with the encoder put before it: its batches hold pixels where the other's hold
taps. Both learn from the first iteration on; the warm-up spares the encoder the worst of heads that know nothing yet.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, replace
from typing import Any, Self

import torch
from torch import Tensor, nn

from models.encoders.pretrained import PretrainedEncoder
from models.encoders.taps import FrozenEncoder
from models.features.pyramid import TapNetwork
from models.features.task import FeatureTraining, adamw
from models.training.fingerprint import TrainingInputs
from models.training.loop import Task

VERSION = 1
"""Raised when a change makes trainings come to other weights."""


class TunedNetwork(nn.Module):
    """An encoder and the network on its taps, as one.

    Args:
        fine: whether the network takes taps at 1/2 as well.
    """

    def __init__(self, encoder: PretrainedEncoder, heads: TapNetwork, *, fine: bool) -> None:
        super().__init__()
        self.encoder, self.heads, self.fine = encoder.requires_grad_(), heads, fine

    def taps(self, pixels: Tensor) -> list[Tensor]:
        """(B, 3, S, S) in [0, 1] to taps."""
        return self.encoder(pixels, fine=self.fine)  # type: ignore[no-any-return]


@dataclass(frozen=True)
class EncoderTuning(Task[TunedNetwork, Any]):
    """A training of encoder and heads.

    Args:
        heads: the training on features, of labels whose views hold pixels.
    """

    heads: FeatureTraining[Any, Any]

    @classmethod
    def of(cls, heads: FeatureTraining[Any, Any], encoder: FrozenEncoder) -> Self:
        """Of a copy of the encoder; `heads.network` itself is trained."""
        network = TunedNetwork(copy.deepcopy(encoder.encoder), heads.network, fine=encoder.fine)
        return cls(network, heads.settings, heads)

    def inputs(self) -> TrainingInputs:
        """Those of the heads, and the encoder's rate; the encoder before is among the network's weights."""
        told = self.heads.inputs()
        options = {**told.options, "encoder_rate": self.heads.recipe.encoder_rate}
        return replace(told, options=options).with_part("tuning", VERSION)

    def optimizer(self) -> torch.optim.Optimizer:
        """As of the heads, with a rate of its own for the encoder."""
        recipe = self.heads.recipe
        return adamw(recipe, (self.network.heads, recipe.rate), (self.network.encoder, recipe.encoder_rate))

    def batch(self, seed: int, iteration: int) -> Any:
        """As the heads', with pixels for taps."""
        return self.heads.batch(seed, iteration)

    def loss(self, batch: Any, done: float) -> Tensor:
        """The heads', of the taps as the encoder gives them now."""
        (pixels,) = batch.taps
        return self.heads.loss(replace(batch, taps=self.network.taps(pixels)), done)
