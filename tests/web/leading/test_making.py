"""A project and a campaign made from uploaded photographs, on a real server in this process."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient

from maskloop.client import Client
from maskloop.values import Split, SupervisionKind
from maskloop.web.access import Access
from maskloop.web.app import build
from maskloop.web.leading.routes import Lead
from maskloop.web.server_work import ServerWork
from maskloop.web.threads import Threads
from maskloop.web.work import for_everybody
from tests.service.desks import png
from tests.service.wire import Edge

CHANGES = {"X-Maskloop": "1"}


class Maker:
    """A browser that makes a campaign."""

    def __init__(self, client):
        self.client = client
        threads = Threads()
        lead = Lead(for_everybody(client), lambda *_: None, threads)
        app = build(for_everybody(ServerWork(client)), Access(), more_routes=lead.routes(), threads=threads)
        self.http = TestClient(app, base_url="http://127.0.0.1")

    def post(self, path, body, status=200, project="bridge"):
        answer = self.http.post(f"/api/projects/{project}/{path}", json=body, headers=CHANGES)
        assert answer.status_code == status, answer.text
        return answer.json()

    def make_project(self, classes=("crack", "rust"), status=200, request_id="p1"):
        body = {"name": "The bridge", "classes": list(classes), "request_id": request_id}
        return self.post("lead/project", body, status)

    def make_campaign(self, status=200, **wish):
        body = {"id": "c", "budget": "8h", "strategy": "mask_guided", "seed": 3, "request_id": "c1", **wish}
        return self.post("lead/campaigns", body, status)

    def upload(self, files, status=200, headers=CHANGES):
        parts = [("images", (name, data)) for name, data in files.items()]
        answer = self.http.post("/api/projects/bridge/lead/images", files=parts, headers=headers)
        assert answer.status_code == status, answer.text
        return answer.json()


@pytest.fixture
def maker(tmp_path):
    with Edge(tmp_path) as edge, Client(edge.address) as client:
        made = Maker(client)
        with made.http:
            yield made


def test_photographs_become_the_pool_of_a_project_under_their_paths(maker):
    assert maker.make_project() == {"id": "bridge"}
    assert maker.make_project() == {"id": "bridge"}  # sent twice
    assert maker.upload({"deck/a.png": png(1), "b.png": png(2)}) == {"taken": 2, "refused": []}
    assert maker.upload({"b.png": png(2)}) == {"taken": 1, "refused": []}
    images = maker.client.list_images(project_id="bridge")
    assert sorted((image.file_name, image.split) for image in images) == [
        ("b.png", Split.POOL),
        ("deck/a.png", Split.POOL),
    ]
    project = maker.client.get_project(project_id="bridge")
    assert (project.display_name, [each.name for each in project.categories]) == ("The bridge", ["crack", "rust"])


def test_what_cannot_be_taken_is_named_with_why_and_the_others_are_taken(maker):
    maker.make_project()
    maker.upload({"a.png": png(1)})
    bad = {"a.png": png(9), "broken.jpg": b"no picture", "../out.png": png(3), "long/" + "x" * 260: png(5)}
    answer = maker.upload({**bad, "c.png": png(4)})
    why = dict(answer["refused"])
    assert answer["taken"] == 1
    assert set(why) == set(bad)
    assert "below a folder" in why["../out.png"]
    assert "none of JPEG" in why["broken.jpg"]
    assert "265 characters" in why["long/" + "x" * 260]
    assert sorted(image.file_name for image in maker.client.list_images(project_id="bridge")) == ["a.png", "c.png"]


def test_a_campaign_is_made_as_it_was_wished_for(maker):
    maker.make_project()
    assert maker.make_campaign() == {"id": "c"}
    campaign = maker.client.get_campaign(project_id="bridge", campaign_id="c")
    assert (campaign.budget.seconds, str(campaign.strategy), campaign.seed) == (28_800.0, "mask_guided", 3)


@pytest.mark.parametrize(
    ("wish", "reason"),
    [
        ({"budget": "much"}, "INVALID_BUDGET"),
        ({"strategy": "best"}, "INVALID_ARGUMENT"),
        ({"seed": 1.5}, "INVALID_ARGUMENT"),
        ({"id": "../c"}, "INVALID_ARGUMENT"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_made(maker, wish, reason):
    maker.make_project()
    assert maker.make_campaign(status=400, **wish)["error"]["reason"] == reason
    assert list(maker.client.list_campaigns(project_id="bridge")) == []


def test_a_project_needs_classes_each_once_and_an_id_of_its_own(maker):
    assert maker.make_project(classes=[], status=400)["error"]["field"] == "classes"
    assert "twice" in maker.make_project(classes=["a", "a"], status=400)["error"]["message"]
    maker.make_project()
    assert maker.make_project(request_id="p2", status=409)["error"]["reason"] == "ALREADY_EXISTS"


def test_another_site_brings_nothing_in(maker):
    maker.make_project()
    maker.upload({"a.png": png(1)}, status=403, headers={})
    maker.upload({"a.png": png(1)}, status=403, headers={**CHANGES, "Origin": "https://elsewhere.example"})
    assert list(maker.client.list_images(project_id="bridge")) == []


def test_images_are_leased_for_testing_where_that_is_wished_for(maker):
    maker.make_project()
    maker.upload({f"{place}.png": png(place) for place in range(4)})
    maker.make_campaign()
    maker.http.post("/api/me", json={"annotator": "ada"}, headers=CHANGES)
    wish = {"campaign": "c", "kind": SupervisionKind.FULL.value, "images": 2, "request_id": "l1"}
    assert maker.post("batches", {**wish, "for_test": True})["for_test"] is True
    assert maker.post("batches", {**wish, "request_id": "l2"})["for_test"] is False
    maker.post("batches", {**wish, "request_id": "l3", "for_test": "yes"}, status=400)


def test_there_is_something_to_choose_from(maker):
    choices = maker.http.get("/api/lead/choices").json()
    names = [each["name"] for each in choices["strategies"]]
    assert choices["default_strategy"] in names
    assert {"random", "mask_guided"} <= set(names)
    assert "hard_ood" not in names  # chooses candidate OoD images, which a folder of photographs has not
    assert {".jpg", ".png", ".psd"} <= set(choices["suffixes"])
