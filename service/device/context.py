"""What every job of the device is done with."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch

from models.encoders.feature_store import FeatureStore
from models.training.cache import NetworkCache
from models.training.loop import Progress
from service.device.images import ImageReader


@dataclass(frozen=True)
class JobContext:
    """One job's surroundings.

    Args:
        folder: the job's, with whatever an earlier attempt left.
        images: reads image files.
        kept: networks trained before.
        features: what frozen encoders made of images before.
        device: to compute on.
        progress: told how far the job is.
    """

    folder: Path
    images: ImageReader
    kept: NetworkCache
    features: FeatureStore
    device: torch.device
    progress: Progress

    def part(self, start: float, end: float) -> Progress:
        """Progress of a part of the job, which takes it from `start` to `end`, shares of the whole in [0, 1]."""
        return lambda share, message: self.progress(start + share * (end - start), message)
