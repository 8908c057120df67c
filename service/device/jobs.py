"""The jobs as the device does them. Runs in the worker process; the only part of the service that needs torch."""

from __future__ import annotations

import errno
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import TypeAdapter

from maskloop.errors import ResourceExhausted, StorageFull
from maskloop.formats.images import decode_image
from maskloop.values import Evaluation
from models.annotation.evaluate import evaluate
from models.annotation.fit import fit
from models.annotation.model import FittedModel
from models.annotation.recipe import Recipe
from models.data.samples import Example, ImageToScore
from models.training.cache import NetworkCache
from models.training.loop import Progress
from service.artifacts.blobs import BlobStore
from service.artifacts.score_table import ScoredRow, join_scores, write_scores
from service.device.classify import classify
from service.device.job_files import (
    CHECKPOINT,
    SCORES,
    ClassifyJob,
    EvaluateJob,
    Job,
    LabeledFile,
    PoolFile,
    RankJob,
    ScoreJob,
    TrainJob,
    is_done,
    read_job,
    write_outcome,
)
from service.device.rank import rank

SCORE_CHUNK = 1024  # images scored between two places to go on from
SCORE_BATCH = 16


def do_job(folder: Path, blobs: BlobStore, kept: NetworkCache, device: torch.device, progress: Progress) -> None:
    """Do the job of a folder, or what is left of it, and leave its outcome there.

    Args:
        folder: with the job, and whatever an earlier attempt left.
        blobs: where the images' contents are.
        kept: networks trained before, annotation networks and classifiers.
        device: to compute on.
        progress: called with a fraction in [0, 1] and a message; may raise to stop the job.

    Raises:
        StorageFull: the disk is full.
        ResourceExhausted: the memory is too small.
        MaskloopError: whatever the models refuse.
    """
    if not is_done(folder):
        with _limits_made_ours():
            write_outcome(folder, _do(read_job(folder), folder, blobs, device, progress, kept=kept))


def _do(
    job: Job, folder: Path, blobs: BlobStore, device: torch.device, progress: Progress, *, kept: NetworkCache
) -> dict[str, Any]:
    if isinstance(job, TrainJob):
        return train(job, folder, blobs, device, progress, kept=kept)
    if isinstance(job, ScoreJob):
        return score(job, folder, blobs, device, progress)
    if isinstance(job, RankJob):
        return rank(job, folder, blobs, device, progress)
    if isinstance(job, ClassifyJob):
        return classify(job, folder, blobs, device, progress, cache=kept)
    return measure(job, blobs, device, progress)


def train(
    job: TrainJob, folder: Path, blobs: BlobStore, device: torch.device, progress: Progress, *, kept: NetworkCache
) -> dict[str, Any]:
    """Fit a model and leave its checkpoint."""
    model = fit(
        [_example(image, blobs) for image in job.images],
        [category.id for category in job.categories],
        Recipe.from_dict(job.recipe),
        seed=job.seed,
        device=device,
        checkpoint_dir=folder / "training",
        progress=progress,
        cache=kept,
        start=FittedModel.load(job.start, device).network if job.start else None,
        pseudo=(_example(image, blobs) for image in job.pseudo),
        empty=(_example(image, blobs) for image in job.empty),
    )
    names = tuple(category.name for category in job.categories)
    replace(model, names=names).save(folder / CHECKPOINT)
    return {"metrics": dict(model.metrics), "head": model.head.value, "pseudo_snapshot": model.pseudo}


def score(job: ScoreJob, folder: Path, blobs: BlobStore, device: torch.device, progress: Progress) -> dict[str, Any]:
    """Score the images chunk by chunk, those with most counted objects first, and leave one table."""

    def most_first(image: PoolFile) -> tuple[int, str]:
        return (-image.counts.objects if image.counts else 0), image.image_id

    model = FittedModel.load(job.checkpoint, device)
    ordered = sorted(job.images, key=most_first)
    parts = []
    for start in range(0, len(ordered), SCORE_CHUNK):
        parts.append(folder / f"scores-{start:09}.parquet")
        chunk = ordered[start : start + SCORE_CHUNK]
        if not parts[-1].is_file():
            part = _share_of(progress, start / len(ordered), len(chunk) / len(ordered))
            write_scores(parts[-1], _scored(model, chunk, blobs, device, part))
    return {"scored_images": join_scores(folder / SCORES, parts)}


def measure(job: EvaluateJob, blobs: BlobStore, device: torch.device, progress: Progress) -> dict[str, Any]:
    """Evaluate a model on labeled images."""
    model = FittedModel.load(job.checkpoint, device)
    read = 0

    def examples() -> Iterator[Example]:
        nonlocal read
        for image in job.images:
            yield _example(image, blobs)
            read += 1

    def report(_: float, message: str) -> None:
        progress(read / len(job.images), f"{message} of {len(job.images)}")

    evaluation = evaluate(model, examples(), job.split, device=device, progress=report)
    found: dict[str, Any] = json.loads(TypeAdapter(Evaluation).dump_json(evaluation))
    return {"evaluation": {**found, "model_version": job.model_version}}


def _scored(
    model: FittedModel, images: list[PoolFile], blobs: BlobStore, device: torch.device, progress: Progress
) -> Iterator[ScoredRow]:
    waiting = [ImageToScore(image.image_id, _loader(image, blobs), image.counts) for image in images]
    for scored in model.predict(waiting, device=device, batch_size=SCORE_BATCH, progress=progress):
        yield ScoredRow(scored.proposals, scored.features, scored.uncertainty)


def _example(image: LabeledFile, blobs: BlobStore) -> Example:
    return Example(image.image_id, _pixels(image, blobs), image.objects)


def _loader(image: PoolFile, blobs: BlobStore) -> Callable[[], NDArray[np.uint8]]:
    return lambda: _pixels(image, blobs)


def _pixels(image: LabeledFile | PoolFile, blobs: BlobStore) -> NDArray[np.uint8]:
    return decode_image(blobs.read(image.sha256), image.file_name).pixels


def _share_of(progress: Progress, start: float, width: float) -> Progress:
    """Progress of a part that takes `width` of the whole, from `start` on."""
    return lambda share, message: progress(start + share * width, message)


@contextmanager
def _limits_made_ours() -> Iterator[None]:
    """A full disk or memory is nobody's fault of programming."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise StorageFull(f"no room on the disk: {error}") from error
        raise
    except (MemoryError, torch.OutOfMemoryError) as error:
        raise ResourceExhausted(
            "the device's memory is too small; a smaller batch, image_size or recipe may fit"
        ) from error
