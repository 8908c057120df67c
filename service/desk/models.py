"""Training, scoring, evaluation and model versions."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from maskloop.errors import FailedPrecondition, InvalidArgument, ModelNotFound
from maskloop.values import (
    ImageProposals,
    ImageScore,
    ModelVersion,
    Operation,
    OperationKind,
    PseudoLabels,
    Split,
    Strategy,
)
from models.annotation.recipe import Recipe, resolve
from service.artifacts.data_folder import DataFolder
from service.artifacts.imported_scores import add_imported
from service.artifacts.pseudo_labels import pseudo_document, pseudo_labels
from service.artifacts.score_table import check_scored, read_proposals
from service.desk.checks import check_seed
from service.desk.overrides import parse_overrides
from service.operations.operations import Operations
from service.operations.step import LEARNT_FROM
from service.pool.candidate_index import CandidateIndex
from service.pool.rankings import version_for
from service.store import Database, Transaction
from service.store.campaigns import get_campaign
from service.store.clock import Clock
from service.store.images import get_images
from service.store.labels import full_labels, images_to_score
from service.store.models import activate_model, get_model, list_models, roll_back_model
from service.store.pagination import Page, PageRequest
from service.store.projects import get_project
from service.store.requests import Request

MAX_PROPOSALS = 100
MAX_SCORES = 20_000
PIECE_BYTES = 256 * 1024


class ModelDesk:
    """Use cases of models. Long work answers an operation at once.

    Args:
        database: what the server remembers.
        folder: where models lie.
        candidates: walks, built anew after an import of scores.
        operations: does long work.
        default_recipe: for trainings that name none.
        clock: tells the time.
    """

    def __init__(
        self,
        *,
        database: Database,
        folder: DataFolder,
        candidates: CandidateIndex,
        operations: Operations,
        default_recipe: str,
        clock: Clock,
    ) -> None:
        self._database = database
        self._folder = folder
        self._candidates = candidates
        self._operations = operations
        self._default_recipe = default_recipe
        self._clock = clock

    def train_model(
        self,
        *,
        project_id: str,
        recipe: str = "",
        overrides_json: str = "",
        seed: int = 0,
        activate: bool = False,
        pseudo: PseudoLabels | None = None,
        request_id: str = "",
    ) -> Operation:
        """Train a new model version on the project's current full labels of train and pool images.

        With `pseudo`, it learns from such pseudo-labels as well, as they are when the work begins.

        Raises:
            ProjectNotFound: there is no such project.
            ModelNotFound, NoActiveModel, PoolNotScored: nobody proposes pseudo-labels.
            InvalidConfig: an unknown recipe or option, or an impossible value.
            InvalidArgument: a negative seed.
            FailedPrecondition: there is no full label to learn from.
            QueueFull: too much work is waiting.
        """
        check_seed(seed)
        resolved = _resolve(recipe or self._default_recipe, overrides_json)

        def plan(tx: Transaction, operation_id: str) -> Mapping[str, Any]:
            get_project(tx, project_id)
            _check_labeled(tx, project_id, LEARNT_FROM)
            version = f"model-{operation_id}"
            proposed = {"pseudo": asdict(self._pseudo(tx, project_id, pseudo))} if pseudo else {}
            return {
                "model_version": version,
                "recipe": resolved.to_dict(),
                "seed": seed,
                "activate": activate,
                **proposed,
            }

        asked = Request(request_id, "TrainModel", (project_id, resolved, seed, activate, *([pseudo] if pseudo else [])))
        return self._operations.start(asked, OperationKind.TRAIN, project_id, plan)

    def resolve_recipe(self, *, recipe: str = "", overrides_json: str = "") -> str:
        """A recipe with all its options as JSON, as `train_model` would use it.

        Raises:
            InvalidConfig: an unknown recipe or option, or an impossible value.
        """
        return json.dumps(_resolve(recipe or self._default_recipe, overrides_json).to_dict())

    def score_pool(self, *, project_id: str, model_version: str = "", request_id: str = "") -> Operation:
        """Score the pool images without a full label; "" is the active version.

        A version whose recipe predicts classes reads all of them, any other those that are counted and hold something.

        Raises:
            ProjectNotFound, ModelNotFound, NoActiveModel: there is none.
            QueueFull: too much work is waiting.
        """

        def plan(tx: Transaction, _: str) -> Mapping[str, Any]:
            return {"model_version": get_model(tx, project_id, model_version).version.id}

        asked = Request(request_id, "ScorePool", (project_id, model_version))
        return self._operations.start(asked, OperationKind.SCORE, project_id, plan)

    def evaluate_model(
        self, *, project_id: str, split: Split, model_version: str = "", request_id: str = ""
    ) -> Operation:
        """Measure a model version on the labeled images of a split; "" is the active version.

        Raises:
            ProjectNotFound, ModelNotFound, NoActiveModel: there is none.
            FailedPrecondition: the split has no labeled image.
            QueueFull: too much work is waiting.
        """

        def plan(tx: Transaction, _: str) -> Mapping[str, Any]:
            version = get_model(tx, project_id, model_version).version.id
            _check_labeled(tx, project_id, (split,))
            return {"model_version": version, "split": split.value}

        asked = Request(request_id, "EvaluateModel", (project_id, model_version, split))
        return self._operations.start(asked, OperationKind.EVALUATE, project_id, plan)

    def import_scores(self, *, project_id: str, scores: Sequence[ImageScore], model_version: str = "") -> int:
        """Keep scores made elsewhere beside a version's own. Returns of how many images it has one now.

        Raises:
            ProjectNotFound, ModelNotFound, NoActiveModel, ImageNotFound: there is none.
            InvalidArgument: no score, more than 20,000, or an image twice.
            StorageFull: the disk is full.
        """
        if not 1 <= len(scores) <= MAX_SCORES:
            raise InvalidArgument(f"{len(scores)} scores; 1 to {MAX_SCORES} are taken at once", field="scores")
        new = {one.image_id: one.score for one in scores}
        if len(new) < len(scores):
            raise InvalidArgument("an image is scored twice", field="scores")
        with self._database.write() as tx:
            version = get_model(tx, project_id, model_version).version.id
            get_images(tx, project_id, list(new))
            number = add_imported(self._folder.imported_scores(project_id, version), new)
            tx.after_commit(lambda: self._candidates.forget(project_id))
            return number

    def prepare_selection(
        self, *, project_id: str, campaign_id: str, strategy: Strategy | None = None, request_id: str = ""
    ) -> Operation:
        """Rank the pool by the campaign's strategy, or another, with the active model version.

        Raises:
            ProjectNotFound, CampaignNotFound: there is no such project or campaign.
            InvalidArgument: there is no such strategy.
            NoActiveModel, PoolNotScored: the strategy needs what is not there.
            QueueFull: too much work is waiting.
        """
        if strategy is not None:
            strategy.check()

        def plan(tx: Transaction, _: str) -> Mapping[str, Any]:
            project, campaign = get_project(tx, project_id), get_campaign(tx, project_id, campaign_id)
            wanted = strategy or campaign.strategy
            version = version_for(project, wanted)
            if version:
                check_scored(self._folder.scores(project_id, version))
            return {
                "campaign_id": campaign_id,
                "strategy": str(wanted),
                "seed": campaign.seed,
                "model_version": version,
            }

        asked = Request(request_id, "PrepareSelection", (project_id, campaign_id, strategy))
        return self._operations.start(asked, OperationKind.PREPARE, project_id, plan)

    def get_model(self, *, project_id: str, model_version: str = "") -> ModelVersion:
        """Read a model version, the active one for "".

        Raises:
            ProjectNotFound, ModelNotFound, NoActiveModel: there is none.
        """
        with self._database.read() as tx:
            return get_model(tx, project_id, model_version).version

    def list_models(self, *, project_id: str, page_size: int = 0, page_token: str = "") -> Page[ModelVersion]:
        """A project's model versions, newest first.

        Raises:
            ProjectNotFound: there is no such project.
        """
        with self._database.read() as tx:
            page = list_models(tx, project_id, PageRequest.of(page_size, page_token))
        return Page(tuple(record.version for record in page.items), page.next_page_token)

    def activate_model(self, *, project_id: str, model_version: str, etag: str = "") -> ModelVersion:
        """Make a model version the active one.

        Raises:
            ProjectNotFound, ModelNotFound: there is none.
            EtagMismatch: the project changed since `etag` was read.
        """
        with self._database.write() as tx:
            return activate_model(tx, project_id, model_version, self._clock(), etag).version

    def rollback_model(self, *, project_id: str, etag: str = "") -> ModelVersion:
        """Make the version that was active before the active one again.

        Raises:
            ProjectNotFound: there is no such project.
            FailedPrecondition: no version was active before.
            EtagMismatch: the project changed since `etag` was read.
        """
        with self._database.write() as tx:
            return roll_back_model(tx, project_id, self._clock(), etag).version

    def read_model(self, *, project_id: str, model_version: str = "") -> Iterator[bytes]:
        """A model version's checkpoint, in pieces of at most 256 KiB.

        Raises:
            ProjectNotFound, ModelNotFound, NoActiveModel: there is none.
        """
        version = self.get_model(project_id=project_id, model_version=model_version).id
        path = self._folder.checkpoint(project_id, version)
        if not path.is_file():
            raise ModelNotFound(f"the checkpoint of model version {version} is gone", field="model_version")
        return _pieces(path)

    def get_proposals(
        self, *, project_id: str, image_ids: Sequence[str], model_version: str = ""
    ) -> list[ImageProposals]:
        """What a version proposes for images, in the order asked for; those it has not scored are left out.

        Raises:
            ProjectNotFound, ModelNotFound, NoActiveModel: there is none.
            PoolNotScored: it has not scored the pool.
            InvalidArgument: more than 100 images are asked for.
        """
        if len(image_ids) > MAX_PROPOSALS:
            raise InvalidArgument(
                f"{len(image_ids)} images are asked for; at most {MAX_PROPOSALS} are answered", field="image_ids"
            )
        version = self.get_model(project_id=project_id, model_version=model_version).id
        return read_proposals(self._folder.scores(project_id, version), image_ids, version)

    def export_pseudo_labels(self, *, project_id: str, pseudo: PseudoLabels) -> Iterator[bytes]:
        """Pseudo-labels as one COCO instance document with scores, UTF-8 JSON in pieces of at most 256 KiB.

        Raises:
            ProjectNotFound, ModelNotFound, NoActiveModel, PoolNotScored: there is none.
        """
        with self._database.read() as tx:
            categories = get_project(tx, project_id).categories
            wanted = self._pseudo(tx, project_id, pseudo)
            table = self._folder.scores(project_id, wanted.model_version)
            found = pseudo_labels(table, images_to_score(tx, project_id), wanted)
        text = json.dumps(pseudo_document(categories, found)).encode()
        return (text[start : start + PIECE_BYTES] for start in range(0, len(text), PIECE_BYTES))

    def _pseudo(self, tx: Transaction, project_id: str, wanted: PseudoLabels) -> PseudoLabels:
        """The same pseudo-labels, of a version that is named and has scored."""
        version = get_model(tx, project_id, wanted.model_version).version.id
        check_scored(self._folder.scores(project_id, version))
        return replace(wanted, model_version=version)


def _resolve(recipe: str, overrides_json: str) -> Recipe:
    return resolve(recipe, **parse_overrides(overrides_json))


def _check_labeled(tx: Transaction, project_id: str, splits: Sequence[Split]) -> None:
    if next(full_labels(tx, project_id, splits), None) is None:
        names = " or ".join(splits)
        raise FailedPrecondition(f"project {project_id} has no full label of a {names} image")


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(PIECE_BYTES):
            yield piece
