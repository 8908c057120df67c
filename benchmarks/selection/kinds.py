"""What it costs not to know which kind of label is worth its seconds: campaigns on synthetic learning curves.

    python -m benchmarks kinds [--worlds 200] [--rounds 3] [--lines docs/results/mixed_kinds.jsonl]

Each world has true curves of recognition and segmentation, prices and a pool. A campaign buys a first batch with a
third of its seconds, then `--rounds` batches; before each a network is measured, with the noise of a training. Regret
is how far the last network's true panoptic quality falls short of the best fixed share of that world, known only
afterwards. A way that changes its shares can come out below 0. Settings beside the prior itself are like the sets of
docs/results/mixed_kinds.md: curves from the fits to their lines, with their prices and pools.

`--lines` fits the model to the real networks of a file, and prints what it thinks of boxes on each set.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean, stdev

import numpy as np

from maskloop.values import SupervisionKind
from selection.kinds.choose import Believed, best_known, candidates, look_ahead
from selection.kinds.curves import RECOGNITION, SEGMENTATION, SHAPE, Curves, Factor, Floats
from selection.kinds.posterior import Observations, Posterior, posterior
from selection.kinds.stock import Stock

KINDS = (SupervisionKind.BOXES,)
FIRST_SHARE = 1 / 3
SPREAD = 0.15
"""Of the logarithms of a setting's parameters between its worlds."""
DRAWN = 200_000
OFF = 0.045
"""Between a real network's panoptic quality and its curve: a training's .036, and what no curve tells."""


@dataclass(frozen=True)
class Setting:
    """Prices, a pool and true curves.

    Args:
        full_s, boxes_s: seconds of an image's outlines, and of its boxes.
        pool: images.
        budget_s: of a campaign.
        recognition, segmentation: ceiling, scale, exponent and weight of boxes; `None` to draw them from the prior.
    """

    full_s: float
    boxes_s: float
    pool: int
    budget_s: float
    recognition: tuple[float, float, float, float] | None = None
    segmentation: tuple[float, float, float, float] | None = None


SETTINGS = {
    "as the prior says": Setting(400.0, 40.0, 300, 12_000.0),
    "boxes help: nuclei": Setting(1000.0, 110.0, 300, 24_332.0, (0.82, 4.7, 1.1, 0.7), (0.81, 13.0, 0.85, 0.25)),
    "a small pool: balloons": Setting(330.0, 30.0, 61, 7_426.0, (0.71, 7.8, 0.85, 0.7), (0.81, 14.0, 0.85, 0.25)),
    "boxes help little: blood cells": Setting(
        83.0, 14.0, 280, 1_660.0, (0.74, 3.4, 1.1, 0.3), (0.82, 13.5, 0.85, 0.14)
    ),
    "boxes take half the time": Setting(100.0, 50.0, 300, 4_000.0),
    "half the time, as good": Setting(100.0, 50.0, 300, 4_000.0, (0.82, 8.0, 1.0, 0.95), (0.85, 8.0, 0.85, 0.9)),
    "boxes are useless": Setting(83.0, 14.0, 280, 1_660.0, (0.8, 8.0, 0.8, 0.0), (0.82, 10.0, 0.85, 0.0)),
}


@dataclass(frozen=True)
class World:
    """A setting with its true curves, one row each."""

    setting: Setting
    recognition: Curves
    segmentation: Curves

    @classmethod
    def drawn(cls, setting: Setting, rng: np.random.Generator) -> World:
        """A world of a setting."""
        return cls(
            setting,
            _curves(RECOGNITION, setting.recognition, rng),
            _curves(SEGMENTATION, setting.segmentation, rng),
        )

    def start(self) -> Stock:
        """Before anything is labeled."""
        of, one = self.setting, np.zeros(1)
        return Stock(KINDS, 0.0, one, of.pool, one + of.pool, of.full_s, one + of.boxes_s)

    def factors(self, stock: Stock) -> tuple[float, float]:
        """True recognition and segmentation of a network that learns from this."""
        at = np.array([stock.full]), stock.weak[None]
        return float(self.recognition.quality(*at)[0, 0]), float(self.segmentation.quality(*at)[0, 0])


Seen = tuple[Stock, float, float]
"""What a network had learnt from, and the recognition and segmentation that it was measured at."""
Way = Callable[[Believed, Stock, float, float, np.random.Generator], Floats]


def thompson(believed: Believed, stock: Stock, seconds: float, left_s: float, rng: np.random.Generator) -> Floats:
    """Best for one curve of each factor, drawn from what is believed (Thompson, 1933); with the last seconds, best
    known."""
    if left_s - seconds >= stock.full_s:
        believed = Believed(*(_one(each, rng) for each in believed.both()))
    return best_known(believed, stock, seconds, left_s)


WAYS: dict[str, float | Way] = {
    "outlines alone": 0.0,
    "half boxes": 0.5,
    "three quarters boxes": 0.75,
    "best known": lambda believed, stock, seconds, left_s, rng: best_known(believed, stock, seconds, left_s),
    "Thompson": thompson,
    "one network ahead": lambda *asked: look_ahead(*asked)[0],
}
"""Each a share of boxes that never changes, or what decides on it before every batch."""


def main() -> None:
    """Print the table, or the fits to real networks."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks kinds")
    parser.add_argument("--worlds", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--lines", type=Path)
    asked = parser.parse_args()
    if asked.lines:
        fit_lines([json.loads(line) for line in asked.lines.read_text().splitlines()])
        return
    print("| setting | best share | " + " | ".join(WAYS) + " |\n" + "|---" * (len(WAYS) + 2) + "|")
    for name, setting in SETTINGS.items():
        regrets, shares = regrets_of(setting, asked.worlds, asked.rounds)
        told = " | ".join(f"{mean(regrets[way]):.3f} ({stdev(regrets[way]):.3f})" for way in WAYS)
        print(f"| {name} | {mean(shares):.2f} | {told} |", flush=True)
        if name != "as the prior says":
            continue
        assert mean(regrets["one network ahead"]) < min(mean(regrets[way]) for way in list(WAYS)[:3])


def regrets_of(setting: Setting, worlds: int, rounds: int) -> tuple[dict[str, list[float]], list[float]]:
    """By way the regret of each world, seed by seed; and the best fixed shares."""
    regrets: dict[str, list[float]] = {way: [] for way in WAYS}
    best = []
    for seed in range(worlds):
        world = World.drawn(setting, np.random.default_rng((seed, 0)))
        ends = {share: run(world, float(share), rounds, seed) for share in candidates(1)[:, 0]}
        best.append(max(ends, key=lambda share: ends[share]))
        for name, way in WAYS.items():
            regrets[name].append(ends[best[-1]] - run(world, way, rounds, seed))
    return regrets, best


def run(world: World, way: float | Way, rounds: int, seed: int) -> float:
    """A campaign; the true panoptic quality of its last network."""
    rng, noise = np.random.default_rng((seed, 1)), np.random.default_rng((seed, 2))
    stock, left_s = world.start(), world.setting.budget_s
    seen: list[Seen] = []
    for batch in range(rounds + 1):
        seconds = FIRST_SHARE * left_s if not batch else left_s / (rounds + 1 - batch)
        if batch:
            found, outlined = world.factors(stock)
            off = noise.standard_normal(2)
            seen.append((stock, found + RECOGNITION.noise * off[0], outlined + SEGMENTATION.noise * off[1]))
        if isinstance(way, float):
            stock = stock.after(np.array([way]), seconds)
        else:
            stock = stock.after(way(believed_of(seen, rng), stock, seconds, left_s, rng), seconds)
        left_s -= seconds
    recognition, segmentation = world.factors(stock)
    return recognition * segmentation


def believed_of(seen: Sequence[Seen], rng: np.random.Generator) -> Believed:
    """What measured networks teach."""
    full = np.array([stock.full for stock, *_ in seen])
    weak = np.array([stock.weak for stock, *_ in seen]).reshape(len(seen), 1)
    parts = [
        posterior(factor, KINDS, Observations(full, weak, np.array([one[place] for one in seen])), rng)
        for place, factor in ((1, RECOGNITION), (2, SEGMENTATION))
    ]
    return Believed(*parts)


def fit_lines(lines: Sequence[dict[str, float]]) -> None:
    """What the real networks of each set say of boxes, by panoptic quality alone; plain importance sampling."""
    print("| set | networks | off by | weight for recognition | for segmentation |\n|---|---|---|---|---|")
    rng = np.random.default_rng(0)
    curves = [Curves.of(of, KINDS, rng.standard_normal((DRAWN, SHAPE + 1))) for of in (RECOGNITION, SEGMENTATION)]
    for name in dict.fromkeys(line["set"] for line in lines):
        seen = sorted({(line["outlined"], line["boxed"], line["pq"]) for line in lines if line["set"] == name})
        full, weak, quality = np.array(seen, np.float64).T
        made = np.multiply(*(each.quality(full, weak[:, None]) for each in curves))
        logs = -0.5 * np.sum(((made - quality[:, None]) / OFF) ** 2, axis=0)
        weights = np.exp(logs - logs.max())
        weights /= weights.sum()
        off = float(np.sqrt(np.mean((made @ weights - quality) ** 2)))
        worth = [weights @ each.weights[:, 0] for each in curves]
        print(f"| {name} | {len(seen)} | {off:.3f} | {worth[0]:.2f} | {worth[1]:.2f} |")


def _curves(factor: Factor, usual: tuple[float, float, float, float] | None, rng: np.random.Generator) -> Curves:
    if usual is None:
        return Curves.of(factor, KINDS, rng.standard_normal((1, SHAPE + 1)))
    ceiling, scale, exponent, weight = usual * np.exp(SPREAD * rng.standard_normal(4))
    one = np.ones(1)
    return Curves(factor.floor, min(0.97, ceiling) * one, scale * one, exponent * one, min(1.0, weight) * one[None])


def _one(believed: Posterior, rng: np.random.Generator) -> Posterior:
    row = believed.drawn(1, rng)
    of = believed.curves
    curve = Curves(of.floor, of.ceiling[row], of.scale[row], of.exponent[row], of.weights[row])
    return Posterior(curve, np.ones(1))


if __name__ == "__main__":
    main()
