"""The classifier's training and the search for hard candidates as one job. Runs in the worker process.

A job that is killed goes on from the training's last state, or from the last chunk of images that was read.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.classification.model import FittedClassifier
from models.classification.recipe import ClassifierRecipe
from models.classification.train import train_classifier
from models.encoders.features import encode_images
from models.training.loop import Progress
from selection.hard_ood import HardOod, cluster_hard, prune
from service.artifacts.hard_ood import write_hard_ood
from service.artifacts.image_file import ImageFile
from service.artifacts.names import CLASSIFIER, HARD_OOD
from service.device.chunks import compute_in_chunks
from service.device.context import JobContext
from service.device.job_files import ClassifyJob

TRAINED, LABELED_READ, ALL_READ = 0.6, 0.7, 0.97  # of the progress shown
BATCH = 16


def classify(job: ClassifyJob, context: JobContext) -> dict[str, Any]:
    """Leave the classifier and the hard candidates; the outcome is how many images of which sort there were."""
    classifier = _trained(job, context)
    hard = _find_hard(job, _Encoding(classifier, context))
    write_hard_ood(context.folder / HARD_OOD, hard)
    return {
        "labeled_images": sum(bool(image.present) for image in job.images),
        "empty_images": sum(not image.present for image in job.images),
        "candidates": len(job.candidates),
        "hard_images": len(hard),
        "clusters": len(set(hard.clusters.tolist())),
        "metrics": dict(classifier.metrics),
    }


def _trained(job: ClassifyJob, context: JobContext) -> FittedClassifier:
    path = context.folder / CLASSIFIER
    if not path.is_file():
        fitted = train_classifier(
            map(context.images.class_example, job.images),
            [category.id for category in job.categories],
            ClassifierRecipe.from_dict(job.recipe),
            seed=job.seed,
            device=context.device,
            checkpoint_dir=context.folder / "classifying",
            progress=context.part(0.0, TRAINED),
            cache=context.kept,
        )
        replace(fitted, names=tuple(category.name for category in job.categories)).save(path)
    return FittedClassifier.load(path, context.device)


@dataclass(frozen=True)
class _Encoding:
    """Features of images by a classifier, (D,) float32 each."""

    classifier: FittedClassifier
    context: JobContext

    def features(self, name: str, images: Sequence[ImageFile], start: float, end: float) -> NDArray[np.float32]:
        """(n, D), a row for each image; `start` to `end` is their part of the progress."""
        by_id = compute_in_chunks(self.context.folder, name, images, self._encode, self.context.part(start, end))
        width = self.classifier.head.shape[1]
        return np.array([by_id[image.image_id] for image in images], np.float32).reshape(len(images), width)

    def _encode(self, images: Sequence[ImageFile], progress: Progress) -> Iterator[tuple[str, NDArray[np.float32]]]:
        waiting = [self.context.images.to_score(image) for image in images]
        encoder, device = self.classifier.encoder, self.context.device
        return encode_images(encoder, waiting, device=device, batch_size=BATCH, progress=progress)


def _find_hard(job: ClassifyJob, encoding: _Encoding) -> HardOod:
    head = encoding.classifier.head.numpy()
    labeled = encoding.features("labeled", job.images, TRAINED, LABELED_READ)
    candidates = sorted(job.candidates, key=lambda image: image.image_id.encode())
    features = encoding.features("candidates", candidates, LABELED_READ, ALL_READ)
    rows = prune(features, head)
    encoding.context.progress(ALL_READ, f"{len(rows)} of {len(candidates)} candidates are hard")
    ids = np.array([candidates[row].image_id.encode() for row in rows], dtype=np.bytes_)
    clusters = cluster_hard(features[rows], job.clusters, job.seed)
    return HardOod(job.categories, ids, features[rows], clusters, head, labeled)
