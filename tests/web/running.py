"""A run of a few small images, and people on its page."""

from datetime import UTC, datetime, timedelta

import numpy as np

from maskloop.masks import Mask
from maskloop.values import (
    Assist,
    Assistance,
    Category,
    FullLabel,
    Image,
    ImageProposals,
    LabelDraft,
    ObjectLabel,
    ObjectProposal,
    Project,
    PromptedProposals,
    Split,
    SupervisionKind,
    with_ids,
)
from maskloop.web.run_work import RunWork
from maskloop.web.running.task import RunFacts, RunTask
from maskloop.web.running.tasks import RunTasks
from maskloop.web.work import HandIn, Wish

FULL, COUNTS = SupervisionKind.FULL, SupervisionKind.COUNTS
CATEGORIES = (Category(1, "crack"), Category(2, "rust"))
NAMES = ("a", "b", "c", "d", "e")
RUN = "bridges-1f2e"
LEASE_S = 60


class Clock:
    """A time that tests set."""

    def __init__(self):
        self.now = datetime(2026, 1, 1, tzinfo=UTC)

    def __call__(self):
        return self.now

    def pass_s(self, seconds):
        self.now += timedelta(seconds=seconds)


def square(category_id=1, left=0):
    pixels = np.zeros((6, 8), dtype=bool)
    pixels[1:4, left : left + 3] = True
    return ObjectLabel(category_id, Mask.from_array(pixels))


def image(name):
    return Image(f"id-{name}", "p", f"{name}.png", "", 8, 6, "0" * 64, Split.POOL)


def proposals_of(*objects, name="a", version="m1"):
    """What `version` offers of an image."""
    offered = (ObjectProposal(item.category_id, item.mask, 0.75, 0.9) for item in objects)
    return with_ids(version, f"id-{name}", offered)


class Run:
    """The run, from its folder; `again` is the same run after a restart."""

    def __init__(self, folder, clock=None, run=RUN):
        self.folder, self.clock, self.run = folder, clock or Clock(), run
        self.again()

    def again(self):
        images = {f"id-{name}": image(name) for name in NAMES}
        self.tasks = RunTasks(self.folder, RunFacts(self.run, Project("p", "bridges", CATEGORIES), images, str.encode))
        self.work = RunWork(self.tasks, self.clock, LEASE_S)
        return self

    def lease(self, annotator, images=1, kind=None):
        return self.work.lease("p", Wish(annotator, "", kind, images, "r"))

    def names(self, batch):
        return [pick.image_id.removeprefix("id-") for pick in batch.picks]

    def submit(self, annotator, name, content=None, *, batch="", seconds=None, supersedes="", request_id=""):
        draft = LabelDraft(f"id-{name}", content or FullLabel((square(),)), seconds, supersedes)
        (label,) = self.work.submit("p", HandIn(annotator, batch, (draft,), request_id))
        return label


def task(*names, name="round-01", kind=FULL, **more):
    return RunTask(name, kind, tuple(f"id-{each}" for each in names or NAMES), **more)


def helped(*names, asked=None, **shown):
    """A task whose images are shown these proposals, and whose network outlines a square for each prompt."""

    def propose(image_id, prompts):
        if asked is not None:
            asked.append((image_id, prompts))
        objects = [square(prompt.category_id or 1, 5) for prompt in prompts]
        return PromptedProposals(proposals_of(*objects, name=image_id.removeprefix("id-")), "m1")

    found = {f"id-{each}": ImageProposals(f"id-{each}", "m1", 0.5, offered) for each, offered in shown.items()}
    return task(*names, shown=found.get, propose=propose, assistance=Assistance(Assist.BOXES, "m1"))
