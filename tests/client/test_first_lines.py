"""What a new user says first, over a real server: a folder of pictures with bad files among them, and a campaign."""

import os
import shutil
import sys

import pytest
from PIL import Image as Picture

from maskloop.client import Client, folders
from maskloop.errors import InvalidBudget, InvalidDataset, ProjectNotFound
from maskloop.values import Budget, Split, Strategy
from tests.service.wire import Edge


@pytest.fixture(scope="module")
def edge(tmp_path_factory):
    with Edge(tmp_path_factory.mktemp("edge"), max_image_bytes=20_000) as made:
        made.loop.do(made.edge.serve())
        yield made


@pytest.fixture
def client(edge, request):
    with Client(edge.address) as made:
        made.create_project(project_id=project_of(request), categories=["crack", "rust"])
        yield made


@pytest.fixture
def project_id(request):
    return project_of(request)


def project_of(request):
    return request.node.name.partition("[")[0].replace("_", "-")[:60]


def picture(path, colour="red", size=(8, 6)):
    path.parent.mkdir(parents=True, exist_ok=True)
    Picture.new("RGB", size, colour).save(path)
    return path


@pytest.fixture
def photos(tmp_path):
    """Four good pictures and five bad files."""
    top = tmp_path / "photos"
    for place, name in enumerate(("b.png", "deep/a.jpg", "deep/deeper/c.tif", "ü.webp")):
        picture(top / name, (place, 0, 0))
    whole = picture(top / "half.jpg", size=(60, 60)).read_bytes()
    (top / "half.jpg").write_bytes(whole[: len(whole) // 2])
    (top / "empty.png").touch()
    (top / "words.jpg").write_text("no picture")
    Picture.effect_noise((200, 200), 80).save(top / "large.png")
    os.symlink(top / "nowhere", top / "broken.png")
    (top / "notes.txt").write_text("what is no picture is not spoken of")
    return top


GOOD = ["b.png", "deep/a.jpg", "deep/deeper/c.tif", "ü.webp"]


def test_good_pictures_are_taken_and_bad_ones_named(client, project_id, photos):
    told = []
    found = client.import_folder(photos, project_id=project_id, progress=lambda done, of: told.append((done, of)))
    assert [image.file_name for image in found.images] == GOOD
    assert {image.split for image in found.images} == {Split.POOL}
    why = {item.name: item.why for item in found.passed_over}
    assert list(why) == ["broken.png", "empty.png", "half.jpg", "large.png", "words.jpg"]
    assert why["broken.png"] == "No such file or directory"
    assert why["empty.png"] == "is empty (zero bytes)"
    assert why["half.jpg"].startswith("does not decode")
    assert "bytes; at most 20000 are taken" in why["large.png"]
    assert why["words.jpg"].startswith("is none of JPEG")
    assert told[-1] == (9, 9)
    assert sorted(told) == told
    assert str(found).startswith("4 images; 5 files passed over: broken.png (No such file or directory); empty.png (is")
    assert [image.file_name for image in client.list_images(project_id=project_id)] == sorted(
        GOOD, key={image.file_name: image.id for image in found.images}.get
    )


def test_a_folder_that_has_grown_is_imported_again(client, project_id, photos):
    first = client.import_folder(str(photos), project_id=project_id)
    picture(photos / "z.png")
    again = client.import_folder(str(photos), project_id=project_id)
    assert again.images[:3] == first.images[:3]
    assert len(again.images) == 5
    assert again.passed_over == first.passed_over


def test_a_picture_that_has_changed_is_named_and_stays_what_it_was(client, project_id, tmp_path):
    picture(tmp_path / "a.png")
    (before,) = client.import_folder(tmp_path, project_id=project_id).images
    picture(tmp_path / "a.png", "blue")
    picture(tmp_path / "b.png", "blue")
    after = client.import_folder(tmp_path, project_id=project_id)
    assert [image.file_name for image in after.images] == ["b.png"]
    (passed,) = after.passed_over
    assert (passed.name, "is there already with another content" in passed.why) == ("a.png", True)
    assert client.get_image(project_id=project_id, image_id=before.id) == before


def test_many_pictures_go_in_packs(client, project_id, tmp_path, monkeypatch):
    monkeypatch.setattr("maskloop.client.projects.PACK_IMAGES", 3)
    for place in range(8):
        picture(tmp_path / f"{place}.png", (place, 0, 0))
    told = []
    found = client.import_folder(tmp_path, project_id=project_id, progress=lambda *done: told.append(done))
    assert len(found.images) == 8
    assert told == [(3, 8), (6, 8), (8, 8), (8, 8)]
    assert str(found) == "8 images"


def test_test_images_are_said_to_be_some(client, project_id, tmp_path):
    picture(tmp_path / "a.png")
    (image,) = client.import_folder(tmp_path, project_id=project_id, split=Split.TEST).images
    assert image.split is Split.TEST


@pytest.mark.skipif(sys.platform != "linux", reason="file names are bytes on Linux alone")
def test_a_name_that_is_no_text_or_too_long_is_named(client, project_id, tmp_path):
    picture(tmp_path / "a.png")
    shutil.copy(tmp_path / "a.png", os.fsencode(tmp_path) + b"/caf\xe9.png")
    deep = tmp_path.joinpath(*["d" * 100] * 3)
    picture(deep / "a.png")
    found = client.import_folder(tmp_path, project_id=project_id)
    assert [image.file_name for image in found.images] == ["a.png"]
    assert [item.name[:12] for item in found.passed_over] == ["caf\\udce9.png"[:12], "d" * 12]
    assert [item.why for item in found.passed_over] == [
        "its name is not UTF-8",
        "file name 'dddddddddddddddddddddddddddddddddddddddd' has 308 characters; 1 to 255 are taken",
    ]


def test_a_file_that_no_message_holds_is_named_before_it_is_read(client, project_id, tmp_path, monkeypatch):
    monkeypatch.setattr(folders, "MAX_FILE_BYTES", 50)
    picture(tmp_path / "a.png")
    (passed,) = client.import_folder(tmp_path, project_id=project_id).passed_over
    assert passed.why.endswith("bytes; at most 50 can be sent")


def test_a_folder_that_is_none_or_holds_no_picture_is_refused(client, project_id, tmp_path):
    (tmp_path / "notes.txt").write_text("none")
    for folder, words in ((tmp_path, "there are no pictures in"), (tmp_path / "photos", "there is no folder")):
        with pytest.raises(InvalidDataset, match=words):
            client.import_folder(folder, project_id=project_id)


def test_what_is_no_fault_of_a_file_ends_the_import(client, tmp_path):
    picture(tmp_path / "a.png")
    with pytest.raises(ProjectNotFound):
        client.import_folder(tmp_path, project_id="nobody-s")


def test_budgets_and_ways_of_choosing_are_written_as_on_the_command_line(client, project_id):
    made = client.create_campaign(
        project_id=project_id, campaign_id="may", budget="8h", strategy="mask_guided:target=0.5", seed=4
    )
    assert (made.budget, made.strategy) == (Budget(seconds=28_800), Strategy("mask_guided", {"target": "0.5"}))
    more = client.update_campaign_budget(project_id=project_id, campaign_id="may", budget="12h")
    assert more.budget == Budget(seconds=43_200)
    batch = client.select_batch(project_id=project_id, annotator="ada", images=1, strategy="random")
    assert (batch.campaign_id, batch.strategy, batch.fallback, batch.exhausted) == ("may", "random", "", True)
    with pytest.raises(InvalidBudget, match="none of 90m, 3h"):
        client.create_campaign(project_id=project_id, campaign_id="june", budget="long", strategy="random")
