"""What options say in words, as values."""

from __future__ import annotations

import json
import re

from maskloop.errors import InvalidArgument, InvalidBudget
from maskloop.values import DAY_S, Budget, Strategy


def checked_strategy(text: str) -> Strategy:
    """A strategy as the command line spells it.

    Raises:
        InvalidArgument: there is none of that name, or an option of it cannot be.
    """
    strategy = Strategy.parse(text)
    strategy.check()
    return strategy


def recipe_options(recipe: str, option: str) -> dict[str, object]:
    """What follows a recipe's name: `compact,iterations=200` gives iterations 200."""
    pairs = [part.partition("=") for part in recipe.split(",")[1:]]
    wrong = next((name for name, equals, value in pairs if not (name and equals and value)), None)
    if wrong is not None:
        raise InvalidArgument(f"--{option} {recipe!r}: {wrong!r} is not option=value", field=option.replace("-", "_"))
    return {name: _value(text) for name, _, text in pairs}


def _value(text: str) -> object:
    """A number or a truth value where `text` is one, as in JSON."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def seconds_of_workday(text: str) -> float:
    """How long a day is in the other options.

    Raises:
        InvalidBudget: it is no time of up to 24 hours.
    """
    seconds = Budget.parse(text).seconds
    if seconds is None or seconds > DAY_S:
        raise InvalidBudget(f"--workday {text!r} is no time of up to 24h", field="workday")
    return seconds


def number_range(text: str) -> tuple[int, int] | None:
    """`1-8`, or `3` for 3-3; "" is no range."""
    if not text:
        return None
    match = re.fullmatch(r"(\d+)(?:-(\d+))?", text.strip())
    if not match:
        raise InvalidArgument(f"--objects {text!r} is neither a number nor two, as in 1-8", field="objects")
    return int(match[1]), int(match[2] or match[1])
