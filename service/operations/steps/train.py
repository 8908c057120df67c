"""Trainings of the annotation network: what it learns from, and the model version it becomes."""

from __future__ import annotations

import json
import sys
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from maskloop.errors import FailedPrecondition
from maskloop.values import (
    BOXED_IMAGES,
    FullLabel,
    HeadState,
    LabelContent,
    ModelVersion,
    ObjectLabel,
    PseudoLabels,
    keep_trust,
)
from models.kinds.recipes import OfClasses, recipe_from_dict
from selection.draws import draws
from service.artifacts.data_folder import DataFolder
from service.artifacts.image_file import ImageFile
from service.artifacts.names import CHECKPOINT
from service.artifacts.pseudo_labels import pseudo_labels
from service.device.job_files import TrainJob, read_job
from service.operations.steps.step import LEARNT_FROM, labeled_file
from service.store import Transaction
from service.store.clock import Clock
from service.store.labels.judged_images import empty_images, judged_images, weak_images
from service.store.labels.labels import full_labels, unjudged_images
from service.store.models import ModelRecord, activate_model, get_model, insert_model, latest_models
from service.store.operations import OperationRecord
from service.store.projects import get_project


@dataclass(frozen=True)
class Training:
    """See `WorkKind`."""

    folder: DataFolder
    clock: Clock

    def job(self, tx: Transaction, record: OperationRecord) -> TrainJob:
        """All labels that the recipe learns from, what is known to hold nothing, pseudo-labels if asked for, and where
        to start.

        Raises:
            FailedPrecondition: pseudo-labels were asked for, and there is none.
        """
        project_id, request = record.operation.project_id, record.request
        recipe = recipe_from_dict(request["recipe"])
        labeled = _outlined(tx, project_id, rejections=recipe.learns_from_rejections)
        by_classes = isinstance(recipe, OfClasses)
        weak = () if by_classes else tuple(map(labeled_file, weak_images(tx, project_id, recipe.learns_from)))
        drawn = len(labeled) + len(weak)
        known = {image.image_id for image in weak}
        pseudo = self._pseudo(
            tx, project_id, pseudo_of(request), recipe.iterations(drawn) * recipe.pseudo_images, known
        )
        drawn += 0 if recipe.pseudo_images else len(pseudo)
        return TrainJob(
            recipe=request["recipe"],
            seed=request["seed"],
            categories=get_project(tx, project_id).categories,
            images=labeled,
            start=self._start(tx, project_id, request["recipe"]),
            pseudo=pseudo,
            empty=_empty(tx, project_id, request["seed"], recipe.iterations(drawn) * recipe.empty_images),
            previous=self._previous(tx, project_id, recipe.name),
            judged=_judged(tx, project_id, labeled) if by_classes else (),
            weak=weak,
        )

    def take_in(self, tx: Transaction, record: OperationRecord, outcome: Mapping[str, Any]) -> ModelVersion:
        """The checkpoint in its place, and the version registered, activated if asked for."""
        operation, request = record.operation, record.request
        job = read_job(self.folder.work(operation.id))
        assert isinstance(job, TrainJob)
        version = ModelVersion(
            id=request["model_version"],
            project_id=operation.project_id,
            recipe=request["recipe"]["name"],
            seed=request["seed"],
            labeled_images=len(job.images),
            metrics=keep_trust(_metrics(outcome, job), _metrics_before(tx, operation.project_id, request)),
            created_at=self.clock(),
            config_json=json.dumps(request["recipe"]),
            pseudo=pseudo_of(request),
            needs_counts=recipe_from_dict(request["recipe"]).needs_counts,
        )
        self.folder.publish(operation.id, CHECKPOINT, self.folder.checkpoint(operation.project_id, version.id))
        snapshot = tuple(image.label_id for image in (*job.images, *job.weak, *job.empty, *job.judged))
        folder = self.folder.model(operation.project_id, version.id).relative_to(self.folder.root)
        insert_model(tx, ModelRecord(version, snapshot, str(folder), tuple(outcome.get("pseudo_snapshot", ()))))
        if request["activate"]:
            activate_model(tx, operation.project_id, version.id, self.clock())
        return get_model(tx, operation.project_id, version.id).version

    def _start(self, tx: Transaction, project_id: str, recipe: Mapping[str, Any]) -> Path | None:
        """The checkpoint a training goes on from: of its recipe's latest model version that learnt from labels alone,
        if that is of the very same options."""
        if recipe.get("start") != "warm":
            return None
        latest = latest_models(tx, project_id).get(recipe["name"])
        if latest is None or json.loads(latest.version.config_json) != recipe:
            return None
        return self.folder.checkpoint(project_id, latest.version.id)

    def _previous(self, tx: Transaction, project_id: str, recipe: str) -> Path | None:
        """The checkpoint of the latest model version of that recipe that learnt from labels alone."""
        latest = latest_models(tx, project_id).get(recipe)
        return self.folder.checkpoint(project_id, latest.version.id) if latest else None

    def _pseudo(
        self, tx: Transaction, project_id: str, wanted: PseudoLabels | None, most: int, known: Collection[str]
    ) -> tuple[ImageFile, ...]:
        """The pseudo-labels a training learns from, of none of the `known` images, of which it is told more; of more
        images than it can show at all, `most`, 0 for no limit.

        Raises:
            FailedPrecondition: they were asked for, and there is none.
        """
        if wanted is None:
            return ()
        table = self.folder.scores(project_id, wanted.model_version)
        images = min(wanted.images or sys.maxsize, most or sys.maxsize)
        others = (image for image in unjudged_images(tx, project_id) if image.id not in known)
        labeled = pseudo_labels(table, others, replace(wanted, images=images))
        if not labeled:
            raise FailedPrecondition(
                f"model version {wanted.model_version} proposes no object of a predicted IoU of "
                f"{wanted.min_predicted_iou:g} or more for any unlabeled image that it has scored"
            )
        return tuple(ImageFile.of(pseudo.image, objects=pseudo.objects) for pseudo in labeled)


def pseudo_of(request: Mapping[str, Any]) -> PseudoLabels | None:
    """The pseudo-labels that a training's request asks for; one that an earlier release kept asks for none."""
    return PseudoLabels(**request["pseudo"]) if request.get("pseudo") else None


def _outlined(tx: Transaction, project_id: str, *, rejections: bool) -> tuple[ImageFile, ...]:
    """Images that somebody outlined, by id; with the proposals that people rejected there, if these teach."""
    return tuple(
        replace(labeled_file(labeled), rejected=_rejected(labeled.label.content) if rejections else ())
        for labeled in full_labels(tx, project_id, LEARNT_FROM)
    )


def _rejected(content: LabelContent) -> tuple[ObjectLabel, ...]:
    if not isinstance(content, FullLabel) or content.review is None:
        return ()
    named = {each.proposal_id for each in content.review.rejected}
    return tuple(ObjectLabel(item.category_id, item.mask) for item in content.review.proposals if item.id in named)


def _empty(tx: Transaction, project_id: str, seed: int, most: int) -> tuple[ImageFile, ...]:
    """Images known to hold nothing, by id: of more than the training can show at all, a draw of `most`."""
    empty = list(empty_images(tx, project_id))
    ids = np.array([judged.image.id for judged in empty], dtype=np.bytes_)
    shown = sorted(np.argsort(draws(ids, seed, "empty images"), kind="stable")[:most].tolist())
    return tuple(ImageFile.of(empty[place].image, label_id=empty[place].label_id) for place in shown)


def _judged(tx: Transaction, project_id: str, labeled: Sequence[ImageFile]) -> tuple[ImageFile, ...]:
    """Images that nobody outlined of which labels say which categories they hold, by id."""
    outlined = {image.image_id for image in labeled}
    return tuple(
        ImageFile.of(judged.image, label_id=judged.label_id, present=tuple(sorted(judged.categories)))
        for judged in judged_images(tx, project_id)
        if judged.image.id not in outlined
    )


def _metrics(outcome: Mapping[str, Any], job: TrainJob) -> dict[str, float]:
    """Of a training, in the form the store keeps: with the state of its head, which an earlier release left there, and
    how many images taught it boxes, if any did."""
    head = {HeadState(outcome["head"]).metric: 1.0} if outcome.get("head") else {}
    boxed = sum(bool(image.boxes) for image in job.weak)
    return {**outcome["metrics"], **head, **({BOXED_IMAGES: float(boxed)} if boxed else {})}


def _metrics_before(tx: Transaction, project_id: str, request: Mapping[str, Any]) -> Mapping[str, float]:
    """Of the version before, whose trust in its head may be kept: the project's latest one of that recipe.

    Networks that learnt from pseudo-labels are judged each by itself.
    """
    latest = None if pseudo_of(request) else latest_models(tx, project_id).get(request["recipe"]["name"])
    return latest.version.metrics if latest else {}
