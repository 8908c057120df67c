"""What the steps of a review take, estimated: known seconds are found again, and breaks are not believed."""

from __future__ import annotations

import numpy as np
import pytest

from maskloop.costs.cost_model import CostModel
from maskloop.costs.review_fit import ReviewWork, fit_reviews
from maskloop.masks import Mask
from maskloop.values import (
    OUTLINE_BY_LENGTH,
    CorrectionForm,
    FullLabel,
    ObjectLabel,
    Origin,
    Rejection,
    Review,
    ReviewPrices,
    Verdict,
)

COSTS = CostModel(3)
FACTORS = {"drawn": 0.7, "looks": 2.0, "boxes": 1.4, "mended": 0.5}


def work(rng: np.random.Generator, noise: float = 0.1) -> ReviewWork:
    """A label of some person whose steps take `FACTORS` of the plan, give or take."""
    drawn, looks, boxes, mended = rng.integers(0, 5), rng.integers(1, 9), rng.integers(0, 4), rng.uniform(0, 4)
    removed = int(rng.integers(0, looks + 1))
    planned: dict[str, float] = {
        "drawn": 79.0 * drawn,
        "looks": 1.5 * float(looks) + 2 * removed,
        "boxes": 7.0 * boxes,
        "mended": 79.0 * mended,
    }
    seconds = 2 + sum(FACTORS[step] * planned_s for step, planned_s in planned.items())
    return ReviewWork(
        2, int(drawn), 0.0, int(looks), removed, 0, int(boxes), float(mended), 0.0, seconds * rng.normal(1, noise)
    )


def test_what_people_took_is_found_again():
    rng = np.random.default_rng(0)
    found = fit_reviews(COSTS, [work(rng) for _ in range(200)])
    assert found.labels == 200
    assert found.drawn.estimated_s == pytest.approx(0.7 * 79, rel=0.05)
    assert found.mended.estimated_s == pytest.approx(0.5 * 79, rel=0.1)
    assert found.box.estimated_s == pytest.approx(1.4 * 7, rel=0.35)
    assert found.look.low_s <= 2.0 * found.look.planned_s <= found.look.high_s
    assert found.drawn.low_s < 0.7 * 79 < found.drawn.high_s
    assert found.measured_s / found.planned_s < 1


def test_without_labels_it_is_the_plan():
    found = fit_reviews(COSTS, [])
    seconds = (found.drawn, found.look, found.box, found.mended)
    assert [each.estimated_s for each in seconds] == pytest.approx([79.0, 1.5, 7.0, 79.0])
    assert [each.steps for each in seconds] == [0, 0, 0, 0]


def test_a_lunch_break_is_left_out():
    rng = np.random.default_rng(1)
    labels = [work(rng) for _ in range(30)]
    slow = ReviewWork(2, 1, 0.0, 1, 0, 0, 0, 0.0, 0.0, 3600.0)
    assert fit_reviews(COSTS, [*labels, slow]).left_out == 1


def test_the_work_of_a_label_is_counted_step_by_step():
    pixels = np.zeros((10, 10), dtype=bool)
    pixels[:5, :5] = True
    mask = Mask.from_array(pixels)

    def item(origin: Origin | None, category_id: int = 1) -> ObjectLabel:
        return ObjectLabel(category_id, mask, origin=origin)

    length = item(None).outline_length
    label = FullLabel(
        (
            item(Origin(Verdict.ACCEPTED, "a", iou=1.0)),
            item(Origin(Verdict.MODIFIED, "b", iou=0.8)),
            item(Origin(Verdict.MODIFIED, "c", prompted=True, iou=0.4)),
            item(Origin(Verdict.MODIFIED, "d", iou=1.0, reclassified=True)),
            item(Origin(Verdict.MISSED)),
            item(None),
            ObjectLabel(1, mask, crowd=True),
        ),
        Review("m1", (Rejection("e"), Rejection("f", prompted=True))),
    )
    found = ReviewWork.of(label, COSTS, 100.0, 5.0)
    assert (found.absent, found.drawn, found.looks) == (2, 2, 6)
    assert (found.removed, found.reclassified, found.boxes) == (2, 1, 2)
    assert found.mended == pytest.approx(1.25)
    assert found.drawn_length == pytest.approx(2 * length)
    assert found.mended_length == pytest.approx(1.25 * length)
    assert (found.seconds_spent, found.counts_paid_s) == (100.0, 5.0)


@pytest.mark.parametrize(
    "costs", [COSTS, CostModel(3, OUTLINE_BY_LENGTH, ReviewPrices(correction=CorrectionForm.CONTINUOUS))]
)
def test_its_plan_is_that_of_the_cost_model(costs):
    pixels = np.zeros((40, 40), dtype=bool)
    pixels[3:30, 5:20] = True
    mask = Mask.from_array(pixels)
    label = FullLabel(
        (
            ObjectLabel(1, mask, origin=Origin(Verdict.MODIFIED, "b", prompted=True, iou=0.6)),
            ObjectLabel(2, mask, origin=Origin(Verdict.ACCEPTED, "a", iou=1.0)),
            ObjectLabel(2, mask),
        ),
        Review("m1", (Rejection("e"),)),
    )
    planned_s = label.cost_s(costs)
    assert fit_reviews(costs, [ReviewWork.of(label, costs, planned_s)]).planned_s == pytest.approx(planned_s)
