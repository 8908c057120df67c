"""What a colleague would ask before a label is taken, and how people answer."""

import json
import shutil

import numpy as np
import pytest

from maskloop.labelers import folder_checks
from maskloop.masks import Mask
from maskloop.values import FullLabel, Image, ObjectLabel, Split
from tests.labelers.people import COUNTS, FULL, OOD_CHECK, People, finished, offered, square, task

MEANT = finished("a", "b", a=[square(1)], b=[square(2), square(5, 4)])
EMPTY = finished("a", "b")
OFFERED = offered("a", square(1)) | offered("b", square(2), square(5, 4))


def pixels(*places):
    mask = np.zeros((6, 8), dtype=bool)
    for place in places:
        mask[place] = True
    return ObjectLabel(1, Mask.from_array(mask))


@pytest.fixture
def people(tmp_path):
    return People(tmp_path)


NEARLY = pixels(*((row, column) for row in range(1, 6) for column in range(1, 6)))
SAME = pixels(*((row, column) for row in range(1, 6) for column in range(1, 6) if (row, column) != (1, 1)))
DOUBTED = [
    (EMPTY, {}, "empty", "nothing is outlined in any of its 2 images"),
    (EMPTY, OFFERED, "empty", "nothing is outlined in any of its 2 images"),
    (MEANT, OFFERED, "unchanged", "the network's proposals came back unchanged in all of its 2 images"),
    (finished("a", "b", a=[square(1), pixels((5, 7))]), {}, "stray", "outlines of a pixel or so: a.png (crack)"),
    (finished("a", "b", b=[NEARLY, SAME]), {}, "twice", "one object outlined twice: b.png (crack)"),
    (MEANT | {"seconds": 100_000.0}, {}, "seconds", "an image took very long: a.png (13.9 h), b.png (13.9 h)"),
]


@pytest.mark.parametrize(("document", "proposals", "word", "told"), DOUBTED)
def test_what_is_seldom_meant_is_asked_about_once_and_waited_for(people, document, proposals, word, told):
    people.save(document)
    people.script += [lambda: None] * 3
    people.save(finished("a", "b", a=[square(2)]))
    answers = people.labeler.label(task(FULL, proposals=proposals))
    assert answers.drafts[0].content.without_review == FullLabel((square(2),))
    assert people.said.count(told) == 1
    assert f'If that is meant, write "{word}" into confirm.txt beside it; if not, mend it' in people.said
    assert "the run is waiting" in people.said


@pytest.mark.parametrize(("document", "proposals", "word", "told"), DOUBTED)
def test_its_word_confirms_it(people, document, proposals, word, told):
    people.save(document)
    people.save(f"{word.upper()}\n", "confirm.txt")
    answers = people.labeler.label(task(FULL, proposals=proposals))
    assert len(answers.drafts) == 2
    assert told in people.said
    assert people.again().labeler.label(task(FULL, proposals=proposals)) == answers


@pytest.mark.parametrize(("document", "proposals", "word", "told"), DOUBTED)
def test_so_does_the_file_itself(people, document, proposals, word, told):
    people.save({**document, "confirmed": True})
    assert len(people.labeler.label(task(FULL, proposals=proposals)).drafts) == 2
    assert told not in people.said


def test_another_word_confirms_nothing(people):
    people.save(EMPTY)
    people.save("twice", "confirm.txt")
    people.save("\n", "confirm.txt")
    people.save("yes", "confirm.txt")
    people.save("empty, twice", "confirm.txt")
    people.labeler.label(task(FULL))
    assert people.said.count("nothing is outlined") == 2
    assert "confirm.txt holds no word; it may hold empty, unchanged" in people.said
    assert "'yes' is none of empty, unchanged, stray, twice, seconds" in people.said


def test_the_proposals_saved_as_they_are_are_asked_about_even_for_one_image(people):
    people.script.append(lambda: shutil.copy(people.place / "proposals.json", people.place / "done.json"))
    people.save(finished("a", a=[square(1)]))
    people.labeler.label(task(FULL, ("a",)))
    assert "nothing is outlined in a.png" in people.said


@pytest.mark.parametrize(
    ("names", "document", "proposals"),
    [
        (("a",), finished("a"), {}),  # one image without an object is nothing strange
        (("a", "b"), finished("a", "b", a=[square(1)]), {}),
        (("a", "b"), finished("a", "b", a=[square(1)], b=[square(2)]), OFFERED),  # one of three is gone
        (("a", "b"), finished("a", "b", a=[square(1), square(2)]), {}),  # one place, two categories
        (("a", "b"), finished("a", "b", a=[square(1), square(1, 1)]), {}),  # they overlap by half
    ],
)
def test_what_may_well_be_is_taken_at_once(people, names, document, proposals):
    people.save(json.dumps(document, indent=1))
    people.labeler.label(task(FULL, names, proposals))
    assert people.slept == 1


def test_counts_of_nothing_are_asked_about_and_candidates_that_hold_nothing_are_not(people):
    people.save({"a.png": {}, "b.png": {"crack": 0}})
    people.save("empty", "confirm.txt")
    people.labeler.label(task(COUNTS))
    assert "nothing is counted in any of its 2 images" in people.said
    people.save({"a.png": "", "b.png": ""}, "../round-02/done.json")
    people.labeler.label(task(OOD_CHECK, name="round-02"))
    assert "nothing is outlined" not in people.said


def test_stray_clicks_are_told_from_small_objects_by_the_size_of_the_photo(people):
    photo = Image("id-a", "p", "a.png", "", 5000, 4000, "0" * 64, Split.POOL)
    dot = np.zeros((4000, 5000), dtype=bool)
    dot[10:14, 10:15] = True
    asked = task(FULL, ("a",))
    vars(asked)["images"] = (photo,)
    annotation = {"id": 1, "image_id": 1, "category_id": 1, "segmentation": [[10, 10, 15, 10, 15, 14, 10, 14]]}
    document = finished() | {
        "images": [{"id": 1, "file_name": "a.png", "width": 5000, "height": 4000}],
        "annotations": [annotation],
    }
    people.save(document)
    people.save("stray", "confirm.txt")
    people.labeler.label(asked)
    assert "outlines of a pixel or so: a.png (crack)" in people.said


def test_remarks_keep_nobody_waiting(people):
    names = ("a", "b", "c")
    proposals = offered("a", square(1)) | offered("b", square(2)) | offered("c", square(5))
    people.save(finished(*names, a=[square(1)], b=[square(2)], c=[square(1)]))
    people.labeler.label(task(FULL, names, proposals))
    assert people.slept == 1
    assert "the network's proposals came back unchanged in 2 of 3 images." in people.said
    assert "no image shows hole." in people.said


def test_a_class_that_no_image_of_many_shows_is_remarked_upon(people):
    names = [f"n{number}" for number in range(10)]
    people.save(finished(*names, n3=[square(1)]))
    people.labeler.label(task(FULL, names))
    assert "no image shows rust or hole." in people.said


def test_several_doubts_are_asked_about_together(people):
    people.save(finished("a", "b", a=[NEARLY, SAME, pixels((0, 7))]))
    people.save("stray twice", "confirm.txt")
    people.labeler.label(task(FULL))
    assert people.slept == 2
    assert 'write "stray twice" into confirm.txt' in people.said


def test_a_part_is_asked_about_too(people):
    people.save(finished("a", "b", a=[square(2), square(2)]), "part.json")
    people.script += [lambda: None] * 3
    people.save("twice", "confirm.txt")
    people.labeler.label(task(FULL))
    assert people.said.count("part.json: one object outlined twice: a.png") == 1


def test_in_a_part_what_is_as_it_was_proposed_comes_later(people):
    people.save(finished("a", "b", a=[square(1)], b=[square(1)]), "part.json")
    people.script += [lambda: None] * 3
    people.save(finished("a", "b", a=[square(1)], b=[square(2)]), "part.json")
    answers = people.labeler.label(task(FULL, proposals=offered("a", square(1)) | offered("b", square(1))))
    assert people.said.count("part.json hands in nothing: every image in it is as the network proposed it") == 1
    assert [draft.image_id for draft in answers.drafts] == ["id-b"]
    assert answers.later == ("id-a",)


def test_many_outlines_are_compared_within_a_bound(people, monkeypatch):
    monkeypatch.setattr(folder_checks, "MOST_PAIRS", 100)
    looked = []
    monkeypatch.setattr(folder_checks, "_near", lambda *_: looked.append(1))
    people.save(finished("a", "b", a=[square(1)] * 2000))
    people.labeler.label(task(FULL))
    assert 0 < len(looked) <= 2 * 100  # once when it comes, and once as it was taken
