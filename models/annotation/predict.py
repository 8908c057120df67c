"""The annotation network outlines the objects of images: from a picture to its prediction.

On its way from its file to the row of a score table an image is, one after the other:

1. `ImageFile`: its file and counts, in the job (service/artifacts/image_file.py);
2. `ImageToScore`: its id, what loads it, and its counts (models/data/samples.py);
3. `Loaded`: pixels at the network's size, and its own size (models/data/loading.py);
4. a row of `Decoded`: the steps' mask logits, classes and states, of a batch (models/annotation/network.py);
5. `Prediction`: proposals, statistics, features, uncertainty (models/predictor.py);
6. `ScoredRow`: the row itself (service/artifacts/score_table.py).

A count-free network decides as RSIS does what counts of its steps (Salvador et al., Recurrent neural networks for
semantic instance segmentation, section 3): a step whose objectness is below a half is passed over, those after it are
not, and masks smaller than a thousandth of the image are dropped. RSIS offers every mask once for each class; here it
is offered for the likeliest class alone, as people are shown it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import torch
from torch import Tensor

from maskloop.values import ImageProposals, ObjectLabel, ObjectProposal
from models.annotation.network import AnnotationNetwork, Decoded
from models.annotation.recipe import Recipe
from models.data.loading import Loaded, load_batches
from models.data.samples import ImageToScore, class_tensor, image_tensor, normalise
from models.data.upsampling import enlarge
from models.iou_head.calibrator import Calibrator, Floats
from models.iou_head.mask_statistics import CONFIDENCE, count_statistics, mask_statistics
from models.iou_head.uncertainty import LARGEST, NAMES, mask_uncertainty
from models.predictor import Prediction, evaluating

SMALLEST = 0.001  # of the image's area
SURENESS = 2  # columns that follow the statistics of a count-free network
NOTHING_COUNTED = 1.0  # score of an image whose counts say that it holds no object
NOTHING_PREDICTED = 0.0  # of one in which a count-free network saw none: if it holds any, all were missed


def predict_images(
    network: AnnotationNetwork,
    categories: Sequence[int],
    recipe: Recipe,
    calibrator: Calibrator,
    images: Iterable[ImageToScore],
    *,
    device: torch.device,
    batch_size: int,
) -> Iterator[Prediction]:
    """Predictions of checked images (`models.predictor.check_images`), those with most objects first.

    Of more objects than the recipe's steps, the first of the sequence are decoded: their sizes are not known.

    Args:
        calibrator: of as many statistics as `statistics_width` says.

    Raises:
        InvalidLabel: the network is count-conditioned, and a count's category is not among `categories`.
    """
    for batch in batches_by_count(images, recipe, batch_size):
        with evaluating(network):
            predictions = _predict_batch(network, categories, recipe, calibrator, batch, device=device)
        yield from predictions


def statistics_width(recipe: Recipe, categories: int) -> int:
    """Columns of the statistics of this recipe's networks, for a vocabulary of that many categories."""
    return count_statistics(categories) + (0 if recipe.needs_counts else SURENESS)


def batches_by_count(
    images: Iterable[ImageToScore], recipe: Recipe, batch_size: int
) -> Iterator[list[Loaded[ImageToScore]]]:
    """Images at the network's size, those with most objects first, so that a batch's images end together."""

    def steps(item: ImageToScore) -> int:
        return min(item.counts.objects, recipe.steps) if item.counts else 0

    ordered = sorted(images, key=lambda item: (-steps(item), item.image_id))
    return load_batches(ordered, recipe.image_size, batch_size)


def counted_sequences(recipe: Recipe, batch: Sequence[Loaded[ImageToScore]]) -> list[tuple[int, ...]]:
    """The category of each counted object of each image; of none for count-free networks."""
    counts = [loaded.item.counts if recipe.needs_counts else None for loaded in batch]
    return [counted.sequence() if counted else () for counted in counts]


def decode_objects(
    network: AnnotationNetwork, recipe: Recipe, images: Tensor, counted: Tensor, vocabulary: int
) -> tuple[Decoded, Tensor, Tensor]:
    """Decode a batch and say which steps are objects.

    Args:
        images: (B, 3, S, S), normalised.
        counted: (B, T) int64 class indices by the images' counts, -1 after the last; count-free networks do not look
            at them.
        vocabulary: number of classes.

    Returns:
        What was decoded; (B, T) int64 class index of each object, -1 where a step is none, not only at the end; and
        (B, T, K) statistics as `mask_statistics` gives them. Of a count-free network two columns follow, both in
        [0, 1]: objectness, and the probability of the class.
    """
    device = images.device.type
    with torch.autocast(device, dtype=torch.bfloat16, enabled=device == "cuda"):
        encoded = network.encode(images)
        if recipe.needs_counts:
            decoded = network.decode(encoded, counted)
        else:
            decoded = network.decode_freely(encoded, recipe.steps, recipe.objectness)
    classes, sureness = (counted, None) if recipe.needs_counts else accepted_objects(decoded, recipe.objectness)
    centres = decoded.dense.centres if decoded.dense else None
    statistics = mask_statistics(decoded.logits, classes, images, centres, vocabulary)
    return decoded, classes, statistics if sureness is None else torch.cat([statistics, sureness], dim=2)


def accepted_objects(decoded: Decoded, least: float) -> tuple[Tensor, Tensor]:
    """Which steps of a count-free network are objects, and how sure it is of them.

    Args:
        least: objectness of an object, in [0, 1].

    Returns:
        (B, T) int64 class indices, -1 for steps that are none; and (B, T, 2) objectness and the class's probability
        in [0, 1], 0 for steps that are none.
    """
    probability, classes = decoded.likeliest()
    objectness = torch.zeros_like(probability) if decoded.objectness is None else decoded.objectness.sigmoid()
    share = (decoded.logits > 0).float().mean(dim=(2, 3))
    accepted = (objectness >= least) & (share >= SMALLEST)
    sureness = torch.stack([objectness, probability], dim=2) * accepted[:, :, None]
    return classes.masked_fill(~accepted, -1), sureness


@torch.inference_mode()
def _predict_batch(
    network: AnnotationNetwork,
    categories: Sequence[int],
    recipe: Recipe,
    calibrator: Calibrator,
    batch: Sequence[Loaded[ImageToScore]],
    *,
    device: torch.device,
) -> list[Prediction]:
    sequences = counted_sequences(recipe, batch)
    counted = class_tensor([sequence[: recipe.steps] for sequence in sequences], categories, device)
    pixels = normalise(image_tensor([loaded.small for loaded in batch], device))
    decoded, classes, statistics = decode_objects(network, recipe, pixels, counted, len(categories))
    doubts = mask_uncertainty(decoded.logits, classes).cpu().double().numpy()
    places, maps, features = classes.cpu().numpy(), decoded.logits.cpu().numpy(), decoded.features.cpu().numpy()
    numbers, references = statistics.cpu().double().numpy(), decoded.predicted_iou.cpu().double().numpy()
    predictions = []
    for row, (loaded, sequence) in enumerate(zip(batch, sequences, strict=True)):
        there = places[row] >= 0
        labels = [
            ObjectLabel(categories[places[row, step]], enlarge(maps[row, step], *loaded.size))
            for step in there.nonzero()[0]
        ]
        left_out = max(0, len(sequence) - recipe.steps)
        predictions.append(
            Prediction(
                _propose(loaded.item, labels, numbers[row, there], calibrator, left_out, counted=recipe.needs_counts),
                numbers[row, there],
                references[row, there],
                features[row],
                _image_uncertainty(doubts[row, there], counted=recipe.needs_counts),
            )
        )
    return predictions


def _propose(
    item: ImageToScore,
    labels: Sequence[ObjectLabel],
    statistics: Floats,
    calibrator: Calibrator,
    left_out: int,
    *,
    counted: bool,
) -> ImageProposals:
    """The objects as the head judges them; the score is the mean over them (Bellver et al., eq. 2)."""
    ious = calibrator.predict(statistics)
    objects = tuple(
        ObjectProposal(label.category_id, label.mask, float(iou), float(confidence))
        for label, iou, confidence in zip(labels, ious, statistics[:, CONFIDENCE], strict=True)
    )
    nothing = NOTHING_COUNTED if counted else NOTHING_PREDICTED
    score = float(ious.mean()) if objects else nothing
    return ImageProposals(item.image_id, "", score, objects, left_out, uncalibrated=not calibrator.is_fitted)


def _image_uncertainty(uncertainty: Floats, *, counted: bool) -> dict[str, float]:
    """Means over the objects' (n, 3); an image that is known to hold none has no mask to doubt."""
    nothing = np.zeros(len(NAMES)) if counted else np.array(LARGEST)
    means = uncertainty.mean(axis=0) if len(uncertainty) else nothing
    return dict(zip(NAMES, means.tolist(), strict=True))
