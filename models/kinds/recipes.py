"""All training recipes by name, of whatever kind of network; without torch, so that a server's desk can check them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from models.annotation.recipe import RECIPES as OF_ANNOTATION
from models.annotation.recipe import Recipe
from models.bbam.recipe import RECIPES as OF_BBAM
from models.bbam.recipe import BbamRecipe
from models.class_maps.recipe import RECIPES as OF_CLASS_MAPS
from models.class_maps.recipe import ClassMapsRecipe
from models.features.recipe import RECIPES as OF_PRETRAINED
from models.features.recipe import PretrainedRecipe
from models.oeem.recipe import RECIPES as OF_PATCHES
from models.oeem.recipe import OeemRecipe
from models.training.recipe_options import find_recipe
from models.unet_maps.recipe import RECIPES as OF_CLICKS
from models.unet_maps.recipe import UnetMapsRecipe

OfClasses = ClassMapsRecipe | OeemRecipe
"""Of networks that learn from the classes that images hold."""
AnyRecipe = Recipe | PretrainedRecipe | OfClasses | BbamRecipe | UnetMapsRecipe
RECIPES: Mapping[str, AnyRecipe] = {
    **OF_PRETRAINED,
    **OF_ANNOTATION,
    **OF_CLASS_MAPS,
    **OF_PATCHES,
    **OF_BBAM,
    **OF_CLICKS,
}


def resolve(name: str, **overrides: Any) -> AnyRecipe:
    """The recipe of that name with some values replaced.

    `iterations=N` is short for exactly N iterations, however many labels there are.

    Raises:
        InvalidConfig: an unknown recipe, option, or an impossible value, or an encoder or weights that are not there.
    """
    recipe = find_recipe(RECIPES, name, overrides)
    recipe.check_encoder()
    return recipe


def recipe_from_dict(values: Mapping[str, Any]) -> AnyRecipe:
    """The inverse of a recipe's `to_dict`.

    Raises:
        InvalidConfig: an unknown key or an impossible value.
    """
    name = values.get("name")
    if name in OF_BBAM:
        return BbamRecipe.from_dict(values)
    if name in OF_CLASS_MAPS:
        return ClassMapsRecipe.from_dict(values)
    if name in OF_PATCHES:
        return OeemRecipe.from_dict(values)
    if name in OF_CLICKS:
        return UnetMapsRecipe.from_dict(values)
    return PretrainedRecipe.from_dict(values) if name in OF_PRETRAINED else Recipe.from_dict(values)
