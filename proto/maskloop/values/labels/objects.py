"""Outlined objects."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from maskloop.errors import InvalidLabel, InvalidMask
from maskloop.masks import Mask
from maskloop.values.labels.review import Origin, Verdict
from maskloop.values.projects import Category, Image
from maskloop.values.proposals import ObjectProposal


@dataclass(frozen=True)
class ObjectLabel:
    """One object a person outlined, or a model proposed; or a crowd: a region of many objects nobody told apart.

    Args:
        category_id: of the project's vocabulary.
        mask: its visible pixels, at the image's size.
        crowd: whether it is a crowd. Networks neither learn from its pixels nor are measured on them, and it counts as
            no object, in numbers and prices alike.
        origin: what it began as, in a label that was made with proposals at hand; `None` elsewhere, and there for what
            was drawn.
    """

    category_id: int
    mask: Mask
    crowd: bool = False
    origin: Origin | None = None

    @classmethod
    def accepted(cls, proposal: ObjectProposal) -> Self:
        """The object that a proposal shows, as it is."""
        return cls(proposal.category_id, proposal.mask, origin=Origin(Verdict.ACCEPTED, proposal.id))

    @classmethod
    def modified(cls, proposal: ObjectProposal, mask: Mask, category_id: int = 0) -> Self:
        """What a person made of a proposal, of another category than the proposal's where one is given."""
        return cls(category_id or proposal.category_id, mask, origin=Origin(Verdict.MODIFIED, proposal.id))

    @property
    def outline_length(self) -> float:
        """How long its outline is, in sides of a square of the image's area."""
        return self.mask.perimeter / math.sqrt(self.mask.height * self.mask.width)

    def check(self, vocabulary: Sequence[Category], image: Image, where: str) -> None:
        """Check it against its image; messages begin with `where`.

        Raises:
            InvalidLabel: a category outside the vocabulary.
            InvalidMask: a mask of another size than the image, or without a pixel.
        """
        if all(category.id != self.category_id for category in vocabulary):
            raise InvalidLabel(
                f"{where}: project {image.project_id} has no category {self.category_id}", field="objects.category_id"
            )
        if (self.mask.height, self.mask.width) != (image.height, image.width):
            raise InvalidMask(
                f"{where}: the mask has {self.mask.height} x {self.mask.width} pixels (height x width), "
                f"the image {image.height} x {image.width}",
                field="objects.mask",
            )
        if not self.mask.area:
            raise InvalidMask(f"{where}: the mask is empty", field="objects.mask")
