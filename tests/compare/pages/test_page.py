import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from xml.etree import ElementTree

import pytest
from jinja2 import PackageLoader

from maskloop.compare.analysis.analyse import analyse
from maskloop.compare.analysis.comparison import Comparison
from maskloop.compare.analysis.results import AnalysedComparison
from maskloop.compare.pages.arm_style import arm_styles
from maskloop.compare.pages.environment import templates
from maskloop.compare.pages.figures import figures
from maskloop.compare.pages.page import settings
from maskloop.compare.pages.recommendation import advice, recommendation
from maskloop.compare.pages.write import read_comparison, write_comparison, write_summary
from maskloop.values.measures import MEASURES

Make = Callable[..., Comparison]
SVG = "{http://www.w3.org/2000/svg}"
MASK = "mask_guided"
MANY = {"random": 0.0, "stratified_random": 0.005, **{f"{MASK}:target=0.{digit}": 0.01 for digit in range(1, 8)}}


def written(folder: Path, comparison: Comparison, measures: tuple[str, ...] = ("pq",)) -> str:
    """The page, as `read` gives it."""
    write_comparison(folder, comparison, {measure: analyse(comparison, measure) for measure in measures})
    return read(folder)


def read(folder: Path) -> str:
    """A folder's page, its figures' words included, on one line."""
    text = re.sub(r"<style>.*?</style>|</?code>", "", (folder / "compare.html").read_text(), flags=re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", " ", text).replace("\N{NO-BREAK SPACE}", " ").split())


def drawn(comparison: Comparison) -> Mapping[str, str]:
    return {name: each.svg for name, each in figures(comparison, analyse(comparison)).items()}


def words(svg: str) -> list[str]:
    return [text for text in ElementTree.fromstring(svg).itertext() if text.strip()]


@pytest.fixture(scope="module")
def usual(tmp_path_factory: pytest.TempPathFactory, comparison: Make) -> Path:
    """The folder of a finished comparison, for tests that compare theirs with it."""
    folder = tmp_path_factory.mktemp("usual")
    written(folder, comparison())
    return folder


def test_a_judged_comparison_is_read_back_as_it_was(tmp_path: Path, comparison: Make) -> None:
    made = comparison({"random": 0.0, f"{MASK}:target=0.1": 0.01, f"{MASK}:scores=imported,target=0.3": 0.02})
    results = {measure: analyse(made, measure) for measure in MEASURES}
    write_comparison(tmp_path, made, results)
    assert read_comparison(tmp_path) == AnalysedComparison(made, results)


def test_a_page_recommends_first_and_needs_nothing_from_elsewhere(tmp_path: Path, comparison: Make) -> None:
    made = comparison()
    text = written(tmp_path, made, MEASURES)
    page = (tmp_path / "compare.html").read_text()
    assert text.index(recommendation(made, analyse(made))[0]) < text.index("Quality over annotator time")
    assert "The same judged by AP50" in text
    assert not re.search(r"<script|<link|<iframe|src=|href=\"(?!#)|url\((?!#)|@import", page)
    ids = re.findall(r' id="([^"]+)"', page)
    assert len(ids) == len(set(ids))


def test_an_unfinished_comparison_says_how_far_it_has_come(tmp_path: Path, comparison: Make, usual: Path) -> None:
    assert "12 of 15 trials" in written(tmp_path, comparison(done=12))
    assert "15 of 15" not in read(usual)


def test_an_arm_of_fewer_seeds_says_so_and_is_not_yet_the_best(tmp_path: Path, comparison: Make, usual: Path) -> None:
    text = written(tmp_path, comparison(done=11))
    assert text.count("mask-guided – 1 seed") >= 3
    best = re.search(r"highest end, against random (\S+) (\S+)", text)
    assert best is not None
    assert best[2] == "stratified-random:"
    assert "mask-guided –" not in read(usual)


def test_before_random_is_measured_nothing_is_judged(tmp_path: Path, comparison: Make) -> None:
    write_comparison(tmp_path, comparison(done=0), {})
    page = (tmp_path / "compare.html").read_text()
    assert "Nothing has been measured of random selection yet." in page
    assert "0 of 15 trials" in page
    assert "<svg" not in page


def test_a_failed_gate_says_so_and_shows_no_ranking(tmp_path: Path, comparison: Make) -> None:
    made = comparison(rise=0.002, noise=0.01)
    assert not analyse(made).gate.passed
    text = written(tmp_path, made)
    assert "nothing can be ranked here" in text
    assert all(sentence.replace("`", "") in text for sentence in advice(analyse(made).gate))
    assert "mask-guided" not in text.split("How this was measured")[0]
    assert sorted(path.suffix for path in tmp_path.iterdir()) == [".csv", ".html", ".json", ".svg"]


def test_figures_of_a_gate_that_no_longer_passes_are_taken_away(tmp_path: Path, comparison: Make) -> None:
    written(tmp_path, comparison())
    written(tmp_path, comparison(rise=0.002, noise=0.01))
    assert [path.name for path in tmp_path.glob("*.svg")] == ["gate-pq.svg"]


def test_names_are_text_and_never_markup(tmp_path: Path, comparison: Make) -> None:
    evil = "<script>alert('x')</script>"
    written(tmp_path, comparison(name=evil))
    page = (tmp_path / "compare.html").read_text()
    assert "<script" not in page
    assert "&lt;script&gt;" in page


def test_each_figure_is_xml_with_a_title_and_a_description_and_is_the_same_each_time(comparison: Make) -> None:
    made = comparison()
    outcome = figures(made, analyse(made))
    assert list(outcome) == ["gate", "curves", "arms", "end", "area", "seconds"]
    for each in outcome.values():
        root = ElementTree.fromstring(each.svg)
        assert root.findtext(f"{SVG}title") == each.title
        assert root.findtext(f"{SVG}desc") == each.description
    assert drawn(made) == {name: each.svg for name, each in outcome.items()}


def test_many_arms_are_drawn_one_by_one_and_not_over_each_other(comparison: Make) -> None:
    outcome = drawn(comparison(MANY))
    assert "curves" not in outcome
    assert outcome["arms"].count("mask-guided (target") == len(MANY) - 2
    assert "targets" in outcome


def test_arms_stand_best_first_with_their_differences(comparison: Make) -> None:
    made = comparison({"random": 0.0, "entropy": -0.03, MASK: 0.04}, noise=0.0)
    text = [text for text in words(drawn(made)["end"]) if text in ("mask-guided", "entropy") or text[0] in "+−"]
    assert text[-4:] == ["mask-guided", "+0.037", "entropy", "−0.028"]  # of the formula: (1 - exp(-2.5)) of the gain


def test_an_arm_that_never_gets_there_is_said_not_to(comparison: Make, usual: Path) -> None:
    made = comparison({"random": 0.0, "entropy": -0.05})
    assert "not within the budget" in words(drawn(made)["seconds"])
    assert "not within the budget" not in words((usual / "seconds-pq.svg").read_text())


def test_a_single_seed_is_drawn_without_intervals_and_fails_the_gate(comparison: Make) -> None:
    assert list(drawn(comparison(seeds=1))) == ["gate"]


def test_what_is_repeated_in_the_options_is_shown_once(comparison: Make) -> None:
    shown = dict(settings(comparison()))
    assert shown["Recipe"] == "compact,iterations=100"
    assert shown["Seeds"] == "0, 1, 2, 3, 4"
    assert "Workdir" not in shown


@pytest.mark.parametrize("done", [1, 5, 6, 11])
def test_a_page_is_written_however_far_trials_have_come(tmp_path: Path, comparison: Make, done: int) -> None:
    text = written(tmp_path, comparison(done=done))
    assert "None" not in text
    assert "nan" not in text.split()


def test_a_page_is_drawn_although_the_program_was_changed_meanwhile(
    tmp_path: Path, comparison: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(*_: object) -> None:
        raise FileNotFoundError

    templates.cache_clear()
    templates()  # as when a comparison starts
    monkeypatch.setattr(PackageLoader, "get_source", gone)
    assert "Quality over annotator time" in written(tmp_path, comparison())


HELP = {"random": 0.0, "random+boxes": 0.05, "random+proposals": 0.03, "random*2": 0.06}


@pytest.mark.slow
def test_arms_that_differ_in_help_alone_are_told_apart_everywhere(
    tmp_path: Path, comparison: Make, usual: Path
) -> None:
    made = comparison(HELP)
    text = written(tmp_path, made)
    for figure in ("curves", "arms", "end", "area", "seconds"):
        told = " ".join(words(drawn(made)[figure]))
        for name in ("random images, helped by boxes", "random images, helped by proposals", "control: random"):
            assert name in told, (figure, name)
    styles = arm_styles(list(HELP))
    assert len({(style.colour, style.marker, str(style.dashes)) for style in styles.values()}) == len(HELP)
    assert "4 ways of choosing and labeling" in text
    assert "share of random’s seconds" in text
    assert re.search(r"\d h \d+ min, \d\d%", " ".join(words(drawn(made)["seconds"])))
    assert "An arm that says nothing of it is one with drawn outlines." in text
    assert "share of random’s seconds" not in read(usual)


def test_a_comparison_of_an_earlier_version_is_read_and_summed_up(tmp_path: Path, usual: Path) -> None:
    """Before arms had help, nothing was said of it, nor of shares of random's seconds."""
    content = json.loads((usual / "compare.json").read_text())
    for standing in content["results"]["pq"]["standings"]:
        for name in ("share", "share_low", "share_high"):
            del standing["reach"][name]
    for name in ("help_alone", "control"):
        del content["results"]["pq"]["recommendation"][name]
    (tmp_path / "compare.json").write_text(json.dumps(content))
    made = read_comparison(tmp_path).comparison
    assert (made.assist, made.differs_by_help) == ("none", False)
    assert write_summary(tmp_path / "summary", [tmp_path]).matrices["pq"].strategies == tuple(made.strategies)


def test_a_hidden_control_is_said_first_and_no_arm_is_called_the_best(tmp_path: Path, comparison: Make) -> None:
    text = written(tmp_path, comparison({"random": 0.0, MASK: 0.04, "random*2": 0.0}))
    assert "nothing can be claimed here" in text
    assert "highest end, against random" not in text
    assert "control, against random" in text
