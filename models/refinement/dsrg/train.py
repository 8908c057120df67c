"""A segmentation network that learns from seeds by deep seeded region growing.

The authors' network is a VGG-16 with four dilated branches, 321 pixels in and 41 x 41 out. Its rate falls to a third
every 1000 of 8000 iterations, and it is trained once more on what it then draws. This one has the branches on the
features of a frozen encoder, so that it trains on a CPU, and its rate falls by (1 - done)^0.9. `DsrgRecipe.official`
has the authors' number of iterations, optimiser, fall of rates and growing from the first iteration on. Losses, growing
and CRF are theirs, see `models.refinement.dsrg.growing`, and so is the look at three scales, see
`models.refinement.dsrg.fitted`. Encoder and the second training are not: what the two trainings come to is not to be
compared digit by digit.

Seeds do not grow at first. Where n labels are about equally likely, each iteration of the CRF returns 13 / n of what
one is ahead by, on top of that; 13 is the sum of the weights. With the authors' 21 labels that ends at 2.6 times as
much. With few labels it ends when one is nearly certain. That would be the ground, also on objects that the network
does not know yet.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, ClassVar, Self, cast, get_args

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from maskloop.errors import InvalidArgument
from models.encoders.feature_store import NO_STORE
from models.encoders.taps import FrozenEncoder, join_taps
from models.features.views import tap_statistics
from models.refinement.crf.mean_field import DSRG_TRAINING, CrfSettings, Sums
from models.refinement.dsrg.data import STRIDE, TAPS, Kept, SeededImage, keep
from models.refinement.dsrg.fitted import FittedDsrg
from models.refinement.dsrg.growing import (
    SURE_OF_GROUND,
    SURE_OF_OBJECT,
    Constraint,
    Energy,
    balanced_seed_loss,
    constraint_loss,
    grow,
    passed_through,
    refined,
    softened,
)
from models.refinement.dsrg.network import DsrgNetwork
from models.training.cache import NetworkCache
from models.training.epochs import places_of
from models.training.fingerprint import TrainingInputs
from models.training.loop import Decay, LoopSettings, Progress, Task, run
from models.training.readings import Readings
from models.training.recipe_options import (
    Batch,
    Clip,
    Iterations,
    JsonOptions,
    LossWeight,
    Name,
    Range,
    Rate,
    Share,
    Side,
    WeightDecay,
    Weights,
    Words,
    check_options,
)

VERSION = 1
"""Of network, losses, growing and batches; raised when a change makes trainings come to other weights."""
SHAPES_NO_NETWORK = frozenset({"encoder", "weights", "checkpoint_every"})  # the encoder shows in the taps


@dataclass(frozen=True)
class DsrgRecipe(JsonOptions, Readings):
    """A network and its training.

    Raises:
        InvalidConfig: an impossible value, named by its field.
    """

    encoder: Name = "tf_efficientnet_lite0"  # of timm's, frozen
    weights: Weights = "package"  # see models.encoders.pretrained.build_pretrained
    image_size: Side = 320  # side of the square that pictures are squeezed into, pixels, a multiple of 32
    width: Annotated[int, Range(8, 1_024, step=8)] = 128  # channels of the branches, a multiple of 8
    iterations: Iterations = 2000
    batch: Batch = 20
    rate: Rate = 1e-3
    # the rate by (1 - done)^0.9; or "steps", by 0.33 after every 1000 iterations
    schedule: Annotated[str, Words("poly", "steps")] = "poly"
    optimizer: Annotated[str, Words("adamw", "sgd")] = "adamw"
    momentum: Share = 0.9  # of sgd
    weight_decay: WeightDecay = 1e-4
    clip: Clip = 5.0  # largest gradient norm; 0 for no clipping
    sure_of_object: Share = SURE_OF_OBJECT
    sure_of_ground: Share = SURE_OF_GROUND
    # see models.refinement.dsrg.growing.constraint_loss
    constraint: Annotated[str, Words(*get_args(Constraint))] = "all"
    constraint_weight: LossWeight = 1.0
    # share of the iterations before seeds grow and the constraint holds; the authors' is 0
    seeds_alone: Annotated[float, Range(0, 0.999)] = 0.5
    # or exact, see models.refinement.crf.mean_field.mean_field
    crf_sums: Annotated[str, Words(*get_args(Sums))] = "lattice"
    # what a label costs the CRF, see models.refinement.dsrg.growing.refined
    crf_energy: Annotated[str, Words(*get_args(Energy))] = "log"
    crf_gradient: bool = True  # whether the constraint's gradient passes through the CRF, as in the authors' program
    checkpoint_every: Iterations = 50  # iterations

    OFFICIAL: ClassVar[Mapping[str, Any]] = {
        "iterations": 8000,
        "rate": 5e-4,
        "schedule": "steps",
        "optimizer": "sgd",
        "weight_decay": 5e-4,
        "clip": 0.0,
        "seeds_alone": 0.0,
        "crf_energy": "probability",
    }
    PAPER: ClassVar[Mapping[str, Any]] = {**OFFICIAL, "constraint": "seeds"}

    def __post_init__(self) -> None:
        check_options(self)

    @property
    def side(self) -> int:
        """Of the maps."""
        return self.image_size // STRIDE

    @property
    def crf(self) -> CrfSettings:
        """Of the training, whose deviations are the same shares of the picture as the authors' at 41 x 41."""
        return DSRG_TRAINING.scaled(41 / self.side)


@dataclass(frozen=True)
class DsrgBatch:
    """Taps (B, ., ., .), pictures (B, h, w, 3) uint8, original seeds (B, C + 1, h, w) and classes (B, C), bool."""

    taps: list[Tensor]
    small: NDArray[np.uint8]
    cues: NDArray[np.bool_]
    present: NDArray[np.bool_]


@dataclass(frozen=True)
class DsrgTraining(Task[DsrgNetwork, DsrgBatch]):
    """Training of the branches."""

    kept: tuple[Kept, ...]
    recipe: DsrgRecipe

    @classmethod
    def of(
        cls, images: Sequence[SeededImage], classes: int, recipe: DsrgRecipe, encoder: FrozenEncoder, seed: int
    ) -> Self:
        """The recipe's training of a new network, on the encoder's device; arguments as `train_dsrg`."""
        if not images:
            raise InvalidArgument("there is no picture with seeds to train on", field="images")
        kept = tuple(keep(item, classes, encoder) for item in images)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            network = DsrgNetwork(encoder.channels[-TAPS:], recipe.width, classes)
        network.standardise(*tap_statistics([item.taps[0] for item in kept]))
        settings = LoopSettings(
            0, cast(Decay, recipe.schedule), recipe.clip, recipe.checkpoint_every, mixed_precision=False
        )
        return cls(network.to(encoder.device), settings, kept, recipe)

    def inputs(self) -> TrainingInputs:
        """All pictures in their order."""
        data: dict[str, Tensor] = {}
        for place, item in enumerate(self.kept):
            for name in ("small", "cues", "present"):
                data[f"{place} {name}"] = torch.tensor(getattr(item, name))
            for view, taps in enumerate(item.taps):
                data |= {f"{place} {view} tap {level}": torch.tensor(tap) for level, tap in enumerate(taps)}
        options = {key: value for key, value in self.recipe.to_dict().items() if key not in SHAPES_NO_NETWORK}
        return TrainingInputs(options, data, versions())

    def optimizer(self) -> torch.optim.Optimizer:
        """AdamW, or SGD as the authors have it."""
        recipe = self.recipe
        groups = [{"params": list(self.network.parameters()), "rate": recipe.rate}]
        if recipe.optimizer == "sgd":
            return torch.optim.SGD(groups, lr=recipe.rate, momentum=recipe.momentum, weight_decay=recipe.weight_decay)
        return torch.optim.AdamW(groups, lr=recipe.rate, weight_decay=recipe.weight_decay, fused=True)

    def batch(self, seed: int, iteration: int) -> DsrgBatch:
        """Pictures as they lie or mirrored."""
        rng = np.random.default_rng([seed, 1, iteration])
        chosen = [self.kept[place] for place in places_of(len(self.kept), self.recipe.batch, seed, iteration)]
        views = [int(rng.integers(2)) for _ in chosen]
        return DsrgBatch(
            join_taps([item.taps[view] for item, view in zip(chosen, views, strict=True)], self.device),
            np.stack([item.small[view] for item, view in zip(chosen, views, strict=True)]),
            np.stack([item.cues[view] for item, view in zip(chosen, views, strict=True)]),
            np.stack([item.present for item in chosen]),
        )

    def loss(self, batch: DsrgBatch, done: float) -> Tensor:
        """The seeds' loss, and the constraint's once seeds grow."""
        if done < self.recipe.seeds_alone:
            return balanced_seed_loss(softened(self.network(batch.taps)), torch.from_numpy(batch.cues).to(self.device))
        seed_loss, constraint = self.losses(batch)
        return seed_loss + self.recipe.constraint_weight * constraint

    def losses(self, batch: DsrgBatch) -> tuple[Tensor, Tensor]:
        """Of the seeds, grown anew from the original ones, and of the constraint."""
        recipe = self.recipe
        probabilities = softened(self.network(batch.taps))
        likely = refined(
            probabilities, batch.small, recipe.crf, cast(Sums, recipe.crf_sums), cast(Energy, recipe.crf_energy)
        )
        grown = [
            grow(cues, believed, present, recipe.sure_of_object, recipe.sure_of_ground)
            for cues, believed, present in zip(batch.cues, likely.cpu().numpy(), batch.present, strict=True)
        ]
        seeds = torch.from_numpy(np.stack(grown)).to(self.device)
        log_likely = passed_through(probabilities.log(), likely) if recipe.crf_gradient else likely.log()
        constraint = constraint_loss(probabilities, log_likely, over=cast(Constraint, recipe.constraint), seeds=seeds)
        return balanced_seed_loss(probabilities, seeds), constraint


def train_dsrg(
    images: Sequence[SeededImage],
    classes: int,
    recipe: DsrgRecipe,
    *,
    seed: int,
    device: torch.device,
    checkpoint_dir: Path | None,
    progress: Progress,
    cache: NetworkCache | None = None,
) -> FittedDsrg:
    """Train a network on the pictures' seeds.

    Args:
        classes: C, of the vocabulary.
        checkpoint_dir: where an unfinished training leaves its state; `None` for nowhere.
        progress: called at every iteration with a fraction in [0, 1]; may raise to stop the training.
        cache: networks trained before, see `models.training.loop.run`.

    Raises:
        InvalidArgument: there is no picture, or one's seeds are not of its size or of a class that it does not hold.
        FailedPrecondition: the loss is no longer finite.
        StorageFull: a checkpoint cannot be written.
    """
    encoder = FrozenEncoder(recipe.encoder, recipe.weights, recipe.image_size, NO_STORE, device)
    task = DsrgTraining.of(images, classes, recipe, encoder, seed)
    path = checkpoint_dir / "training.pt" if checkpoint_dir else None
    trained = run(task, recipe.iterations, seed, resume_path=path, cache=cache, progress=progress)
    return FittedDsrg(trained, encoder)


def versions() -> dict[str, int]:
    """Of the parts of the code that decide what a training comes to, see `models.training.fingerprint`."""
    return {"dsrg": VERSION}
