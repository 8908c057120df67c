"""Selections that the device prepares, and scores made elsewhere, through a real server process."""

from __future__ import annotations

import uuid

import pytest

from maskloop.client import Client
from maskloop.errors import ImageNotFound, InvalidArgument, NoActiveModel, PoolNotScored, SelectionNotPrepared
from maskloop.values import Budget, Category, OperationKind, PreparedSelection, Split, Strategy
from tests.service.processes import ServerProcess
from tests.service.squares import TINY, imports

pytestmark = pytest.mark.journey

POOL = 7
PREPARED = (
    "mix:first=dropout,second=entropy",
    "core_set",
    "k_means",
    "typicality",
    "dropout",
    "dropout:prefer=lowest",
    "mask_guided:diverse=yes,trust=any",
)


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    with ServerProcess(tmp_path_factory.mktemp("server")) as server:
        yield server.client


@pytest.fixture(scope="module")
def pool(client: Client) -> list[str]:
    """Ids of the pool of project `p`, which an active model without counts has scored."""
    client.create_project(project_id="p", categories=[Category(1, "square")])
    client.import_images(project_id="p", images=imports(8, 2, POOL))
    recipe = {**TINY, "classes": "predicted", "objectness": 0.01}
    client.wait_operation(client.train_model(project_id="p", recipe="compact", overrides=recipe, activate=True))
    client.wait_operation(client.score_pool(project_id="p"))
    return sorted(image.id for image in client.list_images(project_id="p") if image.split is Split.POOL)


def campaign(client: Client, strategy: str, project_id: str = "p") -> str:
    """The id of a new campaign of that strategy."""
    campaign_id = f"c-{uuid.uuid4().hex[:8]}"
    client.create_campaign(
        project_id=project_id, campaign_id=campaign_id, budget=Budget(seconds=36_000), strategy=Strategy.parse(strategy)
    )
    return campaign_id


def select(client: Client, campaign_id: str, images: int, project_id: str = "p"):
    batch = client.select_batch(project_id=project_id, campaign_id=campaign_id, annotator="ann", images=images)
    if batch.picks:
        client.release_batch(project_id=project_id, batch_id=batch.id, annotator="ann")
    return batch


@pytest.mark.slow
@pytest.mark.parametrize("strategy", PREPARED)
def test_a_strategy_that_takes_long_is_prepared_and_then_hands_out_the_whole_pool(client, pool, strategy):
    mine = campaign(client, strategy)
    with pytest.raises(SelectionNotPrepared, match="PrepareSelection"):
        select(client, mine, 2)
    operation = client.wait_operation(client.prepare_selection(project_id="p", campaign_id=mine))
    version = client.get_model(project_id="p").id
    assert operation.kind is OperationKind.PREPARE
    assert operation.result == PreparedSelection(str(Strategy.parse(strategy)), POOL, version)
    everything = select(client, mine, 2 * POOL)
    assert sorted(pick.image_id for pick in everything.picks) == pool
    assert everything.exhausted
    assert everything.strategy == str(Strategy.parse(strategy))
    assert all(pick.reason and 0 <= pick.score <= 1 for pick in everything.picks)
    first = select(client, mine, 3)
    assert [pick.image_id for pick in first.picks] == [pick.image_id for pick in everything.picks[:3]]


@pytest.mark.slow
def test_the_same_campaign_prepared_again_hands_out_the_same(client, pool):
    mine = campaign(client, "dropout")
    orders = []
    for _ in range(2):
        client.wait_operation(client.prepare_selection(project_id="p", campaign_id=mine))
        orders.append([pick.image_id for pick in select(client, mine, POOL).picks])
    assert orders[0] == orders[1]


def test_scoring_again_makes_a_prepared_selection_void(client, pool):
    mine = campaign(client, "k_means")
    client.wait_operation(client.prepare_selection(project_id="p", campaign_id=mine))
    client.wait_operation(client.score_pool(project_id="p"))
    with pytest.raises(SelectionNotPrepared):
        select(client, mine, 1)


def test_a_cold_start_needs_neither_labels_nor_a_model(client):
    client.create_project(project_id="cold", categories=[Category(1, "square")])
    client.import_images(project_id="cold", images=imports(0, 0, 6))
    mine = campaign(client, "cold_start", "cold")
    with pytest.raises(SelectionNotPrepared):
        select(client, mine, 1, "cold")
    operation = client.wait_operation(client.prepare_selection(project_id="cold", campaign_id=mine))
    assert operation.result == PreparedSelection("cold_start", 6, "")
    batch = select(client, mine, 4, "cold")
    assert len(batch.picks) == 4
    assert all(pick.score is None and pick.reason for pick in batch.picks)


def test_what_cannot_be_prepared_is_refused(client, pool):
    client.create_project(project_id="bare", categories=[Category(1, "square")])
    mine = campaign(client, "core_set", "bare")
    with pytest.raises(NoActiveModel):
        client.prepare_selection(project_id="bare", campaign_id=mine)
    with pytest.raises(InvalidArgument, match="no strategy 'hunch'"):
        client.prepare_selection(project_id="p", campaign_id=campaign(client, "random"), strategy=Strategy("hunch"))
    with pytest.raises(InvalidArgument, match="hard_ood chooses candidate OoD images"):
        client.prepare_selection(project_id="p", campaign_id=campaign(client, "random"), strategy=Strategy("hard_ood"))


def test_imported_scores_choose_in_place_of_the_model_s(client, pool):
    mine = campaign(client, "mask_guided:scores=imported,target=0.5")
    with pytest.raises(PoolNotScored, match="ImportScores"):
        select(client, mine, 1)
    scores = dict(zip(pool, (0.1, 0.45, 0.9, 0.52, 0.0), strict=False))
    client.import_scores(project_id="p", scores=scores)
    batch = select(client, mine, POOL)
    assert [pick.image_id for pick in batch.picks] == [pool[place] for place in (3, 1, 0, 2, 4)]
    assert [pick.score for pick in batch.picks] == [0.52, 0.45, 0.1, 0.9, 0.0]
    client.import_scores(project_id="p", scores={pool[4]: 0.5})
    assert select(client, mine, 1).picks[0].image_id == pool[4]


def test_the_iou_branch_chooses_though_no_head_is_trusted(client, pool):
    batch = select(client, campaign(client, "mask_guided:scores=iou_branch,target=0.5"), POOL)
    assert batch.fallback == ""
    scores = [pick.score for pick in batch.picks]
    assert len(scores) == len(pool)
    assert all(0 <= score <= 1 for score in scores)
    apart = [abs(score - 0.5) for score in scores]
    assert apart == sorted(apart)


@pytest.mark.parametrize(
    ("scores", "error"),
    [({"nobody": 0.5}, ImageNotFound), ({"i": 1.5}, InvalidArgument), ({"i": float("nan")}, InvalidArgument)],
)
def test_scores_that_cannot_be_are_refused(client, pool, scores, error):
    with pytest.raises(error):
        client.import_scores(project_id="p", scores=scores)
