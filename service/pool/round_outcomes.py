"""What the rounds of a campaign bought, and what it did to the network: what a target IoU is learnt from.

A network is judged by its own proposals, kept since it scored the pool, on images that were drawn at random and labeled
later. Two networks are compared on the images that both scored, by panoptic quality, the measure to decide by. What a
strategy chooses is no sample of the pool: measured by labels that were chosen for looking easy, any network would have
gained.
"""

from __future__ import annotations

from collections import defaultdict
from itertools import pairwise

from maskloop.matching import Proposals, Truths, panoptic_quality
from maskloop.values import SupervisionKind
from selection.learned_target import paired_gain
from selection.pool import RoundOutcome
from service.artifacts.data_folder import DataFolder
from service.artifacts.score_table import read_proposals
from service.store import Transaction
from service.store.batches import images_drawn_at_random, labeled_picks
from service.store.labels.labels import current_labels, get_labels
from service.store.models import rounds_of_models


def round_outcomes(tx: Transaction, folder: DataFolder, project_id: str, campaign_id: str) -> tuple[RoundOutcome, ...]:
    """A campaign's rounds, oldest first; those whose gain no image drawn at random can tell yet are left out."""
    bought: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for version, score, charged_s in labeled_picks(tx, project_id, campaign_id):
        bought[version].append((score, charged_s))
    judged, truths = _judged(tx, folder, project_id, campaign_id)

    def quality(made: Proposals) -> float:
        return panoptic_quality({image_id: truths[image_id] for image_id in made}, made)

    return tuple(
        RoundOutcome(
            scores=tuple(score for score, _ in bought[version]),
            gain=gain,
            seconds=sum(charged_s for _, charged_s in bought[version]),
        )
        for (version, before), (_, after) in pairwise(judged)
        if bought[version] and (gain := paired_gain(before, after, quality)) is not None
    )


def _judged(
    tx: Transaction, folder: DataFolder, project_id: str, campaign_id: str
) -> tuple[list[tuple[str, Proposals]], Truths]:
    """The versions that scored the pool, oldest first, each with its proposals for images labeled since at random; and
    what these hold."""
    drawn = images_drawn_at_random(tx, project_id, campaign_id)
    current = current_labels(tx, project_id, drawn)
    ids = [current[image_id, SupervisionKind.FULL] for image_id in drawn]
    truths = {label.image_id: label.objects for label in get_labels(tx, project_id, ids)}
    judged: list[tuple[str, Proposals]] = []
    for version in rounds_of_models(tx, project_id):
        table = folder.scores(project_id, version)
        if table.is_file():
            proposals = read_proposals(table, drawn, version)
            judged.append((version, {each.image_id: each.objects for each in proposals}))
    return judged, truths
