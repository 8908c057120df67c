"""What a classifier is worth, measured on images it has not learnt from."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from models.classification.data import Kept
from models.classification.network import ImageClassifier
from models.classification.recipe import ClassifierRecipe
from models.classification.views import reading_view
from models.data.samples import image_tensor, normalise

BATCH = 32
SURE = 0.5  # probability from which a class is taken to be there


def judge_classifier(
    network: ImageClassifier, recipe: ClassifierRecipe, unseen: Sequence[Kept], device: torch.device
) -> dict[str, float]:
    """Metrics on held-out images; those that nothing can be said of are left out.

    `mean_average_precision`, in [0, 1]: over the classes that some of the images hold and others do not.
    `recall`, in [0, 1]: of all (image, class) pairs that are there, the share with p >= 0.5.
    `empty_held_out_images`, and `taken_for_something`, in [0, 1]: of these, the share with p >= 0.5 for some class.
    """
    from sklearn.metrics import average_precision_score

    classes = np.stack([item.classes for item in unseen])
    probabilities = _probabilities(network, recipe, unseen, device)
    empty = ~classes.any(axis=1)
    metrics = {"empty_held_out_images": float(empty.sum())}
    told = [place for place in range(classes.shape[1]) if 0 < classes[:, place].sum() < len(unseen)]
    if told:
        precisions = [average_precision_score(classes[:, place], probabilities[:, place]) for place in told]
        metrics["mean_average_precision"] = float(np.mean(precisions))
    if classes.any():
        metrics["recall"] = float((probabilities[classes] >= SURE).mean())
    if empty.any():
        metrics["taken_for_something"] = float((probabilities[empty].max(axis=1) >= SURE).mean())
    return metrics


@torch.inference_mode()
def _probabilities(
    network: ImageClassifier, recipe: ClassifierRecipe, unseen: Sequence[Kept], device: torch.device
) -> NDArray[np.float32]:
    """(n, C)."""
    look, parts = reading_view(recipe), []
    for start in range(0, len(unseen), BATCH):
        squares = [look(item.image, recipe.image_size) for item in unseen[start : start + BATCH]]
        parts.append(network(normalise(image_tensor(squares, device))).sigmoid().cpu().numpy())
    return np.concatenate(parts)
