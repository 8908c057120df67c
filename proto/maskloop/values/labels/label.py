"""Labels: submitted, and kept."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime

from maskloop.errors import InvalidLabel
from maskloop.values.labels.counts import Counts
from maskloop.values.labels.full import FullLabel
from maskloop.values.labels.kind import LabelContent, SupervisionKind
from maskloop.values.labels.objects import ObjectLabel


class _Labeled:
    """What drafts and labels tell of their content."""

    content: LabelContent

    @property
    def kind(self) -> SupervisionKind:
        """The kind of label."""
        return self.content.kind

    @property
    def shown(self) -> Counts:
        """The objects it shows, in numbers."""
        return self.content.shown

    @property
    def objects(self) -> tuple[ObjectLabel, ...]:
        """The objects it outlines; none in a label of another kind than full."""
        return self.content.objects if isinstance(self.content, FullLabel) else ()


@dataclass(frozen=True)
class LabelDraft(_Labeled):
    """What a person submits of one image.

    Args:
        image_id: the image.
        content: what is said of it, which decides the kind: a class of `LABEL_KINDS`.
        seconds_spent: measured time, `None` if unknown.
        supersedes: the id of the label this one corrects, "" for a first label.

    Raises:
        InvalidLabel: it says nothing, or a measured time that cannot be.
    """

    image_id: str
    content: LabelContent
    seconds_spent: float | None = None
    supersedes: str = ""

    def __post_init__(self) -> None:
        if not isinstance(self.content, LabelContent):
            raise InvalidLabel(f"image {self.image_id}: the label says nothing", field="labels.supervision")
        if self.seconds_spent is not None and not (0 <= self.seconds_spent < math.inf):
            raise InvalidLabel(
                f"image {self.image_id}: seconds_spent is {self.seconds_spent}", field="labels.seconds_spent"
            )


@dataclass(frozen=True)
class Label(_Labeled):
    """An accepted label. `cost_s` is its planned cost; `superseded_by` the id of its correction, "" if current."""

    id: str
    project_id: str
    image_id: str
    content: LabelContent
    annotator: str
    cost_s: float
    created_at: datetime
    seconds_spent: float | None = None
    campaign_id: str = ""
    supersedes: str = ""
    superseded_by: str = ""

    @property
    def charged_s(self) -> float:
        """Seconds that its campaign, if it has one, is charged for it; see `charged_seconds`."""
        return charged_seconds(self.cost_s, self.seconds_spent)


def charged_seconds(planned_s: float, measured_s: float | None) -> float:
    """Seconds charged for a label: the measured ones, planned where none are known. In whole milliseconds."""
    seconds = planned_s if measured_s is None else measured_s
    return round(seconds * 1000) / 1000
