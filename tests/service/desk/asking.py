"""Asking a server's desks, in few words."""

from __future__ import annotations

from typing import Any

from maskloop.values import Batch, LabelDraft, Strategy, SupervisionKind
from tests.service.desks import Server

FULL, COUNTS = SupervisionKind.FULL, SupervisionKind.COUNTS


GUIDED = Strategy("mask_guided", {"target": "0.5"})


# Three categories: counting costs 3 s and 1.48 s a category present; a full label 1 s an absent one, 79 s an object.
COUNTS_QUOTE = 5.22  # 3 + 1.48 * 1.5, before anything is known


FULL_PRIOR = 222.7  # (3 - 1.5) + 79 * 2.8


def select(server: Server, annotator: str = "ann", kind: SupervisionKind = FULL, **options: Any) -> Batch:
    asked: dict[str, Any] = {"images": None if "seconds" in options else 1, **options}
    return server.campaigns.select_batch(project_id="p", campaign_id="c", annotator=annotator, kind=kind, **asked)


def ids(batch: Batch) -> list[str]:
    return [pick.image_id for pick in batch.picks]


def books(server: Server, campaign_id: str = "c") -> tuple[float, float, int, int]:
    campaign = server.campaigns.get_campaign(project_id="p", campaign_id=campaign_id)
    return campaign.spent_s, campaign.reserved_s, campaign.labeled_images, campaign.reserved_images


def submit(server: Server, batch: Batch, *drafts: LabelDraft, annotator: str = "ann") -> None:
    server.labels.submit_labels(project_id="p", annotator=annotator, labels=drafts, batch_id=batch.id)
