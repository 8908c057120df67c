"""What a lead takes home: labels as files, and the budget-cost report."""

from __future__ import annotations

import shutil
import tempfile
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from maskloop.client import Client
from maskloop.errors import InvalidArgument, NotFound
from maskloop.values import SupervisionKind, check_id

MakeReport = Callable[[Client, str, str, Path], None]
"""Writes the report of a project's campaign into a folder: who asks, project, campaign, folder."""
KINDS = (SupervisionKind.FULL, SupervisionKind.BOXES, SupervisionKind.POINTS, SupervisionKind.SCRIBBLES)
"""That files are written of: outlines and boxes as COCO, marks as LabelMe's shapes."""
REPORT_FILES = {"report.html": "text/html", "report.csv": "text/csv", "report.json": "application/json"}
"""Those of a report, with their types."""


@dataclass(frozen=True)
class File:
    """A file to be downloaded: its name, its type, and what is in it."""

    name: str
    type: str
    data: bytes


def export_labels(client: Client, project_id: str, kind: SupervisionKind) -> File:
    """A project's current labels of a kind.

    Raises:
        InvalidArgument: no file is written of labels of that kind.
        ProjectNotFound: there is no such project.
    """
    if kind not in KINDS:
        raise InvalidArgument(f"no file is written of labels of kind {kind}", field="kind")
    form = "coco" if kind in (SupervisionKind.FULL, SupervisionKind.BOXES) else "labelme"
    name = f"{project_id}-{kind}-{form}.json"
    return File(name, "application/json", client.export_labels(project_id=project_id, kind=kind))


class Reports:
    """The latest report of each campaign, in a folder of this program's own. Threads may share it.

    Args:
        make: writes one.
    """

    def __init__(self, make: MakeReport) -> None:
        self._make = make
        self._lock = threading.Lock()
        self._top: Path | None = None

    def write(self, client: Client, project_id: str, campaign_id: str) -> tuple[str, ...]:
        """Write a campaign's report. Returns the names of its files.

        Raises:
            ProjectNotFound, CampaignNotFound: there is none.
        """
        folder = self._folder(project_id, campaign_id)
        with self._lock:
            self._make(client, project_id, campaign_id, folder)
        return tuple(name for name in REPORT_FILES if (folder / name).is_file())

    def read(self, project_id: str, campaign_id: str, name: str) -> File:
        """A file of the latest report.

        Raises:
            NotFound: there is no such file, or no report was written yet.
        """
        folder = self._folder(project_id, campaign_id)
        if name not in REPORT_FILES or not (folder / name).is_file():
            raise NotFound(
                f"there is no {name!r:.40} of campaign {campaign_id} yet: write the report first", field="name"
            )
        return File(f"{project_id}-{campaign_id}-{name}", REPORT_FILES[name], (folder / name).read_bytes())

    def close(self) -> None:
        """Remove all reports."""
        with self._lock:
            if self._top is not None:
                shutil.rmtree(self._top, ignore_errors=True)
                self._top = None

    def _folder(self, project_id: str, campaign_id: str) -> Path:
        """Ids are checked: they become folders."""
        check_id(project_id, "project_id")
        check_id(campaign_id, "campaign_id")
        with self._lock:
            if self._top is None:
                self._top = Path(tempfile.mkdtemp(prefix="maskloop-reports-"))
            return self._top / project_id / campaign_id
