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
    """Help of one model version with one task.

    Args:
        assist: what it does.
        model_version: whose proposals they are; "" where there are none, and in a request for the active one.
        min_predicted_iou: proposals of a lower predicted IoU are not shown, in [0, 1].

    Raises:
        InvalidArgument: the IoU is outside its range, or a model version is named that is not to help.
    """

    assist: Assist = Assist.NONE
    model_version: str = ""
    min_predicted_iou: float = 0.0

    def __post_init__(self) -> None:
        if not 0 <= self.min_predicted_iou <= 1:
            raise InvalidArgument(
                f"min_predicted_iou is {self.min_predicted_iou:g}, outside [0, 1]", field="assistance.min_predicted_iou"
            )
        if self.assist is Assist.NONE and self.model_version:
            raise InvalidArgument(
                f"model version {self.model_version} is named, and assist is none", field="assistance.model_version"
            )


UNAIDED = Assistance()
"""People draw."""
