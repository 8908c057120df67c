"""A folder of photographs: every picture once, what cannot be read by name, test images as they are asked for."""

import io
import os

import pytest
from PIL import Image

from maskloop.datasets.read import read_data
from maskloop.datasets.subset import Excerpt
from maskloop.datasets.test_images import TestImages
from maskloop.errors import InvalidArgument, InvalidDataset
from maskloop.values import Budget
from tests.datasets.test_read import write_coco_folder

DAY = 86_400.0
CRACK = Excerpt(("crack", "rust"))


def photo(path, colour, size=(8, 6), **options):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size, (colour, 0, 0)).save(path, **options)


@pytest.fixture
def photos(tmp_path):
    folder = tmp_path / "photos"
    photo(folder / "north" / "a.jpg", 10)
    photo(folder / "b.PNG", 20, (9, 7))
    photo(folder / "south pier" / "c.tif", 30)
    (folder / "notes.txt").write_text("cracks on c")
    return folder


def read(photos, **options):
    return read_data(f"images:{photos}", photos / "demo", 0, CRACK, **options)


def test_every_picture_below_the_folder_is_in_the_pool_under_its_path(photos):
    data = read(photos)
    assert [(image.file_name, image.width, image.height) for image in data.pool] == [
        ("b.PNG", 9, 7),
        ("north/a.jpg", 8, 6),
        ("south pier/c.tif", 8, 6),
    ]
    assert [(each.id, each.name) for each in data.dataset.categories] == [(1, "crack"), (2, "rust")]
    assert (data.test, data.is_labeled, data.dataset.passed_over) == ((), False, ())


def test_what_cannot_be_read_is_passed_over_by_name(photos):
    (photos / "torn.jpg").write_bytes(b"\xff\xd8\xff")
    (photos / "scan.cr2").write_bytes(b"II*\0")
    passed_over = read(photos).dataset.passed_over
    assert {each.name for each in passed_over} == {"torn.jpg", "scan.cr2"}
    assert all(each.name in each.why for each in passed_over)


def test_a_name_that_is_no_text_is_passed_over(photos):
    with open(os.fsencode(photos) + b"/caf\xe9.png", "wb") as file:
        Image.new("RGB", (8, 6), (99, 0, 0)).save(file, "PNG")
    (passed,) = read(photos).dataset.passed_over
    assert "valid text" in passed.why
    assert passed.name.isprintable()


def test_a_copy_is_passed_over_with_the_name_of_what_it_copies(photos):
    (photos / "north" / "copy.jpg").write_bytes((photos / "north" / "a.jpg").read_bytes())
    data = read(photos)
    assert [(each.name, each.why) for each in data.dataset.passed_over] == [
        ("north/copy.jpg", "the same picture as north/a.jpg")
    ]
    assert len(data.pool) == 3


def test_pictures_of_one_size_in_bytes_are_no_copies(tmp_path):
    for name, colour in (("a.bmp", 1), ("b.bmp", 2)):
        photo(tmp_path / "p" / name, colour)
    assert len({path.stat().st_size for path in (tmp_path / "p").iterdir()}) == 1
    assert len(read(tmp_path / "p").pool) == 2


def test_without_classes_nobody_knows_what_to_outline(photos):
    with pytest.raises(InvalidArgument, match="--classes: name what is to be outlined"):
        read_data(f"images:{photos}", photos, 0)


@pytest.mark.parametrize("files", [{}, {"torn.jpg": b"\xff\xd8\xff", "empty.png": b""}])
def test_a_folder_without_a_picture_that_can_be_read_is_refused(tmp_path, files):
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    with pytest.raises(InvalidDataset, match="no picture in"):
        read(tmp_path)


def test_copies_of_test_images_leave_the_pool(tmp_path):
    folder = write_coco_folder(tmp_path / "cats", ["a.png", "b.png", "c.png", "d.png"], test=["c.png"])
    (folder / "images" / "a.png").write_bytes((folder / "images" / "c.png").read_bytes())
    data = read_data(f"coco:{folder}", tmp_path / "demo", 0)
    assert [image.file_name for image in data.pool] == ["b.png", "d.png"]
    assert [each.why for each in data.dataset.passed_over] == ["the same picture as c.png"]


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("", TestImages()),
        ("30images", TestImages(amount=Budget(images=30))),
        ("30", TestImages(amount=Budget(images=30))),
        ("2h", TestImages(amount=Budget(seconds=7200))),
        ("1d", TestImages(amount=Budget(seconds=DAY))),
        ("none", TestImages(are_none=True)),
        ("coco:held-out/", TestImages(spec="coco:held-out/")),
    ],
)
def test_test_images_are_asked_for_in_words(text, asked):
    assert TestImages.parse(text, DAY) == asked


@pytest.mark.parametrize("text", ["some", "-3", "0images", "photos/", "2 weeks"])
def test_other_words_for_test_images_are_refused(text):
    with pytest.raises(InvalidArgument, match="--test"):
        TestImages.parse(text, DAY)


@pytest.mark.parametrize("text", ["3images", "1h", "none"])
def test_whoever_asks_for_test_images_gets_all_others_into_the_pool(tmp_path, text):
    folder = write_coco_folder(tmp_path / "cats", ["a.png", "b.png", "c.png", "d.png"], test=["c.png"])
    data = read_data(f"coco:{folder}", tmp_path / "demo", 0, test=TestImages.parse(text, DAY))
    assert (len(data.pool), data.test) == (4, ())


def test_test_images_may_be_another_data_set_whose_categories_go_by_name(tmp_path, photos):
    folder = write_coco_folder(tmp_path / "held out", ["x.png", "y.png"])
    data = read_data(f"images:{photos}", tmp_path, 0, Excerpt(("dog", "cat")), test=TestImages(spec=f"coco:{folder}"))
    assert [image.file_name for image in data.test] == ["x.png", "y.png"]
    assert {item.category_id for image in data.test for item in image.objects} == {2}
    assert len(data.pool) == 3


def test_test_images_of_another_data_set_that_hold_nothing_of_the_vocabulary_are_refused(tmp_path, photos):
    folder = write_coco_folder(tmp_path / "held out", ["x.png", "y.png"])
    with pytest.raises(InvalidDataset, match="no labeled image holds an object"):
        read(photos, test=TestImages(spec=f"coco:{folder}"))


def test_a_picture_is_brought_in_as_it_lies_there(photos):
    first = next(iter(read(photos).imports()))
    assert Image.open(io.BytesIO(first.data)).size == (9, 7)
