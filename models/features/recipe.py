"""The recipe `pretrained`: what a network on frozen features is made of, and how it is trained."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Any, ClassVar, Self

from maskloop.values import SupervisionKind
from models.encoders import names
from models.training.recipe_options import (
    Batch,
    Clip,
    Iterations,
    IterationsOrNone,
    JsonOptions,
    Name,
    Range,
    Rate,
    RateOrNone,
    Share,
    Warmup,
    WeightDecay,
    Weights,
    Words,
    check_iterations,
    check_options,
)

LARGEST = 2_048
"""Of the sides of the square that the encoder sees, pixels."""
MARKS = (SupervisionKind.POINTS, SupervisionKind.SCRIBBLES)
WEAK_KINDS: Mapping[str, tuple[SupervisionKind, ...]] = {
    "none": (),
    "marks": MARKS,
    "all": (*MARKS, SupervisionKind.COUNTS, SupervisionKind.IMAGE_LEVEL),
}
SHAPES_NO_NETWORK = {"name", "classes", "threshold", "checkpoint_every", "encoder_rate"}
"""`models.features.tuning` tells the last one where it shapes a network."""


@dataclass(frozen=True)
class PretrainedRecipe(JsonOptions):
    """A network and its training. Everything a checkpoint needs to be built again.

    Raises:
        InvalidConfig: an impossible value, named by its field.
    """

    name: Name = "pretrained"
    # The encoder.
    encoder: Name = "timm:tf_efficientnet_lite0"  # or another of timm's; `timm:` may be left out
    weights: Weights = "package"  # that come with Maskloop; "timm" fetches its own; "random"; or a file
    # side of the square the encoder sees, pixels; dense heads see one of 5/3 the side
    image_size: Annotated[int, Range(32, LARGEST, step=32)] = 192
    # side of the windows that it sees of larger pictures, pixels; 0 chooses it by the labels
    tile: Annotated[int, Range(0, 8_192)] = 0
    # The network on its taps.
    # "regions", or "dense" for thin structures (models/thin); by what the labels look like
    masks: Annotated[str, Words("auto", "regions", "dense")] = "auto"
    width: Annotated[int, Range(8, 1_024, step=8)] = 48  # channels of the pyramid
    tower: Annotated[int, Range(8, 1_024, step=8)] = 32  # channels of the heads that tell centres and boxes
    # cells along the side of a region of the mask head, whose masks have twice as many
    region: Annotated[int, Range(2, 64)] = 16
    # The training.
    views: Annotated[int, Range(1, 64)] = 6  # of each labeled image, encoded once: plain, mirrored, and random ones
    iterations_per_label: Annotated[int, Range(1, 100_000)] = 15
    min_iterations: Iterations = 100
    max_iterations: IterationsOrNone = 600  # 0 for no limit
    batch: Batch = 8
    objects: Annotated[int, Range(1, 256)] = 4  # of one image in one iteration, drawn anew each time
    rate: Rate = 3e-3
    encoder_rate: RateOrNone = 0.0  # of the encoder, which then learns as well; 0 keeps it frozen
    weight_decay: WeightDecay = 1e-2
    warmup: Warmup = 20  # iterations of linear warm-up
    clip: Clip = 5.0  # largest gradient norm; 0 for no clipping
    own_boxes: Share = 0.5  # share of the objects whose region is of the network's own box, after a fifth of the time
    # images known to hold nothing that a batch gets on top, as a share of `batch`
    empty_share: Annotated[float, Range(0, 8)] = 0.25
    # images with pseudo-labels likewise; 0 mixes them with the labeled ones
    pseudo_share: Annotated[float, Range(0, 8)] = 0.0
    # labels that teach beside outlines and boxes: points and scribbles, or also counts and classes
    weak: Annotated[str, Words("none", "marks", "all")] = "marks"
    # images with such labels that a batch gets on top, as a share of `batch`
    weak_share: Annotated[float, Range(0, 8)] = 0.5
    # Predictions.
    # it says itself what there is; or "fed": as many objects as were counted, no image else
    classes: Annotated[str, Words("predicted", "fed")] = "predicted"
    threshold: Share = 0.15  # least confidence of an object
    most_objects: Annotated[int, Range(1, 1_000)] = 100  # candidates looked at in one image
    # Work.
    checkpoint_every: Iterations = 100  # iterations

    start: ClassVar[str] = "scratch"
    takes_pseudo_labels: ClassVar[bool] = True
    learns_from_rejections: ClassVar[bool] = False

    def __post_init__(self) -> None:
        check_options(self)
        object.__setattr__(self, "encoder", names.full_name(self.encoder))
        check_iterations(self)

    def iterations(self, examples: int, *, warm: bool = False) -> int:
        """Of a training on that many examples: more for more labels. It never starts warm."""
        wanted = max(self.min_iterations, self.iterations_per_label * examples)
        return min(wanted, self.max_iterations) if self.max_iterations else wanted

    def check_encoder(self) -> None:
        """Raises InvalidConfig where there is no such encoder, or no such weights for it. A model that is read may be
        without: it needs them for pictures that it has not seen alone."""
        names.check_encoder(self.encoder, self.weights)

    def as_dense(self) -> Self:
        """The same for a dense head, which needs a larger square: five thirds of the side, a multiple of 32.

        It learns from every pixel of a window, and needs a fifth of the iterations a label.
        """
        side, per_label = min(LARGEST, 32 * round(self.image_size * 5 / 96)), -(-self.iterations_per_label // 5)
        return replace(self, masks="dense", image_size=side, iterations_per_label=per_label)

    def build_arguments(self) -> tuple[int, int, int]:
        """Width, tower and region, as the network takes them."""
        return self.width, self.tower, self.region

    @property
    def learns_from(self) -> frozenset[SupervisionKind]:
        """Kinds of labels that teach it. A dense head learns from outlined pixels alone."""
        kinds = {SupervisionKind.FULL}
        if self.masks != "dense":
            kinds |= {SupervisionKind.BOXES, *WEAK_KINDS[self.weak]}
        return frozenset(kinds)

    @property
    def begins_with(self) -> frozenset[SupervisionKind]:
        """Kinds of labels of which one is enough for a training."""
        return self.learns_from & {SupervisionKind.FULL, SupervisionKind.BOXES}

    @property
    def needs_counts(self) -> bool:
        """Whether an image's objects must have been counted."""
        return self.classes == "fed"

    @property
    def empty_images(self) -> int:
        """Images known to hold nothing in each batch, where there are any."""
        return math.ceil(self.empty_share * self.batch)

    @property
    def weak_images(self) -> int:
        """Images that people marked, or of which they named the classes, on top of each batch, where there are any."""
        return math.ceil(self.weak_share * self.batch)

    @property
    def pseudo_images(self) -> int:
        """Images with pseudo-labels on top of each batch, where there are any; 0 mixes them with labeled ones."""
        return math.ceil(self.pseudo_share * self.batch)

    def shaping(self) -> dict[str, Any]:
        """The options that decide what a training comes to, JSON-ready."""
        return {name: value for name, value in self.to_dict().items() if name not in SHAPES_NO_NETWORK}


RECIPES: Mapping[str, PretrainedRecipe] = {"pretrained": PretrainedRecipe()}
