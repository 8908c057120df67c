"""A training is the same whatever number of threads the machine or its environment would have torch use."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from maskloop.values import Category
from models.annotation.model import FittedModel
from models.annotation.recipe import resolve
from service.artifacts.blobs import BlobStore
from service.artifacts.image_file import ImageFile
from service.artifacts.names import CHECKPOINT
from service.device.job_files import TrainJob, write_job
from service.device.messages import DeviceSettings
from service.operations.worker import Worker
from tests.service.squares import TINY, squares

pytestmark = pytest.mark.slow

RECIPE = resolve("compact", **{**TINY, "image_size": 64, "iterations": 4})


def train(folder: Path, threads: int) -> Path:
    """The model of a training by a new device process."""
    blobs = BlobStore(str(folder / "blobs"))
    images = tuple(
        ImageFile(f"i{place:02}", name, blobs.put(data), f"l{place}", objects)
        for place, (name, data, objects) in enumerate(squares(6))
    )
    write_job(folder / "job", TrainJob(RECIPE.to_dict(), 3, (Category(1, "square"),), images))
    worker = Worker(DeviceSettings("cpu", threads, str(folder / "blobs"), folder / "networks", networks_bytes=0))
    worker.run(folder / "job", lambda *_: None)
    worker.close()
    return folder / "job" / CHECKPOINT


def test_trainings_use_the_threads_of_the_settings_whatever_the_environment_says(tmp_path, monkeypatch):
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    unset = train(tmp_path / "unset", threads=2)
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    one = train(tmp_path / "one", threads=2)
    assert one.read_bytes() == unset.read_bytes()
    arithmetic = FittedModel.load(one, torch.device("cpu")).arithmetic
    assert arithmetic is not None
    assert (arithmetic.device, arithmetic.threads) == ("cpu", 2)
