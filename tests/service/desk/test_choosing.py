"""Which images a batch holds, through the annotation desk over a real SQLite store."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest
from sqlalchemy import event

from maskloop.errors import InvalidArgument, PoolNotScored, SelectionNotPrepared
from maskloop.values import AT_RANDOM, ImageScore, Split, Strategy
from selection.pool import Pool
from selection.ranking import RankedImages, Ranking
from service.artifacts.ranking_table import write_ranking
from tests.service.desk.asking import COUNTS, GUIDED, books, ids, select, submit
from tests.service.desks import Server, full_draft


def test_random_order_is_that_of_the_seeded_hash(server: Server) -> None:
    pool = server.import_pool(8)
    server.create_campaign(10_000.0, seed=5)

    def draw(image_id: str) -> int:
        digest = hashlib.blake2b(f"5/{image_id}".encode(), digest_size=8).digest()
        return int.from_bytes(digest, "little") >> 11

    assert ids(select(server, images=8)) == sorted(pool, key=draw)


def test_mask_guided_takes_the_scores_nearest_the_target(server: Server) -> None:
    pool = sorted(server.import_pool(6))
    server.create_campaign(10_000.0, strategy=GUIDED)
    server.add_model(dict(zip(pool, [0.1, 0.45, 0.56, 0.45, 0.9, 0.0], strict=True)))
    batch = select(server, images=4)
    assert ids(batch) == [pool[1], pool[3], pool[2], pool[0]]
    assert [pick.score for pick in batch.picks] == [0.45, 0.45, 0.56, 0.1]
    assert (batch.target_iou, batch.model_version, batch.strategy) == (0.5, "m1", "mask_guided:target=0.5")
    assert batch.picks[2].reason == "predicted IoU 0.56, target 0.50"


@pytest.mark.parametrize(("labeled", "target"), [(0, 0.3), (300, 0.45), (800, 0.5)])
def test_the_automatic_target_goes_by_what_the_model_learnt_from(server: Server, labeled: int, target: float) -> None:
    pool = server.import_pool(2)
    server.create_campaign(10_000.0, strategy=Strategy("mask_guided"))
    server.add_model(dict.fromkeys(pool, 0.5), labeled_images=labeled)
    assert select(server).target_iou == pytest.approx(target)


def test_scores_are_needed_only_by_strategies_that_use_them(server: Server) -> None:
    server.import_pool(3)
    server.create_campaign(10_000.0, strategy=GUIDED)
    server.add_model(None)
    with pytest.raises(PoolNotScored, match="m1"):
        select(server)
    assert len(select(server, "ann", COUNTS).picks) == 1
    assert select(server, "bob", strategy=Strategy("random")).strategy == "random"


@pytest.mark.parametrize("strategy", ["mask_guided", "entropy", "core_set", "mix:first=random,second=margin"])
def test_before_the_first_model_chance_chooses_and_the_batch_says_so(server: Server, strategy: str) -> None:
    server.import_pool(6)
    server.create_campaign(10_000.0, strategy=Strategy.parse(strategy), seed=3)
    batch = select(server, images=4)
    assert (batch.strategy, batch.model_version, batch.target_iou) == ("random", "", None)
    assert batch.fallback.startswith("random chose, because there is no model yet")
    assert all(AT_RANDOM in pick.reason and pick.score is None for pick in batch.picks)
    by_chance = select(server, "bob", images=2, strategy=Strategy("random"))
    assert (by_chance.strategy, by_chance.fallback) == ("random", "")


def test_a_strategy_without_a_model_is_asked_for_what_it_needs_all_the_same(server: Server) -> None:
    server.import_pool(2)
    server.create_campaign(10_000.0, strategy=Strategy("cold_start"))
    with pytest.raises(SelectionNotPrepared):
        select(server)


def test_a_new_active_model_brings_its_own_scores(server: Server) -> None:
    first, second = server.import_pool(2)
    server.create_campaign(10_000.0, strategy=GUIDED)
    server.add_model({first: 0.5, second: 0.0})
    assert ids(select(server, "ann")) == [first]
    server.campaigns.release_batch(project_id="p", batch_id=select(server, "ann").id, annotator="ann")
    server.add_model({first: 0.0, second: 0.5}, "m2")
    batch = select(server, "ann")
    assert (ids(batch), batch.model_version) == ([second], "m2")


def test_only_pool_images_are_asked_for(server: Server) -> None:
    server.import_pool(2, split=Split.TRAIN)
    server.import_pool(2, split=Split.TEST)
    pool = server.import_pool(1)
    server.create_campaign(10_000.0)
    assert ids(select(server, images=9)) == pool


def test_images_imported_later_join(server: Server) -> None:
    server.import_pool(1)
    server.create_campaign(10_000.0)
    assert len(select(server, "ann", images=5).picks) == 1
    server.import_pool(3)
    assert len(select(server, "bob", images=5).picks) == 2


@pytest.mark.parametrize(
    "options",
    [
        {"images": 0},
        {"images": 1001},
        {"images": None},
        {"images": 1, "seconds": 5.0},
        {"images": None, "seconds": 0.0},
        {"images": None, "seconds": float("nan")},
        {"annotator": ""},
        {"annotator": "a" * 129},
        {"lease_s": 0.5},
        {"lease_s": 8 * 86_400.0},
        {"lease_s": float("nan")},
        {"strategy": Strategy("hunch")},
    ],
)
def test_impossible_requests_are_refused(server: Server, options: dict) -> None:
    server.import_pool(1)
    server.create_campaign(1000.0)
    with pytest.raises(InvalidArgument):
        select(server, **options)
    assert books(server) == (0.0, 0.0, 0, 0)


UNTRUSTED = {"head_untrusted": 1.0, "held_out_images": 5.0}


def test_an_untrusted_head_does_not_choose_and_the_batch_says_so(server: Server) -> None:
    ids = server.import_pool(4)
    server.create_campaign(10_000.0, strategy=Strategy("mask_guided", {"target": "0.5"}))
    server.add_model(dict.fromkeys(ids, 0.5), metrics=UNTRUSTED)
    batch = select(server)
    assert batch.strategy == "stratified_random"
    assert (batch.target_iou, batch.model_version) == (None, "")
    assert "not yet trusted" in batch.fallback
    assert all(pick.score is None for pick in batch.picks)


UNFITTED = {"head_unfitted": 1.0, "held_out_images": 0.0}


@pytest.mark.parametrize(
    "strategy",
    [
        "mask_guided:target=0.5,trust=any",
        "mask_guided:target=0.5",
        "mix:first=mask_guided,first.trust=any,second=entropy",
    ],
)
def test_raw_confidence_is_not_chosen_by_in_place_of_predicted_iou(server: Server, strategy: str) -> None:
    """Fewer than eight labels: a confidence of .86 to .97 was taken for what lies nearest a predicted IoU of .5."""
    ids = server.import_pool(6)
    server.create_campaign(10_000.0, strategy=Strategy.parse(strategy))
    server.add_model(dict(zip(ids, (0.86, 0.88, 0.9, 0.92, 0.95, 0.97), strict=True)), metrics=UNFITTED)
    batch = select(server, images=2)
    assert (batch.strategy, batch.target_iou, batch.model_version) == ("stratified_random", None, "")
    assert "no IoU head is fitted yet" in batch.fallback
    assert [pick.score for pick in batch.picks] == [None, None]


def test_what_an_unfitted_head_says_is_no_predicted_iou_of_what_others_choose(server: Server) -> None:
    ids = server.import_pool(2)
    server.create_campaign(10_000.0, strategy=Strategy("entropy"))
    server.add_model(dict.fromkeys(ids, 0.9), metrics=UNFITTED)
    batch = select(server)
    assert (batch.strategy, batch.fallback) == ("entropy", "")
    assert all(pick.score is None for pick in batch.picks)


def test_confidence_that_ranks_chooses_in_the_head_s_place(server: Server) -> None:
    ids = server.import_pool(2)
    server.create_campaign(10_000.0, strategy=Strategy("mask_guided", {"target": "0.5"}))
    server.add_model(dict(zip(ids, (0.1, 0.5), strict=True)), metrics={"head_confidence": 1.0})
    batch = select(server, images=1)
    assert (batch.picks[0].image_id, batch.fallback) == (ids[1], "")


@pytest.mark.parametrize("strategy", ["mask_guided:target=0.5,trust=any", "entropy"])
def test_a_strategy_that_does_not_rely_on_the_head_chooses_all_the_same(server: Server, strategy: str) -> None:
    ids = server.import_pool(2)
    server.create_campaign(10_000.0, strategy=Strategy.parse(strategy))
    server.add_model(dict.fromkeys(ids, 0.5), metrics=UNTRUSTED)
    batch = select(server)
    assert (batch.strategy, batch.fallback) == (str(Strategy.parse(strategy)), "")


@pytest.mark.parametrize(
    "strategy", ["mask_guided:target=0.5,per_second=yes", "mix:first=entropy,second=stratified_random"]
)
def test_an_image_labeled_since_the_scoring_does_not_stand_in_the_way_of_a_restart(
    server: Server, strategy: str
) -> None:
    first, second = server.import_pool(2)
    server.create_campaign(100_000.0, strategy=Strategy.parse(strategy))
    server.add_model({first: 0.5, second: 0.4})
    server.labels.submit_labels(project_id="p", annotator="ann", labels=[full_draft(first, 1)])
    again = server.restarted()
    assert ids(select(again, images=2)) == [second]


def test_counts_are_bought_in_random_order_whatever_strategy_is_named(server: Server) -> None:
    server.import_pool(6)
    server.create_campaign(1000.0, strategy=Strategy("random"))
    named = select(server, kind=COUNTS, images=6, strategy=GUIDED)  # which would need a model
    assert (named.strategy, len(named.picks)) == ("random", 6)


def test_images_that_come_after_the_pool_was_ranked_are_chosen_last(server: Server) -> None:
    strategy = Strategy("cold_start")
    ranked = sorted(server.import_pool(2), reverse=True)
    server.create_campaign(images=10, strategy=strategy)
    pool = Pool(ids=np.array([image_id.encode() for image_id in sorted(ranked)]))
    rank = RankedImages.of(pool, Ranking.of(np.array([1, 0]), np.zeros(2), "ranked"))
    write_ranking(server.data.ranking("p", "", str(strategy), 0), rank)
    later = sorted(set(server.import_pool(5)) - set(ranked))
    batch = select(server, images=5)
    assert ids(batch) == [*ranked, *later]
    assert [pick.reason for pick in batch.picks] == ["ranked"] * 2 + ["came after the pool was ranked"] * 3


def test_a_ranking_of_a_strategy_that_needs_none_hides_no_image(server: Server) -> None:
    chance = Strategy("random")
    first = server.import_pool(2)
    server.create_campaign(images=10, strategy=chance)
    pool = Pool(ids=np.array([image_id.encode() for image_id in sorted(first)]))
    rank = RankedImages.of(pool, Ranking.of(np.arange(2), np.zeros(2), "ranked"))
    write_ranking(server.data.ranking("p", "", str(chance), 0), rank)
    everything = set(server.import_pool(5))
    assert set(ids(select(server, "ann", COUNTS, images=5))) == everything


def test_imported_scores_undo_rankings_that_went_by_those_of_before(server: Server) -> None:
    pool = sorted(server.import_pool(2))
    server.add_model(dict.fromkeys(pool, 0.5))
    ranking = server.data.ranking("p", "m1", "mask_guided:diverse=yes,scores=imported", 0)
    ranking.parent.mkdir(parents=True)
    ranking.write_bytes(b"old")
    server.models.import_scores(project_id="p", scores=[ImageScore(pool[0], 0.9)])
    assert not ranking.exists()


def test_near_the_end_of_a_budget_labels_are_read_in_few_queries(server: Server) -> None:
    server.import_pool(400)
    server.create_campaign(4.0)
    batch = select(server, images=1)
    submit(server, batch, full_draft(ids(batch)[0]))  # an empty image costs 3 s
    asked: list[str] = []
    event.listen(server.database._engine, "before_cursor_execute", lambda *seen: asked.append(seen[2]))
    first = select(server, images=1)
    assert (first.picks, first.exhausted) == ((), True)
    assert len(asked) < 100  # of 400 images that cost more than is left
