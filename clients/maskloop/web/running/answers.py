"""What people said of the images of one task, kept on disk.

PLACE/answers/IMAGE.1.json    what was said of an image first: a label, or why it was passed over
PLACE/answers/IMAGE.2.json    what was said of it next, and so on; nothing is ever written over
PLACE/taken.json              what of it the run has taken: at first, and by now
PLACE/prompted/IMAGE.json     the masks that people were shown for their prompts
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from urllib.parse import quote, unquote

from maskloop.convert.text import label_from_text, label_to_text, proposals_from_text, proposals_to_text
from maskloop.errors import InvalidArgument, InvalidDataset
from maskloop.formats.answers import read_object
from maskloop.formats.files import read_text, write_atomically
from maskloop.values import ImageProposals, Label, PromptedProposals, SkipReason

TAKEN, ANSWERS, PROMPTED = "taken.json", "answers", "prompted"


@dataclass(frozen=True)
class Answer:
    """What one person said of one image at a time.

    Args:
        image_id: the image.
        number: among the answers of this image, from 1.
        annotator: who said it.
        request_id: of the call that handed it in.
        digest: of what was handed in, by which a repeated call is known.
        label: what was said, `None` where the image was passed over.
        skipped: why it was passed over, `None` where it was not.
    """

    image_id: str
    number: int
    annotator: str
    request_id: str
    digest: str = ""
    label: Label | None = None
    skipped: SkipReason | None = None


@dataclass(frozen=True)
class Taken:
    """What of the answers the run has taken, as numbers by image id.

    Args:
        first: what `label` was answered, and is answered again; 0 for an image that may come later.
        last: what the run knows by now.
    """

    first: Mapping[str, int] = field(default_factory=dict)
    last: Mapping[str, int] = field(default_factory=dict)


class AnswerBook:
    """The answers of one task. Threads may share it.

    Args:
        place: the task's folder.

    Raises:
        InvalidDataset: a file in it was changed so that it cannot be read; names it.
    """

    def __init__(self, place: Path) -> None:
        self._place = place
        self._lock = threading.RLock()
        self._answers: dict[str, list[Answer]] = {}
        for file in sorted((place / ANSWERS).glob("*.json"), key=_place_in_order):
            answer = _read_answer(file)
            self._answers.setdefault(answer.image_id, []).append(answer)
        self._taken = _read_taken(place / TAKEN)

    @property
    def taken(self) -> Taken:
        """What the run has taken."""
        with self._lock:
            return self._taken

    def all_of(self, image_id: str) -> tuple[Answer, ...]:
        """All answers of an image, the first one first."""
        with self._lock:
            return tuple(self._answers.get(image_id, ()))

    def last_of(self, image_id: str) -> Answer | None:
        """What was said of an image last, `None` while nothing was."""
        return next(iter(self.all_of(image_id)[::-1]), None)

    def label_of(self, image_id: str) -> Label | None:
        """The current label of an image, `None` while it has none."""
        last = self.last_of(image_id)
        return last.label if last is not None else None

    def of_request(self, request_id: str) -> Mapping[str, Answer]:
        """What was handed in by this call before, by image id; nothing of a call without an id."""
        with self._lock:
            found = (each for every in self._answers.values() for each in every if each.request_id == request_id)
            return {each.image_id: each for each in found} if request_id else {}

    def next_number(self, image_id: str) -> int:
        """The number that the next answer of an image gets."""
        return len(self.all_of(image_id)) + 1

    def keep(self, answer: Answer) -> None:
        """Put the next answer of an image on disk; it is there when this returns.

        Raises:
            StorageFull, FailedPrecondition: it cannot be written; nothing was changed.
        """
        with self._lock:
            name = f"{quote(answer.image_id, safe='')}.{answer.number}.json"
            write_atomically(self._place / ANSWERS / name, _answer_document(answer))
            self._answers.setdefault(answer.image_id, []).append(answer)

    def take(self, taken: Taken) -> None:
        """Keep what the run has taken."""
        with self._lock:
            if taken != self._taken:
                write_atomically(self._place / TAKEN, json.dumps(asdict(taken)).encode())
                self._taken = taken

    def prompted(self, image_id: str) -> ImageProposals | None:
        """The masks that people were shown for prompts in an image, `None` where there are none."""
        file = self._prompted_file(image_id)
        if not file.exists():
            return None
        try:
            return proposals_from_text(read_text(file))
        except InvalidArgument as error:
            raise InvalidDataset(f"{file} is not as it was written: {error.message}", field=str(file)) from error

    def keep_prompted(self, image_id: str, answer: PromptedProposals) -> None:
        """Keep masks that people are about to be shown for prompts."""
        with self._lock:
            before = self.prompted(image_id)
            known = {item.id: item for item in (*(before.objects if before else ()), *answer.proposals)}
            kept = ImageProposals(image_id, answer.model_version, 0.0, tuple(known.values()))
            write_atomically(self._prompted_file(image_id), proposals_to_text(kept).encode())

    def _prompted_file(self, image_id: str) -> Path:
        return self._place / PROMPTED / f"{quote(image_id, safe='')}.json"


def _answer_document(answer: Answer) -> bytes:
    said: dict[str, object] = {
        "request_id": answer.request_id,
        "annotator": answer.annotator,
        "digest": answer.digest,
    }
    if answer.label is not None:
        said["label"] = json.loads(label_to_text(answer.label))
    else:
        said["skipped"] = str(answer.skipped)
    return json.dumps(said).encode()


def _place_in_order(file: Path) -> tuple[str, int]:
    name = re.fullmatch(r"(.+)\.(\d+)\.json", file.name)
    if not name:
        raise InvalidDataset(f"{file} is no answer of a person", field=str(file))
    return unquote(name[1]), int(name[2])


def _read_answer(file: Path) -> Answer:
    image_id, number = _place_in_order(file)
    document = read_object(file)
    try:
        who, request_id, digest = (str(document[name]) for name in ("annotator", "request_id", "digest"))
        if "label" not in document:
            return Answer(image_id, number, who, request_id, digest, skipped=SkipReason(str(document["skipped"])))
        label = label_from_text(json.dumps(document["label"]))
    except (KeyError, ValueError, InvalidArgument) as error:
        raise InvalidDataset(f"{file} is not as it was written: {error}", field=str(file)) from error
    return Answer(image_id, number, who, request_id, digest, label)


def _read_taken(file: Path) -> Taken:
    if not file.exists():
        return Taken()
    document = read_object(file)
    try:
        first, last = ({str(key): int(value) for key, value in document[name].items()} for name in ("first", "last"))  # type: ignore[attr-defined]
    except (KeyError, AttributeError, TypeError, ValueError) as error:
        raise InvalidDataset(f"{file} is not as it was written: {error!r}", field=str(file)) from error
    return Taken(first, last)
