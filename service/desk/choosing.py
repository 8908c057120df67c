"""Choosing a batch: which walk, which target, what labels are expected to cost, and what may be spent."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timedelta

from maskloop.errors import InvalidArgument, NoActiveModel, UnsupportedSupervision
from maskloop.values import Batch, Campaign, Pick, Project, Strategy, SupervisionKind
from selection.select import Limits, Selection, select_batch
from selection.strategies import find_strategy
from service.candidates import CandidateIndex, Walk
from service.desk.checks import check_annotator
from service.quotes import LOOK_AHEAD, quotes
from service.store import Transaction
from service.store.columns import whole_ms
from service.store.models import labeled_images

MAX_IMAGES = 1000
RANDOM = Strategy("random")


@dataclass(frozen=True)
class Wanted:
    """A request for a batch: how many `images`, or how many planned `seconds` of labels, for how long.

    Raises:
        InvalidArgument: it asks for both, for neither, or for something impossible.
        UnsupportedSupervision: a kind other than counts and full.
    """

    project_id: str
    campaign_id: str
    annotator: str
    kind: SupervisionKind
    images: int | None
    seconds: float | None
    strategy: Strategy | None
    lease_s: float

    def __post_init__(self) -> None:
        check_annotator(self.annotator)
        if self.kind not in (SupervisionKind.COUNTS, SupervisionKind.FULL):
            raise UnsupportedSupervision(f"labels of kind {self.kind} are not yet supported", field="kind")
        if self.images is not None and not 1 <= self.images <= MAX_IMAGES:
            raise InvalidArgument(f"{self.images} images; 1 to {MAX_IMAGES} are handed out at once", field="images")
        self.limits(math.inf, math.inf)
        if self.strategy is not None:
            find_strategy(self.strategy.name)

    def limits(self, left_s: float, left_images: float) -> Limits:
        """What is asked for, within what is left."""
        return Limits(left_s=left_s, left_images=left_images, images=self.images, seconds=self.seconds)


def choose_batch(
    tx: Transaction,
    candidates: CandidateIndex,
    wanted: Wanted,
    *,
    project: Project,
    campaign: Campaign,
    batch_id: str,
    now: datetime,
) -> Batch:
    """Choose the images of a new batch; none when nothing is open and affordable. Nothing is leased yet.

    Counts are always bought in random order: nothing is known of the images yet.

    Raises:
        NoActiveModel, PoolNotScored: the strategy needs scores, and there are none.
    """
    strategy = RANDOM if wanted.kind is SupervisionKind.COUNTS else wanted.strategy or campaign.strategy
    entry = find_strategy(strategy.name)
    if entry.needs_scores and not project.active_model:
        raise NoActiveModel(
            f"project {project.id} has no active model, and {strategy.name} needs scores; train one first"
        )
    walk = candidates.walk(tx, project, campaign, wanted.kind, strategy)
    selection = _choose(tx, walk, wanted, project=project, campaign=campaign, strategy=strategy)
    return Batch(
        id=batch_id,
        project_id=project.id,
        campaign_id=campaign.id,
        annotator=wanted.annotator,
        kind=wanted.kind,
        strategy=strategy.name,
        picks=tuple(Pick(one.image_id, one.reason, whole_ms(one.cost_s), one.score) for one in selection.picks),
        expires_at=now + timedelta(seconds=wanted.lease_s),
        exhausted=selection.exhausted,
        model_version=project.active_model if entry.needs_scores else "",
        target_iou=selection.target_iou,
    )


def _choose(
    tx: Transaction, walk: Walk, wanted: Wanted, *, project: Project, campaign: Campaign, strategy: Strategy
) -> Selection:
    """Walk the candidates; not again where a whole walk found nothing affordable, until something changes."""
    entry = find_strategy(strategy.name)
    by_itself = entry.has_target_iou and strategy.target_iou is None
    learnt_from = labeled_images(tx, project.id, project.active_model) if by_itself else 0
    target = entry.target(strategy.target_iou, learnt_from)
    if campaign.left_s <= walk.barren_s:
        return Selection((), target if entry.has_target_iou else None, exhausted=True)
    full = wanted.kind is SupervisionKind.FULL
    limits = wanted.limits(campaign.left_s, campaign.left_images if full else math.inf)
    ahead = (image_id for image_id, _ in walk.candidates.nearest(target))
    quote = quotes(tx, project, wanted.kind, ahead, wanted.images or LOOK_AHEAD)
    selection = select_batch(walk.candidates, strategy, learnt_from, limits, quote)
    if not selection.picks and limits.left_images >= 1:
        walk.barren_s = campaign.left_s
    return selection
