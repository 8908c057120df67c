"""What stands in a file of JSON, XML or lines, each value checked when it is taken."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from maskloop.errors import InvalidDataset
from maskloop.formats.files import read_text

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element


def read_json(file: Path) -> Any:
    """What a JSON file holds.

    Raises:
        InvalidDataset: it cannot be read, or is no JSON.
    """
    try:
        return json.loads(read_text(file))
    except (ValueError, RecursionError) as error:
        raise InvalidDataset(f"{file} is not JSON: {error}", field=str(file)) from error


def object_at(value: object, what: str) -> Mapping[str, Any]:
    """Raises InvalidDataset where `value` is no JSON object."""
    if not isinstance(value, dict):
        raise InvalidDataset(f"{what} is {_kind(value)}, not an object")
    return value


def list_at(value: object, what: str) -> list[Any]:
    """Raises InvalidDataset where `value` is no list."""
    if not isinstance(value, list):
        raise InvalidDataset(f"{what} is {_kind(value)}, not a list")
    return value


def number_at(value: object, what: str) -> float:
    """Raises InvalidDataset where `value` is no number; texts are read as XML and tables have them."""
    number = math.nan
    if isinstance(value, (int, float, str)) and not isinstance(value, bool):
        with suppress(ValueError, OverflowError):
            number = float(value)
    if not math.isfinite(number):
        raise InvalidDataset(f"{what} is {value!r}, not a finite number")
    return number


def text_at(value: object, what: str) -> str:
    """Raises InvalidDataset where `value` is no text, or blank."""
    if not isinstance(value, str) or not value.strip():
        raise InvalidDataset(f"{what} is {value!r}, not a text")
    return value


def points_at(value: object, what: str) -> list[tuple[float, float]]:
    """Points as lists of [x, y].

    Raises:
        InvalidDataset: they are none.
    """
    pairs = [list_at(point, "a point") for point in list_at(value, what)]
    if any(len(pair) != 2 for pair in pairs):
        raise InvalidDataset("a point of it has not two coordinates")
    return [(number_at(x, "x"), number_at(y, "y")) for x, y in pairs]


def read_lines(file: Path) -> list[str]:
    """The lines of a text file that are not blank.

    Raises:
        InvalidDataset: it cannot be read.
    """
    return [line.strip() for line in read_text(file).splitlines() if line.strip()]


def read_xml(file: Path, tag: str) -> Element:
    """What an XML file holds; entities are not followed.

    Raises:
        InvalidDataset: it cannot be read, is no XML, or does not begin with `tag`.
    """
    from xml.etree.ElementTree import ParseError

    from defusedxml.common import DefusedXmlException
    from defusedxml.ElementTree import fromstring

    try:
        document: Element = fromstring(read_text(file))
    except (ParseError, DefusedXmlException, ValueError) as error:
        raise InvalidDataset(f"{file} is no XML: {error}", field=str(file)) from error
    if document.tag != tag:
        raise InvalidDataset(f"{file} holds <{document.tag}>, not <{tag}>", field=str(file))
    return document


def _kind(value: object) -> str:
    return "missing" if value is None else f"a {type(value).__name__}"
