"""Which arms surely win where several were tried. Of three seeds p is 1 - t / sqrt(t^2 + 2), by hand."""

from collections.abc import Callable

import pytest

from maskloop.compare.analysis.analyse import analyse
from maskloop.compare.analysis.comparison import Comparison
from maskloop.compare.analysis.recommendation import sure_winners

AHEAD = {"entropy": (0.100, 0.102, 0.100), "margin": (0.022, 0.030, 0.038), "dropout": (0.030, 0.020, 0.015)}
"""Of random, a seed. t is 151, 6.495 and 4.914: p = .00004, .0229 and .0390."""


def test_each_arm_that_is_sure_leaves_the_others_an_easier_test(comparison_of: Callable[..., Comparison]) -> None:
    """Holm asks for .0167, .025 and .05 in turn; Bonferroni would ask all three for .0167."""
    ends: dict[str, tuple[float, ...]] = {"random": (0.50, 0.51, 0.49)}
    ends |= {
        name: tuple(end + gain for end, gain in zip(ends["random"], row, strict=True)) for name, row in AHEAD.items()
    }
    arms = {name: {s: [(600.0, 0.3), (3600.0, end)] for s, end in enumerate(row)} for name, row in ends.items()}
    standings = analyse(comparison_of(arms)).standings[1:]
    assert [arm.against["random"].p for arm in standings] == pytest.approx([0.00004, 0.0229, 0.0390], abs=1e-4)
    assert sure_winners(standings) == ("entropy", "margin", "dropout")
    assert sure_winners(standings[1:]) == ("margin", "dropout")
