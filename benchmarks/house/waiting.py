"""How long others wait while a server works on the worst requests that it takes, and what memory these take.

    python -m benchmarks waiting [--cases NAME ...]

A process of its own asks for a project again and again, and tells its longest and its 99th hundredth wait. Each answer
to the worst requests is checked: taken, or refused with the status that is meant to be. Limit, where the machine does
nothing else: nobody waits longer than 250 ms.
"""

from __future__ import annotations

import argparse
import io
import multiprocessing
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
import numpy as np
from PIL import Image as Picture

from benchmarks.house.worst_requests import HEIGHT, LABELED, SIDE, UNLABELED, Case, all_cases
from maskloop.client import Client
from maskloop.client.local_server import READY
from maskloop.masks import Mask
from maskloop.v1 import projects_pb2
from maskloop.v1.projects_pb2_grpc import ProjectServiceStub
from maskloop.values import Category, FullLabel, ImageImport, LabelDraft, ObjectLabel, Split

MOST_WAIT_S = 0.25
UNTOUCHED = 20
UNLIMITED = [("grpc.max_send_message_length", -1), ("grpc.max_receive_message_length", -1)]


def main() -> None:
    """Print waits and memory of every case."""
    cases = {case.name: case for case in all_cases()}
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", nargs="*", default=list(cases), choices=list(cases))
    chosen = parser.parse_args().cases
    for name in chosen:
        with tempfile.TemporaryDirectory() as folder, running(Path(folder)) as server:
            look(cases[name], server)


def look(case: Case, server: Running) -> None:
    """Print the waits and the memory of one case on a server of its own.

    Raises:
        SystemExit: a request ended otherwise than it may.
    """
    before, idle = server.peak_mib(), Waits(server.address)
    time.sleep(1)
    idle_s = idle.end()[0]
    waits, begun = Waits(server.address), time.monotonic()
    with grpc.insecure_channel(server.address, options=UNLIMITED) as channel:
        ended = case.send(channel)
    longest_s, late_s, asked = waits.end()
    judged = "within" if longest_s <= MOST_WAIT_S else "OVER"
    print(
        f"{case.name}: others waited {longest_s * 1000:.0f} ms at the most ({late_s * 1000:.0f} ms for 99 of 100 of "
        f"{asked}; {idle_s * 1000:.0f} ms with nothing to do), {judged} {MOST_WAIT_S * 1000:.0f} ms; "
        f"{time.monotonic() - begun:.1f} s, peak {server.peak_mib():.0f} MiB after {before:.0f}; {dict(ended)}",
        flush=True,
    )
    if strange := ended.keys() - case.ends:
        raise SystemExit(f"{case.name} ended {', '.join(strange)}")


class Waits:
    """Asks for a project again and again, in a process of its own, until `end`."""

    def __init__(self, address: str) -> None:
        context = multiprocessing.get_context("spawn")
        self._over = context.Event()
        self._told, telling = context.Pipe(duplex=False)
        self._process = context.Process(target=ask, args=(address, self._over, telling), daemon=True)
        self._process.start()
        self._told.recv()

    def end(self) -> tuple[float, float, int]:
        """The longest wait and the 99th of 100, in seconds, and how many there were."""
        time.sleep(0.5)
        self._over.set()
        waits = sorted(self._told.recv())
        self._process.join()
        return waits[-1], waits[int(len(waits) * 0.99)], len(waits)


def ask(address: str, over: Any, telling: Any) -> None:
    """What the process does."""
    request = projects_pb2.GetProjectRequest(project_id="p")
    with grpc.insecure_channel(address) as channel:
        stub = ProjectServiceStub(channel)
        stub.GetProject(request, timeout=60, wait_for_ready=True)
        telling.send("ready")
        waits = []
        while not over.is_set():
            begun = time.perf_counter()
            stub.GetProject(request, timeout=600)
            waits.append(time.perf_counter() - begun)
            time.sleep(0.01)
    telling.send(waits)


@dataclass(frozen=True)
class Running:
    """A server under test."""

    address: str
    process_id: int

    def peak_mib(self) -> float:
        """Of its memory, so far."""
        status = Path(f"/proc/{self.process_id}/status").read_text()
        (line,) = (line for line in status.splitlines() if line.startswith("VmHWM:"))
        return int(line.split()[1]) / 1024


@contextmanager
def running(folder: Path) -> Iterator[Running]:
    """A server with labeled images of a project, on a port: the callers on a Unix socket are one client to it."""
    command = [sys.executable, "-m", "service", "serve", "--data-dir", str(folder / "data"), "--address", "127.0.0.1:0"]
    with (folder / "log").open("w") as log:
        server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True)
    try:
        assert server.stdout is not None
        address = next(line for line in server.stdout if READY in line).removeprefix(READY).strip()
        with Client(address) as client:
            fill(client)
        yield Running(address, server.pid)
    finally:
        server.terminate()
        server.wait()


def fill(client: Client) -> None:
    """Some images without a label, and many with one."""
    client.create_project(project_id="p", categories=[Category(1, "crack")])
    taken = {
        name: client.import_images(project_id="p", images=pictures(name, size, number))
        for name, size, number in (
            ("large", (1024, HEIGHT), UNTOUCHED),
            ("small", (SIDE, SIDE), UNTOUCHED),
            ("labeled", (SIDE, SIDE), LABELED),
        )
    }
    ids = {name: [image.id for image in images] for name, images in taken.items()}
    UNLABELED.update(large=ids["large"], small=ids["small"])
    noise = np.random.default_rng(0).random((SIDE, SIDE)) < 0.5
    mask = Mask.from_array(noise)
    drafts = [LabelDraft(image_id, FullLabel((ObjectLabel(1, mask),))) for image_id in ids["labeled"]]
    for start in range(0, LABELED, 50):
        client.submit_labels(project_id="p", annotator="ann", labels=drafts[start : start + 50])


def pictures(name: str, size: tuple[int, int], number: int) -> Iterator[ImageImport]:
    """Pictures of one colour each."""
    for place in range(number):
        buffer = io.BytesIO()
        Picture.new("RGB", size, (place, 0, 0)).save(buffer, "PNG")
        yield ImageImport(f"{name}{place}.png", Split.POOL, data=buffer.getvalue())


if __name__ == "__main__":
    main()
