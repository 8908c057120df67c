"""People who label what lies in a folder, one step at a time, while the labeler sleeps."""

import io
import json
import os
from pathlib import Path

import numpy as np
from rich.console import Console

from maskloop.formats.coco.writing import coco_document
from maskloop.labelers import FolderLabeler, Task
from maskloop.loop.progress import LineProgress
from maskloop.masks import Mask
from maskloop.values import (
    UNAIDED,
    Assist,
    Assistance,
    Category,
    Image,
    ImageProposals,
    ObjectLabel,
    ObjectProposal,
    Split,
    SupervisionKind,
    with_ids,
)

CATEGORIES = (Category(1, "crack"), Category(2, "rust"), Category(5, "hole"))
FULL, COUNTS, OOD_CHECK = SupervisionKind.FULL, SupervisionKind.COUNTS, SupervisionKind.OOD_CHECK
RUN = "bridges-1f2e"


def square(category_id, left=0):
    pixels = np.zeros((6, 8), dtype=bool)
    pixels[1:4, left : left + 3] = True
    return ObjectLabel(category_id, Mask.from_array(pixels))


def image(name):
    return Image(f"id-{name}", "p", f"{name}.png", "", 8, 6, "0" * 64, Split.POOL)


def offered(name, *objects):
    """Proposals of an image, to start from."""
    proposals = (ObjectProposal(item.category_id, item.mask, 0.75, 0.9) for item in objects)
    named = with_ids("m1", f"id-{name}", proposals)
    return {f"id-{name}": ImageProposals(f"id-{name}", "m1", 0.4, named)}


def task(kind, names=("a", "b"), proposals=None, kept=None, *, name="round-01", run=RUN, is_over=lambda: False):
    return Task(
        name,
        kind,
        tuple(map(image, names)),
        CATEGORIES,
        proposals or {},
        {f"id-{each}": 0.0 for each in names},
        lambda image_id: f"the file of {image_id}".encode(),
        lambda: kept.append(1) if kept is not None else None,
        run,
        is_over,
        assistance=Assistance(Assist.PROPOSALS, "m1", 0.5) if proposals and kind is SupervisionKind.FULL else UNAIDED,
    )


def finished(*names, **labels):
    """A done.json of these images."""
    return coco_document(CATEGORIES, [image(name) for name in names], {f"{k}.png": v for k, v in labels.items()})


class People:
    """What people do while the labeler sleeps: one step of `script` at a time."""

    def __init__(self, folder, annotators=()):
        self.folder = folder
        self.place = folder / "round-01"
        self.output = io.StringIO()
        self.script = []
        self.slept = 0
        progress = LineProgress(Console(file=self.output, width=300), lambda: 0.0)
        self.labeler = FolderLabeler(folder, progress, self.sleep, annotators)

    @property
    def said(self):
        """What the run has told them."""
        return self.output.getvalue()

    def again(self):
        """The same people before a run that was started anew."""
        return People(self.folder)

    def sleep(self, seconds):
        self.slept += 1
        assert self.slept < 5000, "the labeler waits for ever"
        if self.script:
            self.script.pop(0)()

    def save(self, document, name="done.json"):
        self.script.append(lambda: self.write(document, name))

    def write(self, document, name="done.json"):
        text = document if isinstance(document, str) else json.dumps(document)
        path = Path(os.path.normpath(self.place / name))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
