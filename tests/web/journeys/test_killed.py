"""What is killed between any two keys: the browser, the server. What was handed in arrives once it can."""

from __future__ import annotations

import os
import signal
from contextlib import suppress

import pytest

from maskloop.values import Budget, Category, ImageImport, Split, Strategy, SupervisionKind
from tests.service.processes import ServerProcess, children, command_line
from tests.service.squares import SIDE, squares
from tests.web.journeys.chromium import ARGUMENTS, CHROMIUM, Annotator, needs_chromium
from tests.web.journeys.conftest import PageProcess

pytestmark = [needs_chromium, pytest.mark.slow]
SIZE = (SIDE, SIDE)


def filled(client):
    client.create_project(project_id="p", categories=[Category(1, "square")])
    client.import_images(
        project_id="p", images=[ImageImport(name, Split.POOL, data=data) for name, data, _ in squares(3)]
    )
    client.create_campaign(project_id="p", campaign_id="c", budget=Budget(seconds=3600), strategy=Strategy("random"))


def labels(client):
    return list(client.list_labels(project_id="p", kind=SupervisionKind.POINTS))


def browser_of(playwright, folder):
    return playwright.chromium.launch_persistent_context(
        folder, executable_path=CHROMIUM, args=list(ARGUMENTS), viewport={"width": 1280, "height": 800}
    )


def kill_browser(folder):
    """SIGKILL of the process that keeps what a browser stores."""
    mine = [pid for pid in children_below(os.getpid()) if f"--user-data-dir={folder}".encode() in command_line(pid)]
    assert mine
    for pid in mine:
        os.kill(pid, signal.SIGKILL)


def children_below(pid):
    found = children(pid)
    return found + [each for child in found for each in children_below(child)]


def test_labels_outlive_the_server_and_the_browser(tmp_path):
    from playwright.sync_api import Error, sync_playwright

    with ServerProcess(tmp_path / "server") as server:
        filled(server.client)
        page = PageProcess(server.address)
        profile = str(tmp_path / "browser")
        with sync_playwright() as playwright:
            who = Annotator(browser_of(playwright, profile), page.url, "ann")
            who.start("points", images=3, project="p")
            who.click(16, 16, SIZE)
            who.submit()
            who.settled()
            os.kill(server.process.pid, signal.SIGSTOP)  # it hears nothing, and says nothing
            who.click(10, 10, SIZE)
            who.submit()
            who.click(5, 5, SIZE)
            who.click(6, 20, SIZE)
            who.page.wait_for_timeout(300)
            kill_browser(profile)
            with suppress(Error):
                who.context.close()
            os.kill(server.process.pid, signal.SIGCONT)
            again = Annotator(browser_of(playwright, profile), page.url, "ann")
            again.start(
                "points", images=3, project="p"
            )  # browsers write cookies down late: the name is asked for again
            assert len(again.objects()) == 2
            again.settled()
            assert len(labels(server.client)) == 2
            again.submit()
            again.wait("done")
            again.settled()
            again.close()
        page.end()
        assert sorted(len(label.content.points) for label in labels(server.client)) == [1, 1, 2]
