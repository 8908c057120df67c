"""Crowds in evaluation: cases by hand, pycocotools on a file with `iscrowd`, and what stays as if they were not there.

Image a, 20 x 20: an object of category 1 (rows 0 to 5), a crowd of the same category (rows 10 to 20), ten wide. A
proposal finds the object with IoU .8, another lies in the crowd.
"""

import contextlib
import io
import json

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from maskloop.formats.coco.writing import coco_document
from maskloop.masks import Mask
from maskloop.matching import image_iou, judged, match_within_class, panoptic_quality, shares_inside, without_crowds
from maskloop.values import Category, ImageProposals, ObjectLabel, Split
from models.annotation.evaluate import evaluate
from models.data.samples import Example, ImageToScore
from models.features.evidence import rows_of
from models.metrics.average_precision import detect
from models.metrics.overlap import (
    average_best_overlap,
    mean_dice,
    mean_similarity,
    object_f1,
    semantic_iou,
)
from models.metrics.thin import thin_metrics
from models.predictor import Prediction, Predictor
from tests.models.rectangles import UPPER, UPPER_AT_80, proposal, rectangle

CPU = torch.device("cpu")
OBJECT = ObjectLabel(1, UPPER)
CROWD = ObjectLabel(1, rectangle(10, 0, 20, 10), crowd=True)
FOUND, MEMBER = proposal(UPPER_AT_80, 0.9), proposal(rectangle(11, 1, 14, 9), 0.8)
BESIDE = proposal(rectangle(0, 12, 5, 20), 0.7)  # on nothing
TRUTHS, ALONE = {"a": [OBJECT, CROWD]}, {"a": [OBJECT]}


def rows_from(*, top: int, left: int = 0, right: int = 10, category: int = 1):
    """Ten rows, of which those from row 10 on lie in the crowd."""
    return proposal(rectangle(top, left, top + 10, right), 0.5, category)


def test_what_lies_on_a_crowd_is_no_false_positive_and_what_lies_beside_is_one():
    found = {"a": [FOUND, MEMBER, MEMBER]}
    assert panoptic_quality(TRUTHS, found) == pytest.approx(0.8)  # .8 / (1 + 0 + 0)
    assert panoptic_quality(ALONE, found) == pytest.approx(0.4)  # .8 / (1 + 2 * .5)
    assert panoptic_quality(TRUTHS, {"a": [*found["a"], BESIDE]}) == pytest.approx(0.8 / 1.5)
    assert object_f1(TRUTHS, found) == 1.0


def test_a_missed_crowd_costs_nothing_and_a_category_of_crowds_alone_is_none():
    assert panoptic_quality(TRUTHS, {"a": [FOUND]}) == pytest.approx(0.8)
    other = {"a": [OBJECT, ObjectLabel(2, CROWD.mask, crowd=True)]}
    drawn = {"a": [FOUND, proposal(MEMBER.mask, 0.5, 2)]}
    assert panoptic_quality(other, drawn) == pytest.approx(0.8)
    assert semantic_iou(other, drawn).keys() == {1}
    assert detect(other, drawn).categories == (1,)
    nothing = {"a": [CROWD]}
    assert (detect(nothing, drawn).ap(), panoptic_quality(nothing, {"a": [MEMBER]})) == (0, 0)


@pytest.mark.parametrize(("top", "counts"), [(4, True), (5, True), (6, False), (10, False)])
def test_more_than_half_of_a_proposal_makes_it_the_crowds(top: int, counts: bool):
    assert judged([rows_from(top=top)], [CROWD]).tolist() == [counts]
    assert judged([rows_from(top=top, category=2)], [CROWD]).tolist() == [True]
    assert panoptic_quality(TRUTHS, {"a": [FOUND, rows_from(top=top)]}) == pytest.approx(0.8 / (1.5 if counts else 1))


def test_crowds_of_a_category_are_taken_together():
    halves = [ObjectLabel(1, rectangle(top, 0, top + 5, 10), crowd=True) for top in (10, 15)]
    assert shares_inside([rectangle(12, 0, 18, 10)], [half.mask for half in halves]).tolist() == [1.0]
    assert not judged([proposal(rectangle(12, 0, 18, 10), 0.5)], halves).any()


def test_an_object_in_a_crowd_that_is_found_is_found():
    inner = ObjectLabel(1, MEMBER.mask)
    assert judged([MEMBER], [CROWD, inner]).tolist() == [True]
    places, ious = match_within_class([FOUND, MEMBER], [CROWD, OBJECT, inner])
    assert places.tolist() == [1, 2]
    assert ious.tolist() == pytest.approx([0.8, 1.0])


def test_nothing_is_paired_with_a_crowd_and_an_images_iou_is_of_its_objects():
    places, ious = match_within_class([MEMBER, FOUND, proposal(CROWD.mask, 1.0)], [CROWD, OBJECT])
    assert places.tolist() == [-1, 1, -1]
    assert ious.tolist() == pytest.approx([0, 0.8, 0])
    assert image_iou([FOUND, MEMBER], TRUTHS["a"]) == pytest.approx(0.8)
    assert image_iou([FOUND, MEMBER], ALONE["a"]) == pytest.approx(0.4)
    assert image_iou([MEMBER], [CROWD]) == 0


def test_pixels_of_a_crowd_are_of_no_category():
    # Of 50 true pixels 40 are drawn; 60 more in rows 4 to 10, where rows 4 is true; the rest lies in the crowd.
    assert semantic_iou(TRUTHS, {"a": [FOUND, rows_from(top=6)]}) == pytest.approx({1: 40 / (50 + 40)})
    assert semantic_iou(ALONE, {"a": [FOUND, rows_from(top=6)]}) == pytest.approx({1: 40 / (50 + 100)})


def test_ap_is_that_without_the_crowd_and_its_members():
    ranked = {"a": [proposal(MEMBER.mask, 0.99), FOUND]}  # the member is ranked first
    assert detect(TRUTHS, ranked).ap(0.5) == pytest.approx(1)
    assert detect(ALONE, ranked).ap(0.5) == pytest.approx(0.5)
    # An IoU with a crowd is a share of the proposal: of ten rows, six in the crowd.
    partly = {"a": [proposal(rows_from(top=6).mask, 0.99), FOUND]}
    assert detect(TRUTHS, partly).ap(0.5) == pytest.approx(1)
    assert detect(TRUTHS, partly).ap(0.7) == pytest.approx(0.5)


def test_thin_measures_leave_out_what_lies_on_a_crowd():
    line, member = rectangle(3, 2, 4, 18), proposal(rectangle(15, 1, 16, 9), 0.5)
    drawn = {"a": [proposal(line, 0.5), member]}
    of_line = {"boundary_f1": 1.0, "cl_dice": 1.0, "length_found": 1.0}
    assert thin_metrics({"a": [ObjectLabel(1, line), CROWD]}, drawn) == of_line
    assert thin_metrics({"a": [ObjectLabel(1, line)]}, drawn)["boundary_f1"] < 0.9


# Property tests: small images of rectangles, of two categories.
boxes = st.tuples(st.integers(0, 16), st.integers(0, 16), st.integers(1, 8), st.integers(1, 8))
solid = boxes.map(lambda box: rectangle(box[0], box[1], min(20, box[0] + box[2]), min(20, box[1] + box[3])))
labels = st.builds(ObjectLabel, st.integers(1, 2), solid, st.booleans())
offers = st.builds(proposal, solid, st.integers(1, 999), st.integers(1, 2))
pictures = st.dictionaries(
    st.sampled_from("abc"),
    st.tuples(st.lists(labels, max_size=4), st.lists(offers, max_size=4, unique_by=lambda one: one.predicted_iou)),
    min_size=1,
)


@settings(max_examples=40)
@given(pictures)
def test_ap_is_that_of_pycocotools_on_a_file_with_iscrowd(drawn):
    truths = {name: there for name, (there, _) in drawn.items()}
    proposals = {name: offered for name, (_, offered) in drawn.items()}
    found = detect(truths, proposals)
    expected = coco_ap(truths, proposals)
    assert found.ap(0.5) == pytest.approx(expected, abs=1e-9)


def coco_ap(truths, proposals) -> float:
    """AP50 by COCO's own program, of the file as we write it; -1, for a category without an object, is left out."""
    sized = [Sized(name) for name in sorted(truths)]
    document = json.loads(json.dumps(coco_document([Category(1, "one"), Category(2, "two")], sized, truths)))
    numbers = {image["file_name"]: image["id"] for image in document["images"]}
    results = [
        {
            "image_id": numbers[name],
            "category_id": item.category_id,
            "score": item.predicted_iou,
            "segmentation": {"size": [20, 20], "counts": item.mask.rle.decode()},
        }
        for name, offered in proposals.items()
        for item in offered
    ]
    if not results or not document["annotations"]:
        return 0.0
    with contextlib.redirect_stdout(io.StringIO()):
        coco = COCO()
        coco.dataset = {"info": {}, **document}
        coco.createIndex()
        evaluation = COCOeval(coco, coco.loadRes(results), "segm")
        evaluation.evaluate()
        evaluation.accumulate()
    (at_half,) = np.flatnonzero(evaluation.params.iouThrs == 0.5)
    precision = evaluation.eval["precision"][at_half, :, :, 0, -1]
    return float(precision[precision > -1].mean()) if (precision > -1).any() else 0.0


class Sized:
    """An image of 20 x 20."""

    width = height = 20

    def __init__(self, file_name: str) -> None:
        self.file_name = file_name


@settings(max_examples=40)
@given(pictures)
def test_other_measures_are_those_of_the_objects_and_the_proposals_that_are_judged(drawn):
    truths = {name: there for name, (there, _) in drawn.items()}
    proposals = {name: offered for name, (_, offered) in drawn.items()}
    objects, offered = without_crowds(truths, proposals)
    for name, there in truths.items():
        assert [item for item in there if not item.crowd] == list(objects[name])
        crowd = np.zeros((3, 20, 20), dtype=bool)
        for item in there:
            crowd[item.category_id] |= item.crowd & item.mask.to_array()
        for item in set(proposals[name]) - set(offered[name]):
            mask = item.mask.to_array()
            assert (mask & crowd[item.category_id]).sum() > mask.sum() / 2
    for measure in (mean_dice, object_f1, panoptic_quality, average_best_overlap, mean_similarity):
        assert measure(truths, proposals) == measure(objects, offered)


class Fixed(Predictor):
    """A predictor that draws the same of every image."""

    categories = (1,)
    needs_counts = False

    def _predict(self, images, *, device, batch_size):
        for image in images:
            shown = ImageProposals(image.image_id, "m", 0.8, (FOUND, MEMBER), 0)
            yield Prediction(shown, np.array([[0.9], [0.1]]), None, np.zeros(1, np.float32), {})


def test_an_evaluation_counts_objects_and_a_head_learns_nothing_from_what_lies_on_a_crowd():
    pixels = np.zeros((20, 20, 3), dtype=np.uint8)
    examples = [Example("a", pixels, (OBJECT, CROWD)), Example("b", pixels, (CROWD,))]
    measured = evaluate(Fixed(), examples, Split.TEST, device=CPU, progress=lambda *_: None)
    assert measured.mean_iou == pytest.approx(0.8)
    assert [(image.true_iou, image.objects) for image in measured.images] == [
        (pytest.approx(0.8), 1),
        (0.0, 0),  # what should have been found in b is not there: one proposal lies beside the crowd
    ]
    predictions = list(Fixed().predict(map(ImageToScore.of, examples), device=CPU, batch_size=1))
    rows = rows_of(predictions, {example.image_id: example.labels for example in examples})
    assert rows.image_ids.tolist() == ["a", "b"]
    assert rows.statistics.tolist() == [[0.9], [0.9]]
    assert rows.ious.tolist() == pytest.approx([0.8, 0.0])


def test_masks_without_a_pixel_lie_on_no_crowd():
    assert judged([proposal(Mask.empty(20, 20), 0.5)], [CROWD]).tolist() == [True]
    assert judged([], [CROWD]).tolist() == []
