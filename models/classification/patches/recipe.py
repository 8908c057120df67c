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
from typing import Annotated, Any, ClassVar

from models.data.samples import IMAGENET_MEAN, IMAGENET_STD
from models.encoders.names import WIDE, check_dense_encoder, full_dense_name
from models.training.readings import Readings
from models.training.recipe_options import (
    Batch,
    Iterations,
    IterationsOrNone,
    JsonOptions,
    Name,
    Range,
    Rate,
    WeightDecay,
    Weights,
    Words,
    check_ascending,
    check_options,
    replace_options,
)

STATISTICS: Mapping[str, tuple[tuple[float, ...], tuple[float, ...]]] = {
    "imagenet": (IMAGENET_MEAN, IMAGENET_STD),
    "glas": ((0.787, 0.511, 0.785), (0.167, 0.248, 0.131)),
}
"""Mean and deviation of pixels in [0, 1], by channel; GlaS's as in the authors' program."""
SHAPES_NO_NETWORK = frozenset({"weights", "side", "stride", "share", "checkpoint_every"})


@dataclass(frozen=True)
class PatchRecipe(JsonOptions, Readings):
    """A classifier of patches and its training.

    Raises:
        InvalidConfig: an impossible value, named by its field.
    """

    # The patches.
    side: Annotated[int, Range(1, 1_000_000)] = 112  # pixels
    stride: Annotated[int, Range(1, 1_000_000)] = 56
    share: Annotated[float, Range(1e-06, 1)] = 0.05  # of a patch's pixels; a class of more than that is there
    # The network.
    encoder: Name = WIDE  # see models.encoders.last_stages.build_dense_encoder
    weights: Weights = ""
    last_dilation: Annotated[int, Range(1, 64)] = 2  # of WideResNet-38's last stage
    # that pixels are normalised by; encoders of timm's want "imagenet"
    statistics: Annotated[str, Words(*STATISTICS)] = "glas"
    input_side: Annotated[int, Range(8, 2_048)] = 224  # that patches are enlarged to, pixels
    smallest: Annotated[float, Range(0.001, 1)] = 0.7  # share of a patch's area that a view shows, drawn from here to 1
    # The training.
    epochs: Iterations = 20
    max_iterations: IterationsOrNone = 0  # 0 for no limit
    batch: Batch = 20
    optimizer: Annotated[str, Words("sgd", "adamw")] = "sgd"
    rate: Rate = 0.01
    head_factor: Annotated[float, Range(1e-06, 10_000.0)] = 1.0  # of the rate, for the linear layer
    weight_decay: WeightDecay = 1e-4
    compat: Annotated[str, Words("paper", "official")] = "paper"  # or "official", see above
    checkpoint_every: Iterations = 50  # iterations

    OFFICIAL: ClassVar[Mapping[str, Any]] = {"compat": "official"}
    PAPER: ClassVar[Mapping[str, Any]] = {"compat": "paper"}

    def __post_init__(self) -> None:
        check_options(self)
        object.__setattr__(self, "encoder", full_dense_name(self.encoder))
        check_ascending(self, "stride", "side")

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
