"""What people made of proposals, told from files that tools left: with the proposals' names, and without."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from maskloop.formats.coco import read_finished_coco
from maskloop.formats.coco.writing import coco_document
from maskloop.labelers.folder_reviews import reviewed
from maskloop.masks import Mask
from maskloop.values import Counts, FullLabel, ObjectLabel, Origin, Rejection, Verdict
from tests.labelers.people import CATEGORIES, COUNTS, FULL, People, finished, image, offered, square, task


def shape(left, top, side, category_id=1, named=""):
    """A square object, which says that it began as the proposal of that id."""
    pixels = np.zeros((30, 30), dtype=bool)
    pixels[top : top + side, left : left + side] = True
    return ObjectLabel(category_id, Mask.from_array(pixels), origin=Origin(Verdict.MODIFIED, named) if named else None)


PROPOSALS = offered("a", shape(2, 2, 10), shape(14, 2, 10))
FIRST, SECOND = (item.id for item in PROPOSALS["id-a"].objects)


def review(*objects):
    return reviewed(task(FULL, ("a",), PROPOSALS), "id-a", FullLabel(objects))


@pytest.mark.parametrize("names", [("", ""), (FIRST, SECOND)])
def test_accepted_mended_and_missed_objects_are_told_apart(names):
    label = review(shape(2, 2, 10, named=names[0]), shape(14, 2, 9, named=names[1]), shape(2, 18, 6))
    assert label.review.model_version == "m1"
    assert [item.origin for item in label.objects] == [
        Origin(Verdict.ACCEPTED, FIRST, iou=1.0),
        Origin(Verdict.MODIFIED, SECOND, iou=0.81),
        Origin(Verdict.MISSED),
    ]
    assert label.review.rejected == ()


def test_what_was_removed_is_rejected():
    label = review(shape(2, 2, 10))
    assert label.review.rejected == (Rejection(SECOND),)
    assert [item.origin.proposal_id for item in label.objects] == [FIRST]


def test_a_polygon_drawn_anew_around_a_proposal_is_the_proposal():
    pixels = shape(2, 2, 10).mask.to_array().copy()
    pixels[2, 2] = False  # a corner lost on the way through a tool
    label = review(ObjectLabel(1, Mask.from_array(pixels)))
    assert label.objects[0].origin == Origin(Verdict.ACCEPTED, FIRST, iou=1.0)
    assert label.objects[0].mask == shape(2, 2, 10).mask


@pytest.mark.parametrize("named", ["", FIRST])
def test_a_small_mending_is_a_persons_work_and_stays(named):
    mended = shape(2, 2, 10, named=named)
    pixels = mended.mask.to_array().copy()
    pixels[6, 6] = False  # a hole of one pixel, well inside
    mended = replace(mended, mask=Mask.from_array(pixels))
    label = review(mended)
    assert label.objects[0].mask == mended.mask
    assert label.objects[0].origin == Origin(Verdict.MODIFIED, FIRST, iou=0.99)


def test_a_name_says_more_than_masks():
    label = review(shape(13, 3, 10, named=FIRST))  # much like the second, and yet the first one, dragged there
    assert label.objects[0].origin == Origin(Verdict.MODIFIED, FIRST, iou=0.0)
    assert label.review.rejected == (Rejection(SECOND),)


def test_another_class_is_a_change_of_class_alone():
    label = review(shape(2, 2, 10, category_id=2))
    assert label.objects[0].origin == Origin(Verdict.MODIFIED, FIRST, iou=1.0, reclassified=True)


def test_a_copied_name_counts_once_and_an_unknown_one_not_at_all():
    label = review(shape(2, 2, 10, named=FIRST), shape(20, 20, 5, named=FIRST), shape(2, 20, 5, named="ffff"))
    assert [item.origin.verdict for item in label.objects] == [Verdict.ACCEPTED, Verdict.MISSED, Verdict.MISSED]


def test_a_crowd_began_as_nothing():
    crowd = replace(shape(2, 2, 10, named=FIRST), crowd=True)
    label = review(crowd)
    assert label.objects[0].origin is None
    assert len(label.review.rejected) == 2


def test_proposals_below_the_limit_are_not_shown_and_nothing_is_told_of_them():
    asked = task(FULL, ("a",), PROPOSALS)  # of a predicted IoU of .75
    strict = replace(asked, assistance=replace(asked.assistance, min_predicted_iou=0.8))
    label = reviewed(strict, "id-a", FullLabel((shape(2, 2, 10),)))
    assert isinstance(label, FullLabel)
    assert label.review.rejected == ()
    assert label.objects[0].origin == Origin(Verdict.MISSED)


def test_without_help_and_of_other_kinds_nothing_is_said_of_proposals():
    plain = FullLabel((shape(2, 2, 10),))
    assert reviewed(task(FULL, ("a",)), "id-a", plain) == plain
    assert reviewed(task(COUNTS, ("a",), PROPOSALS), "id-a", Counts({1: 2})) == Counts({1: 2})


@pytest.fixture
def people(tmp_path):
    return People(tmp_path)


@pytest.fixture
def in_the_folder():
    return offered("a", square(1), square(2, left=4)) | offered("b", square(5))


def test_people_find_the_names_of_proposals_in_their_file_and_the_run_reads_them_back(people, in_the_folder):
    def mend():
        document = json.loads((people.place / "proposals.json").read_text())
        assert [entry["proposal"] for entry in document["annotations"]] == [
            item.id for image in ("a", "b") for item in in_the_folder[f"id-{image}"].objects
        ]
        document["annotations"][1:2] = []
        people.write(document)

    people.script.append(mend)
    drafts = people.labeler.label(task(FULL, proposals=in_the_folder)).drafts
    kept, removed = in_the_folder["id-a"].objects
    assert drafts[0].content.objects == (replace(square(1), origin=Origin(Verdict.ACCEPTED, kept.id, iou=1.0)),)
    assert drafts[0].content.review.rejected == (Rejection(removed.id),)
    assert "what you remove as rejected" in (people.place / "README.txt").read_text()


def test_saving_the_same_again_is_no_correction_however_it_came_about(people, in_the_folder):
    document = finished("a", "b", a=[square(1)], b=[])
    people.save(document)
    asked = task(FULL, proposals=in_the_folder)
    first = people.labeler.label(asked)
    known = {draft.image_id: draft.content for draft in first.drafts}
    people.write({**document, "info": {"saved": "again"}})
    assert people.labeler.revised(asked, known).drafts == ()


def test_an_export_tells_every_proposal_and_reads_back_as_the_same_labels(tmp_path):
    label = review(shape(2, 2, 10), shape(14, 2, 9), shape(2, 18, 6))
    assert isinstance(label, FullLabel)
    assert label.review is not None
    offered_by_id = {item.id: item for item in PROPOSALS["id-a"].objects}
    kept = replace(
        label, review=replace(label.review, rejected=(Rejection("gone"),), proposals=tuple(offered_by_id.values()))
    )
    sized = replace(image("a"), width=30, height=30)
    document: Any = coco_document(CATEGORIES, [sized], {"a.png": kept.objects}, reviews={"a.png": kept.review})
    told = [
        {key: entry.get(key) for key in ("proposal", "verdict", "proposal_iou")} for entry in document["annotations"]
    ]
    assert told == [
        {"proposal": FIRST, "verdict": "accepted", "proposal_iou": 1.0},
        {"proposal": SECOND, "verdict": "modified", "proposal_iou": 0.81},
        {"proposal": None, "verdict": "missed", "proposal_iou": None},
    ]
    assert document["images"][0]["review"] == {"model_version": "m1", "rejected": [{"proposal": "gone"}]}
    file = tmp_path / "labels.json"
    file.write_text(json.dumps(document))
    read = read_finished_coco(file, {"a.png": (30, 30)}, CATEGORIES)
    assert FullLabel(read["a.png"]).without_review == kept.without_review
