"""What every labeler keeps to. A new labeler gets the suite by a row in `LABELERS`."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from maskloop.costs.cost_model import CostModel
from maskloop.errors import UnsupportedSupervision
from maskloop.formats.coco.boxes import boxes_document
from maskloop.formats.coco.writing import coco_document
from maskloop.formats.marks import points_document, scribbles_document
from maskloop.labelers import Answers, FolderLabeler, GroundTruthLabeler, Labeler, Task, WebLabeler
from maskloop.masks import Mask
from maskloop.values import (
    LABEL_KINDS,
    Box,
    BoxesLabel,
    Category,
    Image,
    LabelDraft,
    ObjectLabel,
    Pick,
    Project,
    SkipReason,
    Split,
    SupervisionKind,
)
from maskloop.web.run_work import RunWork
from maskloop.web.running.task import RunFacts
from maskloop.web.running.tasks import RunTasks
from maskloop.web.work import HandIn, Wish

CATEGORIES = (Category(1, "crack"), Category(2, "rust"), Category(5, "hole"))
NAMES = {category.id: category.name for category in CATEGORIES}
IMAGE_LEVEL, COUNTS, POINTS, SCRIBBLES, BOXES, FULL, OOD_CHECK = (
    SupervisionKind.IMAGE_LEVEL,
    SupervisionKind.COUNTS,
    SupervisionKind.POINTS,
    SupervisionKind.SCRIBBLES,
    SupervisionKind.BOXES,
    SupervisionKind.FULL,
    SupervisionKind.OOD_CHECK,
)
COSTS = CostModel(len(CATEGORIES))


def square(category_id: int, left: int = 0) -> ObjectLabel:
    pixels = np.zeros((6, 8), dtype=bool)
    pixels[1:4, left : left + 3] = True
    return ObjectLabel(category_id, Mask.from_array(pixels))


MOSS = Category(9, "moss")  # outside the vocabulary
EMPTY = ObjectLabel(1, Mask.empty(6, 8))
OBJECTS = {"a": (square(1), square(1, 4), square(2)), "b": (), "c": (square(5),)}


def image(name: str) -> Image:
    return Image(f"id-{name}", "p", f"{name}.png", "", 8, 6, "0" * 64, Split.POOL)


def task(kind: SupervisionKind, *names: str, name: str = "round-01") -> Task:
    images = tuple(map(image, names))
    paid = {shown.id: 0.0 for shown in images}
    return Task(name, kind, images, CATEGORIES, {}, paid, lambda image_id: image_id.encode(), lambda: None)


class Setting(ABC):
    """A labeler, with people behind it who say of each image what OBJECTS says."""

    clocked: bool  # whether drafts tell the seconds they took
    foresees: bool  # whether it knows what a label costs before it is made

    @abstractmethod
    def __init__(self, folder: Path) -> None: ...

    @abstractmethod
    def labeler(self) -> Labeler:
        """The labeler, made anew: as after a restart."""

    def label(self, asked: Task) -> Answers:
        return self.labeler().label(asked)


class Simulated(Setting):
    clocked, foresees = False, True

    def __init__(self, folder: Path) -> None: ...

    def labeler(self) -> Labeler:
        return GroundTruthLabeler({f"id-{name}": objects for name, objects in OBJECTS.items()}, COSTS)


class Folder(Setting):
    """While the labeler sleeps, people save what `script` says, and then done.json as it should be.

    Args:
        folder: where tasks are handed out.
    """

    clocked = foresees = False

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.script: list[tuple[str, str]] = []  # file name, text
        self.notes: list[str] = []
        self.slept = 0

    def labeler(self) -> Labeler:
        return FolderLabeler(self.folder, self, sleep=self._sleep)

    def label(self, asked: Task) -> Answers:
        self.kind, self.place = asked.kind, self.folder / asked.name
        return super().label(asked)

    def skip(self, name: str) -> None:
        self.script.append(("skip.txt", f"{name}.png\n"))

    def phase(self, name: str, detail: str = "") -> None:
        """The labeler tells what it waits for."""

    def note(self, sentence: str) -> None:
        self.notes.append(sentence)

    def _sleep(self, seconds: float) -> None:
        self.slept += 1
        assert self.slept < 50, "the labeler waits for ever"
        name, text = self.script.pop(0) if self.script else ("done.json", done(self.kind, *OBJECTS))
        (self.place / name).write_text(text)


class Web(Setting):
    """While the labeler sleeps, a person takes an image on the page and labels it, one at a time."""

    clocked, foresees = True, False

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.slept = 0

    def labeler(self) -> Labeler:
        images = {shown.id: shown for shown in map(image, OBJECTS)}
        facts = RunFacts("", Project("p", "p", CATEGORIES), images, lambda image_id: image_id.encode())
        self.tasks = RunTasks(self.folder, facts)
        self.work = RunWork(self.tasks)
        return WebLabeler(self.tasks, lambda: nullcontext("http://127.0.0.1:8765/"), self, sleep=self._sleep)

    def phase(self, name: str, detail: str = "") -> None:
        """The labeler tells what it waits for."""

    def note(self, sentence: str) -> None:
        """The labeler tells where the page is."""

    def _sleep(self, seconds: float) -> None:
        self.slept += 1
        assert self.slept < 50, "the labeler waits for ever"
        batch = self.work.lease("p", Wish("ada", "", None, 1, f"r{self.slept}"))
        drafts = [self._draft(batch.kind, pick.image_id) for pick in batch.picks]
        self.work.submit("p", HandIn("ada", batch.id, tuple(drafts), f"h{self.slept}"))

    def _draft(self, kind: SupervisionKind, image_id: str) -> LabelDraft:
        content = LABEL_KINDS[kind].of(OBJECTS[image_id.removeprefix("id-")])
        return LabelDraft(image_id, content, content.cost_s(COSTS))


def done(kind: SupervisionKind, *names: str, **instead: Any) -> str:
    """done.json with what OBJECTS says of these images, or what stands for them in `instead`."""
    if kind is FULL:
        labels = {f"{name}.png": instead.get(name, OBJECTS[name]) for name in names}
        return json.dumps(coco_document((*CATEGORIES, MOSS), [image(name) for name in names], labels))
    if kind is BOXES:
        boxes = {f"{name}.png": instead.get(name, BoxesLabel.of(OBJECTS[name]).boxes) for name in names}
        return json.dumps(boxes_document((*CATEGORIES, MOSS), [image(name) for name in names], boxes))
    if kind in (POINTS, SCRIBBLES):
        document = points_document if kind is POINTS else scribbles_document
        marks: Any = {f"{name}.png": LABEL_KINDS[kind].of(OBJECTS[name]) for name in names}
        listed = document(CATEGORIES, [f"{name}.png" for name in names], marks)
        return json.dumps({**listed, **{f"{name}.png": value for name, value in instead.items()}})
    said = {name: LABEL_KINDS[kind].of(OBJECTS[name]).shown.by_category for name in names}
    if kind is IMAGE_LEVEL:
        values: dict[str, object] = {name: [NAMES[key] for key in shown] for name, shown in said.items()}
    elif kind is OOD_CHECK:
        values = {name: NAMES[next(iter(shown))] if shown else "" for name, shown in said.items()}
    else:
        values = {name: {NAMES[key]: count for key, count in shown.items()} for name, shown in said.items()}
    return json.dumps({f"{name}.png": value for name, value in {**values, **instead}.items()})


def mark(label: str, *corners: tuple[float, float]) -> list[object]:
    return [{"label": label, "points": corners}]


LABELERS: dict[str, type[Setting]] = {"simulated": Simulated, "folder": Folder, "web": Web}
# What people leave in done.json, and what of it they are told.
BAD: list[tuple[SupervisionKind, str, str]] = [
    *((kind, "{", "JSON") for kind in LABEL_KINDS),
    *((kind, done(kind, "a", "b"), "c.png: the file does not list this image") for kind in LABEL_KINDS),
    (IMAGE_LEVEL, done(IMAGE_LEVEL, *OBJECTS, b=["moss"]), "b.png: category 'moss' is none of crack, rust, hole"),
    (IMAGE_LEVEL, done(IMAGE_LEVEL, *OBJECTS, b="rust"), "b.png: its categories are no JSON list of names"),
    (COUNTS, done(COUNTS, *OBJECTS, b={"moss": 1}), "b.png: category 'moss' is none of crack, rust, hole"),
    (COUNTS, done(COUNTS, *OBJECTS, b={"rust": -1}), "b.png: the count of rust is -1"),
    (COUNTS, done(COUNTS, *OBJECTS, b={"rust": 10_001}), "b.png: the count of rust is 10001; at most 10000 are taken"),
    (POINTS, done(POINTS, *OBJECTS, b=mark("moss", (1, 1))), "b.png: shape 0: category 'moss' is none of crack, rust"),
    (POINTS, done(POINTS, *OBJECTS, b=mark("rust", (1, 1), (2, 2))), "b.png: shape 0: it is a linestrip of 2 points"),
    (POINTS, done(POINTS, *OBJECTS, b=mark("rust", (9, 1))), "b.png: its label, point 0: (9, 1) is not inside"),
    (POINTS, done(POINTS, *OBJECTS, b=mark("_background_", (1, 1))), "category '_background_' is none of crack, rust"),
    (SCRIBBLES, done(SCRIBBLES, *OBJECTS, b=mark("rust")), "b.png: shape 0: a stroke of 0 corners"),
    (SCRIBBLES, done(SCRIBBLES, *OBJECTS, b=mark("rust", (-1, 1), (2, 2))), "b.png: shape 0: a stroke's corner is no"),
    (SCRIBBLES, done(SCRIBBLES, *OBJECTS, b=mark("rust", (1, 1), (2, 7))), "b.png: its label, stroke 0: (2, 7) is not"),
    (BOXES, done(BOXES, *OBJECTS, b=(Box(MOSS.id, 1, 1, 2, 2),)), "b.png: category 'moss' is none of crack, rust"),
    (BOXES, done(BOXES, *OBJECTS, b=(Box(1, 9, 1, 2, 2),)), "(b.png): its bbox [9.0, 1.0, 2.0, 2.0] lies outside"),
    (
        BOXES,
        done(FULL, *OBJECTS).replace('"iscrowd": 0', '"iscrowd": 1'),
        "it is a crowd (iscrowd 1) without an outline",
    ),
    (BOXES, done(BOXES, *OBJECTS).replace('"bbox"', '"frame"'), "it outlines nothing, and has no box"),
    (FULL, done(FULL, *OBJECTS, b=(square(MOSS.id),)), "b.png: category 'moss' is none of crack, rust, hole"),
    (FULL, done(FULL, *OBJECTS, b=(EMPTY,)), "(b.png): its run lengths cover no pixel"),
    (OOD_CHECK, done(OOD_CHECK, *OBJECTS, b="moss"), "b.png: its answer is 'moss'"),
]


@pytest.fixture(params=LABELERS)
def setting(request: pytest.FixtureRequest, tmp_path: Path) -> Setting:
    return LABELERS[request.param](tmp_path)


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


every_kind = pytest.mark.parametrize("kind", LABEL_KINDS)


@every_kind
def test_every_image_that_is_asked_for_is_answered_by_its_id_in_the_order_of_the_task(setting, kind):
    for names in (("c", "a", "b"), ("b", "c")):
        answers = setting.label(task(kind, *names, name="-".join(["round", *names])))
        assert [draft.image_id for draft in answers.drafts] == [f"id-{name}" for name in names]
        assert [draft.content for draft in answers.drafts] == [LABEL_KINDS[kind].of(OBJECTS[name]) for name in names]
        assert answers.passed_over == {}


@every_kind
def test_drafts_hold_against_their_images_and_correct_nothing(setting, kind):
    for draft, name in zip(setting.label(task(kind, *OBJECTS)).drafts, OBJECTS, strict=True):
        draft.content.check(CATEGORIES, image(name), "the draft")
        assert (draft.kind, draft.supersedes) == (kind, "")


@every_kind
def test_what_a_label_took_is_told_where_a_clock_ran(setting, kind):
    for draft in setting.label(task(kind, *OBJECTS)).drafts:
        assert draft.seconds_spent == (draft.content.cost_s(COSTS) if setting.clocked else None)


@every_kind
@pytest.mark.parametrize("paid_s", [0.0, 5.96])
def test_what_a_label_will_cost_is_known_or_else_what_the_server_expects(setting, kind, paid_s):
    content = LABEL_KINDS[kind].of(OBJECTS["a"])
    asked = replace(task(kind, "a"), counts_paid_s={"id-a": paid_s})
    known_s = setting.labeler().costs_s(asked, [Pick("id-a", "random", cost_s=12.0)])
    assert known_s == {"id-a": content.cost_s(COSTS, paid_s) if setting.foresees else 12.0}


@every_kind
def test_a_task_that_was_done_before_is_answered_alike_and_at_once(setting, kind):
    first = setting.label(task(kind, *OBJECTS))
    slept = getattr(setting, "slept", 0)
    assert setting.label(task(kind, *OBJECTS)) == first
    assert getattr(setting, "slept", 0) == slept


@every_kind
def test_kinds_it_cannot_give_are_refused_by_name_and_nothing_is_handed_out(setting, kind, tmp_path, monkeypatch):
    labeler = setting.labeler()
    monkeypatch.setattr(type(labeler), "kinds", tuple(other for other in LABEL_KINDS if other is not kind))
    with pytest.raises(UnsupportedSupervision, match=f"no labels of kind {kind}"):
        labeler.label(task(kind, "a"))
    with pytest.raises(UnsupportedSupervision, match=f"no labels of kind {kind}"):
        labeler.costs_s(task(kind, "a"), [Pick("id-a", "random", cost_s=12.0)])
    assert list(tmp_path.iterdir()) == []


def test_what_is_in_an_image_is_told_by_those_alone_who_know_without_looking(setting):
    assert setting.labeler().known_objects("id-a") == (OBJECTS["a"] if setting.foresees else None)


@every_kind
def test_an_image_is_answered_or_passed_over_never_both(folder, kind):
    folder.skip("a")
    answers = folder.label(task(kind, *OBJECTS))
    assert [draft.image_id for draft in answers.drafts] == ["id-b", "id-c"]
    assert answers.passed_over == {"id-a": SkipReason.UNUSABLE}


@pytest.mark.parametrize(("kind", "bad", "told"), BAD)
def test_a_file_that_cannot_be_is_told_by_file_and_image_and_nothing_is_lost(folder, kind, bad, told):
    folder.script.append(("done.json", bad))
    answers = folder.label(task(kind, *OBJECTS))
    (note,) = folder.notes
    assert str(folder.place / "done.json") in note
    assert told in note
    assert [draft.content for draft in answers.drafts] == [LABEL_KINDS[kind].of(shown) for shown in OBJECTS.values()]
    assert {path.name for path in (folder.place / "images").iterdir()} == {"a.png", "b.png", "c.png"}


@every_kind
def test_a_list_of_skipped_images_that_cannot_be_is_told_by_its_file(folder, kind):
    folder.script += [("skip.txt", "z.png\n"), ("done.json", done(kind, *OBJECTS)), ("skip.txt", "")]
    assert len(folder.label(task(kind, *OBJECTS)).drafts) == 3
    assert folder.notes[0].startswith(f"{folder.place / 'skip.txt'}: 'z.png': it is no image of this task")
