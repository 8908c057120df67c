"""How the segmentation network is trained and read.

The defaults are the numbers of Li et al., *Online easy example mining for weakly-supervised gland segmentation from
histology images*, MICCAI 2022, section 4.1 and the authors' program. The paper's batch is 32; the program's, as its
instructions run it, is 8.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, cast, get_args

from maskloop.errors import InvalidConfig
from models.encoders.names import WIDE, check_dense_encoder, full_dense_name
from models.segmentation.pixel_weights import WeightMap
from models.training.readings import Readings
from models.training.recipe_options import (
    Batch,
    Iterations,
    JsonOptions,
    LossWeight,
    Name,
    Range,
    Rate,
    RateOrNone,
    Share,
    WeightDecay,
    Weights,
    Words,
    check_ascending,
    check_options,
    replace_options,
)

SHAPES_NO_NETWORK = frozenset({"weights", "tile", "tile_stride", "window", "window_stride", "checkpoint_every"})


@dataclass(frozen=True)
class SegmentationRecipe(JsonOptions, Readings):
    """A network, its training, and the windows it is read by.

    Raises:
        InvalidConfig: an impossible value, named by its field.
    """

    # The network.
    encoder: Name = WIDE  # see models.encoders.last_stages.build_dense_encoder
    weights: Weights = ""
    last_dilation: Annotated[int, Range(1, 64)] = 4  # of WideResNet-38's last stage
    width: Annotated[int, Range(2, 4_096, step=2)] = 512  # channels of the head; the auxiliary one has half as many
    # share of channels that the heads' last layers do not see in training
    dropout: Annotated[float, Range(0, 0.999)] = 0.1
    # The views it is trained on.
    crop: Annotated[int, Range(1, 1_000_000)] = 256  # side, pixels
    smallest: Annotated[float, Range(0.01, 100)] = 0.75  # scale of a tile before it is cut, drawn between these two
    largest: Annotated[float, Range(0.01, 100)] = 3.0
    distortion: Share = 1.0  # of colours; 0 for none
    # The training.
    weight_map: Annotated[str, Words(*get_args(WeightMap))] = "l_norm"  # see models.segmentation.pixel_weights
    auxiliary: LossWeight = 0.4  # of the loss, for the auxiliary head
    iterations: Iterations = 10_000
    batch: Batch = 32
    optimizer: Annotated[str, Words("sgd", "adamw")] = "sgd"
    rate: Rate = 0.005
    head_factor: Annotated[float, Range(1e-06, 10_000.0)] = 1.0  # of the rate, for what is not the encoder
    min_rate: RateOrNone = 1e-4  # that the falling rate ends at
    momentum: Share = 0.9
    weight_decay: WeightDecay = 5e-4
    # or "official": unknown pixels are weighed, see models.segmentation.pixel_weights
    compat: Annotated[str, Words("paper", "official")] = "paper"
    # Images are cut into tiles, for training and for reading; each is read by windows at many scales.
    tile: Annotated[int, Range(1, 1_000_000)] = 256  # pixels
    tile_stride: Annotated[int, Range(1, 1_000_000)] = 192
    window: Annotated[int, Range(1, 1_000_000)] = 320
    window_stride: Annotated[int, Range(1, 1_000_000)] = 256
    # Work.
    checkpoint_every: Iterations = 50  # iterations

    OFFICIAL: ClassVar[Mapping[str, Any]] = {"compat": "official", "batch": 8}
    PAPER: ClassVar[Mapping[str, Any]] = {"compat": "paper"}

    def __post_init__(self) -> None:
        check_options(self)
        object.__setattr__(self, "encoder", full_dense_name(self.encoder))
        for lower, upper in (("tile_stride", "tile"), ("window_stride", "window"), ("smallest", "largest")):
            check_ascending(self, lower, upper)
        if self.min_rate >= self.rate:
            raise InvalidConfig(f"min_rate is {self.min_rate}, not below the rate {self.rate}", field="min_rate")

    @property
    def weighing(self) -> WeightMap:
        """The weight map's name."""
        return cast(WeightMap, self.weight_map)

    def shaping(self) -> dict[str, Any]:
        """The options that decide what a training comes to, JSON-ready; weights and tiles do the rest."""
        return {name: value for name, value in self.to_dict().items() if name not in SHAPES_NO_NETWORK}


def resolve_segmentation(**options: Any) -> SegmentationRecipe:
    """The recipe with some values replaced.

    Raises:
        InvalidConfig: an unknown option, an impossible value, no such encoder or no such weights for it.
    """
    recipe = replace_options(SegmentationRecipe(), options)
    check_dense_encoder(recipe.encoder, recipe.weights)
    return recipe
