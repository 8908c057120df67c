"""Where the images come from that people label on the page, and where their labels go."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from starlette.requests import HTTPConnection

from maskloop.errors import ProjectNotFound
from maskloop.values import (
    Batch,
    Image,
    ImageProposals,
    Label,
    LabelDraft,
    Project,
    Prompt,
    PromptedProposals,
    SkipReason,
    SupervisionKind,
)


@dataclass(frozen=True)
class Wish:
    """What an annotator asks for.

    Args:
        annotator: who will label.
        campaign_id: which campaign pays; "" for the only one.
        kind: of label; `None` for whatever is to be labeled.
        images: how many, 1 or more.
        request_id: makes the call idempotent.
        for_test: whether the images are to join the test split with their full label: drawn at random, by hand.
    """

    annotator: str
    campaign_id: str
    kind: SupervisionKind | None
    images: int
    request_id: str
    for_test: bool = False


@dataclass(frozen=True)
class HandIn:
    """What an annotator hands in.

    Args:
        annotator: who labeled.
        batch_id: whose leases cover the images; "" for corrections and images that nobody holds.
        drafts: the labels, all or none.
        request_id: makes the call idempotent.
    """

    annotator: str
    batch_id: str
    drafts: tuple[LabelDraft, ...]
    request_id: str


class WorkSource(ABC):
    """Images in, labels out: a server's campaigns, or the task that a run waits for.

    Every method may block, and raises an error of `maskloop.errors` that says what is wrong and where. Threads may
    share one.
    """

    @abstractmethod
    def projects(self) -> Sequence[Project]:
        """The projects that there are to label for, by id."""

    def project(self, project_id: str) -> Project:
        """One of them.

        Raises:
            ProjectNotFound: there is none of that id.
        """
        found = next((project for project in self.projects() if project.id == project_id), None)
        if found is None:
            raise ProjectNotFound(f"there is no project {project_id!r:.80}", field="project_id")
        return found

    @abstractmethod
    def campaigns(self, project_id: str) -> Sequence[str]:
        """Ids of a project's campaigns."""

    @abstractmethod
    def lease(self, project_id: str, wish: Wish) -> Batch:
        """Images for one annotator. One who holds an open batch of that kind gets it back."""

    @abstractmethod
    def batch(self, project_id: str, batch_id: str) -> Batch:
        """A batch, with the images that are still leased."""

    @abstractmethod
    def renew(self, project_id: str, batch_id: str, annotator: str) -> Batch:
        """Prolong leases; takes expired ones up again where nobody else has the image by now."""

    @abstractmethod
    def release(self, project_id: str, batch_id: str, annotator: str, image_ids: Sequence[str]) -> None:
        """Give images back, all of them where none is named."""

    @abstractmethod
    def skip(self, project_id: str, batch_id: str, annotator: str, image_id: str, reason: SkipReason) -> None:
        """Pass over one image."""

    @abstractmethod
    def image(self, project_id: str, image_id: str) -> Image:
        """An image's facts."""

    @abstractmethod
    def read_image(self, project_id: str, image_id: str) -> bytes:
        """An image's file, as it was imported."""

    @abstractmethod
    def proposals(self, batch: Batch, image_id: str) -> ImageProposals | None:
        """The masks that people are shown of an image, `None` where there are none to be shown."""

    @abstractmethod
    def propose(
        self, project_id: str, image_id: str, prompts: Sequence[Prompt], model_version: str
    ) -> PromptedProposals:
        """Masks of what each prompt shows, in their order; `model_version` "" for the active one."""

    @abstractmethod
    def label(self, project_id: str, image_id: str, kind: SupervisionKind) -> Label | None:
        """What is on record of an image, `None` while nothing is."""

    @abstractmethod
    def submit(self, project_id: str, hand_in: HandIn) -> Sequence[Label]:
        """Keep labels, all or none; they are on disk when this returns. In the order of the drafts."""


T = TypeVar("T")
WorkOf = Callable[[HTTPConnection], WorkSource]
"""The work of whoever asks; raises Unauthenticated where nobody has said who that is. It does not block."""


def for_everybody(value: T) -> Callable[..., T]:
    """The same for whoever asks."""
    return lambda *_: value
