"""Looking at what fools a classifier: candidate OoD images that it takes for a category of the project.

What a person says of some changes at once which ones are handed out next, so they are looked at in several batches.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from maskloop.labelers import Labeler
from maskloop.loop.ledger import Ledger
from maskloop.loop.rounds import Purchase, buy
from maskloop.loop.session import CampaignSession
from maskloop.values import Budget, Classifier, HardCandidate, SupervisionKind


@dataclass(frozen=True)
class Lookalikes:
    """What one round's classifier took for something, and what people said of those they looked at."""

    classifier: Classifier
    hard: tuple[HardCandidate, ...]
    looked_at: Purchase


def check_hard_ood(
    number: int, session: CampaignSession, labeler: Labeler, still: Callable[[Ledger], Budget | None]
) -> Lookalikes:
    """Train a classifier on everything that labels say, and have people look at the candidates that fool it most.

    Args:
        number: of the round.
        annotator: the campaign.
        labeler: who looks.
        still: how many to ask for next, given what was bought so far.
    """
    classifier = session.train_classifier(number)
    looked_at = buy(f"round-{number:02d}-ood", session, labeler, kind=SupervisionKind.OOD_CHECK, still=still)
    return Lookalikes(classifier, session.hard_candidates(classifier), looked_at)
