"""Long work: asked for once, done in steps that survive the process, looked at, waited for, cancelled.

The store says what an operation is and how far it is; `workflows` sees to it that its steps are done after a crash;
the worker does what needs the device. Once the store calls an operation ended it stays so: a step that comes later
finds that and does nothing.
"""

from __future__ import annotations

import hashlib
import logging
import shutil
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import replace
from typing import Any

from maskloop.errors import (
    Aborted,
    Cancelled,
    FailedPrecondition,
    InternalError,
    MaskloopError,
    OperationNotFound,
    StorageFull,
    Unavailable,
)
from maskloop.values import Classifier, ModelVersion, Operation, OperationKind, OperationState
from service.artifacts.data_folder import DataFolder
from service.operations.limits import QueueLimits, check_deadline
from service.operations.progress_rate import Pace
from service.operations.steps.steps import DeviceWork
from service.operations.worker import Worker
from service.operations.workflows import Workflows
from service.store import Database, Transaction
from service.store.audit import add_audit
from service.store.clock import Clock, NewId
from service.store.operations import (
    OperationRecord,
    delete_operation,
    find_operation,
    find_unfinished,
    get_operation,
    insert_operation,
    list_operations,
    unfinished_operations,
    update_operation,
)
from service.store.pagination import Page, PageRequest
from service.store.requests import Request, answer_once, forget_answer

DEADLINE_S = 86_400.0
logger = logging.getLogger(__name__)
Plan = Callable[[Transaction, str], Mapping[str, Any]]


class Operations:
    """All long work of a server.

    Args:
        database: what the server remembers.
        folder: where work in progress lies.
        worker: does what needs the device.
        work: what comes before and after that.
        workflows_url: SQLAlchemy url of the durable workflows' own records.
        executor_id: names this server among those that share these records.
        queue: how many may be unfinished; more are refused.
        deadline_s: seconds that the device may spend on one of them.
        clock: tells the time.
        new_id: makes ids.
    """

    def __init__(
        self,
        *,
        database: Database,
        folder: DataFolder,
        worker: Worker,
        work: DeviceWork,
        workflows_url: str,
        executor_id: str,
        queue: QueueLimits,
        deadline_s: float = DEADLINE_S,
        clock: Clock,
        new_id: NewId,
    ) -> None:
        self._database = database
        self._folder = folder
        self._worker = worker
        self._work = work
        self._queue = queue
        self._deadline_s = deadline_s
        self._clock = clock
        self._new_id = new_id
        self._ends: dict[str, Future[None]] = {}
        self._ending = threading.Lock()
        steps = {"prepare": work.prepare, "compute": self._compute, "finish": self._finish}
        guarded = {name: self._guarded(step) for name, step in steps.items()}
        self._workflows = Workflows(workflows_url, executor_id, {**guarded, "clear": self._clear})

    def open(self) -> None:
        """Begin, with what was left unfinished.

        Raises:
            InvalidConfig: the device cannot be used.
        """
        self._worker.warm()
        self._workflows.launch()
        with self._database.read() as tx:
            unfinished = unfinished_operations(tx)
        for record in unfinished:
            self._workflows.start(record.operation.id)

    def close(self) -> None:
        """Stop; unfinished operations go on when a server opens this data again."""
        self._worker.close()
        self._workflows.close()

    def start(self, asked: Request, kind: OperationKind, project_id: str, plan: Plan) -> Operation:
        """Begin long work, once for each request id.

        Args:
            asked: the call; a repeated one finds the operation that the first one made.
            kind: what is to be done.
            project_id: in which project.
            plan: checks, within the transaction, that the work can be done, and gives its request as JSON; told the id.

        Raises:
            QueueFull: too much work is waiting.
            RequestIdReused: the request id was used for something else.
            MaskloopError: whatever `plan` refuses.
        """

        def insert(name: str = "") -> str:
            operation_id = _id_of(project_id, name or self._new_id())
            self._queue.check([record.operation for record in unfinished_operations(tx)], project_id)
            now = self._clock()
            new = Operation(operation_id, project_id, kind, OperationState.PENDING, created_at=now, updated_at=now)
            insert_operation(tx, OperationRecord(new, plan(tx, operation_id)))
            add_audit(tx, now, asked.method, project_id, subjects={"operation": operation_id})
            return operation_id

        with self._database.write() as tx:
            known_id = answer_once(tx, asked, str, lambda: insert(asked.id), self._clock())
            if find_operation(tx, known_id) is None:  # deleted since, and its workflow will not run again
                forget_answer(tx, project_id, known_id)
                known_id = answer_once(tx, asked, str, insert, self._clock())
            operation = get_operation(tx, known_id).operation
        if not operation.state.has_ended:
            self._workflows.start(known_id)
        return operation

    def get_operation(self, operation_id: str) -> Operation:
        """Read an operation, with its result once it succeeded.

        Raises:
            OperationNotFound: there is none of that id.
        """
        with self._database.read() as tx:
            return get_operation(tx, operation_id).operation

    def list_operations(self, project_id: str = "", page_size: int = 0, page_token: str = "") -> Page[Operation]:
        """Operations of a project ("" for all), newest first."""
        with self._database.read() as tx:
            page = list_operations(tx, project_id, PageRequest.of(page_size, page_token))
        return page.of(lambda record: record.operation)

    def end_of(self, operation_id: str) -> Future[None]:
        """A future that is done when the operation has ended.

        Raises:
            OperationNotFound: there is none of that id.
        """
        with self._ending:
            end = self._ends.setdefault(operation_id, Future())
        try:
            operation = self.get_operation(operation_id)
        except OperationNotFound:
            self._tell_end(operation_id)
            raise
        if operation.state.has_ended:
            self._tell_end(operation_id)
        return end

    def cancel_operation(self, operation_id: str) -> None:
        """End an operation as cancelled; one that has ended already stays as it is.

        Raises:
            OperationNotFound: there is none of that id.
        """
        with self._database.read() as tx:
            get_operation(tx, operation_id)
        self._fail(operation_id, Cancelled("the operation was cancelled"), "CancelOperation")
        self._worker.stop(self._folder.work(operation_id))

    def delete_operation(self, operation_id: str) -> None:
        """Forget an operation that has ended; who repeats the request that began it has it done anew.

        Raises:
            OperationNotFound: there is none of that id.
            FailedPrecondition: it has not ended; cancel it first.
        """
        with self._database.write() as tx:
            operation = get_operation(tx, operation_id).operation
            if not operation.state.has_ended:
                raise FailedPrecondition(f"operation {operation_id} has not ended; cancel it first", field="name")
            delete_operation(tx, operation_id)
            add_audit(tx, self._clock(), "DeleteOperation", operation.project_id, subjects={"operation": operation_id})

    def _guarded(self, step: Callable[[OperationRecord], None]) -> Callable[[str], None]:
        """The step of a workflow: nothing once the operation has ended, and an error ends the operation."""

        def run(operation_id: str) -> None:
            with self._database.read() as tx:
                record = find_unfinished(tx, operation_id)
            if record is None:
                return
            try:
                step(record)
            except (Aborted, Unavailable):  # the store's, which is away: the step is tried again when it is back
                raise
            except MaskloopError as error:
                self._fail(operation_id, error)
            except Exception:
                incident = self._new_id()
                logger.exception("incident %s in operation %s", incident, operation_id)
                self._fail(operation_id, InternalError(f"a fault of the server's; incident {incident}"))

        return run

    def _compute(self, record: OperationRecord) -> None:
        pace = Pace(record.operation.seconds)
        folder = self._folder.work(record.operation.id)

        def on_report(share: float, message: str, seconds: float) -> None:
            if share < 1:
                check_deadline(record.operation.seconds + seconds, self._deadline_s)
            if not pace.is_due(share):
                return
            try:
                self._change(record.operation.id, lambda now: pace.told(now, share, message, seconds))
            except (StorageFull, Unavailable) as error:  # no reason to stop the work
                logger.warning("progress of operation %s is not kept: %s", record.operation.id, error.message)

        try:
            self._worker.run(folder, on_report, record.operation.project_id)
        except (Aborted, Unavailable) as error:  # the job's own
            self._fail(record.operation.id, error)

    def _finish(self, record: OperationRecord) -> None:
        with self._database.write() as tx:
            now = find_unfinished(tx, record.operation.id)
            if now is None:
                return
            result = self._work.finish(tx, now)
            ended = replace(
                now.operation,
                state=OperationState.SUCCEEDED,
                progress=1.0,
                message="done",
                eta_s=0.0,
                result_id=result.id if isinstance(result, ModelVersion | Classifier) else result.model_version,
                result=result,
                updated_at=self._clock(),
            )
            update_operation(tx, replace(now, operation=ended))
        self._tell_end(record.operation.id)

    def _clear(self, operation_id: str) -> None:
        shutil.rmtree(self._folder.work(operation_id), ignore_errors=True)

    def _fail(self, operation_id: str, error: MaskloopError, action: str = "") -> None:
        state = OperationState.CANCELLED if isinstance(error, Cancelled) else OperationState.FAILED

        def failed(operation: Operation) -> Operation:
            return replace(operation, state=state, eta_s=None, error_reason=error.reason, error_message=error.message)

        self._change(operation_id, failed, action)
        self._tell_end(operation_id)

    def _change(self, operation_id: str, change: Callable[[Operation], Operation], action: str = "") -> None:
        """Change an operation that has not ended, nor was deleted since; with an `action`, somebody did."""
        with self._database.write() as tx:
            record = find_unfinished(tx, operation_id)
            if record is not None:
                now = self._clock()
                changed = replace(change(record.operation), updated_at=now)
                update_operation(tx, replace(record, operation=changed))
                if action:
                    add_audit(tx, now, action, changed.project_id, subjects={"operation": operation_id})

    def _tell_end(self, operation_id: str) -> None:
        with self._ending:
            end = self._ends.pop(operation_id, Future())
        end.set_result(None)


def _id_of(project_id: str, request_id: str) -> str:
    """16 hex digits, the same for the same request id, so that a replayed run names its models the same."""
    return hashlib.sha256(f"operation {project_id} {request_id}".encode()).hexdigest()[:16]
