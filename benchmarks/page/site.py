"""What is measured: a real server, the page before it, and photographs that people label."""

from __future__ import annotations

import io
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from PIL import Image as Picture

from maskloop.client import Client
from maskloop.client.local_server import LocalServer
from maskloop.values import Budget, Category, ImageImport, Split, Strategy

PROJECT, CAMPAIGN = "page", "week"
OPEN = "Open "


@contextmanager
def site(folder: Path) -> Iterator[tuple[Client, str]]:
    """A client of the server, and the page's address."""
    with LocalServer(folder, "cpu", print) as server, Client(server.address) as client:
        command = [str(Path(sys.executable).with_name("maskloop")), "web", "--server", server.address]
        page = subprocess.Popen(
            [*command, "--port", "0", "--no-open", "--exit-with-parent"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert page.stdin is not None
        assert page.stdout is not None
        try:
            yield client, page.stdout.readline().removeprefix(OPEN).strip()
        finally:
            page.stdin.close()
            page.wait(30)
            page.stdout.close()


def fill(client: Client, project: str, photos: list[bytes]) -> None:
    """A project without a network: what is measured is drawn by hand."""
    client.create_project(project_id=project, categories=[Category(1, "disc"), Category(2, "other")])
    images = [ImageImport(f"photo{place}.jpg", Split.POOL, data=data) for place, data in enumerate(photos)]
    client.import_images(project_id=project, images=images)
    client.create_campaign(
        project_id=project, campaign_id=CAMPAIGN, budget=Budget(seconds=3_600_000), strategy=Strategy("random")
    )


def photo(seed: int, width: int, height: int) -> bytes:
    """A JPEG as photographs are: soft shapes and grain."""
    rng = np.random.default_rng(seed)
    coarse = Picture.fromarray(rng.integers(0, 255, (height // 60, width // 60, 3), dtype=np.uint8))
    pixels = np.asarray(coarse.resize((width, height), Picture.Resampling.BICUBIC), np.int16)
    pixels = pixels + rng.integers(-8, 9, (height, width, 1), dtype=np.int16)
    file = io.BytesIO()
    Picture.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(file, "JPEG", quality=88)
    return file.getvalue()
