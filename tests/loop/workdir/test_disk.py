from typing import Any

from maskloop.datasets.read import Data
from maskloop.formats.datasets import Dataset, DatasetImage
from maskloop.loop.options import Options
from maskloop.loop.workdir.disk import forget_caches, referred_folders, say_sizes
from maskloop.values import Category


def data_of(folder, **piece):
    images = tuple(DatasetImage(name, folder / name, 8, 6, (), **piece) for name in ("a.png", "deep/b.png"))
    return Data("d", Dataset((Category(1, "crack"),), images, ("a.png",), ("deep/b.png",), ""))


def test_a_server_started_for_the_run_refers_to_the_images_unless_they_are_to_be_copied(tmp_path):
    data = data_of(tmp_path)
    asked: dict[str, Any] = {"budget": "1h", "data": "demo"}
    assert referred_folders(Options(**asked), data) == (tmp_path.resolve(),)
    assert referred_folders(Options(**asked, copy_images=True), data) == ()
    assert referred_folders(Options(**asked, server="127.0.0.1:7443"), data) == ()
    assert referred_folders(Options(**asked), data_of(tmp_path, corner=(0, 0))) == ()


def test_folders_that_are_many_are_named_by_the_one_that_holds_them(tmp_path):
    images = tuple(DatasetImage(f"{n}.png", tmp_path / f"day{n}" / f"{n}.png", 8, 6, ()) for n in range(40))
    names = tuple(image.file_name for image in images)
    data = Data("d", Dataset((Category(1, "crack"),), images, names[:30], names[30:], ""))
    assert data.folders == (tmp_path.resolve(),)


def test_what_can_be_made_anew_goes_with_the_end_of_a_run_unless_all_is_kept(tmp_path):
    for name in ("features", "networks", "models"):
        (tmp_path / "server" / name).mkdir(parents=True)
    forget_caches(tmp_path, 0)
    assert len(list((tmp_path / "server").iterdir())) == 3
    forget_caches(tmp_path, 3)
    assert [each.name for each in (tmp_path / "server").iterdir()] == ["models"]


def test_sizes_are_said_of_the_whole_and_of_what_grows(tmp_path):
    for name, size in (
        ("server/models/p/m/model.safetensors", 1_500_000),
        ("server/blobs/ab", 300_000),
        ("x", 200_000),
    ):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x" * size)
    assert say_sizes(tmp_path) == f"{tmp_path} holds 2.0 MB: networks and score tables 1.5 MB, images 0.3 MB"
    assert say_sizes(tmp_path / "empty") == f"{tmp_path / 'empty'} holds 0.0 MB"
