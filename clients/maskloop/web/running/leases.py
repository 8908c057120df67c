"""Who has which images of a run's tasks, on disk, so that a run that was killed still knows.

An image is in the hands of one annotator at most. A lease that has run out still is its holder's until somebody else
asks for the image.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from maskloop.errors import BatchNotFound, ForeignLease, InvalidDataset, LeaseLost
from maskloop.formats.answers import read_object
from maskloop.formats.files import write_atomically

BATCHES = "batches"
LEASE_S = 900.0
"""A page renews long before; one that was closed without a word keeps its images for no longer."""


@dataclass(frozen=True)
class Held:
    """Images of one task in the hands of one annotator.

    Args:
        id: of the batch.
        task: name of the task.
        annotator: who holds them.
        image_ids: the images, in the order of the task.
        until_s: when the lease runs out, in seconds since 1970.
    """

    id: str
    task: str
    annotator: str
    image_ids: tuple[str, ...]
    until_s: float


class Leases:
    """The batches of a run. Its caller sees to it that threads come one by one.

    Args:
        file: where they are kept.
        now: tells the time.
        lease_s: how long a lease lasts.

    Raises:
        InvalidDataset: the file was changed so that it cannot be read.
    """

    def __init__(self, file: Path, now: Callable[[], datetime], lease_s: float = LEASE_S) -> None:
        self._file = file
        self._now = now
        self._lease_s = lease_s
        self._held: Mapping[str, Held] = _read(file)

    def batch(self, batch_id: str, annotator: str = "") -> Held:
        """A batch, whether or not it has run out.

        Args:
            batch_id: of the batch.
            annotator: who must be its holder; "" for anybody.

        Raises:
            BatchNotFound: there is none of that id.
            ForeignLease: another annotator holds it.
        """
        found = self._held.get(batch_id)
        if found is None:
            raise BatchNotFound(f"there is no batch {batch_id!r:.80}", field="batch_id")
        if annotator and found.annotator != annotator:
            raise ForeignLease(
                f"batch {batch_id} is in the hands of {found.annotator}, not of {annotator}", field="batch_id"
            )
        return found

    def holder(self, task: str, image_id: str) -> Held | None:
        """The batch under whose lease an image is at this time, `None` where nobody holds it."""
        at_s = self._now().timestamp()
        return next(
            (each for each in self._held.values() if each.until_s > at_s and _holds(each, task, image_id)), None
        )

    def lease(self, task: str, annotator: str, open_ids: Sequence[str], images: int) -> Held | None:
        """Images for one annotator: those that they had before, as far as nobody else has them, or else others.

        Args:
            task: name of the task.
            annotator: who asks.
            open_ids: the task's images of which nothing is said yet, in their order.
            images: how many, at most, of those that are new to them.

        Returns:
            Their batch, with the images that are still open; `None` where others have all that are.
        """
        own = (each for each in self._held.values() if (each.task, each.annotator) == (task, annotator))
        known = next((each for each in own if set(each.image_ids).intersection(open_ids)), None)
        if known is not None:
            return self._renewed(known, open_ids)
        free = tuple(each for each in open_ids if self.holder(task, each) is None)[:images]
        return self._given(task, annotator, free) if free else None

    def renew(self, batch_id: str, annotator: str, open_ids: Sequence[str]) -> Held:
        """Prolong a lease, or take up one that ran out.

        Raises:
            BatchNotFound: there is none of that id.
            ForeignLease: another annotator holds it.
            LeaseLost: nothing is left of it.
        """
        known = self.batch(batch_id, annotator)
        if not set(known.image_ids).intersection(open_ids):
            raise LeaseLost("Nothing is left of these images; ask for others.", field="batch_id")
        return self._renewed(known, open_ids)

    def release(self, batch_id: str, annotator: str, image_ids: Sequence[str]) -> None:
        """Give images back, all of them where none is named; as `renew`."""
        known = self.batch(batch_id, annotator)
        left = tuple(each for each in known.image_ids if image_ids and each not in image_ids)
        self._keep({**self._held, known.id: replace(known, image_ids=left)})

    def _given(self, task: str, annotator: str, image_ids: tuple[str, ...]) -> Held:
        """A new batch. Batches that have run out lose its images."""
        others = {
            each.id: replace(each, image_ids=tuple(image for image in each.image_ids if image not in image_ids))
            if each.task == task
            else each
            for each in self._held.values()
        }
        new = Held(f"{task}.{len(self._held) + 1}", task, annotator, image_ids, self._until_s())
        self._keep({**others, new.id: new})
        return new

    def _renewed(self, known: Held, open_ids: Sequence[str]) -> Held:
        """The batch with a new end, and with the images of it that are still open."""
        renewed = replace(known, until_s=self._until_s())
        self._keep({**self._held, known.id: renewed})
        return replace(renewed, image_ids=tuple(each for each in renewed.image_ids if each in open_ids))

    def _until_s(self) -> float:
        return (self._now() + timedelta(seconds=self._lease_s)).timestamp()

    def _keep(self, held: Mapping[str, Held]) -> None:
        write_atomically(self._file, json.dumps({BATCHES: [asdict(each) for each in held.values()]}).encode())
        self._held = held


def _holds(batch: Held, task: str, image_id: str) -> bool:
    return batch.task == task and image_id in batch.image_ids


def _read(file: Path) -> Mapping[str, Held]:
    if not file.exists():
        return {}
    try:
        entries = read_object(file)[BATCHES]
        found = [_held(entry) for entry in entries]  # type: ignore[attr-defined]
    except (KeyError, TypeError, ValueError) as error:
        raise InvalidDataset(f"{file} is not as it was written: {error!r}", field=str(file)) from error
    return {each.id: each for each in found}


def _held(entry: Mapping[str, object]) -> Held:
    ids = tuple(str(each) for each in entry["image_ids"])  # type: ignore[attr-defined]
    return Held(str(entry["id"]), str(entry["task"]), str(entry["annotator"]), ids, float(str(entry["until_s"])))
