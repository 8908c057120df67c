"""Recipes' options: each is declared once, with its range beside it, and checked when a recipe is made.

A number says its `Range`, a text its `Words` or, where it is free, the length of its `Text`; a switch needs nothing:

    image_size: Annotated[int, Range(32, 2048, step=32)] = 256
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any, Protocol, Self, TypeVar, get_args, get_type_hints

from maskloop.errors import InvalidConfig
from maskloop.spelling import did_you_mean

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

KINDS: Mapping[type, str] = {bool: "true or false", int: "a whole number", float: "a number", str: "text"}
SHOWN = 100  # characters of a wrong value that its refusal repeats
AnyRecipe = TypeVar("AnyRecipe", bound="DataclassInstance")


class Bound(Protocol):
    """What values of an option may be."""

    def refusal(self, value: Any) -> str:
        """Why it may not be that value of the right type, after "it is ..."; "" where it may."""


@dataclass(frozen=True)
class Range:
    """Numbers from `least` to `most`, both included, and finite.

    Args:
        step: whole numbers are multiples of it; 0 for any.
        zero: whether 0 is taken as well, which then has a meaning of its own.
    """

    least: float
    most: float
    step: int = 0
    zero: bool = False

    def refusal(self, value: Any) -> str:
        """See `Bound`; NaN is in no range."""
        if value == 0 and self.zero:
            return ""
        if not self.least <= value <= self.most:
            step = f", a multiple of {self.step}" if self.step else ""
            return f"; it must be from {self.least:.10g} to {self.most:.10g}{step}" + (", or 0" if self.zero else "")
        return f", not a multiple of {self.step}" if self.step and value % self.step else ""


class Words:
    """One of some words."""

    def __init__(self, *words: str) -> None:
        self.words = words

    def refusal(self, value: Any) -> str:
        """See `Bound`."""
        return "" if value in self.words else f", none of {', '.join(self.words)}{did_you_mean(value, self.words)}"


@dataclass(frozen=True)
class Text:
    """Any text of at most so many characters."""

    most: int

    def refusal(self, value: Any) -> str:
        """See `Bound`."""
        return "" if len(value) <= self.most else f"; it may have {self.most} characters"


Name = Annotated[str, Text(128)]
"""Of a recipe or an encoder; whether there is such an encoder is checked apart, see `models.encoders.names`."""
Weights = Annotated[str, Text(1024)]
"""A name of weights, or a file."""
Share = Annotated[float, Range(0, 1)]
HalfAtMost = Annotated[float, Range(0, 0.5)]
Iterations = Annotated[int, Range(1, 10_000_000)]
IterationsOrNone = Annotated[int, Range(0, 10_000_000)]
"""0 sets no limit, or leaves the number open."""
Warmup = Annotated[int, Range(0, 1_000_000)]
Epochs = Annotated[int, Range(1, 100_000)]
Batch = Annotated[int, Range(1, 1_024)]
Rate = Annotated[float, Range(1e-9, 1e30)]
RateOrNone = Annotated[float, Range(0, 100)]
WeightDecay = Annotated[float, Range(0, 1)]
Clip = Annotated[float, Range(0, 1e6)]
LossWeight = Annotated[float, Range(0, 1e4)]
Side = Annotated[int, Range(32, 2_048, step=32)]
"""Of a square that an encoder sees, pixels."""
Pixels = Annotated[int, Range(1, 8_192)]


@cache
def bounds_of(recipe: type[DataclassInstance]) -> Mapping[str, Bound | None]:
    """What each option may be; `None` for switches, which may be anything of their type.

    Raises:
        TypeError: an option that is no switch declares no bound.
    """
    hints = get_type_hints(recipe, include_extras=True)
    bounds: dict[str, Bound | None] = {}
    for field in dataclasses.fields(recipe):
        declared = [part for part in get_args(hints[field.name])[1:] if isinstance(part, Range | Words | Text)]
        if not declared and hints[field.name] is not bool:
            raise TypeError(f"option {field.name} of {recipe.__name__} declares no bound")
        bounds[field.name] = declared[-1] if declared else None
    return bounds


def check_options(recipe: DataclassInstance) -> None:
    """Check every option of a recipe: it is of its default's type and within what the class declares of it.

    Raises:
        InvalidConfig: an impossible value, named by its field.
    """
    bounds = bounds_of(type(recipe))
    for field in dataclasses.fields(recipe):
        _check(field.name, getattr(recipe, field.name), type(field.default), bounds[field.name])


def check_ascending(recipe: DataclassInstance, *names: str) -> None:
    """Check that these options do not fall, in this order.

    Raises:
        InvalidConfig: one is above the one after it.
    """
    values = [getattr(recipe, name) for name in names]
    for place in range(1, len(names)):
        if values[place - 1] > values[place]:
            raise InvalidConfig(
                f"{names[place - 1]} is {values[place - 1]}, above {names[place]}, which is {values[place]}",
                field=names[place - 1],
            )


def check_iterations(recipe: Any) -> None:
    """Check that `max_iterations`, where it sets a limit, is not below `min_iterations`.

    Raises:
        InvalidConfig: it is.
    """
    if recipe.max_iterations and recipe.max_iterations < recipe.min_iterations:
        raise InvalidConfig(
            f"max_iterations is {recipe.max_iterations}, below min_iterations, which is {recipe.min_iterations}; "
            f"iterations={recipe.max_iterations} sets both",
            field="max_iterations",
        )


def _check(name: str, value: Any, kind: type, bound: Bound | None) -> None:
    right_type = isinstance(value, (int, float) if kind is float else kind)
    if not right_type or (isinstance(value, bool) and kind is not bool):
        raise InvalidConfig(f"recipe option {name} is {_shown(value)}, not {KINDS[kind]}", field=name)
    if refusal := bound.refusal(value) if bound else "":
        raise InvalidConfig(f"recipe option {name} is {_shown(value)}{refusal}", field=name)


def _shown(value: Any) -> str:
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= 10**SHOWN:
        return f"{'-' if value < 0 else ''}a number of more than {SHOWN} digits"
    shown = repr(value)
    return shown if len(shown) <= SHOWN else f"{shown[:SHOWN]}…"


def replace_options(recipe: AnyRecipe, values: Mapping[str, Any]) -> AnyRecipe:
    """The recipe with some values replaced.

    Raises:
        InvalidConfig: an unknown key or an impossible value.
    """
    known = {field.name for field in dataclasses.fields(recipe)}
    for key in values:
        if key not in known:
            near = did_you_mean(key, known | {"iterations"}) or f"; there are {', '.join(sorted(known))}"
            raise InvalidConfig(f"recipe option {_shown(key)} is unknown{near}", field=key[:SHOWN])
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
        raise InvalidConfig(f"recipe {_shown(name)} is none of {', '.join(recipes)}{near}", field="recipe")
    values = dict(overrides)
    if "iterations" in values:
        exact = values.pop("iterations")
        (bound,) = get_args(Iterations)[1:]
        _check("iterations", exact, int, bound)
        values |= {"min_iterations": exact, "max_iterations": exact}
        if hasattr(recipes[name], "epochs"):
            values["epochs"] = 1
    return replace_options(recipes[name], values)
