import csv
import io
from collections.abc import Callable

from maskloop.report import Baseline, RoundReport, RunReport
from maskloop.report.tables import to_csv


def rows(report: RunReport) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(to_csv(report).decode(), newline="")))


def test_one_row_for_each_round_of_each_arm(
    a_report: Callable[..., RunReport], a_round: Callable[..., RoundReport]
) -> None:
    random = Baseline((a_round(0, 900.0, 0.2, spent_s_by_kind={"full": 900.0}),))
    outcome = rows(a_report(baselines={"random": random}))
    assert [(row["arm"], row["round"], row["spent_s"]) for row in outcome] == [
        ("mask_guided", "0", "1800.0"),
        ("mask_guided", "1", "7200.0"),
        ("random", "0", "900.0"),
    ]
    assert [row["spent_counts_s"] for row in outcome] == ["100.0", "100.0", "0.0"]
    assert [row["batch_images"] for row in outcome] == ["1", "0", "0"]


def test_each_metric_of_any_round_is_a_column(
    a_report: Callable[..., RunReport], a_round: Callable[..., RoundReport]
) -> None:
    outcome = rows(a_report(rounds=(a_round(0, 60.0, 0.3, metrics={"dice": 0.4}), a_round(1, 90.0, 0.4))))
    assert [row["dice"] for row in outcome] == ["0.4", ""]


def test_what_nobody_measured_is_an_empty_cell(
    a_report: Callable[..., RunReport], a_round: Callable[..., RoundReport]
) -> None:
    (row,) = rows(a_report(rounds=(a_round(0, 60.0, None, iou_spearman=None),)))
    assert (row["mean_iou"], row["iou_spearman"], row["ap50"]) == ("", "", "0.5")


def test_names_with_commas_and_quotes_survive(a_report: Callable[..., RunReport]) -> None:
    assert {row["arm"] for row in rows(a_report(strategy='a,"b"\nc'))} == {'a,"b"\nc'}
