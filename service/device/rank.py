"""Ranking a pool by what only the device can tell. Runs in the worker process."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from maskloop.values import Need, Strategy
from models.encoders.features import ImageEncoder, cold_encoder, encode_images
from models.kinds.load import AnyModel, load_model
from models.kinds.networks import features_of, masks_under_dropout
from models.training.loop import Progress
from selection.strategies import rank_pool
from service.artifacts.image_file import ImageFile
from service.artifacts.names import RANKING
from service.artifacts.pool_columns import Computed, gather_pool
from service.artifacts.ranking_table import write_ranking
from service.artifacts.score_table import read_columns, stamp_of
from service.device.chunks import Compute, compute_in_chunks
from service.device.context import JobContext
from service.device.job_files import RankJob

BATCH = 16
COLD_SIDE = 64  # pixels at which an encoder that has seen no label looks, as measured in docs/results/cold_start.md

Values = dict[str, NDArray[np.float32]]


def rank(job: RankJob, context: JobContext) -> dict[str, Any]:
    """Compute what the strategy needs, and leave the ranking; the outcome is its length and the score table's stamp."""
    strategy = Strategy.parse(job.strategy)
    strategy.check()  # a job that an earlier release left may name an option that there is no more
    table = job.sources.table
    stamp = None if table is None else stamp_of(table)
    computed = _Computing(job, strategy, context).all()
    pool = gather_pool(strategy, job.sources, computed)
    context.progress(1.0, f"ranking {len(pool)} images by {strategy}")
    ranked = rank_pool(pool, strategy, job.seed)
    write_ranking(context.folder / RANKING, ranked)
    return {"ranked_images": len(ranked.ids), "table": stamp}


@dataclass(frozen=True)
class _Computing:
    """The device's share of a ranking, chunk by chunk."""

    job: RankJob
    strategy: Strategy
    context: JobContext

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
        by_id = self._in_chunks("labeled", self.job.labeled, partial(self._see, self._model()))
        return np.stack([by_id[key] for key in sorted(by_id)]) if by_id else np.empty((0, 1), np.float32)

    def _dropout(self) -> dict[str, float]:
        model, scored = self._model(), self._scored()
        images = [image for image in self.job.sources.images if image.image_id.encode() in scored]
        by_id = self._in_chunks("dropout", images, partial(self._drop, model))
        return {image_id: float(value[0]) for image_id, value in by_id.items()}

    def _scored(self) -> set[bytes]:
        assert self.job.sources.table is not None
        return set(read_columns(self.job.sources.table, ["image_id"])["image_id"].tolist())

    def _model(self) -> AnyModel:
        assert self.job.checkpoint is not None
        return load_model(self.job.checkpoint, self.context.device, self.context.features)

    def _encode(self, encoder: ImageEncoder, images: Sequence[ImageFile], progress: Progress) -> Iterator[Any]:
        waiting = [self.context.images.to_score(image) for image in images]
        return encode_images(encoder, waiting, device=self.context.device, batch_size=BATCH, progress=progress)

    def _see(self, model: AnyModel, images: Sequence[ImageFile], progress: Progress) -> Iterator[Any]:
        waiting = [self.context.images.to_score(image) for image in images]
        return features_of(model, waiting, device=self.context.device, batch_size=BATCH, progress=progress)

    def _drop(self, model: AnyModel, images: Sequence[ImageFile], progress: Progress) -> Iterator[Any]:
        waiting = [self.context.images.to_score(image) for image in images]
        scores = masks_under_dropout(
            model, waiting, seed=self.job.seed, device=self.context.device, batch_size=BATCH, progress=progress
        )
        return ((image_id, np.array([score], np.float32)) for image_id, score in scores)

    def _in_chunks(self, name: str, images: Sequence[ImageFile], compute: Compute) -> Values:
        return compute_in_chunks(self.context.folder, name, images, compute, self.context.progress)
