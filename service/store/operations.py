"""Rows of long work: what was asked, how far it is, what came out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import delete, insert, select, update
from sqlalchemy.engine import Row

from maskloop.errors import OperationNotFound
from maskloop.values import Evaluation, Operation, OperationKind, OperationResult, OperationState, Split
from service.store.database.database import Transaction
from service.store.pagination import Page, PageRequest
from service.store.tables import operations

_UNFINISHED = (OperationState.PENDING.value, OperationState.RUNNING.value)
_RESULT: TypeAdapter[OperationResult | None] = TypeAdapter(OperationResult | None)


@dataclass(frozen=True)
class OperationRecord:
    """An operation and its request, plain JSON."""

    operation: Operation
    request: Mapping[str, Any]


def insert_operation(tx: Transaction, record: OperationRecord) -> None:
    """Add an operation whose id is new."""
    new = {"id": record.operation.id, "request": dict(record.request), **_changing(record)}
    new |= {"project_id": record.operation.project_id, "kind": record.operation.kind.value}
    tx.execute(insert(operations), {**new, "created_at": record.operation.created_at})


def update_operation(tx: Transaction, record: OperationRecord) -> None:
    """Write everything of an operation that may change."""
    tx.execute(update(operations).where(operations.c.id == record.operation.id).values(_changing(record)))


def delete_operation(tx: Transaction, operation_id: str) -> None:
    """Forget an operation."""
    tx.execute(delete(operations).where(operations.c.id == operation_id))


def find_operation(tx: Transaction, operation_id: str) -> OperationRecord | None:
    """Read an operation, `None` if there is none of that id."""
    row = tx.execute(select(operations).where(operations.c.id == operation_id)).one_or_none()
    return None if row is None else _record(row)


def get_operation(tx: Transaction, operation_id: str) -> OperationRecord:
    """Read an operation.

    Raises:
        OperationNotFound: there is none of that id.
    """
    record = find_operation(tx, operation_id)
    if record is None:
        raise OperationNotFound(f"there is no operation {operation_id!r}", field="name")
    return record


def find_unfinished(tx: Transaction, operation_id: str) -> OperationRecord | None:
    """Read an operation that has not ended; `None` if it has, or was deleted since."""
    record = find_operation(tx, operation_id)
    return None if record is None or record.operation.state.has_ended else record


def list_operations(tx: Transaction, project_id: str, page: PageRequest) -> Page[OperationRecord]:
    """Operations of a project ("" for all projects), newest first."""
    query = select(operations)
    if project_id:
        query = query.where(operations.c.project_id == project_id)
    if page.after:
        query = query.where(operations.c.number < page.after_number)
    rows = tx.execute(query.order_by(operations.c.number.desc()).limit(page.size + 1)).all()
    return page.cut([_record(row) for row in rows], [str(row.number) for row in rows])


def evaluations(tx: Transaction, project_id: str, split: Split) -> Iterator[tuple[str, Evaluation]]:
    """(model version, what was measured) of every evaluation of a project on a split that has ended, oldest first."""
    ended = select(operations).where(
        operations.c.project_id == project_id,
        operations.c.kind == OperationKind.EVALUATE.value,
        operations.c.state == OperationState.SUCCEEDED.value,
    )
    for row in tx.execute(ended.order_by(operations.c.number)):
        result = _RESULT.validate_python(row.result)
        if isinstance(result, Evaluation) and result.split is split:
            yield row.result_id, result


def unfinished_operations(tx: Transaction) -> list[OperationRecord]:
    """Operations that have not ended, oldest first."""
    query = select(operations).where(operations.c.state.in_(_UNFINISHED)).order_by(operations.c.number)
    return [_record(row) for row in tx.execute(query)]


def _changing(record: OperationRecord) -> dict[str, Any]:
    operation = record.operation
    return {
        "state": operation.state.value,
        "progress": operation.progress,
        "message": operation.message,
        "eta_s": operation.eta_s,
        "seconds": operation.seconds,
        "result_id": operation.result_id,
        "error_reason": operation.error_reason,
        "error_message": operation.error_message,
        "updated_at": operation.updated_at,
        "result": _RESULT.dump_python(operation.result, mode="json"),
    }


def _record(row: Row[Any]) -> OperationRecord:
    operation = Operation(
        id=row.id,
        project_id=row.project_id,
        kind=OperationKind(row.kind),
        state=OperationState(row.state),
        progress=row.progress,
        message=row.message,
        eta_s=row.eta_s,
        seconds=row.seconds,
        result_id=row.result_id,
        result=_RESULT.validate_python(row.result),
        error_reason=row.error_reason,
        error_message=row.error_message,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )
    return OperationRecord(operation, row.request)
