"""Simulated people: they say what the data set says. They hold no clock, so that budgets are charged the plan."""

from __future__ import annotations

from collections.abc import Mapping

from maskloop.costs.cost_model import CostModel
from maskloop.labelers.labeler import Answers, Labeler, Task
from maskloop.values import LABEL_KINDS, LabelContent, LabelDraft, ObjectLabel, Pick, SupervisionKind


class GroundTruthLabeler(Labeler):
    """Answers from the pool's own labels.

    Args:
        objects: the objects of each image that may be asked for, by image id.
        costs: the cost model of the project's vocabulary.
    """

    def __init__(self, objects: Mapping[str, tuple[ObjectLabel, ...]], costs: CostModel) -> None:
        self._objects = objects
        self._costs = costs

    def cost_s(self, pick: Pick, kind: SupervisionKind, counts_paid_s: float) -> float:
        """Exactly what the label will cost."""
        return self._content(kind, pick.image_id).cost_s(self._costs, counts_paid_s)

    def known_objects(self, image_id: str) -> tuple[ObjectLabel, ...]:
        """The objects of a pool image."""
        return self._objects[image_id]

    def label(self, task: Task) -> Answers:
        """At once.

        Raises:
            UnsupportedSupervision: a kind that has no class.
        """
        return Answers(tuple(LabelDraft(image.id, self._content(task.kind, image.id)) for image in task.images))

    def _content(self, kind: SupervisionKind, image_id: str) -> LabelContent:
        self.check_kind(kind)
        return LABEL_KINDS[kind].of(self._objects[image_id])
