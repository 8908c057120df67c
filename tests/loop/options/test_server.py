"""How the options of a run say that its server is reached, and what a run keeps of it."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from maskloop.address import TOKEN_FILE_VARIABLE, Endpoint
from maskloop.errors import InvalidArgument
from maskloop.loop.options import RUN_FILE, KeptRun, Options, find_run, keep_run, kept_options

SERVER = "labels.example:7443"


@pytest.fixture(autouse=True)
def alone(monkeypatch):
    monkeypatch.delenv(TOKEN_FILE_VARIABLE, raising=False)


def options(**more):
    return Options(budget="1h", data="demo", **more)


def test_a_run_without_a_server_starts_one(monkeypatch):
    monkeypatch.setenv(TOKEN_FILE_VARIABLE, "somebody.token")
    assert options().endpoint() is None


def test_a_running_server_is_reached_by_all_that_is_said_of_it(tmp_path):
    files = {name: str(tmp_path / name) for name in ("tls_root", "tls_cert", "tls_key", "token_file")}
    asked = options(server=SERVER, insecure=True, **files)
    expected = {name: Path(file) for name, file in files.items()}
    assert asked.endpoint() == Endpoint(SERVER, **expected, insecure=True)


def test_a_home_folder_is_found():
    assert options(server=SERVER, token_file="~/my.token").endpoint().token_file == Path.home() / "my.token"


def test_the_environment_names_the_token_file_where_no_option_does(monkeypatch):
    monkeypatch.setenv(TOKEN_FILE_VARIABLE, "of-environment")
    assert options(server=SERVER).endpoint().token_file == Path("of-environment")
    assert options(server=SERVER, token_file="given").endpoint().token_file == Path("given")


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"token_file": "my.token"}, "--token-file is for a running server: name it by --server"),
        ({"tls_root": "root.pem"}, "--tls-root is for a running server"),
        ({"server": SERVER, "tls_cert": "c.pem", "tls_root": "root.pem"}, "come together"),
        ({"server": SERVER, "tls_cert": "c.pem", "tls_key": "c.key"}, "over TLS alone"),
    ],
)
def test_what_cannot_be_is_refused_at_once(given, why):
    with pytest.raises(InvalidArgument, match=why):
        options(**given)


def test_a_run_keeps_the_name_of_the_token_file_and_no_token(tmp_path):
    secret = "mlp_c2VjcmV0LXNlY3JldC1zZWNyZXQ"
    file = tmp_path / "my.token"
    file.write_text(secret)
    asked = options(server=SERVER, tls_root="root.pem", token_file=str(file))
    keep_run(tmp_path / "run", KeptRun("1", asked, asked))
    written = (tmp_path / "run" / RUN_FILE).read_text()
    assert json.loads(written)["token_file"] == str(file)
    assert secret not in written + repr(asked) + repr(asked.endpoint())
    assert kept_options(tmp_path / "run") == asked


def test_a_run_goes_on_with_another_token_and_goes_on_no_further_for_it(tmp_path):
    asked = options(server=SERVER, token_file="first.token")
    keep_run(tmp_path, KeptRun("1", asked, asked))
    now = replace(asked, token_file="second.token", tls_root="root.pem")
    run = find_run(tmp_path, now, resume=True)
    assert (run.now, run.is_changed) == (now, False)
    keep_run(tmp_path, run)
    assert kept_options(tmp_path) == now
