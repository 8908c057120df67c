"""Requests drawn from a message's descriptor: right ones, wrong ones, and bytes that are none.

Ids come from answers: a field gets one that answers told under its name, or, at times, one of another thing.
"""

from __future__ import annotations

import random
import threading
from collections import defaultdict
from typing import Any

from google.protobuf.descriptor import FieldDescriptor as Kind
from google.protobuf.message import Message

DEPTH = 5
MOST_KNOWN = 64
INT32, INT64 = 2**31 - 1, 2**63 - 1
UINT32, UINT64 = 2**32 - 1, 2**64 - 1
REALS = (0.0, -0.0, 0.5, 1.0, -1.0, 79.0, 1e10, 1e308, -1e308, 5e-324, float("nan"), float("inf"), float("-inf"))
WHOLE = (0, 1, 2, 3, 5, 31, 32, 33, 100, 1000, 10_001, -1)
NO_TEXT = "\x01no text\x01"
BROKEN = b"\xff\xfe\xc3(\xa0\xa1\xe2\x28\xf0"  # of the same length, and no UTF-8
TEXTS = (
    "",
    " ",
    "0",
    "-1",
    "null",
    "{}",
    "[]",
    '{"image_size": 1e400}',
    '{"iterations": -1}',
    "[" * 2000,
    '{"a":' * 2000,
    "../../../etc/passwd",
    "file:///etc/passwd",
    "file:relative",
    "\x00",
    "a\x00b",
    "e\u0301\u200b\u202e",
    "\U0001f4a9" * 20,
    "%s%n{0}",
    "'; DROP TABLE labels; --",
    "A" * 64,
    "a" * 129,
    "x" * 20_000,
    "operations/",
    "operations/none",
    "project_id=",
    "mask_guided",
    "random",
    "compact",
    "\ud7ff",
    NO_TEXT,
)
SIGNED = {Kind.TYPE_INT32: INT32, Kind.TYPE_SINT32: INT32, Kind.TYPE_SFIXED32: INT32}
SIGNED |= {Kind.TYPE_INT64: INT64, Kind.TYPE_SINT64: INT64, Kind.TYPE_SFIXED64: INT64}
UNSIGNED = {Kind.TYPE_UINT32: UINT32, Kind.TYPE_FIXED32: UINT32, Kind.TYPE_UINT64: UINT64, Kind.TYPE_FIXED64: UINT64}


class Known:
    """Texts that answers told, by the names of fields that may carry them. Threads may share it.

    Args:
        draw: says which are forgotten where there are too many.
    """

    def __init__(self, draw: random.Random) -> None:
        self._draw = draw
        self._by_name: dict[str, list[str]] = defaultdict(list)
        self._changing = threading.Lock()

    def learn(self, message: Message) -> None:
        """Keep an answer's short texts, ids above all."""
        for field, value in message.ListFields():
            for item in _items(field, value):
                if isinstance(item, Message):
                    self.learn(item)
                elif isinstance(item, str) and 0 < len(item) <= 128:
                    for name in _names(message, field):
                        self._keep(name, item)

    def like(self, name: str, draw: random.Random) -> str:
        """One that a field of that name may carry, "" while none is known."""
        with self._changing:
            known = self._by_name.get(name) or self._by_name.get(name.removesuffix("s")) or [""]
            return draw.choice(known)

    def any(self, draw: random.Random) -> str:
        """Any at all."""
        with self._changing:
            return draw.choice(draw.choice(list(self._by_name.values()) or [[""]]))

    def _keep(self, name: str, text: str) -> None:
        with self._changing:
            known = self._by_name[name]
            if text in known:
                return
            if len(known) < MOST_KNOWN:
                known.append(text)
            else:
                known[self._draw.randrange(MOST_KNOWN)] = text


class Grammar:
    """Draws requests.

    Args:
        draw: where they come from.
        known: ids.
    """

    def __init__(self, draw: random.Random, known: Known) -> None:
        self._draw = draw
        self._known = known
        self.filled: set[str] = set()
        """Full names of the fields that were set."""

    def request(self, empty: Message, examples: list[bytes]) -> bytes:
        """A request of the empty one's class, drawn or made from one of the examples, which were taken once."""
        way = self._draw.random()
        if examples and way < 0.45:
            return self._changed(type(empty), self._draw.choice(examples))
        if way < 0.9:
            self._fill(empty, 0)
            return self._spoilt(_no_utf8(empty.SerializeToString()), 0.1)
        drawn = self._draw.randbytes(self._draw.choice((0, 1, 7, 64, 1000)))
        return self._draw.choice(
            (drawn, _unknown_fields(self._draw), _nested(self._draw.choice((10, 90, 120, 20_000))))
        )

    def _changed(self, message_class: type[Message], example: bytes) -> bytes:
        message = message_class.FromString(example)
        for _ in range(self._draw.choice((0, 1, 1, 1, 2, 4))):
            self._change_one(message)
        data = _no_utf8(message.SerializeToString())
        if self._draw.random() < 0.1:  # a second one of every `oneof`: the last wins
            other = message_class()
            self._fill(other, 1)
            data += _no_utf8(other.SerializeToString())
        return self._spoilt(data, 0.15)

    def _change_one(self, message: Message) -> None:
        """Set one field anew, of this message or of one in it."""
        if not message.DESCRIPTOR.fields:
            return
        field: Any = self._draw.choice(message.DESCRIPTOR.fields)
        inner = [item for item in _items(field, getattr(message, field.name)) if isinstance(item, Message)]
        if inner and self._draw.random() < 0.8:
            self._change_one(self._draw.choice(inner))
            return
        message.ClearField(field.name)
        if self._draw.random() < 0.85:
            self._set(message, field, 1)

    def _spoilt(self, data: bytes, share: float) -> bytes:
        if not data or self._draw.random() > share:
            return data
        place = self._draw.randrange(len(data))
        flipped = bytes([data[place] ^ 1 << self._draw.randrange(8)])
        return self._draw.choice(
            (
                data[:place],
                data[:place] + flipped + data[place + 1 :],
                data + self._draw.randbytes(9),
                data + _unknown_fields(self._draw),
                data + data,
            )
        )

    def _fill(self, message: Message, depth: int) -> None:
        for field in message.DESCRIPTOR.fields:
            if self._draw.random() < (0.75 if depth < DEPTH else 0.1):
                self._set(message, field, depth)

    def _set(self, message: Message, field: Any, depth: int) -> None:
        self.filled.add(field.full_name)
        if field.is_repeated:
            number = self._draw.choice((0, 1, 1, 2, 3)) if depth else self._draw.choice((0, 1, 1, 2, 3, 40))
            for _ in range(number):
                self._add(message, field, depth)
        elif field.message_type is not None:
            inner = getattr(message, field.name)
            inner.SetInParent()
            self._fill(inner, depth + 1)
        else:
            setattr(message, field.name, self._scalar(field))

    def _add(self, message: Message, field: Any, depth: int) -> None:
        items = getattr(message, field.name)
        if field.message_type is not None and field.message_type.GetOptions().map_entry:
            key_field, value_field = (field.message_type.fields_by_name[name] for name in ("key", "value"))
            self.filled |= {key_field.full_name, value_field.full_name}
            key = self._scalar(key_field)
            if value_field.message_type is not None:
                self._fill(items[key], depth + 1)
            else:
                items[key] = self._scalar(value_field)
        elif field.message_type is not None:
            self._fill(items.add(), depth + 1)
        else:
            items.append(self._scalar(field))

    def _scalar(self, field: Any) -> Any:
        kind, draw = field.type, self._draw
        if kind == Kind.TYPE_STRING:
            return self._text(field.name)
        if kind == Kind.TYPE_BYTES:
            return draw.choice(
                (b"", draw.randbytes(40), b"\x89PNG\r\n\x1a\n" + draw.randbytes(60), b"0" * 30, b"o" * 9)
            )
        if kind == Kind.TYPE_BOOL:
            return draw.random() < 0.5
        if kind == Kind.TYPE_ENUM:
            values = [value.number for value in field.enum_type.values]
            return draw.choice((*values, *values, 999, -1, INT32))
        if kind in (Kind.TYPE_DOUBLE, Kind.TYPE_FLOAT):
            single = kind == Kind.TYPE_FLOAT
            return draw.choice([real for real in REALS if not single or abs(real) < 1e38] + [draw.uniform(0, 40)])
        if kind in UNSIGNED:
            return draw.choice((0, 1, 7, 1000, UNSIGNED[kind]))
        most = SIGNED[kind]
        return draw.choice((*WHOLE, *WHOLE, most, -most - 1, most // 2))

    def _text(self, name: str) -> str:
        way = self._draw.random()
        if way < 0.65:
            known = self._known.like(name, self._draw)
            if known:
                return known
        return self._known.any(self._draw) if way < 0.8 else self._draw.choice(TEXTS)


def _items(field: Any, value: Any) -> list[Any]:
    if not field.is_repeated:
        return [value]
    return list(value.values()) if hasattr(value, "values") else list(value)


def _names(message: Message, field: Any) -> set[str]:
    """Names of the fields that may carry a field's text: `Batch.id` goes to `batch_id`, `ModelVersion.id` to
    `model_version`."""
    if field.name != "id":
        return {field.name}
    kind = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in message.DESCRIPTOR.name).lstrip(
        "_"
    )
    return {"id", kind, f"{kind}_id"}


def _no_utf8(data: bytes) -> bytes:
    return data.replace(NO_TEXT.encode(), BROKEN)


def _unknown_fields(draw: random.Random) -> bytes:
    """Fields that no message has: a varint, eight bytes, a text, an empty group."""
    number = draw.choice((500, 20_000, 536_870_911))
    return b"".join(
        (
            _varint(number << 3) + _varint(draw.randrange(2**64)),
            _varint(number << 3 | 1) + draw.randbytes(8),
            _varint(number << 3 | 2) + _varint(5) + draw.randbytes(5),
            _varint(number << 3 | 3) + _varint(number << 3 | 4),
        )
    )


def _nested(depth: int) -> bytes:
    """Groups in groups, deeper than parsers go."""
    return _varint(500 << 3 | 3) * depth + _varint(500 << 3 | 4) * depth


def _varint(value: int) -> bytes:
    digits = bytearray()
    while value >= 128:
        digits.append(value & 127 | 128)
        value >>= 7
    return bytes((*digits, value))
