"""The page's application before a real server in this process: gRPC on a socket, SQLite and files below it."""

from __future__ import annotations

import io
import itertools
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image as Picture
from starlette.testclient import TestClient

from maskloop.client import Client, Retry
from maskloop.values import ImageImport, Split
from maskloop.web.access import Access
from maskloop.web.app import build
from maskloop.web.server_work import ServerWork
from maskloop.web.work import for_everybody
from tests.service.wire import Edge

HERE = "http://127.0.0.1:8765"
OURS = {"X-Maskloop": "1"}
WIDTH, HEIGHT = 70, 50
LEASE = {"campaign": "", "kind": "", "images": 2}
_numbers = itertools.count()


def photo(seed: int, width: int = WIDTH, height: int = HEIGHT) -> bytes:
    """A PNG of noise."""
    file = io.BytesIO()
    pixels = np.random.default_rng(seed).integers(0, 255, (height, width, 3), dtype=np.uint8)
    Picture.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


class Browser:
    """One browser: it keeps its cookies, and sends what a page of ours sends."""

    def __init__(self, app: Any, name: str = "", address: str = HERE) -> None:
        self.http = TestClient(app, base_url=address, follow_redirects=False)
        if name:
            assert self.post("/api/me", {"annotator": name}).status_code == 200

    def get(self, path: str, **more: Any) -> Any:
        return self.http.get(path, **more)

    def post(self, path: str, body: object, **more: Any) -> Any:
        return self.http.post(path, json=body, **{"headers": OURS, **more})


class Page:
    """A project of its own on the server that all tests of a file share, and the page before it."""

    def __init__(self, client: Client, stack: ExitStack) -> None:
        self.client = client
        self.project = f"p{next(_numbers)}"
        self.path = f"/api/projects/{self.project}"
        self._stack = stack
        client.create_project(project_id=self.project, categories=["crack", "rust"], display_name="Bridges")

    def import_images(self, number: int, split: Split = Split.POOL) -> list[str]:
        images = [ImageImport(f"{split}{place}.png", split, data=photo(place)) for place in range(number)]
        return [image.id for image in self.client.import_images(project_id=self.project, images=images)]

    def app(self, access: Access | None = None, **options: Any) -> Any:
        app = build(for_everybody(ServerWork(self.client)), access or Access(), **options)
        self._stack.enter_context(TestClient(app))  # its beginning and its end
        return app

    def browser(self, name: str = "ann", **options: Any) -> Browser:
        return Browser(self.app(**options), name)

    def lease(self, browser: Browser, **more: Any) -> dict[str, Any]:
        asked = {**LEASE, "request_id": f"lease{next(_numbers)}", **more}
        answer = browser.post(f"{self.path}/batches", asked)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Edge]:
    with Edge(tmp_path_factory.mktemp("server")) as edge:
        yield edge


@pytest.fixture(scope="module")
def client(server: Edge) -> Iterator[Client]:
    with Client(server.address, retry=Retry(patience_s=0)) as made:
        yield made


@pytest.fixture
def page(client: Client) -> Iterator[Page]:
    with ExitStack() as stack:
        yield Page(client, stack)


@pytest.fixture
def token_file(tmp_path: Path) -> Path:
    file = tmp_path / "token"
    file.write_text("correct-horse-battery\n")
    return file
