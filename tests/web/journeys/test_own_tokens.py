"""A team whose server asks for tokens: people label by them, leads read who did what, a withdrawn one loses nothing."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from maskloop.client import Client
from maskloop.values import Role, SupervisionKind
from tests.service.processes import ServerProcess
from tests.service.squares import SIDE, imports
from tests.web.journeys.axe import findings, needs_axe
from tests.web.journeys.chromium import Annotator, needs_chromium
from tests.web.journeys.conftest import PageProcess

pytestmark = [needs_chromium, pytest.mark.slow]
SIZE = (SIDE, SIDE)


class Team:
    """A server that asks for tokens, the page before it, and a token for each person."""

    def __init__(self, folder: Path) -> None:
        self.server = ServerProcess(folder, tokens="required")
        self.admin = Client(self.server.address, token=(folder / "admin.token").read_text().strip())
        self.admin.create_project(project_id="p", categories=["square", "other"], display_name="Bridges")
        self.admin.import_images(project_id="p", images=imports(0, 0, 12))
        self.admin.create_campaign(project_id="p", campaign_id="week", budget="10h", strategy="random")
        self.secrets, self.ids = {}, {}
        for name, role in (("ada", Role.ANNOTATOR), ("bob", Role.ANNOTATOR), ("lea", Role.LEAD)):
            made = self.admin.create_token(name=name, role=role, project_ids=["p"])
            self.secrets[name], self.ids[name] = made.secret, made.token.id
        self.page = PageProcess(self.server.address)

    def end(self) -> None:
        self.page.end()
        self.admin.close()
        self.server.end()


@pytest.fixture(scope="module")
def team(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Team]:
    made = Team(tmp_path_factory.mktemp("team"))
    yield made
    made.end()


@pytest.fixture
def visitor(browser: Any, team: Team, tmp_path: Path) -> Iterator[Any]:
    """Makes people who have the page open, and have not signed in; nothing may have gone wrong there."""
    made: list[Annotator] = []

    def make(name: str) -> Annotator:
        who = Annotator(browser, team.page.url, name, reduced_motion="reduce")
        made.append(who)
        who.page.goto(who.url)
        who.page.locator("body[data-state=ready]").wait_for(state="attached")
        return who

    yield make
    for each in made:
        each.keep_picture(tmp_path)
    for each in made:
        each.close()


def sign_in(who: Annotator, team: Team) -> None:
    who.page.fill("#token", team.secrets[who.name])
    who.page.click('[data-action="sign-in"]')
    who.page.locator("#wish:visible").wait_for()


def start(who: Annotator, images: int, kind: str = "full") -> None:
    who.page.locator("#campaign:enabled").wait_for()
    who.page.fill("#images", str(images))
    who.page.locator(f'input[name=kind][value="{kind}"]').check()
    who.page.click('[data-action="start"]')
    who.wait("ready")


def draw(who: Annotator) -> None:
    who.press("b")
    who.click(SIDE / 2, SIDE / 2, SIZE)


def test_an_annotator_signs_in_and_labels_under_the_name_of_the_token(team, visitor):
    who = visitor("ada")
    assert not who.page.is_visible("#wish")
    assert not who.page.is_visible("#account")
    who.page.fill("#token", "mlp_not-a-token-of-this-server")
    who.page.click('[data-action="sign-in"]')
    who.page.locator("#token[aria-invalid=true]").wait_for()
    sign_in(who, team)
    assert who.page.input_value("#annotator") == "ada"
    assert who.page.get_attribute("#annotator", "readonly") is not None
    assert who.page.inner_text("#account-name") == "ada"
    for link in ("/lead", "/new"):
        assert not who.page.is_visible(f'a[href="{link}"]')
        who.page.goto(f"{who.url[:-1]}{link}")
        who.page.locator("body.start[data-state=ready]").wait_for(state="attached")
    start(who, images=1)
    draw(who)
    who.submit()
    who.wait("done")
    who.settled()
    (label,) = team.admin.list_labels(project_id="p")
    assert label.annotator == "ada"
    stored = who.page.evaluate("JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie])")
    assert team.secrets["ada"] not in stored
    who.page.goto(who.url)
    who.page.click('[data-action="sign-out"]')
    who.page.locator("#sign-in:visible").wait_for()
    assert not who.page.is_visible("#account")


@pytest.mark.slow
def test_a_withdrawn_token_is_signed_out_and_nothing_is_lost(team, visitor):
    who = visitor("bob")
    sign_in(who, team)
    start(who, images=2)
    first = who.shown
    draw(who)
    team.admin.withdraw_token(token_id=team.ids["bob"])
    who.submit()  # it waits in the browser
    who.page.get_by_text("You are signed out. Your work is kept here.").first.wait_for()
    assert [label.annotator for label in team.admin.list_labels(project_id="p") if label.annotator == "bob"] == []
    sign_in_anew(who, team)
    start(who, images=2)
    who.settled()
    assert [label.annotator for label in team.admin.list_labels(project_id="p") if label.annotator == "bob"] == ["bob"]
    assert who.shown != first
    draw(who)  # it stays a draft
    team.admin.withdraw_token(token_id=team.ids["bob"])
    sign_in_anew(who, team)
    start(who, images=2)
    assert who.objects() == ["drawn"]


def sign_in_anew(who: Annotator, team: Team) -> None:
    """With another token of the same name."""
    made = team.admin.create_token(name=who.name, role=Role.ANNOTATOR, project_ids=["p"])
    team.secrets[who.name], team.ids[who.name] = made.secret, made.token.id
    who.page.goto(who.url)
    who.page.locator("#sign-in:visible").wait_for()
    sign_in(who, team)


@pytest.mark.slow
def test_what_one_left_in_a_browser_is_not_sent_by_the_next(team, visitor):
    who = visitor("ada")
    sign_in(who, team)
    start(who, images=1, kind="image_level")
    who.page.context.set_offline(True)
    who.press("1")
    who.submit()
    who.page.locator("#post:visible").wait_for()
    who.page.context.clear_cookies()
    who.page.context.set_offline(False)
    who.page.goto(who.url)
    who.name = "bob"
    sign_in(who, team)
    start(who, images=1, kind="image_level")
    who.press("1")
    who.submit()
    assert labelers(team, 1) == ["bob"]
    who.page.goto(who.url)
    who.page.click('[data-action="sign-out"]')
    who.page.locator("#sign-in:visible").wait_for()
    who.name = "ada"
    sign_in(who, team)
    start(who, images=1, kind="image_level")
    assert labelers(team, 2) == ["ada", "bob"]


def labelers(team: Team, number: int) -> list[str]:
    """Who gave the image-level labels, once there are so many."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        labels = list(team.admin.list_labels(project_id="p", kind=SupervisionKind.IMAGE_LEVEL))
        if len(labels) >= number:
            break
        time.sleep(0.1)
    return sorted(label.annotator for label in labels)


def test_a_lead_reads_who_did_what(team, visitor):
    who = visitor("lea")
    sign_in(who, team)
    assert who.page.is_visible('a[href="/lead"]')
    assert not who.page.is_visible('a[href="/new"]')  # projects are made by admins of all
    who.page.goto(f"{who.url}lead?project=p#audit")
    who.page.locator("body[data-state=ready]").wait_for(state="attached")
    rows = who.page.locator("#audit-entries tbody tr")
    rows.first.wait_for()
    told = [row.split("\t")[1:3] for row in rows.all_inner_texts()]
    assert ["ada", "Labeled"] in told
    assert ["admin", "Imported images"] in told
    assert ["admin", "Withdrew a token"] in told
    who.page.fill("#audit-name", "ada")
    who.page.get_by_role("button", name="Show", exact=True).click()
    who.page.wait_for_function("() => !document.querySelector('#audit-entries').innerText.includes('admin')")
    who.page.fill("#audit-name", "")
    who.page.select_option("#audit-action", "CreateProject")
    who.page.wait_for_function("() => document.querySelectorAll('#audit-entries tbody tr').length === 1")
    assert who.page.inner_text("#account-name") == "lea"


@needs_axe
@pytest.mark.parametrize("signed_in", [False, True])
def test_signing_in_and_the_bar_of_who_has_are_accessible(team, visitor, signed_in):
    who = visitor("lea")
    if signed_in:
        sign_in(who, team)
    for size in ((1440, 900), (390, 844)):
        who.page.set_viewport_size({"width": size[0], "height": size[1]})
        for scheme in ("light", "dark"):
            who.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            assert findings(who.page) == []


def test_the_token_is_in_no_process_title(team):
    listed = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    assert "maskloop" in listed
    assert not any(secret in listed for secret in team.secrets.values())
