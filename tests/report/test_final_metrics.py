from collections.abc import Callable

from maskloop.report import Baseline, RoundReport, RunReport, Setup
from maskloop.report.final_metrics import final_ap50_by_category, final_measures
from maskloop.values import Category

Make = Callable[..., RunReport]
MakeRound = Callable[..., RoundReport]


def test_the_last_measured_network_of_each_arm_stands_in_a_column(a_report: Make, a_round: MakeRound) -> None:
    ours = (a_round(0, 60.0, 0.3), a_round(1, 90.0, 0.4, ap50=0.6, metrics={"dice": 0.7}), a_round(2, 99.0, None))
    random = Baseline((a_round(0, 60.0, 0.35, metrics={"ssim": -0.1, "iou_bias": 0.2}),))
    outcome = final_measures(a_report(rounds=ours, baselines={"random": random, "entropy": Baseline(())}))
    assert outcome.arms == ("mask_guided", "random")
    assert outcome.rows == (
        ("panoptic quality", (0.4, 0.35)),
        ("mean IoU", (0.4, 0.35)),
        ("AP", (0.3, 0.3)),
        ("AP50", (0.6, 0.5)),
        ("Dice", (0.7, None)),
        ("SSIM", (None, -0.1)),
    )


def test_measures_of_thin_structures_stand_there_where_they_were_taken(a_report: Make, a_round: MakeRound) -> None:
    thin = {"boundary_f1": 0.5, "cl_dice": 0.6, "length_found": 0.7}
    outcome = final_measures(a_report(rounds=(a_round(0, 60.0, 0.3, metrics=thin),)))
    rows = (("boundary F1", (0.5,)), ("centreline Dice", (0.6,)), ("length found", (0.7,)))
    assert outcome.rows[-3:] == rows
    assert not {name for name, _ in rows} & {name for name, _ in final_measures(a_report()).rows}


def test_classes_go_by_name_and_only_those_that_were_tested(a_report: Make, a_round: MakeRound) -> None:
    setup = Setup(categories=(Category(7, "rust"), Category(2, "crack"), Category(4, "spall")))
    rounds = (
        a_round(0, 60.0, 0.3, ap50_by_category={2: 0.1}),
        a_round(1, 90.0, 0.4, ap50_by_category={7: 0.5, 2: 0.2}),
    )
    outcome = final_ap50_by_category(a_report(rounds=rounds, setup=setup))
    assert outcome.rows == (("crack", (0.2,)), ("rust", (0.5,)))


def test_before_anything_is_measured_there_is_nothing(a_report: Make) -> None:
    assert final_measures(a_report(rounds=())).rows == ()
