"""Whether a head is to be trusted: what a held-out fit does on the labels that it was not shown.

Every held-out image is judged by a head that is fitted as the product's is, on what the held-out fit learnt and on the
other held-out images; of many images, some are left out together, so that time goes with their number. Its rival is the
constant that knows as much: the mean IoU of the other held-out images. That the head's error is the smaller one may be
luck, as a head that knows nothing about images can be lucky with them. How likely that is, a permutation test tells:
the share of orders of its predictions, dealt out to the images anew, that have as small an error
(docs/decisions/0006-what-the-head-learns-from.md says why not a test of the differences).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import numpy as np

from maskloop.values import HeadState
from models.iou_head.calibrator import CalibrationSet, Calibrator, fit_on_confidence, fit_on_statistics
from models.metrics.agreement import Floats, mean_absolute_error, spearman

LEVEL = 0.05  # of both one-sided tests
LEVEL_DEVIATIONS = 1.645  # of a normal distribution that leave LEVEL above
FitOn = Callable[[CalibrationSet], Calibrator]
ORDERS = 9_999  # tried at most; all there are for up to seven images
TRIED_AT_ONCE = 1 << 20  # values in orders that are held in memory; how many changes no result
FOLDS = 100  # heads fitted at most; of no more images, each has its own


def held_out_evidence(learnt: CalibrationSet, held_out: CalibrationSet, rng: np.random.Generator) -> dict[str, float]:
    """What heads of a held-out fit are worth on the images held out of it.

    Args:
        learnt: of the images that it learnt from.
        held_out: those that were held out.
        rng: shuffles, where there are too many orders to try them all.

    Returns:
        `held_out_images`, and unless there is none `held_out_mean_iou` (of their objects), `held_out_mae` of image
        scores by the head and, suffixed `_confidence` and `_constant`, by confidence and by a constant,
        `held_out_spearman` and `held_out_spearman_confidence` (left out where undefined), and `held_out_p_value`:
        how likely the head's error is luck.
    """
    if held_out.images < 2 or not learnt.images:
        return {"held_out_images": float(held_out.images)}

    def head(others: CalibrationSet) -> Calibrator:
        return fit_on_statistics(CalibrationSet.join(others, learnt))

    def confidence(others: CalibrationSet) -> Calibrator:
        return fit_on_confidence(CalibrationSet.join(others, learnt))

    return evidence_of(held_out, head, confidence, rng)


def evidence_of(
    held_out: CalibrationSet, fit_head: FitOn, fit_confidence: FitOn, rng: np.random.Generator
) -> dict[str, float]:
    """What heads are worth on images that their network had not learnt from; keys as `held_out_evidence` says.

    Args:
        held_out: of two images or more.
        fit_head, fit_confidence: a head and its rival, fitted on the rows of all of these images but one, or but one
            fold of `FOLDS`.
    """
    true = held_out.image_means(held_out.ious)
    head, confidence = (_left_out(fit_on, held_out) for fit_on in (fit_head, fit_confidence))
    constant = (true.sum() - true) / (true.size - 1)
    ranks = {"": spearman(head, true), "_confidence": spearman(confidence, true)}
    return {
        "held_out_images": float(held_out.images),
        "held_out_mean_iou": float(held_out.ious.mean()),
        "held_out_mae": mean_absolute_error(head, true),
        "held_out_mae_confidence": mean_absolute_error(confidence, true),
        "held_out_mae_constant": mean_absolute_error(constant, true),
        "held_out_p_value": permutation_p_value(head, true, rng),
        **{f"held_out_spearman{suffix}": rank for suffix, rank in ranks.items() if rank is not None},
    }


def permutation_p_value(predicted: Floats, true: Floats, rng: np.random.Generator) -> float:
    """The share of orders of `predicted` (N,) whose mean error against `true` (N,) is as small, in (0, 1]."""
    from scipy.stats import permutation_test

    def error(order: Floats, axis: int) -> Floats:
        return np.asarray(np.abs(order - true).mean(axis=axis))

    tested = permutation_test(
        (predicted,),
        error,
        permutation_type="pairings",
        alternative="less",
        n_resamples=ORDERS,
        batch=max(1, TRIED_AT_ONCE // predicted.size),
        rng=rng,
    )
    return float(tested.pvalue)


def head_state(evidence: Mapping[str, float]) -> HeadState:
    """The state of a head by `held_out_evidence`; UNTRUSTED where nothing was held out.

    The head is trusted when its error is below the constant's, and no luck (p at most .05). Confidence ranks better
    than chance when its rank correlation is beyond what one in twenty random orders reach: 1.645 deviations of
    1 / sqrt(images - 1).
    """
    better = evidence.get("held_out_mae", 1.0) < evidence.get("held_out_mae_constant", 0.0)
    if better and evidence["held_out_p_value"] <= LEVEL:
        return HeadState.TRUSTED
    rank = evidence.get("held_out_spearman_confidence", 0.0)
    chance = LEVEL_DEVIATIONS / math.sqrt(max(evidence.get("held_out_images", 0.0) - 1, 1.0))
    if rank > max(chance, evidence.get("held_out_spearman", 0.0)):
        return HeadState.CONFIDENCE
    return HeadState.UNTRUSTED


def _left_out(fit_on: FitOn, held_out: CalibrationSet) -> Floats:
    """Image scores (eq. 2), each by a head that has not seen the image, in the order of the ids."""
    predicted = np.empty(len(held_out.ious))
    _, images = np.unique(held_out.image_ids, return_inverse=True)
    folds = images % min(FOLDS, held_out.images)
    for fold in np.unique(folds):
        here = folds == fold
        predicted[here] = fit_on(held_out.only(~here)).predict(held_out.statistics[here])
    return held_out.image_means(predicted)
