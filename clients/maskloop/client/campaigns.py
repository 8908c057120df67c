"""Campaigns, batches and leases."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from maskloop import convert
from maskloop.client.verbs import Verbs
from maskloop.v1 import campaigns_pb2 as pb
from maskloop.v1.campaigns_pb2_grpc import CampaignServiceStub
from maskloop.values import (
    Assistance,
    Batch,
    BatchRecord,
    Budget,
    Campaign,
    KindsPlan,
    SkipReason,
    Split,
    Strategy,
    SupervisionKind,
)


class CampaignVerbs(Verbs):
    """`CampaignService`."""

    def create_campaign(
        self,
        *,
        project_id: str,
        campaign_id: str,
        budget: Budget | str,
        strategy: Strategy | str,
        seed: int = 0,
        request_id: str = "",
    ) -> Campaign:
        """Create a campaign: one budget, one strategy, one seed.

        Both may be written as `al-loop` takes them: `8h` or `200images`, `mask_guided:target=0.5`.

        Raises:
            AlreadyExists: the id is taken.
            InvalidBudget: it does not buy the cheapest image.
            InvalidArgument: no such strategy.
        """
        request = self._write(
            pb.CreateCampaignRequest,
            request_id,
            project_id=project_id,
            campaign_id=campaign_id,
            budget=_budget(budget),
            strategy=_strategy(strategy),
            seed=seed,
        )
        return convert.campaign_from_message(self._wire.call(self._stub(CampaignServiceStub).CreateCampaign, request))

    def get_campaign(self, *, project_id: str, campaign_id: str) -> Campaign:
        """Read a campaign with its spending.

        Raises:
            CampaignNotFound: there is none of that id.
        """
        request = convert.request(pb.GetCampaignRequest, project_id=project_id, campaign_id=campaign_id)
        return convert.campaign_from_message(self._wire.call(self._stub(CampaignServiceStub).GetCampaign, request))

    def list_campaigns(self, *, project_id: str) -> Iterator[Campaign]:
        """A project's campaigns, by id."""
        method = self._stub(CampaignServiceStub).ListCampaigns
        pages = self._pages(method, pb.ListCampaignsRequest, project_id=project_id)
        return (convert.campaign_from_message(item) for page in pages for item in page.campaigns)

    def update_campaign_budget(
        self, *, project_id: str, campaign_id: str, budget: Budget | str, request_id: str = ""
    ) -> Campaign:
        """Change a campaign's budget, such as to `12h`; it may not fall below what is spent and promised."""
        request = self._write(
            pb.UpdateCampaignBudgetRequest,
            request_id,
            project_id=project_id,
            campaign_id=campaign_id,
            budget=_budget(budget),
        )
        method = self._stub(CampaignServiceStub).UpdateCampaignBudget
        return convert.campaign_from_message(self._wire.call(method, request))

    def select_batch(
        self,
        *,
        project_id: str,
        annotator: str,
        campaign_id: str = "",
        kind: SupervisionKind = SupervisionKind.FULL,
        images: int | None = None,
        seconds: float | None = None,
        strategy: Strategy | str | None = None,
        lease_s: float | None = None,
        for_split: Split | None = None,
        beside_held: bool = False,
        assistance: Assistance | None = None,
        request_id: str = "",
    ) -> Batch:
        """Choose images for one annotator and lease them; either `images` or `seconds` says how much.

        An annotator who still holds an open batch of that kind and for that split gets it back. Images are random until
        there is a model; `Batch.fallback` says so.

        Args:
            project_id: the project.
            annotator: who will label.
            campaign_id: which campaign pays; "" for the project's only one. Where there is none, one called `default`
                begins, with `mask_guided` and a budget of 40 hours.
            kind: of label asked for.
            images: so many of them.
            seconds: as many as fit into these planned seconds.
            strategy: for this batch alone.
            lease_s: how long the lease lasts, in seconds; an hour if `None`.
            for_split: TEST for images that join the test split with their full label, and are never learnt from.
            beside_held: whether other images are wanted beside those that the annotator still holds.
            assistance: how people will be helped; labels are then planned to cost less.
            request_id: makes the call idempotent.

        Raises:
            InvalidArgument: no campaign is named, and the project has several.
            PoolNotScored: the strategy chooses by scores, and the active model has not scored the pool.
        """
        request = self._write(
            pb.SelectBatchRequest,
            request_id,
            project_id=project_id,
            campaign_id=campaign_id,
            annotator=annotator,
            kind=kind,
            images=images,
            seconds=seconds,
            strategy=None if strategy is None else _strategy(strategy),
            lease_s=lease_s,
            for_split=for_split,
            beside_held=beside_held,
            assistance=assistance,
        )
        return convert.batch_from_message(self._wire.call(self._stub(CampaignServiceStub).SelectBatch, request))

    def get_batch(self, *, project_id: str, batch_id: str) -> Batch:
        """Read a batch.

        Raises:
            BatchNotFound: there is none of that id.
        """
        request = convert.request(pb.GetBatchRequest, project_id=project_id, batch_id=batch_id)
        return convert.batch_from_message(self._wire.call(self._stub(CampaignServiceStub).GetBatch, request))

    def list_batches(self, *, project_id: str, campaign_id: str = "") -> Iterator[BatchRecord]:
        """A project's batches by id, of one campaign or of all, with every image they were given."""
        method = self._stub(CampaignServiceStub).ListBatches
        pages = self._pages(method, pb.ListBatchesRequest, project_id=project_id, campaign_id=campaign_id)
        return (convert.batch_record_from_message(item) for page in pages for item in page.batches)

    def renew_batch(self, *, project_id: str, batch_id: str, annotator: str, lease_s: float | None = None) -> Batch:
        """Prolong a batch's leases from now on.

        Raises:
            ForeignLease: somebody else holds it.
        """
        request = convert.request(
            pb.RenewBatchRequest, project_id=project_id, batch_id=batch_id, annotator=annotator, lease_s=lease_s
        )
        return convert.batch_from_message(self._wire.call(self._stub(CampaignServiceStub).RenewBatch, request))

    def release_batch(
        self,
        *,
        project_id: str,
        batch_id: str,
        annotator: str,
        image_ids: Sequence[str] = (),
        for_later: bool = False,
    ) -> int:
        """Give leases back, all of them when no image is named. Returns how many images were given back.

        Labels that come `for_later` are still taken, as long as nobody else has the image.
        """
        request = convert.request(
            pb.ReleaseBatchRequest,
            project_id=project_id,
            batch_id=batch_id,
            annotator=annotator,
            image_ids=image_ids,
            for_later=for_later,
        )
        response = self._wire.call(self._stub(CampaignServiceStub).ReleaseBatch, request)
        return int(response.released_images)

    def skip_image(self, *, project_id: str, batch_id: str, annotator: str, image_id: str, reason: SkipReason) -> None:
        """Pass over one image for the rest of the campaign."""
        request = convert.request(
            pb.SkipImageRequest,
            project_id=project_id,
            batch_id=batch_id,
            annotator=annotator,
            image_id=image_id,
            reason=reason,
        )
        self._wire.call(self._stub(CampaignServiceStub).SkipImage, request)

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
        """Which kinds of labels to buy with the next seconds, by what measured networks have gained from each.

        Raises:
            InvalidBudget: the campaign has nothing left.
            UnsupportedSupervision: networks learn nothing from one of the kinds.
        """
        request = convert.request(
            pb.PlanKindsRequest,
            project_id=project_id,
            campaign_id=campaign_id,
            seconds=seconds,
            kinds=kinds,
            seed=seed,
            assistance=assistance,
        )
        return convert.kinds_plan_from_message(self._wire.call(self._stub(CampaignServiceStub).PlanKinds, request))


def _budget(budget: Budget | str) -> Budget:
    return Budget.parse(budget) if isinstance(budget, str) else budget


def _strategy(strategy: Strategy | str) -> Strategy:
    return Strategy.parse(strategy) if isinstance(strategy, str) else strategy
