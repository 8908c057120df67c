"""What a run has people label: the run itself, and the task that it waits for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from maskloop.values import (
    UNAIDED,
    Assistance,
    Image,
    ImageProposals,
    Pick,
    Project,
    Prompt,
    PromptedProposals,
    SupervisionKind,
)


@dataclass(frozen=True)
class RunFacts:
    """What stays the same while a run goes on.

    Args:
        name: of the run, such as `bridges-random-1f2e3d4c`; "" where it does not matter.
        project: whose images they are, its vocabulary and prices.
        images: every image that may be asked for, by id.
        read_image: an image's file by its id.
    """

    name: str
    project: Project
    images: Mapping[str, Image]
    read_image: Callable[[str], bytes]


@dataclass(frozen=True)
class RunTask:
    """Images that the run waits for.

    Args:
        name: of the task, the same whenever the run is repeated.
        kind: what is asked of them.
        image_ids: the images, in the order of selection.
        shown: the proposals that people are shown of an image, by its id; `None` where there are none.
        propose: what the network that helps outlines for prompts in an image, in their order; `None` where nobody
            helps.
        picks: why images were chosen, by their id, as far as that is known.
        counts_paid_s: seconds already paid for counts of these images, by image id.
        for_test: whether the images are to measure networks, and none is to learn from them.
        assistance: how people are helped.
    """

    name: str
    kind: SupervisionKind
    image_ids: tuple[str, ...]
    shown: Callable[[str], ImageProposals | None] = lambda image_id: None
    propose: Callable[[str, Sequence[Prompt]], PromptedProposals] | None = None
    picks: Mapping[str, Pick] = field(default_factory=dict)
    counts_paid_s: Mapping[str, float] = field(default_factory=dict)
    for_test: bool = False
    assistance: Assistance = UNAIDED
