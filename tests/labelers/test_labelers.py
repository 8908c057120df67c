import json
from dataclasses import replace

import pytest

from maskloop.costs.cost_model import CostModel
from maskloop.labelers import GroundTruthLabeler, Person
from maskloop.masks import Mask
from maskloop.values import (
    BoxesLabel,
    Counts,
    FullLabel,
    ImageProposals,
    LabelDraft,
    ObjectProposal,
    OodAnswer,
    Pick,
    SkipReason,
    SupervisionKind,
    with_ids,
)
from tests.labelers.people import COUNTS, FULL, OOD_CHECK, People, finished, square, task

OBJECTS = {"id-a": (square(1), square(1, 4), square(2)), "id-b": ()}


class TestGroundTruth:
    @pytest.fixture
    def labeler(self):
        return GroundTruthLabeler(OBJECTS, CostModel(3))

    def test_it_outlines_what_the_data_says_and_holds_no_clock(self, labeler):
        answers = labeler.label(task(FULL))
        assert answers.drafts == (LabelDraft("id-a", FullLabel(OBJECTS["id-a"])), LabelDraft("id-b", FullLabel()))
        assert answers.passed_over == {}

    def test_it_counts(self, labeler):
        answers = labeler.label(task(COUNTS))
        assert answers.drafts[0].content == Counts({1: 2, 2: 1})
        assert answers.drafts[1] == LabelDraft("id-b", Counts({}))

    def test_it_boxes_what_is_there_and_one_who_outlines_as_people_do_boxes_as_they_do(self, labeler):
        exact = BoxesLabel.of(OBJECTS["id-a"])
        asked = task(SupervisionKind.BOXES)
        assert [draft.content for draft in labeler.label(asked).drafts] == [exact, BoxesLabel()]
        like_people = GroundTruthLabeler(OBJECTS, CostModel(3), Person(outline_iou=0.91))
        drawn = like_people.label(asked).drafts[0].content
        assert isinstance(drawn, BoxesLabel)
        assert drawn != exact
        assert drawn.shown == exact.shown
        assert all(0 <= edge <= 8 for box in drawn.boxes for edge in box.corners)
        assert (
            drawn == GroundTruthLabeler(OBJECTS, CostModel(3), Person(outline_iou=0.91)).label(asked).drafts[0].content
        )

    def test_it_names_what_it_sees_first_in_a_candidate(self, labeler):
        answers = labeler.label(task(OOD_CHECK))  # a: two cracks and a rust
        assert [draft.content for draft in answers.drafts] == [OodAnswer(1), OodAnswer()]
        assert labeler.costs_s(task(OOD_CHECK), [Pick("id-a", "hard", cost_s=999.0)]) == {"id-a": 1.0}

    def test_it_knows_what_a_label_will_cost_before_it_is_made(self, labeler):
        pick = Pick("id-a", "random", cost_s=999.0)  # two of three classes, three objects: 1 + 3 * 79
        assert labeler.costs_s(task(FULL), [pick]) == {"id-a": 238.0}
        counted = replace(task(FULL), counts_paid_s={"id-a": 5.96})
        assert labeler.costs_s(counted, [pick]) == {"id-a": pytest.approx(232.04)}
        assert labeler.costs_s(task(COUNTS), [pick]) == {"id-a": pytest.approx(5.96)}


@pytest.fixture
def people(tmp_path):
    return People(tmp_path)


def test_people_get_images_proposals_and_instructions(people):
    proposal = ObjectProposal(2, square(2).mask, 0.75, 0.9)
    nothing = ObjectProposal(1, Mask.empty(6, 8), 0.1, 0.0)
    offered = {"id-a": ImageProposals("id-a", "m1", 0.4, with_ids("m1", "id-a", (proposal, nothing)))}
    people.save(finished("a", "b", a=[square(5)]))
    people.labeler.label(task(FULL, proposals=offered))
    assert (people.place / "images" / "a.png").read_bytes() == b"the file of id-a"
    proposals = json.loads((people.place / "proposals.json").read_text())
    assert [one["file_name"] for one in proposals["images"]] == ["a.png", "b.png"]
    assert [(one["category_id"], one["score"]) for one in proposals["annotations"]] == [(2, 0.75)]
    readme = (people.place / "README.txt").read_text()
    assert "crack, rust, hole" in readme
    assert "done.json" in readme


def test_what_people_leave_becomes_labels_in_the_order_of_the_task(people):
    people.save(finished("b", "a", a=[square(5)]))
    answers = people.labeler.label(task(FULL))
    assert [draft.image_id for draft in answers.drafts] == ["id-a", "id-b"]
    assert [item.category_id for item in answers.drafts[0].objects] == [5]
    assert answers.drafts[1].objects == ()
    assert answers.drafts[0].seconds_spent is None


def test_a_file_that_does_not_hold_together_is_told_and_waited_for_anew(people):
    people.save(finished("a"))
    people.script.append(lambda: None)  # the same file is not complained of twice
    people.save("{")
    people.save(finished("a", "b", a=[square(5)]))
    assert len(people.labeler.label(task(FULL)).drafts) == 2
    said = people.said
    assert said.count("b.png: the file does not list this image") == 1
    assert "JSON" in said


def test_images_nobody_can_label_are_passed_over(people):
    people.script.append(lambda: (people.place / "skip.txt").write_text("a.png\n"))
    people.save(finished("b"))
    answers = people.labeler.label(task(FULL))
    assert [draft.image_id for draft in answers.drafts] == ["id-b"]
    assert answers.passed_over == {"id-a": SkipReason.UNUSABLE}


def test_a_skipped_name_that_is_none_of_the_task_is_told(people):
    people.save("z.png\n", "skip.txt")
    people.save(finished("a", "b", a=[square(5)]))
    people.script.append(lambda: (people.place / "skip.txt").write_text(""))
    people.labeler.label(task(FULL))
    assert "'z.png': it is no image of this task" in people.said


def test_counts_are_left_by_category_name(people):
    people.save({"a.png": {"hole": 2, "crack": 0}, "b.png": {}})
    answers = people.labeler.label(task(COUNTS))
    assert [draft.content for draft in answers.drafts] == [Counts({5: 2}), Counts({})]
    assert json.loads((people.place / "todo.json").read_text()) == {"a.png": {}, "b.png": {}}
    assert '{"a.png": {"crack": 2}}' in (people.place / "README.txt").read_text()


@pytest.mark.parametrize(
    ("counts", "complaint"),
    [
        ({"a.png": {}}, "b.png: the file does not list this image"),
        ({"a.png": {"moss": 1}, "b.png": {}}, "a.png: category 'moss' is none of crack, rust, hole"),
        ({"a.png": {"rust": -1}, "b.png": {}}, "a.png: the count of rust is -1"),
        ({"a.png": {"rust": 1.5}, "b.png": {}}, "a.png: the count of rust is 1.5"),
        ({"a.png": {"rust": True}, "b.png": {}}, "a.png: the count of rust is True"),
        ({"a.png": 3, "b.png": {}}, "a.png: its counts are no JSON object"),
        ([], "no JSON object"),
    ],
)
def test_counts_that_cannot_be_are_told(people, counts, complaint):
    people.save(counts)
    people.save({"a.png": {}, "b.png": {"rust": 1}})
    people.labeler.label(task(COUNTS))
    assert complaint in people.said


def test_answers_are_left_by_category_name(people):
    people.save({"a.png": "hole", "b.png": ""})
    answers = people.labeler.label(task(OOD_CHECK))
    assert [draft.content for draft in answers.drafts] == [OodAnswer(5), OodAnswer()]
    assert json.loads((people.place / "todo.json").read_text()) == {"a.png": "", "b.png": ""}
    assert '{"a.png": "crack"}' in (people.place / "README.txt").read_text()


@pytest.mark.parametrize(
    ("answers", "complaint"),
    [
        ({"a.png": ""}, "b.png: the file does not list this image"),
        (
            {"a.png": "moss", "b.png": ""},
            "a.png: its answer is 'moss', neither \"\" for nothing nor one of crack, rust, hole",
        ),
        ({"a.png": 1, "b.png": ""}, "a.png: its answer is 1"),
        ([], "no JSON object"),
    ],
)
def test_answers_that_cannot_be_are_told(people, answers, complaint):
    people.save(answers)
    people.save({"a.png": "", "b.png": ""})
    people.labeler.label(task(OOD_CHECK))
    assert complaint in people.said


def test_leases_are_kept_while_people_work(people):
    kept: list[object] = []
    people.script.extend([lambda: None] * 1300)
    people.save(finished("a", "b", a=[square(5)]))
    people.labeler.label(task(FULL, kept=kept))
    assert len(kept) == 2  # every ten minutes of seconds


def test_people_are_expected_to_cost_what_the_server_expects(people):
    assert people.labeler.costs_s(task(FULL), [Pick("id-a", "random", cost_s=12.0)]) == {"id-a": 12.0}
