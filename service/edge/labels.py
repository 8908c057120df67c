"""maskloop.v1.LabelService over the label desk."""
# ruff: noqa: D102, N802 - names and behaviour are those of labels.proto

from __future__ import annotations

from typing import Any

from maskloop.convert import arguments, cost_estimates_to_message, label_to_message
from maskloop.v1 import costs_pb2
from maskloop.v1 import labels_pb2 as pb
from maskloop.v1.labels_pb2_grpc import LabelServiceServicer
from service.desk.labels import LabelDesk
from service.edge.desk_threads import DeskThreads


class LabelServicer(LabelServiceServicer):  # type: ignore[misc]
    """What people say of images."""

    def __init__(self, desk: LabelDesk, threads: DeskThreads) -> None:
        self._desk = desk
        self._threads = threads

    async def SubmitLabels(self, request: pb.SubmitLabelsRequest, context: Any) -> pb.SubmitLabelsResponse:
        asked = arguments(request, "project_id", "annotator", "labels")
        submitted = await self._threads.call(context, self._desk.submit_labels, **asked)
        return pb.SubmitLabelsResponse(labels=map(label_to_message, submitted.labels), left_s=submitted.left_s)

    async def ListLabels(self, request: pb.ListLabelsRequest, context: Any) -> pb.ListLabelsResponse:
        asked = arguments(request, "project_id")
        page = await self._threads.call(context, self._desk.list_labels, **asked)
        return pb.ListLabelsResponse(labels=map(label_to_message, page.items), next_page_token=page.next_page_token)

    async def ExportLabels(self, request: pb.ExportLabelsRequest, context: Any) -> Any:
        asked = arguments(request, "project_id")
        async for data in await self._threads.stream(context, self._desk.export_labels, **asked):
            yield pb.ExportLabelsResponse(data=data)

    async def GetCostEstimates(self, request: pb.GetCostEstimatesRequest, context: Any) -> costs_pb2.CostEstimates:
        asked = arguments(request, "project_id")
        estimates = await self._threads.call(context, self._desk.get_cost_estimates, **asked)
        return cost_estimates_to_message(estimates)
