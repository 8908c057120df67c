"""The kinds of labels by their classes."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from maskloop.values.labels.boxes import BoxesLabel
from maskloop.values.labels.counts import Counts
from maskloop.values.labels.full import FullLabel
from maskloop.values.labels.image_level import ImageLevelLabel
from maskloop.values.labels.kind import LabelContent, SupervisionKind
from maskloop.values.labels.ood_check import OodAnswer
from maskloop.values.labels.points import PointsLabel
from maskloop.values.labels.scribbles import ScribblesLabel

LABEL_KINDS: Mapping[SupervisionKind, type[LabelContent]] = MappingProxyType(
    {
        content.kind: content
        for content in (ImageLevelLabel, Counts, PointsLabel, ScribblesLabel, BoxesLabel, FullLabel, OodAnswer)
    }
)
"""The class of each kind."""

MARKS = (SupervisionKind.BOXES, SupervisionKind.SCRIBBLES, SupervisionKind.POINTS)
"""Kinds that show every object without its outline, the one that says most first."""
