"""What lies where in a server's data folder."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from maskloop.errors import ModelNotFound
from maskloop.formats.files import link_atomically, write_atomically
from maskloop.values import LONGEST_NAME
from service.artifacts.places import places_untold


@dataclass(frozen=True)
class DataFolder:
    """A server's data folder.

    Args:
        root: made if it is not there.
    """

    root: Path

    @property
    def lock(self) -> Path:
        """Held by the one server that works here."""
        return self.root / "server.lock"

    @property
    def database_url(self) -> str:
        """SQLAlchemy url of the store, unless another is configured."""
        return f"sqlite:///{self.root / 'maskloop.db'}"

    @property
    def workflows_url(self) -> str:
        """SQLAlchemy url of the durable workflows' own records, unless another is configured."""
        return f"sqlite:///{self.root / 'dbos.db'}"

    @property
    def admin_token(self) -> Path:
        """The first admin's token, unless another file is configured."""
        return self.root / "admin.token"

    @property
    def blobs(self) -> Path:
        """Image files by content."""
        return self.root / "blobs"

    def holds_data(self) -> bool:
        """Whether images or models are kept here, which a database must know of."""
        return any(next((self.root / name).glob("*"), None) for name in ("blobs", "models", "classifiers"))

    @property
    def networks(self) -> Path:
        """Trained networks to take again, by what they learnt from, unless another folder is configured."""
        return self.root / "networks"

    @property
    def features(self) -> Path:
        """What frozen encoders made of images, by what decides it, unless another folder is configured."""
        return self.root / "features"

    def model(self, project_id: str, model_version: str) -> Path:
        """Folder of one model version, for ever.

        Raises:
            ModelNotFound: what is given is no name of a folder, so that no path leads elsewhere.
        """
        is_name = model_version not in (".", "..") and not set(model_version) & {"/", "\0"}
        if not is_name or len(os.fsencode(model_version)) > LONGEST_NAME:
            raise ModelNotFound(f"project {project_id} has no model version of that id", field="model_version")
        return self.root / "models" / project_id / model_version

    def checkpoint(self, project_id: str, model_version: str) -> Path:
        """A model version's weights."""
        return self.model(project_id, model_version) / "model.safetensors"

    def scores(self, project_id: str, model_version: str) -> Path:
        """A model version's score table; there once it has scored the pool."""
        return self.model(project_id, model_version) / "scores.parquet"

    def evaluated(self, project_id: str, model_version: str) -> Path:
        """What a model version proposes for the test images, as a score table; there once it was measured on them."""
        return self.model(project_id, model_version) / "evaluated.parquet"

    def imported_scores(self, project_id: str, model_version: str) -> Path:
        """Scores made elsewhere for a model version; there once some were imported."""
        return self.model(project_id, model_version) / "imported.parquet"

    def rankings(self, project_id: str, model_version: str) -> Path:
        """Folder of the prepared rankings by a model version, or by none ("")."""
        if model_version:
            return self.model(project_id, model_version) / "rankings"
        return self.root / "rankings" / project_id

    def ranking(self, project_id: str, model_version: str, strategy: str, seed: int) -> Path:
        """One prepared ranking; there once it was prepared."""
        name = hashlib.sha256(f"{seed} {strategy}".encode()).hexdigest()[:24]
        return self.rankings(project_id, model_version) / f"{name}.parquet"

    def thin(self, project_id: str, model_version: str, *, keep_scores: bool) -> int:
        """Remove a model version's files, but for score tables if these are kept. Returns how many bytes they had."""
        folder = self.model(project_id, model_version)
        kept = {self.scores(project_id, model_version), self.imported_scores(project_id, model_version)}
        files = [path for path in folder.rglob("*") if path.is_file() and not (keep_scores and path in kept)]
        freed = sum(path.stat().st_size for path in files)
        for path in files:
            path.unlink(missing_ok=True)
        return freed

    def classifier(self, project_id: str, classifier_id: str) -> Path:
        """Folder of one image classifier, for ever."""
        return self.root / "classifiers" / project_id / classifier_id

    def work(self, operation_id: str) -> Path:
        """What an operation in progress leaves behind to go on from; removed when it ends."""
        return self.root / "work" / operation_id

    def publish(self, operation_id: str, name: str, to: Path) -> None:
        """Put an operation's result in its place, whole or not at all; `work` keeps it until it is cleared.

        Raises:
            StorageFull: the disk is full.
        """
        made = self.work(operation_id) / name
        with places_untold():
            if not link_atomically(made, to):  # at once: whoever publishes keeps the database from others
                write_atomically(to, made.read_bytes())
