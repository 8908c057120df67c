"""done.json as labeling tools write it (case 14): names spelled their way, and whatever else is in the file."""

import pytest

from maskloop.labelers import Task
from maskloop.values import BoxesLabel, Category, FullLabel, Image, Split, SupervisionKind
from tests.labelers.people import FULL, People, offered, square, task

SPOT, HOLE = Category(1, "spot"), Category(2, "hole")
TRIANGLE = [[2, 2, 20, 2, 20, 20]]
ROBOFLOW = ".rf.0123456789abcdef.jpg"


def document(*names, spot="spot"):
    """A file of these names with a spot on the first."""
    return {
        "images": [{"id": id_, "file_name": name, "width": 48, "height": 40} for id_, name in enumerate(names)],
        "categories": [{"id": 1, "name": spot}, {"id": 2, "name": "hole"}],
        "annotations": [{"id": 1, "image_id": 0, "category_id": 1, "iscrowd": 0, "segmentation": TRIANGLE}],
    }


@pytest.fixture
def people(tmp_path):
    return People(tmp_path)


def asked(*names, categories=(SPOT, HOLE)):
    images = tuple(Image(f"id-{name}", "p", name, "", 48, 40, "0" * 64, Split.POOL) for name in names)
    return Task("round-01", FULL, images, categories, {}, {}, lambda id_: b"", lambda: None, "run")


@pytest.mark.parametrize(
    ("listed", "names"),
    [
        (("images\\a.png", "images\\b.png"), ("a.png", "b.png")),
        (("images/0a1b2c3d-a.png", "images/0a1b2c3d-b.png"), ("a.png", "b.png")),
        ((f"a_png{ROBOFLOW}", f"b_png{ROBOFLOW}"), ("a.png", "b.png")),
        (("u\u0308.png", "b.png"), ("ü.png", "b.png")),
        (("ü.png", "b.png"), ("u\u0308.png", "b.png")),
        (("/data/local-files/?d=site/a.png", "/data/local-files/?d=site/b.png"), ("site/a.png", "site/b.png")),
        (("a%20b.png", "C:\\photos\\B.PNG"), ("a b.png", "b.png")),
    ],
)
def test_names_as_tools_spell_them_are_those_that_are_meant(people, listed, names):
    people.save(document(*listed))
    first, second = people.labeler.label(asked(*names)).drafts
    assert [item.category_id for item in first.objects] == [1]
    assert second.content == FullLabel()


def test_a_name_that_could_be_two_images_is_neither(people):
    people.save(document("a.png", "2/b.png"))
    people.save(document("1/a.png", "2/a.png"))
    people.labeler.label(asked("1/a.png", "2/a.png"))
    assert "1/a.png: 'a.png' may be '1/a.png' or '2/a.png': only one can be meant" in people.said


def test_an_image_that_is_not_listed_is_told_with_the_nearest_that_are(people):
    people.save(document("aa.png", "b.png"))
    people.save(document("a.png", "b.png"))
    people.labeler.label(asked("a.png", "b.png"))
    assert "a.png: the file does not list this image; the nearest there: 'aa.png'" in people.said


def test_what_is_wrong_with_images_that_nobody_asked_for_is_nobody_s_business(people):
    broken = document("a.png", "b.png", "zz.png")
    broken["annotations"].append({"id": 9, "image_id": 2, "category_id": 1, "segmentation": []})
    people.save(broken)
    assert len(people.labeler.label(asked("a.png", "b.png")).drafts) == 2
    assert people.slept == 1


def test_a_wrong_category_is_told_as_such_with_the_one_that_is_near(people):
    people.save(document("a.png", "b.png", spot="Spot"))
    people.save(document("a.png", "b.png"))
    people.labeler.label(asked("a.png", "b.png"))
    assert "category 'Spot' is none of spot, hole; did you mean 'spot'?" in people.said
    assert "does not list this image" not in people.said


@pytest.mark.parametrize("listed", [("images\\a.png", "images\\b.png"), (f"a_png{ROBOFLOW}", f"b_png{ROBOFLOW}")])
def test_a_part_and_its_seconds_may_be_spelled_so_too(people, listed):
    part = document(*listed)
    part["images"][0]["seconds"] = 12
    people.save(part, "part.json")
    answers = people.labeler.label(asked("a.png", "b.png"))
    assert [(draft.image_id, draft.seconds_spent) for draft in answers.drafts] == [("id-a.png", 12.0)]
    assert answers.later == ("id-b.png",)


def test_crowds_are_neither_stray_nor_there_twice(people):
    both = document("a.png", "b.png")
    crowd = {"id": 2, "image_id": 0, "category_id": 1, "iscrowd": 1, "segmentation": TRIANGLE}
    both["annotations"].append(crowd)
    people.save(both)
    objects = people.labeler.label(asked("a.png", "b.png")).drafts[0].objects
    assert (people.slept, [item.crowd for item in objects]) == (1, [False, True])


def test_boxes_that_came_back_unchanged_are_asked_about(people):
    proposals = offered("a", square(1)) | offered("b", square(2))
    people.script.append(
        lambda: (people.place / "done.json").write_bytes((people.place / "proposals.json").read_bytes() + b"\n")
    )
    people.save("unchanged", "confirm.txt")
    answers = people.labeler.label(task(SupervisionKind.BOXES, proposals=proposals))
    assert answers.drafts[0].content == BoxesLabel.of((square(1),))
    assert "the network's proposals came back unchanged in all of its 2 images" in people.said
