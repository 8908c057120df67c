from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from service.store.audit import CALLER
from tests.service.desks import Server


@pytest.fixture
def server(tmp_path: Path) -> Server:
    """A server with project `p` of three categories, without images."""
    made = Server(tmp_path)
    made.create_project()
    return made


@pytest.fixture(autouse=True)
def _nobody_calls() -> Iterator[None]:
    """Who called in one test does not call in the next."""
    before = CALLER.get()
    yield
    CALLER.set(before)
