"""A server's desks over real files: SQLite, a blob folder, a clock that tests set."""

from __future__ import annotations

import io
import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image as Picture

from maskloop.masks import Mask
from maskloop.values import (
    Budget,
    Campaign,
    Category,
    Counts,
    FullLabel,
    HeadState,
    ImageImport,
    ImageProposals,
    LabelDraft,
    ModelVersion,
    ObjectLabel,
    ObjectProposal,
    Split,
    Strategy,
    SupervisionKind,
)
from service.artifacts.blobs import BlobStore
from service.artifacts.data_folder import DataFolder
from service.artifacts.score_table import ScoredRow, write_scores
from service.desk.campaigns.annotation import AnnotationDesk
from service.desk.campaigns.leases import cut_leases
from service.desk.labels.labels import LabelDesk
from service.desk.labels.reviews import Reviews
from service.desk.models.models import ModelDesk
from service.desk.projects import ProjectDesk
from service.desk.sources import ImageSource
from service.pool.assisted_costs import AssistedCosts
from service.pool.candidate_index import CandidateIndex
from service.pool.rankings import Rankings
from service.store import Database
from service.store.clock import steady_clock
from service.store.models import ModelRecord, activate_model, insert_model
from tests.service.empty_store import put_empty_store

WIDTH, HEIGHT = 8, 6
CATEGORIES = (Category(1, "crack"), Category(2, "rust"), Category(3, "spall"))
FOUND = ObjectProposal(1, Mask.from_array(np.ones((HEIGHT, WIDTH), bool)), 0.5, 0.5)
UNCERTAIN = {"entropy": 0.0, "margin": 0.0, "least_confidence": 0.0}
FEATURES = np.zeros(2, dtype=np.float32)
TRUSTED = {HeadState.TRUSTED.metric: 1.0}
START = datetime(2026, 1, 1, tzinfo=UTC)


class SetClock:
    """A clock that stands still until it is moved. The seconds that really passed do not follow where it is set."""

    def __init__(self) -> None:
        self.now = START
        self.passed_s = 0.0

    def __call__(self) -> datetime:
        return self.now

    def forward(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)
        self.passed_s += seconds

    def jump(self, seconds: float) -> None:
        """Set the time of day, back if `seconds` are below 0."""
        self.now += timedelta(seconds=seconds)


@dataclass
class Server:
    """The desks of one server over the files of a folder; a second one over the same folder is its restart."""

    folder: Path
    clock: SetClock = field(default_factory=SetClock)
    url: str = ""

    def __post_init__(self) -> None:
        if not self.url:
            put_empty_store(self.folder / "maskloop.db")
        self.database = Database(self.url or f"sqlite:///{self.folder / 'maskloop.db'}")
        self.data = DataFolder(self.folder)
        self.candidates = CandidateIndex(Rankings(self.data).find)
        self.database.when_unsure(self.candidates.forget_all)
        parts: dict[str, Any] = {"database": self.database, "candidates": self.candidates, "clock": self.clock}
        numbers = itertools.count()
        parts["new_id"] = lambda: f"{id(self):x}-{next(numbers)}"
        blobs = BlobStore(str(self.folder / "blobs"))
        self.projects = ProjectDesk(blobs=blobs, sources=ImageSource([self.folder / "images"]), **parts)
        parts["lease_clock"] = self.lease_clock = steady_clock(self.clock(), lambda: self.clock.passed_s)
        with self.database.write() as tx:
            cut_leases(tx, self.lease_clock())
        self.campaigns = AnnotationDesk(assisted=AssistedCosts(self.data), **parts)
        self.models = ModelDesk(database=self.database, folder=self.data, candidates=self.candidates, clock=self.clock)
        self.labels = LabelDesk(reviews=Reviews(database=self.database, folder=self.data), **parts)

    def restarted(self) -> Server:
        """As after a kill: nothing of this one is closed, and tests may go on with either."""
        if self.url:
            self.database.close()  # a PostgreSQL database lets nobody else in before
        return Server(self.folder, self.clock, self.url)

    def create_project(self, project_id: str = "p", **options: Any) -> None:
        self.projects.create_project(project_id=project_id, categories=CATEGORIES, **options)

    def import_pool(self, number: int, project_id: str = "p", split: Split = Split.POOL) -> list[str]:
        imports = [ImageImport(f"{split}{place}.png", split, data=png(place)) for place in range(number)]
        return [image.id for image in self.projects.import_images(project_id=project_id, images=imports)]

    def create_campaign(
        self, seconds: float | None = None, campaign_id: str = "c", images: int | None = None, **options: Any
    ) -> Campaign:
        budget = Budget(seconds=seconds, images=images)
        settings: dict[str, Any] = {"budget": budget, "strategy": Strategy("random"), "seed": 0, **options}
        return self.campaigns.create_campaign(project_id="p", campaign_id=campaign_id, **settings)

    def add_model(
        self,
        scores: dict[str, float] | None,
        version: str = "m1",
        labeled_images: int = 0,
        metrics: dict[str, float] | None = None,
        found: Mapping[str, int] | None = None,
        recipe: str = "compact",
    ) -> None:
        """Register and activate a model version that gave these scores (`None`: it scored nothing), and found so many
        objects in images (without `found`: none)."""
        model = ModelVersion(version, "p", recipe, 0, labeled_images, metrics or TRUSTED, self.clock())
        with self.database.write() as tx:
            insert_model(tx, ModelRecord(model, (), "models/p/" + version))
            activate_model(tx, "p", version, self.clock())
        if scores is not None:
            objects = {image_id: (FOUND,) * number for image_id, number in (found or {}).items()}
            rows = (ImageProposals(name, version, score, objects.get(name, ())) for name, score in scores.items())
            write_scores(self.data.scores("p", version), (ScoredRow(row, FEATURES, UNCERTAIN) for row in rows))

    def count(self, ids: Sequence[str], counts: dict[int, int]) -> None:
        """Count images for campaign `c`."""
        batch = self.campaigns.select_batch(
            project_id="p", campaign_id="c", annotator="counter", kind=SupervisionKind.COUNTS, images=len(ids)
        )
        assert {pick.image_id for pick in batch.picks} == set(ids)
        drafts = [counts_draft(image_id, counts) for image_id in ids]
        self.labels.submit_labels(project_id="p", annotator="counter", labels=drafts, batch_id=batch.id)


def png(value: int) -> bytes:
    """A picture of one grey, WIDTH x HEIGHT."""
    buffer = io.BytesIO()
    Picture.new("RGB", (WIDTH, HEIGHT), (value % 256, value // 256 % 256, 0)).save(buffer, "PNG")
    return buffer.getvalue()


def mask(columns: int = 2, height: int = HEIGHT, width: int = WIDTH) -> Mask:
    """A mask whose first columns are set."""
    array = np.zeros((height, width), dtype=np.bool_)
    array[:, :columns] = True
    return Mask.from_array(array)


def objects(*categories: int) -> tuple[ObjectLabel, ...]:
    """One object a category."""
    return tuple(ObjectLabel(category, mask(place + 1)) for place, category in enumerate(categories))


def full_draft(image_id: str, *categories: int, **options: Any) -> LabelDraft:
    return LabelDraft(image_id, FullLabel(objects(*categories)), **options)


def counts_draft(image_id: str, counts: dict[int, int], **options: Any) -> LabelDraft:
    return LabelDraft(image_id, Counts(counts), **options)
