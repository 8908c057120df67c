"""The recipe `class_maps`: a classifier, how its maps are made and refined, and how masks are made of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar

from maskloop.errors import FailedPrecondition, InvalidConfig
from maskloop.values import SupervisionKind
from models.classification.recipe import CLASSIFIER_RECIPES, ClassifierRecipe, resolve_classifier
from models.training.recipe_options import (
    IterationsOrNone,
    JsonOptions,
    Name,
    Range,
    Share,
    Words,
    check_iterations,
    check_options,
)

FORMAT = "maskloop.class_maps.2"
"""Of a model's file; here, so that a reader of others loads nothing of this room."""
MOST_CATEGORIES = 254  # beside the ground and "unknown", in a byte
MOST_CLOSING = 201  # pixels, see models/proposals/from_maps.py
AUTO = "auto"
WITH_OTHERS = ("rib", "rib_advcam")
"""Methods that look at other images besides the one that they map."""
METHODS = ("cam", "gradcam", "advcam", "ficklenet", *WITH_OTHERS, AUTO)
LEARNT_REFINEMENTS = ("psa", "irn", "dsrg")
REFINEMENTS = ("none", "crf", *LEARNT_REFINEMENTS, AUTO)
SPLITS = ("components", "watershed", "displacement")


@dataclass(frozen=True)
class ClassMapsRecipe(JsonOptions):
    """A classifier trained on which classes images hold, and masks made of its class maps.

    Raises:
        InvalidConfig: an impossible value, named by its field.
    """

    name: Name = "class_maps"
    # The classifier.
    classifier: Annotated[str, Words(*CLASSIFIER_RECIPES)] = "pretrained"  # a recipe of models/classification/recipe.py
    min_iterations: IterationsOrNone = 0  # 0 leaves both to that recipe
    max_iterations: IterationsOrNone = 0
    # or "wood": it learns on, from images that are known to hold nothing
    ood: Annotated[str, Words("none", "wood")] = "none"
    # The maps.
    # or another of docs/weak; "auto": cam or advcam, whichever suits the outlines better
    method: Annotated[str, Words(*METHODS)] = "cam"
    advcam_steps: Annotated[int, Range(1, 1_000)] = 10  # each takes as long as a map of "cam"
    rib_steps: Annotated[int, Range(1, 1_000)] = 10  # each takes three times as long
    rib_rate: Annotated[float, Range(1e-09, 1)] = 8e-5  # the authors' 8e-6 hardly moves the packaged encoder
    fickle_passes: Annotated[int, Range(1, 10_000)] = 50
    # longer side in pixels that pictures are brought to for maps; 0 for that which the classifier reads
    side: Annotated[int, Range(16, 2_048, zero=True)] = 0
    # What is made of the maps before masks.
    # "crf" takes a second an image; "psa", "irn" and "dsrg" learn; "auto": none or crf
    refine: Annotated[str, Words(*REFINEMENTS)] = "none"
    refine_iterations: IterationsOrNone = 0  # of what learns; 0 for its own number
    # The masks.
    threshold: Share = 0.0  # of the ground; 0 has it swept on the labeled images
    closing: Annotated[int, Range(0, MOST_CLOSING)] = 5  # diameter in pixels of the disc that closes gaps
    least_share: Share = 0.001  # of the image; smaller masks go
    # "watershed" cuts an area at its summits, "displacement" as "irn" has learnt to
    split: Annotated[str, Words(*SPLITS)] = "components"
    # probability from which a class is taken to be there, where nobody has said it
    sure: Annotated[float, Range(1e-06, 1)] = 0.5

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

    def __post_init__(self) -> None:
        check_options(self)
        check_iterations(self)
        if self.split == "displacement" and self.refine != "irn":
            raise InvalidConfig("split=displacement needs refine=irn, which learns displacements", field="split")
        if self.ood != "none" and self.method == "ficklenet":
            raise InvalidConfig("ood=wood trains on the head of a plain classifier, not FickleNet's", field="ood")

    @property
    def needs_empty_images(self) -> bool:
        """Whether it learns from images that are known to hold nothing, and cannot do without."""
        return self.ood != "none"

    def check_vocabulary(self, categories: int) -> None:
        """Raises FailedPrecondition where the vocabulary is too large: what refines maps keeps labels in bytes."""
        if self.refine in LEARNT_REFINEMENTS and categories > MOST_CATEGORIES:
            raise FailedPrecondition(
                f"recipe option refine={self.refine} learns at most {MOST_CATEGORIES} categories; the project has "
                f"{categories}",
                field="overrides_json",
            )

    @property
    def map_side(self) -> int:
        """Longer side in pixels that pictures are brought to for maps."""
        return self.side or self.of_classifier().image_size

    def iterations(self, examples: int, *, warm: bool = False) -> int:
        """Of the classifier's training on that many images that hold something. It never starts warm."""
        return self.of_classifier().iterations(examples)

    def of_classifier(self) -> ClassifierRecipe:
        """The classifier's own recipe, which is judged by no held-out fit: masks are what counts here."""
        told = {name: getattr(self, name) for name in ("min_iterations", "max_iterations") if getattr(self, name)}
        return resolve_classifier(self.classifier, held_out=0.0, **told)

    def check_encoder(self) -> None:
        """Raises InvalidConfig where the classifier's recipe is impossible."""
        self.of_classifier()


RECIPES: Mapping[str, ClassMapsRecipe] = {"class_maps": ClassMapsRecipe()}
