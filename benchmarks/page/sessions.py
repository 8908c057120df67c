"""Many people at once at one page: leases, sheets, tiles and labels, over HTTP as browsers ask."""

from __future__ import annotations

import http.client
import json
import time
import uuid
from collections import defaultdict
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

import numpy as np

from maskloop.masks import Mask

TILE, HEADERS = 512, {"X-Maskloop": "1", "Content-Type": "application/json"}


class Caller:
    """One browser: a connection that is kept, and how long each kind of answer took, in seconds."""

    def __init__(self, url: str, name: str, project: str) -> None:
        self._connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=120)
        self._headers = {**HEADERS, "X-Maskloop-Annotator": name}
        self._path = f"/api/projects/{project}"
        self.seconds: dict[str, list[float]] = defaultdict(list)

    def ask(self, what: str, method: str, path: str, body: object = None) -> bytes:
        """An answer's body; anything but success ends the benchmark."""
        begun = time.perf_counter()
        data = None if body is None else json.dumps(body)
        self._connection.request(method, self._path + path, data, self._headers)
        answer = self._connection.getresponse()
        found = answer.read()
        self.seconds[what].append(time.perf_counter() - begun)
        assert answer.status == 200, (what, answer.status, found[:200])
        return found

    def label(self, images: int) -> int:
        """Lease images, look at each as the page does, and hand in a box of each. Returns how many arrived."""
        wish = {"campaign": "", "kind": "full", "images": images, "request_id": uuid.uuid4().hex}
        batch = json.loads(self.ask("lease", "POST", "/batches", wish))
        for pick in batch["picks"]:
            self._label(batch["id"], pick["image"])
        self._connection.close()
        return len(batch["picks"])

    def _label(self, batch: str, image: dict[str, Any]) -> None:
        self.ask("sheet", "GET", f"/batches/{batch}/images/{image['id']}")
        width, height = image["width"], image["height"]
        for level, scale in ((2, 4), (1, 2)):
            for x in range(-(-width // (TILE * scale))):
                for y in range(-(-height // (TILE * scale))):
                    self.ask("tile", "GET", f"/images/{image['id']}/tiles/{level}/{x}/{y}")
        mask = np.zeros((height, width), np.bool_)
        mask[10 : height // 2, 10 : width // 2] = True
        rle = {"height": height, "width": width, "rle": Mask.from_array(mask).rle.decode()}
        item = {"category": 1, "mask": rle, "crowd": False, "origin": None}
        content = {"objects": [item], "review": None}
        label = {"image": image["id"], "kind": "full", "content": content, "seconds": 3.0, "supersedes": ""}
        self.ask("hand-in", "POST", "/labels", {"batch": batch, "request_id": uuid.uuid4().hex, "labels": [label]})


def at_once(url: str, project: str, people: int, images: int) -> tuple[float, int, Mapping[str, list[float]]]:
    """So many people label so many images each. Returns seconds, labels, and seconds of each kind of answer."""
    callers = [Caller(url, f"person{place}", project) for place in range(people)]
    begun = time.perf_counter()
    with ThreadPoolExecutor(people) as pool:
        labels = sum(pool.map(lambda caller: caller.label(images), callers))
    lasted = time.perf_counter() - begun
    kinds = {kind for caller in callers for kind in caller.seconds}
    return lasted, labels, {kind: [s for caller in callers for s in caller.seconds[kind]] for kind in sorted(kinds)}
