"""Recipes of the image classifier.

`paper` is the classifier that class activation maps are usually made with (Ahn, Cho, Kwak, *Weakly supervised learning
of instance segmentation with inter-pixel relations*, 2019; Lee et al., *Weakly supervised semantic segmentation using
out-of-distribution data*, 2022): its optimiser was given the weight decay for a momentum, hence 1e-4 here. `compact`
trains from scratch on a CPU in some ten seconds.

`pretrained` is for class maps after a few dozen images, in about a minute on two cores: the packaged encoder, at the
size that its weights were trained on, and all of each picture squeezed into the square, so that its labels stay true.
AdamW's steps do not depend on the scale of gradients: a head that knows nothing and weights that should hardly move
both get there in 40 iterations, each at its own rate.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from maskloop.errors import InvalidConfig
from models.encoders import names
from models.training.recipe_options import (
    Batch,
    Clip,
    Epochs,
    HalfAtMost,
    Iterations,
    IterationsOrNone,
    JsonOptions,
    Name,
    Pixels,
    Range,
    Rate,
    Share,
    Side,
    Warmup,
    WeightDecay,
    Weights,
    Words,
    check_ascending,
    check_iterations,
    check_options,
    find_recipe,
)

SHAPES_NO_NETWORK = frozenset({"name", "weights", "held_out", "checkpoint_every"})


@dataclass(frozen=True)
class ClassifierRecipe(JsonOptions):
    """A classifier and its training.

    Raises:
        InvalidConfig: an impossible value, named by its field.
    """

    name: Name = "paper"
    # The network.
    encoder: Name = "resnet50"  # one of models/encoders/names.py, `DENSE`, or `timm:` and timm's name
    weights: Weights = "IMAGENET1K_V1"  # "" for none; see models/encoders/last_stages.py, `build_dense_encoder`
    frozen_norm: bool = True  # BatchNorm by its running statistics, the stem not trained; needs weights. timm's: always
    # of the encoder's four stages, the first that are not trained: 2 in IRN's program, which cuts the gradient there
    fixed_stages: Annotated[int, Range(0, 4)] = 0
    image_size: Side = 512  # side of the square the network sees, pixels
    # The views it is trained on.
    # at a random size, a square cut out of or framed by it; or "square": all of it, squeezed
    view: Annotated[str, Words("square", "crop")] = "crop"
    shortest: Pixels = 320  # of crops, the image's longer side in pixels, drawn between these two
    longest: Pixels = 640
    # of squares, besides: see models/data/augmentation.py; crops are mirrored
    augment: Annotated[str, Words("none", "affine", "strong")] = "none"
    # The training.
    epochs: Epochs = 5
    min_iterations: IterationsOrNone = 0
    max_iterations: IterationsOrNone = 0  # 0 for no limit
    batch: Batch = 16  # images that hold something, and as many that hold nothing
    nothing_weight: Annotated[float, Range(1e-06, 10_000.0)] = 1.0  # of the loss on the latter
    optimizer: Annotated[str, Words("sgd", "adamw")] = "sgd"
    momentum: Share = 1e-4
    rate: Rate = 0.1  # of the encoder
    head_rate: Rate = 1.0
    weight_decay: WeightDecay = 1e-4
    schedule: Annotated[str, Words("poly", "cosine")] = "poly"  # the rate by (1 - done)^0.9, or half a cosine
    warmup: Warmup = 0  # iterations of linear warm-up
    clip: Clip = 0.0  # largest gradient norm; 0 for no clipping
    # What it is judged by.
    held_out: HalfAtMost = 0.25  # share of the images left out of the held-out fit; 0 for no such fit
    # Work.
    checkpoint_every: Iterations = 50  # iterations

    def __post_init__(self) -> None:
        check_options(self)
        object.__setattr__(self, "encoder", names.full_dense_name(self.encoder))
        if self.frozen_norm and not self.weights:
            raise InvalidConfig("frozen_norm needs weights whose statistics it can use", field="frozen_norm")
        check_ascending(self, "shortest", "longest")
        check_iterations(self)

    def iterations(self, examples: int) -> int:
        """Iterations of a training on that many images that hold something."""
        wanted = max(self.min_iterations, self.epochs * -(-examples // self.batch))
        return min(wanted, self.max_iterations) if self.max_iterations else wanted

    def check_encoder(self) -> None:
        """Raises InvalidConfig where there is no such encoder, or no such weights for it. A classifier that is read
        needs none: its file holds them."""
        names.check_dense_encoder(self.encoder, self.weights)

    def shaping(self) -> dict[str, Any]:
        """The options that decide what a training comes to, JSON-ready; the weights it starts from do the rest."""
        return {name: value for name, value in self.to_dict().items() if name not in SHAPES_NO_NETWORK}


CLASSIFIER_RECIPES: Mapping[str, ClassifierRecipe] = {
    "paper": ClassifierRecipe(),
    "compact": ClassifierRecipe(
        name="compact",
        encoder="compact",
        weights="",
        frozen_norm=False,
        image_size=64,
        view="square",
        augment="strong",
        epochs=20,
        min_iterations=100,
        max_iterations=200,
        batch=16,
        optimizer="adamw",
        momentum=0.9,
        rate=2e-3,
        head_rate=2e-3,
        schedule="cosine",
        warmup=10,
        clip=5.0,
    ),
    "pretrained": ClassifierRecipe(
        name="pretrained",
        encoder=f"{names.TIMM}{names.PACKAGED}",
        weights="package",
        image_size=224,
        view="square",
        augment="strong",
        epochs=5,
        min_iterations=30,
        max_iterations=150,
        batch=8,
        optimizer="adamw",
        momentum=0.9,
        rate=3e-4,
        head_rate=1e-3,
        schedule="cosine",
        warmup=5,
        clip=5.0,
    ),
}


def resolve_classifier(name: str, **overrides: Any) -> ClassifierRecipe:
    """The recipe of that name with some values replaced.

    `iterations=N` is short for exactly N iterations, however many labels there are.

    Raises:
        InvalidConfig: an unknown recipe, option, or an impossible value.
    """
    recipe = find_recipe(CLASSIFIER_RECIPES, name, overrides)
    recipe.check_encoder()
    return recipe
