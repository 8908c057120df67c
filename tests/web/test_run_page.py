"""A run's page over HTTP, as browsers see it."""

import httpx
import pytest

from maskloop.values import FullLabel, LabelDraft
from maskloop.web.access import Access
from maskloop.web.documents import draft_document
from maskloop.web.running.page import run_page
from maskloop.web.serve import Place
from tests.web.running import FULL, Run, square, task

TOKEN = "a token of many letters"


@pytest.fixture
def run(tmp_path):
    return Run(tmp_path / "web")


@pytest.fixture
def browser(run):
    with (
        run_page(run.tasks, Place(), Access()) as address,
        httpx.Client(base_url=address, headers={"X-Maskloop": "1"}) as client,
    ):
        client.post("/api/me", json={"annotator": "ada"})
        yield client


def ask(browser):
    wish = {"campaign": "", "kind": "", "images": 2, "request_id": "r"}
    return browser.post("/api/projects/p/batches", json=wish).json()


def test_a_run_s_page_has_one_project_and_no_page_for_leads(browser):
    assert browser.get("/api/me").json() == {
        "annotator": "ada",
        "needs_token": False,
        "signed_in": True,
        "has_own_token": False,
        "may_lead": True,
        "may_create": True,
        "is_run": True,
    }
    assert browser.get("/api/projects").json() == {"projects": [{"id": "p", "name": "bridges"}]}
    assert browser.get("/lead?project=p").status_code == 404


def test_images_come_when_the_run_asks_for_them_and_labels_are_kept(run, browser):
    batch = ask(browser)
    assert (batch["id"], batch["picks"], batch["exhausted"]) == ("", [], False)
    assert "come in a moment" in batch["fallback"]
    run.tasks.offer(task("a", "b", "c"))
    batch = ask(browser)
    assert [pick["image"]["name"] for pick in batch["picks"]] == ["a.png", "b.png"]
    draft = draft_document(LabelDraft("id-a", FullLabel((square(),)), 12.5))
    asked = {"batch": batch["id"], "request_id": "r1", "labels": [draft]}
    first, again = (browser.post("/api/projects/p/labels", json=asked).json() for _ in range(2))
    assert first == again
    assert first["labels"][0]["charged_s"] == 12.5
    assert run.again().work.label("p", "id-a", FULL).content == FullLabel((square(),))


def test_what_is_refused_is_told_in_words(run, browser):
    run.tasks.offer(task("a", "b"))
    ask(browser)
    browser.post("/api/me", json={"annotator": "bob"})
    asked = {"batch": "", "request_id": "r1", "labels": [draft_document(LabelDraft("id-a", FullLabel()))]}
    refused = browser.post("/api/projects/p/labels", json=asked)
    assert refused.status_code == 403
    assert refused.json()["error"]["message"] == "a.png is in the hands of ada by now"
    prompt = {"box": [0, 0, 2, 2], "points": [], "category": 1}
    told = browser.post("/api/projects/p/images/id-a/propose", json={"prompts": [prompt], "model_version": ""})
    assert told.json()["error"]["reason"] == "UNSUPPORTED_PROMPTS"


def test_a_page_with_a_token_answers_those_who_have_it(run):
    with run_page(run.tasks, Place(), Access(TOKEN)) as address:
        asked = httpx.post(f"{address}api/projects/p/batches", json={}, headers={"X-Maskloop": "1"})
    assert asked.json()["error"]["reason"] == "UNAUTHENTICATED"
