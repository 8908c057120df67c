"""How a picture is mapped: brought to its size, its classes' probabilities read, its maps made and refined."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from models.class_maps.networks import ClassMapNetworks
from models.class_maps.recipe import ClassMapsRecipe
from models.classification.views import reading_view
from models.data.proportions import brought_to
from models.data.samples import image_tensor, normalise
from models.localization.maps import ClassMaps

Pixels = NDArray[np.uint8]
Asked = Callable[[NDArray[np.float32]], tuple[int, ...]]
"""Probabilities of the classes (C,) in, the class indices to map out."""


@dataclass(frozen=True)
class Mapped:
    """What is made of one image, resized to `pixels` (h, w, 3): maps (n, h, w) of n classes, the probability of each,
    features (D,). `size` is the image's own; `source` the maps before they were refined, `None` without a class."""

    pixels: Pixels
    size: tuple[int, int]
    classes: tuple[int, ...]
    probabilities: tuple[float, ...]
    maps: NDArray[np.float32]
    features: NDArray[np.float32]
    source: ClassMaps | None = None

    @property
    def numbered(self) -> ClassMaps:
        """The maps by their places."""
        whole = torch.from_numpy(self.maps)
        return ClassMaps(tuple(range(len(self.classes))), whole, whole)


def look(networks: ClassMapNetworks, recipe: ClassMapsRecipe, seed: int, pixels: Pixels, asked: Asked) -> Mapped:
    """What an image (H, W, 3) comes to.

    Args:
        networks: in eval mode.
        seed: of the method's draws.
        asked: which classes are mapped.
    """
    probabilities, features = classify(networks, recipe, pixels)
    small = brought_to(pixels, recipe.map_side)
    classes = asked(probabilities)
    maps, source = np.zeros((0, *small.shape[:2]), np.float32), None
    if classes:
        source = unrefined(networks, recipe, seed, small, classes)
        maps = refined(networks, small, source)
    size, likely = (pixels.shape[0], pixels.shape[1]), tuple(float(probabilities[index]) for index in classes)
    return Mapped(small, size, classes, likely, maps, features, source)


def unrefined(
    networks: ClassMapNetworks, recipe: ClassMapsRecipe, seed: int, small: Pixels, classes: Sequence[int]
) -> ClassMaps:
    """The method's maps of a picture at its size."""
    (made,) = networks.method(recipe, seed).maps(networks.classifier, [small], [classes])
    return ClassMaps(made.classes, made.strided.detach(), made.whole.detach())


def refined(networks: ClassMapNetworks, small: Pixels, source: ClassMaps) -> NDArray[np.float32]:
    """(n, h, w) by what has learnt to refine maps; else as they are."""
    if networks.refinement is None:
        return source.whole.float().cpu().numpy()
    with torch.no_grad():
        return networks.refinement.refined(small, source).float().cpu().numpy()


def classify(
    networks: ClassMapNetworks, recipe: ClassMapsRecipe, pixels: Pixels
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Probabilities (C,) and features (D,), of the view that the classifier reads."""
    own, classifier = recipe.of_classifier(), networks.classifier
    square = reading_view(own)(pixels, own.image_size)
    with torch.no_grad():
        last: Tensor = classifier.encoder(normalise(image_tensor([square], networks.device)))[-1].float()
        logits = classifier.head(last).mean(dim=(2, 3))[0]
    return logits.sigmoid().float().cpu().numpy(), last.mean(dim=(2, 3))[0].cpu().numpy()
