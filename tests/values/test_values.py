"""Values refuse to exist when wrong."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import FrozenInstanceError
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from maskloop.errors import InvalidArgument, InvalidBudget, InvalidLabel
from maskloop.masks import Mask
from maskloop.values import (
    Budget,
    Campaign,
    Category,
    Counts,
    FullLabel,
    ImageImport,
    LabelDraft,
    ObjectLabel,
    Project,
    Split,
    Strategy,
    SupervisionKind,
    as_vocabulary,
    check_id,
)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("90m", 5_400),
        ("3h", 10_800),
        ("2.5d", 216_000),
        ("45s", 45),
        (" 1 h ", 3_600),
        ("0.5h", 1_800),
        ("+3h", 10_800),
    ],
)
def test_budgets_of_time(text: str, seconds: float) -> None:
    assert Budget.parse(text) == Budget(seconds=seconds)


def test_a_workday_changes_the_day_and_nothing_else() -> None:
    assert Budget.parse("2.5d", workday_s=8 * 3600) == Budget(seconds=72_000)
    assert Budget.parse("3h", workday_s=8 * 3600) == Budget(seconds=10_800)


@pytest.mark.parametrize(("text", "images"), [("200images", 200), ("1image", 1), ("20 images", 20), ("7.0images", 7)])
def test_budgets_of_images(text: str, images: int) -> None:
    assert Budget.parse(text) == Budget(images=images)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("0h", "buys nothing"),
        ("-3h", "buys nothing"),
        ("0images", "buys nothing"),
        ("-5images", "buys nothing"),
        ("-1h", "^budget '-1h' buys nothing$"),
        ("1000000000h", "budget '1000000000h' is more than three centuries of work"),
        ("9" * 400 + "h", "is more than three centuries of work"),
        ("9" * 400 + "images", "images come whole"),
        ("99999999999images", "is more than 1000000000 images"),
        ("2.5images", "images come whole"),
        ("", "none of 90m, 3h, 2.5d, 200images"),
        ("3", "none of"),
        ("h", "none of"),
        ("3 weeks", "none of"),
        ("1e3h", "none of"),
        ("nanh", "none of"),
        ("infh", "none of"),
        ("3h 20m", "none of"),
        ("3H", "none of"),
    ],
)
def test_budgets_that_say_nothing_are_refused(text: str, problem: str) -> None:
    with pytest.raises(InvalidBudget, match=problem):
        Budget.parse(text)


@given(st.text(max_size=12))
def test_any_text_is_a_budget_or_refused(text: str) -> None:
    try:
        budget = Budget.parse(text)
    except InvalidBudget:
        return
    assert (budget.seconds is None) != (budget.images is None)


def test_a_day_without_work_buys_nothing() -> None:
    with pytest.raises(InvalidBudget):
        Budget.parse("3d", workday_s=0)


@pytest.mark.parametrize("wrong", [{}, {"seconds": 1.0, "images": 1}, {"seconds": math.nan}, {"seconds": math.inf}])
def test_a_budget_is_one_finite_amount(wrong: dict[str, Any]) -> None:
    with pytest.raises(InvalidBudget):
        Budget(**wrong)


@pytest.mark.parametrize("value", ["a", "0", "wbc-cells", "a.b_c-9", "x" * 63])
def test_ids(value: str) -> None:
    assert check_id(value, "project_id") == value


@pytest.mark.parametrize("value", ["", "A", "-a", "a-", ".", "a/b", "a b", "ü", "x" * 64, "a\n", "..", "a_"])
def test_what_is_no_id_is_refused_by_its_field(value: str) -> None:
    with pytest.raises(InvalidArgument) as caught:
        check_id(value, "project_id")
    assert caught.value.field == "project_id"
    assert repr(value) in caught.value.message


def square(category_id: int) -> ObjectLabel:
    return ObjectLabel(category_id, Mask.from_array(np.ones((2, 2), bool)))


def test_counts_of_outlined_objects() -> None:
    counts = Counts.of((square(5), square(2), square(5)))
    assert counts == Counts({2: 1, 5: 2})
    assert (counts.objects, counts.categories) == (3, 2)


def test_categories_counted_zero_times_are_left_out() -> None:
    assert Counts({4: 0, 1: 2}) == Counts({1: 2})
    assert Counts({4: 0}).objects == 0


def test_negative_counts_are_refused() -> None:
    with pytest.raises(InvalidLabel, match="category 3 is counted -1 times"):
        Counts({3: -1})


@given(st.dictionaries(st.integers(1, 90), st.integers(0, 5)))
def test_the_decoding_sequence_is_sorted_and_repeats_each_category_as_counted(by_category: dict[int, int]) -> None:
    sequence = Counts(by_category).sequence()
    assert list(sequence) == sorted(sequence)
    assert {key: sequence.count(key) for key in sequence} == {key: n for key, n in by_category.items() if n}


@pytest.mark.parametrize(
    "make",
    [
        lambda: Category(0, "crack"),
        lambda: Category(1, "  "),
        lambda: Project("p", "P", ()),
        lambda: Project("P", "P", (Category(1, "a"),)),
        lambda: Project("p", "P", (Category(1, "a"), Category(1, "b"))),
        lambda: Project("p", "P", (Category(1, "a"), Category(2, "a"))),
        lambda: LabelDraft("i", SupervisionKind.COUNTS),  # type: ignore[arg-type] # what callers without types may say
        lambda: LabelDraft("i", FullLabel(), seconds_spent=-1.0),
        lambda: LabelDraft("i", FullLabel(), seconds_spent=math.nan),
        lambda: LabelDraft("i", FullLabel(), seconds_spent=math.inf),
        lambda: ImageImport("", Split.TEST, uri="file:x"),
        lambda: ImageImport("x" * 256, Split.TEST, uri="file:x"),
        lambda: ImageImport("x", Split.TEST),
        lambda: ImageImport("x", Split.TEST, uri="file:x", data=b"x"),
        lambda: ImageImport("x", Split.POOL, uri="file:x", objects=()),
    ],
)
def test_contradictions_do_not_exist(make: Callable[[], object]) -> None:
    with pytest.raises(InvalidArgument):
        make()


def test_an_empty_full_label_is_valid() -> None:
    assert LabelDraft("i", FullLabel()).objects == ()


def test_values_do_not_change() -> None:
    with pytest.raises(FrozenInstanceError):
        Category(1, "crack").name = "rust"  # type: ignore[misc]


def test_what_a_campaign_has_left_leaves_out_what_is_promised() -> None:
    timed = Campaign("c", "p", Budget(seconds=100), Strategy("random"), 0, spent_s=30, reserved_s=50)
    assert (timed.left_s, timed.left_images) == (20, math.inf)
    counted = Campaign("c", "p", Budget(images=10), Strategy("random"), 0, labeled_images=3, reserved_images=5)
    assert (counted.left_s, counted.left_images) == (math.inf, 2)


def test_categories_by_name_are_numbered_in_their_order() -> None:
    named = (Category(1, "crack"), Category(2, "rust"))
    assert as_vocabulary(["crack", "rust"]) == as_vocabulary(("crack", "rust")) == named
    assert as_vocabulary([Category(7, "crack")]) == (Category(7, "crack"),)
    assert as_vocabulary(named) == named
    known = (Category(4, "rust"), Category(9, "spall"))
    assert as_vocabulary(["moss", "rust", "leak"], known) == (Category(10, "moss"), known[0], Category(11, "leak"))


@pytest.mark.parametrize("given_", ["crack", ["crack", Category(2, "rust")], [1, 2], [("crack", 1)]])
def test_a_vocabulary_is_a_list_of_names_or_of_categories(given_: Any) -> None:
    with pytest.raises(InvalidArgument, match="list of names, such as"):
        as_vocabulary(given_)


def test_a_project_knows_its_categories_by_name() -> None:
    project = Project("bridges", "Bridges", (Category(3, "rust"), Category(9, "crack")))
    assert (project.category_id("rust"), project.category_id("crack")) == (3, 9)
    with pytest.raises(InvalidLabel, match=r"^project bridges has no category 'crak'; it has rust, crack$"):
        project.category_id("crak")
    many = Project("many", "Many", as_vocabulary([f"c{place}" for place in range(30)]))
    with pytest.raises(InvalidLabel, match=r"c19 and 10 more$"):
        many.category_id("none")
