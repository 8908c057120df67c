"""How many parts a message has, told from its bytes before they become one.

A message of a few MiB may hold millions of empty parts; each takes as much memory as a full one once it is decoded. So
the parts are counted first, where a message is so long that there may be too many of them.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from maskloop.errors import InvalidArgument

MOST_PARTS = 1_000_000
"""Fields that are set in a message and in the messages in it, and numbers in lists of numbers."""
VARINT, BYTES = 0, 2  # wire types
WIDTHS = {1: 8, 5: 4, 3: 0, 4: 0}
"""Bytes of what is of other wire types. The ends of a group have none; what is in it counts as if it stood there."""
LONGEST_NUMBER = 10  # bytes


def check_parts(descriptor: Any, data: bytes) -> None:
    """Refuse a message that has more than `MOST_PARTS` parts.

    Args:
        descriptor: of the message.
        data: its bytes; where they are none of such a message, decoding them says so.

    Raises:
        InvalidArgument: there are too many.
    """
    if len(data) > MOST_PARTS:  # each part has a byte at least
        _Count(data, MOST_PARTS).message(descriptor, 0, len(data))


@cache
def _insides(descriptor: Any) -> dict[int, Any]:
    """The descriptors of a message's fields that are messages, and `None` for those that may be lists of numbers."""
    return {
        field.number: field.message_type
        for field in descriptor.fields
        if field.type not in (field.TYPE_STRING, field.TYPE_BYTES)
    }


class _Count:
    """Walks over a message's bytes. Where they are broken the walk ends, and so will their decoding."""

    def __init__(self, data: bytes, most: int) -> None:
        self._data = data
        self._left = most

    def message(self, descriptor: Any, start: int, end: int) -> None:
        """Count the parts of the message in these bytes."""
        data, insides = self._data, _insides(descriptor)
        place = start
        while place < end:
            key, place = self._number(place, end)
            wire_type = key & 7
            self._take(1)
            if wire_type == BYTES:
                size, place = self._number(place, end)
                number = key >> 3
                if number in insides and size <= end - place:
                    self._inside(insides[number], place, place + size)
                place += size
            elif wire_type == VARINT:
                while place < end and data[place] & 0x80:
                    place += 1
                place += 1
            elif wire_type in WIDTHS:
                place += WIDTHS[wire_type]
            else:
                return

    def _inside(self, descriptor: Any, start: int, end: int) -> None:
        if descriptor is None:
            self._take(end - start)
        elif end > start:
            self.message(descriptor, start, end)

    def _number(self, place: int, end: int) -> tuple[int, int]:
        """The number that begins there, and where it ends."""
        data = self._data
        if place < end and data[place] < 0x80:
            return data[place], place + 1
        value = 0
        for shift, byte in enumerate(data[place : min(place + LONGEST_NUMBER, end)]):
            value |= (byte & 0x7F) << 7 * shift
            if byte < 0x80:
                return value, place + shift + 1
        return 0, end

    def _take(self, parts: int) -> None:
        self._left -= parts
        if self._left < 0:
            raise InvalidArgument(
                f"the request has more than {MOST_PARTS:,} parts (objects, points, numbers and the like); send less "
                "of them at once"
            )
