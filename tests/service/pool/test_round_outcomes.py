"""What a campaign's rounds did, judged on images drawn at random, through the desks over a real SQLite store."""

from __future__ import annotations

import numpy as np
import pytest

from maskloop.masks import Mask
from maskloop.values import FullLabel, ImageProposals, LabelDraft, ObjectLabel, ObjectProposal, Strategy
from selection.pool import RoundOutcome
from service.artifacts.score_table import ScoredRow, write_scores
from service.pool.round_outcomes import round_outcomes
from tests.service.desk.asking import select
from tests.service.desks import FEATURES, HEIGHT, UNCERTAIN, WIDTH, Server

LEARNED = Strategy("mask_guided", {"target": "learned"})


def columns(number: int) -> Mask:
    array = np.zeros((HEIGHT, WIDTH), dtype=np.bool_)
    array[:, :number] = True
    return Mask.from_array(array)


def outlined(number: int) -> ObjectProposal:
    return ObjectProposal(1, columns(number), 0.5, 0.5)


THERE = ObjectLabel(1, columns(8))


def scored(server: Server, version: str, quality: dict[str, int], wrong: int = 0) -> None:
    """A version that outlines so many of the eight columns of each image's object, and invents so many objects."""
    invented = (outlined(1),) * wrong
    server.add_model(None, version)
    rows = (
        ScoredRow(ImageProposals(image, version, 0.5, (outlined(number), *invented)), FEATURES, UNCERTAIN)
        for image, number in quality.items()
    )
    write_scores(server.data.scores("p", version), rows)


def buy(server: Server, images: int) -> list[str]:
    """Buy a batch; returns the images drawn at random."""
    batch = select(server, images=images)
    drafts = [LabelDraft(pick.image_id, FullLabel((THERE,))) for pick in batch.picks]
    server.labels.submit_labels(project_id="p", annotator="ann", batch_id=batch.id, labels=drafts)
    return [pick.image_id for pick in batch.picks if pick.reason.startswith("random draw")]


def outcomes(server: Server) -> tuple[RoundOutcome, ...]:
    with server.database.read() as tx:
        return round_outcomes(tx, server.data, "p", "c")


def test_a_round_is_judged_on_what_was_drawn_at_random_after_both_networks(server: Server) -> None:
    pool = server.import_pool(30)
    server.create_campaign(1_000_000.0, strategy=LEARNED)
    scored(server, "m1", dict.fromkeys(pool, 5))
    first = buy(server, 5)
    assert len(first) == 1
    assert outcomes(server) == ()
    left = [image for image in pool if image not in _labeled(server)]
    scored(server, "m2", dict.fromkeys(left, 6))
    assert outcomes(server) == ()  # what the first round drew, m2 has learnt from
    second = buy(server, 15)
    assert len(second) == 2
    (only,) = outcomes(server)
    assert only.gain == pytest.approx(6 / 8 - 5 / 8)
    assert only.scores == (0.5,) * 5
    scored(server, "m3", {})
    assert outcomes(server) == (only,)


def test_masks_that_are_invented_are_no_gain(server: Server) -> None:
    """By panoptic quality: of 7 columns with a wrong mask beside them, 7 / 8 over one object and a half."""
    pool = server.import_pool(30)
    server.create_campaign(1_000_000.0, strategy=LEARNED)
    scored(server, "m1", dict.fromkeys(pool, 6))
    buy(server, 5)
    scored(server, "m2", dict.fromkeys((image for image in pool if image not in _labeled(server)), 7), wrong=1)
    buy(server, 15)
    (only,) = outcomes(server)
    assert only.gain == pytest.approx(7 / 8 / 1.5 - 6 / 8)
    assert only.gain < 0


def test_chosen_images_are_no_evidence_however_easy(server: Server) -> None:
    pool = server.import_pool(12)
    server.create_campaign(1_000_000.0, strategy=Strategy("mask_guided", {"target": "0.5"}))
    scored(server, "m1", dict.fromkeys(pool, 1))
    assert buy(server, 5) == []
    scored(server, "m2", dict.fromkeys(pool, 8))
    assert buy(server, 5) == []
    assert outcomes(server) == ()


def _labeled(server: Server) -> set[str]:
    page = server.labels.list_labels(project_id="p", page_size=100)
    return {label.image_id for label in page.items}
