"""Jobs for the device's process, small and real."""

from __future__ import annotations

from pathlib import Path

from maskloop.values import Category, Counts
from models.annotation.recipe import resolve
from service.artifacts.blobs import BlobStore
from service.artifacts.image_file import ImageFile
from service.device.job_files import ScoreJob, TrainJob, write_job
from service.device.messages import DeviceSettings
from service.operations.vigil import DEFAULT, Patience
from service.operations.worker import Worker
from tests.service.squares import TINY, squares


class Jobs:
    """Folders of jobs over one blob store."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.blobs_url = str(folder / "blobs")
        blobs = BlobStore(self.blobs_url)
        self.images = tuple(
            ImageFile(f"i{place:02}", name, blobs.put(data), f"l{place}", objects)
            for place, (name, data, objects) in enumerate(squares(10))
        )

    def worker(self, device: str = "cpu", networks_bytes: int = 0, patience: Patience = DEFAULT) -> Worker:
        settings = DeviceSettings(device, 1, self.blobs_url, self.folder / "networks", networks_bytes)
        return Worker(settings, patience)

    def training(self, name: str, category_id: int = 1, **overrides: object) -> Path:
        recipe = resolve("compact", **{**TINY, **overrides}).to_dict()
        write_job(self.folder / name, TrainJob(recipe, 3, (Category(category_id, "square"),), self.images))
        return self.folder / name

    def scoring(self, name: str, checkpoint: Path) -> Path:
        counted = (ImageFile(item.image_id, item.file_name, item.sha256, counts=Counts({1: 1})) for item in self.images)
        write_job(self.folder / name, ScoreJob(checkpoint, tuple(counted)))
        return self.folder / name
