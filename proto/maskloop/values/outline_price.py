"""What outlining one object takes in seconds of annotator time, whatever its length or by it."""

from __future__ import annotations

import math
from dataclasses import dataclass

from maskloop.errors import InvalidArgument

MEAN_OUTLINE_LENGTH = 0.674
"""Sides that an outline is long: the mean of COCO's objects, measured on the 1,796 of the 195 training images of
`coco_subset`, crowds left out; its standard error is .036."""


@dataclass(frozen=True)
class OutlinePrice:
    """Seconds of an outlined object: `fixed_s`, and `length_s` for each side that its outline is long.

    A side is that of a square of the image's area, so that a photograph costs the same at any size, as it fills the
    same screen; in pixels, one twice as wide would cost twice as much.

    Args:
        fixed_s: of each outline, 0 or more. Alone, 79 s: the mean of COCO's objects, as Bellver et al. take it.
        length_s: of each side, 0 or more; 0 for a price that does not know length.

    Raises:
        InvalidArgument: one is negative or no number, or both are 0.
    """

    fixed_s: float = 79.0
    length_s: float = 0.0

    def __post_init__(self) -> None:
        parts = (self.fixed_s, self.length_s)
        if not all(0 <= part < math.inf for part in parts) or not any(parts):
            raise InvalidArgument(
                f"an outline of {self.fixed_s:g} s and {self.length_s:g} s a side cannot be priced",
                field="outline_price",
            )


OUTLINE_FLAT = OutlinePrice()
"""Every outline at 79 s."""
FIXED_PART_S = 49.0
"""Of the 79 s. COCO tells no seconds of single objects, but their corners: an outline has 13.7 of them and 12.3 more a
side (least squares on the objects of `MEAN_OUTLINE_LENGTH`). So .62 of a mean one (standard error .03) are there
whatever its length, if time goes as corners do."""
OUTLINE_BY_LENGTH = OutlinePrice(FIXED_PART_S, (OUTLINE_FLAT.fixed_s - FIXED_PART_S) / MEAN_OUTLINE_LENGTH)
"""By length, calibrated so that a mean object of COCO takes 79 s: 49 s, and 44.5 s a side."""
