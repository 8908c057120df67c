"""Long work as JSON."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from maskloop.values import Operation

Document = dict[str, Any]


def operation_document(operation: Operation) -> Document:
    """Long work: how far it is, and its result's id or its error. What an evaluation says of each image is left out."""
    return {
        "id": operation.id,
        "project": operation.project_id,
        "kind": operation.kind.value,
        "state": operation.state.value,
        "progress": operation.progress,
        "message": operation.message,
        "eta_s": operation.eta_s,
        "seconds": operation.seconds,
        "result": operation.result_id,
        "error": {"reason": operation.error_reason, "message": operation.error_message},
        "created_at": _seconds(operation.created_at),
        "updated_at": _seconds(operation.updated_at),
    }


def _seconds(moment: datetime | None) -> float | None:
    return None if moment is None else moment.timestamp()
