"""maskloop.v1.ModelService over the desks of models and of long work with them."""
# ruff: noqa: D102, N802 - names and behaviour are those of models.proto

from __future__ import annotations

from typing import Any

from google.longrunning.operations_pb2 import Operation

from maskloop.convert import arguments, model_to_message, operation_to_message, proposals_to_message
from maskloop.v1 import models_pb2 as pb
from maskloop.v1.models_pb2_grpc import ModelServiceServicer
from service.desk.model_work import ModelWorkDesk
from service.desk.models import ModelDesk
from service.edge.desk_threads import DeskThreads


class ModelServicer(ModelServiceServicer):  # type: ignore[misc]
    """Training, scoring, evaluation and model versions."""

    def __init__(self, desk: ModelDesk, work: ModelWorkDesk, threads: DeskThreads) -> None:
        self._desk = desk
        self._work = work
        self._threads = threads

    async def TrainModel(self, request: pb.TrainModelRequest, context: Any) -> Operation:
        asked = arguments(request, "project_id")
        operation = await self._threads.call(context, self._work.train_model, **asked)
        return operation_to_message(operation)

    async def ResolveRecipe(self, request: pb.ResolveRecipeRequest, context: Any) -> pb.ResolveRecipeResponse:
        resolved = await self._threads.call(context, self._work.resolve_recipe, **arguments(request))
        return pb.ResolveRecipeResponse(config_json=resolved)

    async def ScorePool(self, request: pb.ScorePoolRequest, context: Any) -> Operation:
        asked = arguments(request, "project_id")
        operation = await self._threads.call(context, self._work.score_pool, **asked)
        return operation_to_message(operation)

    async def EvaluateModel(self, request: pb.EvaluateModelRequest, context: Any) -> Operation:
        asked = arguments(request, "project_id", "split")
        operation = await self._threads.call(context, self._work.evaluate_model, **asked)
        return operation_to_message(operation)

    async def ImportScores(self, request: pb.ImportScoresRequest, context: Any) -> pb.ImportScoresResponse:
        asked = arguments(request, "project_id", "scores")
        images = await self._threads.call(context, self._desk.import_scores, **asked)
        return pb.ImportScoresResponse(imported_images=images)

    async def PrepareSelection(self, request: pb.PrepareSelectionRequest, context: Any) -> Operation:
        asked = arguments(request, "project_id", "campaign_id")
        operation = await self._threads.call(context, self._work.prepare_selection, **asked)
        return operation_to_message(operation)

    async def GetModel(self, request: pb.GetModelRequest, context: Any) -> pb.ModelVersion:
        asked = arguments(request, "project_id")
        model = await self._threads.call(context, self._desk.get_model, **asked)
        return model_to_message(model)

    async def ListModels(self, request: pb.ListModelsRequest, context: Any) -> pb.ListModelsResponse:
        asked = arguments(request, "project_id")
        page = await self._threads.call(context, self._desk.list_models, **asked)
        return pb.ListModelsResponse(models=map(model_to_message, page.items), next_page_token=page.next_page_token)

    async def ActivateModel(self, request: pb.ActivateModelRequest, context: Any) -> pb.ModelVersion:
        asked = arguments(request, "project_id", "model_version")
        model = await self._threads.call(context, self._desk.activate_model, **asked)
        return model_to_message(model)

    async def ThinModels(self, request: pb.ThinModelsRequest, context: Any) -> pb.ThinModelsResponse:
        asked = arguments(request, "project_id")
        done = await self._threads.call(context, self._desk.thin_models, **asked)
        return pb.ThinModelsResponse(model_versions=done.model_versions, freed_bytes=done.freed_bytes)

    async def RollbackModel(self, request: pb.RollbackModelRequest, context: Any) -> pb.ModelVersion:
        asked = arguments(request, "project_id")
        model = await self._threads.call(context, self._desk.rollback_model, **asked)
        return model_to_message(model)

    async def ReadModel(self, request: pb.ReadModelRequest, context: Any) -> Any:
        asked = arguments(request, "project_id")
        async for data in await self._threads.stream(context, self._desk.read_model, **asked):
            yield pb.ReadModelResponse(data=data)

    async def GetProposals(self, request: pb.GetProposalsRequest, context: Any) -> pb.GetProposalsResponse:
        asked = arguments(request, "project_id", "image_ids")
        proposals = await self._threads.call(context, self._desk.get_proposals, **asked)
        return pb.GetProposalsResponse(proposals=map(proposals_to_message, proposals))

    async def ExportPseudoLabels(self, request: pb.ExportPseudoLabelsRequest, context: Any) -> Any:
        asked = arguments(request, "project_id", "pseudo")
        async for data in await self._threads.stream(context, self._desk.export_pseudo_labels, **asked):
            yield pb.ExportPseudoLabelsResponse(data=data)
