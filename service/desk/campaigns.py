"""Budgets, and the images that are worth them: campaigns, batches and their leases."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from maskloop.costs import CostModel
from maskloop.errors import (
    FailedPrecondition,
    ImageNotFound,
    InvalidArgument,
    InvalidBudget,
    LeaseLost,
    NoActiveModel,
    UnsupportedSupervision,
)
from maskloop.values import (
    Batch,
    Budget,
    Campaign,
    Pick,
    Project,
    SkipReason,
    Strategy,
    SupervisionKind,
    check_id,
)
from selection.select import Limits, Selection, select_batch
from selection.strategies import find_strategy
from service.candidates import CandidateIndex, standings
from service.clock import Clock, NewId
from service.desk.checks import check_annotator
from service.desk.leases import end_leases, end_overdue_leases, own_batch
from service.pages import Page, PageRequest
from service.quotes import expected, full_label_quotes
from service.store import Database, Transaction
from service.store.batches import (
    BatchRecord,
    PickState,
    find_open_batch,
    get_batch,
    insert_batch,
    insert_skip,
    set_expiry,
    set_pick_states,
)
from service.store.campaigns import (
    Movement,
    full_label_totals,
    get_campaign,
    get_campaign_by_kind,
    insert_campaign,
    list_campaigns,
    move,
    set_budget,
)
from service.store.columns import whole_ms
from service.store.models import labeled_images
from service.store.projects import get_project
from service.store.requests import Request, answer_once

MAX_SEED = 2**63 - 1
MAX_IMAGES = 1000
DEFAULT_LEASE_S = 3600.0
MIN_LEASE_S = 1.0
MAX_LEASE_S = 7 * 86_400.0
RANDOM = Strategy("random")


@dataclass(frozen=True)
class _Wanted:
    """A request for a batch; its lease checked."""

    project_id: str
    campaign_id: str
    annotator: str
    kind: SupervisionKind
    images: int | None
    seconds: float | None
    strategy: Strategy | None
    lease_s: float

    def __post_init__(self) -> None:
        check_annotator(self.annotator)
        if self.kind not in (SupervisionKind.COUNTS, SupervisionKind.FULL):
            raise UnsupportedSupervision(f"labels of kind {self.kind} are not yet supported", field="kind")
        if self.images is not None and not 1 <= self.images <= MAX_IMAGES:
            raise InvalidArgument(f"{self.images} images; 1 to {MAX_IMAGES} are handed out at once", field="images")
        Limits(left_s=0.0, images=self.images, seconds=self.seconds)
        if self.strategy is not None:
            find_strategy(self.strategy.name)


class AnnotationDesk:
    """Use cases of campaigns and batches.

    Args:
        database: what the server remembers.
        candidates: walks over the images that may be asked for.
        clock: tells the time.
        new_id: makes ids.
    """

    def __init__(self, *, database: Database, candidates: CandidateIndex, clock: Clock, new_id: NewId) -> None:
        self._database = database
        self._candidates = candidates
        self._clock = clock
        self._new_id = new_id

    def create_campaign(
        self,
        *,
        project_id: str,
        campaign_id: str,
        budget: Budget,
        strategy: Strategy,
        seed: int = 0,
        request_id: str = "",
    ) -> Campaign:
        """Create a campaign: one budget, one strategy, one seed.

        Raises:
            ProjectNotFound: there is no such project.
            InvalidBudget: the budget does not buy one image.
            InvalidArgument: the id, strategy or seed is none.
            AlreadyExists: the project has a campaign of that id.
        """
        check_id(campaign_id, "campaign_id")
        find_strategy(strategy.name)
        if not 0 <= seed <= MAX_SEED:
            raise InvalidArgument(f"seed {seed} is outside [0, 2^63)", field="seed")
        asked = Campaign(campaign_id, project_id, budget, strategy, seed)
        request = Request(request_id, "CreateCampaign", (asked,))
        with self._database.write() as tx:
            return answer_once(tx, request, Campaign, lambda: self._create(tx, asked), self._clock())

    def get_campaign(self, *, project_id: str, campaign_id: str) -> Campaign:
        """Read a campaign with its spending; what overdue leases had reserved is given back first.

        Raises:
            ProjectNotFound, CampaignNotFound: there is no such project or campaign.
        """
        with self._database.write() as tx:
            get_project(tx, project_id)
            end_overdue_leases(tx, self._candidates, project_id, self._clock())
            return get_campaign_by_kind(tx, project_id, campaign_id)

    def list_campaigns(self, *, project_id: str, page_size: int = 0, page_token: str = "") -> Page[Campaign]:
        """A project's campaigns by id, as `get_campaign`.

        Raises:
            ProjectNotFound: there is no such project.
        """
        with self._database.write() as tx:
            get_project(tx, project_id)
            end_overdue_leases(tx, self._candidates, project_id, self._clock())
            return list_campaigns(tx, project_id, PageRequest.of(page_size, page_token))

    def update_campaign_budget(
        self, *, project_id: str, campaign_id: str, budget: Budget, request_id: str = ""
    ) -> Campaign:
        """Change what a campaign may spend.

        Raises:
            ProjectNotFound, CampaignNotFound: there is no such project or campaign.
            InvalidBudget: of another kind than before, or below what is spent and promised.
        """
        request = Request(request_id, "UpdateCampaignBudget", (project_id, campaign_id, budget))
        with self._database.write() as tx:
            return answer_once(
                tx, request, Campaign, lambda: self._rebudget(tx, project_id, campaign_id, budget), self._clock()
            )

    def select_batch(
        self,
        *,
        project_id: str,
        campaign_id: str,
        annotator: str,
        kind: SupervisionKind,
        images: int | None = None,
        seconds: float | None = None,
        strategy: Strategy | None = None,
        lease_s: float | None = None,
        request_id: str = "",
    ) -> Batch:
        """Choose images for one annotator and lease them, their planned cost reserved from the budget.

        An annotator who still holds images of that kind for the campaign gets that batch back. Counts are always
        bought in random order. When no image is open and affordable the batch is empty and says `exhausted`.

        Raises:
            ProjectNotFound, CampaignNotFound: there is no such project or campaign.
            NoActiveModel, PoolNotScored: the strategy needs scores, and there are none.
            InvalidArgument, UnsupportedSupervision: the request asks for something impossible.
        """
        wanted = _Wanted(project_id, campaign_id, annotator, kind, images, seconds, strategy, _checked_lease(lease_s))
        request = Request(request_id, "SelectBatch", (wanted,))
        with self._database.write() as tx:
            now = self._clock()
            return answer_once(tx, request, Batch, lambda: self._select(tx, wanted, now), now)

    def get_batch(self, *, project_id: str, batch_id: str) -> Batch:
        """Read a batch, with the images that are still leased.

        Raises:
            BatchNotFound: the project has none of that id.
        """
        with self._database.write() as tx:
            get_project(tx, project_id)
            end_overdue_leases(tx, self._candidates, project_id, self._clock())
            return get_batch(tx, project_id, batch_id).held()

    def renew_batch(self, *, project_id: str, batch_id: str, annotator: str, lease_s: float | None = None) -> Batch:
        """Prolong a batch's leases; expired ones are taken up again where the image is still to be had.

        Raises:
            BatchNotFound: the project has none of that id.
            ForeignLease: another annotator holds it.
            LeaseLost: nothing is left of it.
        """
        length = timedelta(seconds=_checked_lease(lease_s))
        with self._database.write() as tx:
            now = self._clock()
            get_project(tx, project_id)
            end_overdue_leases(tx, self._candidates, project_id, now)
            record = self._take_up_again(tx, own_batch(tx, project_id, batch_id, annotator))
            if not record.in_state(PickState.OPEN):
                raise LeaseLost(f"batch {batch_id} holds no image any more; select again", field="batch_id")
            return set_expiry(tx, record, now + length).held()

    def release_batch(self, *, project_id: str, batch_id: str, annotator: str, image_ids: Sequence[str] = ()) -> int:
        """Give leases back, of some images or all that are left; they can be chosen again. Returns how many.

        Raises:
            BatchNotFound: the project has none of that id.
            ForeignLease: another annotator holds it.
            ImageNotFound: an image was never in the batch.
        """
        with self._database.write() as tx:
            get_project(tx, project_id)
            record = own_batch(tx, project_id, batch_id, annotator)
            wanted = {_pick(record, image_id).image_id for image_id in image_ids}
            held = [pick for pick in record.in_state(PickState.OPEN) if not image_ids or pick.image_id in wanted]
            end_leases(tx, self._candidates, record, held, PickState.RELEASED)
            return len(held)

    def skip_image(self, *, project_id: str, batch_id: str, annotator: str, image_id: str, reason: SkipReason) -> None:
        """Pass over one image of a batch for the rest of its campaign.

        Raises:
            BatchNotFound: the project has none of that id.
            ForeignLease: another annotator holds it.
            ImageNotFound: the image was never in the batch.
            FailedPrecondition: it was labeled already.
        """
        with self._database.write() as tx:
            now = self._clock()
            get_project(tx, project_id)
            record = own_batch(tx, project_id, batch_id, annotator)
            pick = _pick(record, image_id)
            if record.states[image_id] is PickState.LABELED:
                raise FailedPrecondition(f"image {image_id} was labeled under batch {batch_id}", field="image_id")
            insert_skip(tx, record.batch, image_id, reason, now)
            if record.states[image_id] is PickState.OPEN:
                end_leases(tx, self._candidates, record, [pick], PickState.SKIPPED)
            else:
                set_pick_states(tx, record, [image_id], PickState.SKIPPED)
                self._candidates.changed(tx, project_id, [image_id])

    def _create(self, tx: Transaction, asked: Campaign) -> Campaign:
        cheapest_s = CostModel(len(get_project(tx, asked.project_id).categories)).cheapest_full()
        if asked.budget.seconds is not None and asked.budget.seconds < cheapest_s:
            raise InvalidBudget(
                f"a budget of {asked.budget.seconds:g} s does not buy one image; the cheapest label costs "
                f"{cheapest_s:g} s",
                field="budget",
                cheapest_s=cheapest_s,
            )
        insert_campaign(tx, replace(asked, created_at=self._clock()))
        return get_campaign_by_kind(tx, asked.project_id, asked.id)

    def _rebudget(self, tx: Transaction, project_id: str, campaign_id: str, budget: Budget) -> Campaign:
        get_project(tx, project_id)
        end_overdue_leases(tx, self._candidates, project_id, self._clock())
        campaign = get_campaign(tx, project_id, campaign_id)
        if (budget.seconds is None) != (campaign.budget.seconds is None):
            raise InvalidBudget(f"campaign {campaign_id} counts in another unit", field="budget")
        taken_s = campaign.spent_s + campaign.reserved_s
        if budget.seconds is not None and whole_ms(budget.seconds) < whole_ms(taken_s):
            raise InvalidBudget(
                f"campaign {campaign_id} has spent and promised {taken_s:g} s; {budget.seconds:g} s is less",
                field="budget",
            )
        taken_images = campaign.labeled_images + campaign.reserved_images
        if budget.images is not None and budget.images < taken_images:
            raise InvalidBudget(
                f"campaign {campaign_id} has labeled and promised {taken_images} images; {budget.images} is less",
                field="budget",
            )
        set_budget(tx, project_id, campaign_id, budget)
        return get_campaign_by_kind(tx, project_id, campaign_id)

    def _select(self, tx: Transaction, wanted: _Wanted, now: datetime) -> Batch:
        project = get_project(tx, wanted.project_id)
        end_overdue_leases(tx, self._candidates, project.id, now)
        campaign = get_campaign(tx, project.id, wanted.campaign_id)
        held = find_open_batch(tx, campaign, wanted.annotator, wanted.kind)
        if held is not None:
            return held.held()
        strategy = RANDOM if wanted.kind is SupervisionKind.COUNTS else wanted.strategy or campaign.strategy
        needs_scores = find_strategy(strategy.name).needs_scores
        if needs_scores and not project.active_model:
            raise NoActiveModel(
                f"project {project.id} has no active model, and {strategy.name} needs scores; train one first"
            )
        selection = self._choose(tx, project, campaign, wanted, strategy)
        batch = Batch(
            id=self._new_id(),
            project_id=project.id,
            campaign_id=campaign.id,
            annotator=wanted.annotator,
            kind=wanted.kind,
            strategy=strategy.name,
            picks=tuple(_in_whole_ms(pick) for pick in selection.picks),
            expires_at=now + timedelta(seconds=wanted.lease_s),
            exhausted=selection.exhausted,
            model_version=project.active_model if needs_scores else "",
            target_iou=selection.target_iou,
        )
        if batch.picks:
            self._lease(tx, campaign, batch)
        return batch

    def _choose(
        self, tx: Transaction, project: Project, campaign: Campaign, wanted: _Wanted, strategy: Strategy
    ) -> Selection:
        costs = CostModel(len(project.categories))
        full = wanted.kind is SupervisionKind.FULL
        entry = find_strategy(strategy.name)
        learnt_from = labeled_images(tx, project.id, project.active_model) if entry.has_target_iou else 0
        walk = self._candidates.walk(tx, project, campaign, wanted.kind, strategy)
        unknown = expected(costs, wanted.kind, full_label_totals(tx, project.id))
        ahead = (image_id for image_id, _ in walk.nearest(entry.target(strategy.target_iou, learnt_from)))
        quote = full_label_quotes(tx, project.id, costs, unknown, ahead) if full else lambda image_id: unknown
        limits = Limits(
            left_s=campaign.left_s,
            left_images=campaign.left_images if full else float("inf"),
            images=wanted.images,
            seconds=wanted.seconds,
        )
        return select_batch(walk, strategy, learnt_from, limits, quote)

    def _lease(self, tx: Transaction, campaign: Campaign, batch: Batch) -> None:
        insert_batch(tx, batch)
        move(tx, campaign, _reserved(batch, batch.picks))
        self._candidates.leased(tx, campaign.project_id, [pick.image_id for pick in batch.picks])

    def _take_up_again(self, tx: Transaction, record: BatchRecord) -> BatchRecord:
        """Lease expired picks anew, in their order, where the image is open and its cost still affordable."""
        batch = record.batch
        campaign = get_campaign(tx, batch.project_id, batch.campaign_id)
        lost = record.in_state(PickState.EXPIRED)
        now = standings(tx, batch.project_id, [pick.image_id for pick in lost])
        left_s, left_images = campaign.left_s, campaign.left_images
        again: list[Pick] = []
        for pick in lost:
            affordable = pick.cost_s <= left_s + 1e-6 and (batch.kind is SupervisionKind.COUNTS or left_images >= 1)
            if affordable and now[pick.image_id].is_open(batch.kind, batch.campaign_id):
                again.append(pick)
                left_s -= pick.cost_s
                left_images -= 1
        move(tx, campaign, _reserved(batch, again))
        ids = [pick.image_id for pick in again]
        self._candidates.leased(tx, batch.project_id, ids)
        return set_pick_states(tx, record, ids, PickState.OPEN)


def _checked_lease(lease_s: float | None) -> float:
    if lease_s is None:
        return DEFAULT_LEASE_S
    if not MIN_LEASE_S <= lease_s <= MAX_LEASE_S:
        raise InvalidArgument(
            f"a lease of {lease_s:g} s is outside [{MIN_LEASE_S:g}, {MAX_LEASE_S:g}] s", field="lease"
        )
    return lease_s


def _reserved(batch: Batch, picks: Sequence[Pick]) -> Movement:
    images = len(picks) if batch.kind is SupervisionKind.FULL else 0
    return Movement(reserved_s=sum(pick.cost_s for pick in picks), reserved_images=images)


def _in_whole_ms(pick: Pick) -> Pick:
    return Pick(pick.image_id, pick.reason, whole_ms(pick.cost_s), pick.score)


def _pick(record: BatchRecord, image_id: str) -> Pick:
    pick = record.pick(image_id)
    if pick is None:
        raise ImageNotFound(f"batch {record.batch.id} never held image {image_id!r}", field="image_id")
    return pick
