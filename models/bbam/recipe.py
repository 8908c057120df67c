"""The recipe `bbam`: a detector that learns from boxes, how its boxes become masks, and what answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Annotated, Any, ClassVar

from maskloop.errors import InvalidConfig
from maskloop.values import SupervisionKind
from models.boxes.recipe import OWN_ENCODERS, DetectorRecipe, MaskRecipe
from models.encoders.names import check_encoder, full_name
from models.training.recipe_options import (
    Iterations,
    IterationsOrNone,
    JsonOptions,
    Name,
    Range,
    Rate,
    Share,
    Weights,
    Words,
    check_ascending,
    check_iterations,
    check_options,
)

FORMAT = "maskloop.bbam.1"
"""Of a model's file; here, so that a reader of others loads nothing of this room."""
BBAM, GRABCUT, RECTANGLE = "bbam", "grabcut", "rectangle"
CRF, SEGMENTS = "crf", "segments"
STUDENT_SHARE = 2 / 3  # of the detector's iterations: the Mask R-CNN begins with what the detector has learnt
WARMUP = 20  # iterations at most


@dataclass(frozen=True)
class BbamRecipe(JsonOptions):
    """A Faster R-CNN trained on boxes, masks of what it looks at, and by default a Mask R-CNN trained on these.

    Raises:
        InvalidConfig: an impossible value, named by its field.
    """

    name: Name = "bbam"
    # The networks.
    encoder: Name = "timm:tf_efficientnet_lite0"
    weights: Weights = "package"  # see models.encoders.backbones.build_encoder
    shortest: Annotated[int, Range(32, 2_048)] = 160  # shorter side that an image is brought to, pixels,
    longest: Annotated[int, Range(32, 2_048)] = 256  # and longer side at most
    width: Annotated[int, Range(8, 1_024)] = 64  # channels of the pyramid
    head: Annotated[int, Range(8, 4_096)] = 256  # of the two layers that look at a region
    anchor: Annotated[int, Range(1, 512)] = 12  # side of the smallest anchors, pixels; they double from level to level
    iterations_per_image: Annotated[int, Range(1, 100_000)] = 6
    min_iterations: Iterations = 120
    max_iterations: IterationsOrNone = 400  # 0 for no limit
    batch: Annotated[int, Range(1, 256)] = 4
    rate: Rate = 1e-3
    encoder_factor: Share = 0.1  # of the rate, for the encoder; 0 keeps it as it is
    # The masks of boxes.
    # or what is compared with it: "grabcut", or "rectangle", the whole box
    masks: Annotated[str, Words(BBAM, GRABCUT, RECTANGLE)] = BBAM
    steps: Annotated[int, Range(1, 10_000)] = 60  # of a mask's optimiser; each is one look at the image and back
    explained: Annotated[int, Range(0, 1_000_000)] = 60  # images whose boxes become masks, drawn by the seed; 0 for all
    # "segments" draws what the CRF made to segments of the image; "none" leaves maps as they are
    refine: Annotated[str, Words(CRF, SEGMENTS, "none")] = CRF
    # theta: the share 1 - theta of a box is surely of its object; 0 chooses it on outlines
    quantile: Annotated[float, Range(0, 0.999)] = 0.0
    # What answers.
    student: bool = True  # a Mask R-CNN that learns from these masks; else each box is explained anew, for seconds
    threshold: Share = 0.2  # least score of an object
    # Work.
    checkpoint_every: Iterations = 50  # iterations

    start: ClassVar[str] = "scratch"
    needs_counts: ClassVar[bool] = False
    learns_from: ClassVar[frozenset[SupervisionKind]] = frozenset({SupervisionKind.FULL, SupervisionKind.BOXES})
    begins_with: ClassVar[frozenset[SupervisionKind]] = learns_from
    """Kinds of labels of which one is enough for a training."""
    takes_pseudo_labels: ClassVar[bool] = False
    learns_from_rejections: ClassVar[bool] = False
    pseudo_images: ClassVar[int] = 0
    empty_images: ClassVar[int] = 1
    """Images that hold nothing are among those that a batch is drawn of."""

    def __post_init__(self) -> None:
        check_options(self)
        object.__setattr__(self, "encoder", full_name(self.encoder, OWN_ENCODERS))
        check_iterations(self)
        check_ascending(self, "shortest", "longest")

    def iterations(self, examples: int, *, warm: bool = False) -> int:
        """Of the detector's training on that many images: more for more labels. It never starts warm."""
        wanted = max(self.min_iterations, self.iterations_per_image * examples)
        return min(wanted, self.max_iterations) if self.max_iterations else wanted

    def of_detector(self, examples: int, *, weights: str = "") -> DetectorRecipe:
        """The detector's own recipe, of a training on that many images.

        Args:
            weights: in the place of the recipe's, where the network is read from a file.
        """
        return DetectorRecipe(**self._options(self.iterations(examples), weights))

    def of_student(self, examples: int, *, weights: str = "") -> MaskRecipe:
        """The Mask R-CNN's."""
        return MaskRecipe(**self._options(max(1, round(STUDENT_SHARE * self.iterations(examples))), weights))

    def check_encoder(self) -> None:
        """Raises InvalidConfig where there are no such encoder or weights, or where OpenCV is missing for GrabCut."""
        check_encoder(self.encoder, self.weights, OWN_ENCODERS)
        if self.masks == GRABCUT and find_spec("cv2") is None:
            raise InvalidConfig("masks=grabcut needs OpenCV: pip install opencv-python-headless", field="masks")

    def _options(self, iterations: int, weights: str) -> dict[str, Any]:
        same = ("encoder", "longest", "width", "head", "anchor", "batch", "rate", "encoder_factor", "checkpoint_every")
        return {
            **{name: getattr(self, name) for name in same},
            "weights": weights or self.weights,
            "smallest": self.shortest,
            "shortest": self.shortest,
            "iterations": iterations,
            "warmup": min(WARMUP, max(1, iterations // 6)),
        }


RECIPES: Mapping[str, BbamRecipe] = {"bbam": BbamRecipe()}
