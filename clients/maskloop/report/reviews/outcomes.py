"""What people made of proposals, in numbers, as `report.json` holds them.

Time saved is counted twice. As planned: the seconds that the cost model has for these labels, against those that it has
for drawing every object of theirs; where seconds were measured, those against the same. And by the bands of Janouskova
et al.; see `maskloop.costs.corrections`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from maskloop.errors import InvalidArgument
from maskloop.report.pictures.corrections import Correction


class Step(StrEnum):
    """What the planned seconds of a reviewed label go into."""

    DRAWING = "drawing"  # objects that nothing was proposed for
    BOXES = "boxes"  # or points, that ask for a proposal
    MENDING = "mending"
    CLASSES = "classes"  # another category than the proposal's
    LOOKS = "looks"
    REJECTIONS = "rejections"  # beside the look
    CHECKS = "checks"  # for classes that the image lacks


@dataclass(frozen=True)
class Reviewed:
    """What became of proposals and objects in some labels with reviews. Crowds are no objects.

    A missed object is one that no proposal of the network's own became: it was drawn, or boxed and begun as what the
    network proposed for the box. Shown proposals are `accepted + mended + rejected`, missed objects `drawn + boxed`.

    Args:
        labels: how many; of a class those in which it was proposed or outlined.
        accepted, mended, rejected: of the network's own proposals. Mended ones include those that only became another
            category's.
        drawn, boxed: missed objects.
        boxes_rejected: proposals for boxes of which no object came.
        reclassified: objects of another category than their proposal.
        mended_iou: mean IoU, in [0, 1], of own proposals whose masks were mended with what they became; `None` where
            there were none.
        planned_s: of these labels by the cost model, less what counts had cost.
        drawing_s: the same, if every object had been drawn.
        outlines_s: of that the outlines alone; the rest is looking for classes, less counts.
        steps_s: planned seconds by `Step`, counts not taken off; a class has no `CHECKS`.
        measured_labels, measured_s: labels of which people reported seconds, and these.
        measured_drawing_s: as `drawing_s`, of these labels.
        saved: `1 - planned_s / drawing_s`, below 0 where proposals cost more than they save. Worked out here, `None`
            where there was nothing to draw.
        measured_saved: `1 - measured_s / measured_drawing_s`, likewise.

    Raises:
        InvalidArgument: seconds are negative or not finite.
    """

    labels: int
    accepted: int
    mended: int
    rejected: int
    drawn: int
    boxed: int
    boxes_rejected: int
    reclassified: int
    mended_iou: float | None
    planned_s: float
    drawing_s: float
    outlines_s: float
    steps_s: Mapping[str, float] = field(default_factory=dict)
    measured_labels: int = 0
    measured_s: float = 0.0
    measured_drawing_s: float = 0.0
    saved: float | None = None
    measured_saved: float | None = None

    def __post_init__(self) -> None:
        for name in ("planned_s", "drawing_s", "outlines_s", "measured_s", "measured_drawing_s"):
            if not 0 <= getattr(self, name) < math.inf:
                raise InvalidArgument(f"{name} of reviews is {getattr(self, name)}", field=f"reviews.{name}")
        object.__setattr__(self, "saved", _saved(self.planned_s, self.drawing_s))
        object.__setattr__(self, "measured_saved", _saved(self.measured_s, self.measured_drawing_s))

    @property
    def shown(self) -> int:
        """The network's own proposals that people looked at."""
        return self.accepted + self.mended + self.rejected

    @property
    def missed(self) -> int:
        """Objects that none of these became."""
        return self.drawn + self.boxed

    @property
    def objects(self) -> int:
        """All objects."""
        return self.accepted + self.mended + self.missed


@dataclass(frozen=True)
class BandShares:
    """Shares of the outlines' time that proposals saved by the bands of Janouskova et al., in [0, 1].

    Args:
        objects: that the shares are of.
        micro: mean of the objects.
        macro: mean of the classes.
        by_class: by the class's name.
    """

    objects: int
    micro: float
    macro: float
    by_class: Mapping[str, float]


@dataclass(frozen=True)
class ReviewsReport:
    """What people made of proposals in a campaign, in labels as they were first handed in.

    Args:
        total: all labels with reviews.
        by_round: by the round whose batch they belong to, 0 for those before the first.
        by_class: by the name of a class: of the object, or of the rejected proposal.
        by_method: by the method of the network that proposed, then by class; without those that nobody knows.
        own: the network's own proposals, by bands; missed objects count with an IoU of 0, as in the paper. `None`
            where no label holds an object.
        prompted: those that people asked for; one of which nothing came counts with an IoU of 0. `None` without any.
        corrections: some of the proposals that were mended or rejected, the largest corrections first.
    """

    total: Reviewed
    by_round: Mapping[int, Reviewed]
    by_class: Mapping[str, Reviewed]
    own: BandShares | None
    prompted: BandShares | None
    corrections: tuple[Correction, ...] = ()
    by_method: Mapping[str, Mapping[str, Reviewed]] = field(default_factory=dict)


def _saved(seconds: float, drawing_s: float) -> float | None:
    return 1 - seconds / drawing_s if drawing_s else None
