"""W-OoD: a classifier learns on, with images that hold nothing of its classes, until their features lie apart.

Lee, Oh, Yun, Choe, Kim, Yoon, *Weakly supervised semantic segmentation using out-of-distribution data*, CVPR 2022 (Lee,
*Label-efficient learning for object recognition*, Seoul National University 2023, chapter of W-OoD). What holds nothing
but looks as if it did, such as rails without a train, tells a class from what mostly comes with it.

The defaults are those of the authors' program, which made the published numbers, with two exceptions. It spares OoD
images that it takes for a bottle, which nothing explains: `compat="official"`. And it keeps the weights whose class
maps fit the true masks of the training images best; here nobody has these, and the last weights are kept.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any, ClassVar

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from maskloop.errors import InvalidArgument
from models.classification.data import ClassBatch, ClassExample, Examples, Kept, keep_examples, part_examples
from models.classification.model import FittedClassifier
from models.classification.network import ImageClassifier, build_classifier
from models.classification.recipe import ClassifierRecipe
from models.classification.train import Classification
from models.classification.views import with_longer_side
from models.classification.wood_centres import class_means, image_features, k_means
from models.classification.wood_losses import distance_loss, distances, nearest_pairs, nothing_loss, perturbed
from models.training.cache import NetworkCache
from models.training.determinism import Arithmetic
from models.training.fingerprint import TrainingInputs
from models.training.loop import Progress, part_of, run
from models.training.readings import Readings
from models.training.recipe_options import JsonOptions, LossWeight, Pixels, Range, Share, Words, check_options

VERSION = 2
"""Of centres and losses; raised when a change makes trainings come to other weights."""
CENTRES = 0.1  # of the progress shown
CUT = 2  # of the encoder's four stages, those that do not learn
BOTTLE = 4  # of VOC's classes by their index


@dataclass(frozen=True)
class WoodOptions(JsonOptions, Readings):
    """What the recipe of the classifier does not say.

    Raises:
        InvalidConfig: an impossible value, named by its field.
    """

    clusters: Annotated[int, Range(1, 100_000)] = 50  # K, of OoD images; as many as there are where they are fewer
    nearest: Share = 0.2  # share of OoD centres that features are driven away from
    # these are the nearest pairs of a batch, or ("image", the paper) of each image
    threshold: Annotated[str, Words("batch", "image")] = "batch"
    # L_d is divided by B and K, or ("images", the paper) by B alone
    scale: Annotated[str, Words("pairs", "images")] = "pairs"
    distance_weight: LossWeight = 0.007
    ood_weight: LossWeight = 0.25  # of the loss on OoD images; 1 in the paper
    step: Annotated[float, Range(0, 1_000.0)] = 0.07  # that OoD images are moved by first, normalised; paper: 0
    ood_side: Pixels = 500  # longer side at which OoD images are clustered, pixels
    # "official": OoD images whose likeliest class, once moved, is the fifth count 0, and the sum of the losses on OoD
    # images is divided by the number of the others; "": all count, and their mean is taken
    compat: Annotated[str, Words("", "official")] = ""

    OFFICIAL: ClassVar[Mapping[str, Any]] = {"compat": "official"}
    PAPER: ClassVar[Mapping[str, Any]] = {"threshold": "image", "scale": "images", "ood_weight": 1.0, "step": 0.0}

    def __post_init__(self) -> None:
        check_options(self)


def train_wood(
    classifier: FittedClassifier,
    examples: Iterable[ClassExample],
    options: WoodOptions,
    *,
    seed: int,
    device: torch.device,
    resume_path: Path | None,
    progress: Progress,
    recipe: ClassifierRecipe | None = None,
    cache: NetworkCache | None = None,
) -> FittedClassifier:
    """A copy of a trained classifier whose last two stages and head learnt on; the classifier is left as it was.

    The weights after the last iteration are kept. Nothing is held out, so there are no metrics.

    Args:
        classifier: its encoder can be cut behind its second stage.
        examples: images that hold a category, and OoD images, which hold none; read once. Their order has no
            influence: OoD images are clustered in the order of their ids.
        recipe: of views, batches, rates and iterations; `None` for that of the classifier. BatchNorm uses its running
            statistics whatever it says.
        resume_path, progress, cache: see `models.training.loop.run`.

    Raises:
        InvalidArgument: no example holds a category, or none holds nothing; or the encoder is not the recipe's, or
            cannot be cut.
        InvalidLabel: an example's category is not of the vocabulary.
        FailedPrecondition: the loss is no longer finite.
        StorageFull: a checkpoint cannot be written.
    """
    recipe = recipe or classifier.recipe
    if recipe.encoder != classifier.recipe.encoder:
        raise InvalidArgument(f"the classifier has encoder {classifier.recipe.encoder}, not {recipe.encoder}")
    parted, other = read_examples(examples, classifier.categories, recipe, options)
    if not parted.holding or not parted.empty:
        raise InvalidArgument("W-OoD needs images that hold a category and images that hold none", field="examples")
    network = learning_copy(classifier.network).to(device)
    centres = find_centres(network, parted.holding, other, options, part_of(progress, 0.0, CENTRES))
    task = WoodTraining(network, Classification.settings_of(recipe), parted, recipe, options, *centres)
    iterations, learning = recipe.iterations(len(parted.holding)), part_of(progress, CENTRES, 1.0)
    run(task, iterations, seed, resume_path=resume_path, cache=cache, progress=learning)
    learnt = build_classifier(recipe, len(classifier.categories))
    learnt.load_state_dict(network.state_dict())
    return replace(
        classifier,
        network=learnt.to(device).eval(),
        recipe=recipe,
        seed=seed,
        snapshot=tuple(sorted(item.image_id for item in (*parted.holding, *parted.empty))),
        metrics={"held_out_images": 0.0},
        arithmetic=Arithmetic.of(device),
    )


def read_examples(
    examples: Iterable[ClassExample], categories: Sequence[int], recipe: ClassifierRecipe, options: WoodOptions
) -> tuple[Examples, list[NDArray[np.uint8]]]:
    """Examples at the size that training needs, and the OoD images as they are clustered, by id; read once.

    Of crops, the latter are made of the images as they come: not of what training keeps of them, which may be smaller.

    Raises:
        InvalidLabel: an image holds a category that is not of the vocabulary.
    """
    clustered: dict[str, NDArray[np.uint8]] = {}

    def read() -> Iterator[ClassExample]:
        for example in examples:
            if not example.present and recipe.view == "crop":
                clustered[example.image_id] = with_longer_side(example.pixels, options.ood_side)
            yield example

    parted = part_examples(keep_examples(read(), categories, recipe))
    return parted, [clustered.get(item.image_id, item.image) for item in parted.empty]


def learning_copy(network: ImageClassifier) -> ImageClassifier:
    """A copy in eval mode of which the last two stages and the head learn, and no BatchNorm's statistics.

    Raises:
        InvalidArgument: the encoder cannot be cut.
    """
    made = ImageClassifier(
        copy.deepcopy(network.encoder),
        network.head.out_channels,
        frozen_norm=True,
        output_stride=network.output_stride,
    )
    made.load_state_dict(network.state_dict())
    made.encoder.requires_grad_(False)
    _, late = made.encoder.cut(CUT)
    late.requires_grad_(True)
    return made.eval()


def find_centres(
    network: ImageClassifier,
    holding: Sequence[Kept],
    other: Sequence[NDArray[np.uint8]],
    options: WoodOptions,
    progress: Progress,
) -> tuple[Tensor, Tensor]:
    """(C, D) means of the classes and (K, D) centres of the OoD images, in the network's features.

    Args:
        holding: images that hold something.
        other: OoD images, (H, W, 3) uint8 each, in the order of their ids.
    """
    device = network.head.weight.device
    own = [item.image for item in holding]
    features = image_features(network, [*own, *other], device, progress)
    classes = torch.from_numpy(np.stack([item.classes for item in holding])).to(device)
    clusters = min(options.clusters, len(other))
    return class_means(features[: len(own)], classes), k_means(features[len(own) :], clusters)


@dataclass(frozen=True)
class WoodTraining(Classification):
    """Training on, see `train_wood`.

    Args:
        network: see `learning_copy`.
        class_centres, ood_centres: see `find_centres`; they stay as they are.
    """

    options: WoodOptions
    class_centres: Tensor
    ood_centres: Tensor

    def inputs(self) -> TrainingInputs:
        """As the classifier's, and the options; the centres follow from what else there is."""
        inputs = super().inputs().with_part("wood", VERSION)
        options: dict[str, Any] = {**inputs.options, "wood": self.options.to_dict()}
        return replace(inputs, options=options)

    def loss(self, batch: ClassBatch, done: float) -> Tensor:
        """The classes' loss on images that hold something and on OoD images that were moved, and the distances'."""
        options, network = self.options, self.network
        features = network.features(batch.images[: batch.holding])
        targets = batch.targets[: batch.holding]
        logits: Tensor = network.head(features[:, :, None, None]).flatten(1)
        own = F.binary_cross_entropy_with_logits(logits.float(), targets)
        empty = batch.images[batch.holding :]
        moved = perturbed(network, empty, options.step) if options.step else empty
        official = options.compat == "official"
        other = nothing_loss(network(moved), BOTTLE if official else None)
        if official:
            other = other * (len(empty) / batch.holding)
        return own + options.ood_weight * other + options.distance_weight * self.distance_loss(features, targets)

    def distance_loss(self, features: Tensor, classes: Tensor) -> Tensor:
        """L_d of features (B, D) of images of classes (B, C), at the options' scale."""
        near = nearest_pairs(
            distances(features, self.ood_centres), self.options.nearest, by_image=self.options.threshold == "image"
        )
        loss = distance_loss(features, classes, self.class_centres, self.ood_centres, near)
        return loss / len(self.ood_centres) if self.options.scale == "pairs" else loss
