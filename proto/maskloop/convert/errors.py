"""Errors as `google.rpc.Status`, the same for a failed call and for a failed operation (AIP-193)."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from google.protobuf.any_pb2 import Any as Packed
from google.protobuf.message import Message
from google.rpc.code_pb2 import Code
from google.rpc.error_details_pb2 import BadRequest, ErrorInfo, QuotaFailure, RetryInfo
from google.rpc.status_pb2 import Status

from maskloop.convert.scalars import duration_from_message, duration_to_message
from maskloop.errors import BudgetExhausted, InternalError, MaskloopError, error_classes

DOMAIN = "maskloop"
# Statuses travel in HTTP/2 headers; gRPC refuses some of those above 8 KiB at random. A message travels up to three
# times, once percent-encoded and else in base64, so lengths are bytes of the percent-encoded text.
MOST_MESSAGE = 1200
MOST_DETAIL = 300


def error_to_status(error: MaskloopError) -> Status:
    """Code by name, message, and what a program may act on.

    ErrorInfo always; BadRequest names the field, RetryInfo the delay, QuotaFailure the spent budget.
    """
    message = _shortened(error.message, MOST_MESSAGE)
    status = Status(code=Code.Value(error.code), message=message)
    for detail in _details(error, message):
        status.details.add().Pack(detail)
    return status


def _details(error: MaskloopError, message: str) -> list[Message]:
    told = {key: _shortened(value, MOST_DETAIL) for key, value in error.details.items()}
    details: list[Message] = [ErrorInfo(reason=error.reason, domain=DOMAIN, metadata=told)]
    if error.field:
        violation = BadRequest.FieldViolation(field=_shortened(error.field, MOST_DETAIL), description=message)
        details.append(BadRequest(field_violations=[violation]))
    if error.retry_after_s is not None:
        details.append(RetryInfo(retry_delay=duration_to_message(error.retry_after_s)))
    if isinstance(error, BudgetExhausted):
        subject = f"campaign:{told.get('campaign_id', '')}"
        details.append(QuotaFailure(violations=[QuotaFailure.Violation(subject=subject, description=message)]))
    return details


def _shortened(text: str, most: int) -> str:
    if len(text) <= most and len(quote(text)) <= most:
        return text
    kept = text[:most]
    while len(quote(kept)) > most - len(quote("…")):
        kept = kept[: len(kept) * 9 // 10]
    return kept + "…"


def error_from_status(status: Status) -> MaskloopError:
    """The error of the class that ErrorInfo names; `InternalError` when it names none of ours."""
    info = _unpack(status, ErrorInfo) or ErrorInfo()
    bad, retry = _unpack(status, BadRequest), _unpack(status, RetryInfo)
    error_class = error_classes().get(info.reason, InternalError) if info.domain == DOMAIN else InternalError
    error = error_class(
        status.message,
        field=bad.field_violations[0].field if bad and bad.field_violations else "",
        retry_after_s=duration_from_message(retry.retry_delay) if retry else None,
    )
    error.details = dict(info.metadata)
    return error


def _unpack(status: Status, detail_class: type[Message]) -> Any:
    for packed in status.details:
        if isinstance(packed, Packed) and packed.Is(detail_class.DESCRIPTOR):
            detail = detail_class()
            packed.Unpack(detail)
            return detail
    return None
