"""What the page hands in is what the server's values say: one label of each kind, made under node."""

from __future__ import annotations

import json

import numpy as np
import pytest

from maskloop.masks import Mask
from maskloop.values import (
    Box,
    BoxesLabel,
    Category,
    Counts,
    FullLabel,
    Image,
    ImageLevelLabel,
    LabelContent,
    LabelDraft,
    ObjectLabel,
    OodAnswer,
    Origin,
    Point,
    PointsLabel,
    Rejection,
    Review,
    Scribble,
    ScribblesLabel,
    Split,
    Verdict,
    Work,
)
from maskloop.web.documents.labels import draft_document, read_draft
from maskloop.web.documents.reading import Part
from tests.web.node import ask, needs_node

pytestmark = needs_node
SURE, UNSURE, MIDDLING, ASKED = (letter * 16 for letter in "abcd")
UNTOUCHED = Work(0, 0.0)


def _block(x: int, y: int, width: int, height: int) -> Mask:
    array = np.zeros((20, 30), bool)
    array[y : y + height, x : x + width] = True
    return Mask.from_array(array)


def _reviewed() -> FullLabel:
    """Of four proposals one is accepted, one mended, one of another class, one rejected; one was missed; a crowd."""
    objects = (
        ObjectLabel(1, _block(0, 0, 6, 5), origin=Origin(Verdict.ACCEPTED, SURE, work=UNTOUCHED)),
        ObjectLabel(1, _block(21, 1, 7, 7), origin=Origin(Verdict.MODIFIED, MIDDLING, work=Work(1, 4.5))),
        ObjectLabel(1, _block(2, 10, 5, 5), origin=Origin(Verdict.MODIFIED, ASKED, work=UNTOUCHED)),
        ObjectLabel(2, _block(12, 12, 3, 3), origin=Origin(Verdict.MISSED, work=Work(3, 8.0))),
        ObjectLabel(1, _block(16, 16, 12, 3), crowd=True),
    )
    return FullLabel(objects, Review("m1", (Rejection(UNSURE, work=UNTOUCHED),)))


EXPECTED: dict[str, LabelContent] = {
    "reviewed": _reviewed(),
    "drawn": FullLabel((ObjectLabel(1, _block(1, 1, 4, 4)),)),
    "nothing": FullLabel(),
    "boxes": BoxesLabel((Box(1, 1, 2, 3.5, 4),)),
    "points": PointsLabel((Point(1, 1.5, 2),)),
    "scribbles": ScribblesLabel((Scribble(1, ((1, 1), (2.5, 3))), Scribble(0, ((20, 5),)))),
    "counts": Counts({2: 7}),
    "image_level": ImageLevelLabel((2,)),
    "ood_check": OodAnswer(0),
}


@pytest.fixture(scope="module")
def drafts() -> dict[str, dict[str, object]]:
    found: dict[str, dict[str, object]] = ask("drafts")
    assert found.keys() == EXPECTED.keys()
    return found


@pytest.mark.parametrize("name", EXPECTED)
def test_what_the_page_hands_in_is_read_as_it_was_meant(drafts, name):
    draft = read_draft(Part.parse(json.dumps(drafts[name]).encode()))
    assert draft == LabelDraft("i1", EXPECTED[name], 12.5)
    vocabulary = (Category(1, "one"), Category(2, "two"))
    draft.content.check(vocabulary, Image("i1", "p1", "one.jpg", "file:one.jpg", 30, 20, "", Split.POOL), "image i1")


@pytest.mark.parametrize("name", EXPECTED)
def test_the_page_and_the_server_write_the_same_document(drafts, name):
    assert draft_document(read_draft(Part(drafts[name]))) == drafts[name]
