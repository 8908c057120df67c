"""Where things lie: below the data folder, whatever they are called."""

from __future__ import annotations

import errno
import os
import shutil

import pytest

from maskloop.errors import ModelNotFound
from service.artifacts.data_folder import DataFolder


@pytest.mark.parametrize("version", ["..", ".", "../q/m1", "/etc", "a/b", "nul\0", "x" * 256, "ü" * 128])
def test_what_is_no_name_of_a_folder_is_no_model_version(tmp_path, version):
    with pytest.raises(ModelNotFound, match="project p has no model version of that id"):
        DataFolder(tmp_path).scores("p", version)


def test_a_model_version_has_a_folder_of_its_own(tmp_path):
    assert DataFolder(tmp_path).model("p", "m1") == tmp_path / "models" / "p" / "m1"


def test_a_result_is_in_its_place_at_once_and_stays_when_the_work_is_cleared(tmp_path):
    folder = DataFolder(tmp_path)
    work, place = folder.work("op") / "scores.parquet", folder.scores("p", "m1")
    for content in (b"first", b"first", b"second"):  # a step that is done again puts the same file there
        work.parent.mkdir(parents=True, exist_ok=True)
        if not work.exists() or work.read_bytes() != content:
            work.unlink(missing_ok=True)
            work.write_bytes(content)
        folder.publish("op", work.name, place)
        assert place.read_bytes() == content
        assert os.path.samefile(work, place)  # no copy: the database is kept from others meanwhile
    shutil.rmtree(work.parent)
    assert place.read_bytes() == b"second"
    assert [path.name for path in place.parent.iterdir()] == [place.name]


def test_where_files_have_no_second_place_the_result_is_copied(tmp_path, monkeypatch):
    def refuse(*_: object) -> None:
        raise OSError(errno.EXDEV, "another file system")

    monkeypatch.setattr(os, "link", refuse)
    folder = DataFolder(tmp_path)
    work, place = folder.work("op") / "scores.parquet", folder.scores("p", "m1")
    work.parent.mkdir(parents=True)
    work.write_bytes(b"scores")
    folder.publish("op", work.name, place)
    assert place.read_bytes() == b"scores"
    assert not os.path.samefile(work, place)
