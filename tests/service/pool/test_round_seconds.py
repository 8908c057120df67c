"""What a round cost, beside what it gained: what its labels were charged."""

from __future__ import annotations

import pytest

from maskloop.values import FullLabel, LabelDraft
from tests.service.desk.asking import select
from tests.service.desks import Server
from tests.service.pool.test_round_outcomes import LEARNED, THERE, outcomes, scored


def buy(server: Server, images: int, seconds: float | None) -> list[str]:
    batch = select(server, images=images)
    drafts = [LabelDraft(pick.image_id, FullLabel((THERE,)), seconds) for pick in batch.picks]
    server.labels.submit_labels(project_id="p", annotator="ann", batch_id=batch.id, labels=drafts)
    return [pick.image_id for pick in batch.picks]


@pytest.mark.parametrize(("seconds", "round_s"), [(33.0, 5 * 33.0), (None, 5 * 81.0)])
def test_gain_goes_by_the_seconds_that_people_took_and_not_by_what_was_expected(
    server: Server, seconds: float | None, round_s: float
) -> None:
    """An image is expected to take 222.7 s before any is labeled; each took 33 s, or two checks and 79 s by plan."""
    pool = server.import_pool(30)
    server.create_campaign(1_000_000.0, strategy=LEARNED)
    scored(server, "m1", dict.fromkeys(pool, 5))
    first = buy(server, 5, seconds)
    scored(server, "m2", dict.fromkeys((image for image in pool if image not in first), 6))
    buy(server, 15, None)
    (only,) = outcomes(server)
    assert only.seconds == pytest.approx(round_s)


def test_corrections_are_charged_to_the_round_that_they_correct(server: Server) -> None:
    pool = server.import_pool(30)
    server.create_campaign(1_000_000.0, strategy=LEARNED)
    scored(server, "m1", dict.fromkeys(pool, 5))
    first = buy(server, 5, 33.0)
    labels = [label for label in server.labels.list_labels(project_id="p").items if label.image_id in first]
    assert len(labels) == 5
    for label in labels:
        draft = LabelDraft(label.image_id, FullLabel((THERE,)), 100.0, supersedes=label.id)
        server.labels.submit_labels(project_id="p", annotator="bea", labels=[draft])
    scored(server, "m2", dict.fromkeys((image for image in pool if image not in first), 6))
    buy(server, 15, None)
    (only,) = outcomes(server)
    assert only.seconds == pytest.approx(5 * 133.0)
