"""Budgets: campaigns and what they have spent."""

from __future__ import annotations

from dataclasses import replace

from maskloop.costs.cost_model import CostModel
from maskloop.errors import InvalidBudget
from maskloop.values import (
    Budget,
    Campaign,
    Project,
    Strategy,
    SupervisionKind,
    check_id,
)
from service.desk.campaigns.leases import (
    end_overdue_leases,
    without_overdue,
)
from service.desk.checks import check_seed
from service.pool.candidate_index import CandidateIndex
from service.store import Database, Transaction
from service.store.audit import add_audit
from service.store.batches import (
    overdue_batches,
)
from service.store.campaigns import (
    get_campaign,
    get_campaign_by_kind,
    insert_campaign,
    list_campaigns,
    set_budget,
)
from service.store.clock import Clock
from service.store.pagination import Page, PageRequest
from service.store.projects import get_project
from service.store.requests import Request, answer_once
from service.store.tables.columns import whole_ms

MAX_SECONDS = 1e10  # three centuries


class CampaignDesk:
    """Use cases of campaigns.

    Args:
        database: what the server remembers.
        candidates: walks over the images that may be asked for.
        clock: tells the time.
        lease_clock: tells when leases end; `clock` if it is `None`.
    """

    def __init__(
        self, *, database: Database, candidates: CandidateIndex, clock: Clock, lease_clock: Clock | None = None
    ) -> None:
        self._database = database
        self._candidates = candidates
        self._clock = clock
        self._lease_clock = lease_clock or clock

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
            InvalidArgument: the id, strategy or seed is none, or the strategy chooses no images to outline.
            AlreadyExists: the project has a campaign of that id.
        """
        check_id(campaign_id, "campaign_id")
        strategy.check()
        strategy.check_chooses_for(SupervisionKind.FULL)
        check_seed(seed)
        asked = Campaign(campaign_id, project_id, budget, strategy, seed)
        request = Request(request_id, "CreateCampaign", (asked,), project_id)
        with self._database.write() as tx:
            return answer_once(tx, request, Campaign, lambda: self._create(tx, asked), self._clock())

    def get_campaign(self, *, project_id: str, campaign_id: str) -> Campaign:
        """Read a campaign with its spending; what overdue leases had reserved is given back.

        Raises:
            ProjectNotFound, CampaignNotFound: there is no such project or campaign.
        """
        with self._database.read() as tx:
            get_project(tx, project_id)
            overdue = overdue_batches(tx, project_id, self._lease_clock())
            return without_overdue(get_campaign_by_kind(tx, project_id, campaign_id), overdue)

    def list_campaigns(self, *, project_id: str, page_size: int = 0, page_token: str = "") -> Page[Campaign]:
        """A project's campaigns by id, as `get_campaign`.

        Raises:
            ProjectNotFound: there is no such project.
        """
        with self._database.read() as tx:
            get_project(tx, project_id)
            overdue = overdue_batches(tx, project_id, self._lease_clock())
            page = list_campaigns(tx, project_id, PageRequest.of(page_size, page_token))
        return replace(page, items=tuple(without_overdue(campaign, overdue) for campaign in page.items))

    def update_campaign_budget(
        self, *, project_id: str, campaign_id: str, budget: Budget, request_id: str = ""
    ) -> Campaign:
        """Change what a campaign may spend.

        Raises:
            ProjectNotFound, CampaignNotFound: there is no such project or campaign.
            InvalidBudget: of another kind than before, or below what is spent and promised.
        """
        request = Request(request_id, "UpdateCampaignBudget", (project_id, campaign_id, budget), project_id)
        with self._database.write() as tx:
            return answer_once(
                tx, request, Campaign, lambda: self._rebudget(tx, project_id, campaign_id, budget), self._clock()
            )

    def _create(self, tx: Transaction, asked: Campaign) -> Campaign:
        check_buys_an_image(asked.budget, get_project(tx, asked.project_id))
        now = self._clock()
        insert_campaign(tx, replace(asked, created_at=now))
        add_audit(tx, now, "CreateCampaign", asked.project_id, subjects={"campaign": asked.id})
        return get_campaign_by_kind(tx, asked.project_id, asked.id)

    def _rebudget(self, tx: Transaction, project_id: str, campaign_id: str, budget: Budget) -> Campaign:
        get_project(tx, project_id)
        end_overdue_leases(tx, self._candidates, project_id, self._lease_clock())
        campaign = get_campaign(tx, project_id, campaign_id)
        check_covers(budget, campaign)
        set_budget(tx, project_id, campaign_id, budget)
        add_audit(tx, self._clock(), "UpdateCampaignBudget", project_id, subjects={"campaign": campaign_id})
        return get_campaign_by_kind(tx, project_id, campaign_id)


def check_buys_an_image(budget: Budget, project: Project) -> None:
    """Check a new campaign's budget.

    Raises:
        InvalidBudget: the cheapest label of the project costs more, or it is larger than can be counted.
    """
    _check_size(budget)
    cheapest_s = CostModel.of(project).cheapest_full()
    if budget.seconds is not None and budget.seconds < cheapest_s:
        raise InvalidBudget(
            f"a budget of {budget.seconds:g} s does not buy one image; the cheapest label costs {cheapest_s:g} s",
            field="budget",
            cheapest_s=cheapest_s,
        )


def check_covers(budget: Budget, campaign: Campaign) -> None:
    """Check the budget that a running campaign shall have from now on.

    Raises:
        InvalidBudget: it counts in another unit, or is less than what is spent and promised, or is too large.
    """
    _check_size(budget)
    if (budget.seconds is None) != (campaign.budget.seconds is None):
        unit = "images" if campaign.budget.seconds is None else "seconds"
        raise InvalidBudget(f"campaign {campaign.id} has a budget in {unit}, and keeps to that unit", field="budget")
    taken_s = whole_ms(campaign.spent_s + campaign.reserved_s)
    if budget.seconds is not None and whole_ms(budget.seconds) < taken_s:
        raise InvalidBudget(
            f"{taken_s:g} s of the campaign are spent and promised already; {budget.seconds:g} s is less",
            field="budget",
        )
    taken = campaign.labeled_images + campaign.reserved_images
    if budget.images is not None and budget.images < taken:
        raise InvalidBudget(
            f"campaign {campaign.id} has labeled and promised {taken} images; {budget.images} is less",
            field="budget",
        )


def _check_size(budget: Budget) -> None:
    if budget.seconds is not None and budget.seconds > MAX_SECONDS:
        raise InvalidBudget(f"a budget of {budget.seconds:g} s is more than {MAX_SECONDS:g} s", field="budget")
