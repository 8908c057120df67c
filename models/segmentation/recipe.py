"""How the segmentation network is trained and read.

The defaults are the numbers of Li et al., *Online easy example mining for weakly-supervised gland segmentation from
histology images*, MICCAI 2022, section 4.1 and the authors' program. The paper's batch is 32; the program's, as its
instructions run it, is 8.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, cast, get_args

from maskloop.errors import InvalidConfig
from models.encoders.names import WIDE, check_dense_encoder, full_dense_name
from models.segmentation.pixel_weights import WeightMap
from models.training.readings import Readings
from models.training.recipe_options import JsonOptions, check_options, replace_options

CHOICES: Mapping[str, tuple[str, ...]] = {
    "weight_map": get_args(WeightMap),
    "optimizer": ("sgd", "adamw"),
    "compat": ("paper", "official"),
}
MAY_BE_ZERO = frozenset({"dropout", "auxiliary", "momentum", "weight_decay", "min_rate", "distortion"})
SHAPES_NO_NETWORK = frozenset({"weights", "tile", "tile_stride", "window", "window_stride", "checkpoint_every"})


@dataclass(frozen=True)
class SegmentationRecipe(JsonOptions, Readings):
    """A network, its training, and the windows it is read by.

    Raises:
        InvalidConfig: an impossible value, named by its field.
    """

    # The network.
    encoder: str = WIDE  # see models.encoders.last_stages.build_dense_encoder
    weights: str = ""
    last_dilation: int = 4  # of WideResNet-38's last stage
    width: int = 512  # channels of the head; the auxiliary one has half as many
    dropout: float = 0.1  # share of channels that the heads' last layers do not see in training
    # The views it is trained on.
    crop: int = 256  # side, pixels
    smallest: float = 0.75  # scale of a tile before it is cut, drawn between these two
    largest: float = 3.0
    distortion: float = 1.0  # of colours; 0 for none
    # The training.
    weight_map: str = "l_norm"  # see models.segmentation.pixel_weights
    auxiliary: float = 0.4  # of the loss, for the auxiliary head
    iterations: int = 10_000
    batch: int = 32
    optimizer: str = "sgd"
    rate: float = 0.005
    head_factor: float = 1.0  # of the rate, for what is not the encoder
    min_rate: float = 1e-4  # that the falling rate ends at
    momentum: float = 0.9
    weight_decay: float = 5e-4
    compat: str = "paper"  # or "official": unknown pixels are weighed, see models.segmentation.pixel_weights
    # Images are cut into tiles, for training and for reading; each is read by windows at many scales.
    tile: int = 256  # pixels
    tile_stride: int = 192
    window: int = 320
    window_stride: int = 256
    # Work.
    checkpoint_every: int = 50  # iterations

    OFFICIAL: ClassVar[Mapping[str, Any]] = {"compat": "official", "batch": 8}
    PAPER: ClassVar[Mapping[str, Any]] = {"compat": "paper"}

    def __post_init__(self) -> None:
        check_options(self, CHOICES, MAY_BE_ZERO)
        object.__setattr__(self, "encoder", full_dense_name(self.encoder))
        for stride, side in (("tile_stride", "tile"), ("window_stride", "window"), ("smallest", "largest")):
            if getattr(self, stride) > getattr(self, side):
                raise InvalidConfig(f"{stride} is {getattr(self, stride)}, above {side}", field=stride)
        if self.min_rate >= self.rate:
            raise InvalidConfig(f"min_rate is {self.min_rate}, not below the rate {self.rate}", field="min_rate")
        if self.dropout >= 1:
            raise InvalidConfig(f"dropout is {self.dropout}; it must be below 1", field="dropout")
        if self.distortion > 1:
            raise InvalidConfig(f"distortion is {self.distortion}; it must be 1 or less", field="distortion")
        if self.width % 2:
            raise InvalidConfig(f"width is {self.width}, not even", field="width")

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
