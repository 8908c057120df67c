"""maskloop.v1.LabelService over the label desk."""
# ruff: noqa: D102, N802 - names and behaviour are those of labels.proto

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from maskloop.convert import arguments, cost_estimates_to_message, label_to_message
from maskloop.v1 import costs_pb2
from maskloop.v1 import labels_pb2 as pb
from maskloop.v1.labels_pb2_grpc import LabelServiceServicer
from service.desk.labels.labels import LabelDesk
from service.edge.limits.desk_threads import DeskThreads, Threaded, answered, exported, summed_up
from service.edge.pages import page_to_message


class LabelServicer(Threaded, LabelServiceServicer):  # type: ignore[misc]
    """What people say of images."""

    def __init__(self, desk: LabelDesk, threads: DeskThreads) -> None:
        self._desk = desk
        super().__init__(threads)

    @answered
    def SubmitLabels(self, request: pb.SubmitLabelsRequest, context: Any) -> pb.SubmitLabelsResponse:
        asked = arguments(request, "project_id", "annotator", "labels")
        submitted = self._desk.submit_labels(**asked)
        return pb.SubmitLabelsResponse(labels=map(label_to_message, submitted.labels), left_s=submitted.left_s)

    @answered
    def ListLabels(self, request: pb.ListLabelsRequest, context: Any) -> pb.ListLabelsResponse:
        asked = arguments(request, "project_id")
        page = self._desk.list_labels(**asked)
        return page_to_message(pb.ListLabelsResponse, "labels", page, label_to_message)

    @exported
    def ExportLabels(self, request: pb.ExportLabelsRequest, context: Any) -> Iterator[pb.ExportLabelsResponse]:
        asked = arguments(request, "project_id")
        for data in self._desk.export_labels(**asked):
            yield pb.ExportLabelsResponse(data=data)

    @summed_up
    def GetCostEstimates(self, request: pb.GetCostEstimatesRequest, context: Any) -> costs_pb2.CostEstimates:
        asked = arguments(request, "project_id")
        estimates = self._desk.get_cost_estimates(**asked)
        return cost_estimates_to_message(estimates)
