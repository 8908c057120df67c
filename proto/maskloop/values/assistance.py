"""How people are helped while they label."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from maskloop.errors import InvalidArgument


class Assist(StrEnum):
    """What a model does for people while they outline objects, least first."""

    NONE = "none"  # they draw
    PROPOSALS = "proposals"  # they accept, mend or remove its masks, and draw what it missed
    BOXES = "boxes"  # the same, and box what it missed: it proposes a mask for each box


@dataclass(frozen=True)
class Assistance:
    """Help of a model version with one task, or of several.

    Args:
        assist: what it does.
        model_version: whose proposals they are; "" where there are none, and in a request for the active one.
        among: several versions of which each image is shown the proposals of one, which the server chooses by what
            reviews have saved; `model_version`, the first of them if it is "", then answers boxes and plans what
            labels should cost. None for the one alone.
        min_predicted_iou: proposals of a lower predicted IoU are not shown, in [0, 1].

    Raises:
        InvalidArgument: the IoU is outside its range, or a model version is named that is not to help, or twice.
    """

    assist: Assist = Assist.NONE
    model_version: str = ""
    min_predicted_iou: float = 0.0
    among: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not 0 <= self.min_predicted_iou <= 1:
            raise InvalidArgument(
                f"min_predicted_iou is {self.min_predicted_iou:g}, outside [0, 1]", field="assistance.min_predicted_iou"
            )
        if self.assist is Assist.NONE and (self.model_version or self.among):
            named = self.model_version or self.among[0]
            raise InvalidArgument(f"model version {named} is named, and assist is none", field="assistance")
        if len(set(self.among)) < len(self.among):
            raise InvalidArgument("a model version is named twice", field="assistance.among")
        if self.among and not self.model_version:
            object.__setattr__(self, "model_version", self.among[0])
        if self.among and self.model_version not in self.among:
            raise InvalidArgument(
                f"model version {self.model_version} is none of those that help", field="assistance.model_version"
            )


UNAIDED = Assistance()
"""People draw."""
