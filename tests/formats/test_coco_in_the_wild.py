"""COCO files as other programs write them: ids, numbers, names, boxes, crowds, what is missing, what is broken."""

from __future__ import annotations

import json
import os
import unicodedata
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maskloop.errors import InvalidDataset
from maskloop.formats.bad_entries import OnBad, PassedOver
from maskloop.formats.coco import read_coco, read_coco_folder, write_coco
from maskloop.formats.datasets import Dataset
from maskloop.values import Box, Category
from tests.formats.coco import HEIGHT, SQUARE, WIDTH, document, picture, save, small_set, square

NAMES = ["a.jpg", "b.jpg", "c.jpg"]


def told(folder: Path) -> str:
    with pytest.raises(InvalidDataset) as caught:
        read_coco_folder(folder)
    assert caught.value.message.isprintable() or "\n" in caught.value.message
    caught.value.message.encode()
    return caught.value.message


def classes(dataset: Dataset) -> dict[str, list[str]]:
    names = {category.id: category.name for category in dataset.categories}
    return {image.file_name: [names[item.category_id] for item in image.objects] for image in dataset.images}


class TestIds:
    def test_categories_from_zero_become_one_more(self, tmp_path: Path) -> None:
        categories = [{"id": 0, "name": "spot"}, {"id": 2, "name": "hole"}]
        annotations = [square(1, category_id=0), square(2, category_id=2), square(0, image_id=3, category_id=0)]
        dataset = read_coco_folder(small_set(tmp_path, document(NAMES, annotations, categories)))
        assert dataset.categories == (Category(1, "spot"), Category(3, "hole"))
        assert classes(dataset) == {"a.jpg": ["spot"], "b.jpg": ["hole"], "c.jpg": ["spot"]}

    @pytest.mark.parametrize(
        ("above", "used", "expected"),
        [
            ("damage", 1, [(1, "crack"), (2, "hole")]),  # Roboflow's: nobody annotates with the project's name
            ("damage", 0, [(1, "damage"), (2, "crack"), (3, "hole")]),
            ("none", 1, [(1, "damage"), (2, "crack"), (3, "hole")]),  # all side by side: a class without examples
        ],
    )
    def test_a_head_nobody_uses_is_no_class(
        self, tmp_path: Path, above: str, used: int, expected: list[tuple[int, str]]
    ) -> None:
        categories = [
            {"id": 0, "name": "damage", "supercategory": "none"},
            {"id": 1, "name": "crack", "supercategory": above},
            {"id": 2, "name": "hole", "supercategory": above},
        ]
        content = document(NAMES, [square(1, category_id=used)], categories)
        dataset = read_coco_folder(small_set(tmp_path, content))
        assert [(category.id, category.name) for category in dataset.categories] == expected
        assert classes(dataset)["a.jpg"] == [categories[used]["name"]]

    def test_a_head_may_be_called_as_its_only_class(self, tmp_path: Path) -> None:
        categories = [
            {"id": 0, "name": "crack", "supercategory": "none"},
            {"id": 1, "name": "crack", "supercategory": "crack"},
        ]
        dataset = read_coco_folder(small_set(tmp_path, document(NAMES, [square(1, category_id=1)], categories)))
        assert dataset.categories == (Category(1, "crack"),)

    def test_a_lone_category_zero_is_a_class(self, tmp_path: Path) -> None:
        categories = [{"id": 0, "name": "crack", "supercategory": "none"}]
        dataset = read_coco_folder(small_set(tmp_path, document(NAMES, [], categories)))
        assert dataset.categories == (Category(1, "crack"),)

    def test_ids_may_be_texts_which_number_categories_in_their_order(self, tmp_path: Path) -> None:
        content = document(NAMES, [], [{"id": "k-2", "name": "hole"}, {"id": "k-1", "name": "crack"}])
        for entry in content["images"]:
            entry["id"] = f"img-{entry['file_name']}"
        content["annotations"] = [{**square(1), "image_id": "img-b.jpg", "category_id": "k-1"}]
        dataset = read_coco_folder(small_set(tmp_path, content))
        assert dataset.categories == (Category(1, "hole"), Category(2, "crack"))
        assert classes(dataset) == {"a.jpg": [], "b.jpg": ["crack"], "c.jpg": []}

    @pytest.mark.parametrize("id_", [2**31, 2**31 + 1, 10**30, 3e9])
    def test_an_id_above_int32_is_refused_when_the_file_is_read(self, tmp_path: Path, id_: float) -> None:
        content = document(NAMES, [], [{"id": id_, "name": "spot"}])
        message = told(small_set(tmp_path, content))
        assert f"category 'spot': its id must be at most 2147483647, not {int(id_)}" in message


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pictures")
    for name in ("a.jpg", "b.jpg"):
        picture(folder / name)
    return folder


@settings(max_examples=40)
@given(data=st.data())
def test_however_ids_and_sizes_are_written_the_labels_are_the_same(pictures: Path, data: st.DataObject) -> None:
    categories = [{"id": 3, "name": "rust"}, {"id": 7, "name": "crack"}]
    annotations = [square(1, category_id=7), square(2, image_id=1, category_id=3), square(3, image_id=2, category_id=3)]
    content = document(["a.jpg", "b.jpg"], annotations, categories)
    for entry in (entry for key in ("images", "annotations", "categories") for entry in content[key]):
        for key in entry.keys() & {"id", "image_id", "category_id"}:
            entry[key] = data.draw(st.sampled_from([entry[key], float(entry[key]), str(entry[key])]))
        for key in entry.keys() & {"width", "height", "iscrowd", "area"}:
            entry[key] = data.draw(st.sampled_from([entry[key], float(entry[key])]))
    dataset = read_coco(save(pictures / "x.json", content), pictures)
    assert dataset.categories == (Category(3, "rust"), Category(7, "crack"))
    assert classes(dataset) == {"a.jpg": ["crack", "rust"], "b.jpg": ["rust"]}


class TestNames:
    @pytest.mark.parametrize(
        ("said", "file", "name"),
        [
            ("./a.jpg", "a.jpg", "a.jpg"),
            ("deep\\a.jpg", "deep/a.jpg", "deep/a.jpg"),
            ("/home/ada/photos/a.jpg", "a.jpg", "a.jpg"),
            ("C:\\photos\\images\\a.jpg", "a.jpg", "a.jpg"),
            ("images/a.jpg", "a.jpg", "a.jpg"),
            ("crack%20%281%29.jpg", "crack (1).jpg", "crack (1).jpg"),
            ("http://localhost:8080/data/local-files/?d=photos/a.jpg", "a.jpg", "a.jpg"),
            ("../../label-studio/data/media/upload/1/0a1b2c3d-a.jpg", "a.jpg", "a.jpg"),
            ("a_jpg.rf.0123456789abcdef.jpg", "a.jpg", "a.jpg"),
            ("a.jpg", "A.JPG", "A.JPG"),
            (unicodedata.normalize("NFC", "Brücke.jpg"), unicodedata.normalize("NFD", "Brücke.jpg"), None),
        ],
    )
    def test_a_picture_is_found_as_tools_spell_it(self, tmp_path: Path, said: str, file: str, name: str | None) -> None:
        folder = small_set(tmp_path, document([said, "other.jpg"]), pictures=[file, "other.jpg", "third.jpg"])
        dataset = read_coco_folder(folder)
        assert [image.file_name for image in dataset.images] == [name or file, "other.jpg"]
        assert dataset.images[0].path == folder / "images" / file

    def test_a_name_that_is_no_text_is_told(self, tmp_path: Path) -> None:
        folder = small_set(tmp_path, document(["a.jpg", "b.jpg"]))
        os.rename(bytes(folder / "images" / "a.jpg"), bytes(folder / "images") + b"/caf\xe9.jpg")
        (folder / "annotations.json").write_text(json.dumps(document(["caf\udce9.jpg", "b.jpg"])))
        expected = r"image 1 (caf\udce9.jpg): the file name 'caf\udce9.jpg' is not valid text; rename the file"
        assert expected in told(folder)
        (folder / "annotations.json").write_text(json.dumps(document(["café.jpg", "b.jpg"])))
        assert r"the nearest there: 'caf\udce9.jpg'" in told(folder)

    @pytest.mark.parametrize("again", ["a.jpg", "./a.jpg", "sub/../a.jpg", ".\\a.jpg", "link.jpg"])
    def test_one_picture_listed_twice_is_refused(self, tmp_path: Path, again: str) -> None:
        folder = small_set(tmp_path, document(["a.jpg", "b.jpg", again]), pictures=["a.jpg", "b.jpg"])
        (folder / "images" / "link.jpg").symlink_to("a.jpg")
        assert f"image 3 ({again}): the file name {again!r} is there twice" in told(folder)

    def test_a_picture_another_entry_has_is_not_given_to_a_second(self, tmp_path: Path) -> None:
        folder = small_set(tmp_path, document(["a.jpg", "site-2/a.jpg"]), pictures=["a.jpg"])
        message = "image 2 (site-2/a.jpg): it is not in"
        assert message in told(folder)
        assert "'a.jpg' is taken for 'a.jpg'" in told(folder)

    def test_two_pictures_that_could_be_meant_are_named(self, tmp_path: Path) -> None:
        folder = small_set(tmp_path, document(["a.jpg", "b.jpg"]), pictures=["x/a.jpg", "y/a.jpg", "b.jpg"])
        assert "image 1 (a.jpg): it may be 'x/a.jpg' or 'y/a.jpg': only one can be meant" in told(folder)

    def test_a_name_too_long_for_the_server_is_told(self, tmp_path: Path) -> None:
        name = "/".join(["deep" * 50] * 2) + "/a.jpg"
        assert "the file name has 407 characters; at most 255" in told(small_set(tmp_path, document([name, "b.jpg"])))


class TestWhatIsMissing:
    @pytest.mark.parametrize("lost", [("width",), ("height",), ("width", "height")])
    def test_sizes_stand_in_the_pictures(self, tmp_path: Path, lost: tuple[str, ...]) -> None:
        content = document(NAMES)
        for side in lost:
            del content["images"][0][side]
        content["images"][1] |= dict.fromkeys(lost)
        dataset = read_coco_folder(small_set(tmp_path, content))
        assert {(image.width, image.height) for image in dataset.images} == {(WIDTH, HEIGHT)}
        assert [len(image.objects) for image in dataset.images] == [1, 1, 1]

    @pytest.mark.parametrize("annotations", ["missing", None, []])
    def test_without_annotations_nobody_has_looked(self, tmp_path: Path, annotations: object) -> None:
        content = {**document(NAMES), "annotations": annotations}
        if annotations == "missing":
            del content["annotations"]
        dataset = read_coco_folder(small_set(tmp_path, content))
        assert [image.is_labeled for image in dataset.images] == [False] * 3
        assert dataset.categories == (Category(1, "crack"),)

    def test_an_image_without_annotations_among_others_holds_nothing(self, tmp_path: Path) -> None:
        dataset = read_coco_folder(small_set(tmp_path, document(NAMES, [square(1)])))
        assert [(image.is_labeled, len(image.objects)) for image in dataset.images] == [(True, 1), (True, 0), (True, 0)]

    @pytest.mark.parametrize(
        ("key", "message"),
        [("images", "images: the list is missing"), ("categories", "categories: the list is missing")],
    )
    def test_a_list_that_must_be_there(self, tmp_path: Path, key: str, message: str) -> None:
        content = document(NAMES)
        small_set(tmp_path, content)
        del content[key]
        save(tmp_path / "annotations.json", content)
        assert message in told(tmp_path)


class TestBoxes:
    @pytest.mark.parametrize("outline", ["missing", None, [], [[]]])
    def test_a_box_without_an_outline_is_a_box(self, tmp_path: Path, outline: object) -> None:
        boxed = square(1, bbox=[1.5, 2, 3, 40], segmentation=outline)
        if outline == "missing":
            del boxed["segmentation"]
        first, second, third = read_coco_folder(small_set(tmp_path, document(NAMES, [boxed, square(2)]))).images
        assert (first.is_labeled, first.objects) == (False, ())
        assert first.boxes == (Box(1, 1.5, 2, 3, 4),)  # cut at the lower border
        assert (second.is_labeled, second.boxes, len(second.objects)) == (True, None, 1)
        assert (third.is_labeled, third.boxes, third.objects) == (True, None, ())

    def test_an_image_of_both_has_all_its_boxes_and_the_outlines_there_are(self, tmp_path: Path) -> None:
        annotations = [square(1), square(2, image_id=1, segmentation=[], bbox=[4, 1, 2, 3])]
        image = read_coco_folder(small_set(tmp_path, document(NAMES, annotations))).images[0]
        assert image.is_labeled is False
        assert [item.mask.area for item in image.objects] == [4]
        assert image.boxes == (Box(1, 1, 1, 2, 2), Box(1, 4, 1, 2, 3))

    @pytest.mark.parametrize(
        ("changed", "message"),
        [
            ({"bbox": None}, "its segmentation is empty: it outlines nothing, and has no box"),
            ({"bbox": [1, 2, 3]}, "its bbox is [1, 2, 3], not four numbers"),
            ({"bbox": [1, 2, "x", 3]}, "its bbox is [1, 2, 'x', 3], not four numbers"),
            ({"bbox": [1, 2, float("nan"), 3]}, "its bbox is [1, 2, nan, 3], not four numbers"),
            ({"bbox": [1, 2, 0, 3]}, "0 x 3 pixels at (1, 2) is no box"),
            ({"bbox": [WIDTH, 0, 2, 2]}, "its bbox [8, 0, 2, 2] lies outside the 8 x 6 image"),
            ({"iscrowd": 1}, "it is a crowd (iscrowd 1) without an outline"),
        ],
    )
    def test_a_box_that_cannot_be_is_told(self, tmp_path: Path, changed: dict[str, Any], message: str) -> None:
        annotations = [square(7, image_id=1, segmentation=[], **changed), square(8, image_id=2)]
        assert f"annotation 7 (a.jpg): {message}" in told(small_set(tmp_path, document(NAMES, annotations)))


class TestCrowds:
    def crowds(self, folder: Path, annotations: list[dict[str, Any]]) -> list[bool]:
        dataset = read_coco_folder(small_set(folder, document(NAMES, annotations)))
        return [item.crowd for image in dataset.images for item in image.objects]

    @pytest.mark.parametrize("said", [1, 1.0, True, "1"])
    def test_a_crowd_stays_a_crowd(self, tmp_path: Path, said: object) -> None:
        assert self.crowds(tmp_path, [square(1), square(2, iscrowd=said)]) == [False, True]

    def test_where_every_mask_is_a_crowd_a_tool_wrote_them_so(self, tmp_path: Path) -> None:
        assert self.crowds(tmp_path, [square(1, iscrowd=1), square(2, iscrowd=1)]) == [False, False]

    def test_cvats_masks_are_objects_beside_its_polygons_too(self, tmp_path: Path) -> None:
        cvats = [square(id_, iscrowd=id_ % 2, attributes={"occluded": False}) for id_ in (1, 2, 3)]
        assert self.crowds(tmp_path, cvats) == [False, False, False]

    def test_datumaro_says_nothing_of_its_files(self, tmp_path: Path) -> None:
        info = dict.fromkeys(("contributor", "date_created", "description", "url", "version", "year"), "")
        for said, crowd in ((info, False), ({**info, "year": 2017}, True), ({}, True)):
            content = document(NAMES, [square(1), square(2, iscrowd=1)], info=said)
            assert read_coco_folder(small_set(tmp_path, content)).images[1].objects[0].crowd is crowd

    def test_our_own_files_are_taken_at_their_word(self, tmp_path: Path) -> None:
        small_set(tmp_path, document(NAMES, [square(1), square(2, iscrowd=1)]))
        images = [image for image in read_coco_folder(tmp_path).images if any(item.crowd for item in image.objects)]
        write_coco(
            tmp_path / "x.json", (Category(1, "crack"),), images, {each.file_name: each.objects for each in images}
        )
        assert read_coco(tmp_path / "x.json", tmp_path / "images").images == tuple(images)

    def test_iscrowd_is_0_or_1(self, tmp_path: Path) -> None:
        message = told(small_set(tmp_path, document(NAMES, [square(1), square(2, iscrowd="yes")])))
        assert "annotation 2 (b.jpg): iscrowd is 'yes', neither 0 nor 1" in message


EMPTY = {"size": [HEIGHT, WIDTH], "counts": [WIDTH * HEIGHT]}
BAD_ANNOTATIONS: list[dict[str, Any]] = [
    {"segmentation": EMPTY},
    {"segmentation": {**EMPTY, "counts": [1, 2]}},
    {"segmentation": [[1, 1, 2, 2]]},
    {"segmentation": [SQUARE[0], [900, 1, 2, 2, 3, 3]]},
    {"category_id": 9},
    {"id": 1},
    {"iscrowd": 2},
]


class TestOnBad:
    @pytest.mark.parametrize("bad", BAD_ANNOTATIONS)
    def test_an_image_that_lost_an_annotation_is_unlabeled_and_listed(
        self, tmp_path: Path, bad: dict[str, Any]
    ) -> None:
        content = document(NAMES, [square(1), square(2), {**square(3, image_id=2), **bad}, square(4, image_id=3)])
        folder = small_set(tmp_path, content)
        named = "annotation 1" if "id" in bad else "annotation 3"
        assert f"{named} (b.jpg): " in told(folder)
        dataset = read_coco_folder(folder, on_bad=OnBad.SKIP)
        assert [(image.is_labeled, len(image.objects)) for image in dataset.images] == [
            (True, 1),
            (False, 0),
            (True, 1),
        ]
        ((name, why),) = [(each.name, each.why) for each in dataset.passed_over]
        assert name == "b.jpg"
        assert why.startswith(f"{named}: ")

    def test_pictures_that_are_broken_or_missing_are_left_out_and_listed(self, tmp_path: Path) -> None:
        folder = small_set(tmp_path, document([*NAMES, "gone.jpg"]), pictures=NAMES)
        (folder / "images" / "b.jpg").write_bytes(b"no picture")
        dataset = read_coco_folder(folder, on_bad=OnBad.SKIP)
        assert [image.file_name for image in dataset.images] == ["a.jpg", "c.jpg"]
        assert [each.name for each in dataset.passed_over] == ["b.jpg", "gone.jpg"]
        assert set(dataset.train + dataset.test) == {"a.jpg", "c.jpg"}

    def test_of_a_picture_listed_twice_nobody_knows_which_label_is_right(self, tmp_path: Path) -> None:
        folder = small_set(tmp_path, document(["a.jpg", "b.jpg", "./a.jpg"]), pictures=NAMES)
        dataset = read_coco_folder(folder, on_bad=OnBad.SKIP)
        assert [(image.file_name, image.is_labeled) for image in dataset.images] == [("a.jpg", False), ("b.jpg", True)]
        why = "image 3: the file name './a.jpg' is there twice, as 'a.jpg'"
        assert dataset.passed_over == (PassedOver("./a.jpg", why),)

    def test_of_two_images_with_one_id_nobody_knows_whose_the_labels_are(self, tmp_path: Path) -> None:
        content = document(NAMES)
        content["images"][2]["id"] = 1
        content["annotations"].pop()
        dataset = read_coco_folder(small_set(tmp_path, content), on_bad=OnBad.SKIP)
        assert [(image.file_name, image.is_labeled) for image in dataset.images] == [("a.jpg", False), ("b.jpg", True)]

    def test_test_images_are_drawn_from_those_with_labels(self, tmp_path: Path) -> None:
        names = [f"{place}.jpg" for place in range(10)]
        annotations = [square(id_) if id_ <= 4 else square(id_, segmentation=EMPTY) for id_ in range(1, 11)]
        dataset = read_coco_folder(small_set(tmp_path, document(names, annotations)), on_bad=OnBad.SKIP)
        assert len(dataset.passed_over) == 6
        assert len(dataset.train) == 9
        assert all(dataset.by_name[name].is_labeled for name in dataset.test)

    @pytest.mark.parametrize(
        "change",
        [
            {"categories": [{"id": 1, "name": "crack"}, {"id": 1, "name": "rust"}]},
            {"categories": [{"id": 1}]},
            {"categories": []},
            {"images": []},
            {"images": "x"},
        ],
    )
    def test_what_nothing_can_be_read_without_is_refused_all_the_same(
        self, tmp_path: Path, change: dict[str, Any]
    ) -> None:
        folder = small_set(tmp_path, document(NAMES))
        save(folder / "annotations.json", {**document(NAMES), **change})
        with pytest.raises(InvalidDataset, match="does not hold together"):
            read_coco_folder(folder, on_bad=OnBad.SKIP)

    def test_no_image_left_is_refused(self, tmp_path: Path) -> None:
        folder = small_set(tmp_path, document(NAMES), pictures=["other.jpg"])
        with pytest.raises(InvalidDataset, match="images: none of them is there"):
            read_coco_folder(folder, on_bad=OnBad.SKIP)


def test_broken_categories_are_told_once_whatever_uses_them(tmp_path: Path) -> None:
    content = document(NAMES, categories=[{"id": 1, "name": " "}, {"id": 2, "name": "rust"}])
    message = told(small_set(tmp_path, content))
    assert "category 1: name is ' ', not a text" in message
    assert "is unknown" not in message
