"""What share of the seconds each kind of label gets."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from maskloop.errors import InvalidArgument
from maskloop.values import MARKS, SupervisionKind


@dataclass(frozen=True)
class Shares:
    """Shares of the seconds of one batch: those of marks on further images, and the rest, which is for outlines.

    Args:
        of_marks: by kind, of `MARKS`, each in (0, 1) and all of them below 1 together. They are kept, and bought, in
            the order of `MARKS`: an image has no need of a mark that says less than one it was given just before.

    Raises:
        InvalidArgument: a kind that is no mark, or a share that cannot be.
    """

    of_marks: Mapping[SupervisionKind, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for kind, share in self.of_marks.items():
            if kind not in MARKS or not 0 < share < 1:
                raise InvalidArgument(f"{share:g} is no share of the seconds for labels of kind {kind}", field="kinds")
        if self.outlines <= 0:
            raise InvalidArgument("marks take all seconds, and none are left for outlines", field="kinds")
        in_order = {kind: self.of_marks[kind] for kind in MARKS if kind in self.of_marks}
        object.__setattr__(self, "of_marks", in_order)

    @property
    def outlines(self) -> float:
        """The share of full labels, in (0, 1]."""
        return 1 - math.fsum(self.of_marks.values())


NO_MARKS = Shares()
