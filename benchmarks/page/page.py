"""The labeling page in a real Chromium on a photograph of 5,000 px, and twenty people at one page.

    python -m benchmarks page [PHOTOS]

Frames while nothing happens but the pointer's moving stand beside those while people paint, zoom and pan: both meet the
same busy moments of the machine. Pointers move through the browser's own input. The mask that was painted is handed in
and held against the discs under the pointer's way, pixel by pixel; every label of the twenty must have arrived. PHOTOS
is how many fresh photographs are opened for the time of the first image; 5 unless given.
"""

from __future__ import annotations

import itertools
import os
import shutil
import statistics
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.page.frames import RECORD, Motion, measured, megabytes
from benchmarks.page.sessions import at_once
from benchmarks.page.site import fill, photo, site
from maskloop.client import Client
from maskloop.values import SupervisionKind

SIZE = WIDTH, HEIGHT = 5000, 3750
PEOPLE, IMAGES, SMALL = 20, 4, (1600, 1200)
STROKES = 40  # whose memory is counted
STEPS = 40  # of the pointer between two corners of its way
FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--enable-precise-memory-info", "--js-flags=--expose-gc")
FIT = """
async ([width, height]) => {
  const { Viewport } = await import("/static/core/viewport.js");
  const { whole } = await import("/static/label/stage/stage.js");
  const stage = document.querySelector("#stage").getBoundingClientRect();
  const fitted = whole(new Viewport({ width: stage.width, height: stage.height }), { width, height });
  return [fitted.scale, fitted.offsetX + stage.left, fitted.offsetY + stage.top];
}
"""
FIRST = """
() => {
  const all = performance.getEntriesByType("resource");
  const lease = all.find(({ name }) => name.endsWith("/batches")).responseEnd;
  const tiles = all.filter(({ name }) => name.includes("/tiles/")).map(({ responseEnd }) => responseEnd - lease);
  return [Math.min(...tiles), Math.max(...tiles)];
}
"""
Place = tuple[float, float]


def main() -> None:
    """Print the tables."""
    photos = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    print(f"load average before: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores\n")
    with tempfile.TemporaryDirectory() as folder, site(Path(folder)) as (client, url), chromium() as browser:
        fill(client, "large", [photo(seed, *SIZE) for seed in range(photos + 1)])
        fill(client, "many", [photo(seed, *SMALL) for seed in range(PEOPLE * IMAGES)])
        hands(browser, client, url)
        first_images(browser, url, photos)
        crowd(client, url)
    print(f"\nload average after: {os.getloadavg()[0]:.1f}")


@contextmanager
def chromium() -> Iterator[Any]:
    """A browser without a window."""
    from playwright.sync_api import sync_playwright

    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        try:
            yield browser
        finally:
            browser.close()


def begun(browser: Any, url: str, name: str, images: int = 1) -> Any:
    """A page on which somebody has begun to outline."""
    page = browser.new_context(viewport={"width": 1280, "height": 800}).new_page()
    page.goto(url)
    page.evaluate(
        "name => fetch('/api/me', {method: 'POST', body: JSON.stringify({annotator: name}),"
        " headers: {'X-Maskloop': '1', 'Content-Type': 'application/json'}})",
        name,
    )
    page.goto(f"{url}label?project=large&campaign=week&kind=full&images={images}")
    page.locator('body.label[data-state="ready"]').wait_for(state="attached")
    page.wait_for_load_state("networkidle")
    return page


def hands(browser: Any, client: Client, url: str) -> None:
    """Frames, strokes and memory; the mask that was painted is asserted."""
    page = begun(browser, url, "painter")
    page.evaluate(RECORD)
    scale, left, top = page.evaluate(FIT, list(SIZE))

    def on_screen(places: Sequence[Place]) -> list[Place]:
        return [(left + x * scale, top + y * scale) for x, y in places]

    way = [(900.0, 700.0), (4100.0, 900.0), (3900.0, 3000.0), (1000.0, 2800.0), (1500.0, 1500.0), (3400.0, 1800.0)]
    rows: dict[str, Motion] = {}
    rows["nothing but the pointer"] = measured(page, lambda: move(page, on_screen(way)))
    for _ in range(14):
        page.keyboard.press("]")
    page.keyboard.press("b")
    radius = float(page.inner_text("#options output").removesuffix(" px")) / 2
    rows["brush, a new object"] = measured(page, lambda: stroke(page, on_screen(way)))
    page.keyboard.press("b")
    rows["brush, on that object"] = measured(page, lambda: stroke(page, on_screen(way)))
    before = megabytes(page)
    for place in range(STROKES):
        at = 1000.0 + 60 * place
        stroke(page, on_screen([(at, 1000.0), (at, 1200.0)]), steps=3)
    after = megabytes(page)
    for _ in range(STROKES + 1):
        page.keyboard.press("z")
    page.keyboard.press("v")
    rows["zoom by wheel"] = measured(page, lambda: wheel(page))
    page.keyboard.press("0")
    for _ in range(6):
        page.keyboard.press("+")
    page.wait_for_load_state("networkidle")
    rows["pan"] = measured(page, lambda: stroke(page, on_screen(way[:4])))
    print("| | frame p50 ms | p95 | dropped | work p50 ms | p95 | event to frame p50 ms | p95 | pen-up ms |")
    print("|---|" + "---:|" * 8)
    for name, motion in rows.items():
        up = f"{max(motion.ups):.0f}" if motion.ups and "brush" in name else ""
        print(f"| {name} | {motion.row()} | {up} |")
    print(f"\nmemory: {before:.0f} MB, after {STROKES} strokes {after:.0f} MB")
    hand_in(page, client, way, radius)


def move(page: Any, places: Sequence[Place], steps: int = STEPS) -> None:
    for place in places:
        page.mouse.move(*place, steps=steps)


def stroke(page: Any, places: Sequence[Place], steps: int = STEPS) -> None:
    page.mouse.move(*places[0])
    page.mouse.down()
    move(page, places[1:], steps)
    page.mouse.up()


def wheel(page: Any) -> None:
    page.mouse.move(600, 400)
    for factor in (-1, 1, -1, 1):
        for _ in range(40):
            page.mouse.wheel(0, factor * 60)
            page.wait_for_timeout(8)


def hand_in(page: Any, client: Client, way: Sequence[Place], radius: float) -> None:
    """The mask on record is the one that was painted."""
    page.keyboard.press("Enter")
    page.locator('body.label[data-state="done"]').wait_for(state="attached")
    page.locator("#post").wait_for(state="hidden")
    (label,) = client.list_labels(project_id="large", kind=SupervisionKind.FULL)
    (item,) = label.objects
    far = distances(way)
    sure_in, sure_out = far < radius - 1.5, far > radius + 1.5
    mask = item.mask.to_array()
    assert mask[sure_in].all(), "the mask lacks what was painted"
    assert not mask[sure_out].any(), "the mask has more than was painted"
    assert (~sure_in & ~sure_out).mean() < 0.01
    print(f"painted mask: {mask.sum():,} px, right to within 1.5 px of its border")


def distances(way: Sequence[Place]) -> np.ndarray:
    """(H, W) float32: of each pixel's middle from the way."""
    rows, columns = np.mgrid[:HEIGHT, :WIDTH].astype(np.float32) + 0.5
    nearest = np.full((HEIGHT, WIDTH), np.inf, np.float32)
    for (ax, ay), (bx, by) in itertools.pairwise(way):
        along = ((columns - ax) * (bx - ax) + (rows - ay) * (by - ay)) / ((bx - ax) ** 2 + (by - ay) ** 2)
        along = along.clip(0, 1)
        nearest = np.minimum(nearest, np.hypot(columns - ax - along * (bx - ax), rows - ay - along * (by - ay)))
    return nearest


def first_images(browser: Any, url: str, photos: int) -> None:
    """From the lease's answer to the first tile of a photograph that nobody has opened, and to the last one seen."""
    times = []
    for place in range(photos):
        page = begun(browser, url, f"opener{place}")
        times.append(page.evaluate(FIRST))
        page.context.close()
    first, sharp = (statistics.median(column) for column in zip(*times, strict=True))
    print(f"first image after a lease: {first:.0f} ms, sharp after {sharp:.0f} ms (median of {photos})")


def crowd(client: Client, url: str) -> None:
    """Twenty people at once."""
    lasted, labels, seconds = at_once(url, "many", PEOPLE, IMAGES)
    kept = len(list(client.list_labels(project_id="many", kind=SupervisionKind.FULL)))
    assert kept == labels == PEOPLE * IMAGES, (kept, labels)
    print(f"\n{PEOPLE} people: {labels} labels in {lasted:.1f} s, {labels / lasted:.1f} a second\n")
    print("| | answers | p50 ms | p95 ms |\n|---|---:|---:|---:|")
    for kind, values in seconds.items():
        p50, p95 = (1000 * float(np.percentile(values, share)) for share in (50, 95))
        print(f"| {kind} | {len(values)} | {p50:.0f} | {p95:.0f} |")


if __name__ == "__main__":
    main()
