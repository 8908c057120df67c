"""`maskloop token`, `whoami` and `audit`, and what every command says of a token that will not do."""

import re
import stat

import pytest

from maskloop.address import TOKEN_FILE_VARIABLE
from maskloop.client import Client
from tests.service.wire import Edge


@pytest.fixture(scope="module")
def team(tmp_path_factory):
    """(address, folder with a token file for each of admin, lead and annotator)"""
    folder = tmp_path_factory.mktemp("team")
    with Edge(folder, tokens="required") as edge:
        edge.loop.do(edge.edge.serve())
        admin = folder / "data" / "admin.token"
        with Client(edge.address, token=admin.read_text().strip()) as client:
            client.create_project(project_id="p", categories=["crack"])
            client.create_project(project_id="q", categories=["crack"])
        yield edge.address, admin


@pytest.fixture(autouse=True)
def alone(monkeypatch):
    monkeypatch.delenv(TOKEN_FILE_VARIABLE, raising=False)


def test_a_token_is_made_shown_once_used_listed_and_withdrawn(maskloop, team, tmp_path):
    address, admin = team
    asked = ("--server", address, "--token-file", admin)
    code, out, told = maskloop("token", "create", "lea", "--role", "lead", "--project", "p", *asked)
    secret = out.strip()
    assert (code, out.count("\n")) == (0, 1)
    assert re.fullmatch(r"mlp_[\w-]{43}", secret)
    token_id = re.match(r"Token (\S+) of lea, lead of p: shown this once\.\n", told)[1]
    assert secret not in told

    own = tmp_path / "lea.token"
    own.write_text(out)
    own.chmod(0o600)
    as_lea = ("--server", address, "--token-file", own)
    code, out, _ = maskloop("whoami", *as_lea)
    assert (code, out) == (0, f"lea: lead of p (token {token_id}).\n")
    code, out, _ = maskloop("token", "list", *asked)
    assert [row.split("\t")[:4] for row in out.splitlines() if token_id in row] == [[token_id, "lea", "lead", "p"]]
    assert secret not in out

    code, out, _ = maskloop("token", "withdraw", token_id, *asked)
    assert (code, out) == (0, f"Withdrawn: token {token_id} of lea, lead of p.\n")
    code, out, complaint = maskloop("whoami", *as_lea)
    assert (code, out, complaint.count("\n")) == (2, "", 1)
    assert complaint.endswith("; show a token: --token-file FILE, or MASKLOOP_TOKEN_FILE=FILE\n")
    assert token_id not in maskloop("token", "list", *asked)[1]
    assert f"{token_id}\tlea" in maskloop("token", "list", "--ended", *asked)[1]


def test_a_token_goes_to_a_new_file_that_its_owner_alone_reads(maskloop, team, tmp_path, monkeypatch):
    address, admin = team
    monkeypatch.setenv(TOKEN_FILE_VARIABLE, str(admin))
    out = tmp_path / "ada.token"
    asked = ("token", "create", "ada", "--role", "annotator", "--project", "p", "--expires", "30d", "--out", out)
    code, printed, told = maskloop(*asked, "--server", address)
    assert (code, printed) == (0, "")
    assert re.search(r"ada, annotator of p, until 20\d\d-", told)
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    assert out.read_text().strip() not in told
    assert maskloop("whoami", "--server", address, "--token-file", out)[1].startswith("ada: annotator of p")
    kept = out.read_text()
    number = len(maskloop("token", "list", "--server", address)[1].splitlines())
    code, _, complaint = maskloop(*asked, "--server", address)
    assert (code, complaint) == (2, f"error: {out} is there already; name a new file\n")
    assert out.read_text() == kept
    assert len(maskloop("token", "list", "--server", address)[1].splitlines()) == number


def test_a_refused_token_leaves_no_file(maskloop, team, tmp_path):
    address, admin = team
    lead, out = tmp_path / "lead.token", tmp_path / "max.token"
    maskloop("token", "create", "lou", "--role", "lead", "--project", "p", "--out", lead, "--server", address,
             "--token-file", admin)  # fmt: skip
    words = ("token", "create", "max", "--role", "admin", "--project", "p", "--out", out, "--server", address)
    code, _, complaint = maskloop(*words, "--token-file", lead)
    assert (code, complaint.count("\n")) == (2, 1)
    assert complaint.endswith("; maskloop whoami says what your token allows\n")
    assert not out.exists()


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("--role", "anotator", "--project", "p"), "none of annotator, lead, admin"),
        (("--role", "lead"), "--project ID, or --all-projects"),
        (("--role", "lead", "--project", "p", "--all-projects"), "--project ID, or --all-projects"),
        (("--role", "lead", "--project", "p", "--expires", "soon"), "no time such as"),
        (("--role", "lead", "--project", "p", "--expires", "0d"), "no time such as"),
        (("--role", "lead", "--project", "p", "--expires", "-1d"), "no time such as"),
        (("--role", "lead", "--project", "p", "--out", "{folder}/none/token"), "cannot write"),
    ],
)
def test_what_cannot_be_asked_for_is_told_in_one_line(maskloop, team, tmp_path, words, why):
    address, admin = team
    given = [word.format(folder=tmp_path) for word in words]
    code, out, complaint = maskloop("token", "create", "x", *given, "--server", address, "--token-file", admin)
    assert (code, out, complaint.count("\n")) == (2, "", 1)
    assert why in complaint


def test_who_shows_wrong_tokens_again_and_again_is_told_how_long_to_wait(maskloop, team, tmp_path):
    address, _ = team
    wrong = tmp_path / "wrong.token"
    wrong.write_text("mlp_" + "A" * 43)
    wrong.chmod(0o600)
    said = [maskloop("whoami", "--server", address, "--token-file", wrong)[2] for _ in range(21)]
    assert "does not accept this token" in said[0]
    assert re.search(r"too many calls with a wrong token; try again in \d\d s", said[20])


def test_the_audit_tells_who_did_what_newest_first(maskloop, team):
    address, admin = team
    code, out, _ = maskloop("audit", "--server", address, "--token-file", admin, "--action", "CreateProject")
    rows = [row.split("\t")[1:4] for row in out.splitlines()]
    assert (code, rows) == (0, [["admin", "CreateProject", "q"], ["admin", "CreateProject", "p"]])
    code, out, _ = maskloop("audit", "--project", "p", "--most", "1", "--server", address, "--token-file", admin)
    assert (code, out.count("\n")) == (0, 1)
    nothing = maskloop("audit", "--annotator", "nobody", "--server", address, "--token-file", admin)[1]
    assert nothing == "There is no such change.\n"


COMMANDS = {
    "report": ("report", "p"),
    "export": ("export", "yolo:{folder}/out", "--project", "p"),
    "token": ("token", "list"),
    "audit": ("audit",),
    "propose": ("propose", "{photos}", "--out", "{folder}/out"),
    "whoami": ("whoami",),
}


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_says_in_one_line_what_a_server_with_tokens_wants(maskloop, team, tmp_path, photos, command):
    words = [word.format(folder=tmp_path, photos=photos) for word in COMMANDS[command]]
    code, _, complaint = maskloop(*words, "--server", team[0])
    assert code == 2
    last = complaint.strip().split("\n")[-1]
    assert last.endswith("; show a token: --token-file FILE, or MASKLOOP_TOKEN_FILE=FILE")
    far = maskloop(*words, "--server", "192.0.2.1:7443", "--token-file", team[1])[2]
    assert "the token would travel to 192.0.2.1:7443 unencrypted: give --tls-root" in far
    assert team[1].read_text().strip() not in complaint + far


@pytest.fixture
def photos(tmp_path):
    """A folder of class labels with two pictures."""
    from PIL import Image

    for name in ("crack", "rust"):
        (tmp_path / "photos" / name).mkdir(parents=True)
        for place in range(2):
            picture = Image.new("RGB", (40, 40), (place * 99, len(name) * 20, 9))
            picture.save(tmp_path / "photos" / name / f"{place}.png")
    return tmp_path / "photos"


def test_where_no_token_is_asked_for_anybody_is_anybody(maskloop, tmp_path):
    with Edge(tmp_path) as edge:
        edge.loop.do(edge.edge.serve())
        assert maskloop("whoami", "--server", edge.address)[1] == f"Anybody: {edge.address} asks for no token.\n"


@pytest.mark.slow
def test_al_loop_says_it_too_and_a_run_goes_on_with_a_token(al_loop, team, tmp_path):
    asked = ("--budget", "1h", "--data", "demo", "--workdir", tmp_path / "run", "--server", team[0])
    code, _, complaint = al_loop(*asked)
    assert (code, "show a token: --token-file FILE" in complaint) == (2, True)
    code, _, complaint = al_loop("--budget", "1h", "--data", "demo", "--token-file", team[1], "--dry-run")
    assert (code, "--token-file is for a running server" in complaint) == (2, True)
