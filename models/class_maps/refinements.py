"""Networks that refine class maps, each behind one face: what it learns from seeds, and what it makes of maps.

Settings are the authors' but for sizes and rates, which suit pictures of 224 pixels and a few dozen of them. Each
network learns from the maps that it is to refine, on images whose classes are known.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from models.encoders.backbones import Encoder
from models.encoders.feature_store import NO_STORE
from models.encoders.taps import FrozenEncoder
from models.localization.maps import ClassMaps
from models.refinement.affinity import affinitynet, irn_walk
from models.refinement.affinity.affinitynet_train import build_affinity, train_affinity
from models.refinement.affinity.irn_instances import Grouping, instances
from models.refinement.affinity.irn_network import see
from models.refinement.affinity.irn_train import build_irn, train_irn
from models.refinement.affinity.recipes import IrnTraining, PsaTraining
from models.refinement.affinity.seed_views import SeedExample
from models.refinement.affinity.taps import MULTIPLE, rounded_up
from models.refinement.dsrg.data import TAPS, SeededImage
from models.refinement.dsrg.fitted import FittedDsrg
from models.refinement.dsrg.network import DsrgNetwork
from models.refinement.dsrg.train import DsrgRecipe, train_dsrg
from models.refinement.seed_labels import irn_labels, psa_scores
from models.training.cache import NetworkCache
from models.training.loop import Progress

Pixels = NDArray[np.uint8]
BATCH = 4  # cuts
WALK_STEPS, WALK_SIDE = 256, 500
"""The authors' steps of a walk, and pixels of the pictures that they are for. As many steps on the few cells of a small
picture end with the same value everywhere, whatever the affinities are."""
LEAST_CROP, MOST_CROP = 96, 192  # pixels; on less, no cell of PSA's has all its neighbours


@dataclass(frozen=True)
class Seeded:
    """A picture and the classes it holds, by their indices, with the seeds that its maps give."""

    classes: tuple[int, ...]
    example: SeedExample


@dataclass(frozen=True)
class LearningSettings:
    """What every training is told, see `models.training.loop.run`.

    Args:
        classes: C.
        side: longer side of the pictures, pixels.
        iterations: 0 for its own number.
    """

    classes: int
    side: int
    iterations: int
    seed: int
    device: torch.device
    resume_path: Path | None
    progress: Progress
    cache: NetworkCache | None

    @property
    def of_loop(self) -> dict[str, Any]:
        """Those that a training takes by name."""
        return {name: getattr(self, name) for name in ("seed", "device", "resume_path", "progress", "cache")}

    @property
    def crop(self) -> int:
        """Side of the squares that are cut out of pictures, pixels."""
        return min(MOST_CROP, max(LEAST_CROP, rounded_up(self.side, MULTIPLE)))

    def count(self, own: int) -> dict[str, Any]:
        """The exact number of iterations, as a training's options say it."""
        exact = self.iterations or own
        return {"min_iterations": exact, "max_iterations": exact}


class Refinement(nn.Module, ABC):
    """A network with what it makes of maps."""

    usual_threshold: ClassVar[float]
    """Of the ground in what it makes, where no outline says better."""
    own_iterations: ClassVar[int]

    @classmethod
    @abstractmethod
    def build(cls, encoder: Encoder, classes: int) -> Self:
        """One that has learnt nothing, on the encoder's layers, into which a state can be read."""

    @classmethod
    @abstractmethod
    def learn(cls, seeded: Sequence[Seeded], encoder: Encoder, settings: LearningSettings) -> Self:
        """Train one on seeds, on a copy of the encoder. Errors as of its training."""

    @staticmethod
    def seeds(image_id: str, pixels: Pixels, maps: ClassMaps) -> SeedExample:
        """What it learns from: IRN's seeds, where a refinement has no others."""
        return SeedExample(image_id, pixels, irn_labels(pixels, maps).astype(np.uint8))

    @abstractmethod
    def refined(self, pixels: Pixels, maps: ClassMaps) -> Tensor:
        """(n, H, W) float32 in [0, 1] of pixels (H, W, 3) and their n maps."""

    def objects(self, pixels: Pixels, maps: ClassMaps, threshold: float) -> list[tuple[int, NDArray[np.bool_]]] | None:
        """Places among the maps and masks (H, W) of single objects; `None` where it tells none apart."""
        return None


class Psa(Refinement):
    """Affinities that maps are walked by; its ground goes by a power of what the maps leave."""

    usual_threshold = 0.5
    own_iterations = 100

    def __init__(self, network: affinitynet.AffinityNetwork) -> None:
        super().__init__()
        self.network = network

    @classmethod
    def build(cls, encoder: Encoder, classes: int) -> Self:
        """See `Refinement.build`."""
        return cls(build_affinity(encoder, PsaTraining(), 0))

    @classmethod
    def learn(cls, seeded: Sequence[Seeded], encoder: Encoder, settings: LearningSettings) -> Self:
        """See `Refinement.learn`."""
        recipe = PsaTraining(crop=settings.crop, batch=BATCH, rate=0.01, **settings.count(cls.own_iterations))
        return cls(train_affinity([item.example for item in seeded], encoder, recipe, **settings.of_loop))

    @staticmethod
    def seeds(image_id: str, pixels: Pixels, maps: ClassMaps) -> SeedExample:
        """PSA's, with their scores."""
        return SeedExample.of_scores(image_id, pixels, psa_scores(pixels, maps))

    def refined(self, pixels: Pixels, maps: ClassMaps) -> Tensor:
        """Probabilities beside the ground's."""
        options = affinitynet.PsaWalk(steps=_steps(pixels))
        likely, _ = affinitynet.refine(self.network, pixels, maps.classes, maps.whole, options)
        return likely[1:]


class Irn(Refinement):
    """Class boundaries that maps are walked up to, and displacements that tell objects apart."""

    usual_threshold = 0.25
    own_iterations = 60

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network: Any = network

    @classmethod
    def build(cls, encoder: Encoder, classes: int) -> Self:
        """See `Refinement.build`."""
        return cls(build_irn(encoder, 0))

    @classmethod
    def learn(cls, seeded: Sequence[Seeded], encoder: Encoder, settings: LearningSettings) -> Self:
        """See `Refinement.learn`."""
        recipe = IrnTraining(crop=settings.crop, batch=BATCH, radius=5, **settings.count(cls.own_iterations))
        return cls(train_irn([item.example for item in seeded], encoder, recipe, **settings.of_loop))

    def refined(self, pixels: Pixels, maps: ClassMaps) -> Tensor:
        """Walked maps, the largest value of all of them 1."""
        edges, _ = see(self.network, pixels, _frame(pixels))
        walked = irn_walk.propagate(maps.strided, edges, irn_walk.IrnWalk(steps=_steps(pixels)))
        return irn_walk.enlarged_scores(walked, (pixels.shape[0], pixels.shape[1]))

    def objects(self, pixels: Pixels, maps: ClassMaps, threshold: float) -> list[tuple[int, NDArray[np.bool_]]]:
        """Objects whose pixels' displacements lead to one place."""
        options = (
            irn_walk.IrnWalk(background=threshold, frame=_frame(pixels), steps=_steps(pixels)),
            Grouping(smallest=0.0),
        )
        found = instances(self.network, pixels, maps.classes, maps.strided, options)
        return [(maps.classes.index(item.class_index), item.mask) for item in found]


class Dsrg(Refinement):
    """A segmentation network whose seeds grow while it learns; it reads pictures through the packaged encoder."""

    usual_threshold = 0.5
    own_iterations = 300

    def __init__(self, network: DsrgNetwork, recipe: DsrgRecipe) -> None:
        super().__init__()
        self.network, self._recipe = network, recipe
        self._encoder: FrozenEncoder | None = None

    @classmethod
    def _recipe_of(cls, iterations: int = 0) -> DsrgRecipe:
        return DsrgRecipe(image_size=224, batch=8, iterations=iterations or cls.own_iterations)

    @classmethod
    def build(cls, encoder: Encoder, classes: int) -> Self:
        """See `Refinement.build`; whatever the encoder is, this one has its own."""
        recipe = cls._recipe_of()
        channels = FrozenEncoder(
            recipe.encoder, recipe.weights, recipe.image_size, NO_STORE, torch.device("cpu")
        ).channels
        return cls(DsrgNetwork(channels[-TAPS:], recipe.width, classes), recipe)

    @classmethod
    def learn(cls, seeded: Sequence[Seeded], encoder: Encoder, settings: LearningSettings) -> Self:
        """See `Refinement.learn`."""
        images = [
            SeededImage(item.example.pixels, item.example.labels.astype(np.int32), item.classes) for item in seeded
        ]
        folder = settings.resume_path.parent if settings.resume_path else None
        recipe = cls._recipe_of(settings.iterations)
        fitted = train_dsrg(
            images,
            settings.classes,
            recipe,
            seed=settings.seed,
            device=settings.device,
            checkpoint_dir=folder,
            progress=settings.progress,
            cache=settings.cache,
        )
        return cls(fitted.network, recipe)

    def refined(self, pixels: Pixels, maps: ClassMaps) -> Tensor:
        """Probabilities beside the ground's and those of the other classes that are there."""
        fitted = FittedDsrg(self.network, self._seeing())
        (made,) = fitted.maps([pixels])
        kept = torch.from_numpy(made[[0, *(1 + index for index in maps.classes)]])
        large = F.interpolate(kept[None], pixels.shape[:2], mode="bilinear", align_corners=False)[0]
        return (large / large.sum(dim=0, keepdim=True))[1:]

    def _seeing(self) -> FrozenEncoder:
        device = next(self.network.parameters()).device
        if self._encoder is None or self._encoder.device != device:
            recipe = self._recipe
            self._encoder = FrozenEncoder(recipe.encoder, recipe.weights, recipe.image_size, NO_STORE, device)
        return self._encoder


REFINEMENTS: Mapping[str, type[Refinement]] = {"psa": Psa, "irn": Irn, "dsrg": Dsrg}
"""By the recipe's word; as `models.class_maps.recipe.LEARNT_REFINEMENTS` has them."""


def _steps(pixels: Pixels) -> int:
    """Of a walk: where a step reaches grows with their root, so they go by the square of the picture's side."""
    side = float(max(pixels.shape[:2]))
    return max(1, round(WALK_STEPS * (side / WALK_SIDE) ** 2))


def _frame(pixels: Pixels) -> int:
    """The same of all pictures, whose longer sides are alike."""
    return rounded_up(max(pixels.shape[:2]), MULTIPLE)
