"""The books of one arm: its tasks, the labels that came of them, and what these cost, up to where its loop has come."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import dropwhile

from maskloop.errors import InvalidConfig
from maskloop.loop.record.ledger import Ledger
from maskloop.loop.record.test_set import TestSet
from maskloop.values import LABEL_KINDS, UNAIDED, Assistance, Batch, Label, Split, SupervisionKind


@dataclass(frozen=True)
class HandedOut:
    """A task that was handed out and answered, at least in part.

    Args:
        name: of the task.
        batch: its images, in the order of selection.
        image_ids: of the batch, those that were handed out.
        assistance: how people were helped.
    """

    name: str
    batch: Batch
    image_ids: tuple[str, ...]
    assistance: Assistance = UNAIDED


@dataclass(frozen=True)
class Books:
    """What an arm has bought.

    Args:
        ledger: what it cost.
        test_set: what the test images hold.
        list_labels: lists all labels of the project, corrected ones too; asked when a run is repeated.
        tasks: handed out so far, and answered at least in part.
        open_batches: those of which people still have images.
        too_late: test images, by id, whose labels came when a network had been measured without them.
        current: the latest label of an image, by image id and kind.
    """

    ledger: Ledger
    test_set: TestSet
    list_labels: Callable[[], Iterable[Label]]
    tasks: list[HandedOut] = field(default_factory=list)
    open_batches: list[Batch] = field(default_factory=list)
    too_late: set[str] = field(default_factory=set)
    current: dict[tuple[str, SupervisionKind], Label] = field(default_factory=dict)
    _known: dict[str, Label] = field(default_factory=dict)
    _entered: set[str] = field(default_factory=set)

    def keep(self, labels: Iterable[Label]) -> None:
        """Remember labels that the server has just taken."""
        self._known.update({label.id: label for label in labels})

    def enter(self, label_ids: Sequence[str], batch: Batch) -> tuple[Label, ...]:
        """Enter labels of a batch that the server has taken; one that is entered already is not entered again. Returns
        them.

        Raises:
            InvalidConfig: the server has no label of such an id.
        """
        labels = tuple(map(self._label, dict.fromkeys(label_ids)))
        new = [label for label in labels if label.id not in self._entered]
        self._entered.update(label.id for label in new)
        self.ledger.add(map(_as_charged, new), batch.for_split)
        if batch.for_split is Split.TEST:
            self.test_set.add(new)
        self.current.update({(label.image_id, label.kind): label for label in new})
        return labels

    def submitted_before(self, batch: Batch) -> tuple[Label, ...]:
        """Labels of a batch's images that the server has, and that were never entered."""
        ids = {pick.image_id for pick in batch.picks}
        return tuple(
            label
            for label in self.list_labels()
            if label.image_id in ids and label.kind is batch.kind and label.id not in self._entered
        )

    def promised(self, besides: Collection[str]) -> tuple[float, int]:
        """Seconds and images that the server keeps for images which people still have, without those `besides`."""
        open_ = {
            (pick.image_id, batch.kind): pick.cost_s
            for batch in self.open_batches
            for pick in batch.picks
            if (pick.image_id, batch.kind) not in self.current
            and pick.image_id not in self.ledger.passed_over
            and pick.image_id not in besides
        }
        return math.fsum(open_.values()), sum(LABEL_KINDS[kind].counted_by_budget for _, kind in open_)

    def is_answered(self, batch: Batch) -> bool:
        """Whether a batch was answered, at least in part."""
        return any(each.batch.id == batch.id for each in self.tasks)

    def is_elsewhere(self, image_id: str, batch: Batch) -> bool:
        """Whether a later task, of any kind, has the image by now, so that an answer of this batch comes too late."""
        since = dropwhile(lambda each: each.batch.id != batch.id, self.tasks)
        return any(image_id in each.image_ids for each in since if each.batch.id != batch.id)

    def _label(self, label_id: str) -> Label:
        if label_id not in self._known:
            self.keep(self.list_labels())
        try:
            return self._known[label_id]
        except KeyError:
            raise InvalidConfig(
                f"the run noted label {label_id}, which the server does not have", field="workdir"
            ) from None


def _as_charged(label: Label) -> Label:
    """The label; one that is no campaign's costs none, however long people say it took."""
    return label if label.campaign_id else replace(label, cost_s=0.0, seconds_spent=None)
