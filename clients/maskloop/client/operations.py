"""Long work: look at it, follow it, stop it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from google.longrunning import operations_pb2 as pb
from google.longrunning.operations_pb2_grpc import OperationsStub

from maskloop import convert
from maskloop.client.verbs import Verbs
from maskloop.errors import DeadlineExceeded, InternalError, error_classes
from maskloop.values import DAY_S, Operation, OperationState

OPERATIONS_A_PAGE = 50
"""An evaluation tells of every image: a thousand of them would be a large message."""
OOD_CHECK_S = 1.0
"""How long one WaitOperation waits before it tells how far the work is."""


class OperationVerbs(Verbs):
    """`google.longrunning.Operations`."""

    def get_operation(self, *, operation_id: str) -> Operation:
        """Read an operation.

        Raises:
            OperationNotFound: there is none of that id.
        """
        request = pb.GetOperationRequest(name=convert.operation_name(operation_id))
        return convert.operation_from_message(self._wire.call(self._stub(OperationsStub).GetOperation, request))

    def list_operations(self, *, project_id: str = "", page_size: int = OPERATIONS_A_PAGE) -> Iterator[Operation]:
        """Operations of a project ("" for all projects), newest first; so many are asked for at once."""
        method, filter_ = self._stub(OperationsStub).ListOperations, f"project_id={project_id}" if project_id else ""
        pages = self._pages(method, pb.ListOperationsRequest, page_size, filter=filter_)
        return (convert.operation_from_message(item) for page in pages for item in page.operations)

    def cancel_operation(self, *, operation_id: str) -> None:
        """Ask for an operation to be stopped; it ends as cancelled, unless it was done already."""
        request = pb.CancelOperationRequest(name=convert.operation_name(operation_id))
        self._wire.call(self._stub(OperationsStub).CancelOperation, request)

    def wait_operation(
        self,
        operation: Operation,
        progress: Callable[[Operation], None] | None = None,
        timeout_s: float = DAY_S,
    ) -> Operation:
        """Follow an operation to its end and return it with its `result`.

        Args:
            operation: as a verb answered it.
            progress: told how far it is, about once a second.
            timeout_s: how long to wait at most; the work itself goes on afterwards.

        Raises:
            DeadlineExceeded: it has not ended within `timeout_s`.
            MaskloopError: it failed; the class its error names. `Cancelled` if somebody cancelled it.
        """
        until = self._wire.clock() + timeout_s
        while self._wire.clock() < until:
            operation = self._look(operation.id)
            if progress is not None:
                progress(operation)
            if operation.state.has_failed:
                raise error_classes().get(operation.error_reason, InternalError)(operation.error_message)
            if operation.state is OperationState.SUCCEEDED:
                return operation
        raise DeadlineExceeded(f"operation {operation.id} ({operation.kind}) has not ended within {timeout_s:g} s")

    def _look(self, operation_id: str) -> Operation:
        request = pb.WaitOperationRequest(name=convert.operation_name(operation_id))
        request.timeout.FromMilliseconds(round(OOD_CHECK_S * 1000))
        return convert.operation_from_message(self._wire.call(self._stub(OperationsStub).WaitOperation, request))
