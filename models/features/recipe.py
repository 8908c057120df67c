"""The recipe `pretrained`: what a network on frozen features is made of, and how it is trained."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

from maskloop.errors import InvalidConfig
from maskloop.values import SupervisionKind
from models.encoders import names
from models.training.recipe_options import JsonOptions, check_options

CHOICES: Mapping[str, tuple[str, ...]] = {
    "classes": ("predicted", "fed"),
    "masks": ("auto", "regions", "dense"),
    "weak": ("none", "marks", "all"),
}
MAY_BE_ZERO = {
    "warmup",
    "weight_decay",
    "clip",
    "threshold",
    "empty_share",
    "pseudo_share",
    "max_iterations",
    "tile",
    "encoder_rate",
}
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

    name: str = "pretrained"
    # The encoder.
    encoder: str = "timm:tf_efficientnet_lite0"  # or another of timm's; `timm:` may be left out
    weights: str = "package"  # that come with Maskloop; "timm" fetches its own; "random"; or a file
    image_size: int = 192  # side of the square the encoder sees, pixels; dense heads see one of 5/3 the side
    tile: int = 0  # side of the windows that it sees of larger pictures, pixels; 0 chooses it by the labels
    # The network on its taps.
    masks: str = "auto"  # "regions", or "dense" for thin structures (models/thin); by what the labels look like
    width: int = 48  # channels of the pyramid
    tower: int = 32  # channels of the heads that tell centres and boxes
    region: int = 16  # cells along the side of a region of the mask head, whose masks have twice as many
    # The training.
    views: int = 6  # of each labeled image, encoded once: plain, mirrored, and random ones
    iterations_per_label: int = 15
    min_iterations: int = 100
    max_iterations: int = 600  # 0 for no limit
    batch: int = 8
    objects: int = 4  # of one image in one iteration, drawn anew each time
    rate: float = 3e-3
    encoder_rate: float = 0.0  # of the encoder, which then learns as well; 0 keeps it frozen
    weight_decay: float = 1e-2
    warmup: int = 20  # iterations of linear warm-up
    clip: float = 5.0  # largest gradient norm; 0 for no clipping
    own_boxes: float = 0.5  # share of the objects whose region is of the network's own box, after a fifth of the time
    empty_share: float = 0.25  # images known to hold nothing that a batch gets on top, as a share of `batch`
    pseudo_share: float = 0.0  # images with pseudo-labels likewise; 0 mixes them with the labeled ones
    weak: str = "marks"  # labels that teach beside outlines and boxes: points and scribbles, or also counts and classes
    weak_share: float = 0.5  # images with such labels that a batch gets on top, as a share of `batch`
    # Predictions.
    classes: str = "predicted"  # it says itself what there is; or "fed": as many objects as were counted, no image else
    threshold: float = 0.15  # least confidence of an object
    most_objects: int = 100  # candidates looked at in one image
    # Work.
    checkpoint_every: int = 100  # iterations

    start: ClassVar[str] = "scratch"
    takes_pseudo_labels: ClassVar[bool] = True
    learns_from_rejections: ClassVar[bool] = False

    def __post_init__(self) -> None:
        check_options(self, CHOICES, MAY_BE_ZERO)
        object.__setattr__(self, "encoder", names.full_name(self.encoder))
        if self.image_size % 32:
            raise InvalidConfig(f"image_size is {self.image_size}, not a multiple of 32", field="image_size")
        for name in ("width", "tower"):
            if getattr(self, name) % 8:
                raise InvalidConfig(f"{name} is {getattr(self, name)}, not a multiple of 8", field=name)
        for name in ("own_boxes", "threshold"):
            if getattr(self, name) > 1:
                raise InvalidConfig(f"{name} is {getattr(self, name)}, a share above 1", field=name)
        if self.max_iterations and self.max_iterations < self.min_iterations:
            raise InvalidConfig("max_iterations is below min_iterations", field="max_iterations")

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
        side, per_label = 32 * round(self.image_size * 5 / 96), -(-self.iterations_per_label // 5)
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
