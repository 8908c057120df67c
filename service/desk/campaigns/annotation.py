"""The images that budgets are spent on: batches are chosen, and seconds divided among kinds of labels."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import count

from maskloop.values import (
    UNAIDED,
    Assistance,
    Batch,
    KindsPlan,
    Split,
    Strategy,
    SupervisionKind,
)
from service.desk.campaigns.batches import BatchDesk
from service.desk.campaigns.choosing import Wanted, choose_batch, who_helps
from service.desk.campaigns.default_campaign import campaign_of
from service.desk.campaigns.kinds import check_kinds, divide
from service.desk.campaigns.leases import (
    check_lease,
    end_overdue_leases,
    reserved,
    without_overdue,
)
from service.desk.checks import check_seed
from service.pool.assisted_costs import AssistedCosts
from service.pool.candidate_index import CandidateIndex, NotLoadedError
from service.pool.expected_costs import Helped
from service.store import Database, Transaction
from service.store.batches import (
    find_open_batch,
    insert_batch,
    overdue_batches,
)
from service.store.campaigns import get_campaign, move
from service.store.clock import Clock, NewId
from service.store.projects import get_project
from service.store.requests import Request, answer_once

PATIENCE = 4
"""Times that a pool is ranked beside the transaction that chooses; when it changed each time, it is ranked inside."""


class AnnotationDesk(BatchDesk):
    """Use cases of campaigns and batches.

    Args:
        database: what the server remembers.
        candidates: walks over the images that may be asked for.
        assisted: knows what labels should cost when people are helped.
        clock: tells the time.
        new_id: makes ids.
        lease_clock: tells when leases end; `clock` if it is `None`.
    """

    def __init__(
        self,
        *,
        database: Database,
        candidates: CandidateIndex,
        assisted: AssistedCosts,
        clock: Clock,
        new_id: NewId,
        lease_clock: Clock | None = None,
    ) -> None:
        super().__init__(database=database, candidates=candidates, clock=clock, lease_clock=lease_clock)
        self._assisted = assisted
        self._new_id = new_id

    def select_batch(
        self,
        *,
        project_id: str,
        campaign_id: str = "",
        annotator: str,
        kind: SupervisionKind,
        images: int | None = None,
        seconds: float | None = None,
        strategy: Strategy | None = None,
        lease_s: float | None = None,
        for_split: Split | None = None,
        beside_held: bool = False,
        assistance: Assistance | None = None,
        request_id: str = "",
    ) -> Batch:
        """Choose images for one annotator and lease them, their planned cost reserved from the budget.

        Without a `campaign_id` the project's only campaign pays, or one that begins by itself. An annotator who still
        holds images of that kind and for that split gets that batch back, unless others are wanted `beside_held`.

        Counts are bought in random order, answers of candidate OoD images by `hard_ood`, images `for_split` TEST at
        random, unless another strategy is named; the latter join it with their full label. Chance chooses until there
        is a model that the strategy needs. With `assistance` labels are planned at what reviews of proposals should
        take; before the first model people draw. Where no image is open and affordable the batch is empty and
        `exhausted`.

        Raises:
            ProjectNotFound, CampaignNotFound: there is no such project or campaign.
            PoolNotScored, SelectionNotPrepared, NoClassifier: the strategy, or who is to help, needs what is not there.
            InvalidArgument: the request asks for something impossible.
        """
        lease_s = check_lease(lease_s)
        wanted = Wanted(
            project_id,
            campaign_id,
            annotator,
            kind,
            images,
            seconds,
            strategy,
            lease_s,
            for_split,
            beside_held,
            assistance or UNAIDED,
        )
        request = Request(request_id, "SelectBatch", (wanted,), project_id)
        for attempt in count(1):
            try:
                with self._database.write() as tx:
                    batch = self._select_unless_overdue(tx, request, wanted, inside=attempt > PATIENCE)
            except NotLoadedError as missing:
                missing.load(self._database)
            else:
                if batch is not None:
                    return batch
        raise AssertionError("a count does not end")

    def plan_kinds(
        self,
        *,
        project_id: str,
        campaign_id: str,
        seconds: float,
        kinds: Sequence[SupervisionKind],
        seed: int = 0,
        assistance: Assistance | None = None,
    ) -> KindsPlan:
        """Divide the next seconds among kinds of labels, by what measured networks have gained from each.

        Raises:
            ProjectNotFound, CampaignNotFound: there is no such project or campaign.
            InvalidArgument, UnsupportedSupervision: the request asks for something impossible.
            InvalidBudget: the campaign has nothing left.
            PoolNotScored: the model version that is to help has not scored the pool.
        """
        weak = check_kinds(kinds)
        check_seed(seed)
        with self._database.read() as tx:
            project, campaign = get_project(tx, project_id), get_campaign(tx, project_id, campaign_id)
            campaign = without_overdue(campaign, overdue_batches(tx, project_id, self._lease_clock()))
            helped, help_ = None, who_helps(assistance or UNAIDED, project, self._assisted)
            if help_ != UNAIDED:
                helped = Helped(help_, self._assisted.shown(project_id, help_, project.review_prices.correction))
            return divide(tx, project, campaign, weak, seconds=seconds, seed=seed, helped=helped)

    def _select_unless_overdue(
        self, tx: Transaction, request: Request, wanted: Wanted, *, inside: bool
    ) -> Batch | None:
        """`None` if leases had run out: their images are candidates again once that is committed."""
        now = self._lease_clock()
        if end_overdue_leases(tx, self._candidates, wanted.project_id, now):
            return None
        return answer_once(tx, request, Batch, lambda: self._select(tx, wanted, now, inside=inside), now)

    def _select(self, tx: Transaction, wanted: Wanted, now: datetime, *, inside: bool) -> Batch:
        project = get_project(tx, wanted.project_id)
        campaign = campaign_of(tx, project, wanted.campaign_id, now)
        if not wanted.beside_held:
            held = find_open_batch(tx, campaign, wanted.annotator, wanted.kind, wanted.for_split)
            if held is not None:
                return held.held()
        batch = choose_batch(
            tx,
            self._candidates,
            self._assisted,
            wanted,
            project=project,
            campaign=campaign,
            batch_id=self._new_id(),
            now=now,
            inside=inside,
        )
        if batch.picks:
            insert_batch(tx, batch)
            move(tx, campaign, reserved(batch, batch.picks))
            self._candidates.leased(tx, project.id, [pick.image_id for pick in batch.picks])
        return batch
