"""The recipe `oeem`: a classifier of patches, masks made of its maps, a network that learns them, and how it is read.

Li et al., *Online easy example mining for weakly-supervised gland segmentation from histology images*, MICCAI 2022.
Rates and sizes are ours, for the packaged encoder and a core or two.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar

from maskloop.errors import FailedPrecondition, InvalidConfig
from maskloop.values import SupervisionKind
from models.encoders.names import PACKAGED, TIMM, check_dense_encoder, full_dense_name
from models.training.recipe_options import (
    Iterations,
    IterationsOrNone,
    JsonOptions,
    Name,
    Range,
    Share,
    Weights,
    Words,
    check_iterations,
    check_options,
)

FORMAT = "maskloop.oeem.1"
"""Of a model's file; here, so that a reader of others loads nothing of this room."""
SCALES: Mapping[str, tuple[float, ...]] = {
    "one": (1.0,),
    "three": (1.0, 1.5, 2.0),
    "paper": (1.0, 1.25, 1.5, 1.75, 2.0),
}
READ_SCALES: Mapping[str, tuple[float, ...]] = {
    "one": (1.0,),
    "three": (0.75, 1.0, 1.5),
    "paper": (0.75, 1.0, 1.25, 1.5, 1.75, 2.0, 2.5, 3.0),
}
WEIGHT_MAPS = ("plain", "c_max", "c_diff", "l_norm", "lc_mix", "ohem")
SPLITS = ("components", "watershed")
MOST_CATEGORIES = 254  # beside the ground and "unknown", in a byte
EPOCHS = 10
BATCH = 16  # patches
LAST_RATE = 1e-5
LEAST_SIDE = 16  # pixels
CELL = 32  # pixels: sides that encoders read are multiples of it


@dataclass(frozen=True)
class OeemRecipe(JsonOptions):
    """Classes of patches teach a classifier, its maps make masks, and a network learns these, each pixel weighed.

    Raises:
        InvalidConfig: an impossible value, named by its field.
    """

    name: Name = "oeem"
    ground: bool = True  # some pixels are of no category; False where the vocabulary names all there is, as in tissue
    # The sizes.
    # of a patch, in pixels of the project's images; 0: as large as the images whose classes are known
    side: Annotated[int, Range(LEAST_SIDE, 100_000, zero=True)] = 0
    # that the classifier sees patches at; larger images are made smaller with them
    input_side: Annotated[int, Range(CELL, 1_024, step=CELL)] = 160
    share: Share = 0.05  # of an outlined patch's pixels; a class of more than that is there
    # The networks.
    encoder: Name = f"{TIMM}{PACKAGED}"  # of both; or wideresnet38, as published, with weights from a file
    weights: Weights = "package"
    width: Annotated[int, Range(2, 1_024, step=2)] = 64  # channels of the head of the network that learns masks
    # The trainings.
    min_iterations: IterationsOrNone = 120  # of each of the two
    max_iterations: Iterations = 600
    rate: Annotated[float, Range(1e-09, 1)] = 3e-4  # of the classifier
    mask_rate: Annotated[float, Range(1e-09, 1)] = 1e-3  # of the network that learns masks
    # The masks that are learnt.
    # that patches are mapped at: "one", "three" or the "paper"'s five
    map_scales: Annotated[str, Words(*SCALES)] = "three"
    map_threshold: Share = 0.0  # of the ground in maps; 0 has it swept on the labeled images
    mapped: Annotated[int, Range(1, 1_000_000)] = 200  # tiles of images that masks are made of, drawn by the seed
    # of pixels, see docs/weak/oeem.md; "plain" weighs none, "ohem" hard ones alone
    weight_map: Annotated[str, Words(*WEIGHT_MAPS)] = "l_norm"
    # The masks that are proposed.
    # that images are read at, each mirrored as well; the "paper" reads at eight
    read_scales: Annotated[str, Words(*READ_SCALES)] = "one"
    threshold: Share = 0.0  # of the ground; 0 has it swept on the labeled images
    closing: Annotated[int, Range(0, 201)] = 5  # diameter in pixels of the disc that closes gaps
    least_share: Share = 0.001  # of the image; smaller masks go
    split: Annotated[str, Words(*SPLITS)] = "components"  # "watershed" cuts an area at its summits

    start: ClassVar[str] = "scratch"
    needs_counts: ClassVar[bool] = False
    learns_from: ClassVar[frozenset[SupervisionKind]] = frozenset(
        {SupervisionKind.FULL, SupervisionKind.IMAGE_LEVEL, SupervisionKind.COUNTS}
    )
    """Of labels that say more than classes without an outline, it takes the classes."""
    takes_pseudo_labels: ClassVar[bool] = False
    learns_from_rejections: ClassVar[bool] = False
    pseudo_images: ClassVar[int] = 0
    empty_images: ClassVar[int] = 0
    """Images that hold nothing are among those whose classes are known."""
    needs_empty_images: ClassVar[bool] = False

    def __post_init__(self) -> None:
        check_options(self)
        object.__setattr__(self, "encoder", full_dense_name(self.encoder))
        check_iterations(self)
        if self.mask_rate <= LAST_RATE:
            raise InvalidConfig(f"mask_rate is {self.mask_rate}; it falls to {LAST_RATE:g}", field="mask_rate")

    def iterations(self, examples: int, *, warm: bool = False) -> int:
        """Of a training on that many patches or tiles. It never starts warm."""
        return min(max(self.min_iterations, EPOCHS * -(-examples // BATCH)), self.max_iterations)

    def check_vocabulary(self, categories: int) -> None:
        """Raises FailedPrecondition where the vocabulary is too large or too small: labels of pixels are bytes, and
        one category alone cannot name all there is."""
        if categories > MOST_CATEGORIES:
            raise FailedPrecondition(
                f"recipe {self.name} learns at most {MOST_CATEGORIES} categories; the project has {categories}",
                field="recipe",
            )
        if not self.ground and categories < 2:
            raise FailedPrecondition(
                f"recipe option ground=false needs 2 categories, which name all there is; the project has {categories}",
                field="overrides_json",
            )

    def check_encoder(self) -> None:
        """Raises InvalidConfig where there is no such encoder, or no such weights for it."""
        check_dense_encoder(self.encoder, self.weights)


RECIPES: Mapping[str, OeemRecipe] = {"oeem": OeemRecipe()}
