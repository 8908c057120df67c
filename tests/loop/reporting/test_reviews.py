"""Labels that say what became of proposals, told round by round, and what is drawn of them."""

import io
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
from PIL import Image as Picture

from maskloop.costs.cost_model import CostModel
from maskloop.loop.outcomes import Arm, Bought, Measured, Purchase, Round
from maskloop.loop.reporting.reviews import correction_pictures, reviewed_labels
from maskloop.report import count_reviews
from maskloop.values import Batch, FullLabel, HeadState, Image, Label, ModelVersion, Pick, Split
from tests.report.reviews.labels import CATEGORIES, CRACK, SIDE, by_hand, drawn

NOW = datetime(2026, 1, 1, tzinfo=UTC)
IMAGES = {name: Image(name, "p", f"{name}.jpg", "", SIDE, SIDE, "", Split.POOL) for name in "abc"}
FITTED: dict[str, float] = {}
UNFITTED = {HeadState.UNFITTED.metric: 1.0}
REVIEWED = {each.image: each for each in by_hand()}


def purchase(image_id, content, version=""):
    pick = Pick(image_id, "why", 80.0, 0.4)
    batch = Batch("b", "p", "c", "ada", content.kind, "s", (pick,), NOW, model_version=version)
    label = Label("l", "p", image_id, content, "ada", 80.0, NOW, seconds_spent=30.0)
    return Purchase((Bought(batch, ((pick, label),)),))


def measured(number, version, metrics):
    model = ModelVersion(version, "p", "compact", 1, number, metrics, NOW)
    return Measured(number, model, None, number, 60.0 * number, {}, 1.0, 1.0)


def models(metrics=FITTED):
    beside = replace(measured(1, "v1", metrics).model, recipe="class_maps", config_json='{"method": "cam"}')
    return {"v1": beside, "v2": measured(2, "v2", FITTED).model}


def arm(metrics=FITTED):
    """An unaided first batch, then two rounds with reviews of version v1's proposals."""
    rounds = (
        Round(measured(1, "v1", metrics), purchase("a", REVIEWED["a"].content, "v1")),
        Round(measured(2, "v2", FITTED), purchase("b", REVIEWED["b"].content, "v2")),
    )
    return Arm(purchase("c", FullLabel((drawn_plainly(),))), rounds)


def drawn_plainly():
    return drawn(REVIEWED["a"].content.objects[0].mask, CRACK)


class Reader:
    """Reads grey photographs, and remembers which."""

    def __init__(self):
        self.asked = []

    def proposals(self, image_ids, model_version):
        raise AssertionError("labels hold the masks that were offered")

    def read_image(self, image_id):
        self.asked.append(image_id)
        file = io.BytesIO()
        Picture.fromarray(np.full((SIDE, SIDE, 3), 90, dtype=np.uint8)).save(file, "PNG")
        return file.getvalue()


def test_only_labels_with_reviews_are_told_with_their_round():
    told = reviewed_labels(arm(), IMAGES, {"a": 4.48}, models())
    assert [(each.round, each.image, each.file_name) for each in told] == [(1, "a", "a.jpg"), (2, "b", "b.jpg")]
    assert [each.counts_paid_s for each in told] == [4.48, 0.0]
    assert {each.seconds_spent for each in told} == {30.0}
    assert {each.head_fitted for each in told} == {True}
    assert {each.method for each in told} == {"class_maps:cam"}  # both are of version v1
    assert {each.method for each in reviewed_labels(arm(), IMAGES, {}, {})} == {"v1"}  # a network of that name


def test_without_a_fitted_head_its_proposals_predict_nothing():
    told = reviewed_labels(arm(UNFITTED), IMAGES, {}, models(UNFITTED))
    assert {each.head_fitted for each in told} == {False}  # both are of version v1


def test_nobody_is_asked_for_the_masks_that_labels_hold():
    told, reader = reviewed_labels(arm(), IMAGES, {}, models()), Reader()
    reviews = count_reviews(told, CostModel(len(CATEGORIES)), CATEGORIES)
    pictures = correction_pictures(reader, reviews, told)
    assert [picture.correction for picture in pictures] == list(reviews.corrections)
    by_id = {picture.correction.proposal_id: picture for picture in pictures}
    mended, rejected = by_id["p2"], by_id["p5"]
    assert mended.proposed.area == 60
    assert [mask.area for mask in mended.made] == [100]  # what it became, alone
    assert len(rejected.made) == 5  # all objects of the image
    assert len(by_id["q1"].made) == 2  # its crowd is none
    assert set(reader.asked) == {"a", "b"}


def test_without_reviews_nothing_is_read():
    reader = Reader()
    assert correction_pictures(reader, None, ()) == []
    assert reader.asked == []
