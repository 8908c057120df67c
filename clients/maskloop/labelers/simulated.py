"""Simulated people: they say what the data set says, and take as long as the cost model says."""

from __future__ import annotations

from collections.abc import Mapping

from maskloop.costs.cost_model import CostModel
from maskloop.labelers.labeler import Answers, Labeler, Task
from maskloop.values import Counts, LabelDraft, ObjectLabel, OodAnswer, Pick, SupervisionKind


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
        counts = Counts.of(self._objects[pick.image_id])
        if kind is SupervisionKind.OOD_CHECK:
            return self._costs.ood_check()
        if kind is SupervisionKind.COUNTS:
            return self._costs.counts_label(counts)
        return self._costs.full_label(counts, counts_paid_s)

    def known_objects(self, image_id: str) -> tuple[ObjectLabel, ...]:
        """The objects of a pool image."""
        return self._objects[image_id]

    def label(self, task: Task) -> Answers:
        """At once."""
        return Answers(tuple(self._draft(task, image.id) for image in task.images))

    def _draft(self, task: Task, image_id: str) -> LabelDraft:
        objects = self._objects[image_id]
        counts = Counts.of(objects)
        if task.kind is SupervisionKind.OOD_CHECK:
            answer, seconds = OodAnswer(_most_frequent(counts)), self._costs.ood_check()
            return LabelDraft(image_id, task.kind, answer=answer, seconds_spent=seconds)
        if task.kind is SupervisionKind.COUNTS:
            return LabelDraft(image_id, task.kind, counts=counts, seconds_spent=self._costs.counts_label(counts))
        seconds = self._costs.full_label(counts, task.counts_paid_s[image_id])
        return LabelDraft(image_id, task.kind, objects=objects, seconds_spent=seconds)


def _most_frequent(counts: Counts) -> int:
    """The category with most objects, the first of several, 0 if there is none: what a person sees first."""
    return max(counts.by_category, key=lambda category_id: (counts.by_category[category_id], -category_id), default=0)
