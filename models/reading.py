"""A network reads images: masks at the images' own sizes, and what the heads need to know of them.

Images are batched by their number of objects, so that those that are finished drop out of a batch's later steps
together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from maskloop.values import Counts, ObjectLabel
from models.calibration import Floats
from models.enlarging import enlarge
from models.examples import class_tensor, image_tensor, normalise
from models.loading import Loaded, load_batches
from models.network import AnnotationNetwork
from models.recipes import Recipe
from models.statistics import mask_statistics
from models.uncertainty import mask_uncertainty


@dataclass(frozen=True)
class ImageToScore:
    """An image whose counts are known. `load` gives (H, W, 3) uint8 RGB, upright; it is called once, in a thread."""

    image_id: str
    load: Callable[[], NDArray[np.uint8]]
    counts: Counts


@dataclass(frozen=True)
class Reading:
    """What a network made of one image of n decoded objects, before a head judges it.

    Args:
        objects: n, in decoding order, masks at the image's own size.
        statistics: (n, K), see `models.statistics`.
        reference_ious: (n,) IoU in [0, 1] as the paper's head predicts it.
        uncertainty: (n, 3), see `models.uncertainty`.
        features: (D,) float32 of the encoder.
        not_decoded: objects beyond the recipe's steps.
    """

    image_id: str
    objects: tuple[ObjectLabel, ...]
    statistics: Floats
    reference_ious: Floats
    uncertainty: Floats
    features: NDArray[np.float32]
    not_decoded: int


def read_images(
    network: AnnotationNetwork,
    categories: Sequence[int],
    recipe: Recipe,
    images: Iterable[ImageToScore],
    *,
    device: torch.device,
    batch_size: int,
) -> Iterator[Reading]:
    """Read every image; those with most objects come first, and ids say which is which.

    Of more objects than the recipe's steps, the first of the sequence are decoded: their sizes are not known.

    Raises:
        InvalidLabel: a count's category is not among `categories`.
    """
    network.eval()
    for batch in batches_to_read(images, recipe, batch_size):
        yield from _read_batch(network, categories, recipe.steps, batch, device)


def batches_to_read(
    images: Iterable[ImageToScore], recipe: Recipe, batch_size: int
) -> Iterator[list[Loaded[ImageToScore]]]:
    """Images at the network's size, those with most objects first, so that a batch's images end together."""
    ordered = sorted(images, key=lambda item: (-min(item.counts.objects, recipe.steps), item.image_id))
    return load_batches(ordered, recipe.image_size, batch_size)


@torch.inference_mode()
def _read_batch(
    network: AnnotationNetwork,
    categories: Sequence[int],
    steps: int,
    batch: list[Loaded[ImageToScore]],
    device: torch.device,
) -> list[Reading]:
    sequences = [loaded.item.counts.sequence()[:steps] for loaded in batch]
    classes = class_tensor(sequences, categories, device)
    pixels = normalise(image_tensor([loaded.small for loaded in batch], device))
    with torch.autocast(device.type, dtype=torch.bfloat16, enabled=device.type == "cuda"):
        made = network(pixels, classes)
    logits = made.logits.float()
    centres = made.dense.centres if made.dense else None
    statistics = mask_statistics(logits, classes, pixels, centres, len(categories)).cpu().double().numpy()
    uncertainty = mask_uncertainty(logits, classes).cpu().double().numpy()
    references = made.predicted_iou.cpu().double().numpy()
    features, maps = made.features.float().cpu().numpy(), logits.cpu().numpy()
    return [
        Reading(
            loaded.item.image_id,
            tuple(
                ObjectLabel(category_id, enlarge(drawn, *loaded.size))
                for category_id, drawn in zip(sequence, maps[row], strict=False)
            ),
            statistics[row, : len(sequence)],
            references[row, : len(sequence)],
            uncertainty[row, : len(sequence)],
            features[row],
            loaded.item.counts.objects - len(sequence),
        )
        for row, (loaded, sequence) in enumerate(zip(batch, sequences, strict=True))
    ]
