"""People with a tool of their own: each batch is a folder to label, and a file to leave there when it is done.

DIR/round-02/task.json       whose task it is: the run, the kind of label, the images
DIR/round-02/images/…        the images
DIR/round-02/proposals.json  COCO: the images, the vocabulary, and the network's masks with their predicted IoU
DIR/round-02/README.txt      what to do
DIR/round-02/done.json       left by the people: the finished COCO file (for counts and answers: see README.txt)
DIR/round-02/part.json       left by the people, if need be: what is done so far; the run goes on with it
DIR/round-02/skip.txt        left by the people, if need be: file names of images nobody can label, one a line
DIR/round-02/confirm.txt     left by the people, if need be: a word that confirms what the run asked about
DIR/round-02/timing.json     left by `maskloop task start|pause|done`: how long people worked
DIR/round-02/taken/…         what the run took, as it was

With several annotators it is DIR/ada/round-02/ and DIR/bob/round-02/.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from maskloop.errors import FailedPrecondition, InvalidDataset
from maskloop.formats.file_names import NOT_LISTED
from maskloop.formats.files import check_writable
from maskloop.labelers.folder_checks import say_same
from maskloop.labelers.folder_forms import FOLDER_FORMS
from maskloop.labelers.folder_hand_in import HandIn, read_hand_in, read_taken, skipped_in
from maskloop.labelers.folder_record import RECORD, task_folders
from maskloop.labelers.folder_shares import Share, deal, find_shares
from maskloop.labelers.folder_taken import (
    DONE,
    PART,
    SKIP,
    State,
    first_taken,
    last_taken,
    misnamed,
    saved_s,
    state_of,
    take,
    take_nothing,
)
from maskloop.labelers.folder_told import charged_file, charged_s, forget_told, keep_told, still_charged, take_told
from maskloop.labelers.labeler import Answers, Labeler, Reporter, Task
from maskloop.values import LabelContent, LabelDraft, Pick, SkipReason

LOOK_EVERY_S = 1.0
KEEP_EVERY_S = 600.0
SHORTEST_ESTIMATE_S, LONGEST_ESTIMATE_S = 60.0, 12 * 3600.0
"""Between handing out and saving people may have worked all the time, or slept."""


@dataclass(frozen=True)
class _Said:
    """What came of a share: labels, and images that nobody can label; the `settled` were told before."""

    drafts: Sequence[LabelDraft] = ()
    passed_over: frozenset[str] = frozenset()
    settled: frozenset[str] = frozenset()


class FolderLabeler(Labeler):
    """Writes tasks under `folder` and waits until people have done them.

    Args:
        folder: where the tasks go, made if missing.
        progress: is told what is waited for, and what is wrong with a file.
        sleep: how to wait.
        annotators: names of people, each with a folder of their own; () for one folder that all share.
    """

    kinds = tuple(FOLDER_FORMS)
    waits = True

    def __init__(
        self,
        folder: Path,
        progress: Reporter,
        sleep: Callable[[float], None] = time.sleep,
        annotators: Sequence[str] = (),
    ) -> None:
        self._folder = folder
        self._progress = progress
        self._sleep = sleep
        self._annotators = tuple(annotators)
        self._told: dict[Path, State] = {}
        self._misnamed: set[Path] = set()
        self._passed_over: set[str] = set()

    def costs_s(self, task: Task, picks: Sequence[Pick]) -> dict[str, float]:
        """What the server expects them to cost: nobody has looked at the images yet."""
        self.check_kind(task.kind)
        return {pick.image_id: pick.cost_s for pick in picks}

    def check_run(self, run: str) -> None:
        """Raises FailedPrecondition where the folder has tasks of another run, or can have none because nothing can be
        written there; InvalidDataset where nobody can tell."""
        task_folders(self._folder, run)
        check_writable(self._folder)

    def label(self, task: Task) -> Answers:
        """Hand the task out and wait until each annotator has left done.json or part.json.

        A file that does not hold together, or that nobody can have meant, is told and waited for anew. Drafts carry
        `seconds_spent` where people measured. What was answered once is answered again.

        Raises:
            UnsupportedSupervision: a kind that has no form; nothing is written.
            FailedPrecondition: another run uses the folder, and nothing is written; or the folder cannot be used.
            InvalidDataset: a file name leaves the folder.
        """
        self.check_kind(task.kind)
        with _naming_what_the_disk_refuses():
            shares = deal(task, self._folder, self._annotators)
            self._wait(task, [share for share in shares if first_taken(share.place) is None])
            if any(first_taken(share.place) for share in shares):
                for share in shares:
                    if first_taken(share.place) is None:
                        take_nothing(share.place)
            return _join(task, [self._first(share) for share in shares])

    def revised(self, task: Task, known: Mapping[str, LabelContent]) -> Answers:
        """What people have since saved; never waits.

        A file that says what is on record already is kept as taken, and is not read again until somebody saves it.

        Raises:
            FailedPrecondition: another run uses the folder.
            InvalidDataset: a task's record cannot be read.
        """
        self.check_kind(task.kind)
        with _naming_what_the_disk_refuses():
            return _join(task, [self._since(share, known) for share in find_shares(task, self._folder)], known)

    def _wait(self, task: Task, shares: Sequence[Share]) -> None:
        """Until each share is taken, or the run is over."""
        waiting = list(shares)
        looks = 0
        while waiting:
            self._say_what_is_waited_for(waiting)
            before = len(waiting)
            while waiting and len(waiting) == before:
                waiting = [share for share in waiting if not self._take(share)]
                if waiting and task.is_over():
                    return
                if len(waiting) == before:
                    self._sleep(LOOK_EVERY_S)
                    looks += 1
                    if looks % round(KEEP_EVERY_S / LOOK_EVERY_S) == 0:
                        task.keep()

    def _say_what_is_waited_for(self, waiting: Sequence[Share]) -> None:
        images = sum(len(share.task.images) for share in waiting)
        files = ", ".join(str(share.place / DONE) for share in waiting)
        self._progress.phase("label", f"{images} {'image' if images == 1 else 'images'}: waiting for {files}")

    def _take(self, share: Share) -> bool:
        """Keep what people left, if it is complete and holds together."""
        state = state_of(share.place)
        self._tell_misnamed(share.place)
        found = self._look(share, state)
        if found is None:
            return False
        charged = found.seconds([image for image in share.task.images if image.id in found.contents])
        if not take(share.place, state, charged_file(charged)):
            return False
        self._remark(share, found)
        return True

    def _look(self, share: Share, state: State, ending: str = "; the run is waiting.") -> HandIn | None:
        """What people left; `None` where it is not complete, which is told once for each time that they save it."""
        if self._told.get(share.place) == state:
            return None
        try:
            found = read_hand_in(share, last_taken(share.place))
        except InvalidDataset as error:
            self._tell(share, state, f"{error.message}\n{_advice(error)}{ending}")
            return None
        if found is not None and found.doubts:
            what = "; ".join(doubt.what for doubt in found.doubts)
            words = " ".join(dict.fromkeys(doubt.word for doubt in found.doubts))
            file = next(share.place / name for name in (DONE, PART) if (share.place / name).exists())
            advice = f'If that is meant, write "{words}" into confirm.txt beside it; if not, mend it and save it again'
            self._tell(share, state, f"{file}: {what}.\n{advice}{ending}")
            return None
        return found

    def _tell(self, share: Share, state: State, sentence: str) -> None:
        self._told[share.place] = state
        self._progress.note(sentence)

    def _tell_misnamed(self, place: Path) -> None:
        for name, meant in misnamed(place).items():
            if place / name not in self._misnamed:
                self._misnamed.add(place / name)
                self._progress.note(f"{place / name}: is it {meant}? Then rename it; the run does not read it.")

    def _remark(self, share: Share, found: HandIn) -> None:
        for remark in found.remarks:
            self._progress.note(f"{share.place}: {remark}.")
        estimate_s = saved_s(share.place) - (share.place / RECORD).stat().st_mtime
        if (
            found.contents
            and not found.seconds(share.task.images)
            and (SHORTEST_ESTIMATE_S <= estimate_s <= LONGEST_ESTIMATE_S)
        ):
            self._progress.note(
                f"{share.place}: about {estimate_s / 60:.0f} min by file times, an estimate that is not charged; "
                f"maskloop task start {share.place} measures."
            )

    def _first(self, share: Share) -> _Said:
        """What was taken first of a share."""
        taken = first_taken(share.place)
        found = read_taken(share, taken) if taken else None
        if found is None:
            return _Said()
        return _Said(_drafts(share, found, found.contents, {}), found.skipped)

    def _since(self, share: Share, known: Mapping[str, LabelContent]) -> _Said:
        """What was saved of a share since it was taken last. It is kept as taken once the record says the same."""
        if (told := take_told(share, known)) is not None:
            self._remark_late(share, skipped_in(share, told.place) & known.keys())
        taken, state = last_taken(share.place), state_of(share.place)
        skipped = skipped_in(share, taken.place) if taken else frozenset()
        if taken is not None and taken.is_current(share.place):
            return _Said(settled=skipped)
        found = self._look(share, state, ending=".")
        if found is None:
            return _Said(settled=skipped)
        new = [id_ for id_, content in found.contents.items() if id_ not in known or not say_same(content, known[id_])]
        passed_over = found.skipped - skipped - known.keys() - self._passed_over
        drafts = _drafts(share, found, new, charged_s(share, taken))
        if drafts and not keep_told(share, state, drafts):
            return _Said(settled=skipped)  # people save it at this moment
        self._passed_over |= passed_over
        if not drafts and not passed_over:
            if taken is None:
                take_nothing(share.place)  # `label` was answered without this share
            if take(share.place, state, still_charged(taken)):
                forget_told(share.place)
                self._remark_late(share, found.skipped & known.keys())
        return _Said(drafts, frozenset(passed_over), found.skipped)

    def _remark_late(self, share: Share, image_ids: Collection[str]) -> None:
        for image in share.task.images:
            if image.id in image_ids:
                self._progress.note(f"{share.place / SKIP}: {image.file_name} has a label already, which stays.")


@contextmanager
def _naming_what_the_disk_refuses() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise FailedPrecondition(f"{error.filename}: {error.strerror}", field=str(error.filename)) from error


def _join(task: Task, said: Sequence[_Said], known: Collection[str] = ()) -> Answers:
    """The answers of all annotators in the order of the task."""
    drafts = {draft.image_id: draft for each in said for draft in each.drafts}
    passed_over = {id_ for each in said for id_ in each.passed_over}
    settled = {id_ for each in said for id_ in each.settled}.union(drafts, passed_over, known)
    ids = [image.id for image in task.images]
    return Answers(
        tuple(drafts[id_] for id_ in ids if id_ in drafts),
        {id_: SkipReason.UNUSABLE for id_ in ids if id_ in passed_over},
        tuple(id_ for id_ in ids if id_ not in settled),
    )


def _drafts(share: Share, found: HandIn, image_ids: Iterable[str], charged: Mapping[str, float]) -> list[LabelDraft]:
    ids = set(image_ids)
    images = [image for image in share.task.images if image.id in ids]
    seconds = found.seconds(images, charged)
    return [LabelDraft(image.id, found.contents[image.id], seconds_spent=seconds.get(image.id)) for image in images]


def _advice(error: InvalidDataset) -> str:
    if NOT_LISTED in error.message:
        return "Save it again with every image, or as part.json if the rest comes later"
    return "Mend it and save it again"
