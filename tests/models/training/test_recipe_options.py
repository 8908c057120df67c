"""Options of recipes: declared once, each with what it may be."""

import dataclasses
import math
from dataclasses import dataclass
from typing import Annotated, Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maskloop.errors import InvalidConfig
from models.classification.wood import WoodOptions
from models.kinds import networks  # noqa: F401 - every kind that trains
from models.kinds.recipes import AnyRecipe
from models.refinement.dsrg.train import DsrgRecipe
from models.training.recipe_options import JsonOptions, Range, Text, Words, bounds_of, check_options, replace_options


def recipes(parent: type[Any] = JsonOptions) -> list[type[Any]]:
    below = [kind for kind in parent.__subclasses__() if kind.__module__.startswith("models.")]
    return [*below, *(deeper for kind in below for deeper in recipes(kind))]


RECIPES: list[Any] = sorted(set(recipes()), key=lambda kind: kind.__name__)


def test_all_kinds_of_recipes_are_looked_at():
    assert {*get_args(AnyRecipe), DsrgRecipe, WoodOptions} <= set(RECIPES)


@pytest.mark.parametrize("kind", RECIPES, ids=lambda kind: kind.__name__)
def test_no_option_of_a_recipe_lacks_a_bound_that_ends(kind):
    for name, bound in bounds_of(kind).items():
        default = getattr(kind(), name)
        if isinstance(default, bool):
            continue
        if isinstance(default, str):
            assert isinstance(bound, Words | Text), name
            assert isinstance(bound, Words) or bound.most <= 1024, name
        else:
            assert isinstance(bound, Range), name
            assert math.isfinite(bound.least), name
            assert math.isfinite(bound.most), name
            assert 0 <= bound.least < bound.most, name
            assert bound.most <= (1e30 if isinstance(default, float) else 1 << 28), name


OPTIONS = [(kind, name) for kind in RECIPES for name in bounds_of(kind)]


@given(st.sampled_from(OPTIONS), st.data())
def test_a_value_is_taken_within_its_range_alone(option, data):
    kind, name = option
    bound, default = bounds_of(kind)[name], getattr(kind(), name)
    value = data.draw(values_like(default, bound))
    made, refused = tried(kind, {name: value})
    if made is None:  # by itself, or beside the other options' defaults
        assert name in refused
        return
    assert type(default) is type(value) or (isinstance(default, float) and isinstance(value, int))
    if isinstance(bound, Range):
        assert bound.least <= value <= bound.most or (bound.zero and value == 0)
        assert not bound.step or value % bound.step == 0
    if isinstance(bound, Words):
        assert value in bound.words
    assert kind.from_dict(made.to_dict()) == made


def tried(kind: type, options: dict[str, object]) -> tuple[JsonOptions | None, str]:
    """The recipe with these options, or why there is none."""
    try:
        return replace_options(kind(), options), ""
    except InvalidConfig as refusal:
        return None, refusal.message


def values_like(default: object, bound: object) -> st.SearchStrategy[object]:
    anything = st.one_of(
        st.integers(), st.floats(), st.text(max_size=8), st.booleans(), st.none(), st.just("x" * 5000), st.just(2**62)
    )
    if isinstance(bound, Range):
        edges = [bound.least, bound.most, bound.most + 1, bound.least - 1, -bound.most, 0]
        if isinstance(default, int):
            near = st.integers(math.ceil(bound.least), math.floor(bound.most))
            return st.one_of(near, st.sampled_from([int(edge) for edge in edges]), anything)
        return st.one_of(st.floats(bound.least, bound.most), st.sampled_from([float(edge) for edge in edges]), anything)
    return st.one_of(st.sampled_from(bound.words), anything) if isinstance(bound, Words) else anything


def test_an_option_without_a_bound_is_a_fault_of_the_program():
    @dataclass(frozen=True)
    class Careless(JsonOptions):
        side: int = 3

    with pytest.raises(TypeError, match="option side of Careless declares no bound"):
        check_options(Careless())


@pytest.mark.parametrize(
    ("value", "refusal"),
    [
        (7, "; it must be from 8 to 64, a multiple of 8, or 0"),
        (12, ", not a multiple of 8"),
        (72, "; it must be from 8 to 64, a multiple of 8, or 0"),
        (math.nan, "; it must be from 8 to 64, a multiple of 8, or 0"),
        (0, ""),
        (64, ""),
    ],
)
def test_a_range_says_what_it_takes(value, refusal):
    assert Range(8, 64, step=8, zero=True).refusal(value) == refusal


def test_a_long_value_is_not_repeated_in_full():
    @dataclass(frozen=True)
    class Named(JsonOptions):
        name: Annotated[str, Text(10)] = ""
        kind: Annotated[str, Words("round", "square")] = "round"

        def __post_init__(self) -> None:
            check_options(self)

    for options in ({"name": "n" * 10_000}, {"kind": "k" * 10_000}, {"k" * 10_000: 1}):
        with pytest.raises(InvalidConfig) as refused:
            replace_options(Named(), options)
        assert len(refused.value.message) < 300
    assert dataclasses.asdict(replace_options(Named(), {"name": "n" * 10})) == {"name": "n" * 10, "kind": "round"}
