"""A server's life as a process: its data folder is its own, its errors are one line, its end is clean."""

from __future__ import annotations

import fcntl
import signal
import socket
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from maskloop.client import Client
from service.__main__ import app
from tests.service.processes import ROOT, ServerProcess, is_gone


def refusal(*flags: object) -> str:
    """What a server that does not come up says; its exit status is 2."""
    done = CliRunner().invoke(app, ["serve", *map(str, flags)])
    assert done.exit_code == 2, done.output
    assert done.stdout == ""
    return done.stderr.splitlines()[-1]


def test_a_busy_port_ends_with_status_2_and_names_it(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        said = refusal("--address", address, "--data-dir", tmp_path / "data")
    assert said.startswith(f"maskloop: cannot listen on {address}: the port is busy")


def test_a_data_folder_in_use_is_refused_and_its_holder_named(tmp_path, monkeypatch):
    (tmp_path / "server.lock").write_text("4711")
    monkeypatch.setenv("MASKLOOP_LOCK_WAIT_S", "0.2")
    with (tmp_path / "server.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        said = refusal("--address", "127.0.0.1:0", "--data-dir", tmp_path)
    assert said == f"maskloop: {tmp_path}/server.lock is held by the server with process id 4711"


def test_an_unknown_key_names_file_and_key(tmp_path):
    (tmp_path / "server.toml").write_text("colour = 'red'\n")
    said = refusal("--config", tmp_path / "server.toml", "--data-dir", tmp_path / "data")
    assert said == f"maskloop: {tmp_path}/server.toml: colour is unknown"
    assert not (tmp_path / "data").exists()


def test_an_address_of_another_machine_is_refused(tmp_path):
    said = refusal("--address", "192.0.2.1:7480", "--insecure", "--data-dir", tmp_path / "data")
    assert said.startswith("maskloop: cannot listen on 192.0.2.1:7480: the port is busy, or the address is not this")


def test_a_unix_socket_that_answers_is_refused(tmp_path):
    with socket.socket(socket.AF_UNIX) as taken:
        taken.bind(str(tmp_path / "s"))
        taken.listen()
        said = refusal("--address", f"unix:{tmp_path}/s", "--data-dir", tmp_path / "data")
    assert said == f"maskloop: cannot listen on unix:{tmp_path}/s: another server does"


def test_a_data_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "data").write_text("a file")
    said = refusal("--address", "127.0.0.1:0", "--data-dir", tmp_path / "data")
    assert said.startswith(f"maskloop: the data folder {tmp_path}/data cannot be made")


def test_plaintext_beyond_loopback_is_refused_before_a_folder_is_made(tmp_path):
    said = refusal("--address", "0.0.0.0:0", "--data-dir", tmp_path / "data")
    assert said.startswith("maskloop: 0.0.0.0:0 is beyond loopback")
    assert not (tmp_path / "data").exists()


def test_what_a_person_may_get_wrong_is_checked_before_what_takes_long_to_import():
    heavy = {"grpc", "matplotlib", "numpy", "scipy", "sqlalchemy", "torch"}
    code = "import sys, service.__main__, service.config, service.serve; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert not heavy & set(done.stdout.split())


@pytest.mark.parametrize("how", ["end of input", "SIGINT"])
def test_a_server_ends_with_its_parent_or_when_asked(tmp_path, how):
    server = ServerProcess(tmp_path, "--exit-with-parent")
    device = server.device_pid()
    if how == "SIGINT":
        server.process.send_signal(signal.SIGINT)
    else:
        server.process.stdin.close()
    assert server.process.wait(30) == 0
    assert is_gone(device, 5)
    server.client.close()
    server.process.stdin.close()
    server.process.stdout.close()


def test_a_successor_waits_for_a_predecessor_that_is_leaving(tmp_path):
    with ServerProcess(tmp_path) as first:
        command = [sys.executable, "-m", "service", "serve", "--address", f"unix:{tmp_path}/s", "--data-dir", tmp_path]
        second = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        with pytest.raises(subprocess.TimeoutExpired):
            second.wait(2)
        first.end(signal.SIGKILL)
        assert second.stdout.readline() == f"maskloop: serving on unix:{tmp_path}/s\n"
        with Client(f"unix:{tmp_path}/s") as client:
            assert list(client.list_projects()) == []
        second.send_signal(signal.SIGTERM)
        assert second.wait(30) == 0
        second.stdout.close()
