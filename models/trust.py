"""Whether a head is to be trusted: what a rehearsal does on labels that it was not shown.

Every held-out image is judged by a head that is fitted as the product's is, on views of what the rehearsal learnt and
on the other held-out images. Its rival is the constant that knows as much: the mean IoU of the other held-out images.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import numpy as np
from scipy.stats import wilcoxon

from maskloop.values import HeadState
from models.calibration import Calibrator, Observations, fit_on_confidence, fit_on_statistics
from models.metrics import Floats, mean_absolute_error, spearman

LEVEL = 0.05  # of both one-sided tests
LEVEL_DEVIATIONS = 1.645  # of a normal distribution that leave LEVEL above


def rehearse(views: Observations, unseen: Observations) -> dict[str, float]:
    """What heads of a rehearsal's network are worth on images held out of it.

    Args:
        views: of the images that it learnt from.
        unseen: those that were held out.

    Returns:
        `held_out_images`, and unless there is none `held_out_mean_iou` (of their objects), `held_out_mae` of image
        scores by the head and, suffixed `_confidence` and `_constant`, by confidence and by a constant,
        `held_out_spearman` and `held_out_spearman_confidence` (left out where undefined), and `held_out_p_value`:
        how likely the head's gain over the constant is luck.
    """
    if unseen.images < 2 or not views.images:
        return {"held_out_images": float(unseen.images)}
    true = unseen.image_means(unseen.ious)
    head, confidence = (_left_out(fit_on, views, unseen) for fit_on in (fit_on_statistics, fit_on_confidence))
    constant = (true.sum() - true) / (true.size - 1)
    ranks = {"": spearman(head, true), "_confidence": spearman(confidence, true)}
    return {
        "held_out_images": float(unseen.images),
        "held_out_mean_iou": float(unseen.ious.mean()),
        "held_out_mae": mean_absolute_error(head, true),
        "held_out_mae_confidence": mean_absolute_error(confidence, true),
        "held_out_mae_constant": mean_absolute_error(constant, true),
        "held_out_p_value": luck(np.abs(constant - true) - np.abs(head - true)),
        **{f"held_out_spearman{suffix}": rank for suffix, rank in ranks.items() if rank is not None},
    }


def luck(gains: Floats) -> float:
    """How likely gains this large come about by chance: Wilcoxon's signed-rank test, one-sided, in (0, 1].

    Args:
        gains: (N,) of each image; five at least can say that all are no chance (p = 1/32).
    """
    return float(wilcoxon(gains, alternative="greater").pvalue) if np.any(gains) else 1.0


def judge(evidence: Mapping[str, float]) -> HeadState:
    """The state of a head by what `rehearse` found; UNTRUSTED where nothing was held out.

    Confidence ranks better than chance when its rank correlation is beyond what one in twenty random orders reach:
    1.645 deviations of 1 / sqrt(images - 1).
    """
    if evidence.get("held_out_p_value", 1.0) <= LEVEL:
        return HeadState.TRUSTED
    rank = evidence.get("held_out_spearman_confidence", 0.0)
    chance = LEVEL_DEVIATIONS / math.sqrt(max(evidence.get("held_out_images", 0.0) - 1, 1.0))
    if rank > max(chance, evidence.get("held_out_spearman", 0.0)):
        return HeadState.CONFIDENCE
    return HeadState.UNTRUSTED


def _left_out(fit_on: Callable[[Observations], Calibrator], views: Observations, unseen: Observations) -> Floats:
    """Image scores (eq. 2), each by a head that has not seen the image, in the order of the ids."""
    predicted = np.empty(len(unseen.ious))
    for image_id in np.unique(unseen.image_ids):
        here = unseen.image_ids == image_id
        head = fit_on(Observations.join(unseen.only(~here), views))
        predicted[here] = head.predict(unseen.statistics[here])
    return unseen.image_means(predicted)
