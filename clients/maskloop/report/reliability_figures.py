"""Figures about predicted IoU: how it agrees with the truth, before and after calibration; what was chosen by it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from maskloop.pages.figures import ARM_COLOURS, INK, MUTED, Drawing, figure
from maskloop.pages.wording import say_count, say_number
from maskloop.report.reliability import equal_mass_means
from maskloop.report.report import ChosenImage, RoundReport, RunReport

ROUND_MARKERS = ("o", "s", "^", "D", "v", "P")
"""With `ARM_COLOURS`, one of each for a round; the seventh begins again."""


@dataclass(frozen=True)
class Prediction:
    """What predicts: its name on an axis, (predicted, true) by image, and how well they agree."""

    name: str
    pairs: tuple[tuple[float, float], ...]
    agreement: str


def raw_reliability(report: RunReport) -> Drawing | None:
    """The network's mean confidence against true IoU, as it is before calibration."""
    last = _last_evaluated(report)
    pairs = (
        ()
        if last is None
        else tuple((score.confidence, score.true) for score in last.evaluated if score.confidence is not None)
    )
    if last is None or not pairs:
        return None
    agreement = _agreement(*(last.metrics.get(f"confidence_{name}") for name in ("spearman", "mae", "ece")))
    raw = Prediction("raw confidence", pairs, agreement)
    return _reliability("reliability-raw", "Before calibration: raw confidence against true IoU", last.round, raw)


def reliability(report: RunReport) -> Drawing | None:
    """Predicted against true IoU, as images were chosen by."""
    last = _last_evaluated(report)
    if last is None:
        return None
    agreement = _agreement(last.iou_spearman, last.iou_mae, last.metrics.get("iou_ece"))
    if last.iou_spearman_reference is not None or last.iou_mae_reference is not None:
        reference = f"{say_number(last.iou_spearman_reference)}, {say_number(last.iou_mae_reference)}"
        agreement += f"\nthe paper's head: {reference}"
    predicted = Prediction("predicted IoU", tuple((score.predicted, score.true) for score in last.evaluated), agreement)
    return _reliability("reliability", "Predicted against true IoU", last.round, predicted)


def chosen_sizes(report: RunReport) -> Drawing | None:
    """Size of objects over the predicted IoU of the images that were chosen (Bellver et al., figure 5)."""
    share = "mean share of the image an object covers"
    return _chosen(report, "chosen-sizes", "Size of objects in chosen images", share, lambda image: image.object_share)


def chosen_objects(report: RunReport) -> Drawing | None:
    """Number of objects over the predicted IoU of the images that were chosen (Bellver et al., figure 5)."""
    return _chosen(
        report, "chosen-objects", "Number of objects in chosen images", "objects", lambda image: image.objects
    )


def _last_evaluated(report: RunReport) -> RoundReport | None:
    return next((row for row in reversed(report.rounds) if row.evaluated), None)


def _reliability(name: str, title: str, number: int, prediction: Prediction) -> Drawing:
    def draw(axes: Any) -> None:
        axes.plot([0, 1], [0, 1], color=MUTED, lw=1.2, ls="--", label="what a perfect prediction would give")
        points = {"s": 26, "color": ARM_COLOURS[0], "alpha": 0.4, "lw": 0}
        axes.scatter(*zip(*prediction.pairs, strict=True), **points, label=prediction.agreement)
        means = equal_mass_means(prediction.pairs)
        axes.plot(
            *zip(*means, strict=True), "-", color=INK, lw=1.5, marker="s", ms=4, label="means of tenths of the images"
        )
        axes.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02), aspect="equal")
        axes.set_xlabel(prediction.name)
        axes.set_ylabel("true IoU")

    return figure(
        name, title, f"{say_count(len(prediction.pairs), 'test image')}, round {number}. {prediction.agreement}.", draw
    )


def _agreement(spearman: float | None, error: float | None, ece: float | None) -> str:
    text = f"Spearman {say_number(spearman)}, mean error {say_number(error)}"
    return text if ece is None else f"{text}, ECE {say_number(ece)}"


def _chosen(
    report: RunReport, name: str, title: str, axis: str, measure: Callable[[ChosenImage], float | None]
) -> Drawing | None:
    rounds = [(row.round, _points(row.batch, measure)) for row in report.rounds]
    rounds = [(number, points) for number, points in rounds if points]
    if not rounds:
        return None

    def draw(axes: Any) -> None:
        for place, (number, points) in enumerate(rounds):
            kind = place % len(ARM_COLOURS)
            style = {"color": ARM_COLOURS[kind], "marker": ROUND_MARKERS[kind], "alpha": 0.7, "lw": 0, "s": 30}
            axes.scatter(*zip(*points, strict=True), **style, label=f"chosen in round {number}")
        axes.set_xlim(-0.02, 1.02)
        axes.set_ylim(bottom=0)
        axes.set_xlabel("predicted IoU of the image")
        axes.set_ylabel(axis)

    means = (f"round {number} {say_number(float(np.mean([y for _, y in points])))}" for number, points in rounds)
    return figure(name, title, f"Mean {axis}: {', '.join(means)}.", draw)


def _points(batch: Sequence[ChosenImage], measure: Callable[[ChosenImage], float | None]) -> list[tuple[float, float]]:
    values = [(image.score, measure(image)) for image in batch]
    return [(score, value) for score, value in values if score is not None and value is not None]
