"""What a network sees in images: the objects it was told of, or those it finds by itself, and what the heads read.

A network that is fed no class finds as RSIS does (Salvador et al., Recurrent neural networks for semantic instance
segmentation, section 3): a step whose objectness is below a half is passed over, those after it are not, and masks
smaller than a thousandth of the image are dropped. RSIS offers every mask once for each class; here it is offered for
the likeliest class alone, as people are shown it.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from models.annotation.network import AnnotationNetwork, Decoded
from models.annotation.recipe import Recipe
from models.iou_head.mask_statistics import mask_statistics

SMALLEST = 0.001  # of the image's area


@dataclass(frozen=True)
class Seen:
    """A batch of images as a network sees them.

    Args:
        logits: (B, T, S, S) float32 of the masks.
        classes: (B, T) int64 class index of each mask, -1 where there is no object; not only at the end.
        statistics: (B, T, K) as `mask_statistics` gives them; where classes are found, two columns follow, both in
            [0, 1]: objectness, and the probability of the class.
        predicted_iou: (B, T) of the paper's head, in [0, 1].
        features: (B, D) float32 of the encoder.
    """

    logits: Tensor
    classes: Tensor
    statistics: Tensor
    predicted_iou: Tensor
    features: Tensor


def see(network: AnnotationNetwork, recipe: Recipe, images: Tensor, told: Tensor, vocabulary: int) -> Seen:
    """Decode images.

    Args:
        images: (B, 3, S, S), normalised.
        told: (B, T) int64 class indices by the images' counts, -1 after the last; a network that finds by itself does
            not look at them.
        vocabulary: number of classes.
    """
    device = images.device.type
    with torch.autocast(device, dtype=torch.bfloat16, enabled=device == "cuda"):
        encoded = network.encode(images)
        if network.finds:
            made = network.find(encoded, recipe.steps, recipe.objectness)
        else:
            made = network.decode(encoded, told)
    classes, sureness = found(made, recipe.objectness) if network.finds else (told, None)
    centres = made.dense.centres if made.dense else None
    statistics = mask_statistics(made.logits, classes, images, centres, vocabulary)
    if sureness is not None:
        statistics = torch.cat([statistics, sureness], dim=2)
    return Seen(made.logits, classes, statistics, made.predicted_iou, made.features)


def found(made: Decoded, least: float) -> tuple[Tensor, Tensor]:
    """Which steps of a network that is fed no class count, and how sure it is of them.

    Args:
        least: objectness of a step that counts, in [0, 1].

    Returns:
        (B, T) int64 class indices, -1 for steps that do not count; and (B, T, 2) objectness and the class's
        probability in [0, 1], 0 for steps that do not count.
    """
    if made.classes is None or made.objectness is None:
        raise TypeError("this network is fed its classes")
    objectness = made.objectness.sigmoid()
    probability, classes = made.classes[:, :, 1:].max(dim=2)
    share = (made.logits > 0).float().mean(dim=(2, 3))
    counts = (objectness >= least) & (share >= SMALLEST)
    sureness = torch.stack([objectness, probability], dim=2) * counts[:, :, None]
    return classes.masked_fill(~counts, -1), sureness
