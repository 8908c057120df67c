"""maskloop.v1.ModelService over the desks of models and of long work with them."""
# ruff: noqa: D102, N802 - names and behaviour are those of models.proto

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from google.longrunning.operations_pb2 import Operation

from maskloop.convert import arguments, model_to_message, operation_to_message, proposals_to_message
from maskloop.v1 import models_pb2 as pb
from maskloop.v1.models_pb2_grpc import ModelServiceServicer
from service.desk.models.model_work import ModelWorkDesk
from service.desk.models.models import ModelDesk
from service.edge.limits.desk_threads import DeskThreads, Threaded, answered, exported, streamed
from service.edge.pages import page_to_message


class ModelServicer(Threaded, ModelServiceServicer):  # type: ignore[misc]
    """Training, scoring, evaluation and model versions."""

    def __init__(self, desk: ModelDesk, work: ModelWorkDesk, threads: DeskThreads) -> None:
        self._desk = desk
        self._work = work
        super().__init__(threads)

    @answered
    def TrainModel(self, request: pb.TrainModelRequest, context: Any) -> Operation:
        asked = arguments(request, "project_id")
        operation = self._work.train_model(**asked)
        return operation_to_message(operation)

    @answered
    def ResolveRecipe(self, request: pb.ResolveRecipeRequest, context: Any) -> pb.ResolveRecipeResponse:
        resolved = self._work.resolve_recipe(**arguments(request))
        return pb.ResolveRecipeResponse(config_json=resolved)

    @answered
    def ScorePool(self, request: pb.ScorePoolRequest, context: Any) -> Operation:
        asked = arguments(request, "project_id")
        operation = self._work.score_pool(**asked)
        return operation_to_message(operation)

    @answered
    def EvaluateModel(self, request: pb.EvaluateModelRequest, context: Any) -> Operation:
        asked = arguments(request, "project_id", "split")
        operation = self._work.evaluate_model(**asked)
        return operation_to_message(operation)

    @answered
    def ImportScores(self, request: pb.ImportScoresRequest, context: Any) -> pb.ImportScoresResponse:
        asked = arguments(request, "project_id", "scores")
        images = self._desk.import_scores(**asked)
        return pb.ImportScoresResponse(imported_images=images)

    @answered
    def PrepareSelection(self, request: pb.PrepareSelectionRequest, context: Any) -> Operation:
        asked = arguments(request, "project_id", "campaign_id")
        operation = self._work.prepare_selection(**asked)
        return operation_to_message(operation)

    @answered
    def GetModel(self, request: pb.GetModelRequest, context: Any) -> pb.ModelVersion:
        asked = arguments(request, "project_id")
        model = self._desk.get_model(**asked)
        return model_to_message(model)

    @answered
    def ListModels(self, request: pb.ListModelsRequest, context: Any) -> pb.ListModelsResponse:
        asked = arguments(request, "project_id")
        page = self._desk.list_models(**asked)
        return page_to_message(pb.ListModelsResponse, "models", page, model_to_message)

    @answered
    def ActivateModel(self, request: pb.ActivateModelRequest, context: Any) -> pb.ModelVersion:
        asked = arguments(request, "project_id", "model_version")
        model = self._desk.activate_model(**asked)
        return model_to_message(model)

    @answered
    def ThinModels(self, request: pb.ThinModelsRequest, context: Any) -> pb.ThinModelsResponse:
        asked = arguments(request, "project_id")
        done = self._desk.thin_models(**asked)
        return pb.ThinModelsResponse(model_versions=done.model_versions, freed_bytes=done.freed_bytes)

    @answered
    def RollbackModel(self, request: pb.RollbackModelRequest, context: Any) -> pb.ModelVersion:
        asked = arguments(request, "project_id")
        model = self._desk.rollback_model(**asked)
        return model_to_message(model)

    @streamed
    def ReadModel(self, request: pb.ReadModelRequest, context: Any) -> Iterator[pb.ReadModelResponse]:
        asked = arguments(request, "project_id")
        for data in self._desk.read_model(**asked):
            yield pb.ReadModelResponse(data=data)

    @answered
    def GetProposals(self, request: pb.GetProposalsRequest, context: Any) -> pb.GetProposalsResponse:
        asked = arguments(request, "project_id", "image_ids")
        proposals = self._desk.get_proposals(**asked)
        return pb.GetProposalsResponse(proposals=map(proposals_to_message, proposals))

    @exported
    def ExportPseudoLabels(
        self, request: pb.ExportPseudoLabelsRequest, context: Any
    ) -> Iterator[pb.ExportPseudoLabelsResponse]:
        asked = arguments(request, "project_id", "pseudo")
        for data in self._desk.export_pseudo_labels(**asked):
            yield pb.ExportPseudoLabelsResponse(data=data)
