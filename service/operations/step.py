"""What is asked of every kind of long work."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from maskloop.values import OperationResult, Split
from service.artifacts.image_file import ImageFile
from service.device.job_files import Job
from service.store import Transaction
from service.store.labels import LabeledImage
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
    """An image and its full label as a job names them."""
    return ImageFile.of(labeled.image, label_id=labeled.label.id, objects=labeled.label.objects)
