"""Recipes of the U-Net that learns from clicks.

`paper` has the numbers of Janouskova, Rigotti, Giurgiu, Malossi, *Model-assisted labeling via explainability for visual
inspection of civil infrastructures*, 2022: AdamW at 1e-4, weight decay 1e-2, batches of 32 crops of 320 pixels. It says
six hours of two GPUs and no number of epochs; whether ImageNet's weights are the start is not said either, and the
project's reading is that they are. `compact` learns from scratch on a CPU in a minute or two. `pretrained` goes on from
the packaged encoder.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from maskloop.errors import InvalidConfig
from models.encoders import names
from models.training.recipe_options import (
    Epochs,
    HalfAtMost,
    Iterations,
    IterationsOrNone,
    JsonOptions,
    Name,
    Range,
    Rate,
    Warmup,
    WeightDecay,
    Weights,
    Words,
    check_iterations,
    check_options,
    find_recipe,
)

SHAPES_NO_NETWORK = frozenset({"name", "weights", "checkpoint_every"})


@dataclass(frozen=True)
class UnetRecipe(JsonOptions):
    """A U-Net and its training.

    The default is a network a class, as the paper's: what a click says of one class it says of no other, so that every
    crop is a whole label; a class can be learnt anew without the others. With `joint` one network has a logit a class
    and is trained and run once; a crop teaches it the classes alone of which its clicks say something.

    Raises:
        InvalidConfig: an impossible value, named by its field.
    """

    name: Name = "paper"
    # The network.
    encoder: Name = "resnet34"  # a ResNet of models/encoders/names.py, "compact", or the packaged one of timm's
    weights: Weights = "IMAGENET1K_V1"  # "" for none; see models/encoders/backbones.py, `build_encoder`
    wide: Annotated[int, Range(1, 1_024)] = 64  # channels of the step up to 1/2
    fine: Annotated[int, Range(1, 1_024)] = 32  # of the step up to the image's resolution
    joint: bool = False  # one network with a logit a class
    # what it begins with, see models/classification/unet/network.py; "plain" as torch does
    start: Annotated[str, Words("fine", "plain")] = "fine"
    # The crops.
    crop: Annotated[int, Range(16, 1_024, step=4)] = 320  # side, pixels
    crops: Annotated[int, Range(1, 1_000)] = 5  # around each click on an object, in an epoch
    # sides between a crop of nothing and the nearest click on an object, where there is room
    apart: Annotated[float, Range(0, 100)] = 0.5
    flips: bool = True
    # The training.
    epochs: Epochs = 10
    min_iterations: IterationsOrNone = 100
    max_iterations: IterationsOrNone = 0  # 0 for no limit
    batch: Annotated[int, Range(2, 1_024)] = 32  # crops, half of them around clicks on objects
    rate: Rate = 1e-4
    front_factor: Annotated[float, Range(1e-06, 10_000.0)] = 1.0  # of the rate, for the encoder
    head_factor: Annotated[float, Range(1e-06, 10_000.0)] = 1.0  # for the linear layer
    weight_decay: WeightDecay = 1e-2
    schedule: Annotated[str, Words("constant", "cosine")] = "constant"
    warmup: Warmup = 0  # iterations of linear warm-up
    # What is kept.
    held_out: HalfAtMost = 0.2  # share of the images that the network to keep is chosen by; 0 for the last one
    measure_every: Iterations = 25  # iterations
    # Work.
    checkpoint_every: Iterations = 50  # iterations

    def __post_init__(self) -> None:
        check_options(self)
        object.__setattr__(self, "encoder", names.full_name(self.encoder, names.ENCODERS))
        if self.encoder not in (*names.ENCODERS, names.TIMM + names.PACKAGED):
            raise InvalidConfig(f"encoder {self.encoder} cannot be cut behind its first two blocks", field="encoder")
        check_iterations(self)

    def iterations(self, clicks: int) -> int:
        """Iterations of a training on that many clicks on objects (joint: of the class that has most)."""
        wanted = max(1, self.min_iterations, self.epochs * -(-clicks * self.crops // max(1, self.batch // 2)))
        return min(wanted, self.max_iterations) if self.max_iterations else wanted

    def check_encoder(self) -> None:
        """Raises InvalidConfig where there are no such weights. A network that is read needs none."""
        names.check_encoder(self.encoder, self.weights or "random", names.ENCODERS)

    def shaping(self) -> dict[str, Any]:
        """The options that decide what a training comes to, JSON-ready; the weights it starts from do the rest."""
        return {name: value for name, value in self.to_dict().items() if name not in SHAPES_NO_NETWORK}


UNET_RECIPES: Mapping[str, UnetRecipe] = {
    "paper": UnetRecipe(),
    "compact": UnetRecipe(
        name="compact",
        encoder="compact",
        weights="",
        wide=32,
        fine=16,
        crop=96,
        batch=16,
        epochs=5,
        max_iterations=300,
        rate=2e-3,
        head_factor=10.0,
        schedule="cosine",
        warmup=10,
    ),
    "pretrained": UnetRecipe(
        name="pretrained",
        encoder=f"{names.TIMM}{names.PACKAGED}",
        weights="package",
        wide=32,
        fine=16,
        crop=96,
        batch=16,
        epochs=5,
        max_iterations=300,
        rate=2e-3,
        front_factor=0.1,
        head_factor=10.0,
        schedule="cosine",
        warmup=10,
    ),
}


def resolve_unet(name: str, **overrides: Any) -> UnetRecipe:
    """The recipe of that name with some values replaced; `iterations=N` is short for exactly N iterations.

    Raises:
        InvalidConfig: an unknown recipe, option, or an impossible value.
    """
    recipe = find_recipe(UNET_RECIPES, name, overrides)
    recipe.check_encoder()
    return recipe
