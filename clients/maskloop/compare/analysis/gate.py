"""Whether a setting can rank anything: random's own curve first.

Where more labels do not raise random's quality by more than its noise, labels are not what quality depends on, and no
way of choosing them can show. Then this says what to change.

The rise must be surely larger than the noise, by the lower end of its interval. With five seeds a true rise of 1, 2, 3
and 4 times the noise passes in 4, 24, 69 and 93 % of simulated cases, no rise at all in one of a thousand.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from maskloop.compare.analysis.curves import Curves, stack
from maskloop.compare.analysis.intervals import detectable, estimate, pooled, t_quantile
from maskloop.compare.analysis.results import CONFIDENCE, Estimate, Gate
from maskloop.pages.wording import say_number

SATURATED, UNTRAINED = 0.8, 0.25
"""Above this quality a flat curve has had enough labels; below it, the network learnt hardly anything. Judgement."""
EARLY = 0.9
"""A share of the rise this high in the first half of the time: the second half is too flat to rank by. A curve that
goes with the logarithm of its labels and ends with ten times those it began with has 0.74."""
MOST_SEEDS = 20
"""No more seeds than this are advised: another setting is cheaper."""

LONGER = "Train longer: two or three times the `iterations` of `--recipe`."
LARGER = "Look closer: larger images by `--image-size`, or cut-outs of them."
FEWER = "Start from fewer labels: a smaller `--initial`."
SHORTER = "Most of the rise comes early: start from fewer labels (`--initial`) and end sooner (`--budget`)."
MORE = "Give it more to learn from: a larger `--budget`."


def judge_gate(random: Curves, differences: Sequence[Sequence[float]], begin_s: float, end_s: float) -> Gate:
    """Judge random's own curve.

    Args:
        random: its curves by seed, at least one.
        differences: of the other arms to random at the end, by seed, one sequence an arm; for what can be told apart.
            Without any, random's own noise stands in: two arms that know nothing of each other differ by sqrt(2) of it.
        begin_s, end_s: the time that is judged.
    """
    seeds = tuple(random)
    start = [random[seed].quality[0] for seed in seeds]
    quality = np.column_stack((start, stack(random, seeds, [(begin_s + end_s) / 2, end_s])))
    rise = estimate(quality[:, 2] - quality[:, 0])
    noise = _noise(random)
    passed = rise.low is not None and noise is not None and rise.low > noise
    advice = () if passed else _advice(rise, noise, quality.mean(axis=0))
    return Gate(passed, rise, noise, _detectable(differences, noise, len(seeds)), advice)


def _noise(random: Curves) -> float | None:
    """Pooled over the mean times of the models that every seed has, where curves are nearest to what was measured.

    Without the first one: all arms of a seed share it, so that its luck, large where labels are few, ranks nothing.
    """
    if len(random) < 2:
        return None
    models = min(len(curve.times_s) for curve in random.values())
    times_s = np.mean([curve.times_s[min(1, models - 1) : models] for curve in random.values()], axis=0)
    return pooled(stack(random, tuple(random), times_s).std(axis=0, ddof=1))


def _detectable(differences: Sequence[Sequence[float]], noise: float | None, seeds: int) -> float | None:
    if noise is None:
        return None
    sds = [float(np.std(one, ddof=1)) for one in differences if len(one) > 1]
    return detectable(pooled(sds) if sds else noise * 2**0.5, seeds)


def _advice(rise: Estimate, noise: float | None, quality: Sequence[float]) -> tuple[str, ...]:
    """Sentences for a person; `quality` is the mean after the first batch, halfway and at the end."""
    if noise is None:
        return ("One seed cannot tell a rise from luck: run five, `--seeds 0-4`.",)
    begin, middle, end = quality
    advice = []
    if rise.mean > noise:
        advice.append(_more_seeds(rise, noise))
    if end > SATURATED:
        return (*advice, FEWER, "The quality is as high as this data lets it be; harder data can rank more.")
    if begin < UNTRAINED:
        return (*advice, LONGER, LARGER, MORE)
    if rise.mean > noise and middle - begin > EARLY * (end - begin):
        return (*advice, SHORTER, LONGER)
    return (*advice, LONGER, LARGER, FEWER)


def _more_seeds(rise: Estimate, noise: float) -> str:
    """How many seeds would show this rise, if it is what it seems to be."""
    for seeds in range(rise.seeds + 1, MOST_SEEDS + 1):
        if rise.mean - t_quantile((1 + CONFIDENCE) / 2, seeds) * (rise.sd or 0.0) / seeds**0.5 > noise:
            return f"If the rise is what it seems, {say_number(rise.mean, 3)}, about {seeds} seeds would show it."
    return "The rise is hardly more than the noise: another setting is cheaper than the seeds that would show it."
