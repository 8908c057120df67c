"""Heads to compare: each takes the networks of a setting, the final one first, and scores the unseen images."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from sklearn.ensemble import ExtraTreesRegressor, GradientBoostingRegressor
from sklearn.isotonic import IsotonicRegression

from benchmarks.heads.head_rows import Network, Rows
from models.iou_head.calibrator import CalibrationSet, Exposure, Floats, fit_on_confidence, fit_on_statistics
from models.iou_head.mask_statistics import CONFIDENCE

Predict = Callable[[Floats], Floats]
Fit = Callable[[CalibrationSet], Predict]
Extra = Callable[[Rows], Floats]
Head = Callable[[list[Network]], Floats]


def ridge(observed: CalibrationSet) -> Predict:
    """The product's."""
    return fit_on_statistics(observed).predict


def trees(kind: type[ExtraTreesRegressor] | type[GradientBoostingRegressor], **options: float) -> Fit:
    """An ensemble of trees on the same rows, exposure included."""

    def fit(observed: CalibrationSet) -> Predict:
        fitted = kind(random_state=0, **options).fit(
            np.column_stack([observed.statistics, observed.exposure]), observed.ious
        )
        return lambda statistics: fitted.predict(np.column_stack([statistics, np.zeros(len(statistics))]))

    return fit


def nothing(rows: Rows) -> Floats:
    """No column beside the statistics."""
    return np.empty((len(rows.mirror), 0))


def mirror(rows: Rows) -> Floats:
    """How far the mask agrees with its twin on the mirrored image."""
    return rows.mirror[:, None]


def states(rows: Rows) -> Floats:
    """The paper's input, private to the network."""
    return rows.states


def learning_from(*sources: str, fit: Fit = ridge, extra: Extra = nothing) -> Head:
    """A head fitted on `views` and `plain` readings of what the final network learnt, and on what was `held` out.

    `held` is of the first held-out fit, `folds` of all of them.
    """

    def score(networks: list[Network]) -> Floats:
        final, *folds = networks
        parts = {"held": folds[:1], "folds": folds}
        chosen = [
            rows
            for source in sources
            for rows in ([fold["held"] for fold in parts[source]] if source in parts else [final[source]])
        ]
        predict = fit(CalibrationSet.join(*(_with(rows, extra) for rows in chosen)))
        unseen = _with(final["unseen"], extra)
        return unseen.image_means(np.clip(predict(unseen.statistics), 0, 1))

    return score


def constant(networks: list[Network]) -> Floats:
    """The mean IoU of the held-out images."""
    held, unseen = networks[1]["held"].seen, networks[0]["unseen"].seen
    return np.full(unseen.images, held.image_means(held.ious).mean())


def confidence(networks: list[Network]) -> Floats:
    """As the network has it."""
    unseen = networks[0]["unseen"].seen
    return unseen.image_means(unseen.statistics[:, CONFIDENCE])


def reference(networks: list[Network]) -> Floats:
    """The paper's head."""
    rows = networks[0]["unseen"]
    return rows.seen.image_means(rows.reference)


def two_networks(networks: list[Network]) -> Floats:
    """The mean of two networks' scores, each by its own head."""
    held_out_fit = networks[1]
    first, second = (HEADS[DEFAULT]([network, held_out_fit]) for network in (networks[0], held_out_fit))
    return (first + second) / 2


def isotonic(networks: list[Network]) -> Floats:
    """The default, straightened by an isotonic regression on the rows of the held-out and the learnt images."""
    final, held_out_fit = networks[:2]
    parts = CalibrationSet.join(*(rows.seen for rows in (held_out_fit["held"], final["plain"], final["views"])))
    predict, unseen = ridge(parts), final["unseen"].seen
    fitted = IsotonicRegression(out_of_bounds="clip").fit(predict(parts.statistics), parts.ious)
    return unseen.image_means(fitted.predict(predict(unseen.statistics)))


def bound(networks: list[Network]) -> Floats:
    """A ridge fitted on the unseen images themselves: no head on these statistics does better."""
    unseen = networks[0]["unseen"].seen
    return unseen.image_means(ridge(unseen)(unseen.statistics))


def with_one_level(observed: CalibrationSet) -> Predict:
    """A ridge that takes learnt images for unseen ones."""
    return ridge(replace(observed, exposure=np.full_like(observed.exposure, Exposure.HELD_OUT)))


BOOSTING = trees(
    GradientBoostingRegressor, n_estimators=100, max_depth=3, subsample=0.5, learning_rate=0.05, min_samples_leaf=5
)
FOREST = trees(ExtraTreesRegressor, n_estimators=300, min_samples_leaf=3, max_features=0.5)
DEFAULT = "held out + learnt + views"

HEADS: dict[str, Head] = {
    "constant": constant,
    "raw confidence": confidence,
    "confidence, fitted": learning_from("held", fit=lambda observed: fit_on_confidence(observed).predict),
    "the paper's head": reference,
    "held out": learning_from("held"),
    "learnt": learning_from("plain"),
    "views": learning_from("views"),
    "held out + learnt": learning_from("held", "plain"),
    "held out + views": learning_from("held", "views"),
    DEFAULT: learning_from("held", "plain", "views"),
    "the same, one level": learning_from("held", "plain", "views", fit=with_one_level),
    "the same, boosted trees": learning_from("held", "plain", "views", fit=BOOSTING),
    "the same, extra trees": learning_from("held", "plain", "views", fit=FOREST),
    "the same, isotonic after": isotonic,
    "the same, two networks": two_networks,
    "the same + mirror": learning_from("held", "plain", "views", extra=mirror),
    "views + hidden states": learning_from("views", extra=states),
    "the bound": bound,
}
OUT_OF_FOLD: dict[str, Head] = {
    DEFAULT: HEADS[DEFAULT],
    "four folds": learning_from("folds"),
    "four folds + learnt + views": learning_from("folds", "plain", "views"),
    "four folds + mirror": learning_from("folds", extra=mirror),
}


def _with(rows: Rows, extra: Extra) -> CalibrationSet:
    return replace(rows.seen, statistics=np.concatenate([rows.seen.statistics, extra(rows)], axis=1))
