"""What may be asked for, and what a folder remembers of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from maskloop.class_labels.options import Kept, Options, find_kept
from maskloop.class_labels.photos import Asked, read_photos_with_classes
from maskloop.errors import FailedPrecondition, InvalidArgument, InvalidConfig
from tests.class_labels.folders import put

ASKED = Options("class_maps,closing=9", method="advcam", seed=3)


@pytest.fixture
def photos(tmp_path):
    folder = put(tmp_path / "photos", "crack/a.png", "rust/b.png")
    return read_photos_with_classes(Asked(folder, None, (), "", None, tmp_path / "out"))


def test_options_that_have_a_name_of_their_own_go_before_those_of_the_recipe():
    assert Options("class_maps,closing=9,method=cam", method="advcam").overrides() == {"closing": 9, "method": "advcam"}
    assert Options().overrides() == {}


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"recipe": "class_map"}, "did you mean 'class_maps'"),
        ({"recipe": "pretrained"}, "class_maps is what learns from class labels"),
        ({"recipe": "class_maps,closing"}, "'closing' is not option=value"),
        ({"seed": -1}, "--seed -1 is negative"),
        ({"device": "cupid"}, "did you mean"),
    ],
)
def test_options_that_cannot_be_are_refused(options, words):
    with pytest.raises(InvalidArgument, match=words):
        Options(**options)


def test_a_folder_remembers_what_it_was_begun_with(photos, tmp_path):
    out = tmp_path / "out"
    assert find_kept(out, ASKED, photos) is None
    kept = Kept.new(ASKED, photos)
    kept.write(out, trained=True)
    assert find_kept(out, ASKED, photos) == kept
    with pytest.raises(InvalidConfig, match=r"--method was 'advcam', is 'cam'; name another --out"):
        find_kept(out, replace(ASKED, method="cam"), photos)
    put(photos.folder, "rust/c.png")
    more = read_photos_with_classes(Asked(photos.folder, None, (), "", None, out))
    with pytest.raises(InvalidConfig, match=r"was begun with other photographs or labels"):
        find_kept(out, ASKED, more)


def test_other_options_go_on_with_what_was_imported_until_a_network_is_trained(photos, tmp_path):
    kept = Kept.new(ASKED, photos)
    kept.write(tmp_path / "out", trained=False)
    other = replace(ASKED, method="cam")
    assert find_kept(tmp_path / "out", other, photos) == replace(kept, options=other)


def test_a_folder_with_other_things_is_left_alone(photos, tmp_path):
    with pytest.raises(FailedPrecondition, match="is not empty and holds no run; name another --out"):
        find_kept(put(tmp_path / "mine", "diary.png"), ASKED, photos)
    (tmp_path / "file").write_text("")
    with pytest.raises(FailedPrecondition, match="is a file; name another --out"):
        find_kept(tmp_path / "file", ASKED, photos)
