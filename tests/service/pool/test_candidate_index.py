"""Walks that are built while others write: nothing is missed, nobody waits, and what is stale is not used."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maskloop.errors import AlreadyExists, ForeignLease, PoolNotScored
from maskloop.values import Budget, ImageImport, SkipReason, Split, Strategy, SupervisionKind
from selection.ranking import RankedImages
from service.desk.campaigns.annotation import PATIENCE
from service.pool import candidate_index
from service.pool.candidate_index import CandidateIndex
from service.pool.rankings import Rankings
from tests.service.desk.asking import GUIDED, ids, select
from tests.service.desks import Server, counts_draft, full_draft, png

POOL = 8
RANDOM = Strategy("random")
VERBS = ("lease", "label", "count nothing", "skip", "give back")


class Interrupted:
    """Ranks as a server does; `before` and `after` each ranking by one strategy something else happens."""

    def __init__(self, server: Server, strategy: Strategy, before: Any = None, after: Any = None) -> None:
        self.server, self.strategy, self.before, self.after = server, strategy, before, after
        self.rank, self.calls = Rankings(server.data).find, 0
        server.candidates._rank = self

    def __call__(self, *asked: Any, **told: Any) -> RankedImages:
        if asked[-1] != self.strategy:
            return self.rank(*asked, **told)
        self.calls += 1
        if self.before:
            self.before()
        ranked = self.rank(*asked, **told)
        if self.after:
            self.after()
        return ranked


def scored(folder: Path) -> tuple[Server, list[str]]:
    """A server with a scored pool, and a walk in random order over it."""
    server = Server(folder)
    server.create_project()
    pool = sorted(server.import_pool(POOL))
    server.create_campaign(1e6, strategy=GUIDED)
    server.add_model({image_id: place / POOL for place, image_id in enumerate(pool)})
    select(server, "first", strategy=RANDOM)
    return server, pool


def happen(server: Server, pool: Sequence[str], events: Sequence[tuple[str, int]]) -> None:
    for verb, place in events:
        annotator, image_id = f"a{place}", pool[place]
        batch = select(server, annotator, strategy=RANDOM)  # the one that is held, if any
        own: dict[str, Any] = {"project_id": "p", "batch_id": batch.id, "annotator": annotator}
        try:
            if verb == "label":
                server.labels.submit_labels(project_id="p", annotator="eve", labels=[full_draft(image_id, 1)])
            elif verb == "count nothing":
                server.labels.submit_labels(project_id="p", annotator="eve", labels=[counts_draft(image_id, {})])
            elif verb == "skip" and batch.picks:
                server.campaigns.skip_image(**own, image_id=batch.picks[0].image_id, reason=SkipReason.UNSURE)
            elif verb == "give back" and batch.picks:
                server.campaigns.release_batch(**own)
        except (AlreadyExists, ForeignLease):
            pass


EVENTS = st.lists(st.tuples(st.sampled_from(VERBS), st.integers(0, POOL - 1)), max_size=4)


@settings(max_examples=8, deadline=None)
@given(before=EVENTS, after=EVENTS)
def test_what_is_committed_while_a_walk_is_built_is_in_it(
    before: list[tuple[str, int]], after: list[tuple[str, int]]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        server, pool = scored(Path(folder))
        Interrupted(server, GUIDED, lambda: happen(server, pool, before), lambda: happen(server, pool, after))
        select(server, "late")
        fresh = CandidateIndex(Rankings(server.data).find)
        with server.database.read() as tx:
            project = server.projects.get_project(project_id="p")
            campaign = server.campaigns.get_campaign(project_id="p", campaign_id="c")
            for key, walk in server.candidates.walks.items():
                again = fresh.walk(tx, project, campaign, key.kind, key.strategy, inside=True)
                assert list(walk.candidates.ids()) == list(again.candidates.ids())
        assert {key.strategy.name for key in server.candidates.walks} == {"random", "mask_guided"}
        server.database.close()


def in_time(do: Callable[[], object]) -> None:
    """Another thread does it while this one waits."""
    thread = threading.Thread(target=do, daemon=True)
    thread.start()
    thread.join(20)
    assert not thread.is_alive()


def test_others_write_while_a_pool_is_ranked(tmp_path: Path) -> None:
    server, pool = scored(tmp_path)
    held = select(server, "first", strategy=RANDOM)
    own: dict[str, Any] = {"project_id": "p", "batch_id": held.id, "annotator": "first"}
    ranking = Interrupted(server, GUIDED, after=lambda: in_time(lambda: server.campaigns.release_batch(**own)))
    assert set(ids(select(server, images=POOL))) == set(pool)  # what was given back meanwhile is open
    assert ranking.calls == 1


def test_many_who_wait_for_one_walk_have_it_built_once(tmp_path: Path) -> None:
    server, _ = scored(tmp_path)
    ranking = Interrupted(server, GUIDED)
    given: list[str] = []
    threads = [
        threading.Thread(target=lambda name=f"a{number}": given.extend(ids(select(server, name))))
        for number in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (ranking.calls, len(given), len(set(given))) == (1, 6, 6)


def test_a_walk_over_images_of_before_is_not_used(tmp_path: Path) -> None:
    server, _ = scored(tmp_path)
    server.campaigns.release_batch(
        project_id="p", annotator="first", batch_id=select(server, "first", strategy=RANDOM).id
    )
    server.candidates.forget("p")
    numbers = iter(range(100, 200))

    def arrive() -> None:
        if ranking.calls <= PATIENCE:
            server.projects.import_images(project_id="p", images=[an_image(next(numbers))])

    ranking = Interrupted(server, RANDOM, after=arrive)
    batch = select(server, images=100, strategy=RANDOM)
    assert (ranking.calls, len(batch.picks)) == (PATIENCE + 1, POOL + PATIENCE)


def an_image(number: int) -> ImageImport:
    return ImageImport(f"late{number}.png", Split.POOL, data=png(number))


def test_what_a_ranking_lacks_is_told_and_the_next_one_is_tried(tmp_path: Path) -> None:
    server, pool = scored(tmp_path)
    server.add_model(None, "m2")
    for _ in range(2):
        with pytest.raises(PoolNotScored):
            select(server)
    server.add_model(dict.fromkeys(pool, 0.5), "m3")
    assert len(select(server).picks) == 1


def test_walks_go_where_they_hold_too_many_images_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    server, _ = scored(tmp_path)
    monkeypatch.setattr(candidate_index, "MAX_IMAGES", 2 * POOL)
    for kind in (SupervisionKind.FULL, SupervisionKind.COUNTS, SupervisionKind.BOXES):
        select(server, kind=kind)
    assert [key.kind for key in server.candidates.walks] == [SupervisionKind.COUNTS, SupervisionKind.BOXES]


def test_a_project_with_many_walks_loses_its_own_and_those_used_last_stay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(candidate_index, "MAX_WALKS", 3)
    server, _ = scored(tmp_path)
    server.create_project("q")
    server.import_pool(2, "q")
    server.campaigns.create_campaign(
        project_id="q", campaign_id="c", budget=Budget(seconds=1e6), strategy=RANDOM, seed=0
    )
    server.campaigns.select_batch(project_id="q", annotator="quiet", kind=SupervisionKind.FULL, images=1)
    for number in range(5):
        select(server, f"busy {number}", strategy=Strategy("mask_guided", {"target": f"0.{number + 1}"}))
        select(server, f"lucky {number}", strategy=RANDOM)
    kept = {(key.project_id, str(key.strategy)) for key in server.candidates.walks}
    assert kept == {("q", "random"), ("p", "random"), ("p", "mask_guided:target=0.5")}
