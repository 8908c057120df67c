"""Who may do what: cell by cell, by requests as browsers and others send them."""

import http.cookies

import pytest
from starlette.responses import Response
from starlette.routing import Route
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from maskloop.address import is_loopback
from maskloop.errors import InvalidConfig, ResourceExhausted, Unauthenticated
from maskloop.web.access import LEAST_TOKEN, Access, Failures, read_token
from maskloop.web.guard import HEADERS
from tests.web.conftest import HERE, OURS, Browser

TOKEN = "correct-horse-battery"
FAR = "http://page.example"
ABOUT_ME = {"annotator": "ann"}


def reason(answer):
    return answer.json()["error"]["reason"]


def asked(page, *, token="", address=HERE, path="/api/projects", method="GET", headers=None, cookie=None):
    """The status of one request to a page with this token."""
    http = TestClient(page.app(Access(token)), base_url=address, follow_redirects=False)
    if cookie:
        http.headers["cookie"] = cookie
    return http.request(method, path, headers=headers or {}, json=ABOUT_ME if method == "POST" else None)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.1:8765", "localhost:1", "LOCALHOST", "[::1]:8765", "127.8.9.1"])
def test_without_a_token_this_machine_is_asked_by_its_own_names(page, host):
    assert asked(page, headers={"host": host}).status_code == 200


@pytest.mark.parametrize(
    "host",
    ["evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "10.0.0.1", "", "127.0.0.1@evil", "::1"],
)
@pytest.mark.parametrize("path", ["/", "/api/projects", "/api/me", "/static/core/wire.js"])
def test_and_by_no_other(page, host, path):
    answer = asked(page, path=path, headers={"host": host})
    assert (answer.status_code, reason(answer)) == (403, "PERMISSION_DENIED")


def test_with_a_token_the_page_may_have_any_name(page):
    assert asked(page, token=TOKEN, address=FAR, path="/api/me").json() == {
        "annotator": "",
        "needs_token": True,
        "signed_in": False,
        "has_own_token": False,
        "may_lead": False,
        "may_create": False,
        "is_run": False,
    }


CHANGES = {
    "ours": (OURS, 200),
    "ours, as browsers send it": ({**OURS, "origin": HERE, "sec-fetch-site": "same-origin"}, 200),
    "what speaks TLS for us": ({**OURS, "origin": HERE.replace("http", "https")}, 200),
    "without the header": ({"origin": HERE}, 403),
    "with another header": ({"x-maskloop": "0"}, 403),
    "a foreign site": ({**OURS, "origin": "http://evil.example"}, 403),
    "another port": ({**OURS, "origin": "http://127.0.0.1:8766"}, 403),
    "nobody": ({**OURS, "origin": "null"}, 403),
    "another site": ({**OURS, "sec-fetch-site": "cross-site"}, 403),
    "a sibling": ({**OURS, "sec-fetch-site": "same-site"}, 403),
    "a foreign host": ({**OURS, "host": "evil.example"}, 403),
}


@pytest.mark.parametrize(("headers", "status"), CHANGES.values(), ids=CHANGES)
def test_only_our_page_changes_anything(page, headers, status):
    answer = asked(page, path="/api/me", method="POST", headers=headers)
    assert answer.status_code == status
    assert ("set-cookie" in answer.headers) == (status == 200)


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "POST", "OPTIONS"])
def test_every_method_that_may_change_something_needs_the_header(page, method):
    assert asked(page, path="/api/projects", method=method).status_code == 403


@pytest.mark.parametrize(
    ("site", "status"), [("same-origin", 200), ("none", 200), ("same-site", 403), ("cross-site", 403)]
)
def test_no_other_site_reads_or_embeds(page, site, status):
    assert asked(page, headers={"sec-fetch-site": site}).status_code == status


def test_a_link_on_another_site_leads_to_the_page(page):
    assert asked(page, path="/", headers={"sec-fetch-site": "cross-site"}).status_code == 200


@pytest.mark.parametrize(
    ("path", "method", "status"),
    [
        ("/", "GET", 200),
        ("/static/core/wire.js", "GET", 200),
        ("/api/me", "GET", 200),
        ("/label", "GET", 303),
        ("/lead", "GET", 303),
        ("/new", "GET", 303),
        ("/api/me", "POST", 401),
        ("/api/projects", "GET", 401),
        ("/api/projects/p0/images/i/tiles/0/0/0", "GET", 401),
        ("/api/projects/p0/batches", "POST", 401),
        ("/api/projects/p0/labels", "POST", 401),
        ("/api/sign-in/", "POST", 401),
        ("/static/../api/projects", "GET", 401),
        ("/api/nothing", "GET", 401),
    ],
)
def test_who_has_not_shown_the_token_sees_the_first_page_and_no_more(page, path, method, status):
    answer = asked(page, token=TOKEN, path=path, method=method, headers=OURS)
    assert answer.status_code == status
    if status == 303:
        assert answer.headers["location"] == "/"
    if status == 401:
        assert reason(answer) == "UNAUTHENTICATED"


def test_the_token_opens_the_page_and_stays_out_of_the_cookie(page):
    browser = Browser(page.app(Access(TOKEN)), address=FAR)
    answer = browser.post("/api/sign-in", {"token": TOKEN})
    assert answer.status_code == 200
    said = answer.headers["set-cookie"].lower()
    assert all(part in said for part in ("httponly", "samesite=strict", "path=/"))
    assert TOKEN not in said
    assert browser.get("/api/projects").status_code == 200
    assert browser.post("/api/me", {"annotator": "Zoë, 2nd"}).status_code == 200
    assert browser.get("/api/me").json()["annotator"] == "Zoë, 2nd"


def test_a_wrong_token_opens_nothing(page):
    browser = Browser(page.app(Access(TOKEN)), address=FAR)
    for wrong in ("", TOKEN + " ", TOKEN.upper(), "\u00fc" * 20):
        answer = browser.post("/api/sign-in", {"token": wrong})
        assert (answer.status_code, reason(answer)) == (401, "UNAUTHENTICATED")
        assert "set-cookie" not in answer.headers
    assert browser.get("/api/projects").status_code == 401


def session(access):
    """The cookie of somebody who signed in."""
    response = Response()
    access.sign_in("10.0.0.1", access.token, response)
    cookie = http.cookies.SimpleCookie(response.headers["set-cookie"])
    ((name, morsel),) = cookie.items()
    return name, morsel.value


def test_a_session_ends_after_its_time_and_with_its_token(page, clock):
    clock.now = 1e9
    name, value = session(Access(TOKEN, clock=clock))
    issued, mark = value.split(".")
    tried = {
        "as it was": (TOKEN, value, 200),
        "of another token": ("another-token-than-that", value, 401),
        "later": (TOKEN, f"{int(issued) + 1}.{mark}", 401),
        "cut": (TOKEN, value[:-1], 401),
        "without a mark": (TOKEN, issued, 401),
        "no number": (TOKEN, f"x.{mark}", 401),
    }
    for what, (token, cookie, status) in tried.items():
        app = page.app(Access(token, clock=clock))
        http_ = TestClient(app, base_url=FAR, headers={"cookie": f"{name}={cookie}"})
        assert http_.get("/api/projects").status_code == status, what
    for passed_s, status in [(30 * 86_400 - 1, 200), (30 * 86_400, 401), (-1, 401)]:
        clock.now = 1e9 + passed_s
        app = page.app(Access(TOKEN, clock=clock))
        http_ = TestClient(app, base_url=FAR, headers={"cookie": f"{name}={value}"})
        assert http_.get("/api/projects").status_code == status, passed_s


def test_who_guesses_has_to_wait_and_nobody_else_does(clock):
    access = Access(TOKEN, failures=Failures(clock))
    for _ in range(10):
        with pytest.raises(Unauthenticated):
            access.sign_in("10.0.0.1", "guess", Response())
        clock.now += 1
    with pytest.raises(ResourceExhausted) as refused:
        access.sign_in("10.0.0.1", TOKEN, Response())
    assert refused.value.retry_after_s == 50
    access.sign_in("10.0.0.2", TOKEN, Response())
    clock.now += 50
    access.sign_in("10.0.0.1", TOKEN, Response())


def test_the_page_says_how_long_to_wait(page):
    browser = Browser(page.app(Access(TOKEN)), address=FAR)
    for _ in range(10):
        browser.post("/api/sign-in", {"token": "guess"})
    answer = browser.post("/api/sign-in", {"token": TOKEN})
    assert answer.status_code == 429
    assert 0 < int(answer.headers["retry-after"]) <= 60


def test_with_tls_cookies_never_travel_without(page):
    answer = Browser(page.app(Access(secure=True)), address="https://localhost").post("/api/me", ABOUT_ME)
    assert answer.headers["set-cookie"].startswith("__Host-maskloop-annotator=ann;")
    assert "; Secure" in answer.headers["set-cookie"]


@pytest.mark.parametrize(
    "path", ["/", "/api/me", "/api/projects/none", "/static/core/wire.js", "/static/none", "/none"]
)
@pytest.mark.parametrize("host", ["127.0.0.1", "evil.example"])
def test_every_answer_keeps_browsers_safe(page, path, host):
    answer = asked(page, path=path, headers={"host": host})
    for name, value in HEADERS.items():
        assert answer.headers[name] == value


def test_an_answer_may_have_a_policy_of_its_own(page):
    async def drawn(request):
        return Response("", headers={"content-security-policy": "sandbox"})

    http_ = TestClient(page.app(more_routes=[Route("/api/drawn", drawn)]), base_url=HERE)
    answer = http_.get("/api/drawn")
    assert answer.headers["content-security-policy"] == "sandbox"
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_no_script_and_no_style_stands_in_a_page():
    policy = dict(part.split(" ", 1) for part in HEADERS["content-security-policy"].split("; "))
    assert policy == {
        "default-src": "'self'",
        "img-src": "'self' blob: data:",
        "object-src": "'none'",
        "base-uri": "'none'",
        "form-action": "'self'",
        "frame-ancestors": "'none'",
    }


@pytest.mark.parametrize("said", [True, False], ids=["told", "untold"])
def test_a_body_that_is_too_large_is_refused_however_it_comes(page, said):
    http_ = TestClient(page.app(Access(most_body_bytes=1000)), base_url=HERE)
    body = b'{"annotator": "' + b"a" * 2000 + b'"}'
    content = body if said else iter([body[:900], body[900:]])
    answer = http_.post("/api/me", content=content, headers={**OURS, "content-type": "application/json"})
    assert answer.status_code == 413
    assert answer.headers["content-security-policy"]


@pytest.mark.parametrize("length", ["1001", "9" * 30, "-1", "x"])
def test_a_body_that_is_said_to_be_too_large_is_not_waited_for(page, length):
    http_ = TestClient(page.app(Access(TOKEN, most_body_bytes=1000)), base_url=HERE)
    answer = http_.post("/api/me", content=b"{}", headers={**OURS, "content-length": length})
    assert answer.status_code == 413


def test_what_needs_no_room_gets_none(page):
    browser = Browser(page.app(), "ann")
    answer = browser.post("/api/sign-in", {"token": "x" * 2**20})
    assert answer.status_code == 413


def test_a_name_in_a_cookie_that_is_none_is_nobody(page):
    for name in ("%0A", "%20", "x" * 101, "a%00"):
        http_ = TestClient(page.app(), base_url=HERE, headers={"cookie": f"maskloop-annotator={name}"})
        assert http_.get("/api/me").json()["annotator"] == ""


def test_there_are_no_web_sockets(page):
    http_ = TestClient(page.app(), base_url=HERE)
    with pytest.raises(WebSocketDisconnect), http_.websocket_connect("/api/projects"):
        pass


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "", "application/jsonp"])
def test_what_other_sites_can_send_without_asking_is_no_json(page, kind):
    http_ = TestClient(page.app(), base_url=HERE)
    answer = http_.post("/api/me", content=b'{"annotator": "ann"}', headers={**OURS, "content-type": kind})
    assert answer.status_code == 400
    assert "application/json" in answer.json()["error"]["message"]


@pytest.mark.parametrize("name", ["", "  ", "a\nb", "a\0", "x" * 101, 7, None])
def test_a_name_that_is_none_is_refused(page, name):
    assert Browser(page.app()).post("/api/me", {"annotator": name}).status_code == 400


@pytest.mark.parametrize(
    ("host", "local"),
    [
        ("127.0.0.1", True),
        ("::1", True),
        ("localhost", True),
        ("127.1.2.3", True),
        ("0.0.0.0", False),
        ("::", False),
        ("192.168.0.1", False),
        ("example.org", False),
        ("127.0.0.1.example.org", False),
    ],
)
def test_others_than_this_machine_are_let_in_by_a_token_alone(host, local, token_file):
    assert is_loopback(host) is local
    if local:
        assert not Access.of(host, None).token
    else:
        with pytest.raises(InvalidConfig, match="--token-file"):
            Access.of(host, None)
    assert Access.of(host, token_file, secure=True).token == TOKEN


def test_a_token_file_that_is_no_good_is_refused(tmp_path):
    file = tmp_path / "token"
    with pytest.raises(InvalidConfig, match="cannot be read"):
        read_token(file)
    file.write_text("x" * (LEAST_TOKEN - 1) + "  \n")
    with pytest.raises(InvalidConfig, match="15 letters"):
        read_token(file)
    file.write_bytes(b"\xff" * 20)
    with pytest.raises(InvalidConfig, match="no text"):
        read_token(file)
