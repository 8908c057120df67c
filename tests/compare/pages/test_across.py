import csv
import json
import re
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest

from maskloop.compare.analysis.analyse import analyse, analyse_all
from maskloop.compare.analysis.comparison import Comparison
from maskloop.compare.pages.write import write_comparison, write_summary
from maskloop.errors import InvalidArgument, NotFound

pytestmark = pytest.mark.slow

Make = Callable[..., Comparison]
ORACLE = "mask_guided:scores=imported,target=0.5"


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory, comparison: Make) -> list[Path]:
    """Two settings in which mask_guided wins, one in which it loses, one that can rank nothing."""
    runs = tmp_path_factory.mktemp("runs")
    made = {
        "cells": comparison(name="cells"),
        "beads": comparison(name="beads", rise=0.15),
        "roads": comparison({"random": 0.0, "mask_guided": -0.05, ORACLE: 0.08}, name="roads"),
        "flat": comparison(name="flat", rise=0.002, noise=0.01),
    }
    for name, each in made.items():
        write_comparison(runs / name, each, {"pq": analyse(each), "ap50": analyse(each, "ap50")})
    return [runs / name for name in made]


def words(page: Path) -> str:
    text = re.sub(r"<style>.*?</style>", "", page.read_text(), flags=re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", " ", text).replace("\N{NO-BREAK SPACE}", " ").split())


def test_a_summary_leaves_a_page_tables_and_figures(tmp_path: Path, folders: list[Path]) -> None:
    write_summary(tmp_path / "summary", folders)
    assert sorted(path.name for path in (tmp_path / "summary").iterdir()) == [
        "summary-ap50.svg",
        "summary-pooled-ap50.svg",
        "summary-pooled-pq.svg",
        "summary-pq.svg",
        "summary-seconds-ap50.svg",
        "summary-seconds-pq.svg",
        "summary.csv",
        "summary.html",
        "summary.json",
    ]


def test_what_not_all_comparisons_were_measured_by_decides_nothing(tmp_path: Path, comparison: Make) -> None:
    """One was written by an earlier version, which kept no panoptic quality."""
    new, old = comparison(name="new"), comparison(name="old")
    write_comparison(tmp_path / "new", new, analyse_all(new, "pq").results)
    results = {measure: analyse(old, measure) for measure in ("mean_iou", "ap50", "ap")}
    write_comparison(tmp_path / "old", old, results)
    outcome = write_summary(tmp_path / "summary", [tmp_path / "new", tmp_path / "old"])
    assert list(outcome.sentences) == ["ap50", "mean_iou", "ap", "pq"]
    assert next(iter(write_summary(tmp_path / "summary", [tmp_path / "new"]).sentences)) == "pq"


def test_the_page_leads_to_each_comparison(tmp_path: Path, folders: list[Path]) -> None:
    write_summary(tmp_path / "deep" / "summary", folders)
    page = tmp_path / "deep" / "summary" / "summary.html"
    links = set(re.findall(r'href="([^#"]+)"', page.read_text()))
    assert len(links) == len(folders)
    assert {(page.parent / link).resolve() for link in links} == {folder / "compare.html" for folder in folders}


def test_what_failed_its_gate_is_listed_and_not_counted(tmp_path: Path, folders: list[Path]) -> None:
    outcome = write_summary(tmp_path, folders)
    assert [result.name for result, _ in outcome.failed("pq")] == ["flat"]
    assert outcome.matrices["pq"].left_out == ("flat",)
    text = words(tmp_path / "summary.html")
    assert "flat failed its gate: nothing can be ranked here" in text
    named = set(ElementTree.parse(tmp_path / "summary-pq.svg").getroot().itertext())
    assert {"cells", "beads", "roads"} <= named
    assert "flat" not in named


def test_the_tables_of_wins_are_those_of_the_matrix(tmp_path: Path, folders: list[Path]) -> None:
    outcome = write_summary(tmp_path, folders)
    wins = outcome.matrices["pq"].wins["high"]
    assert (wins["mask_guided"]["random"], wins["random"]["mask_guided"]) == (2, 1)
    table = words(tmp_path / "summary.html").split("High budget: all of the time")[1]
    names = {"random": "1 random", "mask_guided": "3 mask-guided"}
    rows = {name: table.split(row)[1].split()[:2] for name, row in names.items()}
    assert rows["mask_guided"][0] == "2"
    assert rows["random"][1] == "1"  # its own cell is empty, so that the third column comes second


def test_what_only_an_experiment_can_have_is_never_the_best(tmp_path: Path, folders: list[Path]) -> None:
    write_summary(tmp_path, folders[2:3])
    row = words(tmp_path / "summary.html").split("The settings")[1].split("Every way")[0]
    assert "mask-guided −0.0" in row
    assert "scores imported" not in row


def test_what_settings_come_to_together_is_drawn_beside_each_of_them(tmp_path: Path, folders: list[Path]) -> None:
    outcome = write_summary(tmp_path, folders)
    pooled = next(each.pooled for each in outcome.records["pq"] if each.strategy == "mask_guided")
    assert pooled.settings == 3
    named = list(ElementTree.parse(tmp_path / "summary-pooled-pq.svg").getroot().itertext())
    assert f"{100 * pooled.mean:+.0f}%, 3 settings".replace("-", "\N{MINUS SIGN}") in named
    assert "Over all settings together" in words(tmp_path / "summary.html")
    write_summary(tmp_path / "one", folders[:1])
    assert "Over all settings together" not in words(tmp_path / "one" / "summary.html")


def test_the_table_has_a_row_an_arm_and_empty_cells_for_what_is_not_there(tmp_path: Path, folders: list[Path]) -> None:
    outcome = write_summary(tmp_path, folders)
    with (tmp_path / "summary.csv").open() as file:
        rows = {(row["setting"], row["measure"], row["strategy"]): row for row in csv.DictReader(file)}
    assert len(rows) == 2 * (3 + 3 + 3 + 3)
    standing = outcome.settings[0].results["pq"].standings[2]
    row = rows["cells", "pq", "mask_guided"]
    assert float(row["end_against_random_low"]) == pytest.approx(standing.against["random"].end.low, abs=1e-6)
    assert float(row["reach_seconds"]) == pytest.approx(standing.reach.seconds, abs=1e-6)
    assert row["gate_passed"] == "True"
    assert rows["roads", "pq", "mask_guided"]["end_against_strong_random_mean"] == ""
    assert rows["flat", "ap50", "random"]["gate_passed"] == "False"


def test_the_json_holds_what_is_returned(tmp_path: Path, folders: list[Path]) -> None:
    outcome = write_summary(tmp_path, folders[:1])
    read = json.loads((tmp_path / "summary.json").read_text())
    assert read["sentences"]["pq"] == list(outcome.sentences["pq"])
    assert read["settings"][0]["trials"] == read["settings"][0]["of_trials"] == 15


def test_where_nothing_passed_there_are_words_and_no_figures(tmp_path: Path, folders: list[Path]) -> None:
    write_summary(tmp_path / "summary", folders[3:])
    assert not list((tmp_path / "summary").glob("*.svg"))
    assert "Nothing can be ranked" in words(tmp_path / "summary" / "summary.html")


def test_what_is_no_judged_comparison_is_refused(tmp_path: Path, comparison: Make) -> None:
    with pytest.raises(InvalidArgument, match="one comparison or more"):
        write_summary(tmp_path, [])
    with pytest.raises(NotFound, match=r"compare\.json"):
        write_summary(tmp_path, [tmp_path / "nowhere"])
    write_comparison(tmp_path / "new", comparison(done=0), {})
    with pytest.raises(InvalidArgument, match="nothing has been measured of random"):
        write_summary(tmp_path, [tmp_path / "new"])
