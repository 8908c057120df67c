"""Model versions: which there are, which is active, and what they propose."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from maskloop.errors import FailedPrecondition, InvalidArgument, ModelNotFound
from maskloop.formats.json_pieces import json_pieces
from maskloop.values import HeadState, ImageProposals, ImageScore, ModelVersion, PseudoLabels, explain_head
from service.artifacts.data_folder import DataFolder
from service.artifacts.imported_scores import add_imported
from service.artifacts.pseudo_labels import pseudo_document, pseudo_labels
from service.artifacts.score_table import check_scored, read_proposals
from service.pool.candidate_index import CandidateIndex
from service.store import Database, Transaction
from service.store.audit import add_audit
from service.store.campaigns import campaign_strategies
from service.store.clock import Clock
from service.store.images import get_images
from service.store.labels.labels import unjudged_images
from service.store.models import (
    activate_model,
    get_model,
    get_whole_model,
    list_models,
    roll_back_model,
    thin_models,
    thinned_models,
)
from service.store.operations import unfinished_operations
from service.store.pagination import Page, PageRequest
from service.store.projects import get_project

MAX_PROPOSALS = 100
MAX_SCORES = 20_000
PIECE_BYTES = 256 * 1024


@dataclass(frozen=True)
class Thinned:
    """Ids of the model versions whose files a call removed, newest first, and the bytes that were freed."""

    model_versions: tuple[str, ...]
    freed_bytes: int


class ModelDesk:
    """Use cases of model versions that are there.

    Args:
        database: what the server remembers.
        folder: where models lie.
        candidates: walks, built anew after an import of scores.
        clock: tells the time.
    """

    def __init__(self, *, database: Database, folder: DataFolder, candidates: CandidateIndex, clock: Clock) -> None:
        self._database = database
        self._folder = folder
        self._candidates = candidates
        self._clock = clock

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
        return page.of(lambda record: record.version)

    def activate_model(self, *, project_id: str, model_version: str, etag: str = "") -> ModelVersion:
        """Make a model version the active one.

        Raises:
            ProjectNotFound, ModelNotFound: there is none.
            EtagMismatch: the project changed since `etag` was read.
        """
        with self._database.write() as tx:
            now = self._clock()
            activated = activate_model(tx, project_id, model_version, now, etag).version
            add_audit(tx, now, "ActivateModel", project_id, subjects={"model_version": activated.id})
            return activated

    def rollback_model(self, *, project_id: str, etag: str = "") -> ModelVersion:
        """Make the version that was active before the active one again.

        Raises:
            ProjectNotFound: there is no such project.
            FailedPrecondition: no version was active before.
            EtagMismatch: the project changed since `etag` was read.
        """
        with self._database.write() as tx:
            now = self._clock()
            activated = roll_back_model(tx, project_id, now, etag).version
            add_audit(tx, now, "RollbackModel", project_id, subjects={"model_version": activated.id})
            return activated

    def read_model(self, *, project_id: str, model_version: str = "") -> Iterator[bytes]:
        """A model version's checkpoint, in pieces of at most 256 KiB.

        Raises:
            ProjectNotFound, ModelNotFound, NoActiveModel: there is none.
            ModelThinned: it was removed.
        """
        version = self._whole(project_id, model_version).id
        path = self._folder.checkpoint(project_id, version)
        if not path.is_file():
            raise ModelNotFound(f"the checkpoint of model version {version} is gone", field="model_version")
        return _pieces(path)

    def get_proposals(
        self, *, project_id: str, image_ids: Sequence[str], model_version: str = ""
    ) -> list[ImageProposals]:
        """What a version proposes for images, in the order asked for; those it has not scored are left out.

        Test images are scored by its evaluation, others with the pool.

        Raises:
            ProjectNotFound, ModelNotFound, NoActiveModel: there is none.
            PoolNotScored: it has not scored the pool, and not all of these are test images that it was measured on.
            ModelThinned: its tables were removed.
            InvalidArgument: more than 100 images are asked for.
        """
        if len(image_ids) > MAX_PROPOSALS:
            raise InvalidArgument(
                f"{len(image_ids)} images are asked for; at most {MAX_PROPOSALS} are answered", field="image_ids"
            )
        model = self._whole(project_id, model_version)
        version, uncalibrated = model.id, model.head is HeadState.UNFITTED
        evaluated = self._folder.evaluated(project_id, version)
        tested = read_proposals(evaluated, image_ids, version) if evaluated.is_file() else []
        rest = sorted({*image_ids} - {each.image_id for each in tested})
        scored = read_proposals(self._folder.scores(project_id, version), rest, version) if rest or not tested else []
        proposals = {each.image_id: replace(each, uncalibrated=uncalibrated) for each in (*scored, *tested)}
        return [proposals[image_id] for image_id in image_ids if image_id in proposals]

    def export_pseudo_labels(self, *, project_id: str, pseudo: PseudoLabels) -> Iterator[bytes]:
        """Pseudo-labels as one COCO instance document with scores, UTF-8 JSON in pieces of at most 256 KiB.

        Raises:
            ProjectNotFound, ModelNotFound, NoActiveModel, PoolNotScored: there is none.
        """
        with self._database.read() as tx:
            categories = get_project(tx, project_id).categories
            wanted = scored_pseudo(tx, self._folder, project_id, pseudo)
            table = self._folder.scores(project_id, wanted.model_version)
            labeled = pseudo_labels(table, unjudged_images(tx, project_id), wanted)
        return json_pieces(pseudo_document(categories, labeled).items())

    def import_scores(self, *, project_id: str, scores: Sequence[ImageScore], model_version: str = "") -> int:
        """Keep scores made elsewhere beside a version's own. Returns of how many images it has one now.

        Raises:
            ProjectNotFound, ModelNotFound, NoActiveModel, ImageNotFound: there is none.
            ModelThinned: the version's files were removed.
            InvalidArgument: no score, more than 20,000, or an image twice.
            StorageFull: the disk is full.
        """
        if not 1 <= len(scores) <= MAX_SCORES:
            raise InvalidArgument(f"{len(scores)} scores; 1 to {MAX_SCORES} are taken at once", field="scores")
        new = {score.image_id: score.score for score in scores}
        if len(new) < len(scores):
            raise InvalidArgument("an image is scored twice", field="scores")
        with self._database.write() as tx:
            version = get_whole_model(tx, project_id, model_version).version.id
            get_images(tx, project_id, list(new))
            number = add_imported(self._folder.imported_scores(project_id, version), new)
            subjects = {"model_version": version}
            add_audit(tx, self._clock(), "ImportScores", project_id, subjects=subjects, count=len(new))
            tx.after_commit(lambda: self._forget_rankings(project_id, version))
            return number

    def _forget_rankings(self, project_id: str, version: str) -> None:
        """Prepared rankings may go by the scores that were there before."""
        shutil.rmtree(self._folder.rankings(project_id, version), ignore_errors=True)
        self._candidates.forget(project_id)

    def thin_models(self, *, project_id: str, keep: int, also_keep: Sequence[str] = ()) -> Thinned:
        """Remove the files of old model versions; rows and metrics stay.

        Kept are those of the newest `keep` versions, of the active one, of the one that the next training looks at, and
        of `also_keep`. Score tables stay where a campaign learns its target from them (`target=learned`).

        Raises:
            ProjectNotFound, ModelNotFound: there is no such project, or none of the versions to keep.
            InvalidArgument: none of the newest is to be kept.
            FailedPrecondition: long work of the project is unfinished, and may need them.
        """
        if keep < 1:
            raise InvalidArgument(f"keep is {keep}; 1 is the least", field="keep")
        with self._database.write() as tx:
            also = [get_model(tx, project_id, model_id).version.id for model_id in also_keep]
            self._check_idle(tx, project_id)
            new = thin_models(tx, project_id, keep, also)
            if new:
                add_audit(tx, self._clock(), "ThinModels", project_id, count=len(new))
            thinned = thinned_models(tx, project_id)
            learning = any(strategy.learns_target for strategy in campaign_strategies(tx, project_id))
        # Once it is committed: killed before the end, the next call removes the rest.
        freed = sum(self._folder.thin(project_id, model_id, keep_scores=learning) for model_id in thinned)
        return Thinned(tuple(new), freed)

    def _check_idle(self, tx: Transaction, project_id: str) -> None:
        for record in unfinished_operations(tx):
            if record.operation.project_id == project_id:
                raise FailedPrecondition(
                    f"operation {record.operation.id} of project {project_id} is unfinished; thin when it has ended"
                )

    def _whole(self, project_id: str, model_version: str) -> ModelVersion:
        with self._database.read() as tx:
            return get_whole_model(tx, project_id, model_version).version


def scored_pseudo(tx: Transaction, folder: DataFolder, project_id: str, wanted: PseudoLabels) -> PseudoLabels:
    """The same pseudo-labels, of a version that is named and has scored.

    Raises:
        ModelNotFound, NoActiveModel, PoolNotScored, ModelThinned: there is none.
        FailedPrecondition: a least predicted IoU is asked for, and no head is fitted that would predict one.
    """
    version = get_whole_model(tx, project_id, wanted.model_version).version
    if wanted.min_predicted_iou and version.head is HeadState.UNFITTED:
        raise FailedPrecondition(f"model version {version.id} predicts no IoU. {explain_head(version.metrics)}")
    check_scored(folder.scores(project_id, version.id))
    return replace(wanted, model_version=version.id)


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(PIECE_BYTES):
            yield piece
