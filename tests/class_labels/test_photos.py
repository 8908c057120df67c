"""What subfolders, a file of class labels and outlines say of a folder of photographs."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from maskloop.class_labels.photos import Asked, classes_in, read_photos_with_classes, without_contrast
from maskloop.errors import FailedPrecondition, InvalidArgument, InvalidDataset
from tests.class_labels.folders import outline, put, write_labels


@pytest.fixture
def folder(tmp_path):
    return put(tmp_path / "photos", "a.png", "b.png", "c.png", "d.png")


@pytest.fixture
def asked(folder, tmp_path):
    return Asked(folder, tmp_path / "labels.json", (), "", None, tmp_path / "out")


def in_subfolders(asked, **options):
    return replace(asked, labels=None, **options)


def read(asked):
    """What is known of each image: names of the classes it holds."""
    photos = read_photos_with_classes(asked)
    names = {category.id: category.name for category in photos.categories}
    held = {name: [names[id_] for id_ in classes_in(label)] for name, label in photos.labels.items()}
    return photos, held


def test_a_file_names_the_classes_of_images_and_images_that_it_does_not_list_are_unlabeled(asked):
    write_labels(asked.labels, a=["rust", "crack"], b=[], c=["rust"])
    photos, held = read(asked)
    assert held == {"a.png": ["crack", "rust"], "b.png": [], "c.png": ["rust"]}
    assert [category.name for category in photos.categories] == ["crack", "rust"]
    assert photos.data.dataset.train == ("a.png", "b.png", "c.png", "d.png")
    assert without_contrast(photos) == ()


def test_subfolders_name_the_class_of_their_images_and_one_of_them_may_hold_nothing(asked, folder):
    put(folder, "crack/a.png", "crack/2024/b.png", "rust/c.png", "clean/d.png")
    photos, held = read(in_subfolders(asked, empty="clean"))
    assert held == {"crack/2024/b.png": ["crack"], "crack/a.png": ["crack"], "rust/c.png": ["rust"], "clean/d.png": []}
    assert len(photos.data.pool) == 8


def test_subfolders_that_are_no_class_are_unlabeled(asked, folder):
    put(folder, "crack/e.png", "rust/f.png", "new/g.png")
    _, held = read(in_subfolders(asked, classes=("crack", "rust")))
    assert held == {"crack/e.png": ["crack"], "rust/f.png": ["rust"]}


def test_a_picture_in_two_subfolders_is_one_of_both_classes(asked, folder):
    put(folder, "rust/e.png", "rust/f.png")
    put(folder, "crack/g.png").joinpath("crack/e.png").write_bytes((folder / "rust/e.png").read_bytes())
    photos, held = read(in_subfolders(asked))
    assert held == {"crack/e.png": ["crack", "rust"], "crack/g.png": ["crack"], "rust/f.png": ["rust"]}
    assert [(each.name, each.why) for each in photos.data.dataset.passed_over] == [
        ("rust/e.png", "the same picture as crack/e.png")
    ]


def test_a_picture_that_is_said_to_hold_something_and_nothing_is_refused(asked, folder):
    (folder / "b.png").write_bytes((folder / "a.png").read_bytes())
    write_labels(asked.labels, a=["crack"], b=[])
    with pytest.raises(InvalidDataset, match=r"b.png: it holds nothing, and the same picture holds crack"):
        read(asked)


def test_our_own_pictures_of_before_are_no_photographs(asked, folder):
    put(folder, "crack/e.png", "rust/f.png", "out/pictures/a.png", "out-2/pictures/crack/a.png")
    for out in ("out", "out-2"):
        (folder / out / "propose.json").write_text("{}")
    photos, held = read(in_subfolders(asked, out=folder / "out"))
    assert set(held) == {"crack/e.png", "rust/f.png"}
    assert len(photos.data.pool) == 6


def test_a_class_or_a_picture_that_is_named_twice_is_refused(asked):
    with pytest.raises(InvalidArgument, match="--classes: crack is there twice"):
        read(replace(asked, classes=("crack", "rust", "crack")))
    asked.labels.write_text('{"a.png": ["crack"], "b.png": [], "a.png": []}')
    with pytest.raises(InvalidDataset, match=r"'a\.png' is there twice"):
        read(asked)


def test_a_subfolder_may_be_named_as_a_shell_completes_it(asked, folder):
    put(folder, "crack/e.png", "clean/f.png")
    _, held = read(in_subfolders(asked, empty="clean/"))
    assert held["clean/f.png"] == []


def test_a_label_of_a_picture_that_cannot_be_read_is_passed_over_with_it(asked, folder):
    (folder / "broken.png").write_bytes(b"no picture")
    write_labels(asked.labels, a=["crack"], b=[], broken=["crack"])
    photos, held = read(asked)
    assert set(held) == {"a.png", "b.png"}
    assert [each.name for each in photos.data.dataset.passed_over] == ["broken.png"]


def test_a_picture_and_its_copy_are_outlined_alike(asked, folder, tmp_path):
    (folder / "copy.png").write_bytes((folder / "a.png").read_bytes())
    write_labels(asked.labels, a=["square"], b=[])
    alike = outline(tmp_path / "alike.json", {"a.png": "square", "copy.png": "square"})
    assert read(replace(asked, outlines=alike))[0].outlined == {"a.png"}
    document = json.loads(alike.read_text())
    document["annotations"] = [
        each | ({"iscrowd": 1} if each["image_id"] == document["images"][1]["id"] else {})
        for each in document["annotations"]
    ]
    alike.write_text(json.dumps(document))
    with pytest.raises(InvalidDataset, match="which is outlined otherwise"):
        read(replace(asked, outlines=alike))


def test_outlines_are_full_labels_and_an_image_without_any_stays_as_it_is(asked, folder, tmp_path):
    write_labels(asked.labels, a=["square"], b=[], c=["square"])
    coco = outline(tmp_path / "some.json", {"a.png": "square", "b.png": "", "c.png": "", "d.png": "square"})
    photos, held = read(replace(asked, outlines=coco))
    assert held == {"a.png": ["square"], "b.png": [], "c.png": ["square"], "d.png": ["square"]}
    assert photos.outlined == {"a.png", "d.png"}


def test_other_labels_outlines_or_photographs_have_another_digest(asked, folder, tmp_path):
    write_labels(asked.labels, a=["square"], b=[])
    digests = [read(asked)[0].digest, read(asked)[0].digest]
    write_labels(asked.labels, a=["square"], b=[], c=[])
    digests.append(read(asked)[0].digest)
    outlined = replace(asked, outlines=outline(tmp_path / "some.json", {"a.png": "square"}))
    digests.append(read(outlined)[0].digest)
    put(folder, "e.png")
    digests.append(read(outlined)[0].digest)
    assert digests[0] == digests[1]
    assert len(set(digests)) == 4


@pytest.mark.parametrize(
    ("labels", "classes", "words"),
    [
        ({"a": ["crack"], "x": ["rust"]}, (), "x.png: there is no such image"),
        ({"a": ["crack"], "b": "rust"}, (), "b.png: its categories are no JSON list of names"),
        (
            {"a": ["crack"], "b": ["rsut"], "c": ["rust"]},
            ("crack", "rust"),
            "'rsut' is none of crack, rust; did you mean",
        ),
        ({"a": [], "b": []}, (), "names no class of any image"),
    ],
)
def test_a_file_that_does_not_hold_together_is_refused(asked, labels, classes, words):
    write_labels(asked.labels, **labels)
    with pytest.raises(InvalidDataset, match=words):
        read(replace(asked, classes=classes))


def test_of_a_file_only_the_classes_that_are_asked_for_count(asked):
    write_labels(asked.labels, a=["crack", "moss"], b=["moss"], c=["rust"])
    photos, held = read(replace(asked, classes=("crack", "rust")))
    assert [category.name for category in photos.categories] == ["crack", "rust"]
    assert held == {"a.png": ["crack"], "b.png": [], "c.png": ["rust"]}


def test_a_class_that_no_image_is_labeled_with_is_told_of_the_option_not_of_the_file(asked):
    write_labels(asked.labels, a=["crack"], b=["rust"], c=["rust"])
    with pytest.raises(InvalidArgument, match="--classes: no image is labeled with 'rsut'; did you mean 'rust'"):
        read(replace(asked, classes=("crack", "rsut")))


@pytest.mark.parametrize(
    ("labels", "names"),
    [({"a": ["crack"]}, "crack"), ({"a": ["crack", "rust"], "b": ["rust", "crack"]}, "crack and rust")],
)
def test_classes_that_every_labeled_image_holds_teach_nothing(asked, labels, names):
    write_labels(asked.labels, **labels)
    with pytest.raises(FailedPrecondition, match=f"every labeled image holds {names}, and nothing shows"):
        read(asked)


def test_a_class_that_every_labeled_image_holds_beside_one_that_teaches_is_told(asked):
    write_labels(asked.labels, a=["wall", "crack"], b=["wall"])
    assert without_contrast(read(asked)[0]) == ("wall",)


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({}, InvalidDataset, "nothing says which classes the images in"),
        ({"classes": ("krack",)}, InvalidArgument, "no image is labeled with 'krack'; did you mean 'crack'"),
        ({"empty": "clean"}, InvalidArgument, "--empty: there is no image in"),
    ],
)
def test_subfolders_that_do_not_say_it_are_refused(asked, folder, options, error, words):
    put(folder, *(["crack/e.png"] if options else []))
    with pytest.raises(error, match=words):
        read(in_subfolders(asked, **options))


def test_a_file_says_itself_what_holds_nothing(asked):
    write_labels(asked.labels, a=["crack"], b=[])
    with pytest.raises(InvalidArgument, match="--empty names a subfolder"):
        read(replace(asked, empty="clean"))


@pytest.mark.parametrize(
    ("outlined", "classes", "words"),
    [
        ({"a.png": "square"}, ("square",), "a.png: its class labels say rust, its outlines square"),
        ({"c.png": "circle"}, ("square", "circle"), "c.png: category 'circle' is none of rust, square"),
        ({"x.png": "square"}, ("square",), "x.png: there is no such image"),
        ({"c.png": ""}, ("square",), "no image is outlined"),
    ],
)
def test_outlines_that_do_not_fit_are_refused(asked, tmp_path, outlined, classes, words):
    write_labels(asked.labels, a=["rust"], b=["square"])
    coco = outline(tmp_path / "some.json", outlined, classes)
    with pytest.raises(InvalidDataset, match=words):
        read(replace(asked, outlines=coco))


def test_a_box_is_no_outline(asked, tmp_path):
    write_labels(asked.labels, a=["square"], b=[])
    coco = outline(tmp_path / "some.json", {"a.png": "square"})
    document = json.loads(coco.read_text())
    del document["annotations"][0]["segmentation"]
    coco.write_text(json.dumps(document))
    with pytest.raises(InvalidDataset, match=r"a.png: an object has a box .* and no outline"):
        read(replace(asked, outlines=coco))


def test_a_folder_that_is_not_there_or_holds_no_picture_is_told(asked, tmp_path):
    with pytest.raises(InvalidDataset, match="there is no folder"):
        read(replace(asked, folder=tmp_path / "nowhere"))
    (tmp_path / "bare").mkdir()
    with pytest.raises(InvalidDataset, match=r"no picture in .*bare can be read"):
        read(replace(asked, folder=tmp_path / "bare"))
