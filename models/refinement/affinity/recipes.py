"""How the networks of affinities are trained; the defaults are the numbers of the authors' programs.

Both programs give their optimiser the weight decay in momentum's place, hence momenta of 5e-4 and 1e-4. Small sets and
small images want a smaller `crop`, and `min_iterations`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from maskloop.errors import InvalidConfig
from models.refinement.affinity.paths import source_size
from models.training.readings import Readings
from models.training.recipe_options import JsonOptions, check_options

CHOICES: Mapping[str, tuple[str, ...]] = {"distance": ("mean", "sum"), "loss": ("split", "unsplit")}
MAY_BE_ZERO = frozenset({"min_iterations", "max_iterations", "momentum", "weight_decay"})
SHAPES_NO_NETWORK = frozenset({"checkpoint_every"})
CELLS = 32  # pixels that a crop's side is a multiple of


@dataclass(frozen=True)
class AffinityTraining(JsonOptions, Readings):
    """What both have.

    Raises:
        InvalidConfig: an impossible value, named by its field.
    """

    crop: int = 448  # side of the squares that are cut out of images, or framed around them, pixels
    radius: int = 5  # pairs are nearer than so many cells
    epochs: int = 8
    min_iterations: int = 0
    max_iterations: int = 0  # 0 for no limit
    batch: int = 8
    rate: float = 0.1
    weight_decay: float = 5e-4
    momentum: float = 5e-4
    checkpoint_every: int = 50  # iterations

    stride: ClassVar[int] = 8  # of the network's cells, pixels

    def __post_init__(self) -> None:
        check_options(self, CHOICES, MAY_BE_ZERO)
        if self.crop % CELLS:
            raise InvalidConfig(f"crop is {self.crop}, not a multiple of {CELLS}", field="crop")
        if self.radius < 2:
            raise InvalidConfig("radius is 1, within which a cell has no neighbour", field="radius")
        cells = self.crop // self.stride
        if 0 in source_size(cells, cells, self.radius):
            raise InvalidConfig(
                f"crop is {self.crop}, {cells} cells: none has all its neighbours within radius {self.radius}",
                field="crop",
            )
        if self.max_iterations and self.max_iterations < self.min_iterations:
            raise InvalidConfig("max_iterations is below min_iterations", field="max_iterations")

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

    distance: str = "mean"  # of features, over channels; "sum" as the paper prints it
    loss: str = "split"  # see `models.refinement.affinity.affinitynet.joint_loss`
    head_factor: float = 10.0  # of the rate, for what is not the encoder

    PAPER: ClassVar[Mapping[str, Any]] = {"distance": "sum"}


@dataclass(frozen=True)
class IrnTraining(AffinityTraining):
    """IRN's: Ahn, Cho, Kwak, *Weakly supervised learning of instance segmentation with inter-pixel relations*, 2019."""

    crop: int = 512
    radius: int = 10
    epochs: int = 3
    batch: int = 32
    weight_decay: float = 1e-4
    momentum: float = 1e-4
    smallest: float = 0.5  # scale of an image before it is cut, drawn between these two
    largest: float = 1.5
    displacement_factor: float = 10.0  # of the rate, for the branch of displacements

    stride: ClassVar[int] = 4

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.smallest > self.largest:
            raise InvalidConfig(f"smallest is {self.smallest}, above largest {self.largest}", field="smallest")
