"""The page of one run, served from its process."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from maskloop.web.access import Access
from maskloop.web.app import build
from maskloop.web.run_work import RunWork
from maskloop.web.running.tasks import RunTasks
from maskloop.web.serve import Place, Serving
from maskloop.web.work import for_everybody


@contextmanager
def run_page(tasks: RunTasks, place: Place, access: Access) -> Iterator[str]:
    """The page, from entering to leaving; what is entered is its address.

    Raises:
        FailedPrecondition: it cannot listen there.
        InvalidDataset: what is kept of leases was changed so that it cannot be read.
    """
    with Serving(build(for_everybody(RunWork(tasks)), access, is_run=True), place) as serving:
        yield serving.url
