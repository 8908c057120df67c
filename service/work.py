"""What each kind of long work does before the device has its turn, and after."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from maskloop.errors import FailedPrecondition
from maskloop.formats.files import write_atomically
from maskloop.values import (
    Evaluation,
    ModelVersion,
    Need,
    OperationKind,
    OperationResult,
    PreparedSelection,
    PseudoLabels,
    Split,
    Strategy,
    keep_trust,
)
from service.candidates import CandidateIndex
from service.classifier_work import classify_job, register_classifier
from service.clock import Clock
from service.folders import DataFolder
from service.job_files import (
    CHECKPOINT,
    RANKING,
    SCORES,
    EvaluateJob,
    ImageFile,
    Job,
    LabeledFile,
    PoolFile,
    RankJob,
    ScoreJob,
    TrainJob,
    is_prepared,
    read_job,
    read_outcome,
    write_job,
)
from service.pseudo_labels import pseudo_labels
from service.rankings import sources_of
from service.store import Database, Transaction
from service.store.labels import LabeledImage, counts_to_score, full_labels, images_to_score
from service.store.models import (
    ModelRecord,
    activate_model,
    get_model,
    insert_model,
    latest_model,
    set_scored_images,
)
from service.store.operations import OperationRecord
from service.store.projects import get_project

LEARNT_FROM = (Split.TRAIN, Split.POOL)
_EVALUATION = TypeAdapter(Evaluation)


class ModelWork:
    """Freezes what a job needs, and takes its results in. Every method may be called again after a crash.

    Args:
        database: what the server remembers.
        folder: where jobs and models lie.
        candidates: walks, built anew after a scoring.
        clock: tells the time.
    """

    def __init__(self, *, database: Database, folder: DataFolder, candidates: CandidateIndex, clock: Clock) -> None:
        self._database = database
        self._folder = folder
        self._candidates = candidates
        self._clock = clock

    def prepare(self, record: OperationRecord) -> None:
        """Freeze the images and labels that the device will see, as of now, in the operation's folder.

        Raises:
            StorageFull: the disk is full.
            FailedPrecondition: pseudo-labels were asked for, and there is none.
        """
        folder = self._folder.work(record.operation.id)
        if not is_prepared(folder):
            with self._database.read() as tx:
                job = self._job(tx, record)
            write_job(folder, job)

    def finish(self, tx: Transaction, record: OperationRecord) -> OperationResult:
        """Take in what came out, and give it as the operation's result."""
        operation = record.operation
        outcome = read_outcome(self._folder.work(operation.id))
        if operation.kind is OperationKind.EVALUATE:
            return _EVALUATION.validate_python(outcome["evaluation"])
        if operation.kind is OperationKind.PREPARE:
            return self._publish_ranking(tx, record, outcome)
        if operation.kind is OperationKind.CLASSIFY:
            tx.after_commit(lambda: self._candidates.forget(operation.project_id))
            return register_classifier(tx, record, outcome, folder=self._folder, take=self._take, now=self._clock())
        if operation.kind is OperationKind.TRAIN:
            self._register(tx, record, outcome)
        else:
            self._publish_scores(tx, record, outcome)
        return get_model(tx, operation.project_id, record.request["model_version"]).version

    def _job(self, tx: Transaction, record: OperationRecord) -> Job:
        project_id, request = record.operation.project_id, record.request
        if record.operation.kind is OperationKind.TRAIN:
            categories = get_project(tx, project_id).categories
            labeled = tuple(map(_labeled_file, full_labels(tx, project_id, LEARNT_FROM)))
            start = self._start(tx, project_id, request["recipe"])
            pseudo = self._pseudo(tx, project_id, pseudo_of(request))
            return TrainJob(request["recipe"], request["seed"], categories, labeled, start, pseudo)
        if record.operation.kind is OperationKind.PREPARE:
            return self._rank_job(tx, project_id, request)
        if record.operation.kind is OperationKind.CLASSIFY:
            return classify_job(tx, project_id, request)
        checkpoint = self._folder.checkpoint(project_id, request["model_version"])
        if record.operation.kind is OperationKind.SCORE:
            version = get_model(tx, project_id, request["model_version"]).version
            return ScoreJob(checkpoint, tuple(_files_to_score(tx, version)))
        split = Split(request["split"])
        labeled = tuple(map(_labeled_file, full_labels(tx, project_id, [split])))
        return EvaluateJob(checkpoint, request["model_version"], split, labeled)

    def _start(self, tx: Transaction, project_id: str, recipe: Mapping[str, Any]) -> Path | None:
        """The checkpoint a training goes on from: of the latest model version that learnt from labels alone, if that is
        of the very same recipe."""
        if recipe["start"] != "warm":
            return None
        latest = latest_model(tx, project_id)
        if latest is None or json.loads(latest.version.config_json) != recipe:
            return None
        return self._folder.checkpoint(project_id, latest.version.id)

    def _pseudo(self, tx: Transaction, project_id: str, wanted: PseudoLabels | None) -> tuple[LabeledFile, ...]:
        """The pseudo-labels a training learns from.

        Raises:
            FailedPrecondition: they were asked for, and there is none.
        """
        if wanted is None:
            return ()
        table = self._folder.scores(project_id, wanted.model_version)
        found = pseudo_labels(table, images_to_score(tx, project_id), wanted)
        if not found:
            raise FailedPrecondition(
                f"model version {wanted.model_version} proposes no object of a predicted IoU of "
                f"{wanted.min_predicted_iou:g} or more for any unlabeled image that it has scored"
            )
        return tuple(LabeledFile(one.image.id, one.image.file_name, one.image.sha256, "", one.objects) for one in found)

    def _rank_job(self, tx: Transaction, project_id: str, request: Mapping[str, Any]) -> RankJob:
        project, strategy = get_project(tx, project_id), Strategy.parse(request["strategy"])
        version = request["model_version"] if strategy.needs_scores else ""
        labeled: tuple[ImageFile, ...] = ()
        if Need.LABELED_FEATURES in strategy.needs:
            images = (found.image for found in full_labels(tx, project_id, LEARNT_FROM))
            labeled = tuple(ImageFile(image.id, image.file_name, image.sha256) for image in images)
        return RankJob(
            strategy=request["strategy"],
            seed=request["seed"],
            sources=sources_of(
                tx, self._folder, project, strategy, campaign_id=request["campaign_id"], version=version
            ),
            checkpoint=self._folder.checkpoint(project_id, version) if version else None,
            labeled=labeled,
        )

    def _register(self, tx: Transaction, record: OperationRecord, outcome: Mapping[str, Any]) -> None:
        operation, request = record.operation, record.request
        job = read_job(self._folder.work(operation.id))
        assert isinstance(job, TrainJob)
        version = ModelVersion(
            id=request["model_version"],
            project_id=operation.project_id,
            recipe=request["recipe"]["name"],
            seed=request["seed"],
            labeled_images=len(job.images),
            metrics=keep_trust(outcome["metrics"], _metrics_before(tx, operation.project_id, request)),
            created_at=self._clock(),
            config_json=json.dumps(request["recipe"]),
            pseudo=pseudo_of(request),
        )
        self._take(record, CHECKPOINT, self._folder.checkpoint(operation.project_id, version.id))
        snapshot = tuple(image.label_id for image in job.images if isinstance(image, LabeledFile))
        folder = self._folder.model(operation.project_id, version.id).relative_to(self._folder.root)
        insert_model(tx, ModelRecord(version, snapshot, str(folder), tuple(outcome.get("pseudo_snapshot", ()))))
        if request["activate"]:
            activate_model(tx, operation.project_id, version.id, self._clock())

    def _publish_scores(self, tx: Transaction, record: OperationRecord, outcome: Mapping[str, Any]) -> None:
        project_id, version = record.operation.project_id, record.request["model_version"]
        self._take(record, SCORES, self._folder.scores(project_id, version))
        shutil.rmtree(
            self._folder.rankings(project_id, version), ignore_errors=True
        )  # they rank what was scored before
        set_scored_images(tx, project_id, version, outcome["scored_images"])
        tx.after_commit(lambda: self._candidates.forget(project_id))

    def _publish_ranking(
        self, tx: Transaction, record: OperationRecord, outcome: Mapping[str, Any]
    ) -> PreparedSelection:
        project_id, request = record.operation.project_id, record.request
        strategy, version = request["strategy"], request["model_version"]
        self._take(record, RANKING, self._folder.ranking(project_id, version, strategy, request["seed"]))
        tx.after_commit(lambda: self._candidates.forget(project_id))
        return PreparedSelection(strategy, outcome["ranked_images"], version)

    def _take(self, record: OperationRecord, name: str, to: Path) -> None:
        """Copy a result to its place, whole or not at all; the operation's folder keeps it until it is cleared."""
        write_atomically(to, (self._folder.work(record.operation.id) / name).read_bytes())


def pseudo_of(request: Mapping[str, Any]) -> PseudoLabels | None:
    """The pseudo-labels that a training's request asks for; one that an earlier release kept asks for none."""
    return PseudoLabels(**request["pseudo"]) if request.get("pseudo") else None


def _files_to_score(tx: Transaction, version: ModelVersion) -> Iterator[PoolFile]:
    """What a model version can read of the pool: all of it, or what was counted where it must be told the counts."""
    if json.loads(version.config_json).get("classes") == "predicted":
        for image in images_to_score(tx, version.project_id):
            yield PoolFile(image.id, image.file_name, image.sha256)
    else:
        for image, counts in counts_to_score(tx, version.project_id):
            yield PoolFile(image.id, image.file_name, image.sha256, counts)


def _labeled_file(found: LabeledImage) -> LabeledFile:
    image = found.image
    return LabeledFile(image.id, image.file_name, image.sha256, found.label.id, found.label.objects)


def _metrics_before(tx: Transaction, project_id: str, request: Mapping[str, Any]) -> Mapping[str, float]:
    """Of the version before, whose trust in its head may be kept: the project's latest one, if it is by that recipe.

    Networks that learnt from pseudo-labels are judged each by itself.
    """
    latest = None if pseudo_of(request) else latest_model(tx, project_id)
    return latest.version.metrics if latest and latest.version.recipe == request["recipe"]["name"] else {}
