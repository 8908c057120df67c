"""Which pictures a person named, what they are called, and how many are held at once."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from maskloop.errors import InvalidDataset
from maskloop.formats.datasets import PassedOver
from service.predict.pictures import PictureFile, ReadPicture, in_chunks, name_pictures, read_pictures


def picture(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (8, 6)).save(path, "PNG")
    return path


def names(*places: Path, recursive: bool = True) -> list[str]:
    return [file.file_name for file in name_pictures(places, recursive=recursive)]


def test_pictures_of_one_folder_are_called_by_their_path_below_it(tmp_path):
    for name in ("b.png", "deep/a.png"):
        picture(tmp_path / name)
    assert names(tmp_path) == ["b.png", "deep/a.png"]
    assert names(tmp_path, recursive=False) == ["b.png"]


def test_pictures_of_several_places_have_names_of_their_own_and_come_once(tmp_path):
    for name in ("x/a.png", "y/a.png", "y/b.png"):
        picture(tmp_path / name)
    assert names(tmp_path / "x", tmp_path / "y" / "a.png") == ["x/a.png", "y/a.png"]
    assert names(tmp_path / "x", tmp_path / "x", tmp_path / "x" / "a.png") == ["a.png"]


def test_a_file_that_is_named_is_read_whatever_it_is_called(tmp_path):
    assert names(picture(tmp_path / "picture without suffix")) == ["picture without suffix"]


@pytest.mark.parametrize("place", ["empty", "texts", "nowhere"])
def test_a_place_without_pictures_is_refused(tmp_path, place):
    (tmp_path / "empty").mkdir()
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts" / "a.txt").write_text("words")
    with pytest.raises(InvalidDataset, match=f"there is no picture .*{place}"):
        names(tmp_path / place)


def test_folders_below_are_spoken_of_where_they_were_left_out(tmp_path):
    picture(tmp_path / "deep" / "a.png")
    with pytest.raises(InvalidDataset, match="folders below were not looked into"):
        names(tmp_path, recursive=False)


def test_a_name_that_is_no_text_is_passed_over(tmp_path):
    picture(tmp_path / "a.png")
    os.rename(tmp_path / "a.png", os.fsencode(tmp_path) + b"/caf\xe9.png")
    passed_over: list[PassedOver] = []
    assert list(read_pictures(name_pictures([tmp_path], recursive=True), passed_over)) == []
    assert [(item.name, item.why) for item in passed_over] == [
        ("caf\\xe9.png", "its name is not valid text; rename it")
    ]


def test_a_file_that_is_gone_is_passed_over(tmp_path):
    passed_over: list[PassedOver] = []
    assert list(read_pictures([PictureFile("a.png", tmp_path / "a.png")], passed_over)) == []
    assert passed_over[0].why == "cannot be read: No such file or directory"


def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "a.png")
    passed_over: list[PassedOver] = []
    assert list(read_pictures(name_pictures([tmp_path / "a.png"], recursive=True), passed_over)) == []
    assert passed_over[0].why == "cannot be read: it is no file"


def test_a_large_picture_is_held_alone():
    sizes = [1, 1, 1, 9, 1, 2, 1, 1, 1]
    pictures = (ReadPicture(str(size), np.zeros((1, size, 3), np.uint8)) for size in sizes)
    chunks = [[int(one.file_name) for one in chunk] for chunk in in_chunks(pictures, 4, 4)]
    assert chunks == [[1, 1, 1], [9], [1, 2, 1], [1, 1]]
