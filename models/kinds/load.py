"""Models of any kind read from their files; apart from their training, which imports what predicting does not need."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import torch

from models.annotation.model import FittedModel
from models.bbam.recipe import FORMAT as OF_BBAM
from models.class_maps.recipe import FORMAT as OF_CLASS_MAPS
from models.encoders.feature_store import NO_STORE, FeatureStore
from models.oeem.recipe import FORMAT as OF_PATCHES
from models.pretrained.model import FittedPretrained
from models.thin.model import FittedDense
from models.training.model_file import model_format
from models.unet_maps.recipe import FORMAT as OF_CLICKS

if TYPE_CHECKING:
    from models.bbam.model import FittedBbam
    from models.class_maps.model import FittedClassMaps
    from models.oeem.model import FittedOeem
    from models.unet_maps.model import FittedUnetMaps

AnyModel: TypeAlias = (
    "FittedModel | FittedPretrained | FittedDense | FittedClassMaps | FittedBbam | FittedOeem | FittedUnetMaps"
)


def load_model(path: Path, device: torch.device, store: FeatureStore = NO_STORE) -> AnyModel:
    """Read a trained model of any kind onto `device`.

    Args:
        store: where it finds features and keeps them, if its encoder is frozen.

    Raises:
        ModelNotFound: there is no file at `path`.
        InvalidArgument: the file is damaged, or no model of ours.
    """
    kinds: tuple[type[FittedPretrained] | type[FittedDense], ...] = (FittedPretrained, FittedDense)
    found = model_format(path)
    for kind in kinds:
        if found == kind.FORMAT:
            return kind.load(path, device).keeping(store)
    if found == OF_CLASS_MAPS:
        from models.class_maps.model import FittedClassMaps  # which needs scipy

        return FittedClassMaps.load(path, device)
    if found == OF_BBAM:
        from models.bbam.model import FittedBbam  # and so do its masks

        return FittedBbam.load(path, device)
    if found == OF_PATCHES:
        from models.oeem.model import FittedOeem  # as well as these

        return FittedOeem.load(path, device)
    if found == OF_CLICKS:
        from models.unet_maps.model import FittedUnetMaps  # as well

        return FittedUnetMaps.load(path, device)
    return FittedModel.load(path, device)
