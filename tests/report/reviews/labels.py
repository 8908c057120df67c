"""Labels with reviews in an image of 100 x 100 pixels: objects are 10 pixels high, so that IoUs are tenths."""

import numpy as np

from maskloop.masks import Mask
from maskloop.report import ReviewedLabel
from maskloop.values import (
    Category,
    FullLabel,
    ObjectLabel,
    ObjectProposal,
    Origin,
    Rejection,
    Review,
    Verdict,
)

SIDE = 100
CRACK, RUST = 1, 2
CATEGORIES = (Category(CRACK, "crack"), Category(RUST, "rust"), Category(3, "spalling"))


def bar(row: int, width: int = 10) -> Mask:
    """10 pixels high and `width` wide, from the left in the `row`th ten pixels: an IoU of `width` / 10 with the
    whole."""
    array = np.zeros((SIDE, SIDE), dtype=np.bool_)
    array[10 * row : 10 * row + 10, :width] = True
    return Mask.from_array(array)


def proposal(name: str, mask: Mask, category: int = CRACK, predicted: float = 0.5) -> ObjectProposal:
    return ObjectProposal(category, mask, predicted, 0.9, name)


def began(mask: Mask, verdict: Verdict, name: str, iou: float | None, category: int = CRACK, **more) -> ObjectLabel:
    return ObjectLabel(category, mask, origin=Origin(verdict, name, iou=iou, **more))


def drawn(mask: Mask, category: int = CRACK) -> ObjectLabel:
    return ObjectLabel(category, mask, origin=Origin(Verdict.MISSED))


def label(image: str, objects=(), rejected=(), proposals=(), number: int = 1, **more) -> ReviewedLabel:
    content = FullLabel(tuple(objects), Review("v1", tuple(rejected), tuple(proposals)))
    return ReviewedLabel(number, image, f"{image}.jpg", content, **more)


def by_hand() -> list[ReviewedLabel]:
    """Round 1: of five cracks one accepted, two mended, one drawn, one boxed and accepted, and a proposal of rust
    rejected. Round 2, measured: a crack that was proposed as rust, a drawn rust, a box's proposal rejected, a crowd.
    """
    first = label(
        "a",
        [
            began(bar(0), Verdict.ACCEPTED, "p0", 1.0),
            began(bar(1), Verdict.MODIFIED, "p1", 0.8),
            began(bar(2), Verdict.MODIFIED, "p2", 0.6),
            drawn(bar(3)),
            began(bar(4), Verdict.ACCEPTED, "p4", 1.0, prompted=True),
        ],
        [Rejection("p5")],
        [
            proposal("p0", bar(0)),
            proposal("p1", bar(1, 8), predicted=0.9),
            proposal("p2", bar(2, 6), predicted=0.7),
            proposal("p4", bar(4)),
            proposal("p5", bar(3, 3), RUST, 0.4),
        ],
    )
    second = label(
        "b",
        [
            began(bar(0), Verdict.MODIFIED, "q0", 1.0, reclassified=True),
            drawn(bar(1), RUST),
            ObjectLabel(CRACK, bar(8), crowd=True),
        ],
        [Rejection("q1", prompted=True)],
        [proposal("q0", bar(0), RUST), proposal("q1", bar(1, 2), RUST)],
        number=2,
        seconds_spent=60.0,
    )
    return [first, second]
