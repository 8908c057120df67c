"""A round's machine work, one operation after another: train, score the pool, measure.

The server does each durably; what comes next is remembered here. So a round whose web server ends stops after the
operation that it was in. The next round learns from all labels again, and nothing is lost.
"""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial

from maskloop.client import Client
from maskloop.errors import Cancelled, FailedPrecondition, InternalError, MaskloopError, NothingToMeasure
from maskloop.values import Operation, OperationKind, OperationState
from maskloop.web.leading import networks

STEPS = (OperationKind.TRAIN, OperationKind.SCORE, OperationKind.EVALUATE)
"""Of a round, in order."""


@dataclass(frozen=True)
class Step:
    """One operation of a round.

    Args:
        kind: what it does.
        state: `pending` until its turn; `skipped` says that there was nothing to do, and `words` why.
        operation_id: "" until it has begun.
        progress: in [0, 1].
        words: how far it is, or why it failed.
    """

    kind: str
    state: str = "pending"
    operation_id: str = ""
    progress: float = 0.0
    words: str = ""


@dataclass(frozen=True)
class RoundStanding:
    """How a round stands: `running`, `succeeded`, `failed` or `cancelled`."""

    project_id: str
    state: str = "running"
    steps: tuple[Step, ...] = field(default_factory=lambda: tuple(Step(kind.value) for kind in STEPS))


class Rounds:
    """Rounds that run, one a project. Threads may share it.

    Args:
        new_id: makes request ids.
    """

    def __init__(self, new_id: Callable[[], str] = lambda: str(uuid.uuid4())) -> None:
        self._new_id = new_id
        self._lock = threading.Lock()
        self._standings: dict[str, RoundStanding] = {}
        self._stopped: set[str] = set()

    def standing(self, project_id: str) -> RoundStanding | None:
        """How the project's latest round stands; `None` where there was none since this program began."""
        with self._lock:
            return self._standings.get(project_id)

    def start(self, client: Client, project_id: str) -> RoundStanding:
        """Begin a round, on behalf of whom `client` speaks for.

        Raises:
            FailedPrecondition: one is running, or nothing can be learnt from yet.
            ProjectNotFound: there is no such project.
        """
        with self._lock:
            before = self._standings.get(project_id)
            if before is not None and before.state == "running":
                raise FailedPrecondition(f"a round of project {project_id} is running", field="round")
            self._standings[project_id] = RoundStanding(project_id)
            self._stopped.discard(project_id)
        try:
            first = self._begin(client, project_id, 0)
        except MaskloopError:
            with self._lock:
                self._forget(project_id, before)
            raise
        name = f"round-{project_id}"
        threading.Thread(target=self._run, args=(client, project_id, first), name=name, daemon=True).start()
        return self._standings[project_id]

    def stop(self, client: Client, project_id: str) -> None:
        """End a round with its current operation, which is cancelled; nothing where none runs."""
        with self._lock:
            standing = self._standings.get(project_id)
            if standing is None or standing.state != "running":
                return
            self._stopped.add(project_id)
        running = next((step.operation_id for step in standing.steps if step.state == "running"), "")
        if running:
            client.cancel_operation(operation_id=running)

    def _forget(self, project_id: str, before: RoundStanding | None) -> None:
        if before is None:
            del self._standings[project_id]
        else:
            self._standings[project_id] = before

    def _run(self, client: Client, project_id: str, first: Operation) -> None:
        version = ""
        for place in range(len(STEPS)):
            try:
                operation = first if place == 0 else self._begin(client, project_id, place, version)
                done = client.wait_operation(operation, partial(self._told, project_id, place))
                version = version or done.result_id
            except NothingToMeasure as error:
                self._set(project_id, place, state="skipped", words=error.message)
            except MaskloopError as error:
                self._end(project_id, place, error)
                return
            except Exception as error:  # a thread's last words must reach somebody
                self._end(project_id, place, InternalError(f"the round ended: {type(error).__name__}"))
                raise
            if project_id in self._stopped:
                self._finish(project_id, "cancelled")
                return
        self._finish(project_id, "succeeded")

    def _begin(self, client: Client, project_id: str, place: int, version: str = "") -> Operation:
        operation = networks.start(client, project_id, STEPS[place], version, self._new_id())
        self._set(project_id, place, state="running", operation_id=operation.id)
        return operation

    def _told(self, project_id: str, place: int, operation: Operation) -> None:
        state = "running" if operation.state is OperationState.PENDING else operation.state.value
        self._set(project_id, place, state=state, progress=operation.progress, words=operation.message)

    def _end(self, project_id: str, place: int, error: MaskloopError) -> None:
        state = "cancelled" if isinstance(error, Cancelled) else "failed"
        self._set(project_id, place, state=state, words=error.message)
        self._finish(project_id, state)

    def _set(self, project_id: str, place: int, **changes: object) -> None:
        with self._lock:
            standing = self._standings[project_id]
            step = replace(standing.steps[place], **changes)  # type: ignore[arg-type]
            steps = (*standing.steps[:place], step, *standing.steps[place + 1 :])
            self._standings[project_id] = replace(standing, steps=steps)

    def _finish(self, project_id: str, state: str) -> None:
        with self._lock:
            self._standings[project_id] = replace(self._standings[project_id], state=state)
