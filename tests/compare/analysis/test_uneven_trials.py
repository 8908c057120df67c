"""Trials that are not alike: models that waited for counts, more models in one, and one that was never measured."""

from collections.abc import Callable

import numpy as np
import pytest

from maskloop.compare.analysis.analyse import analyse
from maskloop.compare.analysis.comparison import Comparison, Point, Trial
from maskloop.compare.analysis.curves import QualityCurve, common_time
from maskloop.compare.analysis.gate import check_gate

MakePoint = Callable[..., Point]
MakeTrial = Callable[..., Trial]
MakeComparison = Callable[..., Comparison]


def test_counts_that_nobody_waited_for_put_off_no_comparison(
    comparison_of: MakeComparison, trial_of: MakeTrial
) -> None:
    """All was labeled for random's first model after 100 s, and counts took the next 150; entropy's took 180 s."""
    arms = {"random": {0: [(250.0, 0.2), (3000.0, 0.3)]}, "entropy": {0: [(180.0, 0.2), (3000.0, 0.3)]}}
    waited = trial_of("random", 0, arms["random"][0], initial_s=100.0)
    trials = (waited, trial_of("entropy", 0, arms["entropy"][0]))
    assert common_time(comparison_of(arms, trials=trials)) == (180.0, 3600.0)


def test_noise_is_that_of_the_models_which_every_seed_has() -> None:
    """The third seed has a fourth model, far from the others; the second and third models are .50, .52 and .51."""
    random = {
        seed: QualityCurve(np.array([0.0, 500.0, 1000.0]), np.array([0.2, end, end]))
        for seed, end in enumerate((0.50, 0.52))
    }
    random[2] = QualityCurve(np.array([0.0, 500.0, 1000.0, 1500.0]), np.array([0.2, 0.51, 0.51, 0.9]))
    assert check_gate(random, [], 0.0, 1500.0).noise == pytest.approx(0.01)


def test_what_a_trial_without_a_measure_bought_is_not_in_the_means(
    comparison_of: MakeComparison, trial_of: MakeTrial, a_point: MakePoint
) -> None:
    def trial(strategy: str, seed: int, quality: float | None, images: int) -> Trial:
        points = (a_point(600.0, quality, chosen_images=images, machine_s=5.0), a_point(3600.0, quality))
        return trial_of(strategy, seed, [(600.0, quality)], points=points)

    arms = {name: {seed: [(600.0, 0.3)] for seed in (0, 1)} for name in ("random", "entropy")}
    trials = [trial("random", seed, 0.3, 6) for seed in (0, 1)]
    trials += [trial("entropy", 0, 0.3, 4), trial("entropy", 1, None, 40)]
    entropy = analyse(comparison_of(arms, trials=tuple(trials))).standings[1]
    assert (entropy.strategy, entropy.seeds) == ("entropy", 1)
    assert (entropy.images, entropy.machine_s) == (4, 5)
