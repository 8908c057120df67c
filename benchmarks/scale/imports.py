"""Imports through a real server by the SDK: images a second, by their bytes and by `file:` uris.

`python -m benchmarks imports [NUMBER]` brings NUMBER pictures (20,000 unless told otherwise) of 64 x 64 pixels in, each
another one, once as bytes and once by uri; then a fortieth of that of 640 x 480, which tells what decoding
costs. Every image must be there afterwards, with its size and content.
"""

from __future__ import annotations

import hashlib
import io
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image as Picture

from benchmarks.selection.selection import serving
from maskloop.client import Client
from maskloop.values import ImageImport, Split

NUMBER = 20_000
SMALL, LARGE = (64, 64), (640, 480)
LARGER_BY = 40
"""By how much fewer of the large ones are brought in."""


def main() -> None:
    """Print a line for each size and way."""
    number = int(sys.argv[1]) if len(sys.argv) > 1 else NUMBER
    print(f"imports through one server; load {os.getloadavg()[0]:.1f}")
    print("| pictures | way | images | images a second | slowest pack, s |")
    print("|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        pictures = root / "pictures"
        pictures.mkdir()
        os.environ["MASKLOOP_IMAGE_ROOTS"] = str(pictures)
        (root / "data").mkdir()
        with serving(root / "data") as address, Client(address) as client:
            for (width, height), images in ((SMALL, number), (LARGE, number // LARGER_BY)):
                for way in ("bytes", "uri"):
                    project = f"{way}-{width}"
                    client.create_project(project_id=project, categories=["crack"])
                    arrivals = list(imports(way, pictures, images, width, height))
                    rate, slowest_s = brought_in(client, project, arrivals)
                    print(f"| {width} x {height} | {way} | {images} | {rate:.0f} | {slowest_s:.1f} |", flush=True)


def imports(way: str, folder: Path, images: int, width: int, height: int) -> Iterator[ImageImport]:
    """Pictures that differ in one block of pixels; the files of those that are named by uri are written here."""
    rng = np.random.default_rng(width)
    ground = rng.integers(0, 255, (height // 8, width // 8, 3), dtype=np.uint8).repeat(8, 0).repeat(8, 1)
    for place in range(images):
        ground[:8, :8] = place >> np.array([0, 8, 16]) & 255
        file = io.BytesIO()
        Picture.fromarray(ground).save(file, "PNG" if width < LARGE[0] else "JPEG", compress_level=1)
        name = f"{width}-{place:06}"
        if way == "bytes":
            yield ImageImport(name, Split.POOL, data=file.getvalue())
        else:
            (folder / name).write_bytes(file.getvalue())
            yield ImageImport(name, Split.POOL, uri=(folder / name).as_uri())


def brought_in(client: Client, project: str, arrivals: list[ImageImport]) -> tuple[float, float]:
    """(images a second, seconds of the slowest pack); all are there with their content."""
    times = [time.perf_counter()]
    client.import_images(project_id=project, images=arrivals, taken=lambda images: times.append(time.perf_counter()))
    known = {image.file_name: image.sha256 for image in client.list_images(project_id=project)}
    assert len(known) == len(arrivals)
    for arrival in arrivals[:: max(1, len(arrivals) // 50)]:
        data = arrival.data or Path(arrival.uri.removeprefix("file://")).read_bytes()
        assert known[arrival.file_name] == hashlib.sha256(data).hexdigest()
    return len(arrivals) / (times[-1] - times[0]), float(np.diff(times).max())


if __name__ == "__main__":
    main()
