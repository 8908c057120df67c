"""Batches as a lead sees them: who holds what until when, and what each person has done."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from maskloop.client import Client
from maskloop.values import BatchRecord, Label, PickState, Split

IMPORTED = "import"
"""Who the server says made the labels that came with their images."""


@dataclass(frozen=True)
class BatchSummary:
    """One batch: who has it, and how many of its images are in which state. `overdue` says that its lease has ended,
    and that nobody has taken the images up since."""

    id: str
    campaign: str
    annotator: str
    kind: str
    strategy: str
    model_version: str
    for_test: bool
    fallback: str
    expires_at: float
    overdue: bool
    planned_s: float
    states: dict[str, int]


@dataclass(frozen=True)
class AnnotatorSummary:
    """What one person has done in a project: labels by kind, corrections among them, and the seconds charged.

    `timed` labels came with measured seconds, `timed_s` in all. `held` images are leased to them now.
    """

    annotator: str
    labels: int
    by_kind: dict[str, int]
    corrections: int
    charged_s: float
    timed: int
    timed_s: float
    held: int
    last_at: float | None


def read_batches(client: Client, project_id: str, campaign_id: str, now: datetime) -> dict[str, object]:
    """Everything of the batches' section, newest leases first; of one campaign, or of all for "".

    Raises:
        ProjectNotFound: there is none.
    """
    records = list(client.list_batches(project_id=project_id, campaign_id=campaign_id))
    every = list(client.list_labels(project_id=project_id, include_superseded=True))
    labels = [label for label in every if not campaign_id or label.campaign_id == campaign_id]
    ordered = sorted(records, key=lambda record: (-record.batch.expires_at.timestamp(), record.batch.id))
    return {
        "batches": [asdict(batch_summary(record, now)) for record in ordered],
        "annotators": [asdict(each) for each in annotator_summaries(labels, records)],
        "now": now.timestamp(),
    }


def batch_summary(record: BatchRecord, now: datetime) -> BatchSummary:
    """A batch in numbers."""
    batch = record.batch
    states = {state.value: len(record.in_state(state)) for state in PickState}
    return BatchSummary(
        id=batch.id,
        campaign=batch.campaign_id,
        annotator=batch.annotator,
        kind=batch.kind.value,
        strategy=batch.strategy,
        model_version=batch.model_version,
        for_test=batch.for_split is Split.TEST,
        fallback=batch.fallback,
        expires_at=batch.expires_at.timestamp(),
        overdue=bool(states[PickState.OPEN]) and batch.expires_at <= now,
        planned_s=round(sum(pick.cost_s for pick in batch.picks), 3),
        states=states,
    )


def annotator_summaries(labels: Iterable[Label], records: Sequence[BatchRecord]) -> list[AnnotatorSummary]:
    """What each person has done, those with most labels first.

    Args:
        labels: corrections included; those that came with their images are nobody's.
        records: batches, which say who holds images now.
    """
    held: dict[str, int] = {}
    for record in records:
        held.setdefault(record.batch.annotator, 0)
        held[record.batch.annotator] += len(record.in_state(PickState.OPEN))
    theirs: dict[str, list[Label]] = {name: [] for name in held}
    for label in labels:
        if label.annotator not in ("", IMPORTED):
            theirs.setdefault(label.annotator, []).append(label)
    made = [_annotator(name, made, held.get(name, 0)) for name, made in theirs.items()]
    return sorted(made, key=lambda each: (-each.labels, each.annotator))


def _annotator(name: str, labels: Sequence[Label], held: int) -> AnnotatorSummary:
    timed = [label.seconds_spent for label in labels if label.seconds_spent is not None]
    by_kind: dict[str, int] = {}
    for label in labels:
        by_kind[label.kind.value] = by_kind.get(label.kind.value, 0) + 1
    return AnnotatorSummary(
        annotator=name,
        labels=len(labels),
        by_kind=by_kind,
        corrections=sum(bool(label.supersedes) for label in labels),
        charged_s=round(sum(label.charged_s for label in labels), 3),
        timed=len(timed),
        timed_s=round(sum(timed), 3),
        held=held,
        last_at=max((label.created_at.timestamp() for label in labels), default=None),
    )
