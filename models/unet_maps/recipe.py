"""The recipe `unet`: networks that learn from clicks, how their maps are made, and how masks are made of these.

Janouskova, Rigotti, Giurgiu, Malossi, *Model-assisted labeling via explainability for visual inspection of civil
infrastructures*, 2022. They give their method no name. Who knows it looks for its U-Net, and so is the recipe called.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Annotated, Any, ClassVar

from maskloop.values import SupervisionKind
from models.classification.unet.recipe import UNET_RECIPES, UnetRecipe
from models.training.recipe_options import (
    IterationsOrNone,
    JsonOptions,
    Name,
    Range,
    Share,
    Words,
    check_iterations,
    check_options,
    replace_options,
)

FORMAT = "maskloop.unet_maps.1"
"""Of a model's file; here, so that a reader of others loads nothing of this room."""
GRAIN = 4  # pixels: crops and tiles are multiples of it
LEAST_CROP = 16  # pixels
OVERLAP = 128  # pixels of two tiles
LOCATING = frozenset({SupervisionKind.FULL, SupervisionKind.BOXES, SupervisionKind.SCRIBBLES, SupervisionKind.POINTS})
"""Kinds of labels that say where objects are."""


@dataclass(frozen=True)
class UnetMapsRecipe(JsonOptions):
    """A classifier of crops for each category, which learns from clicks, and masks made of its maps.

    Raises:
        InvalidConfig: an impossible value, named by its field.
    """

    name: Name = "unet"
    # The networks.
    network: Annotated[str, Words(*UNET_RECIPES)] = "pretrained"  # a recipe of models/classification/unet/recipe.py
    min_iterations: IterationsOrNone = 0  # of each category's network; 0 leaves both to that recipe
    max_iterations: IterationsOrNone = 0
    # side of the squares around clicks, pixels; 0: that recipe's, or half of what images are high
    crop: Annotated[int, Range(LEAST_CROP, 1_024, step=GRAIN, zero=True)] = 0
    # The maps.
    # of AdvCAM, each as long as three maps; 0 for Grad-CAM alone. The paper has 2
    steps: Annotated[int, Range(0, 1_000)] = 0
    # side of what is seen of an image at once, pixels
    tile: Annotated[int, Range(2 * OVERLAP + GRAIN, 8_192, step=GRAIN)] = 512
    sure: Share = 0.5  # probability from which a category is taken to be there, where nobody has said it
    # The masks.
    threshold: Share = 0.0  # of the ground; 0 has it swept on the labeled images. The paper has .1
    closing: Annotated[int, Range(0, 201)] = 5  # diameter in pixels of the disc that closes gaps
    least_area: Annotated[int, Range(0, 1 << 28)] = 40  # pixels; smaller masks go

    start: ClassVar[str] = "scratch"
    needs_counts: ClassVar[bool] = False
    learns_from: ClassVar[frozenset[SupervisionKind]] = LOCATING | {
        SupervisionKind.COUNTS,
        SupervisionKind.IMAGE_LEVEL,
    }
    """Of labels that do not say where objects are, it takes which categories are not there."""
    begins_with: ClassVar[frozenset[SupervisionKind]] = LOCATING
    """Kinds of labels of which one is enough for a training."""
    takes_pseudo_labels: ClassVar[bool] = False
    learns_from_rejections: ClassVar[bool] = True
    pseudo_images: ClassVar[int] = 0
    empty_images: ClassVar[int] = 1

    def __post_init__(self) -> None:
        check_options(self)
        check_iterations(self)

    def iterations(self, examples: int, *, warm: bool = False) -> int:
        """Of a category's training on that many clicks. It never starts warm."""
        return self.of_network().iterations(examples)

    def of_network(self, crop: int = 0) -> UnetRecipe:
        """The networks' own recipe.

        Args:
            crop: side of crops, where this recipe leaves it open; 0 for the networks' own.
        """
        told: dict[str, Any] = {
            name: getattr(self, name) for name in ("min_iterations", "max_iterations") if getattr(self, name)
        }
        side = self.crop or crop
        return replace_options(UNET_RECIPES[self.network], {**told, **({"crop": side} if side else {})})

    def crop_for(self, sizes: Sequence[tuple[int, int]]) -> int:
        """Side of crops of images of these heights and widths: half of a usual one's shorter side at most, so that
        crops of nothing have room."""
        own = self.of_network().crop
        if self.crop or not sizes:
            return own
        half = int(median(min(size) for size in sizes)) // 2
        return max(LEAST_CROP, min(own, half // GRAIN * GRAIN))

    def check_encoder(self) -> None:
        """Raises InvalidConfig where there are no such weights. A network that is read needs none."""
        self.of_network().check_encoder()


RECIPES: Mapping[str, UnetMapsRecipe] = {"unet": UnetMapsRecipe()}
