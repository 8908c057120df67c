"""Time saved by proposals: the paper's numbers by hand, and what holds of any IoUs."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from maskloop.costs.corrections import (
    DEFECTS,
    GroupSizes,
    TimeSaved,
    least_saved,
    most_saved,
    saved_share,
    time_saved,
)
from maskloop.errors import InvalidArgument
from maskloop.values import CorrectionForm

BANDS, CONTINUOUS = CorrectionForm
forms = st.sampled_from(CorrectionForm)
ious = st.one_of(st.floats(0, 1), st.sampled_from([0.0, 0.3, 0.5, 0.75, 0.95, 1.0]))
classes = st.dictionaries(st.sampled_from(["crack", "rust", "spalling"]), st.lists(ious, min_size=1), min_size=1)


def sizes_of(values):
    """The groups of these IoUs, counted one by one."""
    return GroupSizes(
        len(values),
        sum(value >= 0.95 for value in values),
        sum(0.75 <= value < 0.95 for value in values),
        sum(0.5 <= value < 0.75 for value in values),
    )


@pytest.mark.parametrize(
    ("iou", "share"),
    [(1, 0.95), (0.95, 0.95), (0.949, 0.75), (0.75, 0.75), (0.749, 0.5), (0.5, 0.5), (0.499, 0), (0, 0)],
)
def test_by_bands_a_proposal_saves_the_lower_end_of_its_group(iou, share):
    assert saved_share(iou) == saved_share(iou, BANDS) == share


@pytest.mark.parametrize(
    ("iou", "share"), [(1, 1), (0.95, 0.94), (0.75, 0.7), (0.5, 0.4), (0.3, 0.16), (math.nextafter(0.3, 0), 0), (0, 0)]
)
def test_the_continuous_form_grows_from_16_percent_at_an_iou_of_30_percent(iou, share):
    assert saved_share(iou, CONTINUOUS) == pytest.approx(share)


@pytest.mark.parametrize(
    ("name", "saved", "objects"), [("crack", "63.05", 111), ("spalling", "37.40", 65), ("rust", "35.90", 89)]
)
def test_the_papers_classes(name, saved, objects):
    assert least_saved(DEFECTS).shares[name] == pytest.approx(float(Fraction(saved) / objects))
    assert least_saved(DEFECTS).objects[name] == objects


def test_the_papers_two_means():
    saved = least_saved(DEFECTS)
    assert sum(saved.objects.values()) == 265
    assert saved.micro == pytest.approx(136.35 / 265)
    assert saved.macro == pytest.approx((63.05 / 111 + 37.40 / 65 + 35.90 / 89) / 3)
    assert [f"{100 * share:.2f}" for share in (*saved.shares.values(), saved.micro, saved.macro)] == [
        "56.80",
        "57.54",
        "40.34",
        "51.45",
        "51.56",
    ]


def test_objects_that_nobody_proposed_count_and_save_nothing():
    saved = time_saved({"crack": [0.96, 0.8, 0.0, 0.0], "rust": [0.6]})
    assert saved.shares == pytest.approx({"crack": 0.425, "rust": 0.5})
    assert (saved.micro, saved.macro) == pytest.approx((0.44, 0.4625))


def test_the_micro_mean_goes_by_names_whatever_the_order_of_its_classes():
    assert TimeSaved({"crack": 3, "rust": 1}, {"rust": 0.0, "crack": 1.0}).micro == 0.75


@given(ious, ious, forms)
@example(0.3, math.nextafter(0.3, 0), CONTINUOUS)
def test_a_share_lies_between_0_and_1_and_a_better_proposal_saves_no_less(one, other, form):
    worse, better = sorted((one, other))
    assert 0 <= saved_share(worse, form) <= saved_share(better, form) <= 1


@given(classes, forms)
def test_micro_is_the_mean_of_all_objects_and_macro_that_of_the_classes(groups, form):
    saved = time_saved(groups, form)
    pooled = [saved_share(iou, form) for values in groups.values() for iou in values]
    assert saved.micro == pytest.approx(sum(pooled) / len(pooled))
    assert saved.micro * len(pooled) == pytest.approx(sum(saved.objects[name] * saved.shares[name] for name in groups))
    assert saved.macro == pytest.approx(sum(saved.shares.values()) / len(groups))
    assert all(0 <= share <= 1 for share in (saved.micro, saved.macro, *saved.shares.values()))


@given(classes, forms)
def test_sizes_of_groups_bound_what_the_ious_themselves_say_and_by_bands_tell_it(groups, form):
    sizes = {name: sizes_of(values) for name, values in groups.items()}
    least, most, saved = least_saved(sizes, form), most_saved(sizes, form), time_saved(groups, form)
    assert all(least.shares[name] - 1e-9 <= saved.shares[name] <= most.shares[name] + 1e-9 for name in groups)
    if form is BANDS:
        assert least.shares == pytest.approx(saved.shares)
        assert most.shares == pytest.approx(saved.shares)


@pytest.mark.parametrize("iou", [-0.01, 1.01, math.nan, math.inf])
@pytest.mark.parametrize("form", CorrectionForm)
def test_an_iou_out_of_its_range_is_refused_and_named(iou, form):
    with pytest.raises(InvalidArgument, match="between 0 and 1"):
        saved_share(iou, form)
    with pytest.raises(InvalidArgument) as refused:
        time_saved({"rust": [1.0], "crack": [0.5, iou]}, form)
    assert refused.value.field == "crack[1]"


def test_classes_without_objects_and_no_classes_at_all_are_refused():
    with pytest.raises(InvalidArgument, match="'rust' has no objects"):
        time_saved({"crack": [0.5], "rust": []})
    with pytest.raises(InvalidArgument, match="one or more"):
        time_saved({})


@pytest.mark.parametrize("sizes", [(0, 0, 0, 0), (3, 2, 1, 1), (3, -1, 1, 1)])
def test_sizes_that_cannot_be_are_refused(sizes):
    with pytest.raises(InvalidArgument, match="groups by IoU"):
        GroupSizes(*sizes)


@pytest.mark.parametrize(
    ("objects", "shares"), [({"crack": 1}, {"rust": 0.5}), ({"crack": 0}, {"crack": 0.5}), ({"crack": 1}, {"crack": 2})]
)
def test_time_saved_that_cannot_be_is_refused(objects, shares):
    with pytest.raises(InvalidArgument):
        TimeSaved(objects, shares)
