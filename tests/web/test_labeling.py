"""What annotators ask: each route on a real server, and each error in its words."""

import io
import re
from contextlib import ExitStack

import numpy as np
import pytest
from PIL import Image as Picture

from maskloop.client import Client, Retry
from maskloop.errors import Cancelled, InternalError, error_classes
from maskloop.masks import Mask
from maskloop.values import Split
from maskloop.web.access import Access
from maskloop.web.app import build
from maskloop.web.documents import mask_document
from maskloop.web.errors import STATUS, UNREACHED, error_document, without_paths
from maskloop.web.server_work import ServerWork
from maskloop.web.work import for_everybody
from tests.web.conftest import HEIGHT, LEASE, OURS, WIDTH, Browser, photo


def reason(answer):
    return answer.json()["error"]["reason"]


def square(x=10, y=5, side=8):
    pixels = np.zeros((HEIGHT, WIDTH), bool)
    pixels[y : y + side, x : x + side] = True
    return mask_document(Mask.from_array(pixels))


def outlined(*categories):
    objects = [{"category": each, "mask": square(), "crowd": False, "origin": None} for each in categories]
    return {"objects": objects, "review": None}


def draft(image, content, kind="full", seconds=None, supersedes=""):
    return {"image": image, "kind": kind, "content": content, "seconds": seconds, "supersedes": supersedes}


def hand_in(browser, page, *drafts, batch="", request_id="hand-in"):
    body = {"batch": batch, "request_id": f"{page.project}-{request_id}", "labels": list(drafts)}
    return browser.post(f"{page.path}/labels", body)


def images_of(batch):
    return [pick["image"]["id"] for pick in batch["picks"]]


@pytest.fixture
def ann(page):
    page.import_images(3)
    return page.browser("ann")


def test_projects_and_their_vocabulary(page, ann):
    assert {"id": page.project, "name": "Bridges"} in ann.get("/api/projects").json()["projects"]
    page.client.create_campaign(project_id=page.project, campaign_id="spring", budget="1h", strategy="random")
    assert ann.get(page.path).json() == {
        "id": page.project,
        "name": "Bridges",
        "categories": [{"id": 1, "name": "crack"}, {"id": 2, "name": "rust"}],
        "campaigns": ["spring"],
        "active_model": "",
    }


def test_from_a_lease_to_a_label_on_record(page, ann):
    batch = page.lease(ann)
    assert (batch["project"], batch["annotator"], batch["kind"]) == (page.project, "ann", "full")
    assert (batch["assist"], batch["for_test"], batch["exhausted"]) == ("none", False, False)
    assert 3500 < batch["expires_at"] - batch["now"] < 3700
    first, second = images_of(batch)
    assert batch["picks"][0]["image"]["width"] == WIDTH
    sheet = ann.get(f"{page.path}/batches/{batch['id']}/images/{first}").json()
    assert sheet == {
        "image": batch["picks"][0]["image"],
        "proposals": [],
        "model_version": "",
        "uncalibrated": False,
        "label": None,
    }
    answer = hand_in(ann, page, draft(first, outlined(1, 2), seconds=12.5), batch=batch["id"])
    (label,) = answer.json()["labels"]
    assert (label["image"], label["annotator"], label["charged_s"]) == (first, "ann", 12.5)
    assert label["content"] == outlined(1, 2)
    assert ann.get(f"{page.path}/images/{first}/label?kind=full").json() == {"label": label}
    assert ann.get(f"{page.path}/images/{second}/label?kind=full").json() == {"label": None}
    assert ann.get(f"{page.path}/batches/{batch['id']}/images/{first}").json()["label"] == label
    assert images_of(ann.get(f"{page.path}/batches/{batch['id']}").json()) == [second]
    assert images_of(page.lease(ann)) == [second]  # what is held comes back


def test_a_label_that_is_sent_twice_is_kept_once(page, ann):
    batch = page.lease(ann)
    drafts = [draft(image, outlined(1)) for image in images_of(batch)]
    first = hand_in(ann, page, *drafts, batch=batch["id"])
    again = hand_in(ann, page, *drafts, batch=batch["id"])
    assert first.status_code == again.status_code == 200
    assert first.json() == again.json()
    assert len(list(page.client.list_labels(project_id=page.project))) == 2
    other = hand_in(ann, page, draft(images_of(batch)[0], outlined(2)), batch=batch["id"])
    assert (other.status_code, reason(other)) == (400, "REQUEST_ID_REUSED")


def test_labels_are_taken_all_or_none(page, ann):
    first, second = images_of(batch := page.lease(ann))
    answer = hand_in(ann, page, draft(first, outlined(1)), draft(second, outlined(7)), batch=batch["id"])
    assert (answer.status_code, reason(answer)) == (400, "INVALID_LABEL")
    assert "no category 7" in answer.json()["error"]["message"]
    assert not list(page.client.list_labels(project_id=page.project))


def test_a_lease_that_somebody_else_has_by_now_is_told_and_nothing_is_kept(page, ann):
    batch = page.lease(ann, images=3)
    first = images_of(batch)[0]
    page.client.release_batch(project_id=page.project, batch_id=batch["id"], annotator="ann", for_later=True)
    bob = page.browser("bob")
    assert first in images_of(page.lease(bob, images=3))
    answer = hand_in(ann, page, draft(first, outlined(1)), batch=batch["id"])
    assert (answer.status_code, reason(answer)) == (400, "LEASE_LOST")
    answer = hand_in(ann, page, draft(first, outlined(1)), request_id="without its batch")
    assert (answer.status_code, reason(answer)) == (403, "FOREIGN_LEASE")
    renewed = ann.post(f"{page.path}/batches/{batch['id']}/renew", {})
    assert (renewed.status_code, reason(renewed)) == (400, "LEASE_LOST")
    assert not list(page.client.list_labels(project_id=page.project))


def test_a_lease_that_was_given_back_is_lost(page, ann):
    batch = page.lease(ann)
    assert ann.post(f"{page.path}/batches/{batch['id']}/release", {"images": images_of(batch)[:1]}).json() == {}
    assert images_of(ann.get(f"{page.path}/batches/{batch['id']}").json()) == images_of(batch)[1:]
    answer = hand_in(ann, page, draft(images_of(batch)[0], outlined(1)), batch=batch["id"])
    assert (answer.status_code, reason(answer)) == (400, "LEASE_LOST")


def test_what_expired_is_offered_again_as_long_as_nobody_else_has_it(page, ann):
    batch = page.lease(ann)
    page.client.release_batch(project_id=page.project, batch_id=batch["id"], annotator="ann", for_later=True)
    assert images_of(ann.get(f"{page.path}/batches/{batch['id']}").json()) == []
    renewed = ann.post(f"{page.path}/batches/{batch['id']}/renew", {}).json()
    assert images_of(renewed) == images_of(batch)
    assert renewed["expires_at"] >= batch["expires_at"]


@pytest.mark.parametrize("what", ["", "/renew", "/release", "/skip", "/images/{image}"])
def test_anothers_batch_is_told_by_its_holder(page, ann, what):
    batch = page.lease(ann)
    image = images_of(batch)[0]
    bob, path = page.browser("bob"), f"{page.path}/batches/{batch['id']}{what.format(image=image)}"
    bodies = {"/renew": {}, "/release": {"images": []}, "/skip": {"image": image, "reason": "unsure"}}
    answer = bob.post(path, bodies[what]) if what in bodies else bob.get(path)
    assert (answer.status_code, reason(answer)) == (403, "FOREIGN_LEASE")
    assert "leased to ann, not to bob" in answer.json()["error"]["message"]
    assert images_of(ann.get(f"{page.path}/batches/{batch['id']}").json()) == images_of(batch)


def test_an_image_that_is_skipped_does_not_come_again(page, ann):
    batch = page.lease(ann, images=3)
    first, *others = images_of(batch)
    path = f"{page.path}/batches/{batch['id']}/skip"
    assert ann.post(path, {"image": first, "reason": "unusable"}).json() == {}
    assert images_of(page.lease(ann, images=3)) == others
    for reason_ in ("over_budget", "dull"):
        assert ann.post(path, {"image": others[0], "reason": reason_}).status_code == 400


KINDS = {
    "full": outlined(2),
    "boxes": {"boxes": [{"category": 1, "box": [1.5, 2.0, 10.0, 12.25]}]},
    "points": {"points": [{"category": 2, "point": [3.5, 4.0]}]},
    "scribbles": {
        "scribbles": [{"category": 0, "path": [[1.0, 1.0], [5.0, 5.0]]}, {"category": 1, "path": [[9.0, 9.0]]}]
    },
    "counts": {"counts": [{"category": 1, "count": 3}]},
    "image_level": {"categories": [1, 2]},
    "ood_check": {"category": 0},
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_kept_as_it_was_said(page, kind):
    (image,) = page.import_images(1, Split.OOD if kind == "ood_check" else Split.POOL)
    browser = page.browser()
    answer = hand_in(browser, page, draft(image, KINDS[kind], kind))
    assert answer.status_code == 200, answer.text
    (label,) = answer.json()["labels"]
    assert (label["kind"], label["content"]) == (kind, KINDS[kind])
    assert browser.get(f"{page.path}/images/{image}/label?kind={kind}").json()["label"] == label


@pytest.mark.parametrize("kind", ["boxes", "points", "scribbles", "counts", "image_level"])
def test_a_kind_that_is_asked_for_is_leased(page, ann, kind):
    assert page.lease(ann, kind=kind)["kind"] == kind
    assert page.lease(ann)["kind"] == kind  # whatever there is: first what is held


def test_a_correction_names_the_label_that_it_corrects(page, ann):
    image = images_of(batch := page.lease(ann))[0]
    (label,) = hand_in(ann, page, draft(image, outlined(1)), batch=batch["id"]).json()["labels"]
    without = hand_in(ann, page, draft(image, outlined(2)), request_id="again")
    assert (without.status_code, reason(without)) == (409, "ALREADY_EXISTS")
    corrected = hand_in(ann, page, draft(image, outlined(2), supersedes=label["id"]), request_id="mended")
    assert corrected.status_code == 200
    assert ann.get(f"{page.path}/images/{image}/label?kind=full").json()["label"]["content"] == outlined(2)


def test_tiles_are_the_image_and_are_kept_for_ever(page, ann):
    image = images_of(page.lease(ann))[0]
    name = next(each.file_name for each in page.client.list_images(project_id=page.project) if each.id == image)
    answer = ann.get(f"{page.path}/images/{image}/tiles/0/0/0")
    assert answer.headers["content-type"] == "image/jpeg"
    assert answer.headers["cache-control"] == "private, max-age=31536000, immutable"
    place = int(re.search(r"\d+", name)[0])
    seen, there = (np.asarray(Picture.open(io.BytesIO(data))) for data in (answer.content, photo(place)))
    assert np.abs(seen.astype(int) - there).mean() < 12  # of noise, which JPEG keeps badly
    for wrong in ("0/1/0", "1/0/0", "0/0/-1", "x/0/0"):
        assert ann.get(f"{page.path}/images/{image}/tiles/{wrong}").status_code == 404
    assert reason(ann.get(f"{page.path}/images/none/tiles/0/0/0")) == "IMAGE_NOT_FOUND"


def test_prompts_need_a_network_and_their_place(page, ann):
    path = f"{page.path}/images/{page.import_images(1)[0]}/propose"
    good = {"box": [1, 2, 3, 4], "points": [], "category": 0}
    answer = ann.post(path, {"prompts": [good], "model_version": ""})
    assert (answer.status_code, reason(answer)) == (400, "NO_ACTIVE_MODEL")
    answer = ann.post(path, {"prompts": [good, {**good, "box": None}], "model_version": ""})
    assert (answer.status_code, reason(answer)) == (400, "INVALID_PROMPT")
    assert answer.json()["error"]["field"] == "prompts[1]"


def test_a_window_says_who_is_before_it_whatever_name_another_window_said_since(page):
    browser = page.browser("ann")
    page.import_images(4)
    zoe = {**OURS, "X-Maskloop-Annotator": "Zo%C3%AB"}
    batch = browser.post(f"{page.path}/batches", {**LEASE, "request_id": "r1"}, headers=zoe).json()
    assert batch["annotator"] == "Zoë"
    assert page.lease(browser)["annotator"] == "ann"
    renewal = f"{page.path}/batches/{batch['id']}/renew"
    assert browser.post(renewal, {}).status_code == 403
    assert browser.post(renewal, {}, headers=zoe).status_code == 200
    nameless = {**OURS, "X-Maskloop-Annotator": "%00"}
    assert browser.post(renewal, {}, headers=nameless).status_code == 400


def test_nobody_labels_without_a_name(page):
    page.import_images(1)
    nobody = page.browser("")
    body = {"campaign": "", "kind": "", "images": 1, "request_id": "r"}
    for answer in (nobody.post(f"{page.path}/batches", body), hand_in(nobody, page)):
        assert answer.status_code == 400
        assert answer.json()["error"]["field"] == "annotator"


WRONG = {
    "another field": {"campaign": "", "kind": "", "images": 1, "request_id": "r", "seconds": 5},
    "no field": {"campaign": "", "kind": "", "images": 1},
    "no kind": {"campaign": "", "kind": "best", "images": 1, "request_id": "r"},
    "no image": {"campaign": "", "kind": "", "images": 0, "request_id": "r"},
    "too many": {"campaign": "", "kind": "", "images": 101, "request_id": "r"},
    "no request": {"campaign": "", "kind": "", "images": 1, "request_id": ""},
    "a list": [],
}


@pytest.mark.parametrize("body", WRONG.values(), ids=WRONG)
def test_a_wish_that_is_none_is_refused(page, ann, body):
    assert ann.post(f"{page.path}/batches", body).status_code == 400


def test_what_there_is_not_is_not_found(page, ann):
    assert reason(ann.get("/api/projects/none")) == "PROJECT_NOT_FOUND"
    assert reason(ann.get(f"{page.path}/batches/none")) == "BATCH_NOT_FOUND"
    assert ann.get("/api/none").status_code == 404
    assert ann.post("/api/projects", {}).status_code == 405


def test_pages_and_static_files(page):
    browser = page.browser("")
    for path in ("/", "/label", "/lead", "/new"):
        answer = browser.get(path)
        assert answer.headers["content-type"] == "text/html; charset=utf-8"
        assert "<script>" not in answer.text
        assert " style=" not in answer.text
    script = browser.get("/static/core/wire.js")
    assert script.headers["content-type"].startswith(("text/javascript", "application/javascript"))
    assert script.headers["cache-control"] == "no-cache"
    again = browser.get("/static/core/wire.js", headers={"if-none-match": script.headers["etag"]})
    assert again.status_code == 304
    for path in ("/static/../app.py", "/static/%2e%2e/app.py", "/static/"):
        assert browser.get(path).status_code == 404


def test_a_run_has_no_pages_for_leads(page):
    browser = page.browser("", is_run=True)
    assert browser.get("/api/me").json()["is_run"] is True
    assert [browser.get(path).status_code for path in ("/", "/label", "/lead", "/new")] == [200, 200, 404, 404]


def test_a_server_that_is_not_there_is_told_without_its_address(tmp_path):
    address = f"unix:{tmp_path / 'nobody.sock'}"
    with ExitStack() as stack:
        client = stack.enter_context(Client(address, retry=Retry(patience_s=0)))
        browser = Browser(build(for_everybody(ServerWork(client)), Access()), "ann")
        answer = browser.get("/api/projects")
    assert (answer.status_code, reason(answer)) == (503, "UNAVAILABLE")
    assert "cannot be reached" in answer.json()["error"]["message"]
    assert "sock" not in answer.text


def test_a_fault_of_ours_is_told_by_a_number(page, caplog):
    from starlette.routing import Route

    async def fail(request):
        raise ValueError("/etc/secret")

    browser = page.browser("", more_routes=[Route("/api/fail", fail)])
    answer = browser.get("/api/fail")
    assert (answer.status_code, reason(answer)) == (500, "INTERNAL_ERROR")
    incident = re.search("incident ([0-9a-f]{12})", answer.text)[1]
    assert "secret" not in answer.text
    assert incident in caplog.text


@pytest.mark.parametrize("error_class", error_classes().values())
def test_every_error_has_its_status_and_its_reason(error_class):
    error = error_class("in words", field="a.b", retry_after_s=2.0)
    assert STATUS[error.code] >= 400
    told = error_document(error)["error"]
    assert told["reason"] == error.reason
    assert told["message"] == UNREACHED.get(error_class, "in words")
    assert (told["field"], told["retry_after_s"]) == ("a.b", 2.0)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("cannot read /srv/data/a.png: no", "cannot read a.png: no"),
        ("file:///srv/data/a.png is gone", "a.png is gone"),
        ("the server at unix:/tmp/m/x.sock, which", "the server at x.sock, which"),
        ("'/srv/x/y.png' and \"/srv/z.png\"", "'y.png' and \"z.png\""),
        ("1/2 of a/b.png, and/or 5 px/s", "1/2 of a/b.png, and/or 5 px/s"),
        ("image sub/a.png has 3 x 4", "image sub/a.png has 3 x 4"),
    ],
)
def test_paths_of_this_machine_stay_on_it(text, told):
    assert without_paths(text) == told


def test_errors_hide_paths_in_fields_too():
    told = error_document(Cancelled("stopped", field="/srv/data/a.png"))["error"]
    assert told["field"] == "a.png"
    assert STATUS[InternalError.code] == 500
