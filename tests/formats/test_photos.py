"""The pictures of a folder as people keep them: deep, hidden, linked, without suffix, of formats that nobody reads."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from PIL import Image

from maskloop.errors import InvalidDataset, InvalidImage
from maskloop.formats.images import decode_image
from maskloop.formats.photos import REFUSED, TAKEN, find_pictures


def picture(path: Path, format_name: str = "PNG") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (8, 6), "red").save(path, format_name)
    return path


def names(folder: Path) -> list[str]:
    return [path.relative_to(folder).as_posix() for path in find_pictures(folder)]


def test_pictures_are_listed_by_name_from_every_depth(tmp_path):
    for name in ("b.png", "deep/deeper/a.JPG", "a.tiff", "deep/c.WebP"):
        picture(tmp_path / name)
    assert names(tmp_path) == ["a.tiff", "b.png", "deep/c.WebP", "deep/deeper/a.JPG"]


@pytest.mark.parametrize("format_name", ["PNG", "JPEG", "GIF", "TIFF", "BMP", "WEBP", "AVIF", "JPEG2000"])
@pytest.mark.parametrize("name", ["no suffix", "half.jpg.download", "IMG_0001.dat"])
def test_a_picture_whose_suffix_says_nothing_is_told_by_its_first_bytes(tmp_path, name, format_name):
    picture(tmp_path / name, format_name)
    assert names(tmp_path) == [name]


@pytest.mark.parametrize("name", [".hidden.jpg", "._a.jpg", ".thumbnails/a.jpg", "__MACOSX/a.jpg", "x/@eaDir/a.jpg"])
def test_what_systems_leave_behind_is_no_picture(tmp_path, name):
    picture(tmp_path / "a.png")
    picture(tmp_path / name)
    assert names(tmp_path) == ["a.png"]


@pytest.mark.parametrize("name", ["Thumbs.db", "notes.txt", "labels.json", "clip.mp4", "report.pdf", "empty"])
def test_other_files_are_no_pictures(tmp_path, name):
    (tmp_path / name).write_bytes(b"" if name == "empty" else b"BM, said the other one")
    assert names(tmp_path) == []


@pytest.mark.parametrize("suffix", sorted(REFUSED))
def test_pictures_that_nobody_reads_are_listed_and_refused_by_name(tmp_path, suffix):
    path = tmp_path / f"a{suffix}"
    path.write_bytes(b"8BPS and more of it, as such files begin")
    assert find_pictures(tmp_path) == (path,)
    with pytest.raises(InvalidImage, match=path.name):
        decode_image(path.read_bytes(), path.name)


def test_empty_and_broken_files_of_a_pictures_name_are_listed(tmp_path):
    for name in ("empty.jpg", "text.png"):
        (tmp_path / name).write_text("" if name == "empty.jpg" else "no picture")
    (tmp_path / "gone.jpg").symlink_to(tmp_path / "nowhere.jpg")
    assert names(tmp_path) == ["empty.jpg", "gone.jpg", "text.png"]


def test_folders_that_are_links_are_followed_once(tmp_path):
    picture(tmp_path / "elsewhere" / "a.png")
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "link").symlink_to(tmp_path / "elsewhere", target_is_directory=True)
    (tmp_path / "photos" / "link" / "round").symlink_to(tmp_path / "photos", target_is_directory=True)
    assert names(tmp_path / "photos") == ["link/a.png"]


def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "a.jpg")
    assert names(tmp_path) == []


def test_a_hidden_folder_may_be_asked_for_by_name(tmp_path):
    picture(tmp_path / ".photos" / "a.png")
    assert names(tmp_path / ".photos") == ["a.png"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every folder")
def test_a_folder_without_permission_is_listed(tmp_path):
    picture(tmp_path / "shut" / "a.png")
    (tmp_path / "shut").chmod(0)
    try:
        assert names(tmp_path) == ["shut"]
    finally:
        (tmp_path / "shut").chmod(0o700)


def test_no_folder_is_refused(tmp_path):
    with pytest.raises(InvalidDataset, match="there is no folder"):
        find_pictures(tmp_path / "nowhere")


def test_taken_and_refused_are_apart():
    assert not TAKEN & REFUSED
