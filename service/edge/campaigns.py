"""maskloop.v1.CampaignService over the annotation desk."""
# ruff: noqa: D102, N802 - names and behaviour are those of campaigns.proto

from __future__ import annotations

from typing import Any

from maskloop.convert import (
    arguments,
    batch_record_to_message,
    batch_to_message,
    campaign_to_message,
    kinds_plan_to_message,
)
from maskloop.v1 import campaigns_pb2 as pb
from maskloop.v1.campaigns_pb2_grpc import CampaignServiceServicer
from service.desk.annotation import AnnotationDesk
from service.edge.desk_threads import DeskThreads


class CampaignServicer(CampaignServiceServicer):  # type: ignore[misc]
    """Budgets, and the images that are worth them."""

    def __init__(self, desk: AnnotationDesk, threads: DeskThreads) -> None:
        self._desk = desk
        self._threads = threads

    async def CreateCampaign(self, request: pb.CreateCampaignRequest, context: Any) -> pb.Campaign:
        asked = arguments(request, "project_id", "campaign_id", "budget", "strategy")
        campaign = await self._threads.call(context, self._desk.create_campaign, **asked)
        return campaign_to_message(campaign)

    async def GetCampaign(self, request: pb.GetCampaignRequest, context: Any) -> pb.Campaign:
        asked = arguments(request, "project_id", "campaign_id")
        campaign = await self._threads.call(context, self._desk.get_campaign, **asked)
        return campaign_to_message(campaign)

    async def ListCampaigns(self, request: pb.ListCampaignsRequest, context: Any) -> pb.ListCampaignsResponse:
        asked = arguments(request, "project_id")
        page = await self._threads.call(context, self._desk.list_campaigns, **asked)
        return pb.ListCampaignsResponse(
            campaigns=map(campaign_to_message, page.items), next_page_token=page.next_page_token
        )

    async def UpdateCampaignBudget(self, request: pb.UpdateCampaignBudgetRequest, context: Any) -> pb.Campaign:
        asked = arguments(request, "project_id", "campaign_id", "budget")
        campaign = await self._threads.call(context, self._desk.update_campaign_budget, **asked)
        return campaign_to_message(campaign)

    async def SelectBatch(self, request: pb.SelectBatchRequest, context: Any) -> pb.Batch:
        asked = arguments(request, "project_id", "annotator", "kind")
        batch = await self._threads.call(context, self._desk.select_batch, **asked)
        return batch_to_message(batch)

    async def GetBatch(self, request: pb.GetBatchRequest, context: Any) -> pb.Batch:
        asked = arguments(request, "project_id", "batch_id")
        batch = await self._threads.call(context, self._desk.get_batch, **asked)
        return batch_to_message(batch)

    async def ListBatches(self, request: pb.ListBatchesRequest, context: Any) -> pb.ListBatchesResponse:
        asked = arguments(request, "project_id")
        page = await self._threads.call(context, self._desk.list_batches, **asked)
        return pb.ListBatchesResponse(
            batches=map(batch_record_to_message, page.items), next_page_token=page.next_page_token
        )

    async def RenewBatch(self, request: pb.RenewBatchRequest, context: Any) -> pb.Batch:
        asked = arguments(request, "project_id", "batch_id", "annotator")
        batch = await self._threads.call(context, self._desk.renew_batch, **asked)
        return batch_to_message(batch)

    async def ReleaseBatch(self, request: pb.ReleaseBatchRequest, context: Any) -> pb.ReleaseBatchResponse:
        asked = arguments(request, "project_id", "batch_id", "annotator")
        released = await self._threads.call(context, self._desk.release_batch, **asked)
        return pb.ReleaseBatchResponse(released_images=released)

    async def SkipImage(self, request: pb.SkipImageRequest, context: Any) -> pb.SkipImageResponse:
        asked = arguments(request, "project_id", "batch_id", "annotator", "image_id", "reason")
        await self._threads.call(context, self._desk.skip_image, **asked)
        return pb.SkipImageResponse()

    async def PlanKinds(self, request: pb.PlanKindsRequest, context: Any) -> pb.KindsPlan:
        asked = arguments(request, "project_id", "campaign_id", "kinds")
        plan = await self._threads.call(context, self._desk.plan_kinds, **asked)
        return kinds_plan_to_message(plan)
