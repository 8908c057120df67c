"""What the run was told of a task that people mended, until it is on record: `taken/.told-1`, `taken/.told-2`, ...

People may save again before the run looks again, and the run may die between being told and putting that on record. So
the files are kept as they were told. They become the taking that follows once the record says the same, and whatever
people save next is compared with them, and its seconds are counted from there on.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from maskloop.formats.answers import read_object
from maskloop.formats.files import write_atomically
from maskloop.labelers.folder_checks import say_same
from maskloop.labelers.folder_hand_in import read_taken
from maskloop.labelers.folder_shares import Share
from maskloop.labelers.folder_taken import (
    TAKEN,
    State,
    Taken,
    copy_files,
    last_taken,
    number_of_next,
    read_taking,
    take_nothing,
)
from maskloop.values import LabelContent, LabelDraft

CHARGED = "charged.json"
"""In a taking: the seconds charged up to it, by image id. Those of earlier releases have none; what their files
tell was charged by then."""
SECONDS = "told.json"
PREFIX = ".told-"


def charged_s(share: Share, taken: Taken | None) -> dict[str, float]:
    """The seconds that labels of the share's images were charged up to a taking, by image id; none where it is `None`.

    Raises:
        InvalidDataset: what was taken cannot be read.
    """
    if taken is None:
        return {}
    if (taken.place / CHARGED).exists():
        return _seconds_in(taken.place / CHARGED)
    found = read_taken(share, taken)
    return found.seconds([image for image in share.task.images if image.id in found.contents]) if found else {}


def charged_file(charged: Mapping[str, float]) -> dict[str, bytes]:
    """The file of a taking that keeps the seconds charged up to it, by name."""
    return {CHARGED: json.dumps(charged).encode()}


def still_charged(taken: Taken | None) -> dict[str, bytes]:
    """The file of `charged_file` for a taking that charges nothing more; none after one of an earlier release."""
    file = taken.place / CHARGED if taken else None
    return {CHARGED: file.read_bytes()} if file and file.exists() else {}


def keep_told(share: Share, state: State, drafts: Sequence[LabelDraft]) -> bool:
    """Keep the share's files as they are told now.

    Args:
        share: whose folder.
        state: of the files that were read.
        drafts: what is told of them.

    Returns:
        Whether they were kept; they are not, and not to be told, when people have saved one since.
    """
    told = {draft.image_id: draft.seconds_spent or 0.0 for draft in drafts}
    waiting = _all_told(share.place)
    if any(each.is_current(share.place) and _seconds_in(each.place / SECONDS) == told for each in waiting):
        return True
    number = max((int(each.place.name.removeprefix(PREFIX)) for each in waiting), default=0) + 1
    target = share.place / TAKEN / f"{PREFIX}{number}"
    return copy_files(share.place, target, state, {SECONDS: json.dumps(told).encode()})


def take_told(share: Share, known: Mapping[str, LabelContent]) -> Taken | None:
    """Make what was told last, of what is on record by now, the taking that follows. Returns it, `None` if there is
    none.

    Args:
        share: whose folder.
        known: what is on record, by image id.

    Raises:
        InvalidDataset: what was told cannot be read.
    """
    for told in reversed(_all_told(share.place)):
        seconds, found = _seconds_in(told.place / SECONDS), read_taken(share, told)
        contents = found.contents if found else {}
        shared = seconds.keys() & contents.keys() & known.keys()
        entered = [image_id for image_id in shared if say_same(contents[image_id], known[image_id])]
        if entered:
            charged = charged_s(share, last_taken(share.place))
            charged |= {image_id: charged.get(image_id, 0.0) + seconds[image_id] for image_id in entered}
            if last_taken(share.place) is None:
                take_nothing(share.place)  # `label` was answered without this share
            for name, content in charged_file(charged).items():
                write_atomically(told.place / name, content)
            told.place.rename(share.place / TAKEN / str(number_of_next(share.place)))
            forget_told(share.place)
            return last_taken(share.place)
    return None


def forget_told(place: Path) -> None:
    """Forget what was told of the task's folder `place` and did not come on record: something else was taken since."""
    for told in _all_told(place):
        shutil.rmtree(told.place)


def _all_told(place: Path) -> list[Taken]:
    numbers = (path.name.removeprefix(PREFIX) for path in (place / TAKEN).glob(f"{PREFIX}*"))
    return [read_taking(place / TAKEN / f"{PREFIX}{each}") for each in sorted(filter(str.isdecimal, numbers), key=int)]


def _seconds_in(file: Path) -> dict[str, float]:
    return {image_id: float(str(seconds)) for image_id, seconds in read_object(file).items()}
