"""What labels cost, as the page tells it."""

from dataclasses import replace

from maskloop.report.costs import label_costs
from maskloop.report.report import from_json, to_json
from maskloop.report.setup import Setup
from maskloop.report.write import write_report
from maskloop.values import (
    OUTLINE_BY_LENGTH,
    Category,
    CostEstimates,
    KindCosts,
    OutlineFit,
    ReviewFit,
    SecondsEstimate,
    SupervisionKind,
)

CHECK, OUTLINE = SecondsEstimate(1.0, 1.2, 0.5, 1.9, 90), SecondsEstimate(79.0, 40.6, 30.0, 51.0, 49)
CRACK = replace(OUTLINE, estimated_s=21.0, steps=9)
COUNTS = KindCosts(SupervisionKind.COUNTS, 0, 0, 0.0, 0.0, CHECK, CHECK, {})
BOXES = KindCosts(SupervisionKind.BOXES, 0, 0, 0.0, 0.0, CHECK, CHECK, {})
FULL = KindCosts(SupervisionKind.FULL, 21, 2, 3600.0, 1800.0, CHECK, OUTLINE, {1: CRACK, 2: OUTLINE})
NO_FIT = OutlineFit(0, 0, 0.0, replace(CHECK, steps=0), replace(CHECK, steps=0), 0.0, 0.0)
BY_LENGTH = OutlineFit(
    21, 2, 0.5, SecondsEstimate(49.0, 31.2, 20.0, 42.0, 49), SecondsEstimate(44.5, 60.4, 50.0, 70.0, 24), 0.14, 0.33
)
NAMES = Setup(categories=(Category(1, "crack"), Category(2, "rust")))


def test_only_kinds_that_were_timed_are_told(a_report):
    (told,) = label_costs(a_report(costs=CostEstimates(2, COUNTS, BOXES, FULL, NO_FIT), setup=NAMES))
    assert told.kind == "Full masks"
    assert [(step.name, step.part) for step in told.steps] == [
        ("checking a class", False),
        ("outlining an object", False),
        ("crack", True),
        ("rust", True),
    ]
    assert told.sentence.startswith("19 labels planned at 1 h took 30 min. Left out: 2 labels")


def test_one_category_alone_is_not_told_twice(a_report):
    full = replace(FULL, left_out=0, by_category={1: CRACK})
    (told,) = label_costs(a_report(costs=CostEstimates(2, COUNTS, BOXES, full, NO_FIT), setup=NAMES))
    assert [step.name for step in told.steps] == ["checking a class", "outlining an object"]
    assert "Left out" not in told.sentence


def test_outlines_by_length_come_with_the_fits_error_and_what_to_plan_next(a_report):
    _, told = label_costs(a_report(costs=CostEstimates(2, COUNTS, BOXES, FULL, BY_LENGTH), setup=NAMES))
    assert [(step.name, step.seconds.estimated_s) for step in told.steps] == [
        ("an outline, however long", 31.2),
        ("each side of its length", 60.4),
    ]
    for text in ("0.50 sides", "by 14%", "by 33%", "--outline-cost 31+60"):
        assert text in told.sentence


def test_the_steps_of_reviews_that_people_took_are_told(a_report):
    reviews = ReviewFit(12, 1, 1200.0, 600.0, OUTLINE, CHECK, replace(CHECK, steps=0), replace(OUTLINE, steps=3))
    costs = CostEstimates(2, COUNTS, BOXES, replace(FULL, labels=0), NO_FIT, reviews)
    (told,) = label_costs(a_report(costs=costs, setup=NAMES))
    assert told.kind == "Labels with proposals"
    assert [step.name for step in told.steps] == [
        "drawing what was missed",
        "looking at a proposal",
        "mending a whole outline’s worth",
    ]
    assert told.sentence.startswith("11 labels planned at 20 min took 10 min. Left out: 1 label")


def test_a_report_without_timed_people_says_nothing_of_it(a_report, tmp_path):
    assert label_costs(a_report()) == []
    write_report(tmp_path, a_report())
    assert "What labels cost" not in (tmp_path / "report.html").read_text()


def test_the_page_and_the_numbers_hold_the_estimates(a_report, tmp_path):
    report = a_report(
        costs=CostEstimates(2, COUNTS, BOXES, FULL, BY_LENGTH), setup=replace(NAMES, outline_price=OUTLINE_BY_LENGTH)
    )
    assert from_json(to_json(report)) == report
    write_report(tmp_path, report)
    page = (tmp_path / "report.html").read_text()
    for text in (
        "What labels cost",
        "outlining an object",
        "79 s",
        "40.6 s",
        "30 s and 51 s",
        "crack",
        "Outlines by length",
        "60.4 s",
    ):
        assert text in page
