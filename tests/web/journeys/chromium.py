"""A person at the labeling page: a real Chromium, clicks on pixels of the image, keys."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
needs_chromium = pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine: `apt-get install chromium`")
ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking", "--disable-sync")
PATIENCE_MS = 60_000
SECOND_LOOK_MS = 450
FITTED = """
async ([width, height]) => {
  const { Viewport } = await import("/static/core/viewport.js");
  const { whole } = await import("/static/label/stage/stage.js");
  const stage = document.querySelector("#stage").getBoundingClientRect();
  const { scale, offsetX, offsetY } = whole(
    new Viewport({ width: stage.width, height: stage.height }), { width, height });
  return [scale, offsetX + stage.left, offsetY + stage.top];
}
"""


@contextmanager
def chromium() -> Iterator[Any]:
    """A browser without a window."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        try:
            yield browser
        finally:
            browser.close()


class Annotator:
    """One person with a browser of their own.

    Args:
        browser: of Playwright; or a context of it, which is one person's browser with what it keeps.
        url: of the page, ending with `/`.
        name: what they are called.
    """

    def __init__(self, browser: Any, url: str, name: str, size: tuple[int, int] = (1280, 800), **more: object) -> None:
        makes = hasattr(browser, "new_context")
        viewport = {"width": size[0], "height": size[1]}
        self.context = browser.new_context(viewport=viewport, **more) if makes else browser
        self.context.set_default_timeout(PATIENCE_MS)
        self.url, self.name = url, name
        self.page = self.context.new_page()
        self.faults: list[str] = []
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        self.page.on("console", self._hear)

    def _hear(self, message: Any) -> None:
        if message.type == "error" and "Failed to load resource" not in message.text:
            self.faults.append(message.text)

    def start(self, kind: str, *, project: str, images: int = 10) -> None:
        """By the first page: say who they are, choose project and kind of label, begin."""
        page = self.page
        page.goto(self.url)
        page.locator("body[data-state=ready]").wait_for(state="attached")
        page.fill("#annotator", self.name)
        page.select_option("#project", project)
        page.locator("#campaign:enabled").wait_for()
        page.fill("#images", str(images))
        page.locator(f'input[name=kind][value="{kind}"]').check()
        page.click('[data-action="start"]')
        self.wait("ready")

    def wait(self, *states: str) -> None:
        """Until the page is in one of the states."""
        every = ", ".join(f'body.label[data-state="{state}"]' for state in states)
        self.page.locator(every).wait_for(state="attached")

    @property
    def shown(self) -> str:
        """The file name of the image that is shown."""
        return str(self.page.inner_text("#image-name")).split(" ")[0].split("\n")[0]

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def at(self, x: float, y: float, size: tuple[int, int]) -> tuple[float, float]:
        """Where on the screen a place of the image lies, as long as it is fitted.

        Args:
            x, y: in pixels of the image.
            size: its width and height.
        """
        scale, left, top = self.page.evaluate(FITTED, list(size))
        return left + x * scale, top + y * scale

    def click(self, x: float, y: float, size: tuple[int, int]) -> None:
        """Click a place of the image."""
        self.page.mouse.click(*self.at(x, y, size))

    def drag(self, *places: tuple[float, float], size: tuple[int, int]) -> None:
        """Press at the first place, move over the others, and let go."""
        first, *others = (self.at(x, y, size) for x, y in places)
        self.page.mouse.move(*first)
        self.page.mouse.down()
        for place in others:
            self.page.mouse.move(*place, steps=4)
        self.page.mouse.up()

    def objects(self) -> list[str]:
        """The states of the objects in the list, in its order."""
        return [str(row.get_attribute("data-status")) for row in self.page.locator("#objects [data-key-of]").all()]

    def submit(self) -> None:
        """Hand the image in, and wait for what comes next."""
        before = self.shown
        self.press("Enter")
        self.page.wait_for_function(
            "name => document.body.dataset.state !== 'ready'"
            " || !document.querySelector('#image-name').innerText.startsWith(name)",
            arg=before,
        )

    def say_nothing_is_there(self) -> None:
        """Hand in an image on which nothing is marked: the page asks, and is told so."""
        self.press("Enter")
        self.page.locator("#submit-word", has_text="Nothing here").wait_for()
        self.page.wait_for_timeout(SECOND_LOOK_MS)
        self.submit()

    def settled(self) -> None:
        """Until everything that was handed in has arrived."""
        self.page.locator("#post").wait_for(state="hidden")

    def keep_picture(self, folder: Path) -> None:
        """What they saw last, for whoever looks into a failure."""
        self.page.screenshot(path=folder / f"{self.name}.png")

    def close(self) -> None:
        assert not self.faults, self.faults
        self.context.close()
