"""`maskloop serve --web`: the page beside the server, as long as that lives."""

import os
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from contextlib import contextmanager

import pytest

from maskloop.errors import FailedPrecondition, InvalidConfig
from service.config import load_config
from service.page import check_page
from tests.service.processes import READY, ROOT, children, command_line, is_gone

pytestmark = pytest.mark.journey

OPEN = "Open "


@contextmanager
def serving(folder, *flags):
    """The server, its page's address and its page's process id."""
    words = [sys.executable, "-m", "service", "serve", "--address", "127.0.0.1:0", "--data-dir", str(folder / "data")]
    process = subprocess.Popen(
        [*words, "--web", "0", *flags], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT
    )
    try:
        assert process.stdout.readline().startswith(READY)
        line = process.stdout.readline()
        assert line.startswith(OPEN), line
        (pid,) = (each for each in children(process.pid) if b"maskloop.cli.main" in command_line(each))
        yield process, line.removeprefix(OPEN).strip(), pid
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_the_page_is_there_and_ends_with_its_server_however_that_ends(tmp_path, number):
    with serving(tmp_path) as (process, url, pid):
        with urllib.request.urlopen(f"{url}api/projects", timeout=20) as answer:
            assert answer.read() == b'{"projects":[]}'
        process.send_signal(number)
        assert process.wait(30) == (0 if number is signal.SIGTERM else -number)
        assert is_gone(pid)
        with pytest.raises(urllib.error.URLError):
            urllib.request.urlopen(url, timeout=5)


def test_beside_a_server_that_asks_for_tokens_the_page_asks_for_peoples_own(tmp_path, monkeypatch):
    monkeypatch.setenv("MASKLOOP_TOKENS", "required")
    with serving(tmp_path) as (_, url, _), urllib.request.urlopen(f"{url}api/me", timeout=20) as answer:
        assert b'"has_own_token":true' in answer.read()


@pytest.mark.slow
def test_a_page_that_dies_is_told_and_the_server_goes_on(tmp_path):
    with serving(tmp_path) as (process, _, pid):
        os.kill(pid, signal.SIGKILL)
        told = next(line for line in process.stderr if "page" in line)
        assert "the server goes on without it" in told
        assert process.poll() is None


def test_a_port_that_is_taken_and_a_server_that_speaks_tls_are_refused_at_once(tmp_path):
    check_page(load_config(None, {}))
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = load_config(None, {"web": other.getsockname()[1]})
        with pytest.raises(FailedPrecondition, match="the port is busy"):
            check_page(taken)
    pair = {"tls_cert": tmp_path / "cert", "tls_key": tmp_path / "key"}
    with pytest.raises(InvalidConfig, match="maskloop web --server ADDRESS --tls-root FILE"):
        check_page(load_config(None, {"web": 0, **pair}))
