"""The jobs as the device does them, each in a file of its own. Runs in the worker process."""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch

from maskloop.errors import StorageFull
from models.encoders.feature_store import FeatureStore
from models.training.cache import NetworkCache
from models.training.loop import Progress
from service.artifacts.blobs import BlobStore
from service.artifacts.places import places_untold
from service.device.classify import classify
from service.device.context import JobContext
from service.device.evaluate import evaluate
from service.device.images import ImageReader
from service.device.job_files import (
    ClassifyJob,
    EvaluateJob,
    Job,
    RankJob,
    ScoreJob,
    TrainJob,
    is_done,
    read_job,
    write_outcome,
)
from service.device.memory import told_what_to_lower
from service.device.rank import rank
from service.device.score import score
from service.device.train import train

JOBS: Mapping[type[Job], Callable[[Any, JobContext], dict[str, Any]]] = {
    TrainJob: train,
    ScoreJob: score,
    EvaluateJob: evaluate,
    RankJob: rank,
    ClassifyJob: classify,
}


def do_job(
    folder: Path,
    blobs: BlobStore,
    kept: NetworkCache,
    features: FeatureStore,
    *,
    device: torch.device,
    progress: Progress,
) -> None:
    """Do the job of a folder, or what is left of it, and leave its outcome there.

    Args:
        folder: with the job, and whatever an earlier attempt left.
        blobs: where the images' contents are.
        kept: networks trained before, of any kind.
        features: what frozen encoders made of images before.
        device: to compute on.
        progress: called with a fraction in [0, 1] and a message; may raise to stop the job.

    Raises:
        StorageFull: the disk is full.
        OutOfMemory: the memory is too small.
        MaskloopError: whatever the models refuse.
    """
    if not is_done(folder):
        job = read_job(folder)
        with limits_made_ours(), told_what_to_lower(job):
            context = JobContext(folder, ImageReader(blobs), kept, features, device, progress)
            write_outcome(folder, JOBS[type(job)](job, context))


@contextmanager
def limits_made_ours() -> Iterator[None]:
    """A full disk is nobody's fault of programming, and nobody is told where its files lie."""
    try:
        with places_untold():
            yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise StorageFull(f"the server's disk has no room: {error.strerror}") from error
        raise
