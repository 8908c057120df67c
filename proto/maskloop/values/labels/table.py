"""The kinds of labels that are supported."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from maskloop.values.labels.boxes import BoxesLabel
from maskloop.values.labels.counts import Counts
from maskloop.values.labels.full import FullLabel
from maskloop.values.labels.image_level import ImageLevelLabel
from maskloop.values.labels.kind import LabelContent, SupervisionKind
from maskloop.values.labels.ood_check import OodAnswer

LABEL_KINDS: Mapping[SupervisionKind, type[LabelContent]] = MappingProxyType(
    {content.kind: content for content in (ImageLevelLabel, Counts, BoxesLabel, FullLabel, OodAnswer)}
)
"""The class of each supported kind. A kind without one is refused wherever it is said."""
