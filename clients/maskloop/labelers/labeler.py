"""What a labeler is handed, and what it hands back."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Protocol

from maskloop.errors import UnsupportedSupervision
from maskloop.values import (
    LABEL_KINDS,
    UNAIDED,
    Assist,
    Assistance,
    Category,
    Image,
    ImageProposals,
    LabelContent,
    LabelDraft,
    ObjectLabel,
    ObjectProposal,
    Pick,
    Prompt,
    PromptedProposals,
    SkipReason,
    SupervisionKind,
)


@dataclass(frozen=True)
class Task:
    """Images to label.

    Args:
        name: of the task, the same whenever the run is repeated, such as `round-02` or `round-00-counts`.
        kind: what is asked of them.
        images: the images, in the order of selection.
        categories: the vocabulary.
        proposals: the network's masks by image id, where there are any. People are shown those that `shown` lists.
        counts_paid_s: seconds already paid for counts of these images, by image id.
        read_image: an image's file by its id.
        keep: prolongs the leases; call it now and then while people work.
        run: names the run and no other, such as `bridges-random-1f2e3d4c`; "" where it does not matter.
        is_over: whether the run is to end now; people are no longer waited for.
        for_test: whether the images are to measure networks, and none is to learn from them.
        assistance: how people are helped.
        propose: the masks that the network proposes for prompts in an image, by its id, in their order.
        takes_prompts: whether it answers any.
        picks: why the images were chosen, by image id, as far as that is known.
    """

    name: str
    kind: SupervisionKind
    images: tuple[Image, ...]
    categories: tuple[Category, ...]
    proposals: Mapping[str, ImageProposals]
    counts_paid_s: Mapping[str, float]
    read_image: Callable[[str], bytes]
    keep: Callable[[], object]
    run: str = ""
    is_over: Callable[[], bool] = lambda: False
    for_test: bool = False
    assistance: Assistance = UNAIDED
    propose: Callable[[str, Sequence[Prompt]], PromptedProposals] | None = None
    takes_prompts: Callable[[], bool] = lambda: False
    picks: Mapping[str, Pick] = field(default_factory=dict)

    def shown(self, image_id: str) -> tuple[ObjectProposal, ...]:
        """The proposals that people are shown of an image: of those that are not empty, whose predicted IoU is high
        enough."""
        if self.assistance.assist is Assist.NONE or image_id not in self.proposals:
            return ()
        least = self.assistance.min_predicted_iou
        return tuple(
            item for item in self.proposals[image_id].objects if item.mask.area and item.predicted_iou >= least
        )

    def shown_version(self, image_id: str) -> str:
        """The model version whose proposals people are shown of an image."""
        offered = self.proposals.get(image_id)
        return offered.model_version if offered is not None else self.assistance.model_version


@dataclass(frozen=True)
class Answers:
    """Labels in the order of the task's images, the images that got none, by id, with the reason, and those that may
    still get one later."""

    drafts: tuple[LabelDraft, ...]
    passed_over: Mapping[str, SkipReason] = field(default_factory=dict)
    later: tuple[str, ...] = ()


class Reporter(Protocol):
    """Is told what a labeler waits for; `maskloop.loop.progress.Progress` is one."""

    def phase(self, name: str, detail: str = "") -> None:
        """Another phase begins."""

    def note(self, sentence: str) -> None:
        """Tell a sentence that stays."""


class Labeler(ABC):
    """People, or what stands in for them.

    Class attributes:
        kinds: the kinds of labels it can be asked for.
        waits: whether it waits for people, who want to see meanwhile what their labels have brought.
    """

    kinds: ClassVar[tuple[SupervisionKind, ...]] = tuple(LABEL_KINDS)
    waits: ClassVar[bool] = False

    def check_kind(self, kind: SupervisionKind) -> None:
        """Raises UnsupportedSupervision unless it can be asked for labels of this kind."""
        if kind not in self.kinds:
            raise UnsupportedSupervision(
                f"{type(self).__name__} gives no labels of kind {kind}; it gives {', '.join(self.kinds)}", field="kind"
            )

    @abstractmethod
    def costs_s(self, task: Task, picks: Sequence[Pick]) -> dict[str, float]:
        """Seconds that each image's label is known or expected to cost, by image id, before it is asked for.

        Args:
            task: what is to be asked.
            picks: its images.

        Raises:
            UnsupportedSupervision: a kind that is not among `kinds`.
        """

    def least_cost_s(self, image_id: str, kind: SupervisionKind, counts_paid_s: float, assist: Assist) -> float:
        """Seconds below which a label of this image is known not to cost; 0 where only people know.

        Args:
            image_id: the image.
            kind: of the label.
            counts_paid_s: what its counts have cost already.
            assist: how people are helped.
        """
        return 0.0

    def known_objects(self, image_id: str) -> tuple[ObjectLabel, ...] | None:
        """What is in an image, for a simulation that is not to ask; `None` where only people know."""
        return None

    @abstractmethod
    def label(self, task: Task) -> Answers:
        """Label the task's images; returns when all are labeled, passed over or left for later.

        Asked again for a task of the same name and images, it gives the same answers.

        Raises:
            UnsupportedSupervision: a kind that is not among `kinds`.
        """

    def revised(self, task: Task, known: Mapping[str, LabelContent]) -> Answers:
        """What people have since said of a task that they answered before; never waits.

        Args:
            task: the same as `label` was given.
            known: what is on record of its images, by image id.

        Returns:
            Labels that differ from what is on record, and first labels of images that were left for later.
        """
        return Answers(())
