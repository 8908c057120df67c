"""Several model versions help with a batch, and each image is shown the proposals of one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from maskloop.costs.cost_model import CostModel
from maskloop.errors import InvalidArgument, PoolNotScored
from maskloop.values import (
    Assist,
    Assistance,
    FullLabel,
    ImageProposals,
    LabelDraft,
    ObjectLabel,
    ObjectProposal,
    Origin,
    Rejection,
    Review,
    Verdict,
    Work,
    with_ids,
)
from service.artifacts.score_table import ScoredRow, write_scores
from service.pool.proposers import reviewed_by_class
from tests.service.desk.asking import select, submit
from tests.service.desks import FEATURES, UNCERTAIN, Server, mask

BOTH = Assistance(Assist.PROPOSALS, among=("good", "bad"))
RECIPES = {"good": "pretrained", "bad": "class_maps"}


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    made = Server(tmp_path)
    made.create_project()
    yield made
    made.database.close()


def offered(version: str, image_id: str) -> tuple[ObjectProposal, ...]:
    return with_ids(version, image_id, (ObjectProposal(1, mask(4 if version == "good" else 3), 0.6, 0.5),))


def score(server: Server, version: str, pool: list[str]) -> None:
    server.add_model(None, version=version, recipe=RECIPES[version])
    rows = (ImageProposals(name, version, 0.6, offered(version, name)) for name in pool)
    write_scores(server.data.scores("p", version), (ScoredRow(row, FEATURES, UNCERTAIN) for row in rows))


def review(image_id: str, version: str) -> FullLabel:
    """The good one's mask is right, the other's is removed."""
    (proposal,) = offered(version, image_id)
    if version == "good":
        return FullLabel((ObjectLabel.accepted(proposal),), Review(version))
    drawn = ObjectLabel(1, mask(4), origin=Origin(Verdict.MISSED))
    return FullLabel((drawn,), Review(version, (Rejection(proposal.id),)))


def test_people_see_more_and_more_of_whose_proposals_save_their_time(server: Server) -> None:
    pool = server.import_pool(120)
    for version in RECIPES:
        score(server, version, pool)
    server.create_campaign(1e6)
    rounds = []
    for _ in range(3):
        batch = select(server, images=40, assistance=BOTH)
        rounds.append(Counter(pick.proposed_by for pick in batch.picks))
        drafts = [LabelDraft(pick.image_id, review(pick.image_id, pick.proposed_by)) for pick in batch.picks]
        submit(server, batch, *drafts)
    assert rounds[0]["good"] >= 8 <= rounds[0]["bad"]  # nobody knows yet
    assert rounds[2]["good"] >= 36
    kept = server.restarted().campaigns.list_batches(project_id="p").items
    assert Counter(pick.proposed_by for record in kept for pick in record.batch.picks) == sum(rounds, Counter())


def test_one_of_several_plans_the_seconds_and_all_must_have_scored(server: Server) -> None:
    pool = server.import_pool(2)
    score(server, "good", pool)
    server.create_campaign(1000.0)
    with pytest.raises(PoolNotScored, match="bad"):
        select(server, assistance=BOTH)
    assert BOTH.model_version == "good"
    alone = select(server, assistance=Assistance(Assist.PROPOSALS, "good"))
    assert [pick.proposed_by for pick in alone.picks] == [""]
    score(server, "bad", pool)
    batch = select(server, annotator="ben", assistance=BOTH)
    assert batch.picks[0].cost_s == alone.picks[0].cost_s


@pytest.mark.parametrize(
    "asked",
    [
        {"assist": Assist.PROPOSALS, "among": ("a", "a")},
        {"assist": Assist.PROPOSALS, "model_version": "c", "among": ("a", "b")},
        {"assist": Assist.NONE, "among": ("a",)},
    ],
)
def test_versions_that_cannot_help_together_are_refused(asked: dict) -> None:
    with pytest.raises(InvalidArgument):
        Assistance(**asked)


def test_what_a_label_tells_is_added_up_class_by_class_by_hand() -> None:
    costs = CostModel(3)
    square = mask(4)
    proposals = with_ids("m", "a", [ObjectProposal(key, square, 0.5, 0.5) for key in (1, 1, 2, 2)])
    label = FullLabel(
        (
            ObjectLabel.accepted(proposals[0]),
            ObjectLabel(1, square, origin=Origin(Verdict.MODIFIED, proposals[1].id, iou=0.8)),
            ObjectLabel(2, square, origin=Origin(Verdict.MODIFIED, proposals[2].id, iou=0.8, work=Work(seconds=9.0))),
            ObjectLabel(2, square, origin=Origin(Verdict.MISSED)),
            ObjectLabel(2, square, crowd=True),
        ),
        Review("m", (Rejection(proposals[3].id),), proposals),
    )
    told = {each.category_id: each for each in reviewed_by_class("method", label, costs)}
    assert (told[1].objects, told[1].drawing_s) == (2, 158)
    assert told[1].saved_s == pytest.approx((79 - 1.5) + (79 - 1.5 - 0.25 * 79))
    assert told[2].objects == 2
    assert told[2].saved_s == pytest.approx((79 - 9) - (1.5 + 2))
    assert np.isclose(told[2].drawing_s, 158)
