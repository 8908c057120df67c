"""Labels that people mend after they were taken, batches handed in by half, and a run that ends while people work."""

import json
import os

import pytest

from maskloop.masks import Mask
from maskloop.values import Counts, FullLabel, ObjectLabel, SkipReason
from tests.labelers.people import COUNTS, FULL, OOD_CHECK, People, finished, square, task

LABELED = finished("a", "b", a=[square(1), square(2)], b=[square(5)])
MENDED = finished("a", "b", a=[square(1, 4), square(2)], b=[square(5)])
THREE = finished("a", "b", "c", a=[square(1)], b=[square(2)], c=[square(5)])


def by_id(answers):
    return {draft.image_id: draft.content for draft in answers.drafts}


@pytest.fixture
def people(tmp_path):
    return People(tmp_path)


def test_a_file_that_nobody_touched_is_no_correction_and_is_not_read(people):
    people.save(LABELED)
    known = by_id(people.labeler.label(task(FULL)))
    state = os.stat(people.place / "done.json")
    people.write("x" * state.st_size)  # would be told if it were read
    os.utime(people.place / "done.json", ns=(state.st_atime_ns, state.st_mtime_ns))
    assert people.again().labeler.revised(task(FULL), known).drafts == ()
    assert people.said.count("JSON") == 0


def test_a_file_saved_again_with_the_same_labels_is_no_correction(people):
    people.save(LABELED)
    known = by_id(people.labeler.label(task(FULL)))
    other_order = finished("b", "a", a=[square(2), square(1)], b=[square(5)])
    people.write(json.dumps(other_order, indent=1))
    answers = people.labeler.revised(task(FULL), known)
    assert (answers.drafts, answers.later, dict(answers.passed_over)) == ((), (), {})
    assert {path.name for path in (people.place / "taken").iterdir()} == {"1", "2"}


def test_a_mended_label_is_told_until_it_is_on_record_and_the_first_answer_stays(people):
    people.save(LABELED)
    first = people.labeler.label(task(FULL))
    people.write(MENDED)
    known = by_id(first)
    for labeler in (people.labeler, people.labeler, people.again().labeler):  # killed before it was on record
        (draft,) = labeler.revised(task(FULL), known).drafts
        assert (draft.image_id, draft.content) == ("id-a", FullLabel((square(1, 4), square(2))))
    known["id-a"] = FullLabel((square(1, 4), square(2)))
    assert people.again().labeler.revised(task(FULL), known).drafts == ()
    assert people.again().labeler.label(task(FULL)) == first
    kept = [json.loads((people.place / "taken" / number / "done.json").read_text()) for number in ("1", "2")]
    assert kept == [LABELED, MENDED]


def test_a_label_that_somebody_else_corrected_is_not_set_back_by_a_file_that_nobody_saved(people):
    people.save(LABELED)
    known = by_id(people.labeler.label(task(FULL))) | {"id-b": FullLabel((square(1),))}
    assert people.labeler.revised(task(FULL), known).drafts == ()


def test_a_correction_that_does_not_hold_together_is_told_once_and_waits_for_nobody(people):
    people.save(LABELED)
    known = by_id(people.labeler.label(task(FULL)))
    slept = people.slept
    people.write("{")
    for _ in range(3):
        assert people.labeler.revised(task(FULL), known).drafts == ()
    assert (people.said.count("done.json is not JSON") + people.said.count("done.json is no JSON"), people.slept) == (
        1,
        slept,
    )
    assert "waiting" not in people.said.splitlines()[-1]
    people.write(MENDED)
    assert len(people.labeler.revised(task(FULL), known).drafts) == 1


@pytest.mark.parametrize(
    ("kind", "first", "mended"),
    [
        (COUNTS, {"a.png": {"crack": 1}, "b.png": {}}, {"a.png": {"crack": 2}, "b.png": {}}),
        (OOD_CHECK, {"a.png": "", "b.png": ""}, {"a.png": "crack", "b.png": ""}),
    ],
)
def test_every_kind_of_label_may_be_mended(people, kind, first, mended):
    people.save(first)
    known = by_id(people.labeler.label(task(kind)))
    people.write(mended)
    (draft,) = people.labeler.revised(task(kind), known).drafts
    assert draft.image_id == "id-a"
    assert draft.content != known["id-a"]


def test_a_part_is_taken_and_the_rest_comes_later(people):
    part = finished("a", "b", "c", b=[square(2)])  # a and c are listed, as CVAT does, and nobody looked at them yet
    people.save(part, "part.json")
    asked = task(FULL, ("a", "b", "c", "d"))
    answers = people.labeler.label(asked)
    assert by_id(answers) == {"id-b": FullLabel((square(2),))}
    assert answers.later == ("id-a", "id-c", "id-d")
    known = by_id(answers)
    assert people.labeler.revised(asked, known).later == ("id-a", "id-c", "id-d")
    people.write(finished("a", "b", "c", "d", a=[square(1)], b=[square(2)], d=[square(5)]))
    late = people.labeler.revised(asked, known)
    assert by_id(late) == {"id-a": FullLabel((square(1),)), "id-c": FullLabel(), "id-d": FullLabel((square(5),))}
    assert late.later == ()
    assert people.again().labeler.label(asked) == answers


def test_a_part_may_grow(people):
    asked = task(COUNTS, ("a", "b", "c"))
    people.save({"a.png": {"crack": 2}, "b.png": {}, "c.png": {}}, "part.json")
    known = by_id(people.labeler.label(asked))
    people.write({"a.png": {"crack": 2}, "b.png": {"rust": 1}, "c.png": {}}, "part.json")
    late = people.labeler.revised(asked, known)
    assert (by_id(late), late.later) == ({"id-b": Counts({2: 1})}, ("id-c",))


def test_a_part_with_nothing_in_it_is_told(people):
    people.save(finished("a", "b"), "part.json")
    people.save(LABELED)
    people.labeler.label(task(FULL))
    assert "part.json hands in nothing: no image in it has anything on it" in people.said


def test_a_file_that_lacks_images_says_how_to_hand_in_a_part(people):
    people.save(finished("a", a=[square(1)]))
    people.save(LABELED)
    people.labeler.label(task(FULL))
    assert "or as part.json if the rest comes later; the run is waiting." in people.said


def test_images_that_come_later_may_turn_out_to_be_unusable(people):
    asked = task(FULL, ("a", "b", "c"))
    people.save(finished("a", a=[square(1)]), "part.json")
    known = by_id(people.labeler.label(asked))
    people.write("c.png\n", "skip.txt")
    late = people.labeler.revised(asked, known)
    assert (dict(late.passed_over), late.later) == ({"id-c": SkipReason.UNUSABLE}, ("id-b",))
    for labeler in (people.labeler, people.again().labeler):
        late = labeler.revised(asked, known)
        assert (dict(late.passed_over), late.later) == ({}, ("id-b",))


def test_an_image_that_has_a_label_keeps_it_when_it_is_skipped_too_late(people):
    people.save(LABELED)
    known = by_id(people.labeler.label(task(FULL)))
    people.write("a.png\n", "skip.txt")
    late = people.labeler.revised(task(FULL), known)
    assert (late.drafts, dict(late.passed_over), late.later) == ((), {}, ())
    assert people.said.count("a.png has a label already, which stays") == 1


def test_nobody_is_waited_for_when_all_images_are_unusable(people):
    people.save("a.png\nb.png\n", "skip.txt")
    answers = people.labeler.label(task(FULL))
    assert (answers.drafts, set(answers.passed_over)) == ((), {"id-a", "id-b"})


def test_a_run_that_is_over_takes_what_is_complete_and_waits_for_nobody(tmp_path):
    people = People(tmp_path, ["ada", "bob"])
    over: list[int] = []
    asked = task(FULL, ("a", "b", "c"), is_over=lambda: bool(over))
    people.save(THREE, "../ada/round-01/done.json")
    people.save(finished("b"), "../bob/round-01/draft.json")
    people.script.append(lambda: over.append(1))
    answers = people.labeler.label(asked)
    assert by_id(answers) == {"id-a": FullLabel((square(1),)), "id-c": FullLabel((square(5),))}
    assert answers.later == ("id-b",)
    assert people.slept == 3
    (tmp_path / "bob" / "round-01" / "done.json").write_text(json.dumps(THREE))
    again = People(tmp_path, ["ada", "bob"])
    assert again.labeler.label(asked) == answers
    known = by_id(answers)
    assert by_id(again.labeler.revised(asked, known)) == {"id-b": FullLabel((square(2),))}


def test_a_run_that_is_over_before_anybody_answered_asks_again_when_it_goes_on(people):
    over = task(FULL, is_over=lambda: True)
    answers = people.labeler.label(over)
    assert (answers.drafts, answers.later) == ((), ("id-a", "id-b"))
    again = people.again()
    again.save(LABELED)
    assert len(again.labeler.label(task(FULL)).drafts) == 2
    assert again.slept == 1


def test_a_label_that_came_after_the_run_had_ended_is_not_answered_as_if_it_had_come_before(people):
    over = task(FULL, is_over=lambda: True)
    answers = people.labeler.label(over)
    people.write(LABELED)
    late = people.labeler.revised(over, {})
    assert len(late.drafts) == 2
    people.labeler.revised(over, by_id(late))
    assert people.again().labeler.label(over) == answers


def test_masks_are_compared_pixel_by_pixel(people):
    whole = square(1)
    pixels = whole.mask.to_array()
    pixels[1, 0] = False
    people.save(finished("a", "b", a=[whole]))
    known = by_id(people.labeler.label(task(FULL)))
    people.write(finished("a", "b", a=[ObjectLabel(1, Mask.from_array(pixels))]))
    assert [draft.image_id for draft in people.labeler.revised(task(FULL), known).drafts] == ["id-a"]
