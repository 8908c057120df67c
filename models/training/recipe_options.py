"""Recipes' options: checked by type, choice and range when a recipe is made, and replaced by name."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self, TypeVar

from maskloop.errors import InvalidConfig
from maskloop.spelling import did_you_mean

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

KINDS: Mapping[type, str] = {bool: "true or false", int: "a whole number", float: "a number", str: "text"}
AnyRecipe = TypeVar("AnyRecipe", bound="DataclassInstance")


def check_options(
    recipe: DataclassInstance,
    choices: Mapping[str, tuple[str, ...]],
    may_be_zero: Collection[str],
    most: Mapping[str, float] | None = None,
) -> None:
    """Check every option of a recipe: its default's type; one of its `choices`, where it has some; if a number, finite
    and above zero, or zero where it is of `may_be_zero`, and not above what `most` says of it.

    Raises:
        InvalidConfig: an impossible value, named by its field.
    """
    limits = most or {}
    for field in dataclasses.fields(recipe):
        name, value = field.name, getattr(recipe, field.name)
        _check(name, value, type(field.default), choices, may_be_zero)
        if name in limits and value > limits[name]:
            raise InvalidConfig(f"recipe option {name} is {value!r}; at most {limits[name]:g}", field=name)


def _check(
    name: str, value: Any, kind: type, choices: Mapping[str, tuple[str, ...]], may_be_zero: Collection[str]
) -> None:
    right_type = isinstance(value, (int, float) if kind is float else kind)
    if not right_type or (isinstance(value, bool) and kind is not bool):
        raise InvalidConfig(f"recipe option {name} is {value!r}, not {KINDS[kind]}", field=name)
    if name in choices and value not in choices[name]:
        near = did_you_mean(value, choices[name])
        raise InvalidConfig(f"recipe option {name} is {value!r}, none of {', '.join(choices[name])}{near}", field=name)
    if kind in (int, float) and not (0 <= value <= sys.float_info.max and (value > 0 or name in may_be_zero)):
        least = "0 or more" if name in may_be_zero else "more than 0"
        raise InvalidConfig(f"recipe option {name} is {value!r}; it must be {least}, and finite", field=name)


def replace_options(recipe: AnyRecipe, values: Mapping[str, Any]) -> AnyRecipe:
    """The recipe with some values replaced.

    Raises:
        InvalidConfig: an unknown key or an impossible value.
    """
    known = {field.name for field in dataclasses.fields(recipe)}
    for key in values:
        if key not in known:
            near = did_you_mean(key, known | {"iterations"}) or f"; there are {', '.join(sorted(known))}"
            raise InvalidConfig(f"recipe option {key!r} is unknown{near}", field=key)
    return dataclasses.replace(recipe, **values)


@dataclass(frozen=True)
class JsonOptions:
    """A recipe's options as JSON-ready dicts."""

    def to_dict(self) -> dict[str, Any]:
        """A JSON-ready dict; `from_dict` reads it."""
        return dataclasses.asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """The inverse of `to_dict`.

        Raises:
            InvalidConfig: an unknown key or an impossible value.
        """
        return replace_options(cls(), values)


def find_recipe(recipes: Mapping[str, AnyRecipe], name: str, overrides: Mapping[str, Any]) -> AnyRecipe:
    """The recipe of that name with some values replaced.

    `iterations=N` is short for exactly N iterations, however many labels there are.

    Raises:
        InvalidConfig: an unknown recipe, option, or an impossible value.
    """
    if name not in recipes:
        near = did_you_mean(name, recipes)
        raise InvalidConfig(f"recipe {name!r} is none of {', '.join(recipes)}{near}", field="recipe")
    values = dict(overrides)
    if "iterations" in values:
        exact = values.pop("iterations")
        _check("iterations", exact, int, {}, ())
        values |= {"min_iterations": exact, "max_iterations": exact}
        if hasattr(recipes[name], "epochs"):
            values["epochs"] = 1
    return replace_options(recipes[name], values)
