"""Thirty-two annotators at once on one project, on threads over one server."""

from __future__ import annotations

import threading
from collections import Counter
from typing import Any

from maskloop.values import SupervisionKind
from tests.service.desks import Server, counts_draft, full_draft

FULL, COUNTS = SupervisionKind.FULL, SupervisionKind.COUNTS
ANNOTATORS = 32


def test_no_image_is_given_twice_and_the_books_balance(server: Server) -> None:
    pool = server.import_pool(200)
    server.create_campaign(20_000.0)
    server.add_model({image_id: place / 200 for place, image_id in enumerate(pool)})
    given: list[tuple[str, SupervisionKind]] = []
    failures: list[BaseException] = []

    def work(annotator: str) -> None:
        try:
            for kind in (COUNTS, FULL, FULL, COUNTS):
                asked: dict[str, Any] = {"annotator": annotator, "kind": kind, "images": 2}
                batch = server.campaigns.select_batch(project_id="p", campaign_id="c", **asked)
                given.extend((pick.image_id, kind) for pick in batch.picks)
                make = {FULL: lambda one: full_draft(one, 1), COUNTS: lambda one: counts_draft(one, {1: 1})}[kind]
                drafts = [make(pick.image_id) for pick in batch.picks]
                if drafts:
                    own = {"annotator": annotator, "batch_id": batch.id}
                    server.labels.submit_labels(project_id="p", labels=drafts, **own)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(f"a{number}",)) for number in range(ANNOTATORS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert max(Counter(given).values()) == 1
    campaign = server.campaigns.get_campaign(project_id="p", campaign_id="c")
    labels = server.labels.list_labels(project_id="p", page_size=1000).items
    assert len(labels) == len(given) == 2 * 4 * ANNOTATORS
    assert round(campaign.spent_s, 3) == round(sum(label.cost_s for label in labels), 3)
    assert campaign.reserved_s == 0.0


def test_the_same_request_sent_by_many_at_once_is_done_once(server: Server) -> None:
    server.import_pool(50)
    server.create_campaign(100_000.0)
    answers = []

    def ask() -> None:
        asked: dict[str, Any] = {"annotator": "ann", "kind": FULL, "images": 3, "request_id": "r"}
        answers.append(server.campaigns.select_batch(project_id="p", campaign_id="c", **asked))

    threads = [threading.Thread(target=ask) for _ in range(ANNOTATORS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [answers[0]] * ANNOTATORS
    assert server.campaigns.get_campaign(project_id="p", campaign_id="c").reserved_images == 3
