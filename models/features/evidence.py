"""Evidence for a head: masks of labels new to the network that drew them, and what they say of the head."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, TypeVar

import numpy as np
import torch

from maskloop.matching import judged_ious
from maskloop.values import HeadState, ObjectLabel
from maskloop.values.heads import SEEN
from models.data.samples import Example, ImageToScore
from models.fitted import FittedNetwork
from models.iou_head.calibrator import CalibrationSet, Calibrator, Exposure, fit_on_confidence, fit_on_statistics
from models.iou_head.trust import FitOn, evidence_of, head_state
from models.predictor import Prediction
from models.training.holdout import MIN_IMAGES
from models.training.loop import Progress

LEAST_IMAGES = 2  # with evidence, from which on it says anything
Fitted = TypeVar("Fitted", bound=FittedNetwork[Any, Any])


def rows_of(predictions: list[Prediction], truths: dict[str, tuple[ObjectLabel, ...]]) -> CalibrationSet:
    """Masks of images, one or more, that the network had not learnt from, beside how good they are; none on a crowd."""
    pairs = [judged_ious(item.proposals.objects, truths[item.image_id]) for item in predictions]
    rows = [len(ious) for _, ious in pairs]
    return CalibrationSet(
        np.repeat(np.array([item.image_id for item in predictions], dtype=np.str_), rows),
        np.concatenate([item.statistics[judged] for item, (judged, _) in zip(predictions, pairs, strict=True)]),
        np.concatenate([ious for _, ious in pairs]),
        np.full(sum(rows), Exposure.HELD_OUT),
    )


def judge(
    evidence: CalibrationSet | None, fit_on: FitOn, rng: np.random.Generator
) -> tuple[HeadState, dict[str, float]]:
    """Whether the head is to be trusted, and what was measured: every image by a head that has not seen it.

    Args:
        fit_on: fits the head.
        rng: shuffles, where there are too many orders to try them all.
    """
    if evidence is None or evidence.images < LEAST_IMAGES:
        return HeadState.UNTRUSTED, {"held_out_images": float(evidence.images if evidence else 0)}
    measured = evidence_of(evidence, fit_on, fit_on_confidence, rng)
    return head_state(measured), measured


def judged_head(
    evidence: CalibrationSet | None, fit_on: Callable[[CalibrationSet | None], Calibrator], rng: np.random.Generator
) -> tuple[Calibrator, HeadState, dict[str, float]]:
    """The head by all of the evidence, and what `judge` says of it.

    It goes by confidence alone where that ranked images better than the head did, and better than chance.
    """
    state, measured = judge(evidence, fit_on, rng)
    if evidence is not None and state is HeadState.CONFIDENCE:
        return fit_on_confidence(evidence), state, measured
    return fit_on(evidence), state, measured


def with_head(
    asking: Fitted,
    outlined: Sequence[Example],
    statistics: int,
    *,
    device: torch.device,
    trust: bool,
    progress: Progress | None = None,
) -> Fitted:
    """The network with a head by what it makes of outlined images, from `MIN_IMAGES` of them on.

    For networks that learn from less than outlines.

    Args:
        outlined: images that hold something, one or more.
        statistics: columns of what the head reads.
        device: where the network is.
        trust: whether the head may be trusted; not where the network has learnt from these images.
        progress: see `Predictor.predict`.
    """
    items = [ImageToScore.of(example, counted=False) for example in outlined]
    predictions = list(asking.predict(items, device=device, batch_size=1, progress=progress))
    rows = rows_of(predictions, {example.image_id: example.labels for example in outlined})

    def fit_on(evidence: CalibrationSet | None) -> Calibrator:
        return fit_on_statistics(evidence) if evidence else Calibrator.unfitted(statistics)

    if rows.images < MIN_IMAGES:
        return replace(asking, metrics={**asking.metrics, "held_out_images": float(rows.images)})
    calibrator, state, measured = judged_head(rows, fit_on, np.random.default_rng([asking.seed, 3]))
    return replace(
        asking,
        calibrator=calibrator if trust else fit_on(rows),
        head=state if trust else HeadState.UNTRUSTED,
        metrics={**asking.metrics, **measured, **({} if trust else {SEEN: 1.0})},
    )
