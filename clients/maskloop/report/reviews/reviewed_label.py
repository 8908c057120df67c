"""A label that was made with proposals at hand, beside what a report has to know of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from maskloop.errors import InvalidLabel
from maskloop.values import FullLabel, Review


@dataclass(frozen=True)
class ReviewedLabel:
    """One label with a review.

    Args:
        round: whose batch its image belongs to, 0 for the first batch.
        image: id of the image.
        file_name: of the image.
        content: what the label says; it has a review.
        seconds_spent: measured seconds, `None` where nobody reported any.
        counts_paid_s: planned seconds that counts of the image had cost before.
        method: of the network that proposed, such as `pretrained`; "" where nobody knows.
        head_fitted: whether the IoU head of the network that proposed was fitted, so that it predicts IoUs.

    Raises:
        InvalidLabel: the label has no review.
    """

    round: int
    image: str
    file_name: str
    content: FullLabel
    seconds_spent: float | None = None
    counts_paid_s: float = 0.0
    method: str = ""
    head_fitted: bool = True

    def __post_init__(self) -> None:
        if self.content.review is None:
            raise InvalidLabel(f"image {self.image}: the label says of no proposal what became of it", field="review")

    @property
    def review(self) -> Review:
        """What became of the proposals."""
        return cast(Review, self.content.review)  # checked when it was made
