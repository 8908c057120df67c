"""Choosing a batch: which walk, which target, what labels are expected to cost, and what may be spent."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from maskloop.errors import InvalidArgument
from maskloop.values import (
    LABEL_KINDS,
    UNAIDED,
    Assist,
    Assistance,
    Batch,
    Campaign,
    HeadState,
    Pick,
    Project,
    Split,
    Strategy,
    SupervisionKind,
    explain_head,
)
from selection.select import Limits, Selection, select_batch
from service.desk.checks import check_annotator
from service.pool.assisted_costs import AssistedCosts
from service.pool.candidate_index import CandidateIndex, NotLoadedError, Walk
from service.pool.expected_costs import LOOK_AHEAD, Helped, quotes
from service.pool.proposers import choose_proposers
from service.pool.rankings import version_for
from service.store import Transaction
from service.store.models import model_metrics
from service.store.tables.columns import whole_ms

MAX_IMAGES = 1000
LOOK_FURTHER = 100  # images tried beyond the first that does not fit, to fill a batch of seconds by value
RANDOM, HARD_OOD = Strategy("random"), Strategy("hard_ood")
FALLBACK = Strategy("stratified_random")
"""What chooses while the IoU head is not trusted: it needs no model, and loses to few that do."""


@dataclass(frozen=True)
class Wanted:
    """A request for a batch: how many `images`, or how many planned `seconds` of labels, for how long, the split that
    they are to join (`None`: they stay in theirs), whether they come beside those that the annotator holds, and how
    people will be helped.

    Raises:
        InvalidArgument: it asks for both, for neither, or for something impossible.
    """

    project_id: str
    campaign_id: str
    annotator: str
    kind: SupervisionKind
    images: int | None
    seconds: float | None
    strategy: Strategy | None
    lease_s: float
    for_split: Split | None = None
    beside_held: bool = False
    assistance: Assistance = UNAIDED

    def __post_init__(self) -> None:
        check_annotator(self.annotator)
        if self.for_split not in (None, Split.TEST):
            raise InvalidArgument(f"images are chosen for split {Split.TEST} alone", field="for_split")
        if self.for_split is not None and self.kind is not SupervisionKind.FULL:
            raise InvalidArgument(
                f"quality is measured by labels of kind {SupervisionKind.FULL}; {self.kind} puts no image into the "
                f"{self.for_split} split",
                field="for_split",
            )
        if self.assistance != UNAIDED and (self.kind is not SupervisionKind.FULL or self.for_split):
            raise InvalidArgument(
                f"people are helped with labels of kind {SupervisionKind.FULL} to learn from, and with no others",
                field="assistance",
            )
        if self.images is not None and not 1 <= self.images <= MAX_IMAGES:
            raise InvalidArgument(f"{self.images} images; 1 to {MAX_IMAGES} are handed out at once", field="images")
        self.limits(math.inf, math.inf)
        if self.strategy is not None:
            self.strategy.check()
            self.strategy.check_chooses_for(self.kind)

    def limits(self, left_s: float, left_images: float) -> Limits:
        """What is asked for, within what is left."""
        return Limits(left_s=left_s, left_images=left_images, images=self.images, seconds=self.seconds)


def choose_batch(
    tx: Transaction,
    candidates: CandidateIndex,
    assisted: AssistedCosts,
    wanted: Wanted,
    *,
    project: Project,
    campaign: Campaign,
    batch_id: str,
    now: datetime,
    inside: bool = False,
) -> Batch:
    """Choose the images of a new batch; none when nothing is open and affordable. Nothing is leased yet.

    What takes long, such as ranking the pool, is done `inside` the transaction only where that is said.

    Counts and marks are always bought in random order: nothing is known of the images yet. Candidate OoD images are
    handed out hardest first, or in random order if that is asked for.

    Raises:
        NotLoadedError: something has to be loaded first, outside of the transaction.
        PoolNotScored, SelectionNotPrepared, NoClassifier: the strategy, or who is to help, needs what is not there.
    """
    assistance = who_helps(wanted.assistance, project, assisted)
    asked = _asked(wanted, campaign)
    head = _head(tx, project)
    strategy, fallback = _in_force(asked, head, has_model=bool(project.active_model))
    helped = None
    if assistance != UNAIDED:
        helped = _helped(assisted, project, assistance, inside=inside)
    walk = candidates.walk(tx, project, campaign, wanted.kind, strategy, helped=helped, inside=inside)
    selection = _choose(tx, walk, wanted, helped, project=project, campaign=campaign, strategy=strategy)
    shown: Mapping[str, str] = {}
    if assistance.among:
        ids = [pick.image_id for pick in selection.picks]
        shown = choose_proposers(tx, assisted.folder, project, assistance, ids, seed=campaign.seed)
    return Batch(
        id=batch_id,
        project_id=project.id,
        campaign_id=campaign.id,
        annotator=wanted.annotator,
        kind=wanted.kind,
        strategy=str(strategy),
        picks=tuple(
            replace(
                pick,
                cost_s=whole_ms(pick.cost_s),
                score=_predicted_iou(pick, strategy, head),
                proposed_by=shown.get(pick.image_id, ""),
            )
            for pick in selection.picks
        ),
        expires_at=now + timedelta(seconds=wanted.lease_s),
        exhausted=selection.exhausted,
        model_version=version_for(project, strategy),
        target_iou=walk.candidates.target_iou,
        fallback=fallback,
        for_split=wanted.for_split,
        assistance=assistance,
    )


def who_helps(asked: Assistance, project: Project, assisted: AssistedCosts) -> Assistance:
    """Who helps: the version that is named, which must have scored the pool, or else the active one, if it has. Until
    then people draw."""
    if asked.model_version:
        for version in asked.among or (asked.model_version,):
            assisted.check(project.id, version)
        return asked
    if asked.assist is Assist.NONE or not assisted.has_scored(project.id, project.active_model):
        return UNAIDED
    return replace(asked, model_version=project.active_model)


def _helped(assisted: AssistedCosts, project: Project, assistance: Assistance, *, inside: bool) -> Helped:
    form = project.review_prices.correction
    if not (inside or assisted.knows(project.id, assistance, form)):
        raise NotLoadedError(lambda database: assisted.load(project.id, assistance, form))
    return Helped(assistance, assisted.shown(project.id, assistance, form))


def _asked(wanted: Wanted, campaign: Campaign) -> Strategy:
    """The campaign's own strategy chooses what is outlined, unless the request names another.

    What quality is measured by is drawn at random: chosen images are no sample of the pool.
    """
    if LABEL_KINDS[wanted.kind].in_random_order or (wanted.for_split and not wanted.strategy):
        return RANDOM
    return wanted.strategy or (HARD_OOD if LABEL_KINDS[wanted.kind].asked_of is Split.OOD else campaign.strategy)


def _head(tx: Transaction, project: Project) -> Mapping[str, float]:
    """The metrics of the active model version, which say how its head does; none without a version."""
    return model_metrics(tx, project.id, project.active_model) if project.active_model else {}


def _in_force(asked: Strategy, head: Mapping[str, float], *, has_model: bool) -> tuple[Strategy, str]:
    """The strategy that chooses, and why it is not the one asked for, "" if it is.

    Before the first model nothing tells one image from another. Where no head is fitted there is no predicted IoU at
    all, so that `trust=any` has nothing to trust.
    """
    if asked.needs_scores and not has_model:
        return RANDOM, f"{RANDOM} chose, because there is no model yet by whose scores {asked.name} could choose."
    state = HeadState.of(head)
    if head and asked.uses_predicted_iou and state is HeadState.UNFITTED:
        return FALLBACK, f"{FALLBACK} chose, because no IoU head is fitted yet. {explain_head(head)}"
    if head and asked.relies_on_head and state is HeadState.UNTRUSTED:
        return FALLBACK, f"{FALLBACK} chose, because the IoU head is not yet trusted. {explain_head(head)}"
    return asked, ""


def _predicted_iou(pick: Pick, strategy: Strategy, head: Mapping[str, float]) -> float | None:
    """What a pick says of its image; raw confidence, which other strategies than these find there, is no IoU."""
    predicted = HeadState.of(head) is not HeadState.UNFITTED
    return pick.score if predicted or strategy.uses_imported_scores or strategy.uses_iou_branch else None


def _choose(
    tx: Transaction,
    walk: Walk,
    wanted: Wanted,
    helped: Helped | None,
    *,
    project: Project,
    campaign: Campaign,
    strategy: Strategy,
) -> Selection:
    """Walk the candidates; not again where a whole walk found nothing affordable, until something changes."""
    if campaign.left_s <= walk.barren_s:
        return Selection((), exhausted=True)
    left_images = campaign.left_images if LABEL_KINDS[wanted.kind].counted_by_budget else math.inf
    limits = wanted.limits(campaign.left_s, left_images)
    quote = quotes(tx, project, wanted.kind, walk.candidates.ids(), at_once=wanted.images or LOOK_AHEAD, helped=helped)
    further = LOOK_FURTHER if strategy.is_on("per_second") else 0
    selection = select_batch(walk.candidates, limits, quote, look_further=further)
    if not selection.picks and limits.left_images >= 1:
        walk.barren_s = campaign.left_s
    return selection
