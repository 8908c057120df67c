"""What a plan of kinds takes for what is left and for what labels take: nothing that is passed over, no label twice."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from maskloop.values import FullLabel, LabelDraft, SkipReason, Split, Strategy, SupervisionKind
from tests.service.desk.test_plan_kinds import BOXES, FULL, PRIOR_BOXES_S, TWO, ask, label, serving
from tests.service.desks import Server, full_draft


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    yield from serving(tmp_path, 40)


def batch_of(server: Server, kind: SupervisionKind, images: int, **options: object) -> tuple[str, list[str]]:
    asked = {"project_id": "p", "campaign_id": "c", "annotator": "a", "kind": kind, "images": images, **options}
    batch = server.campaigns.select_batch(**asked)  # type: ignore[arg-type]
    return batch.id, [pick.image_id for pick in batch.picks]


def test_images_that_were_passed_over_do_not_come_again(server: Server) -> None:
    batch_id, (first, *_) = batch_of(server, FULL, 3)
    server.campaigns.skip_image(
        project_id="p", batch_id=batch_id, annotator="a", image_id=first, reason=SkipReason.UNUSABLE
    )
    assert [each.open_images for each in ask(server).kinds] == [39, 39]


def test_a_correction_is_no_further_label(server: Server) -> None:
    """Five took 100 s each; one is mended in 2 s, and another by nobody's clock."""
    made = label(server, BOXES, 5, seconds=100.0)
    held = {each.id: each.image_id for each in server.labels.list_labels(project_id="p").items}
    mended = [LabelDraft(held[made[place]], TWO, seconds, made[place]) for place, seconds in ((0, 2.0), (1, None))]
    server.labels.submit_labels(project_id="p", annotator="a", labels=mended)
    assert ask(server).kinds[1].image_s == pytest.approx((5 * 100 + 5 * PRIOR_BOXES_S) / 10, abs=0.01)


def test_test_images_tell_nothing_of_what_chosen_ones_take(server: Server) -> None:
    label(server, FULL, 5, seconds=20.0)
    batch_id, images = batch_of(server, FULL, 3, for_split=Split.TEST, strategy=Strategy("random"))
    drafts = [full_draft(image_id, 1, seconds_spent=900.0) for image_id in images]
    server.labels.submit_labels(project_id="p", annotator="a", labels=drafts, batch_id=batch_id)
    planned_s = (3 - 1) + 79
    assert ask(server).kinds[0].image_s == pytest.approx((5 * 20 + 5 * planned_s) / 10, abs=0.01)


def test_no_label_is_expected_to_take_less_than_a_second(server: Server) -> None:
    """Thirty empty images took no time at all; by plan 3 s each, which weigh as five: 15 s / 35."""
    batch_id, images = batch_of(server, FULL, 30)
    drafts = [LabelDraft(image_id, FullLabel(()), 0.0) for image_id in images]
    server.labels.submit_labels(project_id="p", annotator="a", labels=drafts, batch_id=batch_id)
    assert ask(server).kinds[0].image_s == 1.0
