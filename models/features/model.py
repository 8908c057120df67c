"""A fitted network on features in one file; the encoder's weights are in it where they were learnt, too.

Else they come with the package, or from a file of weights.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from models.data.samples import ImageToScore
from models.encoders.feature_store import NO_STORE, FeatureStore
from models.encoders.names import TIMM
from models.encoders.taps import FrozenEncoder
from models.features.recipe import PretrainedRecipe
from models.fitted import FittedNetwork, Network
from models.iou_head.calibrator import CalibrationSet, Exposure
from models.training.loop import Progress

EVIDENCE = "evidence "
"""What the names of the evidence's tensors begin with."""
ENCODER = "encoder "
"""And those of an encoder that learnt."""


@dataclass(frozen=True)
class FittedOnFeatures(FittedNetwork[Network, PretrainedRecipe]):
    """A trained network on frozen features, with its head.

    Args:
        channels: of the encoder's taps.
        evidence: masks of images that the network which drew them had not learnt from, and how good they are.
        encoder: what it looks at pictures through.
    """

    channels: tuple[int, ...] = ()
    evidence: CalibrationSet | None = None
    encoder: FrozenEncoder = field(kw_only=True)

    @property
    def needs_counts(self) -> bool:
        """As `Predictor.needs_counts`; the recipe says so."""
        return self.recipe.needs_counts

    @property
    def uses_counts(self) -> bool:
        """It gives as many objects as were counted."""
        return True

    def keeping(self, store: FeatureStore) -> Self:
        """The same, that finds features in `store` and keeps them there."""
        return replace(self, encoder=replace(self.encoder, store=store))

    def watched(self, watch: Callable[[int, int], None]) -> Self:
        """The same, that tells `watch` how many windows of how many it has encoded of a large photograph."""
        return replace(self, encoder=replace(self.encoder, watch=watch))

    def features(
        self, images: Iterable[ImageToScore], *, batch_size: int, progress: Progress
    ) -> Iterator[tuple[str, NDArray[np.float32]]]:
        """Ids and features (D,) of images, those of its predictions; `progress` is told the share that is done."""
        waiting, done, parts = list(images), 0, []
        for batch in self.encoder.encoded(waiting, batch_size):
            for seen in batch:
                parts.append(seen.picture.taps[-1].astype(np.float32).mean(axis=(1, 2)))
                if seen.last:
                    yield seen.item.image_id, np.mean(parts, axis=0)
                    done, parts = done + 1, []
            progress(done / len(waiting), f"encoded {done} of {len(waiting)} images")

    def _description(self) -> dict[str, Any]:
        images = [] if self.evidence is None else self.evidence.image_ids.tolist()
        return {
            **super()._description(),
            "channels": self.channels,
            "evidence_images": images,
            "encoder": self.encoder.identity,
            "tile": self.encoder.tile,
        }

    def _tensors(self) -> dict[str, Tensor]:
        tensors = super()._tensors()
        if self.evidence is not None:
            tensors[f"{EVIDENCE}statistics"] = torch.from_numpy(self.evidence.statistics)
            tensors[f"{EVIDENCE}ious"] = torch.from_numpy(self.evidence.ious)
        for name, value in (self.encoder.tuned or {}).items():
            tensors[ENCODER + name] = value
        return tensors


def network_tensors(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The network's among a file's tensors."""
    return {key: value for key, value in tensors.items() if not key.startswith((EVIDENCE, ENCODER))}


def evidence_of(description: Mapping[str, Any], tensors: Mapping[str, Tensor]) -> CalibrationSet | None:
    """The evidence that a file keeps."""
    images = description["evidence_images"]
    if not images:
        return None
    return CalibrationSet(
        np.array(images),
        tensors[f"{EVIDENCE}statistics"].numpy(),
        tensors[f"{EVIDENCE}ious"].numpy(),
        np.full(len(images), Exposure.HELD_OUT),
    )


def frozen_encoder(
    recipe: PretrainedRecipe, store: FeatureStore, device: torch.device, tile: int, *, fine: bool = False
) -> FrozenEncoder:
    """The recipe's encoder, built now to learn its channels, or when the first picture is not in `store`.

    Args:
        tile, fine: see `FrozenEncoder`.
    """
    name = recipe.encoder.removeprefix(TIMM)
    return FrozenEncoder(name, recipe.weights, recipe.image_size, store, device, fine=fine, tile=tile)


def encoder_of(
    description: Mapping[str, Any],
    tensors: Mapping[str, Tensor],
    recipe: PretrainedRecipe,
    device: torch.device,
    *,
    fine: bool = False,
) -> FrozenEncoder:
    """That of a model's file; it is built when a picture is not in the store."""
    encoder = frozen_encoder(recipe, NO_STORE, device, description.get("tile", 0), fine=fine)
    tuned = {key.removeprefix(ENCODER): value for key, value in tensors.items() if key.startswith(ENCODER)}
    return replace(
        encoder,
        known_channels=tuple(description["channels"]),
        known_identity=description["encoder"],
        tuned=tuned or None,
    )
