"""Pictures of corrections: which are shown, in which order, and what is drawn."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from maskloop.costs.cost_model import CostModel
from maskloop.errors import InvalidImage
from maskloop.masks import Mask
from maskloop.report import Correction, CorrectionPicture, RunReport, count_reviews, write_report
from maskloop.report.pictures.chosen import rgb
from maskloop.report.pictures.corrections import MOST_CORRECTIONS, choose_corrections
from maskloop.report.pictures.corrections_pictures import (
    CORRECTION_BYTES,
    CORRECTION_SIDE,
    MADE,
    PROPOSED,
    draw_correction,
    save_corrections,
    shown_corrections,
    window_around,
)
from maskloop.values import Rejection, Verdict
from tests.report.reviews.labels import CATEGORIES, RUST, SIDE, bar, began, by_hand, label, proposal

NAMES = {category.id: category.name for category in CATEGORIES}


def many(mended: int, rejected: int):
    """One label with so many proposals mended and rejected: `m0` the furthest off, `r0` the least sure."""
    objects = [began(bar(0), Verdict.MODIFIED, f"m{n}", 0.5 + n / 100) for n in range(mended)]
    proposals = [proposal(f"m{n}", bar(0, 5)) for n in range(mended)]
    proposals += [proposal(f"r{n}", bar(1, n + 1), predicted=n / 100) for n in range(rejected)]
    return label("a", objects, [Rejection(f"r{n}") for n in range(rejected)], proposals)


def chosen(*labels) -> list[str]:
    return [each.proposal_id for each in choose_corrections(labels, NAMES)]


@pytest.mark.parametrize(
    ("mended", "rejected", "ids"),
    [
        (2, 2, ["m0", "m1", "r1", "r0"]),
        (20, 0, [f"m{n}" for n in range(8)]),
        (20, 20, ["m0", "m1", "m2", "m3", "m4", "r19", "r18", "r17"]),
        (20, 1, [*(f"m{n}" for n in range(7)), "r0"]),
        (1, 20, ["m0", *(f"r{n}" for n in range(19, 12, -1))]),
        (0, 0, []),
    ],
)
def test_the_largest_corrections_come_first_and_rejected_ones_have_places(mended, rejected, ids):
    assert chosen(many(mended, rejected)) == ids
    assert len(ids) <= MOST_CORRECTIONS


def test_a_correction_says_what_it_is():
    mended, plain, reclassified, *rejected = choose_corrections(by_hand(), NAMES)
    assert [each.true for each in (mended, plain, reclassified)] == [0.6, 0.8, 1.0]
    assert (mended.category, mended.predicted, mended.verdict) == ("crack", 0.7, Verdict.MODIFIED)
    assert (reclassified.category, reclassified.proposed_as) == ("crack", "rust")
    own, prompted = sorted(rejected, key=lambda each: each.prompted)
    assert (own.proposal_id, own.category, own.proposed_as) == ("p5", "rust", "")
    assert own.true == pytest.approx(0.3)  # of the crack that it overlaps most, which was drawn
    assert (prompted.proposal_id, prompted.round) == ("q1", 2)
    assert prompted.true == pytest.approx(0.2)


def test_without_a_fitted_head_no_confidence_stands_for_a_predicted_iou():
    unfitted = label("a", [], [Rejection("r")], [proposal("r", bar(0))], head_fitted=False)
    [correction] = choose_corrections([unfitted], NAMES)
    assert correction.predicted is None


def test_an_unknown_iou_is_worked_out_and_accepted_ones_are_no_corrections():
    there = [began(bar(0), Verdict.MODIFIED, "m", None), began(bar(1), Verdict.ACCEPTED, "p", 1.0)]
    told = label("a", there, [], [proposal("m", bar(0, 4)), proposal("p", bar(1))])
    [correction] = choose_corrections([told], NAMES)
    assert correction.proposal_id == "m"
    assert correction.true == pytest.approx(0.4)


def square(left: int, top: int, side: int, full: tuple[int, int] = (400, 600)) -> Mask:
    array = np.zeros(full, dtype=np.bool_)
    array[top : top + side, left : left + side] = True
    return Mask.from_array(array)


@pytest.mark.parametrize(
    ("masks", "window"),
    [
        ([square(200, 150, 100)], (165, 115, 170, 170)),  # 35 of 100 around it
        ([square(300, 200, 10)], (288, 188, 34, 34)),  # no less than 12 pixels
        ([square(0, 0, 100)], (0, 0, 170, 170)),  # moved inside
        ([square(500, 300, 100)], (430, 230, 170, 170)),
        ([square(100, 100, 20), square(180, 100, 20)], (65, 25, 170, 170)),  # on both
        ([square(100, 0, 400)], (0, 0, 600, 400)),  # 680 wanted
    ],
)
def test_a_window_has_a_margin_and_stays_inside(masks, window):
    assert window_around(masks) == window


def a_correction(verdict: Verdict = Verdict.MODIFIED) -> Correction:
    return Correction(1, "a", "a.jpg", "p", verdict, "crack", "", 0.7, 0.5)


def lines(drawn: np.ndarray, colour: str) -> np.ndarray:
    """Where a picture has a colour."""
    return (drawn == rgb(colour).astype(np.uint8)).all(axis=-1)


def test_the_proposal_is_drawn_left_and_over_what_it_became_right():
    grey = np.full((400, 600, 3), 90, dtype=np.uint8)
    proposed, made = square(200, 100, 100), square(200, 100, 80)
    drawn = draw_correction(CorrectionPicture(a_correction(), grey, proposed, (made,)))
    assert {picture.shape for picture in drawn.values()} == {(CORRECTION_SIDE, CORRECTION_SIDE, 3)}
    scale = CORRECTION_SIDE / 170
    for side in ("proposed", "made"):
        rows, columns = np.nonzero(lines(drawn[side], PROPOSED.colour))
        assert columns.min() == pytest.approx(35 * scale, abs=2)
        assert columns.max() == rows.max() == pytest.approx(135 * scale, abs=2)
    assert not lines(drawn["proposed"], MADE.colour).any()
    assert np.nonzero(lines(drawn["made"], MADE.colour))[1].max() == pytest.approx(115 * scale, abs=2)


def test_beside_a_rejected_proposal_the_objects_nearby_are_drawn():
    grey = np.full((400, 600, 3), 90, dtype=np.uint8)
    proposed, near, far = square(200, 100, 100), square(250, 150, 100), square(500, 300, 50)
    picture = CorrectionPicture(a_correction(Verdict.REJECTED), grey, proposed, (near, far))
    assert picture.window == (165, 65, 170, 170)
    drawn = draw_correction(picture)
    assert lines(drawn["made"], MADE.colour).any()
    alone = draw_correction(CorrectionPicture(a_correction(Verdict.REJECTED), grey, proposed, (far,)))
    assert not lines(alone["made"], MADE.colour).any()


def test_a_mask_of_another_size_is_refused():
    grey = np.full((400, 600, 3), 90, dtype=np.uint8)
    with pytest.raises(InvalidImage, match="image a is 400 x 600"):
        CorrectionPicture(a_correction(), grey, square(0, 0, 10), (bar(0),))


def test_the_page_shows_the_pictures_that_were_drawn(tmp_path: Path, a_report: Callable[..., RunReport]):
    told = by_hand()
    reviews = count_reviews(told, CostModel(3), CATEGORIES)
    noise = np.random.default_rng(0).integers(0, 256, (SIDE, SIDE, 3), dtype=np.uint8)
    by_id = {item.id: item.mask for each in told for item in each.review.proposals}
    pictures = [CorrectionPicture(each, noise, by_id[each.proposal_id], (bar(1),)) for each in reviews.corrections]
    write_report(tmp_path, a_report(reviews=reviews), corrections=pictures)
    text = (tmp_path / "report.html").read_text()
    assert text.count('alt="a proposal in ') == len(reviews.corrections) == 5
    assert text.count("what people made of it: mended") == 3
    assert text.count("what people made of it: rejected") == 2
    assert "true 0.60, predicted 0.70" in text
    assert "b.jpg, round 2, proposed as rust" in text
    assert text.index("true 0.60") < text.index("true 0.80") < text.index("true 0.30")
    files = list((tmp_path / "pictures").rglob("*.jpg"))
    assert len(files) == 10
    assert max(file.stat().st_size for file in files) <= CORRECTION_BYTES
    write_report(tmp_path, a_report(reviews=reviews))  # drawn before, and found again
    assert (tmp_path / "report.html").read_text() == text


def test_proposals_of_one_image_have_pictures_of_their_own(tmp_path: Path):
    pixels = np.zeros((SIDE, SIDE, 3), dtype=np.uint8)
    told = [many(2, 0)]
    corrections = choose_corrections(told, NAMES)
    first = CorrectionPicture(corrections[0], pixels, bar(0), (bar(1),))
    save_corrections(tmp_path, [first])
    assert [shown.correction for shown in shown_corrections(tmp_path, corrections)] == [corrections[0]]


def test_a_class_nobody_names_is_left_empty():
    told = label("a", [], [Rejection("r")], [proposal("r", bar(0), RUST)])
    [correction] = choose_corrections([told], {})
    assert correction.category == ""
