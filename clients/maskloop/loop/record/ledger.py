"""What one arm has bought so far, added up from the server's own answers.

The server holds the spending. The loop adds up the same labels a second time because it must not ask: a resumed run
walks through rounds that are over, and `GetCampaign` would tell it how things stand today, not how they stood then.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

from maskloop.costs.budget_end import end_of_budget_s
from maskloop.values import MARKS, Budget, Counts, Label, SkipReason, Split, SupervisionKind


class Ledger:
    """Spending and labels of one arm, up to where its loop has come.

    Spent is what the server charges: measured seconds of labels that report them, planned ones of the others. What was
    planned and what was measured stand beside it, by kind. `counts_paid_s` are planned seconds, by image: a full label
    of a counted image is planned at the rest.

    `labeled` are all images with a full label; `tested` those of them that were labeled for the test split, at `test_s`
    seconds.
    """

    def __init__(self, budget: Budget) -> None:
        self.budget = budget
        self.spent_s_by_kind: dict[str, float] = {}
        self.planned_s_by_kind: dict[str, float] = {}
        self.measured_s_by_kind: dict[str, float] = {}
        self.counts_paid_s: dict[str, float] = {}
        self.counted_objects: dict[str, int] = {}
        self.labeled: set[str] = set()
        self.tested: set[str] = set()
        self.test_s = 0.0
        self.passed_over: dict[str, SkipReason] = {}

    def add(self, labels: Iterable[Label], for_split: Split | None = None) -> None:
        """Enter labels the server has taken, and the split that their images joined with them, if any."""
        for label in labels:
            kind = label.kind.value
            if for_split is Split.TEST:
                self.tested.add(label.image_id)
                self.test_s = _to_ms(self.test_s + label.charged_s)
            _add(self.spent_s_by_kind, kind, label.charged_s)
            _add(self.planned_s_by_kind, kind, label.cost_s)
            if label.seconds_spent is not None:
                _add(self.measured_s_by_kind, kind, label.seconds_spent)
            if isinstance(label.content, Counts):
                _add(self.counts_paid_s, label.image_id, label.cost_s)
                self.counted_objects[label.image_id] = label.content.objects
            elif label.content.counted_by_budget:
                self.labeled.add(label.image_id)

    @property
    def spent_s(self) -> float:
        """Seconds of annotator time spent, as charged."""
        return _to_ms(sum(self.spent_s_by_kind.values()))

    def spent_on(self, kind: SupervisionKind) -> float:
        """Seconds spent on labels of one kind."""
        return self.spent_s_by_kind.get(kind.value, 0.0)

    @property
    def left_s(self) -> float:
        """Seconds left, never below 0; infinite when the budget counts images."""
        return math.inf if self.budget.seconds is None else max(0.0, _to_ms(self.budget.seconds - self.spent_s))

    @property
    def left_images(self) -> float:
        """Images left; infinite when the budget counts seconds."""
        return math.inf if self.budget.images is None else self.budget.images - len(self.labeled)

    @property
    def end_s(self) -> float:
        """Seconds at which the budget will be spent; one of images as if each cost the mean so far."""
        return end_of_budget_s(self.budget.seconds, self.budget.images, self.spent_s, len(self.labeled))

    def mean_full_s(self, otherwise: float) -> float:
        """Mean seconds of a full label so far, counts apart; `otherwise` before the first."""
        spent_s = self.spent_on(SupervisionKind.FULL)
        return spent_s / len(self.labeled) if self.labeled and spent_s else otherwise

    def bought(self, for_split: Split | None) -> tuple[int, float]:
        """Fully labeled images and seconds spent: on the test split, or on all but that, marks and class labels."""
        if for_split is Split.TEST:
            return len(self.tested), self.test_s
        apart_s = self.test_s + math.fsum(map(self.spent_on, (SupervisionKind.IMAGE_LEVEL, *MARKS)))
        return len(self.labeled - self.tested), _to_ms(self.spent_s - apart_s)


def _add(seconds: dict[str, float], key: str, more_s: float) -> None:
    seconds[key] = _to_ms(seconds.get(key, 0.0) + more_s)


def _to_ms(seconds: float) -> float:
    """Whole milliseconds, in which costs are charged: sums stay as exact as what is added."""
    return round(seconds, 3)
