"""How much masks change under dropout: the baseline that mask-guided selection is compared with.

Bellver et al., *Mask-guided sample selection for semi-supervised instance segmentation*, section 4.3, after Gal and
Ghahramani, *Dropout as a Bayesian approximation*: a dropout layer of p = 0.5 at the end of the encoder, there at test
time only, and five passes. It drops values of the last tap, before anything reads it: seeded networks hardly hear of
the coarsest skip alone. The paper does not say how deviations become an image's score; here it is the standard
deviation of each pixel's probability over the passes, its mean over the pixels, and the mean of these over the steps.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from models.annotation.model import FittedModel
from models.annotation.network import AnnotationNetwork, Encoded
from models.annotation.predict import accepted_objects, batches_by_count, counted_sequences
from models.annotation.recipe import Recipe
from models.data.loading import Loaded
from models.data.samples import ImageToScore, class_tensor, image_tensor, normalise
from models.predictor import check_images, evaluating
from models.training.loop import Progress

LARGEST = 0.5  # standard deviation of what is 0 half of the time and else 1


def dropout_scores(
    model: FittedModel,
    images: Iterable[ImageToScore],
    *,
    seed: int,
    passes: int = 5,
    p: float = 0.5,
    device: torch.device,
    batch_size: int,
    progress: Progress | None = None,
) -> Iterator[tuple[str, float]]:
    """Ids and scores in [0, 0.5], larger where masks change more.

    What is dropped follows from `seed` and the image's id, whatever the batch. An image is encoded once, and all its
    passes are fed the same classes and the same seeds, those of a pass without dropout, so that steps align. An image
    whose counts say that there is nothing scores 0, one in which a count-free model saw nothing the largest, 0.5.

    Args:
        passes: two or more.
        p: share that is dropped, in [0, 1).
        progress: called with the share that is done after every batch; may raise to stop.

    Raises:
        InvalidArgument: an image has no counts and the model needs them, or an id comes twice.
        InvalidLabel: a count's category is not of the model's vocabulary.
    """
    waiting, done = list(images), 0
    check_images(waiting, needs_counts=model.needs_counts)

    def keep(image_id: str, shape: Sequence[int]) -> Tensor:
        return kept_shares(seed, image_id, passes, p, shape)

    for batch in batches_by_count(waiting, model.recipe, batch_size):
        with evaluating(model.network):
            scores = _score_batch(model, batch, keep, device)
        yield from zip((loaded.item.image_id for loaded in batch), scores, strict=True)
        done += len(batch)
        if progress:
            progress(done / len(waiting), f"dropout on {done} of {len(waiting)} images")


@torch.inference_mode()
def _score_batch(
    model: FittedModel,
    batch: Sequence[Loaded[ImageToScore]],
    keep: Callable[[str, Sequence[int]], Tensor],
    device: torch.device,
) -> list[float]:
    network, recipe = model.network, model.recipe
    sequences = [sequence[: recipe.steps] for sequence in counted_sequences(recipe, batch)]
    counted = class_tensor(sequences, model.categories, device)
    pixels = normalise(image_tensor([loaded.small for loaded in batch], device))
    with torch.autocast(device.type, dtype=torch.bfloat16, enabled=device.type == "cuda"):
        taps = network.encoder(pixels)
        steps = _steps(network, recipe, network.prepare(taps), counted)
        kept = torch.stack([keep(loaded.item.image_id, taps[-1].shape[1:]) for loaded in batch], dim=1)
        deviation = _deviation(network, taps, steps, kept.to(device)).mean(dim=(2, 3)) * steps.there
    number, nothing = steps.there.sum(dim=1), 0.0 if model.needs_counts else LARGEST
    scores: list[float] = torch.where(number > 0, deviation.sum(dim=1) / number.clamp(min=1), nothing).tolist()
    return scores


@dataclass(frozen=True)
class _Steps:
    """What all passes are fed: classes (B, T), seeds (B, T, 2) or `None`; and which steps are objects, (B, T) bool."""

    classes: Tensor
    seeds: Tensor | None
    there: Tensor


def _steps(network: AnnotationNetwork, recipe: Recipe, encoded: Encoded, counted: Tensor) -> _Steps:
    if recipe.needs_counts:
        return _Steps(counted, network.decode(encoded, counted).seeds, counted >= 0)
    decoded = network.decode_freely(encoded, recipe.steps, recipe.objectness)
    objects, _ = accepted_objects(decoded, recipe.objectness)
    return _Steps(decoded.likeliest()[1], decoded.seeds, objects >= 0)


def kept_shares(seed: int, image_id: str, passes: int, p: float, shape: Sequence[int]) -> Tensor:
    """What one image's passes multiply its last tap with, (passes, *shape): 0, or 1 / (1 - p) where it is kept."""
    digest = hashlib.sha256(f"{seed}:{image_id}".encode()).digest()
    generator = torch.Generator().manual_seed(int.from_bytes(digest[:8], "big", signed=True))
    return (torch.rand(passes, *shape, generator=generator) >= p).float() / (1 - p)


def _deviation(network: AnnotationNetwork, taps: Sequence[Tensor], steps: _Steps, kept: Tensor) -> Tensor:
    """(B, T, S, S) standard deviation of the maps over the passes of `kept` (passes, B, C, h, w), Welford's way."""
    *finer, last = taps
    mean = squares = torch.zeros((), device=last.device)
    for number, share in enumerate(kept, start=1):
        dropped = network.prepare([*finer, last * share.to(last.dtype)])
        maps = network.decode(dropped, steps.classes, steps.seeds).logits.sigmoid()
        away = maps - mean
        mean = mean + away / number
        squares = squares + away * (maps - mean)
    return (squares / len(kept)).sqrt()
