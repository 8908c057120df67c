"""Reads what people left in a task's folder: labels, the time they took, and what is to be confirmed first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from maskloop.errors import InvalidDataset
from maskloop.formats.answers import read_object
from maskloop.formats.file_names import match_names
from maskloop.formats.files import read_text
from maskloop.formats.problems import Problems
from maskloop.labelers.folder_checks import WORDS, Doubt, as_offered, doubts, doubts_of_seconds, remarks
from maskloop.labelers.folder_forms import FOLDER_FORMS
from maskloop.labelers.folder_reviews import reviewed
from maskloop.labelers.folder_seconds import Reported, read_reported
from maskloop.labelers.folder_shares import Share
from maskloop.labelers.folder_taken import CONFIRM, DONE, PART, SKIP, TIMING, Taken, saved_s
from maskloop.labelers.task_clock import Active, active, read_events
from maskloop.values import FullLabel, Image, LabelContent

CONFIRMED = "confirmed"


@dataclass(frozen=True)
class HandIn:
    """What people say of a share.

    Args:
        contents: labels by image id; images that come later, and those that nobody can label, are left out.
        skipped: ids of images that nobody can label.
        reported: what the file says of the time it took.
        clock: time at work by the task's clock.
        doubts: what is to be confirmed first.
        remarks: what is worth a word.
    """

    contents: Mapping[str, LabelContent] = field(default_factory=dict)
    skipped: frozenset[str] = frozenset()
    reported: Reported = field(default_factory=Reported)
    clock: Active = field(default_factory=Active)
    doubts: tuple[Doubt, ...] = ()
    remarks: tuple[str, ...] = ()

    def seconds(self, images: Sequence[Image], charged: Mapping[str, float] | None = None) -> dict[str, float]:
        """The seconds that labels of these images took, by image id: as reported, or else an even share of the clock's.

        Args:
            images: those whose labels are handed in.
            charged: what labels of any image of the share were charged before, by image id.
        """
        ids = {image.file_name: image.id for image in images}
        names = {image.id: image.file_name for image in images}
        before = {names.get(image_id, image_id): charged_s for image_id, charged_s in (charged or {}).items()}
        told = {ids[name]: taken_s for name, taken_s in self.reported.shares(ids, before).items()}
        if told or not self.clock.total_s or not ids:
            return told
        return dict.fromkeys(ids.values(), self.clock.total_s / len(ids))


def read_hand_in(share: Share, since: Taken | None = None) -> HandIn | None:
    """What people left; `None` while they left neither done.json nor part.json, nor skipped every image.

    Args:
        share: what was asked.
        since: what was taken before; the clock is counted from there on.

    Raises:
        InvalidDataset: a file cannot be read, or does not hold together; names the file and the images.
    """
    return _read(share, share.place, since.until_s if since else 0.0, saved_s(share.place))


def read_taken(share: Share, taken: Taken) -> HandIn | None:
    """What was taken of a share; `None` where nothing was.

    Raises:
        InvalidDataset: as `read_hand_in`.
    """
    return _read(share, taken.place, taken.since_s, taken.until_s)


def _read(share: Share, place: Path, since_s: float, until_s: float) -> HandIn | None:
    skipped = skipped_in(share, place)
    wanted = [image for image in share.task.images if image.id not in skipped]
    file = next((place / name for name in (DONE, PART) if (place / name).exists()), None)
    if file is None:
        return HandIn(skipped=skipped) if not wanted else None
    document = read_object(file)
    if file.name == PART:
        wanted = _with_something(document, wanted)
        if not wanted:
            raise InvalidDataset(f"{file} hands in nothing: no image in it has anything on it", field=str(file))
    contents = _contents(share, file, wanted)
    if file.name == PART:
        untouched = as_offered(share.task, wanted, contents)
        contents = {id_: said for id_, said in contents.items() if id_ not in untouched}
        wanted = [image for image in wanted if image.id not in untouched]
        if not wanted:
            raise InvalidDataset(
                f"{file} hands in nothing: every image in it is as the network proposed it, and counts as one that "
                "comes later; done.json accepts proposals as they are",
                field=str(file),
            )
    reported = read_reported(document, file, [image.file_name for image in wanted])
    clock = active(read_events(place / TIMING), since_s, until_s)
    found = HandIn(contents, skipped, reported, clock, remarks=tuple(remarks(share.task, contents)))
    told = reported.shares([image.file_name for image in wanted], {})
    asked = [
        *doubts(share.task, contents, is_copy=_is_copy(share, file)),
        *doubts_of_seconds(told, 0.0 if told else clock.longest_s),
    ]
    confirmed = _confirmed(document, place / CONFIRM)
    return replace(found, doubts=tuple(doubt for doubt in asked if doubt.word not in confirmed))


def _contents(share: Share, file: Path, images: Sequence[Image]) -> dict[str, LabelContent]:
    contents = FOLDER_FORMS[share.task.kind].read(file, images, share.task.categories)
    problems = Problems(file)
    for image in images:
        with problems.about(image.file_name):
            plain = contents[image.file_name]
            plain = plain.without_review if isinstance(plain, FullLabel) else plain
            plain.check(share.task.categories, image, "its label")
    problems.raise_if_any()
    return {image.id: reviewed(share.task, image.id, contents[image.file_name]) for image in images}


def _with_something(document: Mapping[str, object], images: Sequence[Image]) -> list[Image]:
    """The images that a part says something of. Of others nobody knows: tools list images nobody looked at, too."""
    entries, annotations = document.get("images"), document.get("annotations")
    if isinstance(entries, list) and isinstance(annotations, list):
        ids = {str(each.get("image_id")) for each in annotations if isinstance(each, dict)}
        said = [str(each.get("file_name")) for each in entries if isinstance(each, dict) and str(each.get("id")) in ids]
    else:
        said = [name for name, value in document.items() if value]
    found = match_names(said, [image.file_name for image in images])
    return [image for image in images if image.file_name in found.found]


def _is_copy(share: Share, file: Path) -> bool:
    start = share.place / FOLDER_FORMS[share.task.kind].start
    return start.exists() and start.read_bytes() == file.read_bytes()


def skipped_in(share: Share, place: Path) -> frozenset[str]:
    """Ids of the images in the skip.txt of a folder, each line one name.

    Raises:
        InvalidDataset: it cannot be read, or a name is none of the share's.
    """
    file = place / SKIP
    if not file.exists():
        return frozenset()
    ids = {image.file_name: image.id for image in share.task.images}
    skipped = set()
    for line in filter(None, map(str.strip, read_text(file).splitlines())):
        matches = match_names(ids, [line], "it is no image of this task")
        if line not in matches.found:
            raise InvalidDataset(f"{file}: {line!r:.80}: {matches.problems[line]}", field=str(file))
        skipped.add(ids[matches.found[line]])
    return frozenset(skipped)


def _confirmed(document: Mapping[str, object], file: Path) -> frozenset[str]:
    """What people confirm: all that is asked by `"confirmed": true` in the file itself, or word by word."""
    if document.get(CONFIRMED) is True:
        return frozenset(WORDS)
    if not file.exists():
        return frozenset()
    words = read_text(file).casefold().replace(",", " ").split()
    if not words:
        raise InvalidDataset(f"{file} holds no word; it may hold {', '.join(WORDS)}", field=str(file))
    if wrong := next((word for word in words if word not in WORDS), ""):
        raise InvalidDataset(f"{file}: {wrong!r:.40} is none of {', '.join(WORDS)}", field=str(file))
    return frozenset(words)
