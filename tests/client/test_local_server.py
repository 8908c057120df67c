"""The real server as a child: there when it should be, back when it died, gone when its parent is."""

import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from maskloop.client import Client, Retry
from maskloop.client.local_server import LocalServer
from maskloop.errors import Unavailable

pytestmark = pytest.mark.journey

PARENT = """
import sys, time
from pathlib import Path
from maskloop.client.local_server import LocalServer
with LocalServer(Path(sys.argv[1]), "cpu", print) as server:
    print(server._process.pid, flush=True)
    time.sleep(600)
"""


def alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def await_true(condition):
    until = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.05)


def test_a_server_that_is_killed_comes_back_at_the_same_address_and_ends_with_its_owner(tmp_path):
    said: list[str] = []
    with LocalServer(tmp_path, "cpu", said.append) as server:
        first = server._process.pid
        with Client(server.address, retry=Retry(patience_s=60)) as client:
            client.check_health()
            os.kill(first, signal.SIGKILL)
            await_true(lambda: server._process.pid != first)
            client.check_health()
        second = server._process.pid
    assert not alive(second)
    assert said == ["the server ended unexpectedly and is started again (1 of 5)"]
    assert "serving on unix:" in (tmp_path / "server.log").read_text()


def test_a_server_that_is_killed_before_it_is_ready_is_started_again(tmp_path):
    said: list[str] = []

    def kill_the_first():
        await_true(lambda: server._process is not None)
        os.kill(server._process.pid, signal.SIGKILL)

    server = LocalServer(tmp_path, "cpu", said.append)
    killer = threading.Thread(target=kill_the_first)
    killer.start()
    with server, Client(server.address, retry=Retry(patience_s=60)) as client:
        client.check_health()
    killer.join()
    assert len(said) == 1


def test_a_server_does_not_outlive_a_parent_that_was_killed(tmp_path):
    with subprocess.Popen([sys.executable, "-c", PARENT, tmp_path], stdout=subprocess.PIPE, text=True) as parent:
        pid = int(parent.stdout.readline())
        assert alive(pid)
        parent.kill()
    await_true(lambda: not alive(pid))


def test_a_server_that_cannot_start_is_told_with_what_it_said(tmp_path):
    (tmp_path / "server").mkdir()
    (tmp_path / "server" / "maskloop.db").write_text("these are no tables " * 100)
    with pytest.raises(Unavailable, match=r"did not start; .*database"), LocalServer(tmp_path, "cpu", print):
        pass


def test_a_long_workdir_gets_a_short_address(tmp_path):
    deep = tmp_path / ("d" * 100) / ("e" * 100)
    one, same, other = (LocalServer(path, "cpu", print).address for path in (deep, deep, tmp_path))
    assert len(one) < 100
    assert one == same != other
