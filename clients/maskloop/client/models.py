"""Training, scoring, evaluation, and model versions."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from maskloop import convert
from maskloop.client.verbs import Verbs
from maskloop.errors import FailedPrecondition, NoActiveModel, PoolNotScored
from maskloop.v1 import models_pb2 as pb
from maskloop.v1.models_pb2_grpc import ModelServiceStub
from maskloop.values import Batch, ImageProposals, ImageScore, ModelVersion, Operation, PseudoLabels, Split, Strategy

PROPOSALS_A_CALL = 100
SCORES_A_CALL = 20_000


class ModelVerbs(Verbs):
    """`ModelService`. Long work answers an operation at once; `wait_operation` follows it."""

    def train_model(
        self,
        *,
        project_id: str,
        recipe: str = "",
        overrides: Mapping[str, object] | None = None,
        seed: int = 0,
        activate: bool | None = None,
        pseudo: PseudoLabels | None = None,
        request_id: str = "",
    ) -> Operation:
        """Train a new model version on the project's current full labels, and on pseudo-labels if asked.

        Args:
            project_id: the project.
            recipe: `pretrained`, `recurrent`, `compact` or `paper`; "" for the server's default.
            overrides: options that differ from the recipe's, by name.
            seed: of the training.
            activate: whether to make the version active when it is done; `None`: if it learns from labels alone.
            pseudo: pseudo-labels to learn from as well, as they are when the work begins.
            request_id: makes the call idempotent; a repeated call finds the same operation.

        Raises:
            InvalidConfig: no such recipe or option.
            ModelNotFound, NoActiveModel, PoolNotScored: nobody proposes pseudo-labels.
        """
        request = self._write(
            pb.TrainModelRequest,
            request_id,
            project_id=project_id,
            recipe=recipe,
            overrides_json=_to_json(overrides),
            seed=seed,
            activate=pseudo is None if activate is None else activate,
            pseudo=pseudo,
        )
        return convert.operation_from_message(self._wire.call(self._stub(ModelServiceStub).TrainModel, request))

    def resolve_recipe(self, *, recipe: str = "", overrides: Mapping[str, object] | None = None) -> dict[str, object]:
        """All options of a recipe as `train_model` would use them; nothing is changed.

        Raises:
            InvalidConfig: no such recipe or option.
        """
        request = convert.request(pb.ResolveRecipeRequest, recipe=recipe, overrides_json=_to_json(overrides))
        response = self._wire.call(self._stub(ModelServiceStub).ResolveRecipe, request)
        return dict(json.loads(response.config_json))

    def score_pool(self, *, project_id: str, model_version: str = "", request_id: str = "") -> Operation:
        """Score the pool images that have counts and no full label; "" means the active version."""
        request = self._write(pb.ScorePoolRequest, request_id, project_id=project_id, model_version=model_version)
        return convert.operation_from_message(self._wire.call(self._stub(ModelServiceStub).ScorePool, request))

    def evaluate_model(
        self, *, project_id: str, split: Split = Split.TEST, model_version: str = "", request_id: str = ""
    ) -> Operation:
        """Measure a model version on the labeled images of a split; "" means the active version."""
        request = self._write(
            pb.EvaluateModelRequest, request_id, project_id=project_id, model_version=model_version, split=split
        )
        return convert.operation_from_message(self._wire.call(self._stub(ModelServiceStub).EvaluateModel, request))

    def import_scores(self, *, project_id: str, scores: Mapping[str, float], model_version: str = "") -> None:
        """Keep IoUs in [0, 1] by image id beside a version's own scores, for `mask_guided:scores=imported`.

        Raises:
            ImageNotFound, ModelNotFound, NoActiveModel: there is none.
            InvalidArgument: a score outside [0, 1].
        """
        every = [ImageScore(image_id, score) for image_id, score in scores.items()]
        for start in range(0, len(every), SCORES_A_CALL):
            request = convert.request(
                pb.ImportScoresRequest,
                project_id=project_id,
                model_version=model_version,
                scores=every[start : start + SCORES_A_CALL],
            )
            self._wire.call(self._stub(ModelServiceStub).ImportScores, request)

    def prepare_selection(
        self, *, project_id: str, campaign_id: str, strategy: Strategy | None = None, request_id: str = ""
    ) -> Operation:
        """Rank the pool by the campaign's strategy, or another, where that takes too long for `select_batch`.

        Raises:
            NoActiveModel, PoolNotScored: the strategy needs what is not there.
            InvalidArgument: no such strategy.
        """
        request = self._write(
            pb.PrepareSelectionRequest,
            request_id,
            project_id=project_id,
            campaign_id=campaign_id,
            strategy=strategy,
        )
        return convert.operation_from_message(self._wire.call(self._stub(ModelServiceStub).PrepareSelection, request))

    def get_model(self, *, project_id: str, model_version: str = "") -> ModelVersion:
        """Read a model version, the active one for "".

        Raises:
            ModelNotFound, NoActiveModel: there is none.
        """
        request = convert.request(pb.GetModelRequest, project_id=project_id, model_version=model_version)
        return convert.model_from_message(self._wire.call(self._stub(ModelServiceStub).GetModel, request))

    def list_models(self, *, project_id: str) -> Iterator[ModelVersion]:
        """A project's model versions, newest first."""
        pages = self._pages(self._stub(ModelServiceStub).ListModels, pb.ListModelsRequest, project_id=project_id)
        return (convert.model_from_message(item) for page in pages for item in page.models)

    def activate_model(self, *, project_id: str, model_version: str, etag: str = "") -> ModelVersion:
        """Make a model version the active one.

        Raises:
            EtagMismatch: the project changed since `etag` was read.
        """
        request = convert.request(
            pb.ActivateModelRequest, project_id=project_id, model_version=model_version, etag=etag
        )
        method = self._stub(ModelServiceStub).ActivateModel
        return convert.model_from_message(self._wire.call(method, request, idempotent=not etag))

    def rollback_model(self, *, project_id: str, etag: str = "") -> ModelVersion:
        """Make the version that was active before the active one again. Never repeated by itself.

        Raises:
            EtagMismatch: the project changed since `etag` was read.
        """
        request = convert.request(pb.RollbackModelRequest, project_id=project_id, etag=etag)
        method = self._stub(ModelServiceStub).RollbackModel
        return convert.model_from_message(self._wire.call(method, request, idempotent=False))

    def thin_models(self, *, project_id: str, keep: int, also_keep: Sequence[str] = ()) -> int:
        """Remove the files of old model versions, to save room; what is known of them stays.

        Args:
            project_id: the project.
            keep: how many of the newest keep their files, 1 or more; the active one does anyhow.
            also_keep: ids of further versions that do, such as the best.

        Returns:
            The bytes that were freed.

        Raises:
            FailedPrecondition: long work of the project is unfinished.
        """
        request = convert.request(pb.ThinModelsRequest, project_id=project_id, keep=keep, also_keep=also_keep)
        return int(self._wire.call(self._stub(ModelServiceStub).ThinModels, request).freed_bytes)

    def read_model(self, *, project_id: str, path: Path, model_version: str = "") -> Path:
        """Write a model version's checkpoint (safetensors) to `path`, whole or not at all.

        Raises:
            FailedPrecondition: the file cannot be written.
        """
        request = convert.request(pb.ReadModelRequest, project_id=project_id, model_version=model_version)
        method = self._stub(ModelServiceStub).ReadModel
        return self._wire.collect(method, request, lambda pieces: _save(path, pieces), timeout_s=self.slow_s)

    def get_proposals(
        self, *, project_id: str, image_ids: Sequence[str], model_version: str = ""
    ) -> tuple[ImageProposals, ...]:
        """The masks that the last scoring offers, in the order of `image_ids`; unscored images are left out."""
        proposals: list[ImageProposals] = []
        for start in range(0, len(image_ids), PROPOSALS_A_CALL):
            request = convert.request(
                pb.GetProposalsRequest,
                project_id=project_id,
                model_version=model_version,
                image_ids=image_ids[start : start + PROPOSALS_A_CALL],
            )
            response = self._wire.call(self._stub(ModelServiceStub).GetProposals, request)
            proposals.extend(map(convert.proposals_from_message, response.proposals))
        return tuple(proposals)

    def get_batch_proposals(self, batch: Batch) -> dict[str, ImageProposals]:
        """The masks that people may start a batch from, by image id: those of its assistance, or of the active model.

        Where several versions help, each image has those of the one that its pick names. Images for which there are
        none are left out; before a model has scored the pool that is all of them.
        """
        by_version: dict[str, list[str]] = {}
        for pick in batch.picks:
            by_version.setdefault(pick.proposed_by or batch.assistance.model_version, []).append(pick.image_id)
        found: list[ImageProposals] = []
        for version, ids in by_version.items():
            try:
                found += self.get_proposals(project_id=batch.project_id, image_ids=ids, model_version=version)
            except (NoActiveModel, PoolNotScored):
                continue
        least = batch.assistance.min_predicted_iou
        return {
            each.image_id: replace(each, objects=tuple(item for item in each.objects if item.predicted_iou >= least))
            for each in found
        }

    def export_pseudo_labels(self, *, project_id: str, pseudo: PseudoLabels) -> bytes:
        """Pseudo-labels as one COCO instance document (UTF-8 JSON), the predicted IoU as each annotation's `score`.

        It lists the images that have a pseudo-label.

        Raises:
            ModelNotFound, NoActiveModel, PoolNotScored: nobody proposes any.
        """
        request = convert.request(pb.ExportPseudoLabelsRequest, project_id=project_id, pseudo=pseudo)
        method = self._stub(ModelServiceStub).ExportPseudoLabels
        return self._wire.collect(method, request, _joined, timeout_s=self.slow_s)


def _to_json(overrides: Mapping[str, object] | None) -> str:
    return json.dumps(dict(overrides), sort_keys=True) if overrides else ""


def _joined(pieces: Iterable[pb.ExportPseudoLabelsResponse]) -> bytes:
    return b"".join(piece.data for piece in pieces)


def _save(path: Path, pieces: Iterable[pb.ReadModelResponse]) -> Path:
    draft = path.with_name(f".{path.name}.part")
    try:
        with draft.open("wb") as file:
            for piece in pieces:
                file.write(piece.data)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except OSError as error:
        raise FailedPrecondition(f"cannot write {path}: {error.strerror}", field=str(path)) from error
    finally:
        draft.unlink(missing_ok=True)
    return path
