"""From labels with reviews to numbers: a set by hand, and a slow obvious sum beside the fast one."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maskloop.costs.corrections import saved_share
from maskloop.costs.cost_model import CostModel
from maskloop.errors import InvalidArgument, InvalidLabel
from maskloop.report import ReviewedLabel, count_reviews
from maskloop.report.reviews.outcomes import Step
from maskloop.report.reviews.words import method_rows
from maskloop.values import (
    OUTLINE_BY_LENGTH,
    OUTLINE_FLAT,
    CorrectionForm,
    FullLabel,
    Rejection,
    ReviewPrices,
    Verdict,
)
from tests.report.reviews.labels import CATEGORIES, CRACK, RUST, bar, began, by_hand, drawn, label, proposal

COSTS = CostModel(3)


def numbers(part):
    own = (part.labels, part.accepted, part.mended, part.rejected)
    return (*own, part.drawn, part.boxed, part.boxes_rejected, part.reclassified)


def test_a_set_by_hand_is_counted():
    found = count_reviews(by_hand(), COSTS, CATEGORIES)
    assert numbers(found.total) == (2, 1, 3, 1, 2, 1, 1, 1)
    assert (found.total.shown, found.total.missed, found.total.objects) == (5, 3, 7)
    assert found.total.mended_iou == pytest.approx(0.7)  # that which only became a crack kept its mask
    assert {number: numbers(part) for number, part in found.by_round.items()} == {
        1: (1, 1, 2, 1, 1, 1, 0, 0),
        2: (1, 0, 1, 0, 1, 0, 1, 1),
    }
    assert found.by_round[2].mended_iou is None
    assert {name: numbers(part) for name, part in found.by_class.items()} == {
        "crack": (2, 1, 3, 0, 1, 1, 0, 1),  # by what people say; the rejected ones by what the network said
        "rust": (2, 0, 0, 1, 1, 0, 1, 0),
    }


def test_its_planned_seconds_are_those_by_hand():
    found = count_reviews(by_hand(), COSTS, CATEGORIES)
    first_s = {"drawing": 79, "boxes": 7, "mending": 79 * 0.25 + 79 * 0.5, "looks": 5 * 1.5, "rejections": 2}
    second_s = {"drawing": 79, "boxes": 7, "classes": 2, "looks": 2 * 1.5, "rejections": 2}
    # Three classes, of which image a lacks two and image b one.
    assert found.by_round[1].steps_s == pytest.approx({**first_s, "checks": 2})
    assert found.by_round[2].steps_s == pytest.approx({**second_s, "checks": 1})
    total = found.total
    assert total.planned_s == pytest.approx(sum(first_s.values()) + sum(second_s.values()) + 3)
    assert (total.outlines_s, total.drawing_s) == (7 * 79, 7 * 79 + 3)
    assert total.saved == pytest.approx(1 - total.planned_s / 556)
    assert (total.measured_labels, total.measured_s, total.measured_drawing_s) == (1, 60.0, 2 * 79 + 1)
    assert total.measured_saved == pytest.approx(1 - 60 / 159)
    rust = found.by_class["rust"]
    assert rust.planned_s == pytest.approx(79 + (1.5 + 2) + (1.5 + 7 + 2))
    assert rust.drawing_s == 79
    assert rust.saved == pytest.approx(1 - 93 / 79)
    assert "checks" not in rust.steps_s


def test_its_time_saved_by_bands_counts_missed_objects_and_leaves_boxes_apart():
    found = count_reviews(by_hand(), COSTS, CATEGORIES)
    # Cracks: IoU 1, .8, .6, a drawn one, a boxed one, and 1 of another class; rust: a drawn one.
    crack = (0.95 + 0.75 + 0.5 + 0 + 0 + 0.95) / 6
    assert found.own.objects == 7
    assert found.own.by_class == pytest.approx({"crack": crack, "rust": 0})
    assert found.own.micro == pytest.approx(6 * crack / 7)
    assert found.own.macro == pytest.approx(crack / 2)
    # For boxes: one crack accepted, and one proposal of rust of which nothing came.
    assert found.prompted.objects == 2
    assert found.prompted.micro == pytest.approx(0.475)
    assert found.prompted.macro == pytest.approx(0.475)


def test_labels_without_boxes_or_objects_have_no_share():
    found = count_reviews([label("a")], COSTS, CATEGORIES)
    assert (found.own, found.prompted, found.by_class) == (None, None, {})
    assert (found.total.objects, found.total.planned_s, found.total.drawing_s) == (0, 3, 3)
    assert count_reviews([], COSTS, CATEGORIES) is None


def test_proposals_can_cost_more_than_they_save():
    rejected = [Rejection(f"p{number}") for number in range(40)]
    total = count_reviews([label("a", [drawn(bar(0))], rejected)], COSTS, CATEGORIES).total
    assert total.saved == pytest.approx(-40 * 3.5 / (79 + 2))


def test_what_counts_had_cost_is_taken_off_both_sides():
    first, second = by_hand()
    paid = replace(first, counts_paid_s=4.48)
    plain, less = (count_reviews([each, second], COSTS, CATEGORIES).total for each in (first, paid))
    assert less.planned_s == pytest.approx(plain.planned_s - 4.48)
    assert less.drawing_s == pytest.approx(plain.drawing_s - 4.48)
    assert less.steps_s == plain.steps_s


def test_a_rejected_proposal_that_nobody_remembers_belongs_to_no_class():
    found = count_reviews([label("a", [drawn(bar(0))], [Rejection("gone")])], COSTS, CATEGORIES)
    assert found.total.rejected == 1
    assert {name: part.rejected for name, part in found.by_class.items()} == {"crack": 0}
    assert found.corrections == ()


def test_a_label_without_a_review_is_refused():
    with pytest.raises(InvalidLabel, match="image a: the label says of no proposal"):
        ReviewedLabel(1, "a", "a.jpg", FullLabel((drawn(bar(0)),)))


def test_impossible_seconds_are_refused():
    total = count_reviews(by_hand(), COSTS, CATEGORIES).total
    with pytest.raises(InvalidArgument, match="planned_s of reviews is -1"):
        replace(total, planned_s=-1.0)


ious = st.sampled_from([None, 0.0, 0.2, 0.4, 0.5, 0.74, 0.75, 0.9, 0.95, 1.0])
classes = st.sampled_from([CRACK, RUST])


@st.composite
def labels(draw):
    """A label of up to 8 objects and 4 rejected proposals."""
    objects = []
    for row in range(draw(st.integers(0, 8))):
        verdict = draw(st.sampled_from([Verdict.ACCEPTED, Verdict.MODIFIED, Verdict.MISSED]))
        mask, category = bar(row, draw(st.integers(1, 100))), draw(classes)
        if verdict is Verdict.MISSED:
            objects.append(drawn(mask, category))
            continue
        iou = 1.0 if verdict is Verdict.ACCEPTED else draw(ious)
        changed = verdict is Verdict.MODIFIED and draw(st.booleans())
        more = {"prompted": draw(st.booleans()), "reclassified": changed}
        objects.append(began(mask, verdict, f"p{row}", iou, category, **more))
    rejected = [Rejection(f"r{row}", prompted=draw(st.booleans())) for row in range(draw(st.integers(0, 4)))]
    proposals = [proposal(each.proposal_id, bar(9), draw(classes)) for each in rejected]
    spent_s = draw(st.none() | st.floats(1, 500))
    return label("a", objects, rejected, proposals, draw(st.integers(0, 2)), seconds_spent=spent_s)


cost_models = st.builds(
    CostModel,
    st.just(3),
    st.sampled_from([OUTLINE_FLAT, OUTLINE_BY_LENGTH]),
    st.sampled_from([ReviewPrices(), ReviewPrices(1, 3, 5, 9, CorrectionForm.CONTINUOUS)]),
)


def slow(told, costs):
    """Planned seconds of labels and of drawing all their objects, object by object, step by step."""
    planned_s = drawing_s = 0.0
    for each in told:
        here = {item.category_id for item in each.content.objects}
        planned_s += costs.categories - len(here)
        drawing_s += costs.categories - len(here)
        for item in each.content.objects:
            outline_s = costs.outline.fixed_s + costs.outline.length_s * item.outline_length
            drawing_s += outline_s
            if item.origin.verdict is Verdict.MISSED:
                planned_s += outline_s
                continue
            planned_s += costs.reviews.look_s
            planned_s += costs.reviews.box_s if item.origin.prompted else 0
            planned_s += costs.reviews.reclassify_s if item.origin.reclassified else 0
            if item.origin.verdict is Verdict.MODIFIED and item.origin.iou != 1:
                planned_s += outline_s * (1 - saved_share(item.origin.iou or 0.0, costs.reviews.correction))
        for item in each.review.rejected:
            planned_s += costs.reviews.look_s + costs.reviews.reject_s
            planned_s += costs.reviews.box_s if item.prompted else 0
    return planned_s, drawing_s


@given(st.lists(labels(), min_size=1, max_size=3), cost_models)
def test_time_saved_is_that_of_a_slow_sum(told, costs):
    found = count_reviews(told, costs, CATEGORIES)
    planned_s, drawing_s = slow(told, costs)
    assert found.total.planned_s == pytest.approx(planned_s, abs=0.01)
    assert found.total.drawing_s == pytest.approx(drawing_s, abs=0.01)
    assert found.total.planned_s == pytest.approx(sum(each.content.cost_s(costs) for each in told), abs=0.01)
    assert found.total.saved == pytest.approx(1 - planned_s / drawing_s, abs=0.001)
    timed = [each for each in told if each.seconds_spent is not None]
    if timed:
        shares = 1 - sum(each.seconds_spent for each in timed) / slow(timed, costs)[1]
        assert found.total.measured_saved == pytest.approx(shares, abs=0.001)


@given(st.lists(labels(), min_size=1, max_size=3), cost_models)
def test_steps_rounds_and_classes_add_up_to_the_whole(told, costs):
    found = count_reviews(told, costs, CATEGORIES)
    total = found.total
    assert sum(total.steps_s.values()) == pytest.approx(total.planned_s, abs=0.02)
    assert set(total.steps_s) <= {step.value for step in Step}
    for parts in (found.by_round, found.by_class):
        for name in ("accepted", "mended", "rejected", "drawn", "boxed", "boxes_rejected", "reclassified"):
            assert sum(getattr(part, name) for part in parts.values()) == getattr(total, name)
    assert sum(part.planned_s for part in found.by_round.values()) == pytest.approx(total.planned_s, abs=0.02)
    checks_s = total.steps_s.get("checks", 0.0)
    assert sum(part.planned_s for part in found.by_class.values()) == pytest.approx(
        total.planned_s - checks_s, abs=0.05
    )


@given(st.lists(labels(), min_size=1, max_size=3))
def test_shares_by_bands_are_those_of_a_slow_mean(told):
    found = count_reviews(told, COSTS, CATEGORIES)
    shares: dict[int, list[float]] = {}
    for each in told:
        for item in each.content.objects:
            own = item.origin.verdict is not Verdict.MISSED and not item.origin.prompted
            iou = (item.origin.iou or 0.0) if own else 0.0
            band = 0.95 if iou >= 0.95 else 0.75 if iou >= 0.75 else 0.5 if iou >= 0.5 else 0.0
            shares.setdefault(item.category_id, []).append(band)
    if not shares:
        assert found.own is None
        return
    every = [share for group in shares.values() for share in group]
    assert found.own.micro == pytest.approx(sum(every) / len(every))
    assert found.own.macro == pytest.approx(sum(sum(group) / len(group) for group in shares.values()) / len(shares))


def test_methods_are_told_apart_class_by_class():
    first, second = by_hand()
    told = [replace(first, method="compact"), replace(second, method="class_maps:cam")]
    reviews = count_reviews(told, COSTS, CATEGORIES)
    assert set(reviews.by_method) == {"compact", "class_maps:cam"}
    for method, alone in zip(("compact", "class_maps:cam"), by_hand(), strict=True):
        assert reviews.by_method[method] == count_reviews([alone], COSTS, CATEGORIES).by_class
    assert [name for name, _ in method_rows(reviews)] == [
        "crack, class_maps:cam", "crack, compact", "rust, class_maps:cam", "rust, compact",
    ]  # fmt: skip
    assert method_rows(count_reviews(by_hand(), COSTS, CATEGORIES)) == []
