"""`maskloop propose` as it is typed: from class labels to masks, on a real server."""

from __future__ import annotations

import json

import pytest
from PIL import Image

from maskloop.class_labels.results import picture_names
from maskloop.client import Client
from maskloop.client.local_server import LocalServer
from models.class_maps.recipe import METHODS
from tests.class_labels.folders import outline, put

pytestmark = pytest.mark.journey

TINY = ("--recipe", "class_maps,classifier=compact,iterations=3,threshold=0.1", "--seed", "1")


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with LocalServer(tmp_path_factory.mktemp("server"), "cpu", print, threads=1) as running:
        yield running.address


@pytest.fixture
def folder(tmp_path):
    """Three squares, three images without, and one of which nobody said anything; one of the squares is outlined."""
    there = put(tmp_path / "photos", *(f"square/{n}.png" for n in range(3)), "new.png")
    outline(tmp_path / "some.json", {"square/0.png": "square"})
    return put(there, *(f"none/{n}.png" for n in range(3)), squares=False)


def test_class_labels_become_masks_and_the_same_command_does_nothing_twice(maskloop, server, folder, tmp_path):
    out = tmp_path / "masks"
    words = ("propose", folder, "--empty", "none", "--outlines", tmp_path / "some.json", *TINY, "--server", server)
    code, said, complaint = maskloop(*words, "--out", out)
    assert (code, complaint) == (0, "")
    assert "7 images: 6 with class labels, 1 of them outlined, 1 without." in said
    assert "Scores are raw confidence, not predicted IoU" in said
    document = json.loads((out / "proposals.json").read_text())
    assert document["info"]["score"].startswith("confidence")
    assert [category["name"] for category in document["categories"]] == ["square"]
    names = {image["id"]: image["file_name"] for image in document["images"]}
    assert list(names.values()) == [
        *("new.png", "none/0.png", "none/1.png", "none/2.png"),
        *("square/1.png", "square/2.png"),
    ]
    masks = [names[each["image_id"]] for each in document["annotations"]]
    assert masks
    assert not [name for name in masks if name.startswith("none/")]
    with Image.open(out / "pictures" / "square" / "1.jpg") as picture:
        assert (picture.format, picture.size) == ("JPEG", (32, 32))
    files = {path: path.read_bytes() for path in out.rglob("*.j*g") if path.is_file()}
    with Client(server) as client:
        (project,) = client.list_projects()
        before = list(client.list_operations(project_id=project.id))
        again = maskloop(*words, "--out", out)
        assert again[0] == 0
        assert [each.id for each in client.list_operations(project_id=project.id)] == [each.id for each in before]
        assert len(list(client.list_labels(project_id=project.id))) == 6
    assert {path: path.read_bytes() for path in files} == files
    put(folder, "new.png", squares=False)  # another picture of the same name and size
    Image.open(folder / "square" / "1.png").rotate(90).save(folder / "square" / "1.png")
    code, _, complaint = maskloop(*words, "--out", out)
    assert code != 0
    assert "is another picture than the one that was brought in" in complaint


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--method", METHODS[0][:-1] + "x"), f"is none of {', '.join(METHODS)}; did you mean '{METHODS[0]}'?"),
        (("--refine", "nine"), "did you mean 'none'?"),
        (("--recipe", "compact"), "class_maps is what learns from class labels"),
        (("--empty", "nothing"), "--empty: there is no image in"),
        (("--labels", "nowhere.json"), "nowhere.json cannot be read"),
        (("--outlines", "nowhere.json"), "nowhere.json cannot be read"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_written(maskloop, folder, tmp_path, words, told):
    code, _, complaint = maskloop("propose", folder, "--out", tmp_path / "out", *words)
    assert code == 2
    assert told in complaint
    assert not (tmp_path / "out").exists()


def test_what_the_server_refuses_leaves_nothing_behind(maskloop, server, folder, tmp_path):
    words = ("--recipe", "class_maps,closng=3", "--server", server, "--out", tmp_path / "out")
    code, _, complaint = maskloop("propose", folder, *words)
    assert code == 2
    assert "did you mean 'closing'" in complaint
    assert not (tmp_path / "out").exists()


def test_an_option_that_is_refused_at_training_may_be_put_right(maskloop, server, folder, tmp_path):
    words = ("propose", folder, "--server", server, "--out", tmp_path / "out", "--recipe")
    for recipe in ("class_maps,classifier=compact,ood=wood", "class_maps,closing=9,ood=wood"):
        code, _, complaint = maskloop(*words, recipe)
        assert code == 2
        assert "ood=wood learns from images that are known to hold nothing" in complaint
    assert set(json.loads((tmp_path / "out" / "propose.json").read_text())) == {"run_id", "digest"}


def test_a_folder_with_other_content_is_not_touched(maskloop, folder, tmp_path):
    mine = put(tmp_path / "mine", "diary.png")
    code, _, complaint = maskloop("propose", folder, "--out", mine)
    assert (code, [path.name for path in mine.iterdir()]) == (2, ["diary.png"])
    assert "is not empty and holds no run; name another --out" in complaint


def test_pictures_are_named_after_their_images():
    names = ["a/b.png", "c.jpg", "c.PNG", "d.png.tif", "d.png", "d.gif", "e.png", "e.jpg/f.png"]
    assert picture_names(names) == {
        **{"e.png": "e.png.jpg", "e.jpg/f.png": "e.jpg/f.jpg"},
        **{"a/b.png": "a/b.jpg", "c.jpg": "c.jpg.jpg", "c.PNG": "c.PNG.jpg"},
        **{"d.png.tif": "d.png.tif.jpg", "d.png": "d.png.jpg", "d.gif": "d.gif.jpg"},
    }
