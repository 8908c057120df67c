"""A COCO folder is read whole, or everything that is wrong with it is told at once."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from maskloop.errors import InvalidDataset
from maskloop.formats.coco import read_coco, read_coco_folder, read_finished_coco
from maskloop.values import Category

SIZES = {"a.jpg": (8, 6), "b.png": (5, 5), "deep/c.jpg": (4, 7)}
SQUARE = [[1, 1, 3, 1, 3, 3, 1, 3]]


def document() -> dict[str, list[dict[str, object]]]:
    """Three images; the first has two objects that overlap, the third none."""
    return {
        "categories": [{"id": 3, "name": "rust"}, {"id": 1, "name": "crack", "supercategory": "damage"}],
        "images": [
            {"id": place, "file_name": name, "width": width, "height": height}
            for place, (name, (width, height)) in enumerate(SIZES.items(), start=1)
        ],
        "annotations": [
            {"id": 1, "image_id": 1, "category_id": 3, "segmentation": SQUARE, "iscrowd": 0},
            {
                "id": 2,
                "image_id": 1,
                "category_id": 1,
                "segmentation": {"size": [6, 8], "counts": [0, 12, 36]},
                "iscrowd": 1,
            },
            {"id": 3, "image_id": 2, "category_id": 3, "segmentation": {"size": [5, 5], "counts": "05d0"}},
        ],
    }


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, (width, height) in SIZES.items():
        path = tmp_path / "images" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.zeros((height, width, 3), np.uint8)).save(path)
    save(tmp_path, document())
    return tmp_path


def save(folder: Path, content: object) -> Path:
    file = folder / "annotations.json"
    file.write_text(content if isinstance(content, str) else json.dumps(content))
    return file


def problems_of(folder: Path, content: object) -> str:
    save(folder, content)
    with pytest.raises(InvalidDataset) as caught:
        read_coco_folder(folder)
    assert str(folder / "annotations.json") in caught.value.message
    return caught.value.message


def test_a_folder_gives_categories_by_id_and_images_with_their_objects(folder: Path) -> None:
    dataset = read_coco_folder(folder)
    assert dataset.categories == (Category(1, "crack"), Category(3, "rust"))
    first, second, third = dataset.images
    assert (first.file_name, first.width, first.height) == ("a.jpg", 8, 6)
    assert first.path == folder / "images" / "a.jpg"
    assert [item.category_id for item in first.objects] == [3, 1]
    assert [item.mask.area for item in first.objects] == [4, 12]
    assert [item.mask.area for item in second.objects] == [5]
    assert third.objects == ()
    assert dataset.by_name["deep/c.jpg"] is third


def test_objects_that_overlap_and_crowds_are_kept(folder: Path) -> None:
    outlined, crowd = read_coco_folder(folder).images[0].objects
    assert (outlined.mask.to_array() & crowd.mask.to_array()).sum() == 2
    assert crowd.mask.area == 12


def test_the_lists_give_the_split(folder: Path) -> None:
    (folder / "train.txt").write_text("b.png\na.jpg\n")
    (folder / "test.txt").write_text("deep/c.jpg\n\n")
    dataset = read_coco_folder(folder)
    assert dataset.train == ("b.png", "a.jpg")
    assert dataset.test == ("deep/c.jpg",)
    assert dataset.split_from == "train.txt and test.txt"


@pytest.mark.parametrize(("given", "rest"), [("train", "test"), ("test", "train")])
def test_one_list_leaves_the_rest_to_the_other(folder: Path, given: str, rest: str) -> None:
    (folder / f"{given}.txt").write_text("b.png\n")
    dataset = read_coco_folder(folder)
    assert getattr(dataset, given) == ("b.png",)
    assert getattr(dataset, rest) == ("a.jpg", "deep/c.jpg")


def many(tmp_path: Path, names: list[str]) -> Path:
    (tmp_path / "images").mkdir(exist_ok=True)
    for name in names:
        Image.new("RGB", (4, 4)).save(tmp_path / "images" / name)
    images = [{"id": name, "file_name": name, "width": 4, "height": 4} for name in names]
    return save(tmp_path, {"categories": [{"id": 1, "name": "x"}], "images": images, "annotations": []})


def test_without_lists_the_seed_draws_seventy_thirty_and_says_so(tmp_path: Path) -> None:
    names = [f"{place}.png" for place in range(10)]
    file = many(tmp_path, names)
    dataset = read_coco(file, tmp_path / "images", seed=3)
    assert (len(dataset.train), len(dataset.test)) == (7, 3)
    assert sorted(dataset.train + dataset.test) == names
    assert dataset.split_from == "no train.txt or test.txt: 3 of 10 images drawn for testing by seed 3"
    assert dataset.test != read_coco(file, tmp_path / "images", seed=4).test


def test_the_draw_does_not_depend_on_the_order_in_the_file(tmp_path: Path) -> None:
    names = [f"{place}.png" for place in range(10)]
    drawn = read_coco(many(tmp_path, names), tmp_path / "images", seed=1).test
    again = read_coco(many(tmp_path, names[::-1]), tmp_path / "images", seed=1).test
    assert set(drawn) == set(again)


@pytest.mark.parametrize(("count", "expected"), [(1, (1, 0)), (2, (1, 1))])
def test_a_draw_from_few_keeps_one_for_training(tmp_path: Path, count: int, expected: tuple[int, int]) -> None:
    dataset = read_coco(many(tmp_path, [f"{k}.png" for k in range(count)]), tmp_path / "images")
    assert (len(dataset.train), len(dataset.test)) == expected


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("{", "is not JSON"),
        ("", "is not JSON"),
        ("[" * 100_000, "is not JSON"),
        ("[1]", "holds a JSON list, not an object"),
        ('{"images": ' + "9" * 5000 + "}", "is not JSON"),
        ("{}", "is no COCO file: it has no list of images"),
        ('{"annotations": []}', "images: the list is missing"),
    ],
)
def test_what_is_no_coco_document_is_refused(folder: Path, content: str, problem: str) -> None:
    assert problem in problems_of(folder, content)


def change(path: str, value: object) -> dict[str, list[dict[str, object]]]:
    """The document with the entry at `path` (list, place, key) replaced."""
    changed = document()
    list_name, place, key = path.split(".")
    changed[list_name][int(place)][key] = value
    return changed


@pytest.mark.parametrize(
    ("path", "value", "problem"),
    [
        ("images.0.id", 2, "image 2 (b.png): the id is there twice"),
        ("images.1.id", None, "images[1] (b.png): id is None, neither a whole number nor a text"),
        ("images.1.id", [1], "id is [1], neither a whole number nor a text"),
        ("images.1.file_name", "a.jpg", "image 2 (a.jpg): the file name 'a.jpg' is there twice"),
        ("images.1.file_name", "./a.jpg", "image 2 (./a.jpg): the file name './a.jpg' is there twice, as 'a.jpg'"),
        ("images.1.file_name", 5, "image 2: file_name is 5, not a text"),
        ("images.1.file_name", "gone.png", "image 2 (gone.png): it is not in "),
        ("images.1.file_name", "../annotations.json", "image 2 (../annotations.json): it is not in "),
        ("images.1.file_name", "deep/../../x.jpg", "it is not in "),
        ("images.1.file_name", "/etc/passwd", "image 2 (/etc/passwd): it is not in "),
        ("images.1.file_name", "..\\x.jpg", "it is not in "),
        ("images.1.file_name", ".", "it is not in "),
        ("images.1.file_name", "deep", "image 2 (deep): it is not in "),
        ("images.1.file_name", "a\0.jpg", "it is not in "),
        (
            "images.1.file_name",
            "caf\udce9.png",
            "image 2 (caf\\udce9.png): the file name 'caf\\udce9.png' is not valid text",
        ),
        ("images.1.file_name", "x" * 5000, "it is not in "),
        ("images.1.width", 6, "image 2 (b.png): it has 5 x 5 pixels (upright), the file says 6 x 5"),
        ("images.1.width", 5.5, "image 2 (b.png): width is 5.5, not a whole number"),
        ("images.1.width", "5", "image 2 (b.png): width is '5', not a whole number"),
        ("images.1.height", 0, "image 2 (b.png): it cannot have 5 x 0 pixels"),
        ("images.1.height", 10**9, "image 2 (b.png): it cannot have 5 x 1000000000 pixels"),
        ("categories.0.id", 1, "category 1: the id is there twice"),
        ("categories.0.id", -1, "categories: category 'rust' has id -1; ids start at 1"),
        ("categories.0.id", 2**31, "category 'rust': its id must be at most 2147483647, not 2147483648"),
        ("categories.0.id", True, "id is True, neither a whole number nor a text"),
        ("categories.0.name", "crack", "category 1: the name 'crack' is there twice"),
        ("categories.0.name", " ", "category 3: name is ' ', not a text"),
        ("categories.0.name", "\ud83d", "category 3: the name '\\ud83d' is not valid text"),
        ("annotations.0.id", 2, "annotation 2 (a.jpg): the id is there twice"),
        ("annotations.0.image_id", 9, "annotation 1: its image 9 is not in the file's list of images"),
        ("annotations.0.image_id", "x1", "annotation 1: its image 'x1' is not in the file's list"),
        ("annotations.0.image_id", None, "annotation 1: image_id is None"),
        ("annotations.0.category_id", 2, "annotation 1 (a.jpg): its category 2 is unknown"),
        (
            "annotations.0.category_id",
            1.5,
            "annotation 1 (a.jpg): category_id is 1.5, neither a whole number nor a text",
        ),
        ("annotations.0.segmentation", [], "annotation 1 (a.jpg): its segmentation is empty"),
        (
            "annotations.0.segmentation",
            [[1, 1, 2, 2]],
            "annotation 1 (a.jpg): a polygon of its segmentation has 4 coordinates",
        ),
        (
            "annotations.1.segmentation",
            {"size": [8, 6], "counts": [48]},
            "annotation 2 (a.jpg): its run lengths are of size",
        ),
        (
            "annotations.1.segmentation",
            {"size": [6, 8], "counts": [48]},
            "annotation 2 (a.jpg): its run lengths cover no",
        ),
        (
            "annotations.1.segmentation",
            {"size": [6, 8], "counts": [40]},
            "annotation 2 (a.jpg): its run lengths cover 40",
        ),
    ],
)
def test_each_broken_entry_is_named_with_its_problem(folder: Path, path: str, value: object, problem: str) -> None:
    assert problem in problems_of(folder, change(path, value))


@pytest.mark.parametrize("key", ["categories", "images"])
@pytest.mark.parametrize(("value", "problem"), [(None, "missing"), ("x", "this is not a list"), ([5], "is a int")])
def test_lists_must_be_lists_of_objects(folder: Path, key: str, value: object, problem: str) -> None:
    assert problem in problems_of(folder, {**document(), key: value})


def test_a_data_set_without_images_is_refused(folder: Path) -> None:
    assert "images: there are none" in problems_of(folder, {**document(), "images": [], "annotations": []})


def test_all_problems_are_told_at_once(folder: Path) -> None:
    broken = document()
    broken["images"][2]["file_name"] = "gone.jpg"
    broken["annotations"][0]["category_id"] = 77
    broken["annotations"][2]["segmentation"] = "x"
    (folder / "train.txt").write_text("a.jpg\nnobody.jpg\ngone.jpg\n")  # the last one's fault is told already
    message = problems_of(folder, broken)
    assert message.count("\n") == 4
    for problem in ("(gone.jpg): it is not in", "category 77", "annotation 3", "train.txt: nobody.jpg: it is no image"):
        assert problem in message


def test_ten_problems_are_shown_and_the_rest_counted(folder: Path) -> None:
    broken = document()
    broken["annotations"] = [{"id": k, "image_id": 1, "category_id": 1} for k in range(17)]
    message = problems_of(folder, broken)
    assert message.count("segmentation is missing") == 10
    assert message.endswith("and 7 more")


def test_a_broken_images_annotations_add_no_noise(folder: Path) -> None:
    message = problems_of(folder, change("images.0.width", -3))
    assert message.count("\n") == 1


@pytest.mark.parametrize(
    ("train", "test", "problem"),
    [
        ("a.jpg\na.jpg\n", "b.png\n", "train.txt: a.jpg is in train.txt already"),
        ("a.jpg\n", "a.jpg\n", "test.txt: a.jpg is in train.txt already"),
        ("a.jpg\n", "z.jpg\n", "test.txt: z.jpg: it is no image of the data set"),
        ("\n", "a.jpg\n", "train.txt: names no image"),
    ],
)
def test_lists_that_do_not_fit_are_refused(folder: Path, train: str, test: str, problem: str) -> None:
    (folder / "train.txt").write_text(train)
    (folder / "test.txt").write_text(test)
    assert problem in problems_of(folder, document())


@pytest.mark.parametrize("content", [b"", b"\x89PNG\r\n\x1a\n", b"not an image"])
def test_a_file_that_is_no_picture_is_a_problem_of_its_entry(folder: Path, content: bytes) -> None:
    (folder / "images" / "a.jpg").write_bytes(content)
    assert "image 1 (a.jpg): image a.jpg" in problems_of(folder, document())


def test_a_picture_that_exif_turns_must_be_told_upright(folder: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(np.zeros((6, 8, 3), np.uint8)).save(folder / "images" / "a.jpg", exif=exif)
    assert "image 1 (a.jpg): it has 6 x 8 pixels (upright), the file says 8 x 6" in problems_of(folder, document())


def test_missing_and_unreadable_files_are_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidDataset, match=r"holds no annotations\.json, no annotations/"):
        read_coco_folder(tmp_path)
    with pytest.raises(InvalidDataset, match="cannot be read: Is a directory"):
        read_coco(tmp_path, tmp_path)
    (tmp_path / "latin.json").write_bytes(b'{"x": "\xe9"}')
    with pytest.raises(InvalidDataset, match=r"latin\.json is not UTF-8 text"):
        read_coco(tmp_path / "latin.json", tmp_path)


def test_a_byte_order_mark_is_passed_over(folder: Path) -> None:
    (folder / "annotations.json").write_text(json.dumps(document()), encoding="utf-8-sig")
    assert len(read_coco_folder(folder).images) == 3


class TestFinishedLabels:
    """What comes back from a labeling tool."""

    VOCABULARY = (Category(1, "crack"), Category(2, "rust"))

    def finished(self, folder: Path, content: object, **expected: tuple[int, int]) -> dict[str, list[int]]:
        names = {name.replace("_", "."): size for name, size in expected.items()}
        labels = read_finished_coco(save(folder, content), names, self.VOCABULARY)
        return {name: [item.category_id for item in objects] for name, objects in labels.items()}

    def test_categories_are_matched_by_name(self, tmp_path: Path) -> None:
        assert self.finished(tmp_path, document(), a_jpg=(8, 6)) == {"a.jpg": [2, 1]}

    def test_an_image_without_annotations_is_labeled_empty(self, tmp_path: Path) -> None:
        content = document()
        content["annotations"] = []
        assert self.finished(tmp_path, content, a_jpg=(8, 6), b_png=(5, 5)) == {"a.jpg": [], "b.png": []}

    def test_a_tools_folder_before_the_name_is_passed_over(self, tmp_path: Path) -> None:
        assert self.finished(tmp_path, change("images.0.file_name", "task/7/a.jpg"), a_jpg=(8, 6)) == {"a.jpg": [2, 1]}

    def test_tools_may_number_categories_from_zero(self, tmp_path: Path) -> None:
        content = document()
        content["categories"] = [{"id": 0, "name": "rust"}, {"id": 1, "name": "crack"}]
        content["annotations"] = [{"id": 1, "image_id": 1, "category_id": 0, "segmentation": SQUARE}]
        assert self.finished(tmp_path, content, a_jpg=(8, 6)) == {"a.jpg": [2]}

    @pytest.mark.parametrize(
        ("path", "value", "problem"),
        [
            ("images.0.file_name", "z.jpg", r"a\.jpg: the file does not list this image"),
            ("images.0.width", 7, r"image 1 \(a\.jpg\): it has 7 x 6 pixels, not 8 x 6"),
            ("images.1.file_name", "./a.jpg", r"a\.jpg: it is listed twice, as 'a\.jpg' and '\./a\.jpg'"),
            ("categories.0.name", "moss", r"a\.jpg: category 'moss' is none of crack, rust"),
            ("annotations.0.segmentation", [], r"annotation 1 \(a\.jpg\): its segmentation is empty"),
        ],
    )
    def test_what_does_not_fit_is_named(self, tmp_path: Path, path: str, value: object, problem: str) -> None:
        with pytest.raises(InvalidDataset, match=problem):
            self.finished(tmp_path, change(path, value), a_jpg=(8, 6))


REAL = os.environ.get("MASKLOOP_DATA", "")


@pytest.mark.data
@pytest.mark.skipif(not REAL, reason="MASKLOOP_DATA names no folder of real images")
@pytest.mark.parametrize(
    ("name", "train", "test", "instances", "categories"),
    [("wbc_cells", 280, 120, 400, 5), ("balloons", 61, 13, 304, 1), ("building_facades", 84, 36, 3528, 10)],
)
def test_real_data_sets_are_read_whole(name: str, train: int, test: int, instances: int, categories: int) -> None:
    dataset = read_coco_folder(Path(REAL) / name)
    assert (len(dataset.train), len(dataset.test)) == (train, test)
    assert sum(len(image.objects) for image in dataset.images) == instances
    assert len(dataset.categories) == categories
