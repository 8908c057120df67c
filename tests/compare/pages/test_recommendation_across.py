from collections.abc import Callable, Mapping
from dataclasses import replace

import pytest

from maskloop.compare.analysis.analyse import analyse
from maskloop.compare.analysis.comparison import Comparison, Setting
from maskloop.compare.analysis.records import Analysed, Record, records
from maskloop.compare.pages.recommendation import recommendation_across

RANDOM = (0.50, 0.51, 0.49)
BETTER = (0.60, 0.612, 0.59)
ALIKE = (0.51, 0.50, 0.495)
WORSE = (0.40, 0.412, 0.39)

Make = Callable[[str, Mapping[str, tuple[float, ...]]], Analysed]


@pytest.fixture
def judged(comparison_of: Callable[..., Comparison], a_setting: Callable[..., Setting]) -> Make:
    """A setting's arms go straight from .3 after ten minutes to an end a seed after the hour."""

    def make(name: str, ends: Mapping[str, tuple[float, ...]]) -> Analysed:
        arms = {arm: {s: [(600.0, 0.3), (3600.0, end)] for s, end in enumerate(row)} for arm, row in ends.items()}
        comparison = comparison_of(arms, setting=a_setting(name=name))
        return comparison, analyse(comparison)

    return make


def test_records_name_where_a_strategy_wins_and_loses(judged: Make) -> None:
    outcome = records(
        [
            judged("beads", {"random": RANDOM, "entropy": WORSE, "margin": BETTER}),
            judged("cells", {"random": RANDOM, "entropy": BETTER, "margin": ALIKE}),
            judged("flat", {"random": (0.3, 0.31, 0.29), "entropy": BETTER}),
        ],
        "random",
    )
    assert tuple(replace(each, pooled=None) for each in outcome) == (
        Record("margin", "random", ("beads",), (), ("beads", "cells")),
        Record("entropy", "random", ("cells",), ("beads",), ("beads", "cells")),
    )
    # By hand: random rises by .2; margin ends (.6006667 - .5) above it in beads and .0016667 in cells.
    assert outcome[0].pooled.mean == pytest.approx((0.1006667 + 0.0016667) / 2 / 0.2, abs=1e-6)


def test_a_strategy_that_wins_in_most_settings_is_recommended(judged: Make) -> None:
    outcome = recommendation_across(
        [
            judged(name, {"random": RANDOM, "entropy": end, "stratified_random": ALIKE})
            for name, end in (("beads", BETTER), ("cells", BETTER), ("nuclei", ALIKE))
        ]
    )
    assert outcome[0] == (
        "Begin with entropy selection: over 3 settings it gains 34% more than random selection in the same time "
        "(+30% to +38%), more than luck; above random selection in 2 (beads, cells) of 3 settings and below it in 0, "
        "by more than luck."
    )
    assert "Against stratified-random selection: above" in outcome[1]
    # 2 strategies in 3 settings: 6 * .025 = .15
    assert outcome[3] == (
        "2 of 6 pairs of a way of choosing and a setting were won against random selection; "
        "luck alone would win about 0.15 of them, and lose as many."
    )


def test_a_win_here_and_there_recommends_nothing(judged: Make) -> None:
    ends = (("beads", BETTER), ("cells", ALIKE), ("nuclei", WORSE))
    outcome = recommendation_across([judged(name, {"random": RANDOM, "entropy": end}) for name, end in ends])
    assert outcome[0].startswith("No way of choosing beats random selection in most settings")
    assert "in 1 (beads) of 3 settings and below it in 1 (nuclei)" in outcome[1]


def test_no_win_at_all_is_said(judged: Make) -> None:
    outcome = recommendation_across([judged("beads", {"random": RANDOM, "entropy": ALIKE})])
    assert outcome[0] == "Nothing beats random selection by more than luck in any setting: stay with random selection."
    assert outcome[1] == "Entropy selection: not to be told from random selection in any of 1 setting."


def test_settings_that_failed_the_gate_are_named_and_not_counted(judged: Make) -> None:
    flat = judged("flat", {"random": (0.3, 0.31, 0.29), "entropy": BETTER})
    outcome = recommendation_across([judged("beads", {"random": RANDOM, "entropy": ALIKE}), flat])
    assert outcome[-1].startswith("1 of 2 settings could rank anything")
    assert outcome[-1].endswith("noise: flat.")
    assert recommendation_across([flat])[0].startswith("Nothing can be ranked")


def test_settings_whose_control_is_hidden_are_named_and_not_counted(judged: Make) -> None:
    hidden = judged("pale", {"random": RANDOM, "entropy": BETTER, "random*2": ALIKE})
    outcome = recommendation_across([judged("beads", {"random": RANDOM, "entropy": ALIKE}), hidden])
    assert outcome[1] == "Entropy selection: not to be told from random selection in any of 1 setting."
    assert outcome[-1] == "Not counted, as twice the purchase did not show there: pale."


def test_arms_that_differ_in_help_alone_have_records_of_their_own(judged: Make) -> None:
    rows = {"random": RANDOM, "entropy": ALIKE, "entropy+boxes": BETTER}
    outcome = records([judged(name, rows) for name in ("beads", "cells")], "random")
    assert [(each.strategy, len(each.above)) for each in outcome] == [("entropy+boxes", 2), ("entropy", 0)]


def test_what_the_help_alone_may_explain_is_said(judged: Make) -> None:
    rows = {"random": RANDOM, "random+boxes": BETTER, "entropy+boxes": (0.605, 0.611, 0.592)}
    outcome = recommendation_across([judged(name, rows) for name in ("beads", "cells")])
    assert outcome[0].startswith("Begin with entropy selection helped by boxes")
    assert outcome[0].endswith(
        "It is no more than luck above random selection helped by boxes: what it gains, the help alone may explain."
    )
