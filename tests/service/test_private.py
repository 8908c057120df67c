"""What a server keeps is its user's alone, and its passwords are told nobody."""

from __future__ import annotations

import logging
import os
import socket
import stat
import subprocess
from pathlib import Path

import pytest
from typer.testing import CliRunner

from maskloop.errors import FailedPrecondition, MaskloopError, ModelNotFound, StorageFull
from maskloop.values import Category
from service.__main__ import app
from service.artifacts.places import places_untold
from service.log import FORM, begin_log, secrets_of
from tests.postgres import postgres
from tests.service.processes import ServerProcess
from tests.service.squares import imports


def open_to_others(*places: Path) -> list[str]:
    """What others may read or write of these and all below."""
    paths = [path for place in places for path in (place, *place.rglob("*"))]
    return [str(path) for path in paths if stat.S_IMODE(path.lstat().st_mode) & 0o077]


def test_everything_that_a_server_writes_is_its_user_s_alone(tmp_path):
    folder = tmp_path / "data"
    with ServerProcess(folder, "--address", f"unix:{tmp_path}/socket") as server:
        server.client.create_project(project_id="p", categories=[Category(1, "square")])
        server.client.import_images(project_id="p", images=imports(3, 0, 1))
        assert len(list((folder / "blobs").rglob("*"))) > 4
        assert (tmp_path / "socket").is_socket()
        assert open_to_others(folder, tmp_path / "socket") == []


def refused_beside(folder: Path) -> None:
    """Have a server look at its data folder, and then not come up."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        options = ["serve", "--address", f"127.0.0.1:{taken.getsockname()[1]}", "--data-dir", str(folder)]
        assert CliRunner().invoke(app, options).exit_code == 2


def mode_of(folder: Path) -> str:
    return f"{stat.S_IMODE(folder.stat().st_mode):04o}"


@pytest.mark.parametrize(
    ("mode", "holds", "after"),
    [
        (0o755, ["server.lock"], "0700"),
        (0o777, [], "0700"),
        (0o700, ["server.lock"], "0700"),
        (0o755, ["something else"], "0755"),
        (0o1777, ["server.lock"], "1777"),
    ],
)
def test_a_data_folder_of_earlier_days_is_closed_to_others_and_no_other_folder_is(tmp_path, mode, holds, after):
    folder = tmp_path / "data"
    folder.mkdir()
    for name in holds:
        (folder / name).touch()
    folder.chmod(mode)
    before = os.umask(0o022)
    try:
        refused_beside(folder)
        assert os.umask(0o022) == 0o022  # a server that ended leaves its process as it was
    finally:
        os.umask(before)
    assert mode_of(folder) == after


def test_passwords_are_found_in_urls_as_they_are_written_and_as_they_are_meant():
    urls = ["postgresql://me:p%40ss@host/db?sslpassword=other", "s3://KEY:deep/secret@bucket", "", "no url", "http://["]
    assert set(secrets_of(urls)) >= {"p%40ss", "p@ss", "other"}
    assert secrets_of(["postgresql://me@host/db", "sqlite:////data/m.db"]) == ()


def test_no_line_of_the_log_has_a_password_and_no_traceback(capsys):
    root = logging.getLogger()
    kept = root.handlers[:]
    root.handlers.clear()
    try:
        begin_log("INFO", FORM, ["postgresql://me:p%40ss@host/db"])
        try:
            int("postgresql://me:p%40ss@host/db and p@ss")
        except ValueError:
            logging.getLogger("any").exception("as %s says", "p@ss")
    finally:
        root.handlers[:] = kept
    said = capsys.readouterr().err
    assert "Traceback" in said
    assert "p@ss" not in said
    assert "p%40ss" not in said
    assert "as *** says" in said


@pytest.mark.slow
def test_a_server_at_its_most_talkative_tells_no_password(tmp_path):
    with postgres() as cluster:
        urls = {"database_url": cluster.url, "workflows_url": cluster.url}
        with ServerProcess(tmp_path, stderr=subprocess.PIPE, log_level="DEBUG", **urls) as server:
            server.client.create_project(project_id="p", categories=[Category(1, "square")])
            cluster.stop()
            with pytest.raises(MaskloopError) as raised:
                server.client.create_project(project_id="q", categories=[Category(1, "square")])
            server.process.terminate()
            said = server.process.communicate(timeout=60)
        cluster.start()
    for text in (raised.value.message, *map(bytes.decode, said)):
        assert "hidden-word" not in text
    assert "127.0.0.1" not in raised.value.message
    assert str(cluster.port) not in raised.value.message


def raise_untold(error: MaskloopError) -> None:
    with places_untold():
        raise error


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (StorageFull("cannot write /data/x", field="/data/x"), "the server's disk is full; nothing was kept"),
        (FailedPrecondition("cannot write /data/x", field="/data/x"), "a file of the server's cannot be used; its log"),
        (ModelNotFound("there is no model at /data/x", path="/data/x"), "a file of the server's is gone; its log"),
    ],
)
def test_a_place_on_the_server_s_disk_is_told_to_its_log_alone(error, told, caplog):
    with pytest.raises(type(error), match=f"^{told}") as raised:
        raise_untold(error)
    assert "/data" not in f"{raised.value.message} {raised.value.field} {raised.value.details}"
    assert "/data/x" in caplog.text


def test_what_names_no_place_is_told_as_it_is():
    error = StorageFull("no room", field="images")
    with pytest.raises(StorageFull) as raised:
        raise_untold(error)
    assert raised.value is error
