"""Pictures of cracks as people label them in different ways, and short trainings on these."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from typing import Any

import torch

from maskloop.masks import Mask
from maskloop.values import Box, ObjectLabel, Scribble
from models.data.samples import Example
from models.unet_maps.fit import fit
from models.unet_maps.model import FittedUnetMaps
from models.unet_maps.recipe import UnetMapsRecipe
from tests.models.classification.unet.drawn import CRACK, crack, plain

CPU = torch.device("cpu")
CATEGORIES = (3, CRACK)
RECIPE = UnetMapsRecipe(network="compact", min_iterations=14, max_iterations=14, crop=32, closing=0)
SHORT = replace(RECIPE, min_iterations=2, max_iterations=2, crop=16)


@cache
def outlined(seed: int, size: int = 96) -> Example:
    pixels, mask = crack(seed, size)
    return Example(f"crack-{seed:02}", pixels, (ObjectLabel(CRACK, Mask.from_array(mask)),))


@cache
def pointed(seed: int) -> Example:
    """A point on the crack."""
    (item,) = outlined(seed).objects
    path = Scribble.on(item).path
    return replace(outlined(seed), objects=(), marks=(Scribble(CRACK, (path[len(path) // 2],)),))


def boxed(seed: int) -> Example:
    (item,) = outlined(seed).objects
    return replace(outlined(seed), objects=(), boxes=(Box.around(item),))


def empty(seed: int) -> Example:
    return Example(f"plain-{seed:02}", plain(1000 + seed), ())


def fitted(examples: Sequence[Example], recipe: UnetMapsRecipe = RECIPE, **said: Any) -> FittedUnetMaps:
    told: dict[str, Any] = {"seed": 1, "checkpoint_dir": None, "progress": lambda *_: None, **said}
    return fit(examples, CATEGORIES, recipe, device=CPU, **told)
