"""Pseudo-labels: what a model proposes for images that nobody has outlined, taken for labels."""

from __future__ import annotations

from dataclasses import dataclass

from maskloop.errors import InvalidArgument

MAX_SEED = 2**63 - 1
MIN_AREA_SHARE = 0.001  # of an image; RSIS drops smaller masks when it is measured


@dataclass(frozen=True)
class PseudoLabels:
    """Which pseudo-labels to take: of the pool images without a full label that a model version has scored.

    Args:
        model_version: whose proposals; "" for the project's active version.
        min_predicted_iou: objects whose predicted IoU is lower are left out, in [0, 1].
        min_area_share: and those that cover less of their image, in [0, 1].
        images: at most so many images, 0 for all; those with nothing left do not count.
        seed: draws them, 0 or more: the first of 50 and of 100 are the same.

    Raises:
        InvalidArgument: a value outside its range, by name.
    """

    model_version: str = ""
    min_predicted_iou: float = 0.0
    min_area_share: float = MIN_AREA_SHARE
    images: int = 0
    seed: int = 0

    def __post_init__(self) -> None:
        for name in ("min_predicted_iou", "min_area_share"):
            if not 0 <= getattr(self, name) <= 1:
                raise InvalidArgument(f"{name} is {getattr(self, name)}, outside [0, 1]", field=f"pseudo.{name}")
        for name in ("images", "seed"):
            if not 0 <= getattr(self, name) <= MAX_SEED:
                raise InvalidArgument(f"{name} is {getattr(self, name)}", field=f"pseudo.{name}")
