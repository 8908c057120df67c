"""Rounds that bought no scored image say nothing of the target, and are rounds all the same."""

from __future__ import annotations

import numpy as np
import pytest

from selection.learned_target import BANDS, automatic_target, learned_target
from selection.pool import RoundOutcome

LABELED = 400


def textbook(rounds: dict[int, tuple[int, float]]) -> int:
    """The band of highest utility, by adding up precisions (Bishop, equations 3.50 and 3.51).

    Args:
        rounds: by number, the band of its images and its gain, in the same seconds.
    """

    def bump(distance: np.ndarray) -> np.ndarray:
        return np.exp(-((distance / 0.2) ** 2) / 2)

    inputs = np.array([[1.0, np.log(number), *np.eye(11)[band]] for number, (band, _) in rounds.items()])
    gains = np.array([gain for _, gain in rounds.values()])
    prior = np.diag([100.0, 100.0, *np.zeros(11)])
    prior[2:, 2:] = 0.25 * bump(BANDS[:, None] - BANDS) + 1e-9 * np.eye(11)
    mean = np.array([0.0, 0.0, *(0.3 * bump(BANDS - automatic_target(LABELED)))])
    precision = np.linalg.inv(prior) + inputs.T @ inputs / 0.25
    rates = gains / np.sqrt((gains**2).mean())
    return int(np.linalg.solve(precision, np.linalg.inv(prior) @ mean + inputs.T @ rates / 0.25)[2:].argmax())


def test_later_rounds_gain_less_by_their_own_number_whatever_silent_ones_lie_before_them() -> None:
    """Rounds 1, 5 and 6 tell. Taken for rounds 1, 2 and 3 they would say that easier images gain more."""
    silent = RoundOutcome((), 0.1, 500.0)
    first, fifth, sixth = (
        RoundOutcome((0.8,), 0.01, 900.0),
        RoundOutcome((0.2,), 0.08, 900.0),
        RoundOutcome((0.2,), 0.05, 900.0),
    )
    bands = ((8, 0.01), (2, 0.08), (2, 0.05))
    assert textbook(dict(zip((1, 5, 6), bands, strict=True))) == 6
    assert textbook(dict(zip((1, 2, 3), bands, strict=True))) == 4
    assert learned_target([first, silent, silent, silent, fifth, sixth], LABELED) == pytest.approx(0.6)
    assert learned_target([first, fifth, sixth], LABELED) == pytest.approx(0.4)
