"""Which shares of the next seconds go to which kind: those that promise the best network at the end of the budget.

Candidates divide the seconds in steps of an eighth (a quarter with three weaker kinds or more). A quarter at least is
for outlines: beyond three quarters of boxes nobody has looked (docs/results/mixed_kinds.md), and too few outlines have
lost the borders there. The value of shares x looks one network ahead, as the knowledge gradient does (Frazier, Powell
and Dayanik, 2008): buy by x, measure the next network, learn from it, and spend the rest by what is then best.

    value(x) = mean over networks y that may come of max over shares x' of E[PQ at the end | y, x, x']

So what tells kinds apart is worth what the knowledge is worth, and with the last seconds nothing. All shares are
compared by the same hypothetical networks. docs/results/kinds.md compares this with posterior sampling (Thompson, 1933)
and with what is best by what is known.

The factors are independent in the prior and in what is measured, hence E[RQ * SQ] = E[RQ] * E[SQ].
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np

from selection.kinds.curves import RECOGNITION, SEGMENTATION, Factor, Floats
from selection.kinds.posterior import Posterior
from selection.kinds.stock import Stock

STEPS, FEWER_STEPS, MANY_KINDS = 8, 4, 3
LEAST_FULL = 0.25
"""Of the seconds, for outlines."""
HYPOTHESES = 128
"""Networks that may come, by which shares are compared."""
NEAR = 0.003
"""Panoptic quality at the end by which shares are as good as others: then the next network decides, as people work with
it, are helped by it, and may stop early."""


@dataclass(frozen=True)
class Believed:
    """What is believed of both factors."""

    recognition: Posterior
    segmentation: Posterior

    def expected(self, stocks: list[Stock]) -> Floats:
        """(s,) expected panoptic quality of a network that learns from each stock."""
        full, weak = _columns(stocks)
        recognition, segmentation = (each.curves.quality(full, weak) @ each.weights for each in self.both())
        return np.asarray(recognition * segmentation, np.float64)

    def both(self) -> tuple[Posterior, Posterior]:
        """Recognition, then segmentation."""
        return self.recognition, self.segmentation

    def sampled(self, stocks: list[Stock], number: int, rng: np.random.Generator) -> Floats:
        """(s, number) panoptic qualities, drawn from what is believed; noise of a training not included."""
        full, weak = _columns(stocks)
        parts = [each.curves.quality(full, weak)[:, each.drawn(number, rng)] for each in self.both()]
        return np.asarray(parts[0] * parts[1], np.float64)


def candidates(kinds: int) -> Floats:
    """(c, K) shares of the weaker kinds; the first buys outlines alone."""
    steps = STEPS if kinds < MANY_KINDS else FEWER_STEPS
    most = steps * (1 - LEAST_FULL)
    divisions = [each for each in product(range(steps), repeat=kinds) if sum(each) <= most]
    return np.asarray(np.array(divisions, np.float64) / steps, np.float64)


def best_known(believed: Believed, stock: Stock, seconds: float, left_s: float) -> Floats:
    """(K,) shares for the next seconds, were all that are left divided so, by what is known now."""
    shares = candidates(len(stock.kinds))
    ends = believed.expected([stock.after(each, left_s) for each in shares])
    best = _best(ends, believed.expected([stock.after(each, seconds) for each in shares]))
    return np.asarray(shares[best], np.float64)


def look_ahead(
    believed: Believed, stock: Stock, seconds: float, left_s: float, rng: np.random.Generator
) -> tuple[Floats, bool]:
    """(K,) shares for the next seconds, and whether they are so for what the next network will tell.

    Args:
        believed: of the curves.
        stock: what is labeled.
        seconds: to be divided, more than 0.
        left_s: of the budget, `seconds` or more.
        rng: draws the networks that may come.
    """
    shares = candidates(len(stock.kinds))
    if left_s - seconds < stock.full_s:  # nothing is left that could go by what the network tells
        return best_known(believed, stock, seconds, left_s), False
    nexts = [stock.after(each, seconds) for each in shares]
    ends = [[after.after(each, left_s - seconds) for each in shares] for after in nexts]
    told = [
        _told(factor, each, nexts, ends, rng)
        for factor, each in zip((RECOGNITION, SEGMENTATION), believed.both(), strict=True)
    ]
    known = believed.expected([end for row in ends for end in row]).reshape(len(shares), -1)
    values = known.max(axis=1) + [
        _worth_of_knowing(rq * sq, int(row.argmax())) for rq, sq, row in zip(*told, known, strict=True)
    ]
    best = _best(values, believed.expected(nexts))
    return np.asarray(shares[best], np.float64), bool(known.max() > known[best].max() + NEAR)


def _worth_of_knowing(ends: Floats, otherwise: int) -> float:
    """What a network is worth: mean over h hypotheses of the best of c ends, less the one that is chosen without it.

    Taken by itself, and added to what is expected exactly, it makes values that hang little on what was drawn.
    """
    return float((ends.max(axis=1) - ends[:, otherwise]).mean())


def _told(
    factor: Factor, believed: Posterior, nexts: list[Stock], ends: list[list[Stock]], rng: np.random.Generator
) -> list[Floats]:
    """For each of the c shares (h, c) what a factor is expected to be at each end, once each of h networks is known."""
    rows = believed.drawn(HYPOTHESES, rng)
    noise = factor.noise * rng.standard_normal(HYPOTHESES)
    expected = []
    for at_next, row in zip(believed.curves.quality(*_columns(nexts)), ends, strict=True):
        measured = at_next[rows] + noise
        weights = believed.weights * np.exp(-0.5 * ((at_next - measured[:, None]) / factor.noise) ** 2)
        weights /= weights.sum(axis=1, keepdims=True)
        expected.append(weights @ believed.curves.quality(*_columns(row)).T)
    return expected


def _columns(stocks: list[Stock]) -> tuple[Floats, Floats]:
    return np.array([each.full for each in stocks]), np.stack([each.weak for each in stocks])


def _best(ends: Floats, nexts: Floats) -> int:
    """Which shares promise the best end; of those nearly as good, the best next network."""
    near = np.flatnonzero(ends >= ends.max() - NEAR)
    return int(near[nexts[near].argmax()])
