"""The recipe `oeem`: a classifier of patches, masks made of its maps, a network that learns them, and how it is read.

Li et al., *Online easy example mining for weakly-supervised gland segmentation from histology images*, MICCAI 2022.
Rates and sizes are ours, for the packaged encoder and a core or two.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from maskloop.errors import FailedPrecondition, InvalidConfig
from maskloop.values import SupervisionKind
from models.encoders.names import PACKAGED, TIMM, check_dense_encoder, full_dense_name
from models.training.recipe_options import JsonOptions, check_options

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
CHOICES: Mapping[str, tuple[str, ...]] = {
    "map_scales": tuple(SCALES),
    "read_scales": tuple(READ_SCALES),
    "weight_map": WEIGHT_MAPS,
    "split": SPLITS,
}
MOST: Mapping[str, float] = {
    **dict.fromkeys(("share", "map_threshold", "threshold", "least_share", "rate", "mask_rate"), 1.0),
    **dict.fromkeys(("min_iterations", "max_iterations"), 10_000_000),
    "side": 100_000,
    "input_side": 1_024,
    "mapped": 1_000_000,
    "width": 4_096,
    "closing": 201,
}
"""Pixels, steps and shares: beyond them no picture, person or machine has any use."""
MAY_BE_ZERO = frozenset({
    "side", "weights", "share", "map_threshold", "threshold", "closing", "least_share", "min_iterations",
})  # fmt: skip
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

    name: str = "oeem"
    ground: bool = True  # some pixels are of no category; False where the vocabulary names all there is, as in tissue
    # The sizes.
    side: int = 0  # of a patch, in pixels of the project's images; 0: as large as the images whose classes are known
    input_side: int = 160  # that the classifier sees patches at; larger images are made smaller with them
    share: float = 0.05  # of an outlined patch's pixels; a class of more than that is there
    # The networks.
    encoder: str = f"{TIMM}{PACKAGED}"  # of both; or wideresnet38, as published, with weights from a file
    weights: str = "package"
    width: int = 64  # channels of the head of the network that learns masks
    # The trainings.
    min_iterations: int = 120  # of each of the two
    max_iterations: int = 600
    rate: float = 3e-4  # of the classifier
    mask_rate: float = 1e-3  # of the network that learns masks
    # The masks that are learnt.
    map_scales: str = "three"  # that patches are mapped at: "one", "three" or the "paper"'s five
    map_threshold: float = 0.0  # of the ground in maps; 0 has it swept on the labeled images
    mapped: int = 200  # tiles of images that masks are made of, drawn by the seed
    weight_map: str = "l_norm"  # of pixels, see docs/weak/oeem.md; "plain" weighs none, "ohem" hard ones alone
    # The masks that are proposed.
    read_scales: str = "one"  # that images are read at, each mirrored as well; the "paper" reads at eight
    threshold: float = 0.0  # of the ground; 0 has it swept on the labeled images
    closing: int = 5  # diameter in pixels of the disc that closes gaps
    least_share: float = 0.001  # of the image; smaller masks go
    split: str = "components"  # "watershed" cuts an area at its summits

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
        check_options(self, CHOICES, MAY_BE_ZERO, MOST)
        object.__setattr__(self, "encoder", full_dense_name(self.encoder))
        if self.max_iterations < self.min_iterations:
            raise InvalidConfig("max_iterations is below min_iterations", field="max_iterations")
        for name, least in (("input_side", CELL), ("width", 2)):
            if getattr(self, name) % least:
                raise InvalidConfig(f"{name} is {getattr(self, name)}, not a multiple of {least}", field=name)
        if 0 < self.side < LEAST_SIDE:
            raise InvalidConfig(f"side is {self.side}; 0, or at least {LEAST_SIDE} pixels", field="side")
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
