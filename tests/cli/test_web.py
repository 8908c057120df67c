"""`maskloop web` as people start it: where it is, what it refuses, and how it ends."""

import json
import os
import signal
import socket
import subprocess
import sys
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.client.test_light import SERVERS, command, python
from tests.service.processes import ROOT
from tests.service.wire import Edge

pytestmark = pytest.mark.journey

MASKLOOP = Path(sys.executable).with_name("maskloop")
OPEN = "Open "


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    with Edge(tmp_path_factory.mktemp("server")) as edge:
        edge.loop.do(edge.edge.serve())
        yield edge.address


@contextmanager
def started(*options):
    """The command, and the address that it names."""
    words = [MASKLOOP, "web", "--port", "0", *options]
    process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    try:
        line = process.stdout.readline()
        assert line.startswith(OPEN), line
        yield process, line.removeprefix(OPEN).strip()
    finally:
        process.kill()
        process.wait()
        process.stdin.close()
        process.stdout.close()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_says_where_it_is_and_ends_well_when_asked(address, number):
    with started("--server", address, "--no-open") as (process, url):
        with urllib.request.urlopen(url, timeout=20) as answer:
            assert b"<html" in answer.read()
        process.send_signal(number)
        assert process.wait(20) == 0
        assert process.stdout.read() == ""


def test_it_ends_with_its_parent_if_asked(address):
    with started("--server", address, "--exit-with-parent") as (process, _):
        process.stdin.close()
        assert process.wait(20) == 0


def test_a_token_lets_others_in(address, tmp_path):
    token = tmp_path / "token"
    token.write_text("correct-horse-battery")
    options = ("--server", address, "--host", "0.0.0.0", "--token-file", str(token))
    with started(*options) as (_, url), urllib.request.urlopen(f"{url}api/me", timeout=20) as answer:
        assert b'"needs_token":true' in answer.read()


def test_others_are_not_let_in_without_one(maskloop, address):
    code, _, complaint = maskloop("web", "--server", address, "--host", "0.0.0.0")
    assert (code, complaint.count("\n")) == (2, 1)
    assert "0.0.0.0 can be reached from other machines: give --token-file" in complaint


@pytest.fixture(scope="module")
def guarded(tmp_path_factory):
    """(address of a server that asks for tokens, the first admin's)"""
    folder = tmp_path_factory.mktemp("guarded")
    with Edge(folder, tokens="required") as edge:
        edge.loop.do(edge.edge.serve())
        yield edge.address, (folder / "data" / "admin.token").read_text().strip()


def test_where_the_server_asks_for_tokens_people_sign_in_with_their_own(guarded):
    address, admin = guarded
    with started("--server", address, "--no-open") as (_, url):
        with urllib.request.urlopen(f"{url}api/me", timeout=20) as answer:
            assert b'"needs_token":true,"signed_in":false,"has_own_token":true' in answer.read()
        headers = {"x-maskloop": "1", "content-type": "application/json"}
        signing_in = urllib.request.Request(f"{url}api/sign-in", json.dumps({"token": admin}).encode(), headers)
        with urllib.request.urlopen(signing_in, timeout=20) as answer:
            cookie = answer.headers["set-cookie"].partition(";")[0]
        asked = urllib.request.Request(f"{url}api/projects", headers={"cookie": cookie})
        with urllib.request.urlopen(asked, timeout=20) as answer:
            assert answer.read() == b'{"projects":[]}'


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--host", "0.0.0.0"), "people's tokens would travel to 0.0.0.0 unencrypted: give --tls-cert and --tls-key"),
        (("--token-file", "{token}"), "by which they sign in: leave --token-file out"),
        (("--client-cert", "{token}"), "come together"),
    ],
)
def test_a_page_that_would_give_tokens_away_is_not_served(maskloop, guarded, tmp_path, options, told):
    token = tmp_path / "token"
    token.write_text("correct-horse-battery")
    words = [word.format(token=token) for word in options]
    code, _, complaint = maskloop("web", "--server", guarded[0], "--port", "0", "--no-open", *words)
    assert (code, complaint.count("\n")) == (2, 1)
    assert told in complaint


def test_a_port_that_is_taken_is_told_in_one_line(maskloop, address):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        code, _, complaint = maskloop("web", "--server", address, "--port", port, "--no-open")
    assert (code, complaint.count("\n")) == (2, 1)
    assert f"cannot listen on 127.0.0.1:{port}: Address already in use" in complaint


def test_a_server_that_is_not_there_is_told_in_one_line(maskloop, tmp_path):
    code, out, complaint = maskloop("web", "--server", f"unix:{tmp_path / 'nobody'}", "--port", "0")
    assert (code, out, complaint.count("\n")) == (2, "", 1)
    assert "cannot be reached" in complaint


@pytest.mark.parametrize("package", ["starlette", "uvicorn"])
def test_it_says_what_it_needs(package):
    words = ("web", "--server", f"127.0.0.1:{os.getpid() % 1000 + 1}")
    code, _, complaint = python(command("maskloop", *words), *SERVERS, package)
    assert (code, complaint) == (2, f"error: this needs {package}: pip install 'maskloop[web]'\n")


def test_the_page_needs_nothing_of_the_servers():
    code = "import maskloop.web.app, maskloop.web.serve, maskloop.web.server_work"
    assert python(code, *SERVERS, "matplotlib", "scipy") == (0, "", "")
