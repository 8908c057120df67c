"""Whether a setting can rank anything: random's own curve first.

Where more labels do not raise random's quality by more than its noise, labels are not what quality depends on, and no
way of choosing them can show. Then this says what to change.

The rise must be surely larger than the noise, by the lower end of its interval. The first models' own noise widens that
interval; few labels make them the noisier ones, in real comparisons by 1.2 to 11 times. Of simulated cases with five
seeds so many pass, by the true rise in units of the later models' noise:

| first models noisier by | 0 | 2 | 4 | 6 | 8 | 12 |
|---|---|---|---|---|---|---|
| 1 | .00 | .28 | .91 | 1.00 | 1.00 | 1.00 |
| 3 | .01 | .11 | .39 | .74 | .94 | 1.00 |
| 6 | .01 | .06 | .16 | .28 | .50 | .86 |
| 11 | .01 | .04 | .07 | .12 | .18 | .43 |

So the gate refuses many settings that could rank, and lets hardly one through that cannot. The curves that pass it are
those that arms are then compared with: near the threshold, random's luck is in both.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from maskloop.compare.analysis.curves import Curves, stack
from maskloop.compare.analysis.intervals import detectable, estimate, pooled, t_quantile
from maskloop.compare.analysis.results import CONFIDENCE, Advice, Estimate, Gate

SATURATED, UNTRAINED = 0.8, 0.25
"""Above the first a flat curve has had enough labels; below the second the network learnt hardly anything."""
EARLY = 0.9
"""A share of the rise this high in the first half of the time: the second half is too flat to rank by. A curve that
goes with the logarithm of its labels and ends with ten times those it began with has 0.74."""
MOST_SEEDS = 20
"""No more seeds than this are advised: another setting is cheaper."""


def check_gate(random: Curves, differences: Sequence[Sequence[float]], begin_s: float, end_s: float) -> Gate:
    """Whether random's own curve rises by more than its noise.

    Args:
        random: its curves by seed, at least one.
        differences: of the other arms from random at the end, by seed, one sequence an arm that people could use; for
            what can be told apart. One that never differed says nothing of it: it was random itself. Without any other,
            random's own noise stands in: two arms that know nothing of each other differ by sqrt(2) of it.
        begin_s, end_s: the time it is asked of.
    """
    seeds = tuple(random)
    start = [random[seed].quality[0] for seed in seeds]
    quality = np.column_stack((start, stack(random, seeds, [(begin_s + end_s) / 2, end_s])))
    rise = estimate(quality[:, 2] - quality[:, 0])
    noise = _noise(random)
    passed = rise.low is not None and noise is not None and rise.low > noise
    can_be_told = _detectable(differences, noise, len(seeds))
    if passed:
        return Gate(passed, rise, noise, can_be_told)
    more_seeds = _seeds_to_show(rise, noise)
    return Gate(passed, rise, noise, can_be_told, _advice(rise, noise, quality.mean(axis=0), more_seeds), more_seeds)


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
    sds = [float(np.std(row, ddof=1)) for row in differences if len(row) > 1 and any(row)]
    return detectable(pooled(sds) if sds else noise * 2**0.5, seeds)


def _advice(
    rise: Estimate, noise: float | None, quality: Sequence[float], more_seeds: int | None
) -> tuple[Advice, ...]:
    """What to change; `quality` is the mean after the first batch, halfway and at the end."""
    if noise is None:
        return (Advice.FIVE_SEEDS,)
    begin, middle, end = quality
    seems = rise.mean > noise
    seeds = (Advice.MORE_SEEDS if more_seeds else Advice.OTHER_SETTING,) if seems else ()
    if end > SATURATED:
        return (*seeds, Advice.FEWER, Advice.HARDER)
    if begin < UNTRAINED:
        return (*seeds, Advice.LONGER, Advice.LARGER, Advice.MORE)
    if seems and middle - begin > EARLY * (end - begin):
        return (*seeds, Advice.SHORTER, Advice.LONGER)
    return (*seeds, Advice.LONGER, Advice.LARGER, Advice.FEWER)


def _seeds_to_show(rise: Estimate, noise: float | None) -> int | None:
    """How many seeds would show this rise, if it is what it seems to be; `None` for more than are worth it."""
    if noise is None or rise.mean <= noise:
        return None
    tail, sd = (1 + CONFIDENCE) / 2, rise.sd or 0.0
    tried = range(rise.seeds + 1, MOST_SEEDS + 1)
    return next((seeds for seeds in tried if rise.mean - t_quantile(tail, seeds) * sd / seeds**0.5 > noise), None)
