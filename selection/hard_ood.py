"""Hard out-of-distribution candidates: images believed to hold no category that the classifier takes for one.

Lee et al., *Weakly supervised semantic segmentation using out-of-distribution data*, 2022, section 3: of the candidates
those with p(c) >= 0.5 for some class c are hard; people look at them, spread over clusters of the classifier's
features. Each answer teaches the classifier's last layer at once; the rest of it learns at its next training.

The last layer is refitted as the maximum of a posterior, for each class by itself: the answers are what is observed,
the trained layer is the mean of a Gaussian prior, and the labeled images keep it to what it said of them (their
probabilities under the trained layer are their targets: Li, Hoiem, *Learning without forgetting*, 2016). Without an
answer, therefore, the trained layer is its own refit, and one answer moves it little where labeled images are near.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, log_expit

from maskloop.errors import InvalidArgument
from maskloop.values import Category
from selection.clusters import cluster
from selection.ranking import RankedImages
from selection.round_robin import round_robin

SURE = 0.5  # probability from which a class is taken to be there
PRIOR_LOGIT_DEVIATION = 16.0  # by which the prior lets the logit of an image of usual feature length differ
ANSWER_WEIGHT = 2.0  # labeled images that an answer counts as
ITERATIONS = 100

Vectors = NDArray[np.float32]


@dataclass(frozen=True)
class HardOod:
    """n hard candidates as one classifier of C classes sees them, and what its last layer is refitted with.

    Args:
        categories: C, in the order of the layer's classes.
        ids: (n,) bytes, distinct, ascending.
        features: (n, D) float32 of the classifier.
        clusters: (n,) int64 cluster of each, 0 or more, the largest first; see `cluster_hard`.
        head: (C, D) float32, the trained last layer: a class's logit is its row times the features.
        labeled_features: (m, D) float32 of the images the classifier has learnt from, those that hold nothing too.

    Raises:
        InvalidArgument: ids are not ascending, shapes do not fit, or a number is not finite.
    """

    categories: tuple[Category, ...]
    ids: NDArray[np.bytes_]
    features: Vectors
    clusters: NDArray[np.int64]
    head: Vectors
    labeled_features: Vectors

    def __post_init__(self) -> None:
        if (self.ids[1:] <= self.ids[:-1]).any():
            raise InvalidArgument("ids of hard candidates are not distinct and ascending")
        if not len(self.ids) == len(self.features) == len(self.clusters):
            raise InvalidArgument(f"{len(self.ids)} hard candidates came with {len(self.features)} features")
        widths = {array.shape[1] for array in (self.features, self.labeled_features, self.head)}
        if len(widths) > 1 or len(self.head) != len(self.categories):
            raise InvalidArgument("features and the classifier's last layer do not fit each other")
        for array in (self.features, self.labeled_features, self.head):
            if not np.isfinite(array).all():
                raise InvalidArgument("a feature or weight of the classifier is no number")

    def __len__(self) -> int:
        return len(self.ids)

    def rows(self, image_ids: list[str]) -> NDArray[np.int64]:
        """Of each image the row, -1 where it is none of these."""
        names = np.array([image_id.encode() for image_id in image_ids], dtype=np.bytes_)
        if not len(self) or not len(names):
            return np.full(len(names), -1, np.int64)
        places = np.minimum(np.searchsorted(self.ids, names), len(self) - 1)
        return np.where(self.ids[places] == names, places, -1)

    @cached_property
    def labeled_targets(self) -> Vectors:
        """(m, C) probabilities that the trained layer gives the labeled images."""
        return probabilities(self.labeled_features, self.head)

    @cached_property
    def scale(self) -> np.float32:
        """Root mean squared length of the labeled features."""
        return np.float32(np.sqrt(np.square(self.labeled_features).sum(axis=1).mean())) or np.float32(1)


def probabilities(features: Vectors, head: Vectors) -> Vectors:
    """(n, C) float32 p(c) of (n, D) features by a (C, D) last layer."""
    likely: Vectors = expit(features @ head.T)
    return likely


def prune(features: Vectors, head: Vectors) -> NDArray[np.int64]:
    """Rows, ascending, of the candidates of (n, D) features with p(c) >= 0.5 for some class."""
    return np.flatnonzero((features @ head.T).max(axis=1) >= 0)


def cluster_hard(features: Vectors, count: int, seed: int) -> NDArray[np.int64]:
    """(n,) cluster of each of (n, D) features: k-means into min(count, n), empty ones dropped, the largest first."""
    if not len(features):
        return np.zeros(0, np.int64)
    of = cluster(features, min(count, len(features)), seed).of
    _, dense, sizes = np.unique(of, return_inverse=True, return_counts=True)
    rank = np.empty(len(sizes), np.int64)
    rank[np.argsort(-sizes, kind="stable")] = np.arange(len(sizes))
    return rank[dense]


def refit(hard: HardOod, answers: Mapping[str, frozenset[int]]) -> Vectors:
    """The (C, D) float32 last layer after the answers; the same answers in any order give the same.

    It minimises, convex and by L-BFGS from the trained layer on, the cross-entropy summed over labeled images and
    (times ANSWER_WEIGHT) answers, plus |w_c - trained w_c|^2 / (2 s^2) for each class c; s is PRIOR_LOGIT_DEVIATION
    over the usual length of the features.

    Args:
        answers: by image id, the ids of the categories a person saw; none for "nothing". Images that are none of
            `hard` are passed over.

    Raises:
        InvalidArgument: an answer's category is not of the vocabulary.
    """
    rows, said = _said(hard, answers)
    if not len(rows):
        return hard.head
    features = np.concatenate([hard.labeled_features, hard.features[rows]]) / hard.scale
    targets = np.concatenate([hard.labeled_targets, said])
    counts = [len(hard.labeled_features), len(rows)]
    weights = np.repeat(np.array([1, ANSWER_WEIGHT], np.float32), counts)
    layer: Vectors = _most_probable(features.astype(np.float32), targets, weights, hard.head * hard.scale) / hard.scale
    return layer


def _said(hard: HardOod, answers: Mapping[str, frozenset[int]]) -> tuple[NDArray[np.int64], Vectors]:
    """Rows (v,) of the images with an answer, ascending, and (v, C) what was said of them."""
    known = {category.id: place for place, category in enumerate(hard.categories)}
    image_ids = sorted(answers)
    said = np.zeros((len(image_ids), len(known)), np.float32)
    for row, image_id in enumerate(image_ids):
        for category_id in answers[image_id]:
            if category_id not in known:
                raise InvalidArgument(f"image {image_id}: category {category_id} is not in the vocabulary")
            said[row, known[category_id]] = 1
    rows = hard.rows(image_ids)
    return rows[rows >= 0], said[rows >= 0]


def _most_probable(features: Vectors, targets: Vectors, weights: Vectors, trained: Vectors) -> Vectors:
    """The layer (C, D) that minimises cross-entropy and distance from the trained one."""
    from scipy.optimize import minimize

    def loss(flat: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        step = flat.reshape(trained.shape)
        logits = features @ (trained + step.astype(np.float32)).T
        entropies = (1 - targets) * logits - log_expit(logits)
        slope = (weights[:, None] * (expit(logits) - targets)).T @ features
        value = weights @ entropies.sum(axis=1, dtype=np.float64) + np.square(step).sum() / (
            2 * PRIOR_LOGIT_DEVIATION**2
        )
        return float(value), (slope + step / PRIOR_LOGIT_DEVIATION**2).ravel()

    minimum = minimize(loss, np.zeros(trained.size), jac=True, method="L-BFGS-B", options={"maxiter": ITERATIONS})
    layer: Vectors = trained + minimum.x.reshape(trained.shape).astype(np.float32)
    return layer


def rank_hard_ood(hard: HardOod, answers: Mapping[str, frozenset[int]]) -> RankedImages:
    """The candidates that are still hard after the answers and have none, clusters in turn.

    A cluster's turns that answers have taken are behind it, so that asking again goes on where it was. Within a
    cluster, and of clusters in the same turn, the highest p goes first. A ranking's value is p of the likeliest class.

    Raises:
        InvalidArgument: an answer's category is not of the vocabulary.
    """
    logits = hard.features @ refit(hard, answers).T
    seen = hard.rows(list(answers))
    seen = seen[seen >= 0]
    still = logits.max(axis=1, initial=-np.inf) >= 0
    still[seen] = False
    rows = np.flatnonzero(still)
    value, likeliest = logits[rows].max(axis=1, initial=-np.inf), logits[rows].argmax(axis=1)
    of = hard.clusters[rows]
    turn = round_robin(of, -value) + np.bincount(hard.clusters[seen], minlength=of.max(initial=0) + 1)[of]
    rows_in_order = np.lexsort((-value, turn))
    return _ranked(hard, rows, rows_in_order, expit(value.astype(np.float64)), likeliest)


def _ranked(
    hard: HardOod,
    rows: NDArray[np.int64],
    order: NDArray[np.int64],
    values: NDArray[np.float64],
    likeliest: NDArray[np.int64],
) -> RankedImages:
    classes = len(hard.categories)
    told, which = np.unique(hard.clusters[rows] * classes + likeliest, return_inverse=True)
    names = [category.name.replace("{", "{{").replace("}", "}}") for category in hard.categories]
    reasons = (f"taken for '{names[key % classes]}' at {{value:.2f}}, cluster {key // classes}" for key in told)
    return RankedImages(
        ids=hard.ids[rows[order]],
        by_id=np.argsort(order, kind="stable"),
        values=values[order],
        reasons=tuple(reasons),
        which=which[order].astype(np.uint32),
        scores=None,
        target_iou=None,
    )
