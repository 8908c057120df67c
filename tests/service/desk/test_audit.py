"""Every change that is acknowledged is in the audit, once; nothing else is."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from maskloop.client import Client
from maskloop.client.wire import Retry
from maskloop.errors import AlreadyExists, MaskloopError
from maskloop.values import (
    Budget,
    Caller,
    Category,
    FullLabel,
    ImageImport,
    ImageScore,
    LabelDraft,
    ObjectLabel,
    Role,
    SkipReason,
    Split,
    Strategy,
    SupervisionKind,
)
from service.artifacts.admin_token import AdminToken
from service.desk.access import AccessDesk
from service.store import Database
from service.store.audit import CALLER, list_audit
from service.store.labels.labels import list_labels
from service.store.pagination import PageRequest
from tests.service.desks import CATEGORIES, Server, full_draft, mask, png
from tests.service.processes import ServerProcess

FULL = SupervisionKind.FULL


@pytest.fixture
def server(tmp_path):
    made = Server(tmp_path)
    made.create_project()
    made.import_pool(8)
    made.create_campaign(10_000.0)
    CALLER.set(Caller("lea", Role.LEAD, (), "t"))
    yield made
    made.database.close()


def entries(server, **wish):
    with server.database.read() as tx:
        return list_audit(tx, PageRequest(), **wish).items


def added(server, change):
    """What a change wrote, oldest first: method, project, annotator, subjects and number."""
    before = {entry.id for entry in entries(server)}
    change()
    new = [entry for entry in reversed(entries(server)) if entry.id not in before]
    assert {(entry.name, entry.token_id, entry.at) for entry in new} <= {("lea", "t", server.clock())}
    return [(entry.action, entry.project_id, entry.annotator, entry.subjects, entry.count) for entry in new]


def batch_of(server, annotator="ann", images=2):
    return server.campaigns.select_batch(
        project_id="p", campaign_id="c", annotator=annotator, kind=FULL, images=images, beside_held=True
    )


def test_what_was_made_before_anybody_showed_a_token_is_there_too(server):
    told = [(entry.action, entry.name, entry.count) for entry in reversed(entries(server))]
    assert told == [("CreateProject", "", 1), ("ImportImages", "", 8), ("CreateCampaign", "", 1)]


def test_labels_and_corrections_have_an_entry_each(server):
    batch = batch_of(server)
    first, second = (pick.image_id for pick in batch.picks)
    kept: list[str] = []
    drafts = [full_draft(first, 1), full_draft(second, 2)]
    submission = {"project_id": "p", "annotator": "ann", "batch_id": batch.id, "labels": drafts, "request_id": "r"}

    def submit():
        kept[:] = [label.id for label in server.labels.submit_labels(**submission).labels]

    of_batch = {"batch": batch.id, "campaign": "c"}
    assert added(server, submit) == [
        ("SubmitLabels", "p", "ann", {"image": first, "label": kept[0], **of_batch}, 1),
        ("SubmitLabels", "p", "ann", {"image": second, "label": kept[1], **of_batch}, 1),
    ]
    assert added(server, submit) == [], "the same request again changes nothing"
    correction = LabelDraft(first, FullLabel((ObjectLabel(3, mask(3)),)), supersedes=kept[0])
    (entry,) = added(server, lambda: server.labels.submit_labels(project_id="p", annotator="bob", labels=[correction]))
    assert entry[2:] == ("bob", {**entry[3], "image": first, "corrected": kept[0], "campaign": "c"}, 1)


def test_what_is_refused_has_none(server):
    batch = batch_of(server)
    wrong = {"project_id": "p", "annotator": "ann", "batch_id": batch.id}
    refusals = [
        lambda: server.labels.submit_labels(**wrong, labels=[full_draft(batch.picks[0].image_id, 9)]),
        lambda: server.campaigns.release_batch(**{**wrong, "annotator": "bob"}),
        server.create_project,
        lambda: server.create_campaign(10_000.0),
        lambda: server.models.rollback_model(project_id="p"),
        lambda: server.campaigns.update_campaign_budget(project_id="p", campaign_id="c", budget=Budget(seconds=1.0)),
    ]
    for change in refusals:

        def refused(change=change):
            with pytest.raises(MaskloopError):
                change()

        assert added(server, refused) == []


def test_skipped_and_released_images(server):
    batch = batch_of(server, images=3)
    first = batch.picks[0].image_id
    own = {"project_id": "p", "batch_id": batch.id, "annotator": "ann"}
    of_batch = {"batch": batch.id, "campaign": "c"}
    assert added(server, lambda: server.campaigns.skip_image(**own, image_id=first, reason=SkipReason.UNSURE)) == [
        ("SkipImage", "p", "ann", {"image": first, **of_batch}, 1)
    ]
    assert added(server, lambda: server.campaigns.release_batch(**own)) == [("ReleaseBatch", "p", "ann", of_batch, 2)]
    assert added(server, lambda: server.campaigns.release_batch(**own)) == [], "nothing is left to give back"


def test_projects_classes_and_images(server):
    assert added(server, lambda: server.create_project("q")) == [("CreateProject", "q", "", {}, 1)]
    grown = [*CATEGORIES, Category(4, "stain")]

    def add():
        server.projects.add_categories(project_id="q", categories=grown)

    assert added(server, add) == [("AddCategories", "q", "", {}, 1)]
    assert added(server, add) == []
    assert added(server, lambda: server.import_pool(3, "q")) == [("ImportImages", "q", "", {}, 3)]
    assert added(server, lambda: server.import_pool(3, "q")) == []


def test_campaigns_and_budgets_and_the_one_that_begins_by_itself(server):
    of_two = {"budget": Budget(images=3), "strategy": Strategy("random"), "campaign_id": "two", "project_id": "p"}
    assert added(server, lambda: server.campaigns.create_campaign(**of_two)) == [
        ("CreateCampaign", "p", "", {"campaign": "two"}, 1)
    ]
    budget = {"project_id": "p", "campaign_id": "c", "budget": Budget(seconds=20_000.0)}
    assert added(server, lambda: server.campaigns.update_campaign_budget(**budget)) == [
        ("UpdateCampaignBudget", "p", "", {"campaign": "c"}, 1)
    ]
    server.create_project("q")
    server.import_pool(2, "q")

    def select():
        server.campaigns.select_batch(project_id="q", annotator="ann", kind=FULL, images=1)

    assert added(server, select) == [("SelectBatch", "q", "", {"campaign": "default"}, 1)]
    assert added(server, select) == []


def test_versions_that_are_activated_or_get_scores(server):
    image_ids = [image.id for image in server.projects.list_images(project_id="p").items]
    for version in ("m1", "m2"):
        server.add_model(dict.fromkeys(image_ids, 0.5), version)
    of_first = {"model_version": "m1"}

    def activate():
        server.models.activate_model(project_id="p", model_version="m1")

    assert added(server, activate) == [("ActivateModel", "p", "", of_first, 1)]
    assert added(server, lambda: server.models.rollback_model(project_id="p")) == [
        ("RollbackModel", "p", "", {"model_version": "m2"}, 1)
    ]
    scores = [ImageScore(image_id, 0.25) for image_id in image_ids[:2]]

    def import_scores():
        server.models.import_scores(project_id="p", model_version="m1", scores=scores)

    assert added(server, import_scores) == [("ImportScores", "p", "", of_first, 2)]
    thin = {"project_id": "p", "keep": 1}
    assert [entry[0] for entry in added(server, lambda: server.models.thin_models(**thin))] == ["ThinModels"]
    assert added(server, lambda: server.models.thin_models(**thin)) == []


@pytest.mark.slow
def test_a_server_that_is_killed_has_labels_and_their_entries_or_neither(tmp_path: Path):
    """Several people hand labels in while the server is killed; those who had an answer find their label there."""
    answered: list[str] = []
    with ServerProcess(tmp_path / "data") as server:
        client = server.client
        client.create_project(project_id="p", categories=CATEGORIES)
        client.create_campaign(
            project_id="p", campaign_id="c", budget=Budget(seconds=1e6), strategy=Strategy("random"), seed=0
        )
        imports = [ImageImport(f"{place}.png", Split.POOL, data=png(place)) for place in range(120)]
        client.import_images(project_id="p", images=imports)
        enough = threading.Event()

        def label(name: str) -> None:
            with Client(server.address, retry=Retry(patience_s=0)) as own:
                try:
                    while True:
                        batch = own.select_batch(project_id="p", campaign_id="c", annotator=name, kind=FULL, images=2)
                        drafts = [full_draft(pick.image_id, 1) for pick in batch.picks]
                        made = own.submit_labels(project_id="p", annotator=name, batch_id=batch.id, labels=drafts)
                        answered.extend(label.id for label in made)
                        if len(answered) > 20:
                            enough.set()
                except MaskloopError:
                    return

        people = [threading.Thread(target=label, args=(f"ann{number}",)) for number in range(4)]
        for person in people:
            person.start()
        assert enough.wait(30)
        server.process.kill()
        for person in people:
            person.join(60)
    database = Database(f"sqlite:///{tmp_path / 'data/maskloop.db'}")
    with database.read() as tx:
        kept = [label.id for label in list_labels(tx, "p", PageRequest(1000)).items]
        told = [entry.subjects["label"] for entry in list_audit(tx, PageRequest(1000), action="SubmitLabels").items]
    database.close()
    assert sorted(told) == sorted(kept)
    assert set(answered) <= set(kept)


def test_a_token_s_making_and_end(tmp_path):
    server = Server(tmp_path)
    server.create_project()
    desk = AccessDesk(
        database=server.database, admin=AdminToken(tmp_path / "a"), clock=server.clock, new_id=lambda: "token-1"
    )
    CALLER.set(Caller("lea", Role.LEAD, (), "t"))

    def make():
        desk.create_token(name="ann", role=Role.ANNOTATOR, project_ids=("p",), request_id="r")

    about = ("p", "", {"token": "token-1"}, 1)
    assert added(server, make) == [("CreateToken", *about)]
    desk._new_id = lambda: "token-2"

    def again():
        with pytest.raises(AlreadyExists):
            make()

    assert added(server, again) == []
    assert added(server, lambda: desk.withdraw_token(token_id="token-1")) == [("WithdrawToken", *about)]
    assert added(server, lambda: desk.withdraw_token(token_id="token-1")) == []
    server.database.close()
