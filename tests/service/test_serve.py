"""A server's life as a process: its data folder is its own, its errors are one line, its end is clean."""

from __future__ import annotations

import fcntl
import os
import re
import signal
import socket
import subprocess
import sys
from contextlib import suppress

import pytest
from typer.testing import CliRunner

from maskloop.client import Client
from service.__main__ import app
from tests.full_disk import mounted
from tests.service.processes import ROOT, ServerProcess, is_gone

pytestmark = pytest.mark.journey


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


def test_a_recipe_that_is_not_there_is_refused_before_a_folder_is_made(tmp_path):
    (tmp_path / "server.toml").write_text("recipe = 'pretraned'\n")
    said = refusal("--config", tmp_path / "server.toml", "--data-dir", tmp_path / "data")
    assert said.startswith("maskloop: recipe 'pretraned' is none of")
    assert said.endswith("did you mean 'pretrained'?")
    assert not (tmp_path / "data").exists()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("device", "why"),
    [("gpu", "is none of auto, cpu, cuda"), ("cuda:77", "cannot be used: .*; auto takes a GPU if there is one")],
)
def test_a_device_that_is_not_there_is_told_before_anybody_labels(tmp_path, device, why):
    command = [sys.executable, "-m", "service", "serve", "--address", f"unix:{tmp_path}/s", "--data-dir", tmp_path]
    command = [*command, "--device", device]
    done = subprocess.run(command, check=False, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 2
    assert done.stdout == ""
    assert re.search(f"maskloop: device '{device}' {why}", done.stderr.splitlines()[-1])


def test_an_address_of_another_machine_is_refused(tmp_path):
    said = refusal("--address", "192.0.2.1:7443", "--insecure", "--data-dir", tmp_path / "data")
    assert said == "maskloop: cannot listen on 192.0.2.1:7443: the address is not this machine's"


@pytest.mark.parametrize("taken", ["127.0.0.1", "::1"])
@pytest.mark.parametrize("name", ["localhost", "0.0.0.0", "[::]"])
def test_a_name_of_which_one_place_is_taken_is_refused(tmp_path, taken, name):
    """Clients of that name would meet now one server, now the other."""
    family = socket.AF_INET6 if ":" in taken else socket.AF_INET
    with socket.socket(family) as other:
        try:
            other.bind((taken, 0))
        except OSError:
            pytest.skip(f"this machine has no {taken}")
        other.listen()
        address = f"{name}:{other.getsockname()[1]}"
        if name == "localhost" and taken not in {place[0] for *_, place in socket.getaddrinfo(name, 0)}:
            pytest.skip(f"localhost is not {taken} here")
        said = refusal("--address", address, "--insecure", "--data-dir", tmp_path / "data")
    assert said.startswith(f"maskloop: cannot listen on {address}: the port is busy at ")


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("127.0.0.1:99999", "ports end at 65535"),
        ("localhost:65536", "ports end at 65535"),
        ("127.0.0.1:-1", "is neither HOST:PORT nor unix:PATH"),
        ("127.0.0.1:http", "is neither HOST:PORT nor unix:PATH"),
        ("localhost", "is neither HOST:PORT nor unix:PATH"),
        (":7443", "is neither HOST:PORT nor unix:PATH"),
        ("", "is neither HOST:PORT nor unix:PATH"),
        ("::1:7443", "an IPv6 host stands in brackets, as in [::1]:7443"),
        ("unix:", "the path of a Unix socket has 1 to 107 bytes"),
        (f"unix:/tmp/{'s' * 120}", "the path of a Unix socket has 1 to 107 bytes"),
        ("unix:/no/such/folder/s", "there is no folder /no/such/folder"),
        ("unix:/etc/hostname", "/etc/hostname is there and is no socket"),
    ],
)
def test_what_is_no_address_is_refused_before_a_folder_is_made(tmp_path, address, words):
    said = refusal("--address", address, "--data-dir", tmp_path / "data")
    assert said.startswith(f"maskloop: address {address!r}")
    assert said.endswith(words)
    assert not (tmp_path / "data").exists()


def test_a_host_that_nobody_knows_is_refused(tmp_path):
    said = refusal("--address", "no.such.host.invalid:7443", "--insecure", "--data-dir", tmp_path / "data")
    assert said.startswith("maskloop: cannot listen on no.such.host.invalid:7443: no.such.host.invalid: ")


def test_a_unix_socket_that_answers_is_refused(tmp_path):
    with socket.socket(socket.AF_UNIX) as taken:
        taken.bind(str(tmp_path / "s"))
        taken.listen()
        said = refusal("--address", f"unix:{tmp_path}/s", "--data-dir", tmp_path / "data")
    assert said == f"maskloop: cannot listen on unix:{tmp_path}/s: another server does"


@pytest.mark.parametrize(
    ("folder", "said"),
    [
        ("afile", "cannot make the folder {}/afile: a file has that name"),
        ("afile/x", "cannot make the folder {}/afile/x: Not a directory"),
        ("/proc/x", "cannot make the folder /proc/x: No such file or directory"),
        ("/proc", "cannot write /proc/server.lock: No such file or directory"),
        ("locked", "cannot write {}/locked/server.lock: Is a directory"),
    ],
)
def test_a_data_folder_that_cannot_be_is_named(tmp_path, folder, said):
    (tmp_path / "afile").write_text("a file")
    (tmp_path / "locked" / "server.lock").mkdir(parents=True)
    place = tmp_path / folder  # an absolute path stays what it is
    assert refusal("--address", "127.0.0.1:0", "--data-dir", place) == f"maskloop: {said.format(tmp_path)}"


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("networks_dir", "afile/x", "cannot make the folder afile/x: Not a directory"),
        ("features_dir", "afile", "cannot make the folder afile: a file has that name"),
        ("blobs_url", "afile/x", "cannot make the folder of blobs_url: Not a directory"),
        ("blobs_url", "foo://me:hidden@b", "blobs_url has the scheme 'foo', which fsspec does not know"),
        ("database_url", "mysql://me:hidden@here/db", "database_url is of the kind 'mysql'"),
        ("database_url", "sqlite:////no/such/folder/m.db", "the database /no/such/folder/m.db is not to be had: "),
        ("workflows_url", "mysql://me:hidden@here/db", "workflows_url is of the kind 'mysql'"),
    ],
)
def test_what_cannot_be_kept_where_the_configuration_says_is_named(tmp_path, monkeypatch, key, value, said):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "afile").write_text("a file")
    monkeypatch.setenv(f"MASKLOOP_{key.upper()}", value)
    told = refusal("--address", "127.0.0.1:0", "--data-dir", tmp_path / "data")
    assert told.startswith(f"maskloop: {said}")
    assert "hidden" not in told


def test_a_folder_that_may_only_be_read_is_named(tmp_path):
    with mounted(tmp_path / "disk", "ro") as folder:
        said = refusal("--address", "127.0.0.1:0", "--data-dir", folder)
        assert said == f"maskloop: cannot write {folder}/server.lock: Read-only file system"
        said = refusal("--address", "127.0.0.1:0", "--data-dir", folder / "data")
        assert said == f"maskloop: cannot make the folder {folder}/data: Read-only file system"


def test_a_disk_that_is_full_is_told_in_one_line(tmp_path):
    with mounted(tmp_path / "disk", "size=64k") as folder:
        with suppress(OSError), (folder / "full").open("wb", buffering=0) as file:
            while file.write(b"0" * 4096):
                pass
        said = refusal("--address", "127.0.0.1:0", "--data-dir", folder / "data")
    assert said == "maskloop: the database's disk is full; nothing was changed"


@pytest.mark.parametrize("name", ["maskloop.db", "dbos.db"])
def test_a_damaged_database_is_told_in_one_line(tmp_path, name):
    (tmp_path / name).write_bytes(b"this has never been a database, has it? " * 100)
    said = one_line_of(tmp_path, {})
    assert f"{tmp_path}/{name}" in said
    assert "file is not a database" in said


@pytest.mark.slow
@pytest.mark.parametrize("key", ["database_url", "workflows_url"])
def test_a_database_that_answers_nothing_is_given_up_in_one_line(tmp_path, key):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"postgresql://me:hidden@127.0.0.1:{silent.getsockname()[1]}/db?connect_timeout=2"
        said = one_line_of(tmp_path, {f"MASKLOOP_{key.upper()}": url, "MASKLOOP_LOG_LEVEL": "DEBUG"})
    assert "db at 127.0.0.1" in said
    assert "timeout" in said


def test_an_url_of_the_wrong_shape_is_not_told(tmp_path):
    (tmp_path / "server.toml").write_text("database_url = ['postgresql://me:hidden@here/db']\n")
    said = refusal("--config", tmp_path / "server.toml", "--data-dir", tmp_path / "data")
    assert said.startswith(f"maskloop: {tmp_path}/server.toml: database_url is not what it must be: ")
    assert "hidden" not in said


def one_line_of(data_dir, given):
    """The one line of a real server that does not come up, without a password; its exit status is 2."""
    command = [sys.executable, "-m", "service", "serve", "--address", "127.0.0.1:0", "--data-dir", data_dir]
    done = subprocess.run(
        command, cwd=ROOT, env={**os.environ, **given}, capture_output=True, text=True, check=False, timeout=120
    )
    assert (done.returncode, done.stdout) == (2, ""), done.stderr
    assert "Traceback" not in done.stderr
    assert "hidden" not in done.stderr
    return done.stderr.splitlines()[-1]


def test_records_of_long_work_that_cannot_be_had_are_told_in_one_line(tmp_path):
    given = {"MASKLOOP_WORKFLOWS_URL": "postgresql://me:hidden@127.0.0.1:1/db"}
    command = [sys.executable, "-m", "service", "serve", "--address", "127.0.0.1:0", "--data-dir", tmp_path]
    done = subprocess.run(
        command, cwd=ROOT, env={**os.environ, **given}, capture_output=True, text=True, check=False, timeout=120
    )
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1), done.stderr
    assert done.stderr.startswith("maskloop: the records of long work, db at 127.0.0.1, are not to be had: ")
    assert "hidden" not in done.stderr


def test_a_certificate_that_is_none_is_named(tmp_path):
    for name in ("cert.pem", "key.pem"):
        (tmp_path / name).write_text("nothing of the kind")
    tls = ("--tls-cert", tmp_path / "cert.pem", "--tls-key", tmp_path / "key.pem")
    said = refusal("--address", "127.0.0.1:0", "--data-dir", tmp_path / "data", *tls)
    assert said.startswith(f"maskloop: {tmp_path}/cert.pem and {tmp_path}/key.pem are no certificate chain with its")
    assert not (tmp_path / "data").exists()


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


@pytest.mark.slow
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
