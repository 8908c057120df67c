"""Whatever is asked of the page is answered in words: every route, by odd ids and odd documents."""

from __future__ import annotations

import json
import re
import socket
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.routing import Route
from starlette.testclient import TestClient

from maskloop.client import Client, Retry
from maskloop.web.access import Access
from maskloop.web.app import build
from maskloop.web.leading.routes import Lead
from maskloop.web.server_work import ServerWork
from maskloop.web.threads import Threads
from maskloop.web.work import for_everybody
from tests.web.conftest import HERE, OURS

CAMPAIGN, NAME = "c", "ann"
BODIES = {
    "me": {"annotator": NAME},
    "sign-in": {"token": "x"},
    "batches": {"campaign": CAMPAIGN, "kind": "full", "images": 1, "request_id": "r"},
    "release": {"images": []},
    "skip": {"image": "i", "reason": "unsure"},
    "propose": {"prompts": [{"box": [0, 0, 5, 5], "points": [[1, 1, True]], "category": 1}], "model_version": ""},
    "project": {"name": "n", "classes": ["a"], "request_id": "r"},
    "campaigns": {"id": "c2", "budget": "1h", "strategy": "random", "seed": 0, "request_id": "r"},
    "budget": {"budget": "2h", "request_id": "r"},
    "activate": {"model_version": "m"},
    "work": {"kind": "evaluate", "model_version": "", "request_id": "r"},
}
"""What each route takes, by the last part of its path; the others take an empty object."""
CONTENTS = {
    "full": {"objects": [{"category": 1, "mask": {"height": 50, "width": 70, "rle": "0"}, "crowd": False,
                          "origin": None}], "review": None},
    "boxes": {"boxes": [{"category": 1, "box": [1, 1, 5, 5]}]},
    "points": {"points": [{"category": 1, "point": [1, 1]}]},
    "scribbles": {"scribbles": [{"category": 1, "path": [[1, 1], [2, 2]]}]},
    "counts": {"counts": [{"category": 1, "count": 2}]},
    "image_level": {"categories": [1]},
    "ood_check": {"category": 0},
}  # fmt: skip
WRONG = st.sampled_from(
    [None, True, -1, 1.5, 1e308, 10**30, 2**63, "", " ", "\0", "\ud800", "é😀", "x" * 3000, [], {}, [[]], [None], "-1h"]
)
ODD_IDS = [
    "", " ", ".", "..", "../..", "\0", "a/b", "a\\b", "é", "\u202e", "😀", "x" * 3000, "9" * 5000, "-1", "٣", "%",
    "a\nb", "a\r\nx: y", "/etc/passwd", "<script>", "'; DROP TABLE", "{", "\ud800",
]  # fmt: skip
NO_DOCUMENTS = [b"", b"{", b"\xff\xfe", b"[" * 50_000, b'{"a":1,"a":2}', b"NaN", b"1e999", b"9" * 5000, b'"\\ud800"']
TELLING = re.compile(r"/(tmp|work|usr|home|var|root)/|Traceback|\.py\b|site-packages|127\.0\.0\.1")


def whole(client):
    """The application with the routes of annotators and of leads, and these routes."""
    threads = Threads()
    lead = Lead(for_everybody(client), lambda *_: None, threads)
    app = build(for_everybody(ServerWork(client)), Access(), more_routes=lead.routes(), threads=threads)
    endless = "/events"
    routes = [each for each in app.routes if isinstance(each, Route) and not each.path.endswith(endless)]
    asked = [(each.path, method) for each in routes for method in sorted(each.methods - {"HEAD"})]
    return app, sorted(asked)


def documents(path):
    """A document that the route at this path takes, changed in one place or not at all."""
    last = path.rpartition("/")[2]
    if last == "labels":
        drafts = [
            {"image": "i", "kind": kind, "content": content, "seconds": 1.0, "supersedes": ""}
            for kind, content in CONTENTS.items()
        ]
        return st.sampled_from(drafts).flatmap(changed).map(
            lambda draft: {"batch": "", "request_id": "r", "labels": [draft]}
        )  # fmt: skip
    return changed(BODIES.get(last, {}))


def changed(value):
    """The value, something else in its place, or the same with one of its parts changed."""
    parts = [st.just(value), WRONG]
    if isinstance(value, dict):
        parts += [changed(inner).map(lambda new, name=name: {**value, name: new}) for name, inner in value.items()]
    elif isinstance(value, list):
        parts += [
            changed(inner).map(lambda new, place=place: [*value[:place], new, *value[place + 1 :]])
            for place, inner in enumerate(value)
        ]
    return st.one_of(parts)


def answered_in_words(answer):
    """Nothing of it tells of this machine, and what is no success says why."""
    assert answer.status_code < 500, answer.text
    if answer.status_code >= 400:
        assert answer.json()["error"]["message"]
    if answer.headers.get("content-type", "").startswith("application/json"):
        assert not TELLING.search(answer.text)


@pytest.fixture(scope="module")
def hostile(client):
    """An application before a server with one project, and what there is in it."""
    client.create_project(project_id="hostile", categories=["crack", "rust"])
    client.create_campaign(project_id="hostile", campaign_id=CAMPAIGN, budget="1h", strategy="random")
    app, routes = whole(client)
    with TestClient(app, base_url=HERE, follow_redirects=False) as http:
        http.post("/api/me", json={"annotator": NAME}, headers=OURS)
        yield http, routes


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(data=st.data())
def test_every_route_answers_in_words_whatever_it_is_asked(hostile, data):
    http, routes = hostile
    path, method = data.draw(st.sampled_from(routes))
    known = {"project": "hostile", "campaign": CAMPAIGN, "kind": "full", "name": "report.html"}

    def filled(field):
        odd = data.draw(st.sampled_from([None, None, *ODD_IDS]))
        return known.get(field[1], "0") if odd is None else quote(odd.encode("utf-8", "surrogatepass"), safe="")

    query = data.draw(st.sampled_from(["", "?first=-1", f"?first={'9' * 5000}", "?kind=%ff", "?campaign=%00", "?view"]))
    address = re.sub(r"{(\w+)}", filled, path) + query
    if method == "GET":
        answered_in_words(http.get(address))
        return
    content = data.draw(
        st.one_of(st.sampled_from(NO_DOCUMENTS), documents(path).map(lambda it: json.dumps(it).encode()))
    )
    kind = data.draw(st.sampled_from(["application/json", "application/json", "multipart/form-data; boundary=x", ""]))
    answered_in_words(http.request(method, address, content=content, headers={**OURS, "content-type": kind}))


def test_a_number_of_five_thousand_digits_leads_nowhere(hostile):
    http, _ = hostile
    for place in ("9" * 5000 + "/0/0", "0/-1/0", "0/0/x", "0/0/٣"):
        assert http.get(f"/api/projects/hostile/images/i/tiles/{place}").status_code == 404


def test_a_server_that_is_gone_is_told_in_words_by_every_route():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
    with Client(address, retry=Retry(patience_s=0)) as client:
        app, routes = whole(client)
        with TestClient(app, base_url=HERE, follow_redirects=False) as http:
            http.post("/api/me", json={"annotator": NAME}, headers=OURS)
            said = {}
            for path, method in routes:
                last = path.rpartition("/")[2]
                body = BODIES.get(last, {})
                if last == "labels" and method == "POST":
                    draft = {"image": "i", "kind": "counts", "content": {"counts": []}, "seconds": 1, "supersedes": ""}
                    body = {"batch": "", "request_id": "r", "labels": [draft]}
                place = re.sub(r"{(\w+)}", lambda field: "full" if field[1] == "kind" else "0", path)
                asked = None if method == "GET" else body
                query = "?kind=full" if last == "label" else ""
                answer = http.request(method, place + query, json=asked, headers=OURS)
                said[path, method] = answer.status_code
                if answer.status_code >= 400:
                    assert not TELLING.search(answer.text)
                    assert answer.json()["error"]["message"], path
    ours = ("/", "/label", "/lead", "/new", "/api/me", "/api/sign-in", "/api/lead/choices")
    asked = {each: status for each, status in said.items() if each[0] not in ours}
    assert set(asked.values()) <= {200, 400, 404, 503}
    assert sum(status == 503 for status in asked.values()) > len(asked) * 0.7, asked
