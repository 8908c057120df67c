import io
import json
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from PIL import Image

from maskloop.datasets.read import read_data, without_folders
from maskloop.datasets.subset import Excerpt
from maskloop.errors import InvalidArgument, InvalidDataset
from maskloop.formats.bad_entries import OnBad
from maskloop.loop.options import Options
from maskloop.values import Split
from tests.formats.voc import write_voc


def write_coco_folder(folder, names, **lists):
    """One 8 x 6 picture a name, each with one 2 x 2 square; `lists` become train.txt and test.txt."""
    (folder / "images").mkdir(parents=True)
    for number, name in enumerate(names):
        Image.new("RGB", (8, 6), (number, len(folder.name), 0)).save(folder / "images" / name)
    square = [[1, 1, 3, 1, 3, 3, 1, 3]]
    document = {
        "categories": [{"id": 1, "name": "cat"}],
        "images": [{"id": n, "file_name": name, "width": 8, "height": 6} for n, name in enumerate(names, 1)],
        "annotations": [
            {"id": n, "image_id": n, "category_id": 1, "segmentation": square, "iscrowd": 0}
            for n, _ in enumerate(names, 1)
        ],
    }
    (folder / "annotations.json").write_text(json.dumps(document))
    for name, lines in lists.items():
        (folder / f"{name}.txt").write_text("\n".join(lines))
    return folder


NAMES = ["a.png", "b.png", "c.png", "d.png"]


def test_a_coco_folder_becomes_a_pool_without_labels_and_test_images_with_them(tmp_path):
    folder = write_coco_folder(tmp_path / "My Cats_2", NAMES, train=NAMES[:3], test=NAMES[3:])
    data = read_data(f"coco:{folder}", tmp_path / "demo", 0)
    assert data.name == "my-cats-2"
    imports = list(data.imports())
    assert [(one.file_name, one.split) for one in imports] == [
        ("d.png", Split.TEST),
        ("a.png", Split.POOL),
        ("b.png", Split.POOL),
        ("c.png", Split.POOL),
    ]
    assert [one.objects is None for one in imports] == [False, True, True, True]
    assert len(imports[0].objects) == 1
    assert imports[1].data == (folder / "images" / "a.png").read_bytes()


def test_a_coco_file_and_its_images_may_lie_apart(tmp_path):
    folder = write_coco_folder(tmp_path / "cats", NAMES)
    data = read_data(f"coco:{folder / 'annotations.json'},{folder / 'images'}", tmp_path / "demo", 0)
    assert data.name == "annotations"
    assert len(data.pool) + len(data.test) == 4
    assert len(data.test) == 1


def test_a_folder_may_have_a_comma_in_its_name(tmp_path):
    folder = write_coco_folder(tmp_path / "cats,dogs", NAMES)
    assert read_data(f"coco:{folder}", tmp_path / "demo", 0).name == "cats-dogs"
    assert without_folders(f"coco:{folder}") == "coco:cats,dogs"


@pytest.mark.parametrize(
    ("spec", "told"),
    [
        ("demo:video,600", "demo:video,600"),
        ("coco:/home/ada/bridges/", "coco:bridges"),
        ("voc:../VOCdevkit/VOC2012", "voc:VOC2012"),
        ("coco:/srv/labels.json,/srv/photos/", "coco:labels.json,photos"),
    ],
)
def test_data_is_told_to_others_without_where_it_lies(spec, told):
    assert without_folders(spec) == told


@pytest.mark.parametrize("spec", ["", "coco", "coco:", "voc:", "ylo:/x", "Demo"])
def test_an_unknown_kind_of_data_is_refused(tmp_path, spec):
    with pytest.raises(InvalidArgument, match="coco:DIR"):
        read_data(spec, tmp_path, 0)


@pytest.mark.parametrize("spec", ["coco:/no/such/folder", "coco:/no/such.json,/no/such/images", "voc:/no/such/folder"])
def test_a_path_that_is_not_there_is_named(tmp_path, spec):
    with pytest.raises(InvalidDataset, match="/no/such"):
        read_data(spec, tmp_path, 0)


def test_a_voc_folder_s_train_list_is_the_pool_and_its_val_list_the_test_images(tmp_path):
    folder = write_voc(tmp_path / "VOC2012", train=["a", "b"], val=["c"])
    data = read_data(f"voc:{folder}", tmp_path / "demo", 0)
    assert data.name == "voc2012"
    assert [(one.file_name, one.split, one.objects is None) for one in data.imports()] == [
        ("c.jpg", Split.TEST, False),
        ("a.jpg", Split.POOL, True),
        ("b.jpg", Split.POOL, True),
    ]
    assert [category.name for category in data.dataset.categories][14] == "person"


def test_a_data_set_without_anything_to_choose_from_is_refused(tmp_path):
    folder = write_coco_folder(tmp_path / "one", ["a.png"])
    with pytest.raises(InvalidDataset, match="no"):
        read_data(f"coco:{folder}", tmp_path / "demo", 0)


def test_files_are_named_where_a_server_may_refer_to_them_and_pieces_are_sent(tmp_path):
    folder = write_coco_folder(tmp_path / "cats", NAMES, train=NAMES[:3], test=NAMES[3:])
    data = read_data(f"coco:{folder}", tmp_path / "demo", 0)
    assert data.folders == ((folder / "images").resolve(),)
    referred = list(data.imports(data.folders))
    assert all(one.data is None for one in referred)
    assert [Path(unquote(urlsplit(one.uri).path)).read_bytes() for one in referred] == [
        one.data for one in data.imports()
    ]
    assert all(one.uri == "" for one in data.imports([tmp_path / "elsewhere"]))
    cut = read_data(f"coco:{folder}", tmp_path / "demo", 0, Excerpt(crop=4))
    assert cut.folders == ()
    assert all(one.uri == "" for one in cut.imports([folder]))


def test_an_excerpt_is_brought_in_as_it_is_cut(tmp_path):
    folder = write_coco_folder(tmp_path / "cats", NAMES, train=NAMES[:3], test=NAMES[3:])
    data = read_data(f"coco:{folder}", tmp_path / "demo", 0, Excerpt(crop=4, objects=(1, 1), pool_images=2))
    imports = list(data.imports())
    assert [one.file_name for one in imports if one.split is Split.TEST] == ["d-0-0.png"]
    pool = [one for one in imports if one.split is Split.POOL]
    assert len(pool) == 2
    assert {one.file_name for one in pool} < {"a-0-0.png", "b-0-0.png", "c-0-0.png"}
    assert Image.open(io.BytesIO(pool[0].data)).size == (4, 4)


def test_demos_come_by_level_and_size(tmp_path):
    data = read_data("demo:easy,7", tmp_path / "demo", 0)
    assert (data.name, len(data.pool), len(data.test)) == ("demo-easy", 7, 100)


@pytest.mark.parametrize(
    ("spec", "words"), [("demo:huge", "easy, hard, video"), ("demo:easy,0", "'0'"), ("demo:,x", "'x'")]
)
def test_an_unknown_demo_is_answered_by_those_there_are(tmp_path, spec, words):
    with pytest.raises(InvalidArgument, match=words):
        read_data(spec, tmp_path, 0)


def with_dogs(folder, names, **lists):
    """As `write_coco_folder`; the last picture's square is a dog."""
    write_coco_folder(folder, names, **lists)
    document = json.loads((folder / "annotations.json").read_text())
    document["categories"].append({"id": 7, "name": "dog"})
    document["annotations"][-1]["category_id"] = 7
    (folder / "annotations.json").write_text(json.dumps(document))
    return folder


def test_candidates_may_be_what_holds_none_of_the_classes(tmp_path):
    folder = with_dogs(tmp_path / "pets", ["t.png", *NAMES], train=NAMES, test=["t.png"])
    data = read_data(f"coco:{folder}", tmp_path / "demo", 0, Excerpt(classes=("cat",)), ood="rest")
    assert [image.file_name for image in data.pool] == NAMES[:3]
    assert [(image.file_name, image.objects) for image in data.candidates] == [("d.png", ())]
    imports = {one.file_name: one for one in data.imports()}
    assert imports["d.png"].split is Split.OOD
    assert imports["d.png"].objects is None


def test_candidates_may_be_another_data_set_whose_categories_go_by_name(tmp_path):
    folder = write_coco_folder(tmp_path / "cats", NAMES, train=NAMES[:3], test=NAMES[3:])
    others = with_dogs(tmp_path / "pets", ["x.png", "y.png"], train=["x.png"], test=["y.png"])
    data = read_data(f"coco:{folder}", tmp_path / "demo", 0, ood=f"coco:{others}")
    said = [(image.file_name, [item.category_id for item in image.objects]) for image in data.candidates]
    assert said == [("x.png", [1]), ("y.png", [])]  # a cat in x; the vocabulary has no dog
    assert data.by_name["x.png"].path == others / "images" / "x.png"


def test_candidates_of_a_name_that_is_taken_are_refused(tmp_path):
    folder = write_coco_folder(tmp_path / "cats", NAMES, train=NAMES[:3], test=NAMES[3:])
    with pytest.raises(InvalidDataset, match=r"an image \w.png too"):
        read_data(f"coco:{folder}", tmp_path / "demo", 0, ood=f"coco:{folder}")
    with pytest.raises(InvalidArgument, match="--ood 'demo' is none of rest"):
        read_data(f"coco:{folder}", tmp_path / "demo", 0, ood="demo")
    with pytest.raises(InvalidDataset, match="--ood: there is no folder nowhere"):
        read_data(f"coco:{folder}", tmp_path / "demo", 0, ood="coco:nowhere")


def test_bad_entries_end_the_reading_or_are_passed_over_and_listed(tmp_path):
    folder = write_coco_folder(tmp_path / "cats", NAMES, train=NAMES[:3], test=NAMES[3:])
    (folder / "images" / "b.png").write_bytes(b"")
    for spec in (f"coco:{folder}", f"coco:{folder / 'annotations.json'},{folder / 'images'}"):
        with pytest.raises(InvalidDataset, match=r"image 2 \(b.png\): "):
            read_data(spec, tmp_path / "demo", 0)
    data = read_data(f"coco:{folder}", tmp_path / "demo", 0, on_bad=OnBad.SKIP)
    assert [image.file_name for image in (*data.pool, *data.test)] == ["a.png", "c.png", "d.png"]
    assert [each.name for each in data.dataset.passed_over] == ["b.png"]
    excerpt = read_data(f"coco:{folder}", tmp_path / "demo", 0, Excerpt(classes=("cat",)), on_bad=OnBad.SKIP)
    assert excerpt.dataset.passed_over == data.dataset.passed_over


def test_bad_entries_of_a_voc_folder_are_passed_over_too(tmp_path):
    folder = write_voc(tmp_path / "VOC2012", train=["a", "b"], val=["c"])
    (folder / "SegmentationObject" / "b.png").unlink()
    data = read_data(f"voc:{folder}", tmp_path / "demo", 0, on_bad=OnBad.SKIP)
    assert [image.is_labeled for image in data.pool] == [True, False]
    assert [each.name for each in data.dataset.passed_over] == ["b.jpg"]


def test_a_run_says_what_becomes_of_bad_entries():
    assert Options("3h", "demo").bad_entries() is OnBad.STOP
    assert Options("3h", "demo", on_bad="skip").bad_entries() is OnBad.SKIP
    with pytest.raises(InvalidArgument, match="--on-bad 'go on' is neither stop nor skip"):
        Options("3h", "demo", on_bad="go on")
