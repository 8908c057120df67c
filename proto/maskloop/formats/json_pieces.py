"""JSON piece by piece, so that nobody holds the whole text."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

PIECE_BYTES = 256 * 1024


def json_pieces(document: Iterable[tuple[str, object]]) -> Iterator[bytes]:
    """A JSON object as UTF-8 in pieces of at most 256 KiB; together they are what `json.dumps` gives of it.

    Args:
        document: its keys and values, which are asked for as they are written; of lists and iterators, each item.
    """
    held = bytearray()
    for text in _texts(document):
        held += text.encode()
        while len(held) >= PIECE_BYTES:
            yield bytes(held[:PIECE_BYTES])
            del held[:PIECE_BYTES]
    yield bytes(held)


def _texts(document: Iterable[tuple[str, object]]) -> Iterator[str]:
    yield "{"
    for place, (key, value) in enumerate(document):
        yield f"{', ' if place else ''}{json.dumps(key)}: "
        if isinstance(value, (list, Iterator)):
            yield "["
            for number, item in enumerate(value):
                yield f"{', ' if number else ''}{json.dumps(item)}"
            yield "]"
        else:
            yield json.dumps(value)
    yield "}"
