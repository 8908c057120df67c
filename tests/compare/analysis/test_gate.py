import numpy as np
import pytest

from maskloop.compare.analysis.curves import QualityCurve
from maskloop.compare.analysis.gate import check_gate
from maskloop.compare.analysis.results import Advice, Gate
from maskloop.compare.pages.recommendation import advice


def rising(*levels: tuple[float, ...]) -> dict[int, QualityCurve]:
    """Quality at 0, 500 and 1000 s, one a seed."""
    return {seed: QualityCurve(np.array([0.0, 500.0, 1000.0]), np.array(row)) for seed, row in enumerate(levels)}


def judged(*levels: tuple[float, ...]) -> Gate:
    return check_gate(rising(*levels), [], 0.0, 1000.0)


def test_a_steep_curve_passes() -> None:
    gate = judged((0.40, 0.46, 0.50), (0.42, 0.47, 0.53), (0.41, 0.45, 0.51))
    # rises .10, .11, .10: mean .10333, sd .0057735; half width 4.3027 * .0057735 / sqrt(3) = .014342
    assert gate.passed
    assert gate.rise.mean == pytest.approx(0.10333, abs=1e-5)
    assert gate.rise.low == pytest.approx(0.10333 - 0.014342, abs=1e-5)
    # variances between seeds after the first model: .0001, .000233 -> mean .000167
    assert gate.noise == pytest.approx((0.001 / 6) ** 0.5, abs=1e-5)
    assert gate.advice == ()


def test_a_flat_curve_does_not() -> None:
    """Nuclei with 10, 20, 40 labels, as an early prototype measured them."""
    gate = judged((0.703, 0.687, 0.708), (0.690, 0.701, 0.698), (0.710, 0.705, 0.709))
    assert not gate.passed
    assert gate.advice == (Advice.LONGER, Advice.LARGER, Advice.FEWER)


def test_a_rise_that_is_sure_and_smaller_than_the_noise_does_not() -> None:
    gate = judged((0.40, 0.41, 0.42), (0.50, 0.51, 0.52), (0.60, 0.61, 0.62))
    assert gate.rise.low == pytest.approx(0.02)
    assert gate.noise == pytest.approx(0.1)
    assert not gate.passed


def test_the_luck_of_the_first_labels_is_no_noise_as_all_arms_share_them() -> None:
    gate = judged((0.30, 0.55, 0.60), (0.42, 0.56, 0.61), (0.36, 0.55, 0.605))
    assert gate.noise == pytest.approx(0.0054, abs=1e-4)
    assert gate.passed


def test_falling_quality_does_not() -> None:
    assert not judged((0.5, 0.45, 0.4), (0.51, 0.46, 0.41), (0.5, 0.46, 0.4)).passed


def test_saturated_data_wants_fewer_labels() -> None:
    gate = judged((0.873, 0.880, 0.881), (0.880, 0.879, 0.879), (0.870, 0.880, 0.890))
    assert Advice.FEWER in gate.advice
    assert Advice.LONGER not in gate.advice


def test_a_network_that_learnt_nothing_wants_to_be_trained() -> None:
    gate = judged((0.15, 0.16, 0.15), (0.18, 0.17, 0.19), (0.16, 0.17, 0.16))
    assert gate.advice == (Advice.LONGER, Advice.LARGER, Advice.MORE)


def test_a_rise_in_the_noise_wants_seeds() -> None:
    gate = judged((0.40, 0.45, 0.50), (0.42, 0.45, 0.49), (0.44, 0.46, 0.47))
    # rises .10, .07, .03 around .0667, sd .0351; noise .0115; with 6 seeds .0667 - 2.571 * .0351 / sqrt(6) = .0298
    # with 5: .0667 - 2.776 * .0351 / sqrt(5) = .0231, with 4: .0667 - 3.182 * .0351 / 2 = .0108
    assert advice(gate)[0] == "If the rise is what it seems, 0.067, about 5 seeds would show it."
    assert gate.advice[1:] == (Advice.LONGER, Advice.LARGER, Advice.FEWER)


def test_a_rise_that_comes_early_wants_an_earlier_end() -> None:
    gate = judged((0.40, 0.46, 0.46), (0.44, 0.46, 0.45), (0.36, 0.47, 0.48))
    assert gate.advice[1:] == (Advice.SHORTER, Advice.LONGER)


def test_one_seed_can_tell_nothing() -> None:
    gate = judged((0.2, 0.4, 0.6))
    assert (gate.passed, gate.noise, gate.detectable) == (False, None, None)
    assert "--seeds 0-4" in advice(gate)[0]


def test_what_can_be_told_apart_comes_from_paired_differences() -> None:
    curves = rising((0.2, 0.4, 0.6), (0.2, 0.4, 0.6), (0.2, 0.4, 0.6))
    gate = check_gate(curves, [[0.01, 0.02, 0.03], [0.0]], 0.0, 1000.0)
    # sd .01; t(.975, 2) + t(.8, 2) = 4.3027 + 1.0607
    assert gate.detectable == pytest.approx((4.3027 + 1.0607) * 0.01 / 3**0.5, abs=1e-5)


def test_an_arm_that_never_differed_from_random_says_nothing_of_what_can_be_told_apart() -> None:
    """It left every round to the fallback. Pooled with others it made what can be told apart look smaller, even 0."""
    curves = rising((0.40, 0.46, 0.50), (0.42, 0.47, 0.53), (0.41, 0.45, 0.51))
    told, same = [0.01, 0.02, 0.03], [0.0, 0.0, 0.0]
    assert check_gate(curves, [told, same], 0.0, 1000.0) == check_gate(curves, [told], 0.0, 1000.0)
    assert check_gate(curves, [same], 0.0, 1000.0) == check_gate(curves, [], 0.0, 1000.0)


@pytest.mark.parametrize(("noisier", "passing"), [(1, 0.91), (3, 0.39), (6, 0.16)])
def test_noisy_first_models_make_it_pass_as_seldom_as_said(noisier: float, passing: float) -> None:
    rng, times_s = np.random.default_rng(1), np.array([0.0, 500.0, 1000.0])
    noise = 0.01 * np.array([noisier, 1.0, 1.0])

    def passes() -> bool:
        levels = 0.4 + np.array([0.0, 0.02, 0.04]) + noise * rng.normal(size=(5, 3))
        return check_gate({s: QualityCurve(times_s, row) for s, row in enumerate(levels)}, [], 0.0, 1000.0).passed

    assert np.mean([passes() for _ in range(400)]) == pytest.approx(passing, abs=0.06)


def test_without_other_arms_two_like_random_are_taken() -> None:
    gate = judged((0.40, 0.46, 0.50), (0.42, 0.47, 0.53), (0.41, 0.45, 0.51))
    assert gate.detectable == pytest.approx((4.3027 + 1.0607) * (gate.noise or 0) * 2**0.5 / 3**0.5, rel=1e-4)
