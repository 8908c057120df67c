"""Every kind of network behind one face: training by recipe, and what rankings ask of trained models."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from maskloop.errors import FailedPrecondition
from models.annotation import fit as annotation
from models.annotation.mc_dropout import dropout_scores
from models.annotation.model import FittedModel, model_encoder
from models.annotation.recipe import Recipe
from models.bbam import fit as bbam
from models.bbam.model import FittedBbam
from models.bbam.recipe import BbamRecipe
from models.class_maps import fit as class_maps
from models.class_maps.model import FittedClassMaps
from models.class_maps.recipe import ClassMapsRecipe
from models.classification.data import ClassExample
from models.data.samples import Example, ImageToScore
from models.encoders.feature_store import NO_STORE, FeatureStore
from models.encoders.features import encode_images
from models.features.model import FittedOnFeatures
from models.kinds.load import AnyModel
from models.kinds.recipes import AnyRecipe
from models.oeem import fit as oeem
from models.oeem.model import FittedOeem
from models.oeem.recipe import OeemRecipe
from models.pretrained import fit as pretrained
from models.thin import fit as thin
from models.training.cache import NetworkCache
from models.training.loop import Progress
from models.unet_maps import fit as unet_maps
from models.unet_maps.model import FittedUnetMaps
from models.unet_maps.recipe import UnetMapsRecipe

Features = Iterator[tuple[str, NDArray[np.float32]]]


def fit(
    examples: Sequence[Example],
    categories: Sequence[int],
    recipe: AnyRecipe,
    *,
    seed: int,
    device: torch.device,
    checkpoint_dir: Path | None,
    progress: Progress,
    cache: NetworkCache | None = None,
    store: FeatureStore = NO_STORE,
    start: AnyModel | None = None,
    previous: AnyModel | None = None,
    pseudo: Iterable[Example] = (),
    empty: Iterable[Example] = (),
    judged: Iterable[ClassExample] = (),
) -> AnyModel:
    """Train the recipe's kind of network on the labeled images, those with pseudo-labels and empty ones.

    Args:
        start: a model of the same recipe that a warm training goes on from.
        previous: the model that was there before these labels, which gives evidence for the head where the recipe has
            no held-out fit.
        judged: images of which their classes are known, for a network that learns from these. Other arguments and
            errors as `models.annotation.fit.fit` and `models.pretrained.fit.fit`.
    """
    train: Any
    own: dict[str, Any] = {"pseudo": pseudo, "empty": empty}
    if isinstance(recipe, ClassMapsRecipe):
        train, own = class_maps.fit, {"judged": judged}
    elif isinstance(recipe, BbamRecipe):
        train, own = bbam.fit, {"empty": empty}
    elif isinstance(recipe, OeemRecipe):
        train, own = oeem.fit, {"judged": judged}
    elif isinstance(recipe, UnetMapsRecipe):
        train, own = unet_maps.fit, {"empty": empty}
    elif isinstance(recipe, Recipe):
        train, own = annotation.fit, {**own, "start": start.network if isinstance(start, FittedModel) else None}
    else:
        train = thin.fit if thin.suits(examples, recipe) else pretrained.fit
        own = {**own, "store": store, "previous": previous}
    fitted: AnyModel = train(
        examples,
        categories,
        recipe,
        seed=seed,
        device=device,
        checkpoint_dir=checkpoint_dir,
        progress=progress,
        cache=cache,
        **own,
    )
    return fitted


def features_of(
    model: AnyModel, images: Iterable[ImageToScore], *, device: torch.device, batch_size: int, progress: Progress
) -> Features:
    """Ids and features (D,) float32 of images, those of the model's predictions; counts are not looked at."""
    if isinstance(model, FittedOnFeatures):
        return model.features(images, batch_size=batch_size, progress=progress)
    if isinstance(model, FittedBbam):
        return model.features(images, progress=progress)
    if isinstance(model, FittedClassMaps | FittedOeem | FittedUnetMaps):
        return encode_images(model.encoder, images, device=device, batch_size=batch_size, progress=progress)
    return encode_images(model_encoder(model), images, device=device, batch_size=batch_size, progress=progress)


def masks_under_dropout(
    model: AnyModel,
    images: Iterable[ImageToScore],
    *,
    seed: int,
    device: torch.device,
    batch_size: int,
    progress: Progress,
) -> Iterator[tuple[str, float]]:
    """How much each image's masks change under dropout, see `models.annotation.mc_dropout`.

    Raises:
        FailedPrecondition: it is not defined for this kind of network.
    """
    if not isinstance(model, FittedModel):
        raise FailedPrecondition(f"dropout asks how a recurrent network's masks change; {model.recipe.name} is none")
    return dropout_scores(model, images, seed=seed, device=device, batch_size=batch_size, progress=progress)
