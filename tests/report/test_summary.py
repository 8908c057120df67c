from collections.abc import Callable
from dataclasses import replace

import pytest

from maskloop.report import Baseline, RoundReport, RunReport
from maskloop.report.summary import compare, curve_of, quality_at, summary, time_to

Make = Callable[..., RunReport]
MakeRound = Callable[..., RoundReport]
RESULT = "2 h of annotator time bought a panoptic quality of 0.61, up from 0.31 at the start."


def random_arm(a_round: MakeRound, *points: tuple[float, float]) -> dict[str, Baseline]:
    return {"random": Baseline(tuple(a_round(number, *point) for number, point in enumerate(points)))}


def test_a_win_is_told_with_its_distance(a_report: Make, a_round: MakeRound) -> None:
    outcome = summary(a_report(baselines=random_arm(a_round, (1800.0, 0.3), (7190.0, 0.53))))
    assert outcome == (RESULT, "Random selection got 0.53 in the same time: mask-guided selection is 0.08 ahead.")


def test_a_loss_is_told_as_one(a_report: Make, a_round: MakeRound) -> None:
    outcome = summary(a_report(baselines=random_arm(a_round, (1800.0, 0.3), (7200.0, 0.69))))
    assert outcome == (RESULT, "Random selection got 0.69 in the same time: here mask-guided selection lost by 0.08.")


def test_a_tie_has_no_winner(a_report: Make, a_round: MakeRound) -> None:
    outcome = summary(a_report(baselines=random_arm(a_round, (1800.0, 0.3), (7200.0, 0.604))))
    assert outcome == (RESULT, "Random selection got 0.60 in the same time: no difference worth the name.")


def test_a_strategy_that_never_had_a_say_is_told_as_such(a_report: Make, a_round: MakeRound) -> None:
    chosen = a_report().rounds[0].batch
    instead = a_round(0, 1800.0, 0.31, batch=chosen, fallback="stratified_random chose.")
    itself, last = a_round(1, 3600.0, 0.5, batch=chosen), a_round(2, 7200.0, 0.61)
    told = (
        "Mask-guided selection itself chose nothing: in no round was the predicted IoU to be trusted, and images were "
        "drawn."
    )
    assert summary(a_report(rounds=(instead, last)))[-1] == told
    assert told not in summary(a_report(rounds=(instead, itself, last)))
    assert told not in summary(a_report(rounds=(last,)))


def test_printed_numbers_add_up(a_report: Make, a_round: MakeRound) -> None:
    report = a_report(
        rounds=(a_round(0, 60.0, 0.3), a_round(1, 7200.0, 0.6149)),
        baselines=random_arm(a_round, (60.0, 0.3), (7200.0, 0.5451)),
    )
    assert summary(report)[1].startswith("Random selection got 0.55")
    assert summary(report)[1].endswith("is 0.06 ahead.")


def test_a_baseline_that_went_on_longer_is_read_at_the_same_time(a_report: Make, a_round: MakeRound) -> None:
    outcome = summary(a_report(baselines=random_arm(a_round, (5400.0, 0.40), (9000.0, 0.60))))
    assert outcome[1] == "Random selection got 0.50 in the same time: mask-guided selection is 0.11 ahead."


def test_a_baseline_that_is_behind_in_time_is_compared_where_it_stands(a_report: Make, a_round: MakeRound) -> None:
    outcome = summary(a_report(baselines=random_arm(a_round, (1800.0, 0.30), (4500.0, 0.38))))
    assert outcome[1] == (
        "Random selection got 0.38 in 1 h 15 min, where this campaign stood at 0.46: "
        "mask-guided selection is 0.08 ahead."
    )


def test_arms_without_a_common_time_are_not_compared(a_report: Make, a_round: MakeRound) -> None:
    outcome = summary(a_report(baselines=random_arm(a_round, (600.0, 0.2), (1200.0, 0.3))))
    assert outcome[1] == "Random selection was measured in another range of time, so the two cannot be compared yet."


def test_without_a_baseline_nothing_is_claimed(a_report: Make) -> None:
    assert summary(a_report()) == (
        RESULT,
        "No baseline was run, so this does not say whether the way of choosing helped.",
    )


def test_a_random_campaign_is_a_yardstick(a_report: Make) -> None:
    assert summary(a_report(strategy="random"))[1].startswith("Its images were chosen at random")


def test_of_several_other_baselines_the_strongest_is_told_too(a_report: Make, a_round: MakeRound) -> None:
    def arm(end: float) -> Baseline:
        return Baseline((a_round(0, 1800.0, 0.3), a_round(1, 7200.0, end)))

    arms = {"entropy": arm(0.62), "random": arm(0.5), "core_set": arm(0.69), "dropout": arm(0.4)}
    assert summary(a_report(baselines=arms))[1:] == (
        "Random selection got 0.50 in the same time: mask-guided selection is 0.11 ahead.",
        "Core-set selection got 0.69 in the same time: here mask-guided selection lost by 0.08.",
    )


def test_an_unfinished_run_says_so(a_report: Make) -> None:
    assert summary(a_report(stopped_because="")) == (
        "So far, " + RESULT,
        "No baseline has been measured yet, so this does not say whether the way of choosing helped.",
    )


def test_one_round_is_a_first_network(a_report: Make, a_round: MakeRound) -> None:
    first = (
        "The first network, trained on 10 labeled images (30 min of annotator time), reaches a panoptic quality of "
        "0.31."
    )
    running = a_report(rounds=(a_round(0, 1800.0, 0.31),), stopped_because="")
    assert summary(running) == (first, "The campaign is running; its budget is 2 h.")
    ended = a_report(rounds=(a_round(0, 1800.0, 0.31),), stopped_because="nothing else is affordable")
    assert summary(ended) == (first, "The campaign ended before anything was chosen: nothing else is affordable.")


def test_no_round_yet(a_report: Make) -> None:
    report = a_report(rounds=(), stopped_because="", budget_s=None, budget_images=200)
    assert summary(report) == (
        "No quality has been measured yet.",
        "The campaign is running; its budget is 200 labeled images.",
    )


@pytest.mark.parametrize(("start", "words"), [(0.7, "down from 0.70"), (0.612, "hardly different from 0.61")])
def test_a_curve_that_does_not_rise_is_not_called_a_rise(
    a_report: Make, a_round: MakeRound, start: float, words: str
) -> None:
    report = a_report(rounds=(a_round(0, 60.0, start), a_round(1, 7200.0, 0.61)))
    assert words in summary(report)[0]


def test_a_round_without_quality_is_passed_over(a_report: Make, a_round: MakeRound) -> None:
    report = a_report(rounds=(a_round(0, 60.0, 0.31), a_round(1, 7200.0, 0.61), a_round(2, 9000.0, None)))
    assert summary(report)[0] == RESULT


def test_time_and_images_are_those_of_one_network_where_nothing_can_be_measured(
    a_report: Make, a_round: MakeRound
) -> None:
    """Another hour has bought a batch that no network has learnt from yet."""
    last = a_round(1, 7200.0, None, labeled_images=50)
    report = a_report(rounds=(last,), spent_s=10_800.0, not_measured="there are no test images")
    assert summary(report)[0].startswith("2 h of annotator time bought 50 labeled images to learn from.")


def test_a_report_of_an_earlier_version_is_told_by_mean_iou(a_report: Make, a_round: MakeRound) -> None:
    """Where the lead of .05 is none of noise: networks differ less in it."""
    ours, theirs = (
        tuple(replace(a_round(place, 1800.0 + 5400 * place, value), metrics={}) for place, value in enumerate(curve))
        for curve in ((0.31, 0.61), (0.3, 0.56))
    )
    assert summary(a_report(rounds=ours, baselines={"random": Baseline(theirs)})) == (
        RESULT.replace("panoptic quality", "mean IoU"),
        "Random selection got 0.56 in the same time: mask-guided selection is 0.05 ahead.",
    )


def test_time_saved_is_read_off_the_line(a_report: Make, a_round: MakeRound) -> None:
    # 0.31 at 1800 s, 0.61 at 7200 s: 0.46 is reached half-way, at 4500 s; random needs 7200 s.
    outcome = compare(a_report(baselines=random_arm(a_round, (1800.0, 0.3), (7200.0, 0.46))))
    assert outcome is not None
    assert outcome.saved_s == pytest.approx(2700.0)


def test_a_curve_is_linear_between_rounds_and_unknown_outside(a_round: MakeRound) -> None:
    rounds = [a_round(0, 100.0, 0.2), a_round(1, 300.0, 0.4), a_round(2, 500.0, 0.3)]
    curve = curve_of([*rounds, a_round(3, 900.0, None)], "pq")
    assert quality_at(curve, 200.0) == pytest.approx(0.3)
    assert quality_at(curve, 500.0) == pytest.approx(0.3)
    assert quality_at(curve, 99.0) is None
    assert quality_at(curve, 501.0) is None
    assert time_to(curve, 0.35) == pytest.approx(250.0)
    assert time_to(curve, 0.1) == 100.0
    assert time_to(curve, 0.5) is None
