"""JSON read strictly: every part knows where it stands, so that a refusal names the place."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from maskloop.errors import InvalidArgument

T = TypeVar("T")
E = TypeVar("E", bound=StrEnum)
MOST_INTEGER = 2**31 - 1
LONGEST_TEXT = 1_000
LONGEST_NAME = 200
MOST_ITEMS = 20_000


@dataclass(frozen=True)
class Part:
    """A part of a document that came from a browser.

    Args:
        value: as JSON has it.
        where: its path, such as `labels[0].content.boxes`; "" of the whole document.
    """

    value: object
    where: str = ""

    @classmethod
    def parse(cls, data: bytes) -> Part:
        """The whole document.

        Raises:
            InvalidArgument: it is no JSON, holds NaN or Infinity, or one name twice in an object.
        """
        try:
            return cls(json.loads(data, parse_constant=_no_number, object_pairs_hook=_once))
        except InvalidArgument:
            raise
        except (ValueError, RecursionError) as error:
            raise InvalidArgument(f"the document is no JSON: {str(error) or 'it is nested too deep'}") from error

    def fields(self, *names: str) -> tuple[Part, ...]:
        """The fields of an object, in the order of the names; it has all of them and no other.

        Raises:
            InvalidArgument: it is no object, lacks a field, or has another.
        """
        if not isinstance(self.value, dict):
            raise self.wrong("an object")
        for name in names:
            if name not in self.value:
                raise InvalidArgument(f"{self._said}: {name} is missing", field=self._below(name))
        for name in self.value:
            if name not in names:
                raise InvalidArgument(f"{self._said}: {name!r:.60} is unknown", field=self.where)
        return tuple(Part(self.value[name], self._below(name)) for name in names)

    def items(self, most: int = MOST_ITEMS) -> tuple[Part, ...]:
        """The items of a list.

        Raises:
            InvalidArgument: it is no list, or has too many.
        """
        if not isinstance(self.value, list):
            raise self.wrong("a list")
        if len(self.value) > most:
            raise InvalidArgument(f"{self._said} has {len(self.value)} items; {most} are the most", field=self.where)
        return tuple(Part(item, f"{self.where}[{place}]") for place, item in enumerate(self.value))

    def exactly(self, number: int) -> tuple[Part, ...]:
        """The items of a list of so many."""
        if not isinstance(self.value, list) or len(self.value) != number:
            raise self.wrong(f"a list of {number}")
        return self.items()

    def text(self, longest: int = LONGEST_TEXT) -> str:
        """A text without NUL and lone surrogates, which neither databases nor the wire take."""
        value = self.value
        if not isinstance(value, str):
            raise self.wrong("a text")
        if len(value) > longest:
            raise InvalidArgument(f"{self._said} has {len(value)} letters; {longest} are the most", field=self.where)
        if "\0" in value or any("\ud800" <= letter <= "\udfff" for letter in value):
            raise InvalidArgument(f"{self._said} holds a letter that cannot be kept", field=self.where)
        return value

    def name(self) -> str:
        """A text with something in it, such as an id."""
        value = self.text(LONGEST_NAME)
        if not value.strip():
            raise InvalidArgument(f"{self._said} is empty", field=self.where)
        return value

    def integer(self, least: int = 0, most: int = MOST_INTEGER) -> int:
        """A whole number within bounds; `true` is none, and 1.5 neither."""
        value = self.value
        if isinstance(value, bool) or not isinstance(value, int):
            raise self.wrong("a whole number")
        if not least <= value <= most:
            raise InvalidArgument(f"{self._said} is {value:.4g}, not within {least} to {most}", field=self.where)
        return value

    def number(self) -> float:
        """A finite number."""
        value = self.value
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self.wrong("a number")
        try:
            number = float(value)
        except OverflowError:
            number = math.inf
        if not math.isfinite(number):
            raise self.wrong("a finite number")
        return number

    def flag(self) -> bool:
        """True or false."""
        if not isinstance(self.value, bool):
            raise self.wrong("true or false")
        return self.value

    def one_of(self, names: type[E]) -> E:
        """A member of an enum, by its value."""
        known = [name.value for name in names]
        if not isinstance(self.value, str) or self.value not in known:
            raise self.wrong(f"one of {', '.join(known)}")
        return names(self.value)

    def maybe(self, read: Callable[[Part], T]) -> T | None:
        """What `read` makes of it, `None` where it is null."""
        return None if self.value is None else read(self)

    def wrong(self, wanted: str) -> InvalidArgument:
        """The refusal of a part that is something else."""
        return InvalidArgument(f"{self._said} is {_shown(self.value)}, not {wanted}", field=self.where)

    @contextmanager
    def named(self) -> Iterator[None]:
        """Refusals of a value that is made of this part tell where it stands."""
        try:
            yield
        except InvalidArgument as error:
            if self.where and error.field.startswith(self.where):
                raise
            raise type(error)(f"{self._said}: {error.message}", field=self.where) from error

    @property
    def _said(self) -> str:
        return self.where or "the document"

    def _below(self, name: str) -> str:
        return f"{self.where}.{name}" if self.where else name


def _shown(value: object) -> str:
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list):
        return f"a list of {len(value)}"
    try:
        return f"{json.dumps(value)[:40]}"
    except ValueError:  # an integer of thousands of digits
        return "a number"


def _no_number(name: str) -> float:
    raise InvalidArgument(f"the document holds {name}, which is no number")


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise InvalidArgument("the document has one name twice in an object")
    return found
