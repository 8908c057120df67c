"""How the classifier of patches is trained.

The defaults are the numbers of Li et al., *Online easy example mining for weakly-supervised gland segmentation from
histology images*, MICCAI 2022, sections 3 and 4.1.

The authors' program lays its falling rate out for as many iterations as there are epochs: it is a fifteenth of the
first after 20 iterations, and stays there. It also gives its optimiser the weight decay for a momentum.
`PatchRecipe.official` has both. The program keeps the epoch that is best on the test images; here it is the last.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from maskloop.errors import InvalidConfig
from models.data.samples import IMAGENET_MEAN, IMAGENET_STD
from models.encoders.names import WIDE, check_dense_encoder, full_dense_name
from models.training.readings import Readings
from models.training.recipe_options import JsonOptions, check_options, replace_options

STATISTICS: Mapping[str, tuple[tuple[float, ...], tuple[float, ...]]] = {
    "imagenet": (IMAGENET_MEAN, IMAGENET_STD),
    "glas": ((0.787, 0.511, 0.785), (0.167, 0.248, 0.131)),
}
"""Mean and deviation of pixels in [0, 1], by channel; GlaS's as in the authors' program."""
CHOICES: Mapping[str, tuple[str, ...]] = {
    "statistics": tuple(STATISTICS),
    "optimizer": ("sgd", "adamw"),
    "compat": ("paper", "official"),
}
MAY_BE_ZERO = frozenset({"max_iterations", "weight_decay"})
SHAPES_NO_NETWORK = frozenset({"weights", "side", "stride", "share", "checkpoint_every"})


@dataclass(frozen=True)
class PatchRecipe(JsonOptions, Readings):
    """A classifier of patches and its training.

    Raises:
        InvalidConfig: an impossible value, named by its field.
    """

    # The patches.
    side: int = 112  # pixels
    stride: int = 56
    share: float = 0.05  # of a patch's pixels; a class of more than that is there
    # The network.
    encoder: str = WIDE  # see models.encoders.last_stages.build_dense_encoder
    weights: str = ""
    last_dilation: int = 2  # of WideResNet-38's last stage
    statistics: str = "glas"  # that pixels are normalised by; encoders of timm's want "imagenet"
    input_side: int = 224  # that patches are enlarged to, pixels
    smallest: float = 0.7  # share of a patch's area that a view shows, drawn from here to 1
    # The training.
    epochs: int = 20
    max_iterations: int = 0  # 0 for no limit
    batch: int = 20
    optimizer: str = "sgd"
    rate: float = 0.01
    head_factor: float = 1.0  # of the rate, for the linear layer
    weight_decay: float = 1e-4
    compat: str = "paper"  # or "official", see above
    checkpoint_every: int = 50  # iterations

    OFFICIAL: ClassVar[Mapping[str, Any]] = {"compat": "official"}
    PAPER: ClassVar[Mapping[str, Any]] = {"compat": "paper"}

    def __post_init__(self) -> None:
        check_options(self, CHOICES, MAY_BE_ZERO)
        object.__setattr__(self, "encoder", full_dense_name(self.encoder))
        if self.stride > self.side:
            raise InvalidConfig(f"stride is {self.stride}, above side {self.side}", field="stride")
        for name in ("share", "smallest"):
            if getattr(self, name) > 1:
                raise InvalidConfig(f"{name} is {getattr(self, name)}; it must be 1 or less", field=name)

    def iterations(self, patches: int) -> int:
        """Iterations of a training on so many patches."""
        wanted = self.epochs * -(-patches // self.batch)
        return min(wanted, self.max_iterations) if self.max_iterations else wanted

    @property
    def horizon(self) -> int:
        """Iterations that the falling rate is laid out for; 0 for all there are."""
        return self.epochs if self.compat == "official" else 0

    @property
    def sgd(self) -> tuple[float, float]:
        """Momentum and weight decay as SGD gets them. The only 0.9 is the power of (1 - k / K), which rates fall by."""
        return (self.weight_decay, 0.0) if self.compat == "official" else (0.0, self.weight_decay)

    def shaping(self) -> dict[str, Any]:
        """The options that decide what a training comes to, JSON-ready; weights and patches do the rest."""
        return {name: value for name, value in self.to_dict().items() if name not in SHAPES_NO_NETWORK}


def resolve_patches(**options: Any) -> PatchRecipe:
    """The recipe with some values replaced.

    Raises:
        InvalidConfig: an unknown option, an impossible value, no such encoder or no such weights for it.
    """
    recipe = replace_options(PatchRecipe(), options)
    check_dense_encoder(recipe.encoder, recipe.weights)
    return recipe
