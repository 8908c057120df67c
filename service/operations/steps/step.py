"""What is asked of every kind of long work."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from maskloop.values import OperationResult, Point, Scribble, Split, SupervisionKind
from service.artifacts.image_file import ImageFile
from service.device.job_files import Job
from service.store import Transaction
from service.store.labels.labels import LabeledImage
from service.store.operations import OperationRecord

LEARNT_FROM = (Split.TRAIN, Split.POOL, Split.OOD)
"""A candidate that somebody has outlined in full is as good as any."""


class WorkKind(Protocol):
    """One kind of work for the device."""

    def job(self, tx: Transaction, record: OperationRecord) -> Job:
        """All that the device needs, as of now."""

    def take_in(self, tx: Transaction, record: OperationRecord, outcome: Mapping[str, Any]) -> OperationResult:
        """Put results in their place, and give the operation's; may be called again after a crash."""


def labeled_file(labeled: LabeledImage) -> ImageFile:
    """An image and what its label says, of one of `SAID`, as a job names them."""
    label = labeled.label
    return ImageFile.of(labeled.image, label_id=label.id, **SAID[label.kind](label.content))


SAID: Mapping[SupervisionKind, Callable[[Any], Mapping[str, Any]]] = {
    SupervisionKind.FULL: lambda full: {"objects": full.objects},
    SupervisionKind.BOXES: lambda boxes: {"boxes": boxes.boxes},
    SupervisionKind.SCRIBBLES: lambda strokes: {"marks": strokes.scribbles},
    SupervisionKind.POINTS: lambda points: {"marks": tuple(map(_stroke, points.points))},
    SupervisionKind.COUNTS: lambda counts: {"present": tuple(counts.by_category)},
    SupervisionKind.IMAGE_LEVEL: lambda classes: {"present": classes.present},
}
"""What each kind of label that can teach a network says of its image: fields of `ImageFile`."""


def _stroke(point: Point) -> Scribble:
    return Scribble(point.category_id, ((point.x, point.y),))
