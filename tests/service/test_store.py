"""The contract of the store, on SQLite always and on PostgreSQL where MASKLOOP_TEST_POSTGRES names one."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, inspect, text
from sqlalchemy.exc import IntegrityError

from maskloop.costs.estimates import TimedLabel
from maskloop.errors import (
    AlreadyExists,
    BatchNotFound,
    CampaignNotFound,
    ClassifierNotFound,
    EtagMismatch,
    FailedPrecondition,
    ImageNotFound,
    InvalidArgument,
    InvalidConfig,
    LabelNotFound,
    ModelNotFound,
    NoActiveModel,
    NoClassifier,
    OperationNotFound,
    ProjectNotFound,
    RequestIdReused,
    Unavailable,
)
from maskloop.values import (
    Batch,
    Budget,
    Campaign,
    Category,
    Classifier,
    Counts,
    EvaluatedImage,
    Evaluation,
    Image,
    Label,
    ModelVersion,
    OodAnswer,
    Operation,
    OperationKind,
    OperationState,
    Pick,
    PickState,
    Project,
    SkipReason,
    Split,
    Strategy,
    SupervisionKind,
)
from service.pool.round_outcomes import round_outcomes
from service.store import Database
from service.store.batches import (
    find_open_batch,
    get_batch,
    holders,
    insert_batch,
    insert_skip,
    leased_images,
    list_batches,
    overdue_batches,
    set_expiry,
    set_pick_states,
    skips_of,
    skips_of_images,
)
from service.store.campaigns import (
    FullLabelTotals,
    Movement,
    add_spending,
    full_label_totals,
    get_campaign,
    get_campaign_by_kind,
    insert_campaign,
    list_campaigns,
    move,
    set_budget,
)
from service.store.classifiers import get_classifier, insert_classifier
from service.store.images import (
    get_image,
    get_images,
    image_ids,
    images_by_name,
    insert_images,
    list_images,
    set_split,
)
from service.store.judged_images import candidate_images, empty_images, judged_images, ood_answers
from service.store.labels import (
    CountedImage,
    counted_images,
    counts_to_score,
    current_labels,
    full_labels,
    get_labels,
    images_to_score,
    images_without_need,
    insert_labels,
    list_labels,
    pool_counts,
    timed_labels,
)
from service.store.tables.migrate import MIGRATIONS
from service.store.models import (
    ModelRecord,
    activate_model,
    get_model,
    insert_model,
    labeled_images,
    list_models,
    roll_back_model,
    set_scored_images,
)
from service.store.operations import (
    OperationRecord,
    find_operation,
    get_operation,
    insert_operation,
    list_operations,
    unfinished_operations,
    update_operation,
)
from service.store.pagination import PageRequest
from service.store.projects import get_project, insert_project, list_projects
from service.store.requests import Request, answer_once
from service.store.tables import metadata
from tests.service.desks import CATEGORIES, objects

NOW = datetime(2026, 1, 1, 12, 30, 15, 123456, tzinfo=UTC)
POSTGRES = os.environ.get("MASKLOOP_TEST_POSTGRES", "")
FULL, COUNTS = SupervisionKind.FULL, SupervisionKind.COUNTS


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'store.db'}"
        return
    if not POSTGRES:
        pytest.skip("MASKLOOP_TEST_POSTGRES names no database")
    engine = create_engine(POSTGRES)
    with engine.begin() as connection:
        connection.execute(text("DROP SCHEMA IF EXISTS public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))
    engine.dispose()
    yield POSTGRES


@pytest.fixture
def database(url: str) -> Iterator[Database]:
    """A store with project `p`, campaign `c` (1,000 s) and pool images i0 to i5, t0 of train, e0 of test."""
    made = Database(url)
    with made.write() as tx:
        insert_project(tx, Project("p", "Bridges", CATEGORIES, created_at=NOW))
        insert_images(tx, [image(f"i{place}") for place in range(6)])
        insert_images(tx, [image("t0", Split.TRAIN), image("e0", Split.TEST)])
        insert_campaign(tx, CAMPAIGN)
    yield made
    made.close()


CAMPAIGN = Campaign("c", "p", Budget(seconds=1000.0), Strategy("mask_guided", {"target": "0.4"}), 7, created_at=NOW)


def image(image_id: str, split: Split = Split.POOL) -> Image:
    return Image(image_id, "p", f"{image_id}.png", "", 8, 6, "ab" * 32, split)


def full_label(label_id: str, image_id: str, *categories: int, **options: object) -> Label:
    given = {"cost_s": 80.0, "annotator": "ann", "created_at": NOW, **options}
    return Label(label_id, "p", image_id, FULL, objects=objects(*categories), **given)


def counts_label(label_id: str, image_id: str, counts: dict[int, int], **options: object) -> Label:
    given = {"cost_s": 4.48, "annotator": "ann", "created_at": NOW, **options}
    return Label(label_id, "p", image_id, COUNTS, counts=Counts(counts), **given)


def batch(batch_id: str, *image_ids: str, **options: object) -> Batch:
    given = {"annotator": "ann", "kind": FULL, "expires_at": NOW + timedelta(hours=1), **options}
    picks = tuple(Pick(image_id, "near the target", 80.25, 0.125) for image_id in image_ids)
    return Batch(batch_id, "p", "c", strategy="mask_guided", picks=picks, **given)


def model(version: str, labels: int = 3) -> ModelRecord:
    made = ModelVersion(version, "p", "compact", 5, labels, {"ap": 0.5}, NOW, '{"size": 64}')
    return ModelRecord(made, ("l1", "l2"), f"models/p/{version}")


def operation(operation_id: str, **options: object) -> OperationRecord:
    given = {"state": OperationState.PENDING, "created_at": NOW, "updated_at": NOW, **options}
    return OperationRecord(Operation(operation_id, "p", OperationKind.TRAIN, **given), {"seed": 1})


def test_migrations_make_exactly_the_tables_of_the_code(url: str) -> None:
    Database(url).close()
    with create_engine(url).connect() as connection:
        assert set(inspect(connection).get_table_names()) == {*metadata.tables, "alembic_version"}
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_a_database_of_the_first_schema_is_brought_up_to_date_with_what_it_holds(url: str) -> None:
    """Targets become options of the strategy; batches, leases and spending that refer to the campaigns stay."""
    with create_engine(url).begin() as connection:
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        for statement in OF_THE_FIRST_SCHEMA:
            connection.execute(text(statement))
    made = Database(url)
    with made.read() as tx:
        strategies = [get_campaign(tx, "p", campaign_id).strategy for campaign_id in ("aimed", "random")]
        held = get_batch(tx, "p", "b").batch
        spent = get_campaign_by_kind(tx, "p", "aimed").spent_s_by_kind
    made.close()
    assert strategies == [Strategy("mask_guided", {"target": "0.25"}), Strategy("random")]
    assert (held.campaign_id, held.strategy, held.fallback, len(held.picks)) == ("aimed", "mask_guided", "", 1)
    assert spent == {FULL: 2.5}


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
    " VALUES ('p', 'aimed', 'full', 2500, 0)",
    "INSERT INTO batches (id, project_id, campaign_id, annotator, kind, strategy, model_version, target_iou, exhausted,"
    f" expires_at, open) VALUES ('b', 'p', 'aimed', 'ann', 'full', 'mask_guided', 'm', 0.25, false, {AT}, true)",
    "INSERT INTO picks (batch_id, position, project_id, image_id, reason, score, cost_s, state)"
    " VALUES ('b', 0, 'p', 'i', 'near', 0.25, 80000, 'open')",
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


@pytest.mark.skipif(not POSTGRES, reason="MASKLOOP_TEST_POSTGRES names no database")
@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
def test_two_servers_do_not_share_a_postgresql_database(database: Database, url: str) -> None:
    with pytest.raises(FailedPrecondition, match="another server"):
        Database(url, patience_s=0.1)
    database.close()
    Database(url, patience_s=5.0).close()


@pytest.mark.parametrize("url", ["mysql://here/db", "no url"])
def test_other_databases_are_refused(url: str) -> None:
    with pytest.raises(InvalidConfig, match="url"):
        Database(url)


def test_a_database_that_cannot_be_opened_is_unavailable(tmp_path: Path) -> None:
    with pytest.raises(Unavailable):
        Database(f"sqlite:///{tmp_path / 'no such folder' / 'store.db'}")


def test_sqlite_is_durable_and_enforces_references(tmp_path: Path) -> None:
    made = Database(f"sqlite:///{tmp_path / 'store.db'}")
    with made.read() as tx:
        pragmas = [
            tx.execute(text(f"PRAGMA {name}")).scalar() for name in ("journal_mode", "synchronous", "foreign_keys")
        ]
    made.close()
    assert pragmas == ["wal", 2, 1]


def test_what_is_raised_rolls_everything_back_and_skips_what_waits_for_the_commit(database: Database) -> None:
    told: list[str] = []

    def write_and_fail() -> None:
        with database.write() as tx:
            insert_images(tx, [image("new")])
            tx.after_commit(lambda: told.append("new"))
            raise LabelNotFound("stop")

    with pytest.raises(LabelNotFound):
        write_and_fail()
    with database.read() as tx, pytest.raises(ImageNotFound):
        get_image(tx, "p", "new")
    assert told == []


def test_what_waits_for_the_commit_runs_after_it(database: Database) -> None:
    seen: list[str] = []

    def look() -> None:
        with database.read() as tx:
            seen.append(get_image(tx, "p", "new").id)

    with database.write() as tx:
        insert_images(tx, [image("new")])
        tx.after_commit(look)
        assert seen == []
    assert seen == ["new"]


def test_writers_wait_for_each_other(database: Database) -> None:
    def spend() -> None:
        for _ in range(10):
            with database.write() as tx:
                spent_s = get_campaign(tx, "p", "c").spent_s
                move(tx, CAMPAIGN, Movement(spent_s=1.0))
                assert get_campaign(tx, "p", "c").spent_s == spent_s + 1.0

    threads = [threading.Thread(target=spend) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.read() as tx:
        assert get_campaign(tx, "p", "c").spent_s == 80.0


def test_a_reader_sees_one_moment(database: Database) -> None:
    with database.read() as before:
        assert get_campaign(before, "p", "c").spent_s == 0.0
        with database.write() as tx:
            move(tx, CAMPAIGN, Movement(spent_s=5.0))
        assert get_campaign(before, "p", "c").spent_s == 0.0


def test_projects_come_back_with_their_vocabulary_by_id(database: Database) -> None:
    project = Project("q", "Q", (Category(2, "b"), Category(9, "a")), created_at=NOW)
    with database.write() as tx:
        insert_project(tx, project)
        assert get_project(tx, "q") == replace(project, etag="1")
        with pytest.raises(AlreadyExists, match="q exists"):
            insert_project(tx, project)
        with pytest.raises(ProjectNotFound, match="nowhere"):
            get_project(tx, "nowhere")
        first = list_projects(tx, PageRequest(1))
        assert [one.id for one in first.items] == ["p"]
        second = list_projects(tx, PageRequest.of(1, first.next_page_token))
        assert ([one.id for one in second.items], second.next_page_token) == (["q"], "")


def test_times_keep_their_microseconds_and_come_back_in_utc(database: Database) -> None:
    tokyo = timezone(timedelta(hours=9))
    with database.write() as tx:
        insert_project(tx, Project("q", "Q", CATEGORIES, created_at=NOW.astimezone(tokyo)))
        found = get_project(tx, "q").created_at
    assert found == NOW
    assert found is not None
    assert found.utcoffset() == timedelta(0)


def test_images_are_found_by_id_name_and_split(database: Database) -> None:
    with database.read() as tx:
        assert get_image(tx, "p", "i3") == image("i3")
        assert get_images(tx, "p", ["i4", "i1"]) == {"i4": image("i4"), "i1": image("i1")}
        assert images_by_name(tx, "p", ["i2.png", "none.png"]) == {"i2.png": image("i2")}
        assert image_ids(tx, "p", Split.POOL) == ["i0", "i1", "i2", "i3", "i4", "i5"]
        with pytest.raises(ImageNotFound, match="'i9'"):
            get_images(tx, "p", ["i1", "i9"])
        page = list_images(tx, "p", None, PageRequest(7))
        assert [one.id for one in page.items] == ["e0", "i0", "i1", "i2", "i3", "i4", "i5"]
        last = list_images(tx, "p", None, PageRequest.of(7, page.next_page_token))
        assert [one.id for one in last.items] == ["t0"]
        assert [one.id for one in list_images(tx, "p", Split.TEST, PageRequest()).items] == ["e0"]


def test_more_names_than_fit_into_one_statement_are_found(database: Database) -> None:
    many = [image(f"n{place:04}") for place in range(1200)]
    with database.write() as tx:
        insert_images(tx, many)
        assert len(get_images(tx, "p", [one.id for one in many])) == 1200


def test_an_image_name_is_unique_in_its_project(database: Database) -> None:
    def insert_twice() -> None:
        with database.write() as tx:
            insert_images(tx, [replace(image("other"), file_name="i0.png")])

    with pytest.raises(IntegrityError):
        insert_twice()


def test_campaigns_keep_their_books_exactly(database: Database) -> None:
    with database.write() as tx:
        for _ in range(1000):
            move(tx, CAMPAIGN, Movement(spent_s=0.1, reserved_s=0.3))
        move(tx, CAMPAIGN, Movement(reserved_s=-299.9, reserved_images=2, full=FullLabelTotals(1, 2, 5)))
        add_spending(tx, CAMPAIGN, FULL, 1.25, 0.0)
        add_spending(tx, CAMPAIGN, FULL, 1.25, 9.5)
        found = get_campaign_by_kind(tx, "p", "c")
    books = {"spent_s": 100.0, "reserved_s": 0.1, "labeled_images": 1, "reserved_images": 2}
    by_kind = {"spent_s_by_kind": {FULL: 2.5}, "measured_s_by_kind": {FULL: 9.5}}
    assert found == replace(CAMPAIGN, **books, **by_kind)


def test_full_label_totals_are_summed_over_campaigns(database: Database) -> None:
    other = replace(CAMPAIGN, id="d")
    with database.write() as tx:
        assert full_label_totals(tx, "p") == FullLabelTotals(0, 0, 0)
        insert_campaign(tx, other)
        move(tx, CAMPAIGN, Movement(full=FullLabelTotals(1, 2, 3)))
        move(tx, other, Movement(full=FullLabelTotals(10, 20, 30)))
        assert full_label_totals(tx, "p") == FullLabelTotals(11, 22, 33)


def test_campaigns_are_listed_by_id_and_their_budget_changes(database: Database) -> None:
    with database.write() as tx:
        insert_campaign(tx, Campaign("a", "p", Budget(images=5), Strategy("random"), 0, created_at=NOW))
        set_budget(tx, "p", "c", Budget(seconds=12.5))
        assert [one.id for one in list_campaigns(tx, "p", PageRequest()).items] == ["a", "c"]
        assert get_campaign(tx, "p", "c").budget == Budget(seconds=12.5)
        assert get_campaign(tx, "p", "a").budget == Budget(images=5)
        with pytest.raises(CampaignNotFound):
            get_campaign(tx, "p", "b")
        with pytest.raises(AlreadyExists):
            insert_campaign(tx, CAMPAIGN)


def test_batches_come_back_as_they_were_with_what_became_of_each_pick(database: Database) -> None:
    made = batch("b", "i3", "i1", "i2", model_version="m1", target_iou=0.3, exhausted=True)
    with database.write() as tx:
        insert_batch(tx, made)
        record = get_batch(tx, "p", "b")
        assert record.held() == record.batch == made
        after = set_pick_states(tx, record, ["i1"], PickState.LABELED)
        assert after == get_batch(tx, "p", "b")
        assert [pick.image_id for pick in after.held().picks] == ["i3", "i2"]
        assert leased_images(tx, "p") == {"i3", "i2"}
        assert {key: value.batch_id for key, value in holders(tx, "p", ["i1", "i2"]).items()} == {"i2": "b"}
        with pytest.raises(BatchNotFound):
            get_batch(tx, "elsewhere", "b")


def test_batches_are_listed_by_id_with_their_past(database: Database) -> None:
    with database.write() as tx:
        insert_campaign(tx, replace(CAMPAIGN, id="d"))
        insert_batch(tx, batch("b2", "i1", "i0"))
        insert_batch(tx, batch("b1", "i2"))
        insert_batch(tx, replace(batch("b3", "i3"), campaign_id="d"))
        set_pick_states(tx, get_batch(tx, "p", "b2"), ["i1"], PickState.SKIPPED)
        page = list_batches(tx, "p", PageRequest(2))
        assert page.items == (get_batch(tx, "p", "b1"), get_batch(tx, "p", "b2"))
        assert page.items[1].states == {"i1": PickState.SKIPPED, "i0": PickState.OPEN}
        rest = list_batches(tx, "p", PageRequest.of(2, page.next_page_token))
        assert ([one.batch.id for one in rest.items], rest.next_page_token) == (["b3"], "")
        assert [one.batch.id for one in list_batches(tx, "p", PageRequest(), campaign_id="d").items] == ["b3"]
        assert list_batches(tx, "elsewhere", PageRequest()).items == ()


def test_an_image_is_leased_once(database: Database) -> None:
    with database.write() as tx:
        insert_batch(tx, batch("b", "i0", "i1"))

    def lease_again() -> None:
        with database.write() as tx:
            insert_batch(tx, batch("d", "i1"))

    with pytest.raises(IntegrityError):
        lease_again()
    with database.write() as tx:
        set_pick_states(tx, get_batch(tx, "p", "b"), ["i1"], PickState.RELEASED)
    lease_again()


def test_open_and_overdue_batches_are_found(database: Database) -> None:
    with database.write() as tx:
        insert_batch(tx, batch("b", "i0"))
        insert_batch(tx, batch("d", "i1", annotator="bob", kind=COUNTS))
        assert find_open_batch(tx, CAMPAIGN, "ann", FULL) == get_batch(tx, "p", "b")
        assert find_open_batch(tx, CAMPAIGN, "ann", COUNTS) is None
        assert overdue_batches(tx, "p", NOW + timedelta(minutes=59)) == []
        record = set_expiry(tx, get_batch(tx, "p", "b"), NOW)
        assert overdue_batches(tx, "p", NOW) == [record]
        set_pick_states(tx, record, ["i0"], PickState.EXPIRED)
        assert find_open_batch(tx, CAMPAIGN, "ann", FULL) is None
        assert overdue_batches(tx, "p", NOW) == []


def test_skips_are_a_campaigns_own_and_said_once(database: Database) -> None:
    made = batch("b", "i0", "i1")
    with database.write() as tx:
        insert_campaign(tx, replace(CAMPAIGN, id="d"))
        for reason in (SkipReason.UNSURE, SkipReason.UNUSABLE):
            insert_skip(tx, made, "i0", reason, NOW)
        insert_skip(tx, replace(made, campaign_id="d"), "i0", SkipReason.UNSURE, NOW)
        assert (skips_of(tx, "p", "c"), skips_of(tx, "p", "none")) == ({"i0"}, set())
        assert skips_of_images(tx, "p", ["i0", "i1"]) == {"i0": {"c", "d"}}


def test_labels_come_back_as_they_were(database: Database) -> None:
    first = full_label("l1", "i0", 1, 1, 3, seconds_spent=12.3456789, campaign_id="c")
    second = counts_label("l2", "i1", {2: 4})
    empty = full_label("l3", "i2")
    with database.write() as tx:
        insert_labels(tx, [first, second, empty])
        assert get_labels(tx, "p", ["l3", "l1", "l2"]) == [empty, first, second]
        with pytest.raises(LabelNotFound, match="'l9'"):
            get_labels(tx, "p", ["l1", "l9"])


def test_corrections_keep_history(database: Database) -> None:
    with database.write() as tx:
        insert_labels(tx, [full_label("l1", "i0", 1)])
        insert_labels(tx, [full_label("l2", "i0", 2, supersedes="l1", cost_s=0.0)])
        insert_labels(tx, [counts_label("l3", "i0", {1: 1})])
        assert current_labels(tx, "p", ["i0", "i1"]) == {("i0", FULL): "l2", ("i0", COUNTS): "l3"}
        assert [one.id for one in list_labels(tx, "p", PageRequest()).items] == ["l2", "l3"]
        history = list_labels(tx, "p", PageRequest(), kind=FULL, include_superseded=True).items
        assert [(one.id, one.superseded_by) for one in history] == [("l1", "l2"), ("l2", "")]


def test_two_current_labels_of_one_kind_cannot_exist(database: Database) -> None:
    with database.write() as tx:
        insert_labels(tx, [full_label("l1", "i0", 1)])

    def label_again() -> None:
        with database.write() as tx:
            insert_labels(tx, [full_label("l2", "i0", 1)])

    with pytest.raises(IntegrityError):
        label_again()


def test_labels_are_listed_in_pages_oldest_first(database: Database) -> None:
    with database.write() as tx:
        insert_labels(tx, [full_label("z", "i3", 1), full_label("y", "i1", 1), full_label("x", "i2", 1)])
        page = list_labels(tx, "p", PageRequest(2))
        assert [one.id for one in page.items] == ["z", "y"]
        rest = list_labels(tx, "p", PageRequest.of(2, page.next_page_token))
        assert ([one.id for one in rest.items], rest.next_page_token) == (["x"], "")
        assert [one.id for one in list_labels(tx, "p", PageRequest(), image_id="i1").items] == ["y"]
        assert list_labels(tx, "p", PageRequest(), kind=COUNTS).items == ()


def test_timed_labels_are_first_ones_with_what_their_counts_had_cost(database: Database) -> None:
    counted = counts_label("l1", "i0", {1: 2, 3: 1}, seconds_spent=7.5)
    outlined = full_label("l2", "i0", 3, 1, 1, seconds_spent=200.0)
    corrected = full_label("l3", "i0", 1, supersedes="l2", seconds_spent=9.0)
    with database.write() as tx:
        insert_labels(tx, [counted, outlined, full_label("l4", "i1", 2), full_label("l5", "i2", seconds_spent=3.0)])
        insert_labels(tx, [corrected])
        assert list(timed_labels(tx, "p")) == [
            TimedLabel(COUNTS, Counts({1: 2, 3: 1}), 7.5),
            TimedLabel(FULL, Counts({1: 2, 3: 1}), 200.0, 4.48),
            TimedLabel(FULL, Counts({}), 3.0),
        ]
        assert list(timed_labels(tx, "elsewhere")) == []


def test_training_reads_current_full_labels_by_split(database: Database) -> None:
    old = full_label("l1", "i0", 1)
    new = full_label("l2", "i0", 2, supersedes="l1")
    train, test = full_label("l3", "t0", 1), full_label("l4", "e0", 3)
    with database.write() as tx:
        insert_labels(tx, [old, train, test, counts_label("l5", "i1", {1: 1})])
        insert_labels(tx, [new])
        found = list(full_labels(tx, "p", [Split.POOL, Split.TRAIN]))
        assert [(one.image, one.label) for one in found] == [(image("i0"), new), (image("t0", Split.TRAIN), train)]
        assert [one.label.id for one in full_labels(tx, "p", [Split.TEST])] == ["l4"]


def test_scoring_reads_counted_pool_images_without_full_labels(database: Database) -> None:
    counted = [counts_label("l1", "i0", {1: 2}), counts_label("l2", "i1", {}), counts_label("l3", "i2", {3: 1})]
    with database.write() as tx:
        insert_labels(tx, [*counted, counts_label("l4", "t0", {1: 1}), full_label("l5", "i2", 3)])
        assert list(counts_to_score(tx, "p")) == [(image("i0"), Counts({1: 2}))]


def test_scoring_without_counts_reads_every_pool_image_without_a_full_label(database: Database) -> None:
    with database.write() as tx:
        insert_labels(tx, [counts_label("l1", "i0", {1: 2}), full_label("l2", "i2", 3), full_label("l3", "t0", 1)])
        insert_labels(tx, [full_label("l4", "i2", 1, supersedes="l2")])
        pool = [one for one in image_ids(tx, "p", Split.POOL) if one != "i2"]
        assert "i0" in pool
        assert len(pool) > 1
        assert list(images_to_score(tx, "p")) == [image(one) for one in pool]


def test_what_is_known_of_counted_images(database: Database) -> None:
    with database.write() as tx:
        insert_labels(tx, [counts_label("l1", "i0", {1: 2, 3: 1}, cost_s=5.96), counts_label("l2", "i1", {})])
        insert_labels(tx, [counts_label("l3", "i0", {2: 7}, cost_s=0.0, supersedes="l1")])
        insert_labels(tx, [full_label("l4", "i2", 1)])
        assert counted_images(tx, "p", ["i0", "i1", "i2"]) == {
            "i0": CountedImage(1, 7, 5.96),
            "i1": CountedImage(0, 0, 4.48),
        }
        assert images_without_need(tx, "p", FULL) == {"i1", "i2"}
        assert images_without_need(tx, "p", COUNTS) == {"i0", "i1", "i2"}


def test_models_are_registered_once_and_listed_newest_first(database: Database) -> None:
    with database.write() as tx:
        insert_model(tx, model("m1"))
        insert_model(tx, model("m2"))
        insert_model(tx, model("m1", labels=99))
        assert get_model(tx, "p", "m1") == model("m1")
        assert labeled_images(tx, "p", "m1") == 3
        assert [one.version.id for one in list_models(tx, "p", PageRequest()).items] == ["m2", "m1"]
        set_scored_images(tx, "p", "m2", 17)
        assert get_model(tx, "p", "m2").version.scored_images == 17
        with pytest.raises(ModelNotFound, match="m3"):
            get_model(tx, "p", "m3")
        with pytest.raises(NoActiveModel):
            get_model(tx, "p")


def test_activations_can_be_rolled_back_one_by_one(database: Database) -> None:
    with database.write() as tx:
        for version in ("m1", "m2", "m3"):
            insert_model(tx, model(version))
            assert activate_model(tx, "p", version, NOW).version.active
        activate_model(tx, "p", "m3", NOW)
        assert get_model(tx, "p").version.id == "m3"
        assert roll_back_model(tx, "p", NOW).version.id == "m2"
        assert roll_back_model(tx, "p", NOW).version.id == "m1"
        with pytest.raises(FailedPrecondition):
            roll_back_model(tx, "p", NOW)
        activate_model(tx, "p", "m3", NOW)
        assert roll_back_model(tx, "p", NOW).version.id == "m1"
        with pytest.raises(ModelNotFound):
            activate_model(tx, "p", "m9", NOW)


def test_a_stale_etag_does_not_activate(database: Database) -> None:
    with database.write() as tx:
        insert_model(tx, model("m1"))
        before = get_project(tx, "p").etag
        activate_model(tx, "p", "m1", NOW, before)
        assert get_project(tx, "p").etag != before
        with pytest.raises(EtagMismatch):
            activate_model(tx, "p", "m1", NOW, before)


def test_operations_keep_progress_and_results(database: Database) -> None:
    image = EvaluatedImage("i0", 0.5, 0.6, 2, confidence=0.7)
    measured = {"metrics": {"f50": 0.25}, "ap50_by_category": {3: 0.2}}
    quality = Evaluation(Split.TEST, 0.1, 0.2, 0.3, 0.4, None, (image,), **measured)
    with database.write() as tx:
        for name in ("o1", "o2", "o3"):
            insert_operation(tx, operation(name))
        done = operation(
            "o1", state=OperationState.SUCCEEDED, progress=1.0, seconds=2.5, result_id="m1", result=quality
        )
        update_operation(tx, done)
        trained = operation(
            "o2", state=OperationState.RUNNING, eta_s=9.5, message="epoch 3", result=model("m1").version
        )
        update_operation(tx, trained)
        assert get_operation(tx, "o1") == done
        assert get_operation(tx, "o2") == trained
        assert [one.operation.id for one in unfinished_operations(tx)] == ["o2", "o3"]
        assert [one.operation.id for one in list_operations(tx, "p", PageRequest(2)).items] == ["o3", "o2"]
        assert list_operations(tx, "q", PageRequest()).items == ()
        assert find_operation(tx, "o9") is None
        with pytest.raises(OperationNotFound):
            get_operation(tx, "o9")


def test_a_repeated_request_is_answered_not_done(database: Database) -> None:
    done: list[int] = []

    def do() -> Campaign:
        done.append(1)
        return replace(CAMPAIGN, spent_s=1 / 3, spent_s_by_kind={FULL: 0.1})

    request = Request("r", "Verb", ("p", 1.5, FULL))
    for _ in range(3):
        with database.write() as tx:
            assert answer_once(tx, request, Campaign, do, NOW) == replace(
                CAMPAIGN, spent_s=1 / 3, spent_s_by_kind={FULL: 0.1}
            )
    assert done == [1]


@pytest.mark.parametrize(
    "other", [Request("r", "Verb", ("p", 2)), Request("r", "Other", ("p", 1)), Request("r", "Verb", ())]
)
def test_a_request_id_with_another_content_is_refused(database: Database, other: Request) -> None:
    with database.write() as tx:
        answer_once(tx, Request("r", "Verb", ("p", 1)), str, lambda: "answer", NOW)
        with pytest.raises(RequestIdReused, match="r was used"):
            answer_once(tx, other, str, lambda: "another", NOW)


def test_calls_without_request_id_are_done_each_time(database: Database) -> None:
    answers = iter("ab")
    with database.write() as tx:
        assert [answer_once(tx, Request("", "Verb", ()), str, lambda: next(answers), NOW) for _ in range(2)] == [
            "a",
            "b",
        ]


def test_a_request_id_has_a_length_limit() -> None:
    with pytest.raises(InvalidArgument, match="128"):
        Request("r" * 129, "Verb", ())


def test_a_failed_request_may_be_tried_again(database: Database) -> None:
    def fail() -> str:
        raise LabelNotFound("not yet")

    def ask() -> None:
        with database.write() as tx:
            answer_once(tx, Request("r", "Verb", ()), str, fail, NOW)

    with pytest.raises(LabelNotFound):
        ask()
    with database.write() as tx:
        assert answer_once(tx, Request("r", "Verb", ()), str, lambda: "now", NOW) == "now"


@pytest.mark.parametrize(("page_size", "page_token"), [(-1, ""), (1, "$$$"), (1, "/w"), (1, "_w"), (1, "AA"), (1, "é")])
def test_impossible_pages_are_refused(page_size: int, page_token: str) -> None:
    with pytest.raises(InvalidArgument):
        PageRequest.of(page_size, page_token)


def test_a_token_of_another_list_is_refused(database: Database) -> None:
    with database.read() as tx:
        token = list_images(tx, "p", None, PageRequest(1)).next_page_token
        with pytest.raises(InvalidArgument, match="page_token"):
            list_labels(tx, "p", PageRequest.of(1, token))


def test_page_sizes_are_coerced() -> None:
    assert [PageRequest.of(size, "").size for size in (0, 7, 5000)] == [100, 7, 1000]


def test_pool_counts_tell_what_is_known_of_images_that_are_not_labeled(database: Database) -> None:
    with database.write() as tx:
        first = counts_label("l1", "i0", {1: 2}, cost_s=4.5)
        insert_labels(tx, [first, counts_label("l2", "i1", {}), full_label("l3", "i2", 1)])
        insert_labels(tx, [counts_label("l4", "i0", {1: 3}, cost_s=0.5, supersedes="l1")])
    with database.read() as tx:
        known = {found.id: (counts, paid_s) for found, counts, paid_s in pool_counts(tx, "p")}
    assert known == {
        "i0": (Counts({1: 3}), 5.0),
        "i1": (Counts({}), 4.48),
        **{f"i{place}": (None, 0.0) for place in (3, 4, 5)},
    }


def test_rounds_are_told_by_what_their_models_gained(database: Database) -> None:
    """Two images bought by scores of m1, one of them never labeled; m2 is better by .2, m3 has bought nothing yet."""
    with database.write() as tx:
        for version, quality in (("m1", 0.4), ("m2", 0.6), ("m3", 0.7)):
            made = model(version)
            metrics = {"held_out_mean_iou": quality}
            insert_model(tx, replace(made, version=replace(made.version, metrics=metrics)))
        insert_batch(tx, batch("b1", "i0", "i1", model_version="m1"))
        set_pick_states(tx, get_batch(tx, "p", "b1"), ["i0"], PickState.LABELED)
        set_pick_states(tx, get_batch(tx, "p", "b1"), ["i1"], PickState.RELEASED)
    with database.read() as tx:
        (only,) = round_outcomes(tx, "p", "c")
        assert round_outcomes(tx, "p", "other") == ()
    assert (only.scores, only.seconds) == ((0.125,), 80.25)
    assert only.gain == pytest.approx(0.2)


def test_a_request_is_the_same_whatever_order_the_wire_gives_its_maps_in() -> None:
    options = {"diverse": "yes", "target": "0.5", "trust": "any"}
    turned = dict(reversed(options.items()))
    content, again = ((Strategy("mask_guided", one), (Counts({1: 2, 3: 4}),), one) for one in (options, turned))
    assert Request("r", "CreateCampaign", content).fingerprint == Request("r", "CreateCampaign", again).fingerprint
    other = (Strategy("mask_guided", options), (Counts({1: 4, 3: 2}),), options)
    assert Request("r", "CreateCampaign", content).fingerprint != Request("r", "CreateCampaign", other).fingerprint


def answer_label(label_id: str, image_id: str, category_id: int = 0, **options: object) -> Label:
    given = {"cost_s": 1.0, "annotator": "ann", "created_at": NOW, **options}
    return Label(label_id, "p", image_id, SupervisionKind.OOD_CHECK, answer=OodAnswer(category_id), **given)


def test_what_labels_say_is_in_an_image_is_told_by_the_best_of_them(database: Database) -> None:
    with database.write() as tx:
        insert_images(tx, [image(f"o{place}", Split.OOD) for place in range(4)])
        insert_labels(tx, [full_label("l1", "i0", 1, 3, 3), counts_label("l2", "i0", {2: 1}), full_label("l3", "i1")])
        insert_labels(tx, [counts_label("l4", "i2", {2: 4}), full_label("l5", "e0", 1), answer_label("l6", "o0")])
        insert_labels(tx, [answer_label("l7", "o1", 2), full_label("l8", "o2")])
        set_split(tx, "p", ["o1"], Split.POOL)
    with database.read() as tx:
        judged = {one.image.id: (one.image.split, one.categories) for one in judged_images(tx, "p")}
        assert judged == {
            "i0": (Split.POOL, {1, 3}),
            "i1": (Split.POOL, frozenset()),
            "i2": (Split.POOL, {2}),
            "o0": (Split.OOD, frozenset()),
            "o1": (Split.POOL, {2}),
            "o2": (Split.OOD, frozenset()),
        }
        assert {one.image.id: one.label_id for one in judged_images(tx, "p")} == {
            **{"i0": "l1", "i1": "l3", "i2": "l4"},
            **{"o0": "l6", "o1": "l7", "o2": "l8"},
        }
        assert [found.id for found in candidate_images(tx, "p")] == ["o3"]
        assert ood_answers(tx, "p") == {"o0": OodAnswer(), "o1": OodAnswer(2)}
        assert get_labels(tx, "p", ["l7"]) == [answer_label("l7", "o1", 2)]


def test_images_known_to_hold_nothing_are_those_that_counts_or_an_answer_and_no_full_label_call_empty(
    database: Database,
) -> None:
    with database.write() as tx:
        insert_images(tx, [image(f"o{place}", Split.OOD) for place in range(3)])
        insert_labels(tx, [counts_label("l1", "i0", {}), counts_label("l2", "i1", {2: 1}), full_label("l3", "i2")])
        insert_labels(tx, [counts_label("l4", "i3", {}), full_label("l5", "i3", 1), counts_label("l6", "e0", {})])
        insert_labels(tx, [answer_label("l7", "o0"), answer_label("l8", "o1"), answer_label("l9", "o2", 3)])
        insert_labels(tx, [answer_label("l10", "o1", 3, supersedes="l8")])
    with database.read() as tx:
        assert [(one.image.id, one.label_id) for one in empty_images(tx, "p")] == [("i0", "l1"), ("o0", "l7")]


def test_classifiers_are_registered_once_and_the_latest_is_found(database: Database) -> None:
    first = Classifier("k1", "p", "compact", 3, 20, 4, 100, 30, 7, {"recall": 0.5}, NOW, '{"size": 64}')
    second = replace(first, id="k2", candidates=80)
    with database.write() as tx:
        with pytest.raises(NoClassifier):
            get_classifier(tx, "p")
        for one in (first, first, second):
            insert_classifier(tx, one, f"classifiers/p/{one.id}")
    with database.read() as tx:
        assert get_classifier(tx, "p") == second
        assert get_classifier(tx, "p", "k1") == first
        with pytest.raises(ClassifierNotFound):
            get_classifier(tx, "p", "k3")
        with pytest.raises(ProjectNotFound):
            get_classifier(tx, "q")
