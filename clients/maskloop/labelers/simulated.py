"""Simulated people: they say what the data set says. They hold no clock, so that budgets are charged the plan."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from maskloop.costs.cost_model import CostModel
from maskloop.labelers.labeler import Answers, Labeler, Task
from maskloop.labelers.marks import draw_stroke, put_point
from maskloop.labelers.outlines import draw_box
from maskloop.labelers.person import Person
from maskloop.labelers.reviewing import Reviewer
from maskloop.values import (
    LABEL_KINDS,
    Assist,
    Box,
    BoxesLabel,
    Counts,
    FullLabel,
    LabelContent,
    LabelDraft,
    ObjectLabel,
    ObjectProposal,
    Pick,
    PointsLabel,
    Prompt,
    PromptedProposals,
    ScribblesLabel,
    SupervisionKind,
)

MOST_KEPT = 10_000
"""Answers that are remembered between asking what they cost and asking for them."""


class GroundTruthLabeler(Labeler):
    """Answers from the pool's own labels, as a person would who sees them.

    Args:
        objects: the objects of each image that may be asked for, by image id.
        costs: the cost model of the project's vocabulary.
        person: how they work.
    """

    def __init__(
        self, objects: Mapping[str, tuple[ObjectLabel, ...]], costs: CostModel, person: Person | None = None
    ) -> None:
        self._objects = objects
        self._costs = costs
        self._person = person or Person()
        self._answers: dict[tuple[str, SupervisionKind, str], LabelContent] = {}

    def costs_s(self, task: Task, picks: Sequence[Pick]) -> dict[str, float]:
        """Exactly what the labels will cost."""
        return {
            pick.image_id: self._content(task, pick.image_id).cost_s(
                self._costs, task.counts_paid_s.get(pick.image_id, 0.0)
            )
            for pick in picks
        }

    def least_cost_s(self, image_id: str, kind: SupervisionKind, counts_paid_s: float, assist: Assist) -> float:
        """What it costs unaided; with proposals, a look at each object and the class checks."""
        content = LABEL_KINDS[kind].of(self._objects[image_id])
        if assist is Assist.NONE or kind is not SupervisionKind.FULL:
            return content.cost_s(self._costs, counts_paid_s)
        shown = Counts.of(self._objects[image_id])
        looks_s = shown.objects * self._costs.reviews.look_s
        return max(0.0, self._costs.full(shown.categories, 0) + looks_s - counts_paid_s)

    def known_objects(self, image_id: str) -> tuple[ObjectLabel, ...]:
        """The objects of a pool image."""
        return self._objects[image_id]

    def label(self, task: Task) -> Answers:
        """At once.

        Raises:
            UnsupportedSupervision: a kind that has no class.
        """
        return Answers(tuple(LabelDraft(image.id, self._content(task, image.id)) for image in task.images))

    def _content(self, task: Task, image_id: str) -> LabelContent:
        """What is said of an image, the same whenever it is asked within a task: a box is drawn, and answered, once."""
        self.check_kind(task.kind)
        asked = (task.name, task.kind, image_id)
        if asked not in self._answers:
            while len(self._answers) >= MOST_KEPT:
                self._answers.pop(next(iter(self._answers)))
            self._answers[asked] = self._say(task, image_id)
        return self._answers[asked]

    def _say(self, task: Task, image_id: str) -> LabelContent:
        there = self._objects[image_id]
        if task.kind is not SupervisionKind.FULL:
            return self._mark(task.kind, there, image_id)
        reviewer = Reviewer(self._person, image_id, self._costs.reviews.correction)
        help_ = task.assistance
        if help_.assist is Assist.NONE:
            return reviewer.draw(there) if self._person.outline_iou < 1 else FullLabel(there)
        boxed = partial(_boxed, task.propose, image_id) if help_.assist is Assist.BOXES and task.propose else None
        return reviewer.review(there, task.shown(image_id), task.shown_version(image_id), boxed)

    def _mark(self, kind: SupervisionKind, there: Sequence[ObjectLabel], image_id: str) -> LabelContent:
        """What the objects are; of a person whose outlines are off, boxes, points and strokes are off as well."""
        person, single = self._person, [item for item in there if not item.crowd]
        if person.outline_iou == 1:
            return LABEL_KINDS[kind].of(tuple(there))
        if kind is SupervisionKind.BOXES:
            return BoxesLabel(tuple(draw_box(item, person, image_id) for item in single))
        if kind is SupervisionKind.POINTS:
            return PointsLabel(tuple(put_point(item, person, image_id) for item in single))
        if kind is SupervisionKind.SCRIBBLES:
            return ScribblesLabel(tuple(draw_stroke(item, person, image_id) for item in single))
        return LABEL_KINDS[kind].of(tuple(there))


def _boxed(
    propose: Callable[[str, Sequence[Prompt]], PromptedProposals], image_id: str, boxes: Sequence[Box]
) -> tuple[ObjectProposal, ...]:
    """The masks that the network proposes for boxes, in their order."""
    prompts = [Prompt(item.category_id, (item.x, item.y, item.width, item.height)) for item in boxes]
    return propose(image_id, prompts).proposals
