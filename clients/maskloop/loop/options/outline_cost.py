"""What `--outline-cost` says: seconds of an outlined object, whatever its length or by it."""

from __future__ import annotations

import re

from maskloop.errors import InvalidArgument
from maskloop.values import OUTLINE_BY_LENGTH, OutlinePrice

NUMBER = r"\d+(?:\.\d+)?"


def parse_outline_cost(text: str) -> OutlinePrice:
    """Read `79`, `30+60` (seconds an outline, and seconds a side that it is long) or `length` (`OUTLINE_BY_LENGTH`).

    Raises:
        InvalidArgument: it is none of these, or nothing.
    """
    if text.strip() == "length":
        return OUTLINE_BY_LENGTH
    match = re.fullmatch(rf"\s*({NUMBER})\s*(?:\+\s*({NUMBER})\s*)?", text)
    if not match or not any(float(part or 0) for part in match.groups()):
        raise InvalidArgument(f"--outline-cost {text!r} is none of 79, 30+60, length", field="outline_cost")
    return OutlinePrice(float(match[1]), float(match[2] or 0))
