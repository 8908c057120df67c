"""What people have said of an image before a network looks at it, and what that makes of the network's masks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence

import numpy as np
from numpy.typing import NDArray

from maskloop.errors import InvalidLabel
from maskloop.values import Counts
from models.data.samples import ImageToScore
from models.iou_head.uncertainty import LARGEST, NAMES

NOTHING_HELD = 1.0  # score of an image that is known to hold nothing
NOTHING_SEEN = 0.0  # of one in which nothing was seen: if it holds any, all were missed
LEAST_ELSEWHERE = 3  # images of each outlined class, themselves not outlined, for a held-out fit
LEAST = 1e-7  # of a probability whose logarithm is taken


def known_classes(item: ImageToScore, categories: Sequence[int]) -> tuple[int, ...] | None:
    """Indices, ascending, of the classes that an image holds: those counted, or else those said; `None` of no word.

    Raises:
        InvalidLabel: a category is not of the vocabulary.
    """
    known = _known(item)
    if known is None:
        return None
    for category_id in known:
        if category_id not in categories:
            raise InvalidLabel(f"category {category_id} is not in the vocabulary")
    return tuple(sorted(categories.index(category_id) for category_id in known))


def holds_nothing(item: ImageToScore) -> bool:
    """Whether somebody has said so."""
    known = _known(item)
    return known is not None and not known


def enough_elsewhere(told: Sequence[Collection[int]], outlined: Collection[int]) -> bool:
    """Whether images whose classes alone are known teach all that is outlined, so that a network can be judged on it.

    Args:
        told: ids of the categories of each such image.
        outlined: ids of the categories that people outlined elsewhere.
    """
    known = Counter(category_id for present in told for category_id in present)
    return all(LEAST_ELSEWHERE <= known[category_id] < len(told) for category_id in outlined)


def as_counted(found: Sequence[int], sureness: Sequence[float], counts: Counts | None) -> list[int]:
    """Places, ascending, of as many masks of each category as were counted, the surest; all where nobody counted.

    Args:
        found: the category of each mask.
        sureness: of each mask.
    """
    if counts is None:
        return list(range(len(found)))
    kept: list[int] = []
    for category_id, number in counts.by_category.items():
        mine = [place for place, one in enumerate(found) if one == category_id]
        kept += sorted(mine, key=lambda place: -sureness[place])[:number]
    return sorted(kept)


def image_score(item: ImageToScore, ious: NDArray[np.float64]) -> float:
    """Mean predicted IoU (Bellver et al., eq. 2), with nothing for objects that were counted and missed."""
    if item.counts is not None:
        there = max(len(ious), item.counts.objects)
        return float(ious.sum() / there) if there else NOTHING_HELD
    return float(ious.mean()) if len(ious) else NOTHING_HELD if holds_nothing(item) else NOTHING_SEEN


def maps_uncertainty(item: ImageToScore, values: Sequence[NDArray[np.float32]]) -> dict[str, float]:
    """Means over the masks, maps taken for probabilities; see `models.iou_head.uncertainty`.

    Args:
        values: of each mask, what its map says of its own pixels, (n,) in [0, 1].
    """
    if not values:
        nothing = holds_nothing(item)
        return {name: 0.0 if nothing else most for name, most in zip(NAMES, LARGEST, strict=True)}
    means = []
    for inside in values:
        p = np.clip(inside.astype(np.float64), LEAST, 1 - LEAST)
        doubt = np.minimum(p, 1 - p)
        entropy = -(p * np.log2(p) + (1 - p) * np.log2(1 - p))
        means.append([entropy.mean(), 2 * doubt.mean(), doubt.mean()])
    return dict(zip(NAMES, np.mean(means, axis=0).tolist(), strict=True))


def _known(item: ImageToScore) -> Collection[int] | None:
    return item.present if item.counts is None else item.counts.by_category
