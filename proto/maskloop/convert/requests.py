"""Requests as keyword arguments, and back, by reflection.

A request's fields and its verb's arguments have the same names; a `Duration lease` is the argument `lease_s`. Unset
optional fields, messages and enums are `None`; repeated fields are tuples.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Any

from google.protobuf.message import Message

from maskloop.convert import campaigns, costs, labels, models, projects, proposals
from maskloop.convert.scalars import (
    WIRE_ENUMS,
    check_number,
    check_text,
    duration_from_message,
    duration_to_message,
    enum_from_message,
    enum_to_message,
)
from maskloop.errors import InvalidArgument, InvalidPrompt

DURATION = "google.protobuf.Duration"
# Messages that requests carry: how each becomes a value, and a value each.
PARTS: dict[str, tuple[Callable[[Any], Any], Callable[[Any], Any]]] = {
    DURATION: (duration_from_message, duration_to_message),
    "maskloop.v1.Assistance": (campaigns.assistance_from_message, campaigns.assistance_to_message),
    "maskloop.v1.Budget": (campaigns.budget_from_message, campaigns.budget_to_message),
    "maskloop.v1.Category": (projects.category_from_message, projects.category_to_message),
    "maskloop.v1.ImageScore": (models.image_score_from_message, models.image_score_to_message),
    "maskloop.v1.ImageImport": (projects.image_import_from_message, projects.image_import_to_message),
    "maskloop.v1.LabelDraft": (labels.draft_from_message, labels.draft_to_message),
    "maskloop.v1.OutlinePrice": (costs.outline_price_from_message, costs.outline_price_to_message),
    "maskloop.v1.Prompt": (proposals.prompt_from_message, proposals.prompt_to_message),
    "maskloop.v1.ReviewPrices": (costs.review_prices_from_message, costs.review_prices_to_message),
    "maskloop.v1.PseudoLabels": (models.pseudo_from_message, models.pseudo_to_message),
    "maskloop.v1.Strategy": (campaigns.strategy_from_message, campaigns.strategy_to_message),
}
ENUMS: dict[str, type[StrEnum]] = {wire.DESCRIPTOR.full_name: ours for ours, wire in WIRE_ENUMS.items()}


def arguments(message: Message, *required: str) -> dict[str, Any]:
    """The keyword arguments that `message` asks a verb with.

    Args:
        message: a request.
        required: names of arguments that may not be `None` or empty.

    Raises:
        InvalidArgument: a required field is unset, or a field holds something impossible; the error names it.
    """
    named = {_argument(field): _from_field(message, field) for field in message.DESCRIPTOR.fields}
    for name in required:
        if named[name] is None or named[name] in ("", ()):
            raise InvalidArgument(f"{name} is required", field=name)
    return named


def request(message_class: type[Message], **values: Any) -> Any:
    """A request of `message_class` with these arguments; `None` leaves a field unset.

    Raises:
        TypeError: an argument that the request does not have.
    """
    fields = {_argument(field): field for field in message_class.DESCRIPTOR.fields}
    unknown = values.keys() - fields.keys()
    if unknown:
        raise TypeError(f"{message_class.__name__} has no {', '.join(sorted(unknown))}")
    given = {fields[name]: value for name, value in values.items() if value is not None}
    return message_class(**{field.name: _to_field(field, value) for field, value in given.items()})


def _argument(field: Any) -> str:
    is_duration = field.message_type is not None and field.message_type.full_name == DURATION
    return f"{field.name}_s" if is_duration else str(field.name)


def _from_field(message: Message, field: Any) -> Any:
    value = getattr(message, field.name)
    if field.is_repeated:
        return tuple(_numbered(field, item, place) for place, item in enumerate(value))
    if field.has_presence and not message.HasField(field.name):
        return None
    return _from_single(field, value)


def _numbered(field: Any, item: Any, place: int) -> Any:
    """Prompts have no name: errors say which one it is by its place, from 0. An enum in a list may not be left open."""
    if field.enum_type is not None and not item:
        raise InvalidArgument(f"{field.name} {place} is unspecified", field=field.name)
    try:
        return _from_single(field, item)
    except InvalidPrompt as error:
        raise InvalidPrompt(f"prompt {place}: {error.message}", field=error.field) from error


def _from_single(field: Any, value: Any) -> Any:
    if field.message_type is not None:
        return PARTS[field.message_type.full_name][0](value)
    if field.enum_type is not None:
        return enum_from_message(ENUMS[field.enum_type.full_name], value, field.name) if value else None
    if isinstance(value, str):
        return check_text(value, field.name)
    return check_number(value, field.name) if isinstance(value, float) else value


def _to_field(field: Any, value: Any) -> Any:
    return [_to_single(field, item) for item in value] if field.is_repeated else _to_single(field, value)


def _to_single(field: Any, value: Any) -> Any:
    if field.message_type is not None:
        return PARTS[field.message_type.full_name][1](value)
    return enum_to_message(value) if field.enum_type is not None else value
