import numpy as np
import pytest

from maskloop.report import EvaluatedScore
from maskloop.report.reliability import equal_mass_means, shuffled_spearman, spearman


def scores(predicted: list[float], true: list[float]) -> list[EvaluatedScore]:
    return [EvaluatedScore(str(place), *pair, 1) for place, pair in enumerate(zip(predicted, true, strict=True))]


def test_spearman_by_hand() -> None:
    # ranks 1 2 3 4 5 against 2 1 4 3 5: 1 - 6 * (1 + 1 + 1 + 1 + 0) / (5 * 24) = 0.8
    assert spearman(scores([0.1, 0.2, 0.3, 0.4, 0.5], [0.2, 0.1, 0.4, 0.3, 0.9])) == pytest.approx(0.8)


def test_ties_share_their_mean_rank() -> None:
    # ranks 1.5 1.5 3 against 1 2 3: cov 0.5 * 1 ..., r = 1.5 / sqrt(1.5 * 2) = 0.866
    assert spearman(scores([0.1, 0.1, 0.3], [0.1, 0.2, 0.3])) == pytest.approx(0.8660, abs=1e-4)


@pytest.mark.parametrize("predicted", [[], [0.1, 0.2], [0.5, 0.5, 0.5]])
def test_spearman_is_unknown_where_it_is_undefined(predicted: list[float]) -> None:
    outcome = scores(predicted, [0.1, 0.2, 0.3][: len(predicted)])
    assert spearman(outcome) is None
    assert shuffled_spearman(outcome, np.random.default_rng(0)) is None


def test_chance_stays_below_the_textbook_bound() -> None:
    # For n = 101 independent ranks, 95 % of |Spearman| lie below 1.96 / sqrt(n - 1) = 0.196.
    line = list(np.linspace(0, 1, 101))
    assert shuffled_spearman(scores(line, line), np.random.default_rng(0)) == pytest.approx(0.196, abs=0.04)


def test_the_same_seed_shuffles_the_same() -> None:
    line = scores([0.1, 0.2, 0.3, 0.4], [0.4, 0.1, 0.2, 0.3])
    assert shuffled_spearman(line, np.random.default_rng(5)) == shuffled_spearman(line, np.random.default_rng(5))


def test_means_of_groups_of_equal_size_by_hand() -> None:
    pairs = [(0.9, 0.8), (0.1, 0.3), (0.2, 0.1), (0.8, 0.4), (0.7, 0.9)]
    outcome = equal_mass_means(pairs, bins=2)  # the three lowest predictions, and the two highest
    assert outcome[0] == pytest.approx(((0.1 + 0.2 + 0.7) / 3, (0.3 + 0.1 + 0.9) / 3))
    assert outcome[1] == pytest.approx((0.85, 0.6))


def test_fewer_images_than_groups_are_their_own_means() -> None:
    assert equal_mass_means([(0.6, 0.5), (0.2, 0.3)]) == [(0.2, 0.3), (0.6, 0.5)]
