"""Ranking a pool by what only the device can tell. Runs in the worker process."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from maskloop.formats.images import decode_image
from maskloop.values import Need, Strategy
from models.annotation.mc_dropout import dropout_scores
from models.annotation.model import FittedModel, model_encoder
from models.data.samples import ImageToScore
from models.encoders.features import ImageEncoder, cold_encoder, encode_images
from models.training.loop import Progress
from selection.strategies import rank_pool
from service.artifacts.blobs import BlobStore
from service.artifacts.pool_columns import Computed, PooledImage, gather_pool
from service.artifacts.score_table import read_columns
from service.device.chunks import compute_in_chunks
from service.device.job_files import RANKING, ImageFile, RankJob
from service.pool.rankings import write_ranking

BATCH = 16
COLD_SIDE = 64  # pixels at which an encoder that has seen no label looks, as measured in docs/results/cold_start.md

Values = dict[str, NDArray[np.float32]]


def rank(job: RankJob, folder: Path, blobs: BlobStore, device: torch.device, progress: Progress) -> dict[str, Any]:
    """Compute what the strategy needs, and leave the ranking."""
    strategy = Strategy.parse(job.strategy)
    computed = _Computing(job, strategy, folder, blobs, device, progress).all()
    pool = gather_pool(strategy, job.sources, computed)
    progress(1.0, f"ranking {len(pool)} images by {strategy}")
    ranked = rank_pool(pool, strategy, job.seed)
    write_ranking(folder / RANKING, ranked)
    return {"ranked_images": len(ranked.ids)}


@dataclass(frozen=True)
class _Computing:
    """The device's share of a ranking, chunk by chunk."""

    job: RankJob
    strategy: Strategy
    folder: Path
    blobs: BlobStore
    device: torch.device
    progress: Progress

    def all(self) -> Computed:
        needs = self.strategy.needs
        return Computed(
            features=self._cold_features() if Need.COLD_FEATURES in needs else None,
            dropout=self._dropout() if Need.DROPOUT in needs else None,
            labeled_features=self._labeled_features() if Need.LABELED_FEATURES in needs else None,
        )

    def _cold_features(self) -> Values:
        name, weights = self.strategy.option("encoder"), self.strategy.option("weights")
        encoder = cold_encoder(name, weights, COLD_SIDE, self.job.seed)
        return self._in_chunks("cold", self.job.sources.images, partial(self._encode, encoder))

    def _labeled_features(self) -> NDArray[np.float32]:
        model = self._model()
        found = self._in_chunks("labeled", self.job.labeled, partial(self._encode, model_encoder(model)))
        return np.stack([found[key] for key in sorted(found)]) if found else np.empty((0, 1), np.float32)

    def _dropout(self) -> dict[str, float]:
        model, scored = self._model(), self._scored()
        images = [image for image in self.job.sources.images if image.image_id.encode() in scored]
        found = self._in_chunks("dropout", images, partial(self._drop, model))
        return {image_id: float(value[0]) for image_id, value in found.items()}

    def _scored(self) -> set[bytes]:
        assert self.job.sources.table is not None
        return set(read_columns(self.job.sources.table, ["image_id"])["image_id"].tolist())

    def _model(self) -> FittedModel:
        assert self.job.checkpoint is not None
        return FittedModel.load(self.job.checkpoint, self.device)

    def _encode(
        self, encoder: ImageEncoder, images: Sequence[ImageFile | PooledImage], progress: Progress
    ) -> Iterator[Any]:
        waiting = [ImageToScore(image.image_id, partial(self._pixels, image)) for image in images]
        return encode_images(encoder, waiting, device=self.device, batch_size=BATCH, progress=progress)

    def _drop(self, model: FittedModel, images: Sequence[PooledImage], progress: Progress) -> Iterator[Any]:
        waiting = [ImageToScore(image.image_id, partial(self._pixels, image), image.counts) for image in images]
        scores = dropout_scores(
            model, waiting, seed=self.job.seed, device=self.device, batch_size=BATCH, progress=progress
        )
        return ((image_id, np.array([score], np.float32)) for image_id, score in scores)

    def _in_chunks(
        self, name: str, images: Sequence[Any], compute: Callable[[Sequence[Any], Progress], Iterator[Any]]
    ) -> Values:
        return compute_in_chunks(self.folder, name, images, compute, self.progress)

    def _pixels(self, image: ImageFile | PooledImage) -> NDArray[np.uint8]:
        return decode_image(self.blobs.read(image.sha256), image.file_name).pixels
