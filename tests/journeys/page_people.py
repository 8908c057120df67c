"""People who label on a run's page: a browser's requests, without the browser."""

import re
import threading
import time
import uuid
from pathlib import Path

import httpx

from maskloop.values import (
    LABEL_KINDS,
    FullLabel,
    LabelDraft,
    ObjectLabel,
    Origin,
    Rejection,
    Review,
    SupervisionKind,
    Verdict,
)
from maskloop.web.documents import draft_document

PATIENCE_S = 200.0
EACH_S = 30.0


def address_in(process, lines):
    """The page's address, as the run tells it; what was read of its output goes to `lines`."""
    for line in process.stdout:
        lines.append(line)
        if found := re.search(r"Label at (http\S+/)", line):
            return found[1]
    raise AssertionError("".join(lines) + process.stderr.read())


class PagePerson(threading.Thread):
    """Asks for an image, labels it as the data's own labels say in half a minute, and asks for the next.

    Args:
        name: whom the page knows them as.
        address: of the page.
        images: the data's images by the last part of their file name.
        most: how many labels they give before they go home; `None` for all that they are asked for.
    """

    def __init__(self, name, address, images, most=None):
        super().__init__(name=name, daemon=True)
        self.address, self.images, self.most = address, images, most
        self.acknowledged = {}  # objects by file name
        self.seen = []  # batches that held images
        self.idle = []  # what was said while there were none
        self.failed = None

    def run(self):
        try:
            with httpx.Client(base_url=self.address, headers={"X-Maskloop": "1"}, timeout=60) as browser:
                self.work(browser)
        except httpx.TransportError:
            pass  # the run has ended, or was killed
        except BaseException as error:
            self.failed = error

    def work(self, browser):
        self.ask(browser.post("/api/me", json={"annotator": self.name}))
        (project,) = self.ask(browser.get("/api/projects"))["projects"]
        self.path = f"/api/projects/{project['id']}"
        until = time.monotonic() + PATIENCE_S
        while (self.most is None or len(self.acknowledged) < self.most) and time.monotonic() < until:
            wish = {"campaign": "", "kind": "", "images": 2, "request_id": uuid.uuid4().hex}
            batch = self.ask(browser.post(f"{self.path}/batches", json=wish))
            if batch["exhausted"]:
                self.idle.append(batch["fallback"])
                return
            if not batch["picks"]:
                self.idle.append(batch["fallback"])
                time.sleep(0.1)
                continue
            self.seen.append(batch)
            self.label(browser, batch, batch["picks"][0]["image"])

    def label(self, browser, batch, image):
        sheet = self.ask(browser.get(f"{self.path}/batches/{batch['id']}/images/{image['id']}"))
        tile = browser.get(f"{self.path}/images/{image['id']}/tiles/0/0/0")
        assert tile.headers["content-type"] == "image/jpeg"
        objects = self.images[Path(image["name"]).name].objects
        draft = LabelDraft(image["id"], said_of(batch["kind"], objects, sheet), EACH_S)
        asked = {"batch": batch["id"], "request_id": uuid.uuid4().hex, "labels": [draft_document(draft)]}
        (kept,) = self.ask(browser.post(f"{self.path}/labels", json=asked))["labels"]
        assert kept["annotator"] == self.name
        self.acknowledged[image["name"]] = objects

    def ask(self, response):
        assert response.status_code == 200, (response.request.url, response.text)
        return response.json()


def said_of(kind, objects, sheet):
    """What there is; proposals are all rejected, and what there is is drawn."""
    if kind != SupervisionKind.FULL or not sheet["proposals"]:
        return LABEL_KINDS[SupervisionKind(kind)].of(objects)
    drawn = tuple(ObjectLabel(item.category_id, item.mask, origin=Origin(Verdict.MISSED)) for item in objects)
    rejected = tuple(Rejection(proposal["id"]) for proposal in sheet["proposals"])
    return FullLabel(drawn, Review(sheet["model_version"], rejected))
