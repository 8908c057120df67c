"""A whole run: photographs, OUT, a server, masks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from maskloop.address import Endpoint
from maskloop.class_labels.options import Kept, Options, find_kept, read_kept
from maskloop.class_labels.photos import PROPOSE_FILE, Asked, Photos, read_photos_with_classes
from maskloop.class_labels.proposing import Proposed, propose
from maskloop.class_labels.results import write_results
from maskloop.class_labels.summary import say_without_contrast
from maskloop.client import Client, Retry
from maskloop.client.local_server import LocalServer, weights_folders
from maskloop.loop.progress import Progress
from maskloop.loop.workdir.disk import forget_caches
from maskloop.loop.workdir.lock import sole_worker_on_new
from maskloop.pages.wording import say_count, say_passed_over

HEALTH_CHECK_S = 3.0
"""How long a server may take to show that it is there, when it should be."""
PATIENCE_S = 180.0
"""How long calls wait for a server that went away in the middle and may be on its way up again."""


@dataclass(frozen=True)
class Run:
    """Masks for the photographs of one folder, in OUT.

    Args:
        asked: the photographs and their labels, and OUT.
        options: how masks are made.
        progress: is told what goes on.
        endpoint: of the server that `options` names; `None` to start one.
    """

    asked: Asked
    options: Options
    progress: Progress
    endpoint: Endpoint | None = None

    def start(self) -> tuple[Photos, Proposed]:
        """Run, or go on, to the end. Returns what was read, and what is proposed.

        Raises:
            FailedPrecondition: OUT holds other things, or another process works there.
            MaskloopError: an option, the photographs, the labels or the server will not do. What was done is kept, and
                the same run goes on with it.
        """
        out = self.asked.out
        read_kept(out)  # refused before photographs are read, which may take long
        self.progress.phase("read", str(self.asked.folder))
        photos = read_photos_with_classes(self.asked)
        begun = find_kept(out, self.options, photos)
        kept = begun or Kept.new(self.options, photos)
        self._say(photos)
        if self.endpoint is not None:
            with Client.at(self.endpoint, retry=Retry(patience_s=HEALTH_CHECK_S)) as client:
                client.check_health()
        with sole_worker_on_new(out, PROPOSE_FILE), self._client(photos) as client:
            client.resolve_recipe(recipe=self.options.recipe_name, overrides=self.options.overrides())
            if begun is None:
                kept.write(out, trained=False)
            proposed = propose(
                client,
                photos,
                kept,
                progress=self.progress,
                referred=self._referred(photos),
                trained=lambda: kept.write(out, trained=True),
            )
            self.progress.phase("write", str(out))
            most = len(proposed.proposals)

            def drawn(number: int) -> None:
                self.progress.share("write", number / most, f"{number} of {say_count(most, 'picture')}")

            write_results(client, photos, proposed, out, drawn)
        forget_caches(out, keep=1)
        return photos, proposed

    def _say(self, photos: Photos) -> None:
        if photos.data.dataset.passed_over:
            self.progress.note(say_passed_over(photos.data.dataset.passed_over))
        if sentence := say_without_contrast(photos):
            self.progress.note(sentence)

    def _referred(self, photos: Photos) -> tuple[Path, ...]:
        """The folders whose files the server refers to; one elsewhere may not see them."""
        return photos.data.folders if self.endpoint is None else ()

    @contextmanager
    def _client(self, photos: Photos) -> Iterator[Client]:
        if self.endpoint is not None:
            with Client.at(self.endpoint, retry=Retry(patience_s=PATIENCE_S)) as client:
                yield client
            return
        self.progress.phase("server", "starting")
        roots = self._referred(photos)
        with (
            LocalServer(
                self.asked.out,
                self.options.device,
                self.progress.note,
                image_roots=roots,
                weights_roots=weights_folders(self.options.overrides()),
            ) as server,
            Client(server.address, retry=Retry(patience_s=PATIENCE_S)) as client,
        ):
            yield client
