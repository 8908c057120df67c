"""Every page by the rules of axe-core, and by the keyboard alone: light and dark, on a screen and on a phone."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image as Picture

from maskloop.masks import Mask
from maskloop.values import (
    Assist,
    Assistance,
    Category,
    FullLabel,
    Image,
    ImageProposals,
    LabelDraft,
    ObjectProposal,
    Project,
    Split,
    SupervisionKind,
    with_ids,
)
from maskloop.web.access import Access
from maskloop.web.running.page import run_page
from maskloop.web.running.task import RunFacts, RunTask
from maskloop.web.running.tasks import RunTasks
from maskloop.web.serve import Place
from tests.service.processes import ServerProcess
from tests.service.squares import TINY, imports, squares
from tests.web.journeys.axe import findings, needs_axe
from tests.web.journeys.chromium import Annotator, needs_chromium
from tests.web.journeys.conftest import PageProcess

pytestmark = [needs_chromium, needs_axe, pytest.mark.slow]
SCREEN, PHONE = (1440, 900), (390, 844)
SIDE = 64
LEAST_STOPS = 4
"""Controls that any page has, at least."""
SECTIONS = ("campaign", "batches", "review", "networks", "gallery", "export", "audit")
FOCUSED = """
() => {
  const { tagName, id, className } = document.activeElement;
  const stands = tagName === "INPUT" ? document.activeElement.closest("label, .drop") : null;
  const box = (stands ?? document.activeElement).getBoundingClientRect();
  const name = [tagName, id, className, document.activeElement.dataset.action, document.activeElement.textContent];
  return { name: name.filter(Boolean).join(" ").slice(0, 80), inside: document.activeElement !== document.body,
    x: box.x, y: box.y, width: box.width, height: box.height };
}
"""


class RunPages:
    """The page of a run that asks for labels of each kind, with proposals where there are outlines."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._stack = ExitStack()
        self._urls: dict[SupervisionKind, str] = {}

    def url(self, kind: SupervisionKind) -> str:
        if kind not in self._urls:
            tasks = RunTasks(self._folder / kind, RunFacts("run", PROJECT, IMAGES, read_photo))
            task = RunTask("round-01", kind, tuple(IMAGES))
            if kind is SupervisionKind.FULL:
                task = replace(task, shown=shown, assistance=Assistance(Assist.BOXES, "m1"))
            tasks.offer(task)
            self._urls[kind] = self._stack.enter_context(run_page(tasks, Place(), Access()))
        return self._urls[kind]

    def close(self) -> None:
        self._stack.close()


PROJECT = Project("p", "Bridges over the river", (Category(1, "crack"), Category(2, "rust")))
IMAGES = {name: Image(name, "p", f"{name}.png", "", SIDE, SIDE, "0" * 64, Split.POOL) for name in ("one", "two")}


def read_photo(image_id: str) -> bytes:
    pixels = np.random.default_rng(len(image_id)).integers(0, 255, (SIDE, SIDE, 3), dtype=np.uint8)
    file = io.BytesIO()
    Picture.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


def shown(image_id: str) -> ImageProposals:
    """Two squares, one of which the network is less sure of."""
    objects = []
    for left, predicted in ((4, 0.4), (36, 0.9)):
        pixels = np.zeros((SIDE, SIDE), dtype=bool)
        pixels[10:30, left : left + 20] = True
        objects.append(ObjectProposal(1, Mask.from_array(pixels), predicted, 0.9))
    return ImageProposals(image_id, "m1", 0.5, with_ids("m1", image_id, objects))


@pytest.fixture(scope="module")
def run_pages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunPages]:
    made = RunPages(tmp_path_factory.mktemp("runs"))
    yield made
    made.close()


@pytest.fixture(scope="module")
def lead_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Of the page before a server with labels of two people and a measured network."""
    with ServerProcess(tmp_path_factory.mktemp("server")) as server:
        fill(server)
        page = PageProcess(server.address)
        try:
            yield page.url
        finally:
            page.end()


def fill(server: ServerProcess) -> None:
    client, brought = server.client, imports(train=4, test=3, pool=8)
    objects = {name: drawn for name, _, drawn in squares(len(brought))}
    client.create_project(project_id="p", categories=[Category(1, "square"), Category(2, "circle")])
    images = {image.id: image for image in client.import_images(project_id="p", images=brought)}
    client.create_campaign(project_id="p", campaign_id="c", budget="4h", strategy="random")
    for name in ("ada", "ben"):
        batch = client.select_batch(project_id="p", campaign_id="c", annotator=name, images=3)
        drafts = [
            LabelDraft(pick.image_id, FullLabel(objects[images[pick.image_id].file_name]), seconds_spent=40.0)
            for pick in batch.picks[:2]
        ]
        client.submit_labels(project_id="p", annotator=name, labels=drafts, batch_id=batch.id)
    for begun in (
        lambda: client.train_model(project_id="p", recipe="compact", overrides=TINY, seed=1),
        lambda: client.score_pool(project_id="p"),
        lambda: client.evaluate_model(project_id="p"),
    ):
        client.wait_operation(begun())


@pytest.fixture
def visitor(browser: Any) -> Iterator[Any]:
    """Opens a page as somebody whose system asks for little motion."""
    made: list[Annotator] = []

    def make(url: str, size: tuple[int, int] = SCREEN) -> Annotator:
        made.append(Annotator(browser, url, "ann", size, reduced_motion="reduce"))
        return made[-1]

    yield make
    for each in made:
        each.close()


def faults_of(who: Annotator) -> list[str]:
    """What axe finds at both sizes; colours are looked at once more in the dark, which changes nothing else."""
    found = []
    for width, height in (SCREEN, PHONE):
        who.page.set_viewport_size({"width": width, "height": height})
        for scheme, only in (("light", ()), ("dark", ("color-contrast",))):
            who.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            found += [f"{width} px, {scheme}: {each}" for each in findings(who.page, *only)]
    return found


def labeling(visitor, run_pages, kind):
    who = visitor(run_pages.url(kind))
    who.start(kind, images=2, project="p")
    return who


@pytest.mark.slow
@pytest.mark.parametrize("kind", list(SupervisionKind))
def test_labels_of_every_kind_are_accessible(visitor, run_pages, kind):
    assert faults_of(labeling(visitor, run_pages, kind)) == []


def test_the_dialogs_are_accessible_and_begin_with_what_they_say(visitor, run_pages):
    who = labeling(visitor, run_pages, SupervisionKind.FULL)
    begins = (("?", "#help", "#help-body"), ("s", "#skip", "#skip-title"), ("w", "#find-class", "#class-filter"))
    for key, dialog, first in begins:
        who.press(key)
        who.page.locator(f"{dialog}[open]").wait_for()
        assert who.page.evaluate("first => document.activeElement.matches(first)", first)
        assert faults_of(who) == []
        who.press("Escape")
        who.page.locator(f"{dialog}[open]").wait_for(state="detached")


@pytest.mark.slow
def test_the_first_page_is_accessible(visitor, lead_url):
    who = visitor(lead_url)
    who.page.goto(lead_url)
    who.page.locator("body[data-state=ready]").wait_for(state="attached")
    assert faults_of(who) == []


@pytest.mark.slow
@pytest.mark.parametrize("section", SECTIONS)
def test_what_leads_see_is_accessible(visitor, lead_url, section):
    who = visitor(lead_url)
    who.page.goto(f"{lead_url}lead?project=p#{section}")
    who.page.locator("body[data-state=ready]").wait_for(state="attached")
    assert faults_of(who) == []


@pytest.mark.slow
def test_making_a_campaign_is_accessible_with_its_faults_too(visitor, lead_url):
    who = visitor(lead_url)
    who.page.goto(f"{lead_url}new")
    who.page.locator("#strategy option").first.wait_for(state="attached")
    assert faults_of(who) == []
    who.page.click("#go")
    assert faults_of(who) == []


@pytest.mark.slow
@pytest.mark.parametrize("query", ["", "?project=none&kind=full"])
def test_so_is_a_page_on_which_nothing_can_be_labeled(visitor, lead_url, query):
    who = visitor(lead_url)
    who.page.goto(f"{lead_url}label{query}")
    who.wait("error", "empty")
    assert faults_of(who) == []


def seen_focus(who: Annotator, most: int = 120) -> list[str]:
    """Goes through the page by Tab. Returns the names of what looks the same with the focus as without.

    A radio button shows it by the row that it is in, and the choice of a folder by where one is dropped.
    """
    page, unseen, known = who.page, [], 0
    page.evaluate("document.activeElement.blur()")
    for _ in range(most):
        page.keyboard.press("Tab")
        at = page.evaluate(FOCUSED)
        if not at["inside"]:
            break
        known += 1
        clip = {"x": max(0, at["x"] - 5), "y": max(0, at["y"] - 5), "width": at["width"] + 10,
                "height": at["height"] + 10}  # fmt: skip
        with_focus = page.screenshot(clip=clip, caret="hide")
        page.evaluate("window.held = document.activeElement; window.held.blur()")
        without = page.screenshot(clip=clip, caret="hide")
        page.evaluate("window.held.focus({ focusVisible: true, preventScroll: true })")
        if differing(with_focus, without) < at["height"]:
            unseen.append(at["name"])
    assert known >= LEAST_STOPS
    return unseen


def differing(first: bytes, second: bytes) -> int:
    """Pixels that are told apart by eye."""
    one, other = (np.asarray(Picture.open(io.BytesIO(each)).convert("RGB"), dtype=int) for each in (first, second))
    return int((np.abs(one - other).max(axis=2) > 40).sum())


def test_the_focus_is_seen_on_every_control_of_the_labeling_page(visitor, run_pages):
    assert seen_focus(labeling(visitor, run_pages, SupervisionKind.FULL)) == []


@pytest.mark.slow
@pytest.mark.parametrize("path", ["", "new", "lead?project=p#campaign", "lead?project=p#networks"])
def test_the_focus_is_seen_on_every_control_of_the_other_pages(visitor, lead_url, path):
    who = visitor(lead_url)
    who.page.goto(lead_url + path)
    who.page.locator("#strategy option" if path == "new" else "body[data-state=ready]").first.wait_for(state="attached")
    assert seen_focus(who) == []


def test_what_a_beginner_needs_is_written_on_the_page(visitor, run_pages):
    who = labeling(visitor, run_pages, SupervisionKind.FULL)

    def press(words):
        who.page.locator("button:visible", has_text=re.compile(rf"^\s*{words}\s*([A-Z]|Enter)\s*$")).click()

    press("Accept")
    press("Reject")
    assert sorted(who.objects()) == ["accepted", "rejected"]
    press("Draw another object")
    who.drag((10, 40), (30, 60), size=(SIDE, SIDE))
    who.page.locator('#objects [data-status="drawn"]').wait_for()
    before = who.shown
    press("Submit")
    who.page.wait_for_function("name => !document.querySelector('#image-name').innerText.startsWith(name)", arg=before)
    who.settled()
