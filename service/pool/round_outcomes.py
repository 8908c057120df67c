"""What the rounds of a campaign bought, and what it did to the network: what a target IoU is learnt from."""

from __future__ import annotations

from collections import defaultdict
from itertools import pairwise

from selection.pool import RoundOutcome
from service.store import Transaction
from service.store.batches import labeled_picks
from service.store.models import metrics_of_all

QUALITY = "held_out_mean_iou"  # measured by each training on labels that it holds out


def round_outcomes(tx: Transaction, project_id: str, campaign_id: str) -> tuple[RoundOutcome, ...]:
    """A campaign's rounds, oldest first; those whose gain no later model has measured yet are left out."""
    bought: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for version, score, cost_s in labeled_picks(tx, project_id, campaign_id):
        bought[version].append((score, cost_s))
    measured = [
        (version, metrics[QUALITY]) for version, metrics in metrics_of_all(tx, project_id) if QUALITY in metrics
    ]
    return tuple(
        RoundOutcome(
            scores=tuple(score for score, _ in bought[version]),
            gain=after - before,
            seconds=sum(cost_s for _, cost_s in bought[version]),
        )
        for (version, before), (_, after) in pairwise(measured)
        if bought[version]
    )
