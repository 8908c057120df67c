"""What people say of images: one class a kind of label.

A new kind is one class here, a row in `LABEL_KINDS`, and a row in the table of each border: its price
(`maskloop.costs.cost_model`), its message (`maskloop.convert.labels`), its columns
(`service.store.labels.label_rows`), its use in training (`service.store.labels.judged_images`), and its files for
people (`maskloop.labelers.folder_forms`).
"""

from maskloop.values.labels.boxes import Box, BoxesLabel
from maskloop.values.labels.counts import Counts, check_number
from maskloop.values.labels.full import FullLabel
from maskloop.values.labels.image_level import ImageLevelLabel, in_every_image
from maskloop.values.labels.kind import LabelContent, Prices, SupervisionKind
from maskloop.values.labels.label import Label, LabelDraft, charged_seconds
from maskloop.values.labels.objects import ObjectLabel
from maskloop.values.labels.offered import Offered
from maskloop.values.labels.ood_check import OodAnswer
from maskloop.values.labels.points import Point, PointsLabel
from maskloop.values.labels.review import MOST_NAMED, Origin, Rejection, Review, Verdict, Work, check_named
from maskloop.values.labels.scribbles import BACKGROUND, Scribble, ScribblesLabel
from maskloop.values.labels.table import LABEL_KINDS, MARKS

__all__ = [
    "BACKGROUND",
    "LABEL_KINDS",
    "MARKS",
    "MOST_NAMED",
    "Box",
    "BoxesLabel",
    "Counts",
    "FullLabel",
    "ImageLevelLabel",
    "Label",
    "LabelContent",
    "LabelDraft",
    "ObjectLabel",
    "Offered",
    "OodAnswer",
    "Origin",
    "Point",
    "PointsLabel",
    "Prices",
    "Rejection",
    "Review",
    "Scribble",
    "ScribblesLabel",
    "SupervisionKind",
    "Verdict",
    "Work",
    "charged_seconds",
    "check_named",
    "check_number",
    "in_every_image",
]
