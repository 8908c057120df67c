"""Which images may be asked for, in memory: walks over `selection.candidates.Candidates`, kept true to the store.

A walk is built once, from the store, when a campaign first asks for a kind of label by a strategy (and again after an
import, a new score table, or a restart). From then on every commit that changes where an image stands (leased, given
back, labeled, passed over) tells the walks, so that choosing a batch never scans the pool.

All of this is read and changed inside `Database.write`, which lets in one thread at a time.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, Self

from maskloop.values import LABEL_KINDS, UNAIDED, Assistance, Campaign, Need, Project, Strategy, SupervisionKind
from selection.candidates import Candidates
from selection.ranking import RankedImages
from service.pool.expected_costs import Helped
from service.store import Transaction
from service.store.batches import holders, leased_images, skips_of, skips_of_images
from service.store.labels import current_labels, holding_nothing, images_without_need

MAX_WALKS = 64  # of all projects together; the one built first goes first, and is built again when it is asked for


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


class CandidateIndex:
    """The walks of all campaigns, built as they are asked for; `walks` are those built so far.

    Args:
        rank: ranks a pool.
    """

    def __init__(self, rank: RankingSource) -> None:
        self._rank = rank
        self.walks: dict[WalkKey, Walk] = {}

    def walk(
        self,
        tx: Transaction,
        project: Project,
        campaign: Campaign,
        kind: SupervisionKind,
        strategy: Strategy,
        *,
        helped: Helped | None = None,
    ) -> Walk:
        """The open images for a campaign's next batch; where seconds matter, as they are for people who are `helped`.

        Raises:
            NoActiveModel, PoolNotScored, SelectionNotPrepared, NoClassifier: the strategy needs what is not there.
        """
        key = WalkKey.of(project, campaign, kind, strategy, helped=helped)
        if key not in self.walks:
            candidates = Candidates(self._rank(tx, project, campaign, kind, strategy, helped=helped))
            candidates.close_all(_closed(tx, key))
            if len(self.walks) >= MAX_WALKS:
                del self.walks[next(iter(self.walks))]
            self.walks[key] = Walk(candidates)
        return self.walks[key]

    def leased(self, tx: Transaction, project_id: str, ids: Sequence[str]) -> None:
        """Close images of which it is known that the transaction leases them, once it is committed."""
        tx.after_commit(lambda: self._close(project_id, ids))

    def changed(self, tx: Transaction, project_id: str, ids: Sequence[str]) -> None:
        """Put images where the transaction leaves them, once it is committed."""
        now = standings(tx, project_id, ids)
        tx.after_commit(lambda: self._put(project_id, now))

    def forget(self, project_id: str) -> None:
        """Build a project's walks anew: its images or its score tables are others now."""
        for key in [key for key in self.walks if key.project_id == project_id]:
            del self.walks[key]

    def _close(self, project_id: str, ids: Sequence[str]) -> None:
        for key, walk in self.walks.items():
            if key.project_id == project_id:
                for image_id in ids:
                    walk.put(image_id, is_open=False)

    def _put(self, project_id: str, now: Mapping[str, Standing]) -> None:
        for key, walk in self.walks.items():
            if key.project_id == project_id:
                for image_id, standing in now.items():
                    walk.put(image_id, is_open=standing.is_open(key.kind, key.campaign_id))


def _closed(tx: Transaction, key: WalkKey) -> set[str]:
    """All images a walk leaves out; `Standing.is_open` says the same of one image."""
    closed = images_without_need(tx, key.project_id, key.kind)
    return closed | leased_images(tx, key.project_id) | skips_of(tx, key.project_id, key.campaign_id)
