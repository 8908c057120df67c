"""Functions that go on after the process was killed: DBOS Transact, on SQLite or PostgreSQL.

DBOS records which steps of a workflow have ended and runs the others again after a restart. It records a step apart
from what the step did, so every step must be idempotent. Only one process may launch it on one database under one
executor id; the server's lock on its data folder sees to that.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping

from dbos import DBOS, DBOSConfig, SetWorkflowID, StepOptions
from sqlalchemy.exc import SQLAlchemyError

from maskloop.errors import Unavailable
from service.store.database.engines import check_url, shown

VERSION = "1"  # of the steps' order; raised when a workflow begun before could not go on with the steps of today
NAME = "run_operation"
RETRIES: StepOptions = {
    "retries_allowed": True,
    "interval_seconds": 1.0,
    "max_attempts": 12,  # half an hour in all, for a database that is away
    "backoff_rate": 2.0,
}
RETRY_AFTER_S = 1.0
WAITING = ("PENDING", "ENQUEUED", "DELAYED")

Step = Callable[[str], None]


class Stopping(BaseException):
    """Ends a step because the server stops. No `Exception`, so that the step counts as not ended and runs again."""


class Workflows:
    """Runs the same steps, in order and once each, for every workflow id.

    Args:
        url: SQLAlchemy url of DBOS's own records.
        executor_id: names this server among those that share the records.
        steps: by name, in order; each is called with the workflow id, again if it raises, and again after a crash.

    Raises:
        InvalidConfig: the url is unreadable, or of another kind of database.
    """

    def __init__(self, url: str, executor_id: str, steps: Mapping[str, Step]) -> None:
        self._place = check_url(url, "workflows_url")
        config: DBOSConfig = {
            "name": "maskloop",
            "system_database_url": url,
            "executor_id": executor_id,
            "application_version": VERSION,
            "log_level": "ERROR",
        }
        DBOS(config=config)
        speaks = logging.getLogger("dbos")  # by the server's log, which hides passwords, and not by its own
        speaks.handlers.clear()
        speaks.propagate = True

        def run(workflow_id: str) -> None:
            for name, step in steps.items():
                DBOS.run_step({"name": name, **RETRIES}, step, workflow_id)

        self._run = DBOS.workflow(name=NAME, max_recovery_attempts=None)(run)

    def launch(self) -> None:
        """Begin, with whatever was left unfinished.

        Raises:
            Unavailable: its records cannot be read.
        """
        speaks = logging.getLogger("dbos")
        speaks.disabled = True  # it would print a traceback; what is wrong is told below
        try:
            DBOS.launch()
        except Exception as error:
            said = " ".join(str(getattr(error, "orig", error)).split())
            raise Unavailable(f"the records of long work, {shown(self._place)}, are not to be had: {said}") from error
        finally:
            speaks.disabled = False

    def start(self, workflow_id: str) -> None:
        """Start a workflow, unless it waits or runs already. One that DBOS has given up is begun again.

        Raises:
            Unavailable: its records cannot be written now, such as on a full disk; it may be started again.
        """
        try:
            self._start(workflow_id)
        except SQLAlchemyError as error:
            raise Unavailable("the records of long work cannot be written now", retry_after_s=RETRY_AFTER_S) from error

    def _start(self, workflow_id: str) -> None:
        status = DBOS.get_workflow_status(workflow_id)
        if status is not None and status.status in WAITING:
            return
        if status is not None:
            DBOS.delete_workflow(workflow_id)
        with SetWorkflowID(workflow_id):
            DBOS.start_workflow(self._run, workflow_id)

    def close(self) -> None:
        """Stop; unfinished workflows go on at the next launch."""
        DBOS.destroy(destroy_registry=True)
