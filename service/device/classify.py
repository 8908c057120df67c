"""The classifier's training and the search for hard candidates as one job. Runs in the worker process.

A job that is killed goes on from the training's last state, or from the last chunk of images that was read.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from maskloop.formats.images import decode_image
from models.classification.data import ClassExample
from models.classification.model import FittedClassifier
from models.classification.recipe import ClassifierRecipe
from models.classification.train import train_classifier
from models.data.samples import ImageToScore
from models.encoders.features import encode_images
from models.training.cache import NetworkCache
from models.training.loop import Progress
from selection.hard_ood import HardOod, cluster_hard, prune
from service.artifacts.blobs import BlobStore
from service.artifacts.hard_ood import write_hard_ood
from service.device.chunks import compute_in_chunks
from service.device.job_files import CLASSIFIER, HARD_OOD, ClassifiedFile, ClassifyJob, ImageFile

TRAINED, LABELED_READ, ALL_READ = 0.6, 0.7, 0.97  # of the progress shown
BATCH = 16


def classify(
    job: ClassifyJob,
    folder: Path,
    blobs: BlobStore,
    device: torch.device,
    progress: Progress,
    *,
    cache: NetworkCache | None = None,
) -> dict[str, Any]:
    """Leave the classifier and the hard candidates."""
    classifier = _trained(job, folder, blobs, device, progress, cache=cache)
    hard = _find_hard(job, _Reading(classifier, folder, blobs, device, progress))
    write_hard_ood(folder / HARD_OOD, hard)
    return {
        "labeled_images": sum(bool(image.present) for image in job.images),
        "empty_images": sum(not image.present for image in job.images),
        "candidates": len(job.candidates),
        "hard_images": len(hard),
        "clusters": len(set(hard.clusters.tolist())),
        "metrics": dict(classifier.metrics),
    }


def _trained(
    job: ClassifyJob,
    folder: Path,
    blobs: BlobStore,
    device: torch.device,
    progress: Progress,
    *,
    cache: NetworkCache | None,
) -> FittedClassifier:
    path = folder / CLASSIFIER
    if not path.is_file():
        fitted = train_classifier(
            (ClassExample(image.image_id, _pixels(image, blobs), frozenset(image.present)) for image in job.images),
            [category.id for category in job.categories],
            ClassifierRecipe.from_dict(job.recipe),
            seed=job.seed,
            device=device,
            checkpoint_dir=folder / "classifying",
            progress=lambda share, message: progress(TRAINED * share, message),
            cache=cache,
        )
        replace(fitted, names=tuple(category.name for category in job.categories)).save(path)
    return FittedClassifier.load(path, device)


@dataclass(frozen=True)
class _Reading:
    """Features of images by a classifier, (D,) float32 each."""

    classifier: FittedClassifier
    folder: Path
    blobs: BlobStore
    device: torch.device
    progress: Progress

    def features(
        self, name: str, images: Sequence[ClassifiedFile | ImageFile], begin: float, end: float
    ) -> NDArray[np.float32]:
        """(n, D), a row for each image; `begin` to `end` is their part of the progress."""

        def report(share: float, message: str) -> None:
            self.progress(begin + share * (end - begin), message)

        found = compute_in_chunks(self.folder, name, images, self._encode, report)
        width = self.classifier.head.shape[1]
        return np.array([found[image.image_id] for image in images], np.float32).reshape(len(images), width)

    def _encode(
        self, images: Sequence[ClassifiedFile | ImageFile], progress: Progress
    ) -> Iterator[tuple[str, NDArray[np.float32]]]:
        waiting = [ImageToScore(image.image_id, partial(_pixels, image, self.blobs)) for image in images]
        return encode_images(self.classifier.encoder, waiting, device=self.device, batch_size=BATCH, progress=progress)


def _find_hard(job: ClassifyJob, reading: _Reading) -> HardOod:
    head = reading.classifier.head.numpy()
    labeled = reading.features("labeled", job.images, TRAINED, LABELED_READ)
    candidates = sorted(job.candidates, key=lambda image: image.image_id.encode())
    features = reading.features("candidates", candidates, LABELED_READ, ALL_READ)
    rows = prune(features, head)
    reading.progress(ALL_READ, f"{len(rows)} of {len(candidates)} candidates are hard")
    ids = np.array([candidates[row].image_id.encode() for row in rows], dtype=np.bytes_)
    clusters = cluster_hard(features[rows], job.clusters, job.seed)
    return HardOod(job.categories, ids, features[rows], clusters, head, labeled)


def _pixels(image: ClassifiedFile | ImageFile, blobs: BlobStore) -> NDArray[np.uint8]:
    return decode_image(blobs.read(image.sha256), image.file_name).pixels
