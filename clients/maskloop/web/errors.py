"""Errors as browsers hear them: a status, a reason for programs, a sentence for people."""

from __future__ import annotations

import logging
import math
import re
import uuid
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from maskloop.errors import (
    DeadlineExceeded,
    InternalError,
    InvalidArgument,
    MaskloopError,
    NotFound,
    Unavailable,
    reason_of,
)

Document = dict[str, Any]
STATUS: Mapping[str, int] = MappingProxyType(
    {
        "INVALID_ARGUMENT": 400,
        "FAILED_PRECONDITION": 400,
        "UNAUTHENTICATED": 401,
        "PERMISSION_DENIED": 403,
        "NOT_FOUND": 404,
        "ABORTED": 409,
        "ALREADY_EXISTS": 409,
        "RESOURCE_EXHAUSTED": 429,
        "CANCELLED": 499,
        "INTERNAL": 500,
        "UNIMPLEMENTED": 501,
        "UNAVAILABLE": 503,
        "DEADLINE_EXCEEDED": 504,
    }
)
"""HTTP status of each gRPC code, as google/rpc/code.proto maps them."""
TOO_LARGE, TOO_SLOW = 413, 408
UNREACHED: Mapping[type[MaskloopError], str] = MappingProxyType(
    {
        Unavailable: "The Maskloop server cannot be reached just now.",
        DeadlineExceeded: "The Maskloop server has not answered in time.",
    }
)
"""In place of messages that name the server's address, which is nobody's business in a browser."""
_PATH = re.compile(r"(?:\b(?:file|unix):/*|(?<![\w/.:<]))/(?:[^\s/'\",;:]+/)*([^\s/'\",;:]+)")
_log = logging.getLogger(__name__)


def error_document(error: MaskloopError) -> Document:
    """What a browser is told of an error. Of paths on this machine only their last part is."""
    message = UNREACHED.get(type(error), without_paths(error.message))
    return _document(error.reason, message, without_paths(error.field), error.retry_after_s)


def error_response(error: MaskloopError) -> JSONResponse:
    """The answer to a request that an error ended."""
    retry_s = error.retry_after_s
    headers = {} if retry_s is None else {"retry-after": str(max(1, math.ceil(retry_s)))}
    return JSONResponse(error_document(error), STATUS.get(error.code, STATUS["INTERNAL"]), headers)


def too_large(most_bytes: int) -> JSONResponse:
    """The refusal of a body that is larger than is taken."""
    return _refused(TOO_LARGE, f"The request is larger than {most_bytes // 2**20} MiB.")


def too_slow() -> HTTPException:
    """The end of a request that did not come whole."""
    return HTTPException(TOO_SLOW, "The request did not arrive in time.")


def without_paths(text: str) -> str:
    """The text with the last part of each absolute path in place of the path."""
    return _PATH.sub(r"\1", text)


async def answer_error(request: Request, error: Exception) -> Response:
    """Starlette's handler of errors that are Maskloop's own."""
    assert isinstance(error, MaskloopError)
    if isinstance(error, InternalError):
        _log.error("%s %s: %s", request.method, request.url.path, error.message)
    return error_response(error)


async def answer_http_error(request: Request, error: Exception) -> Response:
    """Starlette's handler of its own errors: no such page, no such method."""
    assert isinstance(error, HTTPException)
    if error.status_code == STATUS["NOT_FOUND"]:
        return error_response(NotFound("There is no such page."))
    return _refused(error.status_code, error.detail)


async def answer_fault(request: Request, error: Exception) -> Response:
    """Starlette's handler of everything else: faults of ours, told by a number that the log has too."""
    incident = uuid.uuid4().hex[:12]
    _log.error("incident %s: %s %s", incident, request.method, request.url.path, exc_info=error)
    return error_response(InternalError(f"Something went wrong here; incident {incident}, see the log."))


def _refused(status: int, message: str) -> JSONResponse:
    return JSONResponse(_document(reason_of(InvalidArgument), message), status)


def _document(reason: str, message: str, field: str = "", retry_after_s: float | None = None) -> Document:
    return {"error": {"reason": reason, "message": message, "field": field, "retry_after_s": retry_after_s}}
