"""How detectors are built and trained: the defaults are for small sets on a CPU, `official` has the authors' numbers.

The chapter on BBAM of Lee, *Label-efficient learning for object recognition*, Seoul National University 2023; Lee, Yi,
Shin, Yoon, *BBAM: bounding box attribution map for weakly supervised semantic and instance segmentation*, CVPR 2021.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from maskloop.errors import InvalidConfig
from models.encoders.names import check_encoder
from models.training.readings import Readings
from models.training.recipe_options import (
    Clip,
    Iterations,
    JsonOptions,
    Name,
    Range,
    Rate,
    Share,
    Warmup,
    WeightDecay,
    Weights,
    Words,
    check_ascending,
    check_options,
)

OWN_ENCODERS = ("compact", "resnet18", "resnet34", "resnet50", "resnet101")
SHAPES_NO_NETWORK = frozenset({"checkpoint_every"})


@dataclass(frozen=True)
class DetectorRecipe(JsonOptions, Readings):
    """Of a Faster R-CNN.

    Raises:
        InvalidConfig: an impossible value, named by its field.
    """

    encoder: Name = "timm:tf_efficientnet_lite0"
    weights: Weights = "package"  # see models.encoders.backbones.build_encoder
    # shorter side that an image is brought to, pixels: drawn between these two in training,
    smallest: Annotated[int, Range(32, 2_048)] = 192
    shortest: Annotated[int, Range(32, 2_048)] = 192  # and this one afterwards
    longest: Annotated[int, Range(32, 2_048)] = 320  # longer side at most
    width: Annotated[int, Range(8, 1_024)] = 64  # channels of the pyramid
    head: Annotated[int, Range(8, 4_096)] = 256  # of the two layers that look at a region
    anchor: Annotated[int, Range(1, 512)] = 16  # side of the smallest anchors, pixels; they double from level to level
    sampled: Annotated[int, Range(1, 4_096)] = 64  # regions of an image that the heads learn from
    regions: Annotated[int, Range(1, 10_000)] = 200  # of an image that the region proposals hand on
    optimiser: Annotated[str, Words("adamw", "sgd")] = "adamw"
    iterations: Iterations = 400
    batch: Annotated[int, Range(1, 256)] = 4
    rate: Rate = 1e-3
    encoder_factor: Share = 0.1  # of the rate, for the encoder; 0 to leave it as it is
    weight_decay: WeightDecay = 1e-4
    momentum: Share = 0.9  # of sgd
    warmup: Warmup = 20  # iterations
    # see models.training.loop.learning_rate_share
    schedule: Annotated[str, Words("constant", "cosine", "drops")] = "cosine"
    drop: Share = 2 / 3  # of "drops": shares of the iterations after which the rate is a tenth of what it was;
    second_drop: Share = 8 / 9  # 1 for none
    clip: Clip = 5.0  # largest gradient norm; 0 for no clipping
    flip: bool = True  # whether images are mirrored at random
    checkpoint_every: Iterations = 50  # iterations

    OFFICIAL: ClassVar[Mapping[str, Any]] = {
        "encoder": "resnet101",
        "weights": "IMAGENET1K_V1",
        "smallest": 480,
        "shortest": 800,
        "longest": 1333,
        "width": 256,
        "head": 1024,
        "anchor": 32,
        "sampled": 512,
        "regions": 2000,
        "optimiser": "sgd",
        "iterations": 18000,
        "batch": 16,
        "rate": 0.01,
        "encoder_factor": 1.0,
        "schedule": "drops",
        "clip": 0.0,
    }
    PAPER: ClassVar[Mapping[str, Any]] = OFFICIAL

    def __post_init__(self) -> None:
        check_options(self)
        check_encoder(self.encoder, self.weights, OWN_ENCODERS)
        check_ascending(self, "smallest", "shortest", "longest")
        check_ascending(self, "drop", "second_drop")

    @property
    def sides(self) -> tuple[int, ...]:
        """Shorter sides that an image is brought to in training, ascending."""
        return (*range(self.smallest, self.shortest, 32), self.shortest)

    def shaping(self) -> dict[str, Any]:
        """The options that decide what a training comes to, JSON-ready."""
        return {name: value for name, value in self.to_dict().items() if name not in SHAPES_NO_NETWORK}


@dataclass(frozen=True)
class MaskRecipe(DetectorRecipe):
    """Of a Mask R-CNN whose masks are known in parts.

    Raises:
        InvalidConfig: an impossible value, named by its field.
    """

    grow: bool = True  # whether what the network is sure of is added to what is known, see models.boxes.growing
    sure_of_object: Share = 0.9
    sure_of_ground: Share = 0.1

    OFFICIAL: ClassVar[Mapping[str, Any]] = {
        **DetectorRecipe.OFFICIAL,
        "smallest": 416,
        "shortest": 512,
        "iterations": 20000,
        "batch": 8,
        "rate": 0.008,
        "drop": 0.8,
        "second_drop": 1.0,
    }
    PAPER: ClassVar[Mapping[str, Any]] = OFFICIAL

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.sure_of_ground < self.sure_of_object < 1:
            raise InvalidConfig(
                f"sure_of_ground {self.sure_of_ground} has to be below sure_of_object {self.sure_of_object}, below 1",
                field="sure_of_ground",
            )
