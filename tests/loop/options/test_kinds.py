"""Kinds of labels and their shares, as they are typed."""

import pytest

from maskloop.errors import InvalidArgument
from maskloop.loop.options import Options
from maskloop.loop.options.kinds import parse_kinds
from maskloop.values import SupervisionKind

FULL, BOXES = SupervisionKind.FULL, SupervisionKind.BOXES


@pytest.mark.parametrize(
    ("text", "shares"),
    [
        ("full", {FULL: 1.0}),
        ("boxes,full", {BOXES: 0.5, FULL: 0.5}),
        ("full, boxes", {FULL: 0.5, BOXES: 0.5}),
        ("boxes=0.75,full", {BOXES: 0.75, FULL: 0.25}),
        ("boxes=0.9,full=0.1", {BOXES: 0.9, FULL: 0.1}),
        ("full=1", {FULL: 1.0}),
        (" auto ", {FULL: 0.25, BOXES: 0.75}),
    ],
)
def test_shares_that_are_open_take_what_is_left(text, shares):
    assert parse_kinds(text) == pytest.approx(shares)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "'' is none of full, boxes"),
        ("boxs,full", "'boxs' is none of full, boxes; did you mean 'boxes'"),
        ("boxes", "add full"),
        ("auto,full", "'auto' is none of full, boxes"),
        ("aut", "did you mean 'auto'"),
        ("boxes,boxes,full", "boxes is there twice"),
        ("boxes=1,full", "add up to 1, and none is 0"),
        ("boxes=0.5,full=0.4", "add up to 1"),
        ("boxes=0.9,full=0.4", "add up to 1"),
        ("boxes=0,full", r"boxes=0 is no share in \(0, 1\]"),
        ("boxes=nan,full", "boxes=nan is no share"),
        ("boxes=half,full", "boxes=half is no share"),
    ],
)
def test_what_cannot_be_is_refused(text, words):
    with pytest.raises(InvalidArgument, match=words):
        parse_kinds(text)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"budget": "1h", "recipe": "compact"}, "a network of --recipe compact learns from no boxes"),
        ({"budget": "1h", "recipe": "class_maps"}, "a network of --recipe class_maps learns from no boxes"),
        (
            {"budget": "1h", "recipe": "pretrained,masks=dense"},
            "learns from no boxes; one of pretrained does that looks at",
        ),
        ({"budget": "1h", "counts": True}, "--counts: with --kinds networks find by themselves"),
        ({"budget": "20images"}, "a budget of images counts full labels alone"),
        (
            {"budget": "1h", "kinds": "full", "weak": "boxes", "recipe": "compact"},
            "--weak boxes: a network of --recipe",
        ),
        (
            {"budget": "1h", "kinds": "full", "weak": "boxs"},
            "--weak 'boxs' is none of image_level, boxes; did you mean",
        ),
    ],
)
def test_boxes_that_would_teach_nothing_are_refused(options, words):
    with pytest.raises(InvalidArgument, match=words):
        Options(data="demo", **{"kinds": "boxes,full", **options})
