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
from typing import Any

from maskloop.errors import InvalidConfig
from models.encoders import names
from models.training.recipe_options import JsonOptions, check_options, find_recipe

CHOICES: Mapping[str, tuple[str, ...]] = {
    "schedule": ("constant", "cosine"),
    "start": ("fine", "plain"),
}
MAY_BE_ZERO = frozenset({"min_iterations", "max_iterations", "weight_decay", "warmup", "apart", "held_out"})
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

    name: str = "paper"
    # The network.
    encoder: str = "resnet34"  # a ResNet of models/encoders/names.py, "compact", or the packaged one of timm's
    weights: str = "IMAGENET1K_V1"  # "" for none; see models/encoders/backbones.py, `build_encoder`
    wide: int = 64  # channels of the step up to 1/2
    fine: int = 32  # of the step up to the image's resolution
    joint: bool = False  # one network with a logit a class
    start: str = "fine"  # what it begins with, see models/classification/unet/network.py; "plain" as torch does
    # The crops.
    crop: int = 320  # side, pixels
    crops: int = 5  # around each click on an object, in an epoch
    apart: float = 0.5  # sides between a crop of nothing and the nearest click on an object, where there is room
    flips: bool = True
    # The training.
    epochs: int = 10
    min_iterations: int = 100
    max_iterations: int = 0  # 0 for no limit
    batch: int = 32  # crops, half of them around clicks on objects
    rate: float = 1e-4
    front_factor: float = 1.0  # of the rate, for the encoder
    head_factor: float = 1.0  # for the linear layer
    weight_decay: float = 1e-2
    schedule: str = "constant"
    warmup: int = 0  # iterations of linear warm-up
    # What is kept.
    held_out: float = 0.2  # share of the images that the network to keep is chosen by; 0 for the last one
    measure_every: int = 25  # iterations
    # Work.
    checkpoint_every: int = 50  # iterations

    def __post_init__(self) -> None:
        check_options(self, CHOICES, MAY_BE_ZERO)
        object.__setattr__(self, "encoder", names.full_name(self.encoder, names.ENCODERS))
        if self.encoder not in (*names.ENCODERS, names.TIMM + names.PACKAGED):
            raise InvalidConfig(f"encoder {self.encoder} cannot be cut behind its first two blocks", field="encoder")
        if self.crop % 4 or self.crop < 16:
            raise InvalidConfig(f"crop is {self.crop}; a multiple of 4 from 16 on is needed", field="crop")
        if self.batch < 2:
            raise InvalidConfig("batch is 1; half of it is of objects and half of nothing", field="batch")
        if self.held_out > 0.5:
            raise InvalidConfig(f"held_out is {self.held_out}, more than a half", field="held_out")
        if self.max_iterations and self.max_iterations < self.min_iterations:
            raise InvalidConfig("max_iterations is below min_iterations", field="max_iterations")

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
