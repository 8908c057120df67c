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

from maskloop.errors import InvalidArgument
from maskloop.values import Counts, ObjectLabel
from models.annotation.network import AnnotationNetwork
from models.annotation.propose import see
from models.annotation.recipe import Recipe
from models.annotation.upsampling import enlarge
from models.data.loading import Loaded, load_batches
from models.data.samples import class_tensor, image_tensor, normalise
from models.iou_head.calibrator import Floats
from models.iou_head.uncertainty import mask_uncertainty


@dataclass(frozen=True)
class ImageToScore:
    """An image. `load` gives (H, W, 3) uint8 RGB, upright; it is called once, in a thread. Networks that are fed
    classes need `counts`; the others do not look at them."""

    image_id: str
    load: Callable[[], NDArray[np.uint8]]
    counts: Counts | None = None


@dataclass(frozen=True)
class Reading:
    """What a network made of one image of n decoded objects, before a head judges it.

    Args:
        objects: n, in decoding order, masks at the image's own size.
        statistics: (n, K), see `models.annotation.propose.Seen`.
        reference_ious: (n,) IoU in [0, 1] as the paper's head predicts it.
        uncertainty: (n, 3), see `models.iou_head.uncertainty`.
        features: (D,) float32 of the encoder.
        not_decoded: counted objects beyond the recipe's steps.
        told: whether counts told what there is; else the network found these objects, and may have missed others.
    """

    image_id: str
    objects: tuple[ObjectLabel, ...]
    statistics: Floats
    reference_ious: Floats
    uncertainty: Floats
    features: NDArray[np.float32]
    not_decoded: int
    told: bool = True


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
        InvalidArgument: an image has no counts, and the network needs them.
        InvalidLabel: a count's category is not among `categories`.
    """
    network.eval()
    for batch in batches_to_read(images, recipe, batch_size):
        yield from _read_batch(network, categories, recipe, batch, device)


def batches_to_read(
    images: Iterable[ImageToScore], recipe: Recipe, batch_size: int
) -> Iterator[list[Loaded[ImageToScore]]]:
    """Images at the network's size, those with most objects first, so that a batch's images end together."""

    def steps(item: ImageToScore) -> int:
        return min(item.counts.objects, recipe.steps) if item.counts else 0

    ordered = sorted(images, key=lambda item: (-steps(item), item.image_id))
    return load_batches(ordered, recipe.image_size, batch_size)


def sequences_to_feed(network: AnnotationNetwork, batch: Sequence[Loaded[ImageToScore]]) -> list[tuple[int, ...]]:
    """The category of each counted object of each image; none for networks that find by themselves.

    Raises:
        InvalidArgument: an image has no counts, and the network needs them.
    """
    return [() if network.finds else _sequence(loaded.item) for loaded in batch]


@torch.inference_mode()
def _read_batch(
    network: AnnotationNetwork,
    categories: Sequence[int],
    recipe: Recipe,
    batch: list[Loaded[ImageToScore]],
    device: torch.device,
) -> list[Reading]:
    sequences = sequences_to_feed(network, batch)
    told = class_tensor([sequence[: recipe.steps] for sequence in sequences], categories, device)
    pixels = normalise(image_tensor([loaded.small for loaded in batch], device))
    seen = see(network, recipe, pixels, told, len(categories))
    uncertainty = mask_uncertainty(seen.logits, seen.classes).cpu().double().numpy()
    classes, maps, features = seen.classes.cpu().numpy(), seen.logits.cpu().numpy(), seen.features.cpu().numpy()
    statistics, references = seen.statistics.cpu().double().numpy(), seen.predicted_iou.cpu().double().numpy()
    return [
        Reading(
            loaded.item.image_id,
            tuple(
                ObjectLabel(categories[classes[row, step]], enlarge(maps[row, step], *loaded.size))
                for step in there.nonzero()[0]
            ),
            statistics[row, there],
            references[row, there],
            uncertainty[row, there],
            features[row],
            max(0, len(sequences[row]) - recipe.steps),
            told=not network.finds,
        )
        for row, (loaded, there) in enumerate(zip(batch, classes >= 0, strict=True))
    ]


def _sequence(item: ImageToScore) -> tuple[int, ...]:
    if item.counts is None:
        raise InvalidArgument(f"image {item.image_id} was not counted, and this model must be told what to outline")
    return item.counts.sequence()
