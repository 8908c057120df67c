"""Does the 80 % interval of a forecast hold on campaigns whose truth is known? Shares of 400 simulated ones each.

Simulated campaigns measure a curve plus normal noise at hours 1, 1.7, 2.4, 3, 4 and so on; the forecasts are
of the next round, 0.7 h later, and of twice the last time. One seed makes all noise.
"""

from collections.abc import Callable

import numpy as np

from maskloop.forecasting.learning_curve import CONFIDENCE, Expected, fit_learning_curve

CAMPAIGNS = 400
HOURS = (1.0, 1.7, 2.4, 3.0, 4.0, 5.0, 6.0, 7.0)
ROUNDS = (2, 3, 4, 8)
CURVES: dict[str, tuple[Callable[[float], float], float]] = {
    "power law, typical": (lambda hours: 0.45 + 0.25 * (1 - hours**-0.5), 0.01),
    "power law, steep": (lambda hours: 0.15 + 0.5 * (1 - hours**-0.3), 0.01),
    "power law, saturated": (lambda hours: 0.86 + 0.03 * (1 - hours**-0.6), 0.005),
    "exponential": (lambda hours: 0.6 - 0.2 * np.exp(-(hours - 1) / 2), 0.01),
    "logarithm": (lambda hours: 0.3 + 0.06 * np.log(hours), 0.01),
    "flat": (lambda hours: 0.5, 0.01),
    "typical, noise x 3": (lambda hours: 0.45 + 0.25 * (1 - hours**-0.5), 0.03),
}


def main() -> None:
    """Print a table: share of forecasts that held, mean width of the interval, mean error of the expectation."""
    print(f"promised: {CONFIDENCE:.0%}; each cell: held, width, mean error; next round | twice the time")
    shares: list[float] = []
    for name, (curve, noise) in CURVES.items():
        for rounds in ROUNDS:
            held = study(curve, noise, rounds)
            cells = [f"{row[0]:.0%} {row[1]:.3f} {row[2]:+.3f}" for row in held]
            print(f"{name:22} {rounds} rounds   {'   |   '.join(cells)}", flush=True)
            shares.extend(row[0] for row in held)
    print(f"over all: {np.mean(shares):.0%}")
    assert abs(float(np.mean(shares)) - CONFIDENCE) < 0.1, "the interval does not hold what it promises"


def study(curve: Callable[[float], float], noise: float, rounds: int) -> list[tuple[float, float, float]]:
    """(share that held, mean width, mean error) of forecasts of the next round and of twice the time."""
    rng = np.random.default_rng(0)
    hours = HOURS[:rounds]
    rows: list[list[tuple[float, float, float]]] = [[], []]
    for campaign in range(CAMPAIGNS):
        points = [(hour * 3600, measure(curve, hour, noise, rng)) for hour in hours]
        fitted = fit_learning_curve(points, np.random.default_rng(campaign))
        assert fitted is not None
        for row, hour in zip(rows, (hours[-1] + 0.7, 2 * hours[-1]), strict=True):
            row.append(judge(fitted.expect(hour * 3600), curve(hour), measure(curve, hour, noise, rng)))
    return [tuple(np.mean(row, axis=0)) for row in rows]


def measure(curve: Callable[[float], float], hour: float, noise: float, rng: np.random.Generator) -> float:
    """What a network trained after that many hours measures."""
    return float(np.clip(curve(hour) + noise * rng.standard_normal(), 0, 1))


def judge(said: Expected, truth: float, came: float) -> tuple[float, float, float]:
    """Whether a forecast held, how wide it was, and how far the expectation lay from the curve."""
    return float(said.low <= came <= said.high), said.high - said.low, said.mean - truth
