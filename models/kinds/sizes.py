"""What makes a training smaller; without torch, so that a server can say it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

SIZES = (
    "batch",
    "image_size",
    "longest",
    "input_side",
    "crop",
    "side",
    "tile",
    "train_steps",
    "objects",
    "views",
    "hidden",
    "width",
    "head",
)
"""Options that a training's memory goes by, those first that do most."""
TOLD = 3


def what_to_lower(recipe: Mapping[str, Any]) -> str:
    """The options of a recipe, JSON-ready, that would make its memory smaller: "batch (8) or image_size (256)"."""
    there = [f"{name} ({recipe[name]})" for name in SIZES if recipe.get(name)][:TOLD]
    return " or ".join([", ".join(there[:-1]), there[-1]]) if len(there) > 1 else "".join(there) or "recipe"
