import re
from collections.abc import Callable
from xml.etree import ElementTree

import numpy as np

from maskloop.pages.figures import ARM_COLOURS
from maskloop.report import Baseline, ChosenImage, EvaluatedScore, RoundReport, RunReport, with_outlooks
from maskloop.report.figures import figures, spending_by_round

SVG = "{http://www.w3.org/2000/svg}"
Make = Callable[..., RunReport]
MakeRound = Callable[..., RoundReport]


def drawn(report: RunReport) -> dict[str, str]:
    return {each.name: each.svg for each in figures(report)}


def test_each_figure_is_xml_with_a_title_and_a_description(a_report: Make) -> None:
    outcome = figures(a_report(strategy="<b>&", constant_iou=0.2))
    assert [each.name for each in outcome] == ["curve-pq", "curve-ap50", "curve-mean-iou", "spending", "reliability"]
    for each in outcome:
        root = ElementTree.fromstring(each.svg)
        assert root.findtext(f"{SVG}title") == each.title
        assert root.findtext(f"{SVG}desc") == each.description
        assert root.get("role") == "img"


def test_figures_in_one_page_share_no_ids(a_report: Make) -> None:
    ids = [outcome for svg in drawn(a_report()).values() for outcome in re.findall(r' id="([^"]+)"', svg)]
    assert len(ids) == len(set(ids))


def test_references_inside_a_figure_lead_somewhere(a_report: Make) -> None:
    for svg in drawn(a_report()).values():
        named = set(re.findall(r'id="([^"]+)"', svg))
        assert set(re.findall(r'(?:url\(#|href="#)([^")]+)', svg)) <= named


def test_the_same_report_draws_the_same_bytes(a_report: Make) -> None:
    assert drawn(a_report()) == drawn(a_report())


def test_words_stay_words_and_name_the_arms_with_their_ends(a_report: Make, a_round: MakeRound) -> None:
    report = a_report(
        baselines={"random": Baseline((a_round(0, 1800.0, 0.3), a_round(1, 7000.0, 0.55)))}, constant_iou=0.2
    )
    texts = set(ElementTree.fromstring(drawn(report)["curve-mean-iou"]).itertext())
    assert {"mask-guided selection: 0.61", "random selection: 0.55", "one constant mask: 0.20"} <= texts
    assert "annotator hours" in texts


def test_random_has_one_colour_whether_campaign_or_baseline(a_report: Make) -> None:
    beside = drawn(a_report(baselines={"random": Baseline(a_report().rounds)}))["curve-ap50"]
    alone = drawn(a_report(strategy="random"))["curve-ap50"]
    assert ARM_COLOURS[1] in beside
    assert ARM_COLOURS[1] in alone
    assert ARM_COLOURS[0] not in alone


def test_six_arms_have_six_colours(a_report: Make) -> None:
    names = ("random", "entropy", "dropout", "core_set", "typical")
    svg = drawn(a_report(baselines={name: Baseline(a_report().rounds) for name in names}))["curve-ap50"]
    assert all(colour in svg for colour in ARM_COLOURS)


def test_the_reference_head_is_named_where_it_was_measured(a_report: Make, a_round: MakeRound) -> None:
    measured = a_round(0, 60.0, 0.3, iou_spearman_reference=0.47, iou_mae_reference=0.2)
    assert "the paper's head: 0.47, 0.20" in drawn(a_report(rounds=(measured,)))["reliability"]
    assert "paper" not in drawn(a_report())["reliability"]


def test_before_calibration_is_drawn_where_confidence_was_kept(a_report: Make, a_round: MakeRound) -> None:
    kept = tuple(EvaluatedScore(str(place), 0.5, 0.1 * place, 1, 0.9) for place in range(10))
    metrics = {"confidence_ece": 0.45, "confidence_spearman": 0.2, "confidence_mae": 0.46, "iou_ece": 0.05}
    svgs = drawn(a_report(rounds=(a_round(0, 60.0, 0.3, evaluated=kept, metrics=metrics),)))
    assert "Spearman 0.20, mean error 0.46, ECE 0.45" in svgs["reliability-raw"]
    assert "Spearman 0.90, mean error 0.08, ECE 0.05" in svgs["reliability"]
    assert "reliability-raw" not in drawn(a_report())


def test_what_was_chosen_is_drawn_by_its_score_and_round(a_report: Make, a_round: MakeRound) -> None:
    def batch(*objects: int) -> tuple[ChosenImage, ...]:
        return tuple(ChosenImage(str(n), 0.3, "", 79.0, objects=n, object_share=0.1 * n) for n in objects)

    empty = ChosenImage("e", 0.9, "", 2.0, objects=0)
    rounds = (a_round(0, 60.0, 0.3, batch=batch(1, 2, 3)), a_round(1, 90.0, 0.4, batch=(*batch(2), empty)))
    by_name = {drawing.name: drawing for drawing in figures(a_report(rounds=rounds))}
    assert by_name["chosen-objects"].description == "Mean objects: round 0 2.00, round 1 1.00."
    assert "round 0 0.20, round 1 0.20" in by_name["chosen-sizes"].description
    assert "chosen in round 1" in by_name["chosen-sizes"].svg


def test_the_forecast_is_drawn_from_two_rounds_on(a_report: Make, a_round: MakeRound) -> None:
    rounds = tuple(a_round(number, 1800.0 * (number + 1), 0.3 + 0.02 * number) for number in range(3))
    svg = drawn(with_outlooks(a_report(rounds=rounds), np.random.default_rng(0)))["outlook"]
    assert "said one round before" in svg
    assert "80% of what is to come" in svg
    each = with_outlooks(a_report(rounds=rounds[:1]), np.random.default_rng(0))
    assert "outlook" not in drawn(each)


def test_missing_numbers_leave_their_figure_out(a_report: Make, a_round: MakeRound) -> None:
    bare = a_round(0, 60.0, None, ap50=None, evaluated=(), spent_s_by_kind={})
    assert drawn(a_report(rounds=(bare,), spent_s_by_kind={})) == {}
    assert drawn(a_report(rounds=(), spent_s_by_kind={})) == {}


def test_undefined_spearman_is_a_dash(a_report: Make, a_round: MakeRound) -> None:
    assert (
        "Spearman –, mean error 0.08"
        in drawn(a_report(rounds=(a_round(0, 60.0, 0.3, iou_spearman=None),)))["reliability"]
    )


def test_bars_hold_what_each_round_added(a_report: Make, a_round: MakeRound) -> None:
    rounds = (
        a_round(0, 500.0, 0.3, spent_s_by_kind={"counts": 100.0, "full": 400.0}),
        a_round(1, 900.0, 0.4, spent_s_by_kind={"counts": 100.0, "full": 800.0}),
    )
    report = a_report(rounds=rounds, spent_s=950.0, spent_s_by_kind={"counts": 100.0, "full": 850.0})
    assert spending_by_round(report) == [
        ("0", {"counts": 100.0, "full": 400.0}),
        ("1", {"counts": 0.0, "full": 400.0}),
        ("later", {"counts": 0.0, "full": 50.0}),
    ]
