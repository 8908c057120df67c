"""How a simulated person works: how exact their outlines and boxes are, and what is good enough for them."""

from __future__ import annotations

from dataclasses import dataclass

from maskloop.errors import InvalidArgument

HUMAN_IOU = 0.91
"""IoU of an outline with the truth at which two people, each off on their own, agree to an IoU of .85 to .9."""


@dataclass(frozen=True)
class Person:
    """A simulated person.

    Args:
        outline_iou: IoU of their outlines with the truth, in [.5, 1]; 1 draws exactly what is there.
        accept_iou: a proposal whose IoU with the truth is at least this is good enough as it is, in [.5, 1].
        seed: decides where outlines and boxes are off, 0 or more.

    Raises:
        InvalidArgument: a number outside its range.
    """

    outline_iou: float = 1.0
    accept_iou: float = 0.85
    seed: int = 0

    def __post_init__(self) -> None:
        for name in ("outline_iou", "accept_iou"):
            if not 0.5 <= getattr(self, name) <= 1:
                raise InvalidArgument(f"{name} is {getattr(self, name):g}, outside [0.5, 1]", field="labeler")
