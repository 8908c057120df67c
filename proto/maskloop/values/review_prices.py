"""What reviewing a model's proposals takes, in seconds of annotator time."""

from __future__ import annotations

from dataclasses import dataclass, fields
from enum import StrEnum

from maskloop.errors import InvalidArgument

MOST_SECONDS = 86_400.0
"""Of one step of a review: a day."""


class CorrectionForm(StrEnum):
    """How the time to mend a proposal follows from its IoU with what it became; see `maskloop.costs.corrections`."""

    BANDS = "bands"
    CONTINUOUS = "continuous"


@dataclass(frozen=True)
class ReviewPrices:
    """Planned seconds of each step of a review. Mending is a share of an outline, by how far the proposal was off.

    Args:
        look_s: to look at a proposal and decide, 0 or more. 1.5 s: a prototype's assumption, next to nothing beside
            outlines.
        reject_s: to remove one, beside the look, 0 or more; 2 s, as assumed there.
        reclassify_s: to give an object another category than the proposal's, 0 or more; 2 s, one key, as assumed there.
        box_s: to box an object by extreme clicks, so that the model proposes its mask, 0 or more; 7 s (Papadopoulos,
            Uijlings, Keller, Ferrari, *Extreme clicking for efficient object annotation*, ICCV 2017).
        correction: how mending is priced.

    Raises:
        InvalidArgument: a price is negative or no number.
    """

    look_s: float = 1.5
    reject_s: float = 2.0
    reclassify_s: float = 2.0
    box_s: float = 7.0
    correction: CorrectionForm = CorrectionForm.BANDS

    def __post_init__(self) -> None:
        for each in fields(self):
            value = getattr(self, each.name)
            if each.name.endswith("_s") and not 0 <= value <= MOST_SECONDS:
                raise InvalidArgument(
                    f"{each.name} of a review is {value:g}; 0 to {MOST_SECONDS:,.0f} can be", field="review_prices"
                )


REVIEWS = ReviewPrices()
"""What a review is planned to take unless a project says otherwise."""
