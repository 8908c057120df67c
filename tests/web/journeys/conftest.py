"""A real server with a network that proposes, and the page before it as `maskloop web` serves it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from maskloop.client import Client
from maskloop.values import Budget, Category, Strategy
from tests.service.processes import ServerProcess
from tests.service.squares import PROMPTED, imports
from tests.web.journeys.chromium import Annotator, chromium

PROJECT, CAMPAIGN = "squares", "week"
POOL = 24
OPEN = "Open "


class PageProcess:
    """`maskloop web` as people start it."""

    def __init__(self, address: str) -> None:
        command = [Path(sys.executable).with_name("maskloop"), "web", "--server", address, "--port", "0", "--no-open"]
        self.process = subprocess.Popen(
            [*map(str, command), "--exit-with-parent"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        line = self.process.stdout.readline()
        assert line.startswith(OPEN), f"the page said {line!r}"
        self.url = line.removeprefix(OPEN).strip()

    def end(self) -> None:
        self.process.stdin.close()
        assert self.process.wait(30) == 0
        self.process.stdout.close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Ends with its file: Playwright has an event loop of its own, and no other may begin meanwhile."""
    with chromium() as made:
        yield made


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    with ServerProcess(tmp_path_factory.mktemp("server")) as made:
        yield made


@pytest.fixture(scope="session")
def client(server: ServerProcess) -> Client:
    """Of a server whose project has a network that has scored the pool."""
    client = server.client
    client.create_project(project_id=PROJECT, categories=[Category(1, "square"), Category(2, "other")])
    client.import_images(project_id=PROJECT, images=imports(8, 1, POOL))
    client.create_campaign(
        project_id=PROJECT, campaign_id=CAMPAIGN, budget=Budget(seconds=36_000), strategy=Strategy("random")
    )
    client.wait_operation(client.train_model(project_id=PROJECT, recipe="pretrained", overrides=PROMPTED))
    client.wait_operation(client.score_pool(project_id=PROJECT))
    return client


@pytest.fixture(scope="session")
def url(server: ServerProcess) -> Iterator[str]:
    page = PageProcess(server.address)
    try:
        yield page.url
    finally:
        page.end()


@pytest.fixture
def person(browser: Any, url: str, tmp_path: Path) -> Iterator[Any]:
    """Makes people by their names, `beside` others in the same browser; nothing may have gone wrong there."""
    made: list[Annotator] = []

    def make(name: str, beside: Annotator | None = None, **more: Any) -> Annotator:
        made.append(Annotator(beside.context if beside else browser, url, name, **more))
        return made[-1]

    yield make
    for each in made:
        each.keep_picture(tmp_path)
    for each in made:
        each.close()
