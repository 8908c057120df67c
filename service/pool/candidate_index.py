"""Which images may be asked for, in memory: walks over `selection.candidates.Candidates`, kept true to the store.

A walk is built once, from the store, when a campaign first asks for a kind of label by a strategy (and again after an
import, a new score table, or a restart). From then on every commit that changes where an image stands (leased, given
back, labeled, passed over) tells the walks, so that choosing a batch never scans the pool.

Walks are read and changed inside `Database.write`, which lets in one thread at a time. They are built outside of it,
from one moment of the store; what was committed meanwhile is put on top.
"""

from __future__ import annotations

import math
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, Self

import numpy as np
from numpy.typing import NDArray

from maskloop.values import LABEL_KINDS, UNAIDED, Assistance, Campaign, Need, Project, Strategy, SupervisionKind
from selection.candidates import Candidates
from selection.ranking import RankedImages
from service.pool.expected_costs import Helped
from service.store import Database, Transaction
from service.store.batches import holders, leased_images, skips_of, skips_of_images
from service.store.labels.labels import current_labels, holding_nothing
from service.store.pool_ids import needless_ids

MAX_WALKS = 64  # of all projects together; the one built first goes first, and is built again when it is asked for
MAX_IMAGES = 16_000_000  # of all walks together but the last, at 58 bytes each


class NotLoadedError(Exception):
    """Something that takes long to make is not in memory: leave the transaction, `load` it, and try again.

    Args:
        load: reads the database on its own. Raises what the transaction would have raised.
    """

    def __init__(self, load: Callable[[Database], object]) -> None:
        super().__init__("not in memory yet")
        self.load = load


class RankingSource(Protocol):
    """Ranks a project's images for a campaign and a kind of label, and for how people are helped."""

    def __call__(
        self,
        tx: Transaction,
        project: Project,
        campaign: Campaign,
        kind: SupervisionKind,
        strategy: Strategy,
        *,
        helped: Helped | None,
    ) -> RankedImages:
        """Raises NoActiveModel, PoolNotScored, SelectionNotPrepared, NoClassifier: the strategy lacks what it needs."""


@dataclass(frozen=True)
class Standing:
    """Where one image stands: whether it is known to hold nothing, the kinds of its labels, whether it is leased, who
    passes over it."""

    holds_nothing: bool
    labeled: frozenset[SupervisionKind]
    leased: bool
    skipped_by: frozenset[str]

    def is_open(self, kind: SupervisionKind, campaign_id: str) -> bool:
        """Whether a campaign may ask for a label of this kind. Nobody counts, marks or outlines what is
        known to hold nothing."""
        content = LABEL_KINDS[kind]
        if self.leased or campaign_id in self.skipped_by or self.labeled.intersection(content.done_by):
            return False
        return not (content.tells_how_many and self.holds_nothing)


def standings(tx: Transaction, project_id: str, ids: Sequence[str]) -> dict[str, Standing]:
    """Where some images stand now."""
    empty = holding_nothing(tx, project_id, ids)
    current = current_labels(tx, project_id, ids)
    held = holders(tx, project_id, ids)
    skipped = skips_of_images(tx, project_id, ids)
    return {
        image_id: Standing(
            image_id in empty,
            frozenset(kind for kind in LABEL_KINDS if (image_id, kind) in current),
            image_id in held,
            frozenset(skipped.get(image_id, ())),
        )
        for image_id in ids
    }


@dataclass(frozen=True)
class WalkKey:
    """What a walk is for. Counts are known of more images with every round, so they are looked at anew with a model.

    `assistance` tells seconds apart, where they matter.
    """

    project_id: str
    campaign_id: str
    kind: SupervisionKind
    strategy: Strategy
    model_version: str
    assistance: Assistance = UNAIDED

    @classmethod
    def of(
        cls,
        project: Project,
        campaign: Campaign,
        kind: SupervisionKind,
        strategy: Strategy,
        *,
        helped: Helped | None = None,
    ) -> Self:
        """The key of a campaign's walk as things stand."""
        version = project.active_model if strategy.needs - {Need.COLD_FEATURES} else ""
        assistance = helped.assistance if helped is not None and Need.COSTS in strategy.needs else UNAIDED
        return cls(project.id, campaign.id, kind, strategy, version, assistance)


@dataclass
class Walk:
    """A campaign's candidates, and up to how many seconds a whole walk is known to have found nothing affordable."""

    candidates: Candidates
    barren_s: float = -math.inf

    def put(self, image_id: str, *, is_open: bool) -> None:
        """Open or close an image; an open one may be affordable."""
        if is_open:
            self.candidates.reopen(image_id)
            self.barren_s = -math.inf
        else:
            self.candidates.close(image_id)


@dataclass(eq=False)
class _Build:
    """A walk that is being built.

    `changes` are those of images committed since it began, the oldest first. `is_stale`: it began from other images or
    scores than those of now. `done` is set once it ended, however it did.
    """

    changes: list[Callable[[WalkKey, Walk], None]] = field(default_factory=list)
    is_stale: bool = False
    done: threading.Event = field(default_factory=threading.Event)


class CandidateIndex:
    """The walks of all campaigns, built as they are asked for; `walks` are those built so far.

    Args:
        rank: ranks a pool.
    """

    def __init__(self, rank: RankingSource) -> None:
        self._rank = rank
        self.walks: dict[WalkKey, Walk] = {}
        self._builds: dict[WalkKey, _Build] = {}
        self._guard = threading.Lock()  # of both; walks themselves change inside `Database.write`

    def walk(
        self,
        tx: Transaction,
        project: Project,
        campaign: Campaign,
        kind: SupervisionKind,
        strategy: Strategy,
        *,
        helped: Helped | None = None,
        inside: bool = False,
    ) -> Walk:
        """The open images for a campaign's next batch; where seconds matter, as they are for people who are `helped`.

        A walk that is not there is built `inside` the transaction, or else not at all.

        Raises:
            NotLoadedError: the walk is not there; what it holds builds it.
            NoActiveModel, PoolNotScored, SelectionNotPrepared, NoClassifier: the strategy needs what is not there.
        """
        key = WalkKey.of(project, campaign, kind, strategy, helped=helped)

        def read(snapshot: Transaction) -> Walk:
            candidates = Candidates(self._rank(snapshot, project, campaign, kind, strategy, helped=helped))
            for closed in _closed(snapshot, key):
                candidates.close_all(closed)
            return Walk(candidates)

        with self._guard:
            known = self.walks.pop(key, None)
            if known is not None:
                self.walks[key] = known  # the one used last is the last to go
                return known
        if not inside:
            raise NotLoadedError(lambda database: self._build(database, key, read))
        walk = read(tx)
        with self._guard:
            self._keep(key, walk)
        return walk

    def _build(self, database: Database, key: WalkKey, read: Callable[[Transaction], Walk]) -> None:
        """Build a walk, or wait for who is building it. It is not there afterwards if the world moved on meanwhile."""
        with self._guard:
            build = self._builds.get(key)
            is_mine = build is None and key not in self.walks
            if is_mine:
                build = self._builds[key] = _Build()  # before the store is read: no commit is missed
        if not is_mine or build is None:
            if build is not None:
                build.done.wait()
            return
        try:
            with database.read() as tx:
                walk = read(tx)
            with self._guard:
                if not build.is_stale:
                    for change in build.changes:
                        change(key, walk)
                    self._keep(key, walk)
        finally:
            with self._guard:
                del self._builds[key]
            build.done.set()

    def _keep(self, key: WalkKey, walk: Walk) -> None:
        """Where there are too many, a walk of the project that has most of them goes, the one used longest ago."""
        images = len(walk.candidates) + sum(len(known.candidates) for known in self.walks.values())
        while self.walks and (len(self.walks) >= MAX_WALKS or images > MAX_IMAGES):
            of_project = Counter(other.project_id for other in self.walks)
            oldest = max(self.walks, key=lambda other: of_project[other.project_id])
            images -= len(self.walks.pop(oldest).candidates)
        self.walks[key] = walk

    def leased(self, tx: Transaction, project_id: str, ids: Sequence[str]) -> None:
        """Close images of which it is known that the transaction leases them, once it is committed."""
        tx.after_commit(lambda: self._close(project_id, ids))

    def changed(self, tx: Transaction, project_id: str, ids: Sequence[str]) -> None:
        """Put images where the transaction leaves them, once it is committed."""
        now = standings(tx, project_id, ids)
        tx.after_commit(lambda: self._put(project_id, now))

    def forget(self, project_id: str) -> None:
        """Build a project's walks anew: its images or its score tables are others now."""
        with self._guard:
            for key in [key for key in self.walks if key.project_id == project_id]:
                del self.walks[key]
            for key, build in self._builds.items():
                build.is_stale |= key.project_id == project_id

    def forget_all(self) -> None:
        """Build all walks anew: somebody else may have written to the store."""
        with self._guard:
            self.walks.clear()
            for build in self._builds.values():
                build.is_stale = True

    def _close(self, project_id: str, ids: Sequence[str]) -> None:
        def change(key: WalkKey, walk: Walk) -> None:
            for image_id in ids:
                walk.put(image_id, is_open=False)

        self._change(project_id, change)

    def _put(self, project_id: str, now: Mapping[str, Standing]) -> None:
        def change(key: WalkKey, walk: Walk) -> None:
            for image_id, standing in now.items():
                walk.put(image_id, is_open=standing.is_open(key.kind, key.campaign_id))

        self._change(project_id, change)

    def _change(self, project_id: str, change: Callable[[WalkKey, Walk], None]) -> None:
        """Change a project's walks, and later those that are being built."""
        with self._guard:
            for key, walk in self.walks.items():
                if key.project_id == project_id:
                    change(key, walk)
            for key, build in self._builds.items():
                if key.project_id == project_id:
                    build.changes.append(change)


def _closed(tx: Transaction, key: WalkKey) -> Iterator[NDArray[np.bytes_] | set[str]]:
    """All images a walk leaves out; `Standing.is_open` says the same of one image."""
    yield needless_ids(tx, key.project_id, key.kind)
    yield leased_images(tx, key.project_id)
    yield skips_of(tx, key.project_id, key.campaign_id)
