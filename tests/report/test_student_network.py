"""Both networks side by side, in the page and in the tables."""

import csv
import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from maskloop.masks import Mask
from maskloop.report import (
    Baseline,
    PseudoLabel,
    PseudoPicture,
    RoundReport,
    RunReport,
    StudentNetwork,
    read_report,
    write_report,
)
from maskloop.report.student_network_table import (
    COUNT_CONDITIONED,
    COUNT_FREE,
    network_rows,
    proposed_pictures,
    say_networks,
)
from maskloop.report.tables import to_csv
from maskloop.values import ObjectLabel

Make = Callable[..., RunReport]
MakeRound = Callable[..., RoundReport]
METRICS = {"pq": 0.55, "ap70": 0.3, "ar": 0.4, "ar50": 0.6, "ar70": 0.45, "f50": 0.58, "ssim": 0.85, "iou_mae": 0.07}


def student(**changes: object) -> StudentNetwork:
    values: dict[str, object] = {
        "model_version": "v9",
        "recipe": "compact",
        "labeled_images": 15,
        "pseudo_images": 120,
        "pseudo_objects": 300,
        "min_predicted_iou": 0.0,
        "annotation_count_conditioned": False,
        "ap": 0.35,
        "ap50": 0.56,
        "mean_iou": 0.6,
        "metrics": METRICS,
        "train_s": 33.0,
    }
    return StudentNetwork(**(values | changes))  # type: ignore[arg-type]


def test_the_annotation_network_stands_beside_its_student(a_report: Make, a_round: MakeRound) -> None:
    last = a_round(1, 7200.0, 0.61, ap=0.31, ap50=0.5, metrics={**METRICS, "pq": 0.52, "ap70": 0.2})
    first, after = network_rows(a_report(rounds=(last,), student=student(annotation_count_conditioned=True)))
    assert (first.network, first.test, first.strong, first.pseudo) == ("annotation network", COUNT_CONDITIONED, 15, 0)
    assert (after.network, after.test, after.strong, after.pseudo) == ("student network", COUNT_FREE, 15, 120)
    assert first.values == (0.52, 0.61, 0.31, 0.5, 0.2, 0.4, 0.6, 0.45, 0.58, 0.85)
    assert after.values == (0.55, 0.6, 0.35, 0.56, 0.3, 0.4, 0.6, 0.45, 0.58, 0.85)
    assert [(row.spent_s, row.counts_s) for row in (first, after)] == [(7200.0, 100.0)] * 2


def test_every_arm_with_a_student_network_has_both(a_report: Make) -> None:
    rounds = a_report().rounds
    arms = {"mask_guided": Baseline(rounds, student=student()), "random": Baseline(rounds)}
    outcome = network_rows(a_report(student=student(), baselines=arms))
    assert [(row.arm, row.network) for row in outcome] == [
        ("mask_guided", "annotation network"),
        ("mask_guided", "student network"),
        ("mask_guided (baseline)", "annotation network"),
        ("mask_guided (baseline)", "student network"),
    ]
    assert network_rows(a_report()) == []


@pytest.mark.parametrize(
    ("quality", "words"),
    [(0.612, "no difference"), (0.67, "no difference"), (0.68, "it is better"), (0.54, "it is worse")],
)
def test_the_better_network_is_named(a_report: Make, quality: float, words: str) -> None:
    said = say_networks(a_report(student=student(metrics={"pq": quality})))  # the annotation network's is 0.61
    assert said.startswith(f"The student has a panoptic quality of {quality:.2f}, the annotation network 0.61: {words}")


def test_networks_of_an_earlier_version_are_judged_by_mean_iou(a_report: Make, a_round: MakeRound) -> None:
    old = replace(a_round(1, 7200.0, 0.61), metrics={})
    assert say_networks(a_report(rounds=(old,), student=student(mean_iou=0.66, metrics={}))) == (
        "The student has a mean IoU of 0.66, the annotation network 0.61: it is better."
    )


def test_networks_of_different_tasks_are_not_judged(a_report: Make) -> None:
    assert say_networks(a_report(student=student(annotation_count_conditioned=True))) == ""
    assert say_networks(a_report()) == ""


def test_a_column_for_counts_is_there_where_counts_were_bought(
    tmp_path: Path, a_report: Make, a_round: MakeRound
) -> None:
    write_report(tmp_path, a_report(student=student()))
    assert "counts in it" in (tmp_path / "report.html").read_text()
    uncounted = a_round(1, 7200.0, 0.61, spent_s_by_kind={"full": 7200.0})
    write_report(tmp_path, a_report(student=student(), rounds=(uncounted,)))
    assert "counts in it" not in (tmp_path / "report.html").read_text()


def test_the_page_shows_pseudo_labels_with_their_predicted_iou(tmp_path: Path, a_report: Make) -> None:
    array = np.zeros((20, 30), dtype=np.bool_)
    array[5:10, 5:10] = True
    picture = PseudoPicture("a.png", np.full((20, 30, 3), 90, np.uint8), (ObjectLabel(1, Mask.from_array(array)),))
    shown = (PseudoLabel("a.png", 1, 0.37), PseudoLabel("not drawn.png", 2, 0.9))
    report = a_report(student=student(shown=shown, min_predicted_iou=0.25))
    write_report(tmp_path, report, pseudo=[picture])
    assert [each.label for each in proposed_pictures(tmp_path, report)] == [shown[0]]
    page = (tmp_path / "report.html").read_text()
    assert page.count('alt="pseudo-labels"') == 1
    for words in ("A student network", "a.png", "predicted 0.37", "1 object", "below 0.25 were left out", COUNT_FREE):
        assert words in " ".join(page.split())
    assert "not the same task" not in page
    assert read_report(tmp_path) == report


def test_a_network_that_is_told_is_not_compared_as_if_it_were_not(tmp_path: Path, a_report: Make) -> None:
    write_report(tmp_path, a_report(student=student(annotation_count_conditioned=True)))
    page = " ".join((tmp_path / "report.html").read_text().split())
    assert COUNT_CONDITIONED in page
    assert "not the same task" in page
    assert "beyond the counts that the annotation network was told" in page


def test_a_page_without_a_student_network_says_nothing_of_one(tmp_path: Path, a_report: Make) -> None:
    write_report(tmp_path, a_report())
    assert "student network" not in (tmp_path / "report.html").read_text()
    assert "pseudo" not in (tmp_path / "report.csv").read_text()


def test_a_student_network_is_a_row_after_its_arms_rounds(a_report: Make) -> None:
    report = a_report(student=student(), baselines={"random": Baseline(a_report().rounds)})
    rows = list(csv.DictReader(io.StringIO(to_csv(report).decode(), newline="")))
    assert [(row["arm"], row["round"], row["pseudo_images"]) for row in rows] == [
        ("mask_guided", "0", "0"),
        ("mask_guided", "1", "0"),
        ("mask_guided", "student", "120"),
        ("random", "0", "0"),
        ("random", "1", "0"),
    ]
    outcome = rows[2]
    assert (outcome["model_version"], outcome["labeled_images"], outcome["spent_s"]) == ("v9", "15", "7200.0")
    assert (outcome["ap50"], outcome["ap"], outcome["iou_mae"], outcome["iou_spearman"]) == ("0.56", "0.35", "0.07", "")
    assert (outcome["spent_counts_s"], outcome["machine_train_s"], outcome["machine_select_s"]) == (
        "100.0",
        "33.0",
        "0.0",
    )
