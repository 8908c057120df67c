"""People on the page with tokens of their own: a real server that asks for them decides what each may do."""

from __future__ import annotations

import threading
import time
from contextlib import ExitStack

import pytest
from starlette.requests import HTTPConnection
from starlette.testclient import TestClient

from maskloop.client import Client, Retry
from maskloop.errors import InvalidConfig, PermissionDenied, Unauthenticated
from maskloop.values import ImageImport, Role, Split
from maskloop.web import people
from maskloop.web.access import SIGNED_IN_FOR_S
from maskloop.web.app import build
from maskloop.web.leading.routes import Lead
from maskloop.web.people import LOOK_AGAIN_S, MOST_SESSIONS, OwnTokens, Person, Sessions, access_of
from maskloop.web.serve import Place
from maskloop.web.threads import Threads
from tests.service.wire import Edge
from tests.web.conftest import LEASE, OURS, Browser, photo

FAR = "https://page.example"
FULL = {"image": "", "kind": "full", "content": {"objects": [], "review": None}, "seconds": 5, "supersedes": ""}


class Team:
    """A server with projects p and q, people with a token each, and the page before it."""

    def __init__(self, edge: Edge, admin: str, stack: ExitStack) -> None:
        self.admin = Client(edge.address, token=admin, retry=Retry(patience_s=0))
        self.nobody = Client(edge.address, retry=Retry(patience_s=0))
        for client in (self.admin, self.nobody):
            stack.enter_context(client)
        self.secrets = {"root": admin}
        self.ids: dict[str, str] = {}
        self.images: dict[str, list[str]] = {}
        for project in ("p", "q"):
            self.admin.create_project(project_id=project, categories=["crack"])
            self.admin.create_campaign(project_id=project, campaign_id="c", budget="10h", strategy="random")
            pictures = [ImageImport(f"{project}{n}.png", Split.POOL, data=photo(n)) for n in range(8)]
            self.images[project] = [image.id for image in self.admin.import_images(project_id=project, images=pictures)]
        self.person("ada", Role.ANNOTATOR, "p")
        self.person("bob", Role.ANNOTATOR, "p")
        self.person("lea", Role.LEAD, "p")
        self.person("quinn", Role.LEAD, "q")
        self.person("max", Role.ADMIN, "p")
        self._stack = stack
        self.app = self.page()

    def person(self, name: str, role: Role, *projects: str) -> str:
        made = self.admin.create_token(name=name, role=role, project_ids=projects)
        self.secrets[name], self.ids[name] = made.secret, made.token.id
        return made.secret

    def page(self, clock=time.monotonic):
        threads = Threads()
        access = OwnTokens(secure=True, sessions=Sessions(self.nobody, clock))

        def write(client, project_id, campaign_id, folder):
            folder.mkdir(parents=True, exist_ok=True)
            (folder / "report.html").write_text(client.get_caller().name)

        lead = Lead(access.client_of, write, threads)
        app = build(access.work_of, access, more_routes=lead.routes(), threads=threads)
        self._stack.callback(lead.close)
        self._stack.enter_context(TestClient(app))
        app.state.sessions = access.sessions
        return app

    def browser(self, name: str = "", app=None) -> Browser:
        made = Browser(app or self.app, address=FAR)
        if name:
            assert made.post("/api/sign-in", {"token": self.secrets[name]}).status_code == 200
        return made


@pytest.fixture(scope="module")
def team(tmp_path_factory):
    with ExitStack() as stack:
        folder = tmp_path_factory.mktemp("team")
        edge = stack.enter_context(Edge(folder, tokens="required"))
        edge.loop.do(edge.edge.serve())
        admin = (folder / "data" / "admin.token").read_text().strip()
        yield Team(edge, admin, stack)


def reason(answer):
    return answer.json()["error"]["reason"]


def leased(browser, images=1, **more):
    answer = browser.post(
        "/api/projects/p/batches",
        {**LEASE, "campaign": "c", "images": images, "request_id": str(time.time_ns())},
        **more,
    )
    assert answer.status_code == 200, answer.text
    return answer.json()


WHO = {
    "ada": {"annotator": "ada", "may_lead": False, "may_create": False},
    "lea": {"annotator": "lea", "may_lead": True, "may_create": False},
    "max": {"annotator": "max", "may_lead": True, "may_create": False},
    "root": {"annotator": "admin", "may_lead": True, "may_create": True},
}


@pytest.mark.parametrize("name", WHO)
def test_a_token_says_who_one_is_and_what_one_is_shown(team, name):
    browser = team.browser(name)
    assert browser.get("/api/me").json() == {
        **WHO[name],
        "needs_token": True,
        "signed_in": True,
        "has_own_token": True,
        "is_run": False,
    }
    for path in ("/lead", "/new"):
        assert browser.get(path).status_code == (200 if WHO[name]["may_lead"] else 303)
    refused = browser.post("/api/me", {"annotator": "somebody"})
    assert (refused.status_code, browser.get("/api/me").json()["annotator"]) == (400, WHO[name]["annotator"])


def test_a_token_that_is_mistyped_ends_nobodys_session(team):
    browser = team.browser("ada")
    assert browser.post("/api/sign-in", {"token": "mlp_" + "A" * 43}).status_code == 401
    assert browser.get("/api/me").json()["annotator"] == "ada"


def test_who_has_not_signed_in_sees_the_first_page_and_no_more(team):
    browser = team.browser()
    assert browser.get("/").status_code == 200
    assert browser.get("/api/me").json()["signed_in"] is False
    for path in ("/label", "/lead", "/new"):
        assert browser.get(path).status_code == 303
    for path in ("/api/projects", "/api/projects/p/lead/audit", "/api/lead/choices", "/api/projects/p/events"):
        assert browser.get(path).status_code == 401


def test_the_browser_is_given_a_key_and_never_the_token(team):
    answer = team.browser().post("/api/sign-in", {"token": team.secrets["ada"]})
    said = answer.headers["set-cookie"]
    assert said.startswith("__Host-maskloop-session=")
    assert all(part in said.lower() for part in ("httponly", "samesite=strict", "path=/", "secure"))
    assert team.secrets["ada"] not in str(answer.headers) + answer.text


@pytest.mark.parametrize("token", ["", "mlp_" + "A" * 43, "no token at all", "ü" * 20, "x" * 200, "a\r\nb: c"])
def test_what_is_no_token_of_the_server_opens_nothing(team, token):
    app = team.page()
    browser = team.browser(app=app)
    answer = browser.post("/api/sign-in", {"token": token})
    assert (answer.status_code, reason(answer)) == (401, "UNAUTHENTICATED")
    assert "set-cookie" not in answer.headers
    assert browser.get("/api/projects").status_code == 401


def test_who_guesses_is_told_to_wait_and_nobody_else_at_the_same_address_is(team):
    browser = team.browser(app=team.page())
    answers = [browser.post("/api/sign-in", {"token": "no token"}).status_code for _ in range(11)]
    assert answers == [401] * 10 + [429]
    assert browser.post("/api/sign-in", {"token": team.secrets["ada"]}).status_code == 200


@pytest.mark.parametrize("cookie", ["", "x", "../../etc", "%00", "a" * 5000])
def test_a_made_up_key_is_nobodys(team, cookie):
    http = TestClient(team.app, base_url=FAR, headers={"cookie": f"__Host-maskloop-session={cookie}"})
    assert http.get("/api/projects").status_code == 401


def test_signing_out_ends_the_session_whoever_kept_its_key(team):
    browser = team.browser("ada")
    kept = browser.http.cookies["__Host-maskloop-session"]
    assert browser.post("/api/sign-out", {}).status_code == 200
    assert browser.get("/api/me").json()["signed_in"] is False
    http = TestClient(team.app, base_url=FAR, headers={"cookie": f"__Host-maskloop-session={kept}"})
    assert http.get("/api/projects").status_code == 401


def test_signing_in_as_another_ends_the_session_of_before(team):
    browser = team.browser("ada")
    kept = browser.http.cookies["__Host-maskloop-session"]
    browser.post("/api/sign-in", {"token": team.secrets["bob"]})
    assert browser.get("/api/me").json()["annotator"] == "bob"
    http = TestClient(team.app, base_url=FAR, headers={"cookie": f"__Host-maskloop-session={kept}"})
    assert http.get("/api/projects").status_code == 401


def test_people_label_under_the_name_of_their_token(team):
    browser = team.browser("ada")
    batch = leased(browser)
    assert batch["annotator"] == "ada"
    image = batch["picks"][0]["image"]["id"]
    handed = {"batch": batch["id"], "request_id": "h1", "labels": [{**FULL, "image": image}]}
    stolen = browser.post("/api/projects/p/labels", handed, headers={**OURS, "X-Maskloop-Annotator": "bob"})
    assert (stolen.status_code, reason(stolen)) == (401, "UNAUTHENTICATED")
    assert browser.get("/api/me").json()["annotator"] == "ada"  # and is still signed in
    (label,) = browser.post("/api/projects/p/labels", handed).json()["labels"]
    assert label["annotator"] == "ada"
    (kept,) = team.admin.list_labels(project_id="p", image_id=image)
    assert kept.annotator == "ada"
    newest = next(team.admin.list_audit(project_id="p", action="SubmitLabels"))
    assert (newest.name, newest.annotator) == ("ada", "ada")


def test_what_one_holds_is_not_anothers(team):
    batch = leased(team.browser("ada"))
    other = team.browser("bob")
    path = f"/api/projects/p/batches/{batch['id']}"
    assert other.get(path).status_code == 403
    bodies: dict[str, dict[str, list[str]]] = {"renew": {}, "release": {"images": []}}
    for verb, body in bodies.items():
        assert other.post(f"{path}/{verb}", body).status_code == 403


LEADS = {
    "/api/lead/choices": None,
    "/api/projects/p/lead/campaigns/c": None,
    "/api/projects/p/lead/batches": None,
    "/api/projects/p/lead/review": None,
    "/api/projects/p/lead/networks": None,
    "/api/projects/p/lead/round": None,
    "/api/projects/p/lead/audit": None,
    "/api/projects/p/lead/gallery": None,
    "/api/projects/p/lead/labels/full": None,
    "/api/projects/p/lead/campaigns/c/report/report.html": None,
    "/api/projects/p/lead/campaigns/c/budget": {"budget": "11h", "request_id": "b"},
    "/api/projects/p/lead/campaigns/c/report": {},
    "/api/projects/p/lead/activate": {"model_version": "m"},
    "/api/projects/p/lead/rollback": {},
    "/api/projects/p/lead/work": {"kind": "train", "model_version": "", "request_id": "w"},
    "/api/projects/p/lead/round/stop": {},
    "/api/projects/p/lead/campaigns": {"id": "d", "budget": "1h", "strategy": "random", "seed": 0, "request_id": "d"},
}


@pytest.mark.parametrize("path", LEADS)
def test_what_leads_do_is_refused_to_annotators_and_to_leads_of_another_project(team, path):
    for name in ("ada", "quinn"):
        if name == "quinn" and "/projects/" not in path:
            continue
        browser = team.browser(name)
        answer = browser.get(path) if LEADS[path] is None else browser.post(path, LEADS[path])
        assert (answer.status_code, reason(answer)) == (403, "PERMISSION_DENIED"), name
    team.browser("lea").post("/api/projects/p/lead/campaigns/c/report", {})
    lea = team.browser("lea")
    answer = lea.get(path) if LEADS[path] is None else lea.post(path, LEADS[path])
    assert answer.status_code not in (401, 403), answer.text


def test_pictures_and_long_work_are_for_the_projects_people(team):
    files = {"images": ("new.png", photo(99), "image/png")}
    answer = team.browser("ada").http.post("/api/projects/p/lead/images", files=files, headers=OURS)
    assert answer.status_code == 403
    assert team.browser("ada").get("/api/projects/p/events").status_code == 403
    assert team.browser("quinn").get("/api/projects/p/events").status_code == 403


def test_a_lead_makes_no_project_and_an_admin_of_all_does(team):
    body = {"name": "New", "classes": ["crack"], "request_id": "n1"}
    assert team.browser("lea").post("/api/projects/fresh/lead/project", body).status_code == 403
    assert team.browser("max").post("/api/projects/fresh/lead/project", body).status_code == 403
    assert team.browser("root").post("/api/projects/fresh/lead/project", body).status_code == 200


def test_each_sees_their_own_projects_and_pictures(team):
    tile = "/api/projects/{0}/images/{1}/tiles/0/0/0"
    for name, own, other in (("ada", "p", "q"), ("quinn", "q", "p")):
        browser = team.browser(name)
        assert [each["id"] for each in browser.get("/api/projects").json()["projects"]] == [own]
        shown = browser.get(tile.format(own, team.images[own][0]))
        assert (shown.status_code, shown.headers["vary"]) == (200, "cookie")
        # The other has looked at it by now, so that its pixels are kept by the page.
        assert team.browser("root").get(tile.format(other, team.images[other][0])).status_code == 200
        for image in team.images[other]:
            assert browser.get(tile.format(other, image)).status_code == 403


def test_a_withdrawn_token_ends_at_once_what_the_page_answers_by_itself(team, monkeypatch):
    monkeypatch.setattr(people, "LOOK_AGAIN_S", 0.0)
    monkeypatch.setattr("maskloop.web.server_work.ASK_AGAIN_S", 0.0)
    team.person("gone", Role.LEAD, "p")
    first, second, third = (team.browser("gone") for _ in range(3))
    tile = f"/api/projects/p/images/{team.images['p'][0]}/tiles/0/0/0"
    assert first.get(tile).status_code == 200
    assert second.post("/api/projects/p/lead/campaigns/c/report", {}).status_code == 200
    assert third.get("/api/me").json()["signed_in"] is True
    team.admin.withdraw_token(token_id=team.ids["gone"])
    assert first.get(tile).status_code == 401
    assert second.get("/api/projects/p/lead/campaigns/c/report/report.html").status_code == 401
    assert third.get("/api/me").json()["signed_in"] is False
    assert first.get("/label").status_code == 303  # the session is over, and the server is not asked again


def test_a_withdrawn_token_is_shown_to_the_server_once_for_each_session(team):
    team.person("tired", Role.ANNOTATOR, "p")
    app = team.page()
    browser = team.browser("tired", app)
    team.admin.withdraw_token(token_id=team.ids["tired"])
    asked = []
    (person,) = app.state.sessions._people.values()
    attempt = person.client._wire._attempt

    def counted(*call):
        asked.append(call)
        return attempt(*call)

    person.client._wire._attempt = counted
    for _ in range(30):
        assert browser.get("/api/projects").status_code == 401
        assert browser.get("/api/me").json()["signed_in"] is False
    assert len(asked) == 1
    assert team.browser("ada").get("/api/projects").status_code == 200


def test_what_is_known_of_a_person_is_at_most_two_seconds_old(team):
    now = [100.0]
    team.person("brief", Role.LEAD, "p")
    person = Person(team.nobody.with_token(team.secrets["brief"]), lambda: now[0])
    team.admin.withdraw_token(token_id=team.ids["brief"])
    now[0] += LOOK_AGAIN_S - 0.01
    assert person.look().name == "brief"
    now[0] += 0.01
    with pytest.raises(Unauthenticated):
        person.look()


def test_sessions_end_after_their_time_and_are_bounded(team, monkeypatch):
    now = [0.0]
    monkeypatch.setattr(people, "MOST_SESSIONS", 3)
    sessions = Sessions(team.nobody, lambda: now[0])
    keys = [sessions.begin(team.secrets["ada"]) for _ in range(3)]
    sessions.find(keys[0])
    keys.append(sessions.begin(team.secrets["bob"]))
    assert [sessions.find(key) is not None for key in keys] == [True, False, True, True]
    now[0] = SIGNED_IN_FOR_S
    assert [sessions.find(key) for key in keys] == [None] * 4
    assert MOST_SESSIONS == 1_000


def test_one_token_ends_nobody_elses_session(team, monkeypatch):
    monkeypatch.setattr(people, "MOST_OF_A_TOKEN", 2)
    sessions = Sessions(team.nobody)
    bobs = sessions.begin(team.secrets["bob"])
    keys = [sessions.begin(team.secrets["ada"]) for _ in range(4)]
    assert [sessions.find(key) is not None for key in (bobs, *keys)] == [True, False, False, True, True]


def test_a_report_is_written_on_behalf_of_who_asks(team):
    lea = team.browser("lea")
    lea.post("/api/projects/p/lead/campaigns/c/report", {})
    assert lea.get("/api/projects/p/lead/campaigns/c/report/report.html").text == "lea"


def test_people_at_once_never_get_each_others_answers(team):
    names = ("ada", "bob", "lea", "max", "root")
    browsers = {name: team.browser(name) for name in names}
    wrong = []

    def ask(name):
        for _ in range(15):
            heard = browsers[name].get("/api/me").json()["annotator"]
            if heard != WHO.get(name, {"annotator": name})["annotator"]:
                wrong.append((name, heard))

    running = [threading.Thread(target=ask, args=(name,)) for name in names]
    for each in running:
        each.start()
    for each in running:
        each.join()
    assert wrong == []


def test_the_audit_comes_page_by_page_and_tells_who_did_what(team, monkeypatch):
    monkeypatch.setattr("maskloop.client.access.AUDIT_A_PAGE", 3)
    lea = team.browser("lea")
    entries, page = [], ""
    while True:
        answer = lea.get(f"/api/projects/p/lead/audit?page={page}").json()
        assert len(answer["entries"]) <= 3
        entries += answer["entries"]
        page = answer["next"]
        if not page:
            break
    assert [entry["at"] for entry in entries] == sorted((entry["at"] for entry in entries), reverse=True)
    assert len({entry["id"] for entry in entries}) == len(entries) > 3
    actions = {entry["action"] for entry in entries}
    assert {"CreateProject", "CreateCampaign", "ImportImages"} <= actions
    only = lea.get("/api/projects/p/lead/audit?action=CreateCampaign").json()["entries"]
    assert {entry["action"] for entry in only} == {"CreateCampaign"}
    assert all(secret not in str(entries) for secret in team.secrets.values())


def test_a_page_takes_peoples_tokens_where_the_server_asks_for_them(team, tmp_path, token_file):
    assert isinstance(access_of(team.nobody, Place(), None, insecure=False), OwnTokens)
    with pytest.raises(InvalidConfig, match="leave --token-file out"):
        access_of(team.nobody, Place(), token_file, insecure=False)
    with pytest.raises(InvalidConfig, match=r"unencrypted: give --tls-cert and --tls-key, or --insecure"):
        access_of(team.nobody, Place("0.0.0.0"), None, insecure=False)
    assert isinstance(access_of(team.nobody, Place("0.0.0.0"), None, insecure=True), OwnTokens)
    with Edge(tmp_path) as edge, Client(edge.address) as client:
        edge.loop.do(edge.edge.serve())
        assert not isinstance(access_of(client, Place(), None, insecure=False), OwnTokens)
        assert access_of(client, Place(), token_file, insecure=False).needs_token


def test_a_lead_of_one_project_speaks_for_no_other(team):
    access = OwnTokens(sessions=Sessions(team.nobody))
    key = access.sessions.begin(team.secrets["lea"])
    cookie = f"maskloop-session={key}".encode()
    request: HTTPConnection = HTTPConnection({"type": "http", "headers": [(b"cookie", cookie)]})
    assert access.client_of(request, "p").get_caller().name == "lea"
    for project in ("q", "none"):
        with pytest.raises(PermissionDenied):
            access.client_of(request, project)
