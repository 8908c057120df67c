"""The server of a run, for a moment: that of the process that works on it, or one started over what it left."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from types import TracebackType

from maskloop.address import Endpoint
from maskloop.client import Client, Retry
from maskloop.client.local_server import LocalServer
from maskloop.datasets.projects import read_marks, read_project
from maskloop.errors import FailedPrecondition, ProjectNotFound
from maskloop.formats.datasets import Dataset
from maskloop.loop.arms import arm_names
from maskloop.loop.options import Options
from maskloop.loop.options.kept_run import kept_run_id
from maskloop.loop.options.run_file import DEMO_FOLDER, SERVER_FOLDER
from maskloop.loop.planning.dry_run import data_of
from maskloop.loop.workdir.lock import is_worked_on
from maskloop.values import Image, SupervisionKind

PATIENCE_S = 10.0


class RunServer:
    """A client of the server that has the run in WORKDIR.

    Args:
        workdir: the run's folder.
        options: that the run goes by.

    Raises:
        FailedPrecondition: the run has nothing on a server yet.
    """

    def __init__(self, workdir: Path, options: Options) -> None:
        self._workdir = workdir
        self._options = options
        self._stack = ExitStack()
        self.data = data_of(options, workdir / DEMO_FOLDER)
        self._project_id = arm_names(options, self.data, kept_run_id(workdir))[0].project_id

    def __enter__(self) -> RunServer:
        try:
            endpoint = self._options.endpoint() or Endpoint(self._local_address())
            self._client = self._stack.enter_context(Client.at(endpoint, retry=Retry(patience_s=PATIENCE_S)))
        except BaseException:
            self._stack.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def labels(self) -> tuple[Dataset, dict[str, Image]]:
        """The run's labels as a data set, and its images by file name.

        Raises:
            FailedPrecondition: it has brought no image in yet.
        """
        try:
            return read_project(self._client, self._project_id)
        except ProjectNotFound:
            raise FailedPrecondition(f"the run in {self._workdir} has no label yet", field="workdir") from None

    def marks(self) -> dict[SupervisionKind, bytes]:
        """The run's points and scribbles, as `read_marks` gives them."""
        return read_marks(self._client, self._project_id)

    def _local_address(self) -> str:
        local = LocalServer(self._workdir, "cpu", lambda _: None)
        if is_worked_on(self._workdir):
            return local.address
        if not (self._workdir / SERVER_FOLDER).is_dir():
            raise FailedPrecondition(f"the run in {self._workdir} has no label yet", field="workdir")
        return self._stack.enter_context(local).address
