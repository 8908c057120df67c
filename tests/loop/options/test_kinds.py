"""Kinds of labels and their shares, as they are typed."""

import pytest

from maskloop.errors import InvalidArgument
from maskloop.loop.options import Options
from maskloop.loop.options.kinds import parse_kinds
from maskloop.values import MARKS, SupervisionKind
from models.kinds.recipes import resolve

FULL, BOXES = SupervisionKind.FULL, SupervisionKind.BOXES
POINTS, SCRIBBLES = SupervisionKind.POINTS, SupervisionKind.SCRIBBLES
BOXES_ALONE = "pretrained,weak=none"


@pytest.mark.parametrize(
    ("text", "shares"),
    [
        ("full", {FULL: 1.0}),
        ("boxes,full", {BOXES: 0.5, FULL: 0.5}),
        ("full, boxes", {FULL: 0.5, BOXES: 0.5}),
        ("boxes=0.75,full", {BOXES: 0.75, FULL: 0.25}),
        ("boxes=0.9,full=0.1", {BOXES: 0.9, FULL: 0.1}),
        ("full=1", {FULL: 1.0}),
        ("points=0.2,boxes=0.3,full", {POINTS: 0.2, BOXES: 0.3, FULL: 0.5}),
        ("scribbles,points=0.1,full", {SCRIBBLES: 0.45, POINTS: 0.1, FULL: 0.45}),
        (" auto ", {FULL: 0.25, BOXES: 0.75}),
    ],
)
def test_shares_that_are_open_take_what_is_left(text, shares):
    assert parse_kinds(text) == pytest.approx(shares)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "'' is none of full, boxes, scribbles, points"),
        ("boxs,full", "'boxs' is none of full, boxes, scribbles, points; did you mean 'boxes'"),
        ("boxes", "add full"),
        ("auto,full", "'auto' is none of full, boxes"),
        ("aut", "did you mean 'auto'"),
        ("boxes,boxes,full", "boxes is there twice"),
        ("boxes=1,full", "add up to 1, and none is 0"),
        ("boxes=0.5,full=0.4", "add up to 1"),
        ("boxes=0.9,full=0.4", "add up to 1"),
        ("points=0.5,boxes=0.5,full", "add up to 1, and none is 0"),
        ("counts,full", "'counts' is none of"),
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
            "learns from no boxes; one of bbam or unet does, and one of pretrained that looks at regions",
        ),
        ({"budget": "1h", "counts": True}, "--counts: with --kinds networks find by themselves"),
        ({"budget": "20images"}, "a budget of images counts full labels alone"),
        (
            {"budget": "1h", "kinds": "full", "weak": "boxes", "recipe": "compact"},
            "--weak boxes: a network of --recipe",
        ),
        (
            {"budget": "1h", "kinds": "full", "weak": "boxes", "weak_recipe": "compact,hidden=32"},
            "--weak boxes: a network of --weak-recipe compact,hidden=32 learns from no boxes",
        ),
        ({"budget": "1h", "recipe": "bbam", "image_size": 64}, "--image-size: --recipe bbam has no such option"),
        ({"budget": "1h", "recipe": "unet", "encoder": "resnet18"}, "--encoder: --recipe unet has no such option"),
        ({"budget": "1h", "recipe": "bbam", "counts": True}, "--counts: --recipe bbam has no such option"),
        ({"budget": "1h", "recipe": "bbam", "strategy": "dropout"}, "dropout asks how a recurrent network's masks"),
        (
            {"budget": "1h", "kinds": "full", "weak": "boxs"},
            "--weak 'boxs' is none of image_level, points, scribbles, boxes; did you mean",
        ),
    ],
)
def test_boxes_that_would_teach_nothing_are_refused(options, words):
    with pytest.raises(InvalidArgument, match=words):
        Options(data="demo", **{"kinds": "boxes,full", **options})


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"kinds": "points,full", "recipe": BOXES_ALONE}, f"--kinds points,full: a network of --recipe {BOXES_ALONE} "),
        (
            {"kinds": "points,scribbles,full", "recipe": BOXES_ALONE},
            "learns from no scribbles or points; one of unet does$",
        ),
        ({"weak": "points", "recipe": BOXES_ALONE}, "--weak points: .* learns from no points alone; one of unet does$"),
        ({"weak": "scribbles"}, "--weak scribbles: a network of --recipe pretrained learns from no scribbles alone"),
        ({"kinds": "points,full", "recipe": "pretrained,masks=dense"}, "learns from no points; one of unet does$"),
        (
            {"kinds": "boxes,points,full", "recipe": "compact"},
            "learns from no boxes or points; one of bbam or unet does",
        ),
    ],
)
def test_marks_of_which_a_network_learns_none_are_refused(options, words):
    """Those of which it learns some are told: see `warn_of_idle_marks`."""
    with pytest.raises(InvalidArgument, match=words):
        Options(data="demo", budget="1h", **options)
    assert Options(data="demo", budget="1h", kinds="boxes,points,full", recipe=BOXES_ALONE).shares().of_marks


@pytest.mark.parametrize("text", ["pretrained", BOXES_ALONE, "pretrained,masks=dense", "compact", "recurrent", "bbam"])
def test_what_is_said_of_a_recipe_here_is_what_it_says_itself(text):
    options = Options(data="demo", budget="1h", recipe=text)
    own = resolve(options.recipe_name, **options.recipe_overrides()).learns_from
    assert options.learns_from == own - {SupervisionKind.FULL}


def test_bbam_learns_from_boxes_that_are_bought_beside_outlines_or_before():
    beside = Options(data="demo", budget="1h", kinds="boxes,full", recipe="bbam,student=false", encoder="resnet18")
    assert beside.recipe_overrides() == {"encoder": "resnet18", "student": False}
    assert Options(data="demo", budget="1h", recipe="bbam", assist="boxes").without_counts


@pytest.mark.parametrize(
    ("asked", "name", "overrides"),
    [
        ({"weak_recipe": "bbam,steps=9"}, "bbam", {"steps": 9}),
        ({"recipe": "bbam,steps=8"}, "bbam", {"steps": 8}),
        ({"weak_recipe": "unet,steps=2"}, "unet", {"steps": 2}),
        ({"recipe": "pretrained,width=16"}, "pretrained", {"width": 16, "classes": "predicted"}),
    ],
)
def test_boxes_before_the_first_outline_teach_the_network_that_is_named_or_the_campaigns_own(asked, name, overrides):
    options = Options(data="demo", budget="1h", weak="boxes", **asked)
    assert (options.weak_name, options.weak_overrides()) == (name, overrides)


@pytest.mark.parametrize("kind", ["points", "scribbles", "boxes"])
def test_every_mark_teaches_a_unet_beside_outlines_or_before(kind):
    Options(data="demo", budget="1h", kinds=f"{kind},full", recipe="unet", assist="boxes")
    before = Options(data="demo", budget="1h", weak=kind, weak_recipe="unet,closing=9")
    assert (before.weak_name, before.weak_overrides()) == ("unet", {"closing": 9})
    Options(data="demo", budget="1h", also_propose=("unet,steps=2",))
    unet = Options(data="demo", budget="1h", recipe="unet")
    assert unet.learns_from == resolve("unet").learns_from & set(MARKS) == set(MARKS)
