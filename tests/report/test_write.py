import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from maskloop.errors import InvalidArgument, NotFound
from maskloop.masks import Mask
from maskloop.report import (
    FIRST_BATCH,
    PICTURES_A_ROUND,
    Baseline,
    BatchPicture,
    ChosenImage,
    EvaluatedScore,
    RoundReport,
    RunReport,
    Setup,
    read_report,
    with_outlooks,
    write_report,
)
from maskloop.report.page import key_figures, round_pictures
from maskloop.values import Category, ObjectLabel

Make = Callable[..., RunReport]
MakeRound = Callable[..., RoundReport]
VOID = {"meta", "img", "br", "link", "input", "hr"}


class Page(HTMLParser):
    """Collects tags, attributes and text, and checks that what opens is closed in turn."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.open: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if not self.open or self.open[-1] != "style":
            self.text += " ".join(data.split()) + " "


def page(workdir: Path) -> Page:
    return Page((workdir / "report.html").read_text())


def picture(image: str) -> BatchPicture:
    mask = Mask.from_array(np.eye(30, dtype=np.bool_))
    return BatchPicture(image, np.zeros((30, 30, 3), dtype=np.uint8), (ObjectLabel(1, mask),), ())


def test_one_call_leaves_everything(tmp_path: Path, a_report: Make) -> None:
    workdir = tmp_path / "runs" / "first"
    write_report(workdir, a_report(), {0: [picture("a")]})
    assert sorted(path.name for path in workdir.iterdir()) == [
        "curve-ap50.svg",
        "curve-mean-iou.svg",
        "curve-pq.svg",
        "pictures",
        "reliability.svg",
        "report.csv",
        "report.html",
        "report.json",
        "spending.svg",
    ]
    assert read_report(workdir) == a_report()


def test_the_page_needs_nothing_from_elsewhere(tmp_path: Path, a_report: Make) -> None:
    write_report(tmp_path, a_report(), {0: [picture("a")]})
    outcome = page(tmp_path)
    assert not outcome.open
    assert {tag for tag, _ in outcome.tags} & {"script", "link", "iframe", "object"} == set()
    for _, attributes in outcome.tags:
        for name in ("src", "href", "xlink:href"):
            assert (attributes.get(name) or "#").startswith(("#", "data:image/jpeg;base64,"))
    assert not re.search(r"url\((?!#)|@import", (tmp_path / "report.html").read_text())


def test_figures_on_the_page_follow_its_colours(tmp_path: Path, a_report: Make) -> None:
    write_report(tmp_path, a_report())
    text = (tmp_path / "report.html").read_text()
    assert "prefers-color-scheme: dark" in text
    assert text.count("<svg") == 5
    assert "var(--ink)" in text.split("</style>", 1)[1]
    assert "var(" not in (tmp_path / "spending.svg").read_text()


def test_names_are_text_and_never_markup(tmp_path: Path, a_report: Make, a_round: MakeRound) -> None:
    evil = "<script>alert('x')</script>"
    chosen = ChosenImage("a", 0.3, evil, 79.0, f'"{evil}.jpg')
    report = a_report(
        project=evil,
        strategy=evil,
        stopped_because=evil,
        rounds=(a_round(0, 60.0, 0.3, head_trusted=False, head_note=evil, batch=(chosen,)), a_round(1, 7200.0, 0.6)),
        baselines={evil + "2": Baseline(a_report().rounds)},
        setup=Setup(command=evil, data=evil, categories=(Category(1, evil),), versions={evil: evil}),
    )
    write_report(tmp_path, report, {0: [picture("a")]})
    outcome = page(tmp_path)
    assert "script" not in {tag for tag, _ in outcome.tags}
    assert outcome.text.count(evil) >= 10


def test_the_first_screen_says_what_the_time_bought(tmp_path: Path, a_report: Make) -> None:
    write_report(tmp_path, a_report())
    text = page(tmp_path).text.replace("\N{NO-BREAK SPACE}", " ")
    assert "2 h of annotator time bought a panoptic quality of 0.61, up from 0.31 at the start." in text
    assert "al-loop --budget 2h" in text
    assert "0.01 from the target 0.30" in text


def test_the_page_speaks_of_counts_where_they_were_bought_or_told(tmp_path: Path, a_report: Make) -> None:
    bought, told = "Counting an image is paid once", "is told which classes are in an image"
    write_report(tmp_path / "with", a_report(setup=Setup(count_conditioned=True)))
    assert bought in page(tmp_path / "with").text
    assert told in page(tmp_path / "with").text
    write_report(tmp_path / "without", a_report(setup=Setup(count_conditioned=False), spent_s_by_kind={"full": 7200.0}))
    assert bought not in page(tmp_path / "without").text
    assert told not in page(tmp_path / "without").text
    assert "it finds the objects itself" in page(tmp_path / "without").text


def test_a_batch_is_told_at_what_it_was_charged(tmp_path: Path, a_report: Make, a_round: MakeRound) -> None:
    batch = (ChosenImage("a", None, "drawn", 600.0, measured_s=60.0), ChosenImage("b", None, "drawn", 120.0))
    write_report(tmp_path, a_report(rounds=(a_round(1, 60.0, 0.5, batch=batch),)))
    assert "2 images for 3 min" in page(tmp_path).text.replace("\N{NO-BREAK SPACE}", " ")


def test_measures_of_thin_structures_are_explained_where_they_are(tmp_path: Path, a_report: Make, a_round: MakeRound):
    write_report(tmp_path / "blobs", a_report(), {})
    assert "Thin structures" not in page(tmp_path / "blobs").text
    thin = {"boundary_f1": 0.61, "cl_dice": 0.72, "length_found": 0.83}
    write_report(tmp_path / "cracks", a_report(rounds=(a_round(1, 60.0, 0.5, metrics=thin),)), {})
    shown = page(tmp_path / "cracks").text
    assert "length found 0.830" in shown
    assert "Thin structures: boundary F1" in shown


def test_a_page_is_written_before_anything_is_known(tmp_path: Path, a_report: Make) -> None:
    write_report(tmp_path, a_report(rounds=(), spent_s=0.0, spent_s_by_kind={}, stopped_because="", setup=Setup()))
    assert "No quality has been measured yet." in page(tmp_path).text


def test_unmeasured_numbers_are_dashes(tmp_path: Path, a_report: Make, a_round: MakeRound) -> None:
    chosen = ChosenImage("a", None, "drawn at random", 79.0)
    bare = a_round(
        0,
        60.0,
        None,
        ap50=None,
        ap=None,
        iou_mae=0.1,
        iou_spearman=None,
        target_iou=None,
        batch=(chosen,),
        evaluated=(),
    )
    write_report(tmp_path, a_report(rounds=(bare,)))
    text = page(tmp_path).text
    assert "–" in text
    assert "None" not in text
    assert "nan" not in text


def test_the_page_tells_what_is_to_be_expected_and_what_was_used_instead_of_the_head(
    tmp_path: Path, a_report: Make, a_round: MakeRound
) -> None:
    distrusted = {"head_trusted": False, "head_note": "Confidence is the score."}
    first = a_round(0, 1800.0, 0.3, **distrusted, fallback="random chose, for want of labels.")
    rounds = (first, a_round(1, 3600.0, 0.35, **distrusted), a_round(2, 7200.0, 0.4, head_trusted=True))
    write_report(tmp_path, with_outlooks(a_report(rounds=rounds), np.random.default_rng(0)))
    text = page(tmp_path).text.replace("\N{NO-BREAK SPACE}", " ")
    assert "1 h more would be expected to bring panoptic quality to 0.4" in text
    assert "In 2 of 3 rounds the head was not yet trusted." in text
    assert "Round 0: random chose, for want of labels." in text
    assert "Round 1: Confidence is the score." in text
    write_report(tmp_path, a_report(rounds=rounds[:1]))
    assert "A forecast needs 2 rounds." in page(tmp_path).text


def test_pictures_drawn_in_an_earlier_run_are_found_again(tmp_path: Path, a_report: Make) -> None:
    write_report(tmp_path, a_report(), {0: [picture("a")]})
    first = (tmp_path / "report.html").read_bytes()
    write_report(tmp_path, read_report(tmp_path))
    assert (tmp_path / "report.html").read_bytes() == first
    assert len([1 for tag, _ in page(tmp_path).tags if tag == "img"]) == 2


def test_images_beyond_the_thumbnails_are_listed(tmp_path: Path, a_report: Make, a_round: MakeRound) -> None:
    ids = [f"i{number}" for number in range(PICTURES_A_ROUND + 3)]
    batch = tuple(ChosenImage(image, 0.3, "", 79.0) for image in ids)
    report = a_report(rounds=(a_round(0, 60.0, 0.3, batch=batch),))
    write_report(tmp_path, report, {0: [picture(image) for image in ids]})
    text = page(tmp_path).text
    assert "3 images without a picture here" in text
    assert text.count(f"i{PICTURES_A_ROUND + 2} ") == 1


def test_a_long_campaigns_rounds_share_the_pictures_of_a_page(
    tmp_path: Path, a_report: Make, a_round: MakeRound
) -> None:
    batch = tuple(ChosenImage(image, 0.3, "", 79.0) for image in "abc")
    report = a_report(rounds=tuple(a_round(number, 60.0 * number, 0.3, batch=batch) for number in range(2)))
    write_report(tmp_path, report, {number: [picture(image) for image in "abc"] for number in range(2)})
    for outcome in round_pictures(tmp_path, report, a_page=4):
        assert [thumbnail.chosen.image for thumbnail in outcome.shown] == ["a", "b"]
        assert [chosen.image for chosen in outcome.listed] == ["c"]
        assert outcome.cost_s == 3 * 79.0


def test_the_first_batch_is_shown_without_a_network_that_had_not_been_trained(
    tmp_path: Path, a_report: Make, a_round: MakeRound
) -> None:
    initial = (ChosenImage("first", None, "random", 83.0, "first.jpg"),)
    chosen = (ChosenImage("later", 0.3, "near the target", 79.0, "later.jpg"),)
    report = a_report(initial=initial, rounds=(a_round(1, 83.0, 0.3, batch=chosen),))
    write_report(tmp_path, report, {FIRST_BATCH: [picture("first")], 1: [picture("later")]})
    shown = page(tmp_path)
    assert len([1 for tag, _ in shown.tags if tag == "img"]) == 1 + 2
    assert "First batch" in shown.text
    assert shown.text.index("first.jpg") < shown.text.index("Round 1") < shown.text.index("later.jpg")
    assert read_report(tmp_path).initial == initial


def test_a_missing_or_foreign_report_is_named(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match=r"report\.json"):
        read_report(tmp_path)
    (tmp_path / "report.json").write_text('{"project"')
    with pytest.raises(InvalidArgument, match="not a report"):
        read_report(tmp_path)


@pytest.mark.parametrize(
    ("trusted", "true", "label", "note"),
    [
        (None, (0.3, 0.5), "IoU head", "Spearman: 1 perfect, 0 chance"),
        (True, (0.3, 0.0, 0.5), "IoU head, trusted", "Spearman: 1 perfect, 0 chance"),
        (True, (0.3, 0.0), "IoU head, trusted", "Spearman on test images; 1 of 2 have IoU 0"),
        (False, (0.3,), "IoU head, not yet trusted", "Spearman on test images; unseen labels do not prove it"),
    ],
)
def test_the_key_figure_of_the_head_says_whether_it_is_trusted_and_what_makes_it_easy(
    a_report: Make, a_round: MakeRound, trusted: bool | None, true: tuple[float, ...], label: str, note: str
) -> None:
    evaluated = tuple(EvaluatedScore(str(iou), 0.4, iou, 1) for iou in true)
    last = a_round(1, 7200.0, 0.61, iou_spearman=0.99, head_trusted=trusted, evaluated=evaluated)
    figure = key_figures(a_report(rounds=(last,)))[-1]
    assert (figure.label, figure.value, figure.note) == (label, "0.99", note)


def test_the_images_labeled_are_those_that_the_time_beside_them_bought(a_report: Make, a_round: MakeRound) -> None:
    chosen = tuple(ChosenImage(f"c{number}", None, "", 240.0) for number in range(20))
    last = a_round(2, 12_000.0, 0.61, labeled_images=50, batch=chosen)
    figures = {each.label: each.value for each in key_figures(a_report(rounds=(last,), spent_s=16_800.0))}
    assert (figures["annotator time"], figures["images labeled"]) == ("4 h 40 min", "70")
