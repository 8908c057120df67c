"""What each label of each pixel costs before a dense CRF looks at the image: the forms that the methods use.

Each is (n, H, W) float32, and with no kernel the CRF gives softmax(-cost).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from maskloop.errors import InvalidArgument

Floats = NDArray[np.float32]
CERTAINTY = 0.7  # of hard labels
LEAST = 1e-5  # of a probability whose logarithm is taken


def hard_unary(rows: NDArray[np.integer], labels: int, certainty: float = CERTAINTY) -> Floats:
    """-log of `certainty` for the label that a pixel has, of (1 - certainty) / (labels - 1) for the others.

    Args:
        rows: (H, W), 0 to labels - 1.
        labels: how many there are, 2 or more.
        certainty: between 0 and 1.

    Raises:
        InvalidArgument: there are too few labels, or one is not of them, or nothing is as certain as that.
    """
    if labels < 2 or not 0 < certainty < 1:
        raise InvalidArgument(
            f"2 labels or more and a certainty between 0 and 1 are needed, not {labels} and {certainty}", field="labels"
        )
    if rows.size and not 0 <= rows.min() <= rows.max() < labels:
        raise InvalidArgument(f"labels from 0 to {labels - 1} are needed", field="rows")
    theirs = np.arange(labels)[:, None, None] == rows
    costs: Floats = np.where(theirs, -np.log(certainty), -np.log((1 - certainty) / (labels - 1))).astype(np.float32)
    return costs


def clipped_unary(probabilities: Floats, least: float = LEAST) -> Floats:
    """-log of probabilities (n, H, W), which are at least `least` and at most 1; they need not add up to 1."""
    costs: Floats = -np.log(np.clip(probabilities, least, 1)).astype(np.float32)
    return costs


def opposed_unary(mask: Floats) -> Floats:
    """(2, H, W) from a mask (H, W) in [0, 1]: m for the ground, 1 - m for the object, as they are."""
    return np.stack([mask, 1 - mask]).astype(np.float32)


def object_unary(mask: Floats, least: float = LEAST) -> Floats:
    """(2, H, W) from a mask (H, W) in [0, 1]: `clipped_unary` of 1 - m for the ground, and of m for the object."""
    return clipped_unary(np.stack([1 - mask, mask]), least)


def softmax_unary(logits: Floats, least: float = LEAST) -> Floats:
    """-log of the softmax of logits (n, H, W), clipped as in `clipped_unary`."""
    shares = np.exp(logits - logits.max(axis=0))
    return clipped_unary(shares / shares.sum(axis=0), least)
