"""What leads ask of the page's server: a real server behind it, trainings of seconds, people who report their time."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from maskloop.client import Client
from maskloop.loop.reporting.live_report import LiveProject
from maskloop.values import (
    Category,
    FullLabel,
    ImageLevelLabel,
    LabelDraft,
    OperationKind,
    OperationState,
    Split,
    SupervisionKind,
)
from maskloop.web.access import Access
from maskloop.web.app import build
from maskloop.web.leading.routes import Lead
from maskloop.web.server_work import UNSEEN, ServerWork
from maskloop.web.threads import Threads
from maskloop.web.work import Wish, for_everybody
from tests.service.processes import ServerProcess
from tests.service.squares import TINY, imports, squares

pytestmark = pytest.mark.journey

WITHIN_S = 120
OUTLINE_S = 40.0
"""What a square takes ada; 79 s are planned for it, and one to look for the other class."""


class Page:
    """The page's application in this process; asks as a browser does."""

    def __init__(self, client: Client) -> None:
        def make_report(client: Client, project_id: str, campaign_id: str, folder: Path) -> None:
            LiveProject(client, project_id, campaign_id).write_report(folder, "maskloop report")

        threads = Threads()
        self.lead = Lead(for_everybody(client), make_report, threads)
        app = build(for_everybody(ServerWork(client)), Access(), more_routes=self.lead.routes(), threads=threads)
        self.http = TestClient(app, base_url="http://127.0.0.1")

    def get(self, path, status=200, project="p"):
        answer = self.http.get(f"/api/projects/{project}/lead/{path}")
        assert answer.status_code == status, answer.text
        return answer.json()

    def post(self, path, body=None, status=200, project="p"):
        answer = self.http.post(f"/api/projects/{project}/lead/{path}", json=body or {}, headers={"X-Maskloop": "1"})
        assert answer.status_code == status, answer.text
        return answer.json()


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with ServerProcess(tmp_path_factory.mktemp("server")) as running:
        yield running


@pytest.fixture(scope="module")
def page(server):
    made = Page(server.client)
    with made.http:
        yield made
    made.lead.close()


@pytest.fixture(scope="module")
def images(server):
    """Ada labels three images to learn from and one for testing, ben the classes of two; ben still holds two."""
    client = server.client
    client.create_project(project_id="p", categories=[Category(1, "square"), Category(2, "circle")])
    brought = imports(train=0, test=3, pool=12)
    objects = {name: shown for name, _, shown in squares(len(brought))}
    made = {image.id: image for image in client.import_images(project_id="p", images=brought)}
    client.create_campaign(project_id="p", campaign_id="c", budget="1000s", strategy="random")
    client.create_campaign(project_id="p", campaign_id="of-images", budget="5images", strategy="random")
    asked = {"project_id": "p", "campaign_id": "c"}
    for split, number in ((None, 3), (Split.TEST, 1)):
        batch = client.select_batch(annotator="ada", images=number, for_split=split, **asked)
        drafts = [
            LabelDraft(pick.image_id, FullLabel(objects[made[pick.image_id].file_name]), seconds_spent=OUTLINE_S)
            for pick in batch.picks
        ]
        client.submit_labels(project_id="p", annotator="ada", labels=drafts, batch_id=batch.id)
    batch = client.select_batch(annotator="ben", images=2, kind=SupervisionKind.IMAGE_LEVEL, **asked)
    drafts = [LabelDraft(pick.image_id, ImageLevelLabel((1,))) for pick in batch.picks]
    client.submit_labels(project_id="p", annotator="ben", labels=drafts, batch_id=batch.id)
    client.select_batch(annotator="ben", images=2, **asked)
    return made


@pytest.fixture(scope="module")
def trained(server, images):
    """The first network, which a round of the page then repeats."""
    asked = server.client.train_model(project_id="p", recipe="compact", overrides=TINY, seed=3)
    return server.client.wait_operation(asked).result_id


@pytest.fixture(scope="module")
def round_(page, trained):
    """A round from its beginning to its end, as the page follows it."""
    begun = page.post("round")
    assert [step["kind"] for step in begun["steps"]] == ["train", "score", "evaluate"]
    assert "running" in page.post("round", status=400)["error"]["message"]
    until = time.monotonic() + WITHIN_S
    while (standing := page.get("round")["round"])["state"] == "running" and time.monotonic() < until:
        time.sleep(0.1)
    return standing


def test_a_campaign_tells_what_was_planned_measured_and_charged_by_kind(page, images):
    answer = page.get("campaigns/c")
    campaign = answer["campaign"]
    kinds = {kind.pop("kind"): kind for kind in campaign["kinds"]}
    assert kinds["full"] == {
        "labels": 4, "planned_s": 4 * (79.0 + 1.0), "measured_s": 160.0, "charged_s": 160.0, "test_s": 40.0,
    }  # fmt: skip
    assert (kinds["image_level"]["labels"], kinds["image_level"]["measured_s"]) == (2, 0.0)
    spent = 160.0 + kinds["image_level"]["charged_s"]
    assert campaign["spent_s"] == pytest.approx(spent)
    assert (campaign["labeled_images"], campaign["test_images"], campaign["reserved_images"]) == (4, 1, 2)
    assert campaign["left_s"] == pytest.approx(1000 - spent - campaign["reserved_s"])
    assert [step["labeled_images"] for step in answer["steps"]] == [1, 2, 3, 4, 4, 4]
    assert answer["steps"][-1]["spent_s"] == pytest.approx(spent)


def test_a_budget_of_images_has_no_seconds_left(page, images):
    campaign = page.get("campaigns/of-images")["campaign"]
    assert (campaign["budget_s"], campaign["left_s"], campaign["left_images"], campaign["kinds"]) == (None, None, 5, [])


def test_a_budget_is_changed_and_never_below_what_is_spent(page, images):
    body = {"budget": "1h", "request_id": "b1"}
    assert page.post("campaigns/of-images/budget", {**body, "budget": "7images"})["budget_images"] == 7
    refused = page.post("campaigns/c/budget", {"budget": "10s", "request_id": "b2"}, status=400)
    assert "spent and promised" in refused["error"]["message"]
    assert (
        page.post("campaigns/c/budget", {"budget": "lots", "request_id": "b3"}, 400)["error"]["reason"]
        == "INVALID_BUDGET"
    )


def test_batches_tell_who_holds_what_and_what_people_have_done(page, images):
    answer = page.get("batches?campaign=c")
    held = [batch for batch in answer["batches"] if batch["states"]["open"]]
    assert [(batch["annotator"], batch["states"]["open"], batch["overdue"]) for batch in held] == [("ben", 2, False)]
    assert sorted(batch["for_test"] for batch in answer["batches"]) == [False, False, False, True]
    people = {each["annotator"]: each for each in answer["annotators"]}
    assert people["ada"]["by_kind"] == {"full": 4}
    assert (people["ada"]["timed"], people["ada"]["timed_s"], people["ada"]["held"]) == (4, 160.0, 0)
    assert (people["ben"]["labels"], people["ben"]["timed"], people["ben"]["held"]) == (2, 0, 2)
    assert "import" not in people


@pytest.mark.slow
def test_a_round_trains_scores_and_measures_one_version_after_the_newest_ones_recipe(page, server, round_, trained):
    assert (round_["state"], [step["state"] for step in round_["steps"]]) == ("succeeded", ["succeeded"] * 3)
    newest, before = server.client.list_models(project_id="p")
    assert before.id == trained
    assert (newest.config_json, newest.seed, newest.active) == (before.config_json, 3, True)
    answer = page.get("networks")
    assert [model["id"] for model in answer["models"]] == [newest.id, trained]
    assert set(answer["models"][0]["measures"]) == {"pq", "ap50", "mean_iou"}
    assert answer["models"][1]["measures"] == {}
    assert [(each["kind"], each["result"]) for each in answer["operations"][:3]] == [
        ("evaluate", newest.id), ("score", newest.id), ("train", newest.id),
    ]  # fmt: skip
    (network,) = page.get("campaigns/c")["networks"]
    assert (network["model_version"], network["labeled_images"]) == (newest.id, 3)


def test_the_gallery_shows_truth_beside_prediction_worst_first(page, round_):
    answer = page.get("gallery")
    true = [image["true_iou"] for image in answer["images"]]
    assert (answer["tested"], len(true), answer["next"]) == (4, 4, None)
    assert true == sorted(true)
    assert all(len(image["truths"]) == 1 and image["truths"][0]["category"] == 1 for image in answer["images"])
    assert page.get("gallery?first=99")["images"] == []
    assert page.get("gallery?first=-1", status=400)["error"]["field"] == "first"


def test_the_review_counts_labels_and_the_networks_that_did_not_learn_from_them(page, round_):
    answer = page.get("review")
    assert answer["labels"] == 7  # 3 test images came with theirs, ada made 4
    assert answer["predicted"] + answer["uncalibrated"] == 4  # the three that taught it have no prediction
    assert answer["agreement"] == []
    assert len(answer["sample"]) == 4  # ada's: nobody labeled the test images here


def test_networks_are_activated_and_rolled_back(page, server, round_, trained):
    newest = page.get("networks")["models"][0]["id"]
    assert page.post("activate", {"model_version": trained})["active"] == trained
    assert page.post("rollback")["active"] == newest
    assert page.post("activate", {"model_version": "none"}, status=404)["error"]["reason"] == "MODEL_NOT_FOUND"


def test_work_is_started_and_cancelled(page, server, round_):
    begun = page.post("work", {"kind": "train", "model_version": "", "request_id": "w1"})
    again = page.post("work", {"kind": "train", "model_version": "", "request_id": "w1"})
    assert begun["id"] == again["id"]
    page.post(f"work/{begun['id']}/cancel")
    page.post("work", {"kind": "classify", "model_version": "", "request_id": "w2"}, status=400)


def test_labels_are_downloaded(page, images):
    answer = page.http.get("/api/projects/p/lead/labels/full")
    assert answer.headers["content-disposition"] == 'attachment; filename="p-full-coco.json"'
    assert len(json.loads(answer.content)["annotations"]) == 7
    assert page.http.get("/api/projects/p/lead/labels/points").status_code == 200
    page.get("labels/counts", status=400)
    page.get("labels/nothing", status=400)


def test_the_report_is_that_of_the_command_and_nothing_in_it_runs(page, round_):
    page.get("campaigns/c/report/report.html", status=404)
    assert page.post("campaigns/c/report")["files"] == ["report.html", "report.csv", "report.json"]
    shown = page.http.get("/api/projects/p/lead/campaigns/c/report/report.html?view")
    assert shown.headers["content-security-policy"].startswith("sandbox; default-src 'none'")
    assert "script" not in shown.headers["content-security-policy"]
    kept = page.http.get("/api/projects/p/lead/campaigns/c/report/report.json")
    assert kept.headers["content-security-policy"].startswith("default-src 'self'")
    assert json.loads(kept.content)["spent_s_by_kind"]["full"] == 160.0
    page.get("campaigns/c/report/server.log", status=404)


def unscored(server, project_id):
    """A project whose active model has not seen the pool, and whose strategy needs that."""
    client = server.client
    client.create_project(project_id=project_id, categories=[Category(1, "square")])
    client.import_images(project_id=project_id, images=imports(4, 0, 4))
    client.create_campaign(project_id=project_id, campaign_id="c", budget="2h", strategy="entropy")
    client.wait_operation(client.train_model(project_id=project_id, recipe="compact", overrides=TINY))
    return client, ServerWork(client)


def test_people_get_images_at_once_where_the_network_has_not_seen_the_pool(server):
    client, work = unscored(server, "unscored")
    batches = [work.lease("unscored", Wish(name, "c", None, 1, f"of {name}")) for name in ("ann", "bob")]
    assert len({pick.image_id for batch in batches for pick in batch.picks}) == 2
    assert batches[0].fallback == UNSEEN
    kinds = [each.kind for each in client.list_operations(project_id="unscored")]
    assert kinds == [OperationKind.SCORE, OperationKind.TRAIN]


def test_what_was_cancelled_is_begun_anew_when_it_is_missing_again(server):
    client, work = unscored(server, "again")
    work.lease("again", Wish("ann", "c", None, 1, "of ann"))
    first = next(client.list_operations(project_id="again"))
    client.cancel_operation(operation_id=first.id)
    was_cancelled = client.get_operation(operation_id=first.id).state is OperationState.CANCELLED  # or it was done
    assert work.lease("again", Wish("bob", "c", None, 1, "of bob")).picks
    newest = next(client.list_operations(project_id="again"))
    assert (newest.kind, newest.id != first.id) == (OperationKind.SCORE, was_cancelled)
