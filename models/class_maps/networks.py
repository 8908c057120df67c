"""All that learns for class maps, as one module: a classifier, what refines its maps, pictures that RIB looks at."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor, nn

from models.class_maps.recipe import WITH_OTHERS, ClassMapsRecipe
from models.class_maps.refinements import REFINEMENTS, Refinement
from models.classification.network import ImageClassifier, build_classifier
from models.localization.advcam import AdvCam
from models.localization.cam import Cam
from models.localization.fickle_head import WindowDropout, build_fickle
from models.localization.ficklenet import FickleNet
from models.localization.gradcam import GradCam
from models.localization.maps import MapMethod
from models.localization.rib import Rib
from models.localization.rib_crops import RibCrops
from models.localization.with_rib import WithRib

DROPOUT = WindowDropout()


class ClassMapNetworks(nn.Module):
    """Args:
    classifier: of C classes; for FickleNet, one with its head.
    refinement: of maps; `None` for none that learns.
    others: (n, S, S, 3) uint8 pictures that RIB fits a classifier to besides the one it maps; none for other methods.
    held: (n, C) bool, which classes these hold.
    """

    others: Tensor
    held: Tensor

    def __init__(
        self,
        classifier: ImageClassifier,
        refinement: Refinement | None = None,
        others: Tensor | None = None,
        held: Tensor | None = None,
    ) -> None:
        super().__init__()
        self.classifier, self.refinement = classifier, refinement
        self.register_buffer("others", torch.zeros(0, 1, 1, 3, dtype=torch.uint8) if others is None else others)
        classes = classifier.head.out_channels
        self.register_buffer("held", torch.zeros(0, classes, dtype=torch.bool) if held is None else held)

    @property
    def device(self) -> torch.device:
        """Where it is."""
        return self.classifier.head.weight.device

    def method(self, recipe: ClassMapsRecipe, seed: int) -> MapMethod:
        """The recipe's way of making maps; "auto", of which nobody has chosen yet, is plain CAM.

        Args:
            seed: of draws, where the method has some.
        """
        if recipe.method == "advcam":
            return AdvCam(steps=recipe.advcam_steps)
        if recipe.method == "gradcam":
            return GradCam()
        if recipe.method == "ficklenet":
            return FickleNet(seed=seed, passes=recipe.fickle_passes)
        if recipe.method in WITH_OTHERS:
            rib = self._rib(recipe, seed)
            return rib if recipe.method == "rib" else WithRib(AdvCam(steps=recipe.advcam_steps), rib)
        return Cam()

    def _rib(self, recipe: ClassMapsRecipe, seed: int) -> Rib:
        return Rib(
            others=self._crops(seed),
            redraw=False,
            steps=recipe.rib_steps,
            rate=recipe.rib_rate,
            head_rate=10 * recipe.rib_rate,
        )

    def _crops(self, seed: int) -> RibCrops | None:
        if not len(self.others):
            return None
        side = self.others.shape[1]
        classes = [np.flatnonzero(row).tolist() for row in self.held.cpu().numpy()]
        images = list(self.others.cpu().numpy())
        return RibCrops(images, classes, seed=seed, number=len(images), side=side, shortest=side, longest=side)


def build_networks(recipe: ClassMapsRecipe, classes: int, *, seed: int = 0) -> ClassMapNetworks:
    """The recipe's, with initial weights, on the CPU.

    Args:
        classes: C.

    Raises:
        InvalidConfig, Unavailable: see `models.classification.network.build_classifier`.
    """
    own = recipe.of_classifier()
    if recipe.method == "ficklenet":
        classifier: ImageClassifier = build_fickle(own, classes, DROPOUT, seed=seed)
    else:
        classifier = build_classifier(own, classes, seed=seed)
    learning = REFINEMENTS.get(recipe.refine)
    return ClassMapNetworks(classifier, learning.build(classifier.encoder, classes) if learning else None)


def read_networks(
    recipe: ClassMapsRecipe, classes: int, tensors: Mapping[str, Tensor], device: torch.device
) -> ClassMapNetworks:
    """The recipe's with a state that `state_dict` gave, on `device`, in eval mode."""
    networks = build_networks(recipe, classes)
    networks.others, networks.held = tensors["others"], tensors["held"]
    networks.load_state_dict(dict(tensors))
    return networks.to(device).eval()
