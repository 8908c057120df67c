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
from service.desk.campaigns.annotation import AnnotationDesk
from service.edge.limits.desk_threads import DeskThreads, Threaded, answered
from service.edge.pages import page_to_message


class CampaignServicer(Threaded, CampaignServiceServicer):  # type: ignore[misc]
    """Budgets, and the images that are worth them."""

    def __init__(self, desk: AnnotationDesk, threads: DeskThreads) -> None:
        self._desk = desk
        super().__init__(threads)

    @answered
    def CreateCampaign(self, request: pb.CreateCampaignRequest, context: Any) -> pb.Campaign:
        asked = arguments(request, "project_id", "campaign_id", "budget", "strategy")
        campaign = self._desk.create_campaign(**asked)
        return campaign_to_message(campaign)

    @answered
    def GetCampaign(self, request: pb.GetCampaignRequest, context: Any) -> pb.Campaign:
        asked = arguments(request, "project_id", "campaign_id")
        campaign = self._desk.get_campaign(**asked)
        return campaign_to_message(campaign)

    @answered
    def ListCampaigns(self, request: pb.ListCampaignsRequest, context: Any) -> pb.ListCampaignsResponse:
        asked = arguments(request, "project_id")
        page = self._desk.list_campaigns(**asked)
        return page_to_message(pb.ListCampaignsResponse, "campaigns", page, campaign_to_message)

    @answered
    def UpdateCampaignBudget(self, request: pb.UpdateCampaignBudgetRequest, context: Any) -> pb.Campaign:
        asked = arguments(request, "project_id", "campaign_id", "budget")
        campaign = self._desk.update_campaign_budget(**asked)
        return campaign_to_message(campaign)

    @answered
    def SelectBatch(self, request: pb.SelectBatchRequest, context: Any) -> pb.Batch:
        asked = arguments(request, "project_id", "annotator", "kind")
        batch = self._desk.select_batch(**asked)
        return batch_to_message(batch)

    @answered
    def GetBatch(self, request: pb.GetBatchRequest, context: Any) -> pb.Batch:
        asked = arguments(request, "project_id", "batch_id")
        batch = self._desk.get_batch(**asked)
        return batch_to_message(batch)

    @answered
    def ListBatches(self, request: pb.ListBatchesRequest, context: Any) -> pb.ListBatchesResponse:
        asked = arguments(request, "project_id")
        page = self._desk.list_batches(**asked)
        return page_to_message(pb.ListBatchesResponse, "batches", page, batch_record_to_message)

    @answered
    def RenewBatch(self, request: pb.RenewBatchRequest, context: Any) -> pb.Batch:
        asked = arguments(request, "project_id", "batch_id", "annotator")
        batch = self._desk.renew_batch(**asked)
        return batch_to_message(batch)

    @answered
    def ReleaseBatch(self, request: pb.ReleaseBatchRequest, context: Any) -> pb.ReleaseBatchResponse:
        asked = arguments(request, "project_id", "batch_id", "annotator")
        released = self._desk.release_batch(**asked)
        return pb.ReleaseBatchResponse(released_images=released)

    @answered
    def SkipImage(self, request: pb.SkipImageRequest, context: Any) -> pb.SkipImageResponse:
        asked = arguments(request, "project_id", "batch_id", "annotator", "image_id", "reason")
        self._desk.skip_image(**asked)
        return pb.SkipImageResponse()

    @answered
    def PlanKinds(self, request: pb.PlanKindsRequest, context: Any) -> pb.KindsPlan:
        asked = arguments(request, "project_id", "campaign_id", "kinds")
        plan = self._desk.plan_kinds(**asked)
        return kinds_plan_to_message(plan)
