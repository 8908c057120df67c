"""What browsers are told and tell: every kind of label there and back, and nothing taken that is not right."""

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from maskloop.errors import InvalidArgument, InvalidLabel, InvalidMask, InvalidPrompt, MaskloopError
from maskloop.masks import Mask
from maskloop.values import (
    LABEL_KINDS,
    Box,
    BoxesLabel,
    Counts,
    FullLabel,
    ImageLevelLabel,
    LabelDraft,
    ObjectLabel,
    OodAnswer,
    Origin,
    Point,
    PointsLabel,
    Prompt,
    PromptPoint,
    Rejection,
    Review,
    Scribble,
    ScribblesLabel,
    SupervisionKind,
    Verdict,
    Work,
)
from maskloop.web.documents import (
    CONTENT_FORMS,
    Part,
    draft_document,
    prompt_document,
    read_content,
    read_draft,
    read_prompt,
)

categories = st.integers(1, 2**31 - 1)
places = st.floats(0, 1e5)
lengths = st.floats(1e-3, 1e5)
proposal_ids = st.from_regex(r"[0-9a-f]{16}", fullmatch=True)
works = st.builds(Work, st.none() | st.integers(0, 1_000_000), st.none() | st.floats(0, 1e7, allow_subnormal=False))
masks = st.tuples(st.integers(1, 9), st.integers(1, 9), st.randoms(use_true_random=False)).map(
    lambda made: Mask.from_array(np.array([[made[2].random() < 0.5 for _ in range(made[1])] for _ in range(made[0])]))
)
origins = st.one_of(
    st.builds(Origin, st.sampled_from([Verdict.ACCEPTED, Verdict.MODIFIED]), proposal_ids, work=works),
    st.builds(Origin, st.just(Verdict.MISSED), work=works),
)
reviews = st.builds(
    Review, st.text("abc", min_size=1), st.lists(st.builds(Rejection, proposal_ids, work=works), max_size=3).map(tuple)
)
objects = st.builds(ObjectLabel, categories, masks, st.booleans(), st.none() | origins)
CONTENTS = {
    SupervisionKind.FULL: st.builds(FullLabel, st.lists(objects, max_size=3).map(tuple), st.none() | reviews),
    SupervisionKind.BOXES: st.lists(st.builds(Box, categories, places, places, lengths, lengths)).map(
        lambda boxes: BoxesLabel(tuple(boxes))
    ),
    SupervisionKind.POINTS: st.lists(st.builds(Point, categories, places, places)).map(
        lambda points: PointsLabel(tuple(points))
    ),
    SupervisionKind.SCRIBBLES: st.lists(
        st.builds(
            Scribble, st.just(0) | categories, st.lists(st.tuples(places, places), min_size=1, max_size=5).map(tuple)
        )
    ).map(lambda strokes: ScribblesLabel(tuple(strokes))),
    SupervisionKind.COUNTS: st.dictionaries(categories, st.integers(0, 10_000)).map(Counts),
    SupervisionKind.IMAGE_LEVEL: st.sets(categories).map(lambda present: ImageLevelLabel(tuple(present))),
    SupervisionKind.OOD_CHECK: st.builds(OodAnswer, st.just(0) | categories),
}


def through_json(document: object) -> Part:
    return Part.parse(json.dumps(document, allow_nan=False).encode())


def test_every_kind_has_its_form_and_is_tried_here() -> None:
    assert set(CONTENT_FORMS) == set(CONTENTS) == set(LABEL_KINDS)


@pytest.mark.parametrize("kind", CONTENTS)
@given(data=st.data())
def test_what_a_label_says_goes_there_and_back(kind: SupervisionKind, data: st.DataObject) -> None:
    content = data.draw(CONTENTS[kind])
    seconds = data.draw(st.none() | st.floats(0, 1e9))
    draft = LabelDraft("image-1", content, seconds, data.draw(st.sampled_from(["", "label-1"])))
    assert read_draft(through_json(draft_document(draft))) == draft


@given(
    st.builds(
        Prompt,
        st.just(0) | categories,
        st.none() | st.tuples(places, places, lengths, lengths),
        st.lists(st.builds(PromptPoint, places, places, st.booleans()), max_size=4).map(
            lambda points: (PromptPoint(1, 1), *points)
        ),
    )
)
def test_a_prompt_goes_there_and_back(prompt: Prompt) -> None:
    assert read_prompt(through_json(prompt_document(prompt))) == prompt


def test_what_the_server_works_out_by_itself_is_not_told_to_browsers_and_not_read_from_them() -> None:
    square = Mask.from_array(np.ones((2, 2), bool))
    origin = Origin(Verdict.MODIFIED, "0" * 16, prompted=True, iou=0.5, reclassified=True)
    said = FullLabel((ObjectLabel(1, square, origin=origin),), Review("m1"))
    heard = read_draft(through_json(draft_document(LabelDraft("a", said)))).content
    plain = replace(origin, prompted=False, iou=None, reclassified=False)
    assert heard == FullLabel((ObjectLabel(1, square, origin=plain),), Review("m1"))


MASK = {"height": 2, "width": 2, "rle": "04"}
OBJECT: dict[str, Any] = {"category": 1, "mask": MASK, "crowd": False, "origin": None}
ORIGIN = {"verdict": "accepted", "proposal": "0" * 16, "edits": None, "seconds": None}


def full(**changed: object) -> dict[str, object]:
    return {"objects": [OBJECT, {**OBJECT, **changed}], "review": None}


WRONG: list[tuple[str, str, object, type[MaskloopError], str]] = [
    ("no object", "counts", [], InvalidArgument, "content"),
    ("a field too many", "counts", {"counts": [], "count": 1}, InvalidArgument, "content"),
    ("a field missing", "full", {"objects": []}, InvalidArgument, "content.review"),
    ("no list", "points", {"points": {}}, InvalidArgument, "content.points"),
    ("true for 1", "ood_check", {"category": True}, InvalidArgument, "content.category"),
    ("half a category", "ood_check", {"category": 1.5}, InvalidArgument, "content.category"),
    ("a category in words", "ood_check", {"category": "1"}, InvalidArgument, "content.category"),
    ("a negative category", "image_level", {"categories": [-1]}, InvalidArgument, "content.categories[0]"),
    ("category 0", "image_level", {"categories": [0]}, InvalidArgument, "content.categories[0]"),
    ("more than 32 bits", "image_level", {"categories": [2**31]}, InvalidArgument, "content.categories[0]"),
    ("twice", "image_level", {"categories": [1, 1]}, InvalidLabel, "content.categories"),
    (
        "counted twice",
        "counts",
        {"counts": [{"category": 1, "count": 1}] * 2},
        InvalidLabel,
        "content.counts[1].category",
    ),
    (
        "a negative count",
        "counts",
        {"counts": [{"category": 1, "count": -1}]},
        InvalidArgument,
        "content.counts[0].count",
    ),
    ("three sides", "boxes", {"boxes": [{"category": 1, "box": [1, 2, 3]}]}, InvalidArgument, "content.boxes[0].box"),
    ("no width", "boxes", {"boxes": [{"category": 1, "box": [1, 2, 0, 3]}]}, InvalidLabel, "content.boxes[0]"),
    ("null", "boxes", {"boxes": [{"category": 1, "box": [1, 2, None, 3]}]}, InvalidArgument, "content.boxes[0].box[2]"),
    ("beside", "points", {"points": [{"category": 1, "point": [-1, 2]}]}, InvalidLabel, "content.points[0]"),
    (
        "huge",
        "points",
        {"points": [{"category": 1, "point": [10**400, 2]}]},
        InvalidArgument,
        "content.points[0].point[0]",
    ),
    ("no corner", "scribbles", {"scribbles": [{"category": 1, "path": []}]}, InvalidLabel, "content.scribbles[0]"),
    ("a broken mask", "full", full(mask={**MASK, "rle": "0"}), InvalidMask, "content.objects[1].mask"),
    ("letters", "full", full(mask={**MASK, "rle": "ü4"}), InvalidMask, "content.objects[1].mask"),
    ("no size", "full", full(mask={**MASK, "height": 0}), InvalidArgument, "content.objects[1].mask.height"),
    ("too large", "full", full(mask={**MASK, "height": 2**20, "width": 2**20}), InvalidMask, "content.objects[1].mask"),
    ("crowd as 0", "full", full(crowd=0), InvalidArgument, "content.objects[1].crowd"),
    (
        "a verdict",
        "full",
        full(origin={**ORIGIN, "verdict": "liked"}),
        InvalidArgument,
        "content.objects[1].origin.verdict",
    ),
    ("rejected", "full", full(origin={**ORIGIN, "verdict": "rejected"}), InvalidLabel, "content.objects[1].origin"),
    (
        "missed, and yet",
        "full",
        full(origin={**ORIGIN, "verdict": "missed"}),
        InvalidLabel,
        "content.objects[1].origin",
    ),
    ("edits", "full", full(origin={**ORIGIN, "edits": -1}), InvalidArgument, "content.objects[1].origin.edits"),
    ("seconds", "full", full(origin={**ORIGIN, "seconds": -1}), InvalidLabel, "content.objects[1].origin"),
]


@pytest.mark.parametrize(
    ("kind", "content", "error", "where"), [case[1:] for case in WRONG], ids=[case[0] for case in WRONG]
)
def test_what_is_wrong_is_refused_where_it_stands(
    kind: str, content: object, error: type[MaskloopError], where: str
) -> None:
    with pytest.raises(error) as refused:
        read_content(Part(content, "content"), SupervisionKind(kind))
    assert type(refused.value) is error
    assert refused.value.field == where
    assert refused.value.message.startswith(where.rpartition(".")[0] or where)


@pytest.mark.parametrize(
    "text", ["", "{", '{"a": NaN}', "[-Infinity]", '{"a": 1, "a": 2}', "[" * 100_000, "\xff", '{"a": 1} {}']
)
def test_what_is_no_json_is_refused(text: str) -> None:
    with pytest.raises(InvalidArgument):
        Part.parse(text.encode("latin-1"))


@pytest.mark.parametrize("text", ["a\0b", "\ud800"])
def test_texts_that_nobody_can_keep_are_refused(text: str) -> None:
    with pytest.raises(InvalidArgument, match="cannot be kept"):
        Part(text, "name").text()


def test_a_prompt_that_shows_nothing_names_its_place() -> None:
    document = {"box": None, "points": [[1, 2, False]], "category": 0}
    with pytest.raises(InvalidPrompt, match=r"^prompts\[3\]: it shows no object") as refused:
        read_prompt(Part(document, "prompts[3]"))
    assert refused.value.field == "prompts[3]"


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["objects", "review", "category", "mask", "boxes", "box", "points", "counts", "origin"]),
            inner,
        )
    ),
    max_leaves=12,
)


@given(st.sampled_from(list(CONTENTS)), json_values)
def test_whatever_comes_is_read_or_refused(kind: SupervisionKind, value: object) -> None:
    refused_at = "content"
    try:
        read_content(Part(value, "content"), kind)
    except InvalidArgument as error:
        refused_at = error.field
    assert refused_at.startswith("content")
