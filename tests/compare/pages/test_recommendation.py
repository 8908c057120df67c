import re
from collections.abc import Callable, Mapping

import pytest

from maskloop.compare.analysis.analyse import analyse
from maskloop.compare.analysis.comparison import Comparison, Point
from maskloop.compare.analysis.recommendation import sure_winners
from maskloop.compare.pages.recommendation import recommendation

MakeComparison = Callable[..., Comparison]
Tell = Callable[..., tuple[str, ...]]

RANDOM = (0.50, 0.51, 0.49)
BETTER = (0.60, 0.612, 0.59)
"""Ahead by .10, .102 and .10: p = .00004."""
PERHAPS = (0.53, 0.53, 0.505)
"""Ahead by .03, .02 and .015: p = .040."""
ALIKE = (0.51, 0.50, 0.495)
WORSE = (0.40, 0.412, 0.39)


def recommend(comparison: Comparison, measure: str = "pq") -> tuple[str, ...]:
    return recommendation(comparison, analyse(comparison, measure))


@pytest.fixture
def tell(comparison_of: MakeComparison) -> Tell:
    """What is recommended of arms that go straight from .3 after ten minutes to an end a seed after the hour."""

    def told(rows: Mapping[str, tuple[float, ...]], **changes: object) -> tuple[str, ...]:
        arms = {
            name: {seed: [(600.0, 0.3), (3600.0, end)] for seed, end in enumerate(row)} for name, row in rows.items()
        }
        return recommend(comparison_of(arms, **changes))

    return told


def test_a_sure_winner_is_to_be_used(tell: Tell) -> None:
    outcome = tell({"random": RANDOM, "mask_guided:target=0.5": BETTER})
    # means .5 and .60067: where random ends after 10 min + 50 min * .2 / .30067
    assert outcome[0].startswith(
        "Use mask-guided selection (target 0.5): it reached a panoptic quality of 0.500, "
        "which random selection has after 1 h, in 43 min ("
    )
    assert outcome[1].startswith(
        "Mask-guided selection (target 0.5) ends 0.101 above random selection (+0.098 to +0.104)"
    )
    assert "more than luck" in outcome[1]


def test_the_measure_is_named_with_its_article(comparison_of: MakeComparison) -> None:
    ends = {"random": RANDOM, "entropy": BETTER}
    arms = {name: {s: [(600.0, 0.3), (3600.0, end)] for s, end in enumerate(row)} for name, row in ends.items()}
    assert recommend(comparison_of(arms), "ap50")[0].startswith("Use entropy selection: it reached an AP50 of 0.500")


def test_where_nothing_wins_random_stays(tell: Tell) -> None:
    outcome = tell({"random": RANDOM, "entropy": ALIKE, "margin": WORSE})
    assert outcome[0] == "Nothing here beats random selection by more than luck: stay with random selection."
    assert outcome[1].startswith("Entropy selection ends 0.002 above random selection (")
    assert "no more than luck" in outcome[1]
    assert outcome[2].startswith("Margin selection ends 0.099 below random selection (")
    assert "it does not get to where random ends within 1 h" in outcome[2]


def test_strong_random_is_offered_where_it_did_as_well(tell: Tell) -> None:
    offered = tell({"random": RANDOM, "stratified_random": ALIKE})
    assert offered[0].endswith("stay with random selection or stratified-random selection, which did as well.")
    lost = tell({"random": RANDOM, "stratified_random": WORSE})
    assert lost[0].endswith("stay with random selection.")


def test_one_of_many_that_barely_wins_is_not_proven(tell: Tell) -> None:
    assert tell({"random": RANDOM, "entropy": PERHAPS})[0].startswith("Use entropy selection")
    outcome = tell({"random": RANDOM, "entropy": PERHAPS, "margin": ALIKE, "dropout": ALIKE, "k_means": WORSE})
    assert outcome[0].startswith("Entropy selection looks better than random selection and is not proven: it reached")
    # 1 - .975^4 = .0963: one of ten
    assert "luck alone shows a winner among 4 arms in one of 10 comparisons" in outcome[0]
    assert outcome[0].endswith("Run it again on fresh seeds (`--seeds 3-5`) before you rely on it.")


def test_a_sure_winner_comes_before_one_that_ends_higher_and_is_not(tell: Tell) -> None:
    # margin is .09, .12 and .17 ahead: p = .032, and of the two arms that are left after entropy Holm asks for .025
    outcome = tell({"random": RANDOM, "entropy": BETTER, "margin": (0.59, 0.63, 0.66), "dropout": ALIKE})
    assert outcome[0].startswith("Use entropy selection")


def test_a_winner_that_strong_random_equals_is_told_as_such(tell: Tell) -> None:
    outcome = tell({"random": RANDOM, "stratified_random": (0.595, 0.613, 0.588), "entropy": BETTER})
    assert outcome[0].startswith("Use entropy selection")
    assert outcome[1] == "It is no more than luck above stratified-random selection, which needs no predicted IoU."


def test_an_arm_that_is_ahead_on_the_way_and_not_at_the_end_is_told_as_such(comparison_of: MakeComparison) -> None:
    arms = {
        "random": {seed: [(600.0, 0.3), (3600.0, end)] for seed, end in enumerate(RANDOM)},
        "entropy": {seed: [(600.0, 0.3), (1600.0, 0.5), (3600.0, end)] for seed, end in enumerate(ALIKE)},
    }
    outcome = recommend(comparison_of(arms))
    assert outcome[0].startswith("Nothing here beats random")
    assert "On the way there it was ahead, by +0.06" in outcome[1]


def test_what_failed_the_gate_ranks_nothing(tell: Tell) -> None:
    outcome = tell({"random": (0.301, 0.309, 0.296), "entropy": BETTER})
    assert outcome[0].startswith(
        "This setting can rank nothing: the panoptic quality of random selection goes from 0.300 to 0.302"
    )
    assert not any("Entropy" in sentence or "entropy" in sentence for sentence in outcome)
    assert any("--recipe" in sentence for sentence in outcome)


def test_a_budget_whose_second_half_gains_nothing_is_told(comparison_of: MakeComparison) -> None:
    def told(middle: float) -> str:
        rows = {"random": RANDOM, "entropy": ALIKE}
        arms = {
            name: {seed: [(600.0, 0.3), (2100.0, middle), (3600.0, end)] for seed, end in enumerate(row)}
            for name, row in rows.items()
        }
        return recommend(comparison_of(arms))[-1]

    assert "gains next to nothing in the second half" in told(0.49)
    assert "gains next to nothing in the second half" not in told(0.47)


def test_seeds_that_would_prove_a_lead_are_told(tell: Tell) -> None:
    # .01, .02 and -.002 ahead: mean .00933, sd .01102; (2.1604 + .8703) / sqrt(14) * .01102 = .00893,
    # (2.1788 + .8726) / sqrt(13) * .01102 = .00932
    outcome = tell({"random": RANDOM, "entropy": (0.51, 0.53, 0.488)})
    assert outcome[-1] == "If the 0.009 that entropy selection is ahead are real, about 13 seeds would show it."
    assert not any("would show it" in sentence for sentence in tell({"random": RANDOM, "entropy": BETTER}))
    assert not any("would show it" in sentence for sentence in tell({"random": RANDOM, "entropy": WORSE}))


def test_arms_that_chose_the_same_are_named(tell: Tell) -> None:
    outcome = tell({"random": RANDOM, "mask_guided": ALIKE, "mask_guided:per_second=yes": ALIKE, "entropy": BETTER})
    assert "Mask-guided selection and mask-guided selection (per second) chose the same." in outcome


def test_what_only_an_experiment_can_have_is_neither_recommended_nor_counted(tell: Tell) -> None:
    oracle = "mask_guided:scores=imported"
    outcome = tell({"random": RANDOM, "entropy": PERHAPS, oracle: BETTER})
    assert outcome[0].startswith("Use entropy selection")
    assert any(sentence.startswith("1 way of choosing was compared with random") for sentence in outcome)


def test_a_single_seed_ranks_nothing(tell: Tell) -> None:
    outcome = tell({"random": (0.5,), "entropy": (0.9,)})
    assert outcome[0] == (
        "Nothing can be said yet: the panoptic quality of random selection goes from 0.300 to 0.500, by a single seed."
    )


def test_random_alone_is_judged_by_its_gate(tell: Tell) -> None:
    outcome = tell({"random": RANDOM}, strategies=("random", "entropy"))
    assert outcome[0].startswith(
        "Only random selection has been measured so far: its panoptic quality goes up by +0.200"
    )
    assert outcome[1] == "So far 3 of 6 trials have ended, and all of this may change."


def test_unfinished_comparisons_say_so(tell: Tell) -> None:
    rows = {"random": RANDOM, "entropy": ALIKE}
    assert not any("So far" in sentence for sentence in tell(rows))
    assert any("So far 6 of 9 trials" in each for each in tell(rows, strategies=("random", "entropy", "margin")))


def test_what_the_time_bought_and_what_stood_in_are_told(
    comparison_of: MakeComparison, trial_of: Callable[..., object], a_point: Callable[..., Point]
) -> None:
    def trials(strategy: str, row: tuple[float, ...], **first: object) -> list[object]:
        return [
            trial_of(strategy, seed, [(600.0, 0.3)], points=(a_point(600.0, 0.3, **first), a_point(3600.0, end)))
            for seed, end in enumerate(row)
        ]

    random = trials("random", RANDOM, chosen_images=20, chosen_objects=30)
    guided = trials("mask_guided", BETTER, chosen_images=25, chosen_objects=40, fallback="x", iou_mae=0.1)
    entropy = trials("entropy", WORSE, chosen_images=5, chosen_objects=25)
    strategies = ("random", "mask_guided", "entropy")
    outcome = recommend(comparison_of({}, strategies=strategies, seeds=(0, 1, 2), trials=(*random, *guided, *entropy)))
    assert (
        "In the same time mask-guided selection bought 25 images with 40 objects (75 s an object), "
        "random selection bought 20 images with 30 objects (100 s an object). "
        "The IoU that the networks of mask-guided selection predicted was off by 0.10 on average."
    ) in outcome
    assert any(
        "entropy selection bought 5 images with 25 objects (120 s an object)" in sentence for sentence in outcome
    )
    assert any("100% of the rounds of mask-guided selection" in sentence for sentence in outcome)


def test_holm_stops_at_the_first_that_is_not_sure(comparison_of: MakeComparison) -> None:
    ends = {"random": RANDOM, "entropy": BETTER, "margin": PERHAPS, "dropout": ALIKE}
    arms = {name: {s: [(600.0, 0.3), (3600.0, end)] for s, end in enumerate(row)} for name, row in ends.items()}
    standings = analyse(comparison_of(arms)).standings
    # p: .00004 < .05 / 3; .040 > .05 / 2
    assert sure_winners(standings[1:]) == ("entropy",)
    assert sure_winners(standings[2:3]) == ("margin",)


def test_help_is_told_by_its_share_of_the_seconds(tell: Tell) -> None:
    outcome = tell({"random": RANDOM, "random+boxes": BETTER})
    # .2 of .30067 after ten minutes of an hour: (600 + 3000 * .66519) / 3600 = 72%
    assert outcome[0].startswith(
        "Use random selection helped by boxes: it reached a panoptic quality of 0.500, "
        "which random selection with drawn outlines has after 1 h, in 43 min ("
    )
    assert re.search(r"\), 72% \(7\d% to 7\d%\) of its seconds\.$", outcome[0])
    assert "ends 0.101 above random selection with drawn outlines (" in outcome[1]
    assert "1 way of choosing and labeling was compared with random" in " ".join(outcome)


def test_where_all_are_helped_alike_nothing_is_said_of_help(tell: Tell) -> None:
    assert "of its seconds" not in tell({"random": RANDOM, "entropy": BETTER})[0]


def test_help_that_gains_nothing_leaves_people_to_draw(tell: Tell) -> None:
    assert tell({"random": RANDOM, "random+boxes": ALIKE})[0] == (
        "Nothing here beats random selection with drawn outlines by more than luck: "
        "stay with random selection with drawn outlines."
    )


def test_what_the_help_alone_gains_is_not_the_choice_s(tell: Tell) -> None:
    outcome = tell({"random": RANDOM, "random+boxes": BETTER, "entropy+boxes": (0.605, 0.611, 0.592)})
    assert outcome[0].startswith("Use random selection helped by boxes")
    assert outcome[1].startswith("Entropy selection helped by boxes ends 0.103 above")
    assert "above random selection helped by boxes (" in outcome[1]
    chosen = tell({"random": RANDOM, "random+boxes": PERHAPS, "entropy+boxes": BETTER})
    assert chosen[0].startswith("Use entropy selection helped by boxes")


def test_a_choice_that_is_not_above_help_that_is_not_sure_is_told_as_such(tell: Tell) -> None:
    outcome = tell({"random": RANDOM, "random+boxes": (0.56, 0.64, 0.53), "entropy+boxes": BETTER})
    assert outcome[0].startswith("Use entropy selection helped by boxes")
    assert outcome[1] == (
        "It is no more than luck above random selection helped by boxes: what it gains, the help alone may explain."
    )


def test_a_control_that_does_not_show_leaves_nothing_to_claim(tell: Tell) -> None:
    outcome = tell({"random": RANDOM, "entropy": BETTER, "random*2": ALIKE})
    assert outcome[0].startswith(
        "Nothing can be claimed about any strategy here: random selection that bought twice as much ends 0.002 above "
        "random selection ("
    )
    assert outcome[0].endswith("no more than luck.")
    assert not any("ntropy" in sentence for sentence in outcome)


def test_a_control_that_shows_is_told_and_never_recommended(tell: Tell) -> None:
    outcome = tell({"random": RANDOM, "entropy": PERHAPS, "random*2": BETTER})
    assert outcome[0].startswith("Use entropy selection")
    assert any(
        each.startswith("The control shows: random selection that bought twice as much ends 0.1") for each in outcome
    )
    assert any(sentence.startswith("1 way of choosing was compared with random") for sentence in outcome)
    assert tell({"random": RANDOM, "random*2": BETTER})[0].startswith("Only random selection has been measured so far")
