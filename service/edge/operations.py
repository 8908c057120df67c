"""google.longrunning.Operations over the operations."""
# ruff: noqa: D102, N802 - names and behaviour are those of google/longrunning/operations.proto

from __future__ import annotations

import asyncio
from typing import Any

from google.longrunning import operations_pb2 as pb
from google.longrunning.operations_pb2_grpc import OperationsServicer as Base
from google.protobuf.empty_pb2 import Empty

from maskloop.convert import operation_id, operation_to_message
from maskloop.errors import InvalidArgument
from service.edge.limits.desk_threads import DeskThreads, Threaded, answered
from service.edge.pages import page_to_message
from service.operations.operations import Operations

LONGEST_WAIT_S = 300.0
BEFORE_DEADLINE_S = 0.1  # a wait answers this long before its caller gives up
FILTER = "project_id="


class OperationsServicer(Threaded, Base):  # type: ignore[misc]
    """Long work: look, list, wait, cancel, forget."""

    def __init__(self, operations: Operations, threads: DeskThreads) -> None:
        self._operations = operations
        super().__init__(threads)
        self._ends: dict[str, asyncio.Future[None]] = {}

    @answered
    def GetOperation(self, request: pb.GetOperationRequest, context: Any) -> pb.Operation:
        asked = operation_id(request.name)
        operation = self._operations.get_operation(asked)
        return operation_to_message(operation)

    @answered
    def ListOperations(self, request: pb.ListOperationsRequest, context: Any) -> pb.ListOperationsResponse:
        asked = (project_of_filter(request.filter), request.page_size, request.page_token)
        page = self._operations.list_operations(*asked)
        return page_to_message(pb.ListOperationsResponse, "operations", page, operation_to_message)

    async def WaitOperation(self, request: pb.WaitOperationRequest, context: Any) -> pb.Operation:
        asked = operation_id(request.name)
        end = await self._end_of(asked, context)
        await asyncio.wait([end], timeout=_patience_s(request, context))
        operation = await self._threads.call(context, self._operations.get_operation, asked)
        return operation_to_message(operation)

    async def _end_of(self, asked: str, context: Any) -> asyncio.Future[None]:
        """The operation's end, one future for all who wait, so that those who give up leave nothing behind."""
        if asked not in self._ends:
            end = asyncio.wrap_future(await self._threads.call(context, self._operations.end_of, asked))
            self._ends[asked] = end
            end.add_done_callback(lambda _: self._ends.pop(asked, None))
        return self._ends[asked]

    @answered
    def CancelOperation(self, request: pb.CancelOperationRequest, context: Any) -> Empty:
        asked = operation_id(request.name)
        self._operations.cancel_operation(asked)
        return Empty()

    @answered
    def DeleteOperation(self, request: pb.DeleteOperationRequest, context: Any) -> Empty:
        asked = operation_id(request.name)
        self._operations.delete_operation(asked)
        return Empty()


def project_of_filter(text: str) -> str:
    """The project that `project_id=ID` asks for, "" for all.

    Raises:
        InvalidArgument: it asks for something else.
    """
    if text and not text.startswith(FILTER):
        raise InvalidArgument(f"filter {text!r} is not of the form {FILTER}ID", field="filter")
    return text.removeprefix(FILTER).strip('"')


def _patience_s(request: pb.WaitOperationRequest, context: Any) -> float:
    """How long a wait may last: as asked, but never beyond the caller's deadline."""
    asked = request.timeout.ToMilliseconds() / 1000 if request.HasField("timeout") else LONGEST_WAIT_S
    remaining = context.time_remaining()
    within = LONGEST_WAIT_S if remaining is None else remaining - BEFORE_DEADLINE_S
    return max(0.0, min(asked, within, LONGEST_WAIT_S))
