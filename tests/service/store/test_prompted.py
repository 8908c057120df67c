"""What was offered for prompts: kept once, and found by whoever names it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from sqlalchemy import text

from maskloop.values import ObjectProposal, with_ids
from service.store import Database
from service.store.images import insert_images
from service.store.labels.prompted import forget_prompted, has_prompted, keep_prompted, prompted_proposals
from tests.service.desks import mask
from tests.service.store.rows import NOW, image


def test_what_was_offered_for_prompts_is_kept_once_and_found_by_its_ids_and_image(database: Database) -> None:
    first, other = (ObjectProposal(place, mask(place), 0.1 * place, 0.5) for place in (1, 2))
    offered = with_ids("m1", "i", [first, other, first])
    with database.write() as tx:
        insert_images(tx, [image("i"), image("j")])
        keep_prompted(tx, "p", "i", offered, model_version="m1", now=NOW)
        keep_prompted(tx, "p", "j", offered[:1], model_version="m1", now=NOW)
    with database.write() as tx:
        changed = replace(offered[0], predicted_iou=0.9)
        keep_prompted(tx, "p", "i", [changed, offered[1], changed], model_version="m1", now=NOW)
    with database.read() as tx:
        asked = [*(item.id for item in offered), "nobody"]
        assert prompted_proposals(tx, "p", "i", asked) == {item.id: item for item in offered}
        assert prompted_proposals(tx, "p", "j", asked) == {offered[0].id: offered[0]}
        assert prompted_proposals(tx, "p", "i", []) == {}
        assert tx.execute(text("SELECT count(*) FROM prompted_proposals")).scalar() == 4


def test_what_was_not_offered_again_is_forgotten(database: Database) -> None:
    old, again = with_ids("m1", "i", [ObjectProposal(place, mask(place), 0.5, 0.5) for place in (1, 2)])
    with database.write() as tx:
        insert_images(tx, [image("i"), image("j")])
        keep_prompted(tx, "p", "i", [old, again], model_version="m1", now=NOW)
        keep_prompted(tx, "p", "j", [again], model_version="m1", now=NOW)
        keep_prompted(tx, "p", "i", [again], model_version="m1", now=NOW + timedelta(days=2))
        assert forget_prompted(tx, NOW + timedelta(days=1)) == 2
    with database.read() as tx:
        assert set(prompted_proposals(tx, "p", "i", [old.id, again.id])) == {again.id}
        assert prompted_proposals(tx, "p", "j", [again.id]) == {}


def test_a_network_that_is_no_version_is_known_by_what_it_offered_in_the_project(database: Database) -> None:
    offered = with_ids("sam:base", "i", [ObjectProposal(1, mask(1), 0.1, 0.5)])
    with database.write() as tx:
        insert_images(tx, [image("i")])
        assert not has_prompted(tx, "p", "sam:base")
        keep_prompted(tx, "p", "i", offered, model_version="sam:base", now=NOW)
    with database.read() as tx:
        assert has_prompted(tx, "p", "sam:base")
        assert not has_prompted(tx, "p", "sam:large")
        assert not has_prompted(tx, "q", "sam:base")
