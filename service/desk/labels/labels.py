"""What people say of images: taken all or none, listed, exported."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from maskloop.costs.cost_model import CostModel
from maskloop.costs.estimates import estimate_costs
from maskloop.costs.review_fit import ReviewWork
from maskloop.errors import UnsupportedSupervision
from maskloop.formats.json_pieces import json_pieces
from maskloop.values import (
    CostEstimates,
    Label,
    LabelDraft,
    SupervisionKind,
)
from service.desk.callers import own_name
from service.desk.campaigns.leases import end_overdue_leases
from service.desk.checks import check_annotator, check_drafts
from service.desk.labels.exporting import DOCUMENTS, document_of
from service.desk.labels.intake import Intake
from service.desk.labels.reviews import Reviews
from service.pool.candidate_index import CandidateIndex
from service.store import Database, Transaction
from service.store.audit import add_audits
from service.store.clock import Clock, NewId
from service.store.images import get_image
from service.store.labels.exported_labels import current_label_ids
from service.store.labels.labels import (
    get_labels,
    list_labels,
)
from service.store.labels.timed_labels import timed_labels, timed_reviews
from service.store.pagination import Page, PageRequest
from service.store.projects import get_project
from service.store.requests import Request, answer_once


@dataclass(frozen=True)
class Submission:
    """Labels as kept, and what their campaign has left in seconds (`None` without one, or if it counts images)."""

    labels: tuple[Label, ...]
    left_s: float | None


@dataclass(frozen=True)
class _Asked:
    """A submission, checked as far as that goes without the store."""

    project_id: str
    annotator: str
    batch_id: str
    drafts: tuple[LabelDraft, ...]

    def __post_init__(self) -> None:
        check_annotator(self.annotator)
        check_drafts(self.drafts)


@dataclass(frozen=True)
class _Kept:
    """A submission as it is remembered for a repeated call."""

    label_ids: tuple[str, ...]
    left_s: float | None


class LabelDesk:
    """Use cases of labels.

    Args:
        database: what the server remembers.
        candidates: walks over the images that may be asked for.
        reviews: finds the proposals that labels name.
        clock: tells the time.
        new_id: makes ids.
        lease_clock: tells when leases end; `clock` if it is `None`.
    """

    def __init__(
        self,
        *,
        database: Database,
        candidates: CandidateIndex,
        reviews: Reviews,
        clock: Clock,
        new_id: NewId,
        lease_clock: Clock | None = None,
    ) -> None:
        self._database = database
        self._candidates = candidates
        self._reviews = reviews
        self._clock = clock
        self._lease_clock = lease_clock or clock
        self._new_id = new_id

    def submit_labels(
        self,
        *,
        project_id: str,
        annotator: str,
        labels: Sequence[LabelDraft],
        batch_id: str = "",
        request_id: str = "",
    ) -> Submission:
        """Take labels of one project, all of them or none; durable when answered.

        Raises:
            ProjectNotFound, ImageNotFound, BatchNotFound, LabelNotFound, ModelNotFound: the request names what is not
                there.
            InvalidLabel, InvalidMask, InvalidArgument: names image and object, and what is wrong.
            AlreadyExists: the image has a label of that kind, and the draft does not supersede it.
            FailedPrecondition: the superseded label was corrected before; or an answer's image is no candidate, or is
                used as one of the pool by now.
            LeaseLost: an image is in other hands by now.
            ForeignLease: another annotator holds the batch or the image.
            BudgetExhausted: those without measured seconds cost more than the campaign has left; says how much.
        """
        asked = _Asked(project_id, annotator, batch_id, tuple(labels))
        drafts = self._reviews.complete(project_id, asked.drafts)
        with self._database.write() as tx:
            kept = answer_once(
                tx,
                Request(request_id, "SubmitLabels", (asked,), project_id),
                _Kept,
                lambda: self._take(tx, asked, drafts),
                self._clock(),
            )
        with self._database.read() as tx:  # nobody waits for it who writes
            labels_kept = get_labels(tx, project_id, kept.label_ids)
        return Submission(tuple(replace(label, superseded_by="") for label in labels_kept), kept.left_s)

    def list_labels(
        self,
        *,
        project_id: str,
        image_id: str = "",
        kind: SupervisionKind | None = None,
        include_superseded: bool = False,
        page_size: int = 0,
        page_token: str = "",
    ) -> Page[Label]:
        """A project's labels, oldest first. Annotators see those of one image, whoever's they are, or all of their own.

        Raises:
            ProjectNotFound, ImageNotFound: there is no such project or image.
        """
        page = PageRequest.of(page_size, page_token)
        with self._database.read() as tx:
            get_project(tx, project_id)
            if image_id:
                get_image(tx, project_id, image_id)
            return list_labels(
                tx,
                project_id,
                page,
                image_id=image_id,
                kind=kind,
                include_superseded=include_superseded,
                annotator="" if image_id else own_name(),
            )

    def export_labels(self, *, project_id: str, kind: SupervisionKind | None = None) -> Iterator[bytes]:
        """The labels of a kind that are current now as one document, UTF-8 JSON in pieces of at most 256 KiB.

        Args:
            kind: full, for masks, as for `None`, or boxes: COCO; or points or scribbles, in the form of
                `maskloop.formats.marks`.

        Raises:
            ProjectNotFound: there is no such project.
            UnsupportedSupervision: another kind.
        """
        kind = kind or SupervisionKind.FULL
        if kind not in DOCUMENTS:
            raise UnsupportedSupervision(
                f"labels of kind {kind} are not exported; those of {', '.join(DOCUMENTS)} are", field="kind"
            )
        with self._database.read() as tx:
            project = get_project(tx, project_id)
            label_ids = current_label_ids(tx, project_id, kind)
        return json_pieces(document_of(self._database, kind, project.categories, label_ids))

    def get_cost_estimates(self, *, project_id: str) -> CostEstimates:
        """What labels take in a project, from the measured seconds of its first labels; else what is planned.

        Raises:
            ProjectNotFound: there is no such project.
        """
        with self._database.read() as tx:
            costs = CostModel.of(get_project(tx, project_id))
            timed = list(timed_labels(tx, project_id))
            works = [  # of masks one at a time
                ReviewWork.of(each.label, costs, each.seconds_spent, each.counts_paid_s)
                for each in timed_reviews(tx, project_id)
            ]
        return estimate_costs(costs, timed, works)

    def _take(self, tx: Transaction, asked: _Asked, drafts: Sequence[LabelDraft]) -> _Kept:
        now = self._clock()
        project = get_project(tx, asked.project_id)
        end_overdue_leases(tx, self._candidates, project.id, self._lease_clock())
        intake = Intake(tx, project, asked.annotator, now, self._new_id)
        labels, left_s = intake.take(drafts, asked.batch_id)
        add_audits(
            tx,
            now,
            "SubmitLabels",
            project.id,
            annotator=asked.annotator,
            subjects=[
                {
                    "image": label.image_id,
                    "label": label.id,
                    "corrected": label.supersedes,
                    "batch": asked.batch_id,
                    "campaign": label.campaign_id,
                }
                for label in labels
            ],
        )
        self._candidates.changed(tx, project.id, [label.image_id for label in labels])
        if any(label.content.sorts_images for label in labels):  # the pool grew, or the classifier knows better now
            tx.after_commit(lambda: self._candidates.forget(project.id))
        return _Kept(tuple(label.id for label in labels), left_s)
