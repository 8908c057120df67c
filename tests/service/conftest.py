from __future__ import annotations

from pathlib import Path

import pytest

from tests.service.desks import Server


@pytest.fixture
def server(tmp_path: Path) -> Server:
    """A server with project `p` of three categories, without images."""
    made = Server(tmp_path)
    made.create_project()
    return made
