"""Enums, times and unset fields, the same for every resource."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, TypeVar

from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp

from maskloop.errors import InvalidArgument
from maskloop.v1 import access_pb2, campaigns_pb2, costs_pb2, labels_pb2, masks_pb2, models_pb2, projects_pb2
from maskloop.values import (
    LONGEST_TEXT,
    Assist,
    CorrectionForm,
    HeadState,
    KindsBasis,
    KindsReason,
    OperationKind,
    OperationState,
    PickState,
    Role,
    SkipReason,
    Split,
    SupervisionKind,
    Verdict,
)

E = TypeVar("E", bound=StrEnum)

# Each enum of the values with its twin on the wire.
WIRE_ENUMS: dict[type[StrEnum], Any] = {
    Split: projects_pb2.Split,
    SupervisionKind: labels_pb2.SupervisionKind,
    SkipReason: campaigns_pb2.SkipReason,
    PickState: campaigns_pb2.PickState,
    OperationKind: models_pb2.OperationKind,
    OperationState: models_pb2.OperationState,
    HeadState: models_pb2.HeadState,
    Assist: campaigns_pb2.Assist,
    Verdict: masks_pb2.Verdict,
    CorrectionForm: costs_pb2.CorrectionForm,
    KindsBasis: campaigns_pb2.KindsBasis,
    KindsReason: campaigns_pb2.KindsReason,
    Role: access_pb2.Role,
}


def enum_to_message(value: StrEnum) -> str:
    """`Split.POOL` -> "SPLIT_POOL"; messages take an enum's name as well as its number."""
    return _prefix(WIRE_ENUMS[type(value)]) + value.name


def enum_from_message(enum_class: type[E], number: int, field: str) -> E:
    """SPLIT_POOL -> `Split.POOL`.

    Raises:
        InvalidArgument: the number is 0 (unset) or none we know.
    """
    wire = WIRE_ENUMS[enum_class]
    if number == 0:
        raise InvalidArgument(f"{field} is required", field=field)
    if number not in wire.values():
        raise InvalidArgument(f"{field} {number} is no {wire.DESCRIPTOR.name} we know", field=field)
    return enum_class[wire.Name(number).removeprefix(_prefix(wire))]


def _prefix(wire: Any) -> str:
    """`SUPERVISION_KIND_`: what every name of the enum begins with, taken from the one at 0."""
    return str(wire.Name(0)).removesuffix("UNSPECIFIED")


def time_to_message(moment: datetime | None) -> Timestamp | None:
    """A moment with its time zone -> Timestamp, `None` -> unset."""
    if moment is None:
        return None
    message = Timestamp()
    message.FromDatetime(moment)
    return message


def time_from_message(message: Any, name: str) -> datetime | None:
    """The Timestamp field `name` of `message` in UTC, to the microsecond; `None` if unset.

    Raises:
        InvalidArgument: it is no time that there is.
    """
    if not message.HasField(name):
        return None
    try:
        return getattr(message, name).ToDatetime(tzinfo=UTC)  # type: ignore[no-any-return]
    except (ValueError, OverflowError) as error:
        raise InvalidArgument(f"{name} is no time: {error}", field=name) from error


def required_time(message: Any, name: str) -> datetime:
    """The Timestamp field `name` of `message`, the epoch if unset."""
    return time_from_message(message, name) or datetime.fromtimestamp(0, UTC)


def duration_to_message(seconds: float) -> Duration:
    """Seconds, to the microsecond."""
    message = Duration()
    message.FromMicroseconds(round(seconds * 1e6))
    return message


def duration_from_message(message: Duration) -> float:
    """Seconds."""
    return float(message.seconds + message.nanos * 1e-9)


def optional(message: Any, name: str) -> Any:
    """The field `name` of `message`, `None` if unset."""
    return getattr(message, name) if message.HasField(name) else None


def check_number(value: float, field: str) -> float:
    """Return `value` when it is a finite number.

    Raises:
        InvalidArgument: it is infinite or not a number.
    """
    if not math.isfinite(value):
        raise InvalidArgument(f"{field} is {value}", field=field)
    return value


def check_text(value: str, field: str) -> str:
    """Return `value` when it is no longer than `LONGEST_TEXT` and holds no NUL character, which some databases cannot
    keep.

    Raises:
        InvalidArgument: it is longer, or holds one.
    """
    if len(value) > LONGEST_TEXT:
        raise InvalidArgument(f"{field} has {len(value):,} characters; at most {LONGEST_TEXT:,} are taken", field=field)
    if "\0" in value:
        raise InvalidArgument(f"{field} holds a NUL character", field=field)
    return value
