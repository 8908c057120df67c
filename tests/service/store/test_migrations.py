"""Databases of earlier servers are brought up to date."""

from __future__ import annotations

import math

import numpy as np
import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import Connection, create_engine, inspect, text

from maskloop.errors import InvalidConfig
from maskloop.masks import Mask
from maskloop.values import OUTLINE_FLAT, Counts, Strategy
from service.store import Database
from service.store.batches import get_batch
from service.store.campaigns import FullLabelTotals, full_label_totals, get_campaign, get_campaign_by_kind
from service.store.database.migrate import MIGRATIONS
from service.store.labels.timed_labels import timed_labels
from service.store.projects import get_project
from service.store.tables import metadata
from tests.service.store.rows import FULL


def test_migrations_make_exactly_the_tables_of_the_code(url: str) -> None:
    Database(url).close()
    with create_engine(url).connect() as connection:
        assert set(inspect(connection).get_table_names()) == {*metadata.tables, "alembic_version"}
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_a_database_of_the_first_schema_is_brought_up_to_date_with_what_it_holds(url: str) -> None:
    """Targets become options of the strategy; batches, leases and spending that refer to the campaigns stay.

    Outlines are measured: a square of 2 x 2 of the 6 x 8 pixels is pi / 8 * (8 + 12 / sqrt(2)) pixels long. The project
    goes on planning 79 s for each. Its label is charged the 66.5 s that were measured, no longer the 80 s planned.
    """
    with create_engine(url).begin() as connection:
        upgrade(connection, "0001")
        for statement in OF_THE_FIRST_SCHEMA:
            connection.execute(text(statement))
    made = Database(url)
    with made.read() as tx:
        strategies = [get_campaign(tx, "p", campaign_id).strategy for campaign_id in ("aimed", "random")]
        held = get_batch(tx, "p", "b").batch
        aimed = get_campaign_by_kind(tx, "p", "aimed")
        totals, price = full_label_totals(tx, "p"), get_project(tx, "p").outline_price
        (timed,) = timed_labels(tx, "p")
        fingerprint = tx.execute(text("SELECT fingerprint FROM requests WHERE method = 'CreateProject'")).scalar_one()
    made.close()
    assert strategies == [Strategy("mask_guided", {"target": "0.25"}), Strategy("random")]
    assert (held.campaign_id, held.strategy, held.fallback, len(held.picks)) == ("aimed", "mask_guided", "", 1)
    assert (aimed.spent_s, aimed.spent_s_by_kind) == (66.5, {FULL: 66.5})
    assert (aimed.planned_s_by_kind, aimed.measured_s_by_kind) == ({FULL: 80.0}, {FULL: 66.5})
    length = math.pi / 8 * (8 + 12 / math.sqrt(2)) / math.sqrt(48)
    assert timed.counts == Counts({1: 1})
    assert timed.outline_length == totals.length == pytest.approx(length)
    assert totals == FullLabelTotals(1, 1, 1, totals.length)
    assert (price, fingerprint) == (OUTLINE_FLAT, "")


def test_calls_that_an_earlier_server_took_are_known_by_their_ids(url: str) -> None:
    """Their fingerprints spelled fields at their default as well."""
    with create_engine(url).begin() as connection:
        upgrade(connection, "0009")
        for method in ("SubmitLabels", "ImportImages", "SelectBatch"):
            columns = "request_id, method, fingerprint, answer, created_at"
            connection.execute(
                text(f"INSERT INTO requests ({columns}) VALUES ('{method}', '{method}', 'f', '[]', {AT})")
            )
    made = Database(url)
    with made.read() as tx:
        known = {row.method: row.fingerprint for row in tx.execute(text("SELECT method, fingerprint FROM requests"))}
    made.close()
    assert known == {"SubmitLabels": "", "ImportImages": "", "SelectBatch": ""}


def upgrade(connection: Connection, revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


SQUARE = Mask.from_array(np.pad(np.ones((2, 2), dtype=bool), ((1, 3), (2, 4)))).rle.decode()
AT = "'2026-01-01 00:00:00+00:00'"


OF_THE_FIRST_SCHEMA = (
    f"INSERT INTO projects (id, display_name, categories, created_at) VALUES ('p', 'P', '[[1, \"crack\"]]', {AT})",
    "INSERT INTO images (project_id, id, file_name, uri, width, height, sha256, split)"
    " VALUES ('p', 'i', 'i.png', '', 8, 6, '', 'pool')",
    "INSERT INTO campaigns (project_id, id, budget_s, strategy, target_iou, seed, created_at)"
    f" VALUES ('p', 'aimed', 9000, 'mask_guided', 0.25, 0, {AT})",
    "INSERT INTO campaigns (project_id, id, budget_s, strategy, target_iou, seed, created_at)"
    f" VALUES ('p', 'random', 9000, 'random', NULL, 0, {AT})",
    "INSERT INTO spending (project_id, campaign_id, kind, planned_s, measured_s)"
    " VALUES ('p', 'aimed', 'full', 80000, 66500)",
    "INSERT INTO batches (id, project_id, campaign_id, annotator, kind, strategy, model_version, target_iou, exhausted,"
    f" expires_at, open) VALUES ('b', 'p', 'aimed', 'ann', 'full', 'mask_guided', 'm', 0.25, false, {AT}, true)",
    "INSERT INTO picks (batch_id, position, project_id, image_id, reason, score, cost_s, state)"
    " VALUES ('b', 0, 'p', 'i', 'near', 0.25, 80000, 'open')",
    "UPDATE campaigns SET spent_s = 80000, labeled_images = 1, labeled_categories = 1, labeled_objects = 1"
    " WHERE id = 'aimed'",
    "INSERT INTO labels (id, project_id, image_id, kind, annotator, campaign_id, cost_s, seconds_spent, objects,"
    " categories_present, objects_present, supersedes, superseded_by, created_at) VALUES ('l', 'p', 'i', 'full', 'ann',"
    f""" 'aimed', 80000, 66.5, '[[1, "{SQUARE}"]]', 1, 1, '', '', {AT})""",
    "INSERT INTO requests (request_id, method, fingerprint, answer, created_at)"
    f" VALUES ('made', 'CreateProject', 'f', '{{}}', {AT})",
    "INSERT INTO requests (request_id, method, fingerprint, answer, created_at) VALUES ('r', 'CreateCampaign', 'f',"
    f""" '{{"id": "aimed", "strategy": {{"name": "mask_guided", "target_iou": 0.25}}}}', {AT})""",
)


def test_a_second_start_on_the_same_database_changes_nothing(database: Database, url: str) -> None:
    database.close()
    again = Database(url)
    with again.read() as tx:
        assert get_project(tx, "p").display_name == "Bridges"
    again.close()


def test_a_database_of_a_newer_version_is_refused(database: Database, url: str) -> None:
    with database.write() as tx:
        tx.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    database.close()
    with pytest.raises(InvalidConfig, match="9999"):
        Database(url)
