"""What the head of networks on frozen features knows, round by round, on sets that its prior has not seen.

    python -m benchmarks head_rounds [--sets balloons ...] [--seeds 0]

A campaign buys 5, 10, 20 and 40 labels at random. After each purchase a network learns from them, and image scores of
unseen images are judged: error and rank correlation of

- raw confidence;
- the prior alone, fitted on the other sets;
- the prior and the bought labels: what each network made of the labels bought after it;
- a rehearsal: a second network learns from three quarters of the labels, and a head is fitted on the last quarter.

The last columns say whether the head is trusted in that round, by either evidence. A second table asks what choosing
does to the evidence: the prior refined by ten images whose score is nearest to the median, or by ten at random, judged
on the others by error, rank correlation and bias (mean of predicted less true).
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from benchmarks.data.head_data import Setting
from benchmarks.data.photograph_sets import SETS, draw
from benchmarks.heads.prior_head import Floats, Prior, fit_prior
from models.data.samples import Example, ImageToScore
from models.features.evidence import judge, rows_of
from models.features.recipe import PretrainedRecipe
from models.iou_head.calibrator import CalibrationSet, fit_on_statistics
from models.iou_head.mask_statistics import CONFIDENCE
from models.metrics.agreement import mean_absolute_error, spearman
from models.pretrained.fit import fit
from models.pretrained.head import PENALTY, fit_head, ridge
from models.pretrained.model import FittedPretrained

JUDGED = ("balloons", "dsb2018_nuclei", "wbc_cells", "glas_glands")
ROUNDS, UNSEEN, TEN = (5, 10, 20, 40), 60, 10  # labels, unseen images, images of evidence
CPU = torch.device("cpu")


@dataclass(frozen=True)
class Round:
    """One network: what it makes of unseen images, the evidence bought before it, and that of a rehearsal."""

    labels: int
    unseen: CalibrationSet
    bought: CalibrationSet | None
    rehearsed: CalibrationSet


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks head_rounds")
    parser.add_argument("--sets", nargs="+", default=list(JUDGED))
    parser.add_argument("--seeds", nargs="+", type=int, default=[0])
    asked = parser.parse_args()
    others = {name: _observed(_network(setting.labeled, setting), setting.unseen) for name, setting in _settings(20)}
    chosen = []
    print("| set | seed | labels | confidence | prior | prior and bought | rehearsal | trusted: bought, rehearsal |")
    for name in asked.sets:
        prior = fit_prior([rows for other, rows in others.items() if other != name and len(rows.ious)])
        for seed in asked.seeds:
            for one in rounds(draw(name, ROUNDS[-1], UNSEEN, seed)):
                print(f"| {name} | {seed} | {one.labels} | {' | '.join(judged(one, prior))} |", flush=True)
                chosen.append((name, one.labels, of_choosing(one.unseen, prior)))
    print("| set | labels | chosen near the median: error, rank, bias | at random |")
    for name, labels, figures in chosen:
        told = " | ".join(f"{error:.3f}, {rank:.2f}, {bias:+.3f}" for error, rank, bias in figures)
        print(f"| {name} | {labels} | {told} |")


def _settings(labels: int) -> list[tuple[str, Setting]]:
    return [(name, draw(name, labels, UNSEEN, 0)) for name in SETS]


def rounds(setting: Setting) -> list[Round]:
    """A campaign of one seed."""
    found, bought, before = [], None, None
    for labels, earlier in zip(ROUNDS, (0, *ROUNDS), strict=False):
        if len(setting.labeled) < labels:
            break
        own = setting.labeled[:labels]
        if before is not None:
            rows = _observed(before, own[earlier:])
            bought = rows if bought is None else CalibrationSet.join(bought, rows)
        before = _network(own, setting)
        part = labels * 3 // 4
        rehearsed = _observed(_network(own[:part], setting), own[part:])
        found.append(Round(labels, _observed(before, setting.unseen), bought, rehearsed))
    return found


def _network(examples: Sequence[Example], setting: Setting) -> FittedPretrained:
    options = {"seed": 0, "device": CPU, "checkpoint_dir": None, "progress": lambda *_: None}
    return fit(examples, setting.categories, PretrainedRecipe(), **options)  # type: ignore[arg-type]


def _observed(model: FittedPretrained, examples: Sequence[Example]) -> CalibrationSet:
    images = [ImageToScore.of(example, counted=False) for example in examples]
    predictions = list(model.predict(images, device=CPU, batch_size=16))
    return rows_of(predictions, {example.image_id: example.objects for example in examples})


def judged(one: Round, prior: Prior) -> list[str]:
    """Error and rank correlation by each head, then whether each evidence would be trusted."""
    rows = one.unseen
    rehearsal = fit_on_statistics(one.rehearsed).predict(rows.statistics) if one.rehearsed.images > 1 else None
    heads = (
        rows.statistics[:, CONFIDENCE],
        by_prior(rows, prior),
        refined(rows, one.bought, prior),
        rehearsal,
    )
    told = ["none" if values is None else "{:.3f} / {:.2f}".format(*measured(rows, values)) for values in heads]
    rng = np.random.default_rng(0)
    states = [
        judge(one.bought, fit_head, rng)[0].value,
        judge(one.rehearsed, fit_on_statistics, rng)[0].value,
    ]
    return [*told, ", ".join(states)]


def measured(rows: CalibrationSet, values: Floats) -> tuple[float, float]:
    """Error and rank correlation of image means."""
    true, predicted = rows.image_means(rows.ious), rows.image_means(values.clip(0, 1))
    return mean_absolute_error(predicted, true), spearman(predicted, true) or 0.0


def by_prior(rows: CalibrationSet, prior: Prior) -> Floats:
    """(n,) predicted IoU."""
    mean, deviation, weights, intercept = prior
    predicted: Floats = (rows.statistics - mean) / deviation @ weights + intercept
    return predicted


def refined(rows: CalibrationSet, evidence: CalibrationSet | None, prior: Prior) -> Floats:
    """(n,) predicted IoU by the prior and a ridge on the residuals of the evidence."""
    if evidence is None:
        return by_prior(rows, prior)
    mean, deviation, *_ = prior
    residuals = evidence.ious - by_prior(evidence, prior)
    more, shift = ridge((evidence.statistics - mean) / deviation, residuals, PENALTY)
    predicted: Floats = by_prior(rows, prior) + (rows.statistics - mean) / deviation @ more + shift
    return predicted


def of_choosing(rows: CalibrationSet, prior: Prior) -> list[tuple[float, float, float]]:
    """Error, rank correlation and bias on the other images, of evidence chosen near the median score and at random."""
    images = np.unique(rows.image_ids)
    scores = rows.image_means(by_prior(rows, prior))
    near = images[np.argsort(np.abs(scores - np.median(scores)), kind="stable")[:TEN]]
    drawn = np.random.default_rng(0).permutation(images)[:TEN]
    rest = rows.only(~np.isin(rows.image_ids, [*near, *drawn]))
    figures = []
    for bought in (near, drawn):
        values = refined(rest, rows.only(np.isin(rows.image_ids, bought)), prior)
        bias = float((rest.image_means(values.clip(0, 1)) - rest.image_means(rest.ious)).mean())
        figures.append((*measured(rest, values), bias))
    return figures


if __name__ == "__main__":
    main()
