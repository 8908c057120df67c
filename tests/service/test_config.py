"""Configuration: file, then environment, then command line; nothing unknown gets through."""

from __future__ import annotations

from pathlib import Path

import pytest

from maskloop.address import DEFAULT_ADDRESS
from maskloop.errors import InvalidConfig
from service.config import ServerConfig, load_config


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch):
    for key in ServerConfig.model_fields:
        monkeypatch.delenv(f"MASKLOOP_{key.upper()}", raising=False)


def written(folder: Path, text: str) -> Path:
    path = folder / "server.toml"
    path.write_text(text)
    return path


def test_the_command_line_goes_before_the_environment_and_that_before_the_file(tmp_path, monkeypatch):
    file = written(tmp_path, 'device = "file"\nrecipe = "file"\nexecutor_id = "file"\n')
    monkeypatch.setenv("MASKLOOP_RECIPE", "environment")
    monkeypatch.setenv("MASKLOOP_EXECUTOR_ID", "environment")
    config = load_config(file, {"executor_id": "flag"})
    assert (config.device, config.recipe, config.executor_id) == ("file", "environment", "flag")
    assert config.address == DEFAULT_ADDRESS == "127.0.0.1:7443"


def test_values_are_read_as_what_they_are(tmp_path, monkeypatch):
    monkeypatch.setenv("MASKLOOP_THREADS", "3")
    monkeypatch.setenv("MASKLOOP_INSECURE", "true")
    monkeypatch.setenv("MASKLOOP_IMAGE_ROOTS", "/a:/b")
    config = load_config(written(tmp_path, "grace_s = 1.5\n"), {})
    assert (config.threads, config.insecure, config.grace_s) == (3, True, 1.5)
    assert config.image_roots == (Path("/a"), Path("/b"))


def test_the_number_of_threads_is_no_choice_of_the_machines():
    assert load_config(None, {}).threads == 2


def test_roots_are_listed_in_a_file(tmp_path):
    assert load_config(written(tmp_path, 'image_roots = ["/a"]\n'), {}).image_roots == (Path("/a"),)


def test_an_unknown_key_is_refused_with_its_file(tmp_path):
    file = written(tmp_path, "adress = 'x'\n")
    with pytest.raises(InvalidConfig, match="adress is unknown") as raised:
        load_config(file, {})
    assert str(file) in raised.value.message
    assert raised.value.field == "adress"


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("threads = -1", "threads"),
        ("threads = 0", "threads"),
        ("threads = 'many'", "threads"),
        ("insecure = 7", "insecure"),
        ("image_roots = 3", "image_roots"),
        ("log_level = 'LOUD'", "log_level"),
        ("max_message_bytes = 1", "max_message_bytes"),
        ("desk_threads = 0", "desk_threads"),
        ("grace_s = -1", "grace_s"),
        ("[address]\nhost = 'x'", "address"),
    ],
)
def test_an_impossible_value_is_refused_with_its_key(tmp_path, text, key):
    file = written(tmp_path, text)
    with pytest.raises(InvalidConfig, match=f"server.toml: {key} is ") as raised:
        load_config(file, {})
    assert raised.value.field == key


def test_an_impossible_value_in_the_environment_names_the_variable(monkeypatch):
    monkeypatch.setenv("MASKLOOP_THREADS", "many")
    with pytest.raises(InvalidConfig, match="environment variable MASKLOOP_THREADS: threads is 'many'"):
        load_config(None, {})


def test_an_impossible_flag_is_said_to_be_one():
    with pytest.raises(InvalidConfig, match="the command line: threads is -3"):
        load_config(None, {"threads": -3})


@pytest.mark.parametrize(("text", "words"), [("a = = b", "is no TOML"), (None, "cannot be read")])
def test_an_unreadable_file_is_named(tmp_path, text, words):
    file = tmp_path / "server.toml" if text is None else written(tmp_path, text)
    with pytest.raises(InvalidConfig, match=words) as raised:
        load_config(file, {})
    assert str(file) in raised.value.message


def test_every_key_says_what_it_is():
    assert [key for key, field in ServerConfig.model_fields.items() if not field.description] == []
