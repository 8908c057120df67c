"""How the networks of affinities are trained; the defaults are the numbers of the authors' programs.

Both programs give their optimiser the weight decay in momentum's place, hence momenta of 5e-4 and 1e-4. Small sets and
small images want a smaller `crop`, and `min_iterations`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from maskloop.errors import InvalidConfig
from models.refinement.affinity.paths import source_size
from models.training.readings import Readings
from models.training.recipe_options import (
    Batch,
    Epochs,
    Iterations,
    IterationsOrNone,
    JsonOptions,
    Range,
    Rate,
    Share,
    WeightDecay,
    Words,
    check_ascending,
    check_iterations,
    check_options,
)

SHAPES_NO_NETWORK = frozenset({"checkpoint_every"})
CELLS = 32  # pixels that a crop's side is a multiple of


@dataclass(frozen=True)
class AffinityTraining(JsonOptions, Readings):
    """What both have.

    Raises:
        InvalidConfig: an impossible value, named by its field.
    """

    # side of the squares that are cut out of images, or framed around them, pixels
    crop: Annotated[int, Range(CELLS, 2_048, step=CELLS)] = 448
    radius: Annotated[int, Range(2, 64)] = 5  # pairs are nearer than so many cells
    epochs: Epochs = 8
    min_iterations: IterationsOrNone = 0
    max_iterations: IterationsOrNone = 0  # 0 for no limit
    batch: Batch = 8
    rate: Rate = 0.1
    weight_decay: WeightDecay = 5e-4
    momentum: Share = 5e-4
    checkpoint_every: Iterations = 50  # iterations

    stride: ClassVar[int] = 8  # of the network's cells, pixels

    def __post_init__(self) -> None:
        check_options(self)
        cells = self.crop // self.stride
        if 0 in source_size(cells, cells, self.radius):
            raise InvalidConfig(
                f"crop is {self.crop}, {cells} cells: none has all its neighbours within radius {self.radius}",
                field="crop",
            )
        check_iterations(self)

    def iterations(self, examples: int) -> int:
        """Iterations of a training on that many images."""
        wanted = max(self.min_iterations, self.epochs * -(-examples // self.batch))
        return min(wanted, self.max_iterations) if self.max_iterations else wanted

    def shaping(self) -> dict[str, Any]:
        """The options that decide what a training comes to, JSON-ready."""
        return {name: value for name, value in self.to_dict().items() if name not in SHAPES_NO_NETWORK}


@dataclass(frozen=True)
class PsaTraining(AffinityTraining):
    """PSA's: Ahn, Kwak, *Learning pixel-level semantic affinity*, CVPR 2018."""

    distance: Annotated[str, Words("mean", "sum")] = "mean"  # of features, over channels; "sum" as the paper prints it
    loss: Annotated[str, Words("split", "unsplit")] = "split"  # see `models.refinement.affinity.affinitynet.joint_loss`
    head_factor: Annotated[float, Range(1e-06, 10_000.0)] = 10.0  # of the rate, for what is not the encoder

    PAPER: ClassVar[Mapping[str, Any]] = {"distance": "sum"}


@dataclass(frozen=True)
class IrnTraining(AffinityTraining):
    """IRN's: Ahn, Cho, Kwak, *Weakly supervised learning of instance segmentation with inter-pixel relations*, 2019."""

    crop: Annotated[int, Range(CELLS, 2_048, step=CELLS)] = 512
    radius: Annotated[int, Range(2, 64)] = 10
    epochs: Epochs = 3
    batch: Batch = 32
    weight_decay: WeightDecay = 1e-4
    momentum: Share = 1e-4
    smallest: Annotated[float, Range(0.01, 100)] = 0.5  # scale of an image before it is cut, drawn between these two
    largest: Annotated[float, Range(0.01, 100)] = 1.5
    displacement_factor: Annotated[float, Range(1e-06, 10_000.0)] = 10.0  # of the rate, for the branch of displacements

    stride: ClassVar[int] = 4

    def __post_init__(self) -> None:
        super().__post_init__()
        check_ascending(self, "smallest", "largest")
