"""The section of the page, its words, and what `report.json` keeps of it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maskloop.costs.cost_model import CostModel
from maskloop.report import RunReport, count_reviews, read_report, say_saved, write_report
from maskloop.report.report import from_json, to_json
from maskloop.report.reviews.figures import review_steps
from maskloop.report.reviews.words import saved_rows, say_reviews
from maskloop.values import Rejection, Verdict
from tests.report.reviews.labels import CATEGORIES, bar, began, by_hand, drawn, label
from tests.report.reviews.test_counting import labels

Make = Callable[..., RunReport]
COSTS = CostModel(3)
TITLE = "What people made of proposals"


def count(told):
    return count_reviews(told, COSTS, CATEGORIES)


def page_of(workdir: Path) -> str:
    """The words of the page, without tags and with plain spaces."""
    body = (workdir / "report.html").read_text().split("</style>", 1)[1]
    return " ".join(re.sub(r"<[^>]*>", " ", body).replace("\N{NO-BREAK SPACE}", " ").split())


def test_the_page_says_it_in_words_and_tables(tmp_path: Path, a_report: Make):
    write_report(tmp_path, a_report(reviews=count(by_hand())))
    text = page_of(tmp_path)
    assert TITLE in text
    assert "People looked at 5 proposals in 2 labels: 1 accepted, 3 mended and 1 rejected." in text
    assert (
        "Of 3 objects that the network had missed they boxed 1 and drew 2; 1 proposal for boxes came to nothing."
        in text
    )
    assert "By plan, proposals saved 55% of the time that drawing would have taken." in text
    assert "as planned 4 min 11 s in place of 9 min 16 s 55%" in text
    assert "as measured 1 min in place of 2 min 39 s, 1 label of 2 62%" in text
    assert "by bands, micro mean of 7 objects 45% by bands, macro mean of 2 classes 26%" in text
    assert "by bands, boxes, micro mean of 2 proposals for boxes 48%" in text
    assert "1 4 1 2 1 2 1 0.70 157 s 397 s 61%" in text  # round 1
    assert "together 5 1 3 1 3 1 0.70 125 s 278 s 55%" in text
    assert "rust 1 0 0 1 1 0 – 93 s 79 s −18%" in text


def test_a_report_reads_back_with_reviews_and_without(tmp_path: Path, a_report: Make):
    with_reviews = a_report(reviews=count(by_hand()))
    write_report(tmp_path, with_reviews)
    assert read_report(tmp_path) == with_reviews
    kept = json.loads((tmp_path / "report.json").read_text())["reviews"]
    assert kept["total"]["saved"] == pytest.approx(with_reviews.reviews.total.saved)
    assert list(kept["by_round"]) == ["1", "2"]
    assert kept["own"]["macro"] == with_reviews.reviews.own.macro
    assert (tmp_path / "review-steps.svg").is_file()
    old = json.loads(to_json(a_report()))
    assert old.pop("reviews") is None
    assert from_json(json.dumps(old)) == a_report()  # as earlier versions wrote it


@given(st.lists(labels(), max_size=3))
def test_any_reviews_read_back(told):
    report = RunReport("p", "random", 1, 60.0, 0.0, {}, "", (), reviews=count(told))
    assert from_json(to_json(report)) == report


def test_a_run_without_reviews_has_no_such_section(tmp_path: Path, a_report: Make):
    write_report(tmp_path, a_report())
    assert TITLE not in page_of(tmp_path)
    assert not (tmp_path / "review-steps.svg").exists()
    assert say_saved(None) == ""


def test_a_page_of_a_report_that_was_read_back_is_the_same(tmp_path: Path, a_report: Make):
    write_report(tmp_path, a_report(reviews=count(by_hand())))
    page = (tmp_path / "report.html").read_bytes()
    write_report(tmp_path, read_report(tmp_path))
    assert (tmp_path / "report.html").read_bytes() == page


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ([label("a")], "In 1 label the network had nothing to propose. The images hold no object. By plan, proposals "
         "saved nothing of the time that drawing takes."),
        ([label("a", [drawn(bar(0))])], "They drew 1 object that the network had missed. By plan, proposals saved "
         "nothing of the time that drawing takes."),
        ([label("a", [began(bar(0), Verdict.ACCEPTED, "p", 1.0)])], "People looked at 1 proposal in 1 label: "
         "1 accepted. The network missed no object. By plan, proposals saved 96% of the time"),
        ([label("a", [began(bar(0), Verdict.ACCEPTED, "p", 1.0, prompted=True)])], "They boxed the one object that the "
         "network had missed."),
        ([label("a", [drawn(bar(0))], [Rejection("p")])], "By plan, proposals cost 4% more time than drawing."),
        ([label("a", [drawn(bar(0))], seconds_spent=40.5)], "Proposals saved 50% of the time that drawing would have"),
    ],
)  # fmt: skip
def test_every_outcome_has_its_words(told, words):
    assert words in say_reviews(count(told))


def test_measured_seconds_lead_only_where_all_were_measured():
    timed = [replace(each, seconds_spent=60.0) for each in by_hand()]
    assert say_saved(count(timed)) == "Proposals saved 78% of the time that drawing would have taken."
    rows = {row.name: row for row in saved_rows(count(timed))}
    assert rows["as measured"].of == "2 min in place of 9 min 16 s"
    assert rows["as planned"].share == "55%"


def test_the_figure_says_its_bars_in_words():
    drawing = review_steps(count(by_hand()))
    assert drawing.description == (
        "In all, an object took drawing what was missed 22.6 s, mending proposals 8.46 s, boxes 2 s, "
        "looks at proposals 1.5 s, rejections 0.571 s, another class 0.286 s. Drawing one takes 79 s."
    )
    assert review_steps(count([label("a")])) is None
    assert review_steps(None) is None


def test_names_are_text_and_never_markup(tmp_path: Path, a_report: Make):
    evil = "<script>x</script>"
    named = [replace(CATEGORIES[0], name=evil), *CATEGORIES[1:]]
    told = [replace(each, file_name=evil) for each in by_hand()]
    write_report(tmp_path, a_report(reviews=count_reviews(told, COSTS, named)))
    assert evil not in (tmp_path / "report.html").read_text()
