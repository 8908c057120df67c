"""Idempotency: what was answered to which request id, in the transaction of what it changed (AIP-155)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, fields, is_dataclass
from datetime import datetime
from typing import Any, TypeVar

from pydantic import TypeAdapter
from sqlalchemy import bindparam, delete, insert, select

from maskloop.errors import InvalidArgument, RequestIdReused
from service.store.database.database import Transaction
from service.store.tables import requests

MAX_REQUEST_ID = 128
UNKNOWN = ""  # fingerprint of a call that an earlier release took, see migration 0005

NO_PROJECT = ""
"""Of calls that belong to no project, and of those that an earlier release took, see migration 0016."""

T = TypeVar("T")
_FIND = (
    select(requests.c.project_id, requests.c.method, requests.c.fingerprint, requests.c.answer)
    .where(requests.c.request_id == bindparam("request_id"))
    .where(requests.c.project_id.in_((bindparam("project_id"), NO_PROJECT)))
    .order_by(requests.c.project_id.desc())  # its own before what an earlier release took
)
_INSERT = insert(requests)
_ADAPTERS: dict[Any, TypeAdapter[Any]] = {}


@dataclass(frozen=True)
class Request:
    """A call that may come again.

    Args:
        id: the caller's request id, "" for a call that is not repeated.
        method: name of the verb.
        content: everything that was asked for, as values with a faithful `repr`.
        project_id: in which project; ids of different projects have nothing to do with each other.

    Raises:
        InvalidArgument: the id is too long.
    """

    id: str
    method: str
    content: tuple[object, ...]
    project_id: str = NO_PROJECT

    def __post_init__(self) -> None:
        if len(self.id) > MAX_REQUEST_ID:
            raise InvalidArgument(f"request_id has more than {MAX_REQUEST_ID} characters", field="request_id")

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the content, in hex."""
        return hashlib.sha256(_spelled(self.content).encode()).hexdigest()


def answer_once(tx: Transaction, request: Request, answer_type: type[T], do: Callable[[], T], now: datetime) -> T:
    """Do the work of a request the first time, and give the same answer every other time.

    Args:
        tx: the transaction that `do` writes in.
        request: what was asked.
        answer_type: a type pydantic can write as JSON and read back.
        do: the work.
        now: when the answer is recorded.

    Raises:
        RequestIdReused: the id was used for something else.
    """
    if not request.id:
        return do()
    known = _find(tx, request)
    if known is not None:
        told: T = _adapter(answer_type).validate_json(known)
        return told
    answer = do()
    record = {
        "project_id": request.project_id,
        "request_id": request.id,
        "method": request.method,
        "fingerprint": request.fingerprint,
        "answer": _adapter(answer_type).dump_json(answer).decode(),
        "created_at": now,
    }
    tx.execute(_INSERT, record)
    return answer


def forget_answer(tx: Transaction, project_id: str, answer: object) -> None:
    """Forget the requests of a project that were answered so: whoever repeats one has the work done anew."""
    told = _adapter(type(answer)).dump_json(answer).decode()
    tx.execute(delete(requests).where(requests.c.project_id.in_((project_id, NO_PROJECT)), requests.c.answer == told))


def was_asked(tx: Transaction, request: Request) -> bool:
    """Whether the request was answered before.

    Raises:
        RequestIdReused: its id was used for something else.
    """
    return bool(request.id) and _find(tx, request) is not None


def _find(tx: Transaction, request: Request) -> str | None:
    """The answer that was given, as JSON."""
    row = tx.execute(_FIND, {"request_id": request.id, "project_id": request.project_id}).first()
    if row is None:
        return None
    if row.method != request.method or row.fingerprint not in (request.fingerprint, UNKNOWN):
        if row.project_id != request.project_id:  # perhaps another project's
            return None
        raise RequestIdReused(f"request id {request.id} was used for another {row.method}", field="request_id")
    if row.fingerprint == UNKNOWN and _project_of(row.answer) not in ("", request.project_id):
        return None
    return str(row.answer)


def _project_of(answer: str) -> str:
    """The project that an answer names as its own, "" where it names none."""
    told = json.loads(answer)
    return str(told.get("project_id", "")) if isinstance(told, dict) else ""


def _spelled(content: object) -> str:
    """The `repr` of values, mappings in the order of their keys: the wire keeps no order of them. Fields at their
    default are left out, so that a later release, which knows more of them, spells the same call alike."""
    if isinstance(content, Mapping):
        pairs = sorted(f"{_spelled(key)}: {_spelled(value)}" for key, value in content.items())
        return f"{{{', '.join(pairs)}}}"
    if isinstance(content, (tuple, list)):
        return f"({', '.join(map(_spelled, content))})"
    if is_dataclass(content) and not isinstance(content, type):
        told = ((field.name, getattr(content, field.name), field.default) for field in fields(content))
        parts = (f"{name}={_spelled(value)}" for name, value, default in told if default is MISSING or value != default)
        return f"{type(content).__name__}({', '.join(parts)})"
    return repr(content)


def _adapter(answer_type: Any) -> TypeAdapter[Any]:
    """Made once a type: that takes milliseconds."""
    if answer_type not in _ADAPTERS:
        _ADAPTERS[answer_type] = TypeAdapter(answer_type)
    return _ADAPTERS[answer_type]
