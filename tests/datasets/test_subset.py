"""Excerpts of data sets: categories, pieces, contrast, images by their objects, draws."""

import io
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from maskloop.datasets.read import Data
from maskloop.datasets.subset import Excerpt
from maskloop.errors import InvalidArgument, InvalidDataset
from maskloop.formats.coco import read_coco_folder
from maskloop.formats.datasets import Dataset, DatasetImage
from maskloop.formats.images import decode_image
from maskloop.masks import Mask
from maskloop.values import Box, Category, ObjectLabel, Split

CATEGORIES = (Category(3, "door"), Category(7, "window"), Category(9, "roof"))


def box(category_id, x, y, width, height, *, size=(20, 20)):
    """An object that fills the box, on an image of `size` (width, height)."""
    array = np.zeros(size[::-1], bool)
    array[y : y + height, x : x + width] = True
    return ObjectLabel(category_id, Mask.from_array(array))


def image(name, *objects, size=(20, 20), folder=Path()):
    width, height = size
    return DatasetImage(name, folder / name, width, height, objects)


def dataset(*images):
    """The first image is for testing."""
    test, *train = [one.file_name for one in images]
    return Dataset(CATEGORIES, images, tuple(train), (test,), "")


def boxes_of(piece):
    return [(item.category_id, item.mask.box) for item in piece.objects]


def pixels_of(piece):
    return np.asarray(Image.open(io.BytesIO(piece.read())))


def test_without_options_nothing_changes():
    whole = dataset(image("t.png"), image("a.png", box(3, 0, 0, 2, 2)))
    assert Excerpt().of(whole) is whole


def test_other_classes_go_and_their_images_stay():
    whole = dataset(
        image("t.png", box(9, 0, 0, 3, 3)), image("a.png", box(3, 0, 0, 2, 2), box(7, 5, 5, 4, 4)), image("b.png")
    )
    some = Excerpt(classes=("window",)).of(whole)
    assert some.categories == (Category(7, "window"),)
    assert {name: boxes_of(one) for name, one in some.by_name.items()} == {
        "t.png": [],
        "a.png": [(7, (5, 5, 4, 4))],
        "b.png": [],
    }
    assert (some.train, some.test) == (("a.png", "b.png"), ("t.png",))


def test_an_unknown_class_is_answered_by_those_there_are_the_most_frequent_first():
    whole = dataset(image("t.png", box(7, 0, 0, 3, 3)), image("a.png", box(7, 0, 0, 2, 2), box(9, 5, 5, 4, 4)))
    with pytest.raises(InvalidArgument, match=r"^--classes: .*'gate'.* window \(2\), roof \(1\), door \(0\)$"):
        Excerpt(classes=("window", "gate")).of(whole)


def test_images_are_cut_into_squares_side_by_side_and_the_rest_is_left_out():
    """25 x 20 in squares of 10: two rows of two, five columns over."""
    whole = dataset(image("t.png", size=(10, 10)), image("in/a.jpg", size=(25, 20)))
    some = Excerpt(crop=10).of(whole)
    assert some.train == ("in/a-0-0.png", "in/a-0-10.png", "in/a-10-0.png", "in/a-10-10.png")
    assert [some.by_name[name].corner for name in some.train] == [(0, 0), (10, 0), (0, 10), (10, 10)]
    assert {(one.width, one.height) for one in some.images} == {(10, 10)}
    assert some.test == ("t.png",)


def test_along_an_axis_shorter_than_the_side_a_piece_is_as_long_as_the_image():
    whole = dataset(image("t.png", size=(8, 4)), image("a.png", size=(22, 6)))
    some = Excerpt(crop=10).of(whole)
    assert [(one.width, one.height) for one in some.images] == [(10, 6), (10, 6), (8, 4)]


def test_objects_are_cut_along_and_slivers_go_but_not_small_whole_ones():
    """Of a 20 x 20 piece the least share, 1/200, is two pixels."""
    crossing, sliver, dot = (
        box(*where, size=(40, 20)) for where in ((3, 18, 5, 4, 4), (7, 19, 0, 9, 1), (9, 2, 2, 1, 1))
    )
    some = Excerpt(crop=20).of(dataset(image("t.png"), image("a.png", crossing, sliver, dot, size=(40, 20))))
    assert boxes_of(some.by_name["a-0-0.png"]) == [(3, (18, 5, 2, 4)), (9, (2, 2, 1, 1))]
    assert boxes_of(some.by_name["a-0-20.png"]) == [(3, (0, 5, 2, 4)), (7, (0, 0, 8, 1))]


def test_images_are_kept_by_the_number_of_their_objects_after_cutting():
    """Nine objects, four pixels from one to the next: five in the upper half, four in the lower."""
    column = [box(7, 2, 4 * row, 3, 3, size=(20, 40)) for row in range(9)]
    whole = dataset(image("t.png", *column, size=(20, 40)), image("a.png", *column, size=(20, 40)))
    assert Excerpt(crop=20, objects=(1, 4)).of(whole).train == ("a-20-0.png",)
    assert Excerpt(crop=20, objects=(4, 5)).of(whole).train == ("a-0-0.png", "a-20-0.png")
    assert Excerpt(objects=(9, 9)).of(whole).train == ("a.png",)
    with pytest.raises(InvalidArgument, match="--objects 9-9: none of 2 pool images holds so many"):
        Excerpt(crop=20, objects=(9, 9)).of(whole)


def test_pieces_are_read_as_they_lie_in_the_upright_picture(tmp_path):
    picture = np.random.default_rng(0).integers(0, 256, (30, 20, 3)).astype(np.uint8)
    turned = Image.fromarray(np.rot90(picture, 1))  # lies on its side; orientation 6 says: turn clockwise
    exif = turned.getexif()
    exif[0x0112] = 6
    turned.save(tmp_path / "a.png", exif=exif)
    whole = dataset(image("t.png"), image("a.png", size=(20, 30), folder=tmp_path))
    for name, piece in Excerpt(crop=10).of(whole).by_name.items():
        if name.startswith("a-"):
            x, y = piece.corner
            assert (pixels_of(piece) == picture[y : y + 10, x : x + 10]).all()


def test_without_cutting_and_stretching_the_files_bytes_stay(tmp_path):
    Image.new("RGB", (20, 20), "red").save(tmp_path / "a.jpg")
    whole = dataset(image("t.png"), image("a.jpg", folder=tmp_path))
    some = Excerpt(crop=20, pool_images=1).of(whole)
    assert some.by_name["a.jpg"].read() == (tmp_path / "a.jpg").read_bytes()


def test_contrast_is_stretched_by_the_percentiles_of_the_whole_file(tmp_path):
    """2 % of black and 2 % of 250 around 50 and 150: the percentiles are 0 and 250, so values grow by 255 / 250."""
    picture = np.full((20, 20, 3), 50, np.uint8)
    picture[10:] = 150
    picture[0, :8], picture[1, :8] = 0, 250
    Image.fromarray(picture).save(tmp_path / "a.png")
    some = Excerpt(crop=10, stretch=True).of(dataset(image("t.png"), image("a.png", folder=tmp_path)))
    upper, lower = pixels_of(some.by_name["a-0-10.png"]), pixels_of(some.by_name["a-10-0.png"])
    assert (set(upper.ravel()), set(lower.ravel())) == ({51}, {153})
    alone = Excerpt(stretch=True).of(dataset(image("t.png"), image("a.png", folder=tmp_path))).by_name["a.png"]
    assert (pixels_of(alone)[:10, 10:] == upper).all()


def test_a_picture_of_one_value_can_be_stretched(tmp_path):
    Image.new("RGB", (20, 20), (9, 9, 9)).save(tmp_path / "a.png")
    some = Excerpt(stretch=True).of(dataset(image("t.png"), image("a.png", folder=tmp_path)))
    assert (pixels_of(some.by_name["a.png"]) == 0).all()


def test_a_draw_depends_on_the_names_alone_and_keeps_their_order():
    images = [image(f"{number}.png") for number in range(40)]
    some = Excerpt(pool_images=5, test_images=1).of(dataset(*images))
    again = Excerpt(pool_images=5).of(dataset(images[0], *reversed(images[1:])))
    assert len(some.train) == 5
    assert again.train == some.train[::-1]
    assert some.train == tuple(sorted(some.train, key=lambda name: int(name[:-4])))


def test_what_is_drawn_is_drawn_of_the_images_that_hold_as_many_objects():
    def holding(number):
        return [box(7, 0, 4 * row, 2, 2, size=(20, 40)) for row in range(number)]

    images = [image(f"{number}.png", *holding(number), size=(20, 40)) for number in range(10)]
    some = Excerpt(objects=(4, 7), pool_images=3).of(dataset(image("t.png", *holding(4), size=(20, 40)), *images))
    assert len(some.train) == 3
    assert {len(some.by_name[name].objects) for name in some.train} < {4, 5, 6, 7}
    with pytest.raises(InvalidArgument, match="--pool-images 5: there are 4 with 4 to 7 objects"):
        Excerpt(objects=(4, 7), pool_images=5).of(dataset(some.by_name["t.png"], *images))


def test_more_images_than_there_are_cannot_be_drawn():
    with pytest.raises(InvalidArgument, match="--pool-images 3: there are 2"):
        Excerpt(pool_images=3).of(dataset(image("t.png"), image("a.png"), image("b.png")))


@pytest.mark.parametrize("names", [("t.png", "a.png", "a.jpg"), ("a.jpg", "t.png", "a.png")])
def test_two_files_whose_pieces_would_share_a_name_are_refused(names):
    with pytest.raises(InvalidDataset, match=r"a.(png|jpg) and a.(png|jpg) would both give a-0-0.png"):
        Excerpt(crop=10).of(dataset(*map(image, names)))


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"crop": -1}, "--crop -1 is negative"),
        ({"pool_images": -1}, "--pool-images -1 is negative"),
        ({"test_images": -1}, "--test-images -1 is negative"),
        ({"objects": (3, 2)}, "--objects 3-2 holds no number"),
    ],
)
def test_options_that_cannot_be_are_named(wrong, words):
    with pytest.raises(InvalidArgument, match=words):
        Excerpt(**wrong)


@pytest.mark.slow
@pytest.mark.data
@pytest.mark.skipif("MASKLOOP_DATA" not in os.environ, reason="MASKLOOP_DATA does not name the real images")
def test_crops_of_real_nuclei_are_slices_of_their_pictures_and_masks():
    whole = read_coco_folder(Path(os.environ["MASKLOOP_DATA"]) / "dsb2018_nuclei")
    some = Excerpt(crop=64, objects=(1, 8), pool_images=12, test_images=12).of(whole)
    for names, side in ((some.train, whole.train), (some.test, whole.test)):
        for piece in map(some.by_name.__getitem__, names):
            source, (x, y) = whole.by_name[piece.path.name], piece.corner
            window = slice(y, y + 64), slice(x, x + 64)
            arrays = [(item.mask.to_array(), item.mask.to_array()[window]) for item in source.objects]
            shown = [
                cut for mask, cut in arrays if cut.any() and (cut.sum() == mask.sum() or cut.sum() >= 64 * 64 / 200)
            ]
            assert [item.mask for item in piece.objects] == [Mask.from_array(cut) for cut in shown]
            assert (pixels_of(piece) == decode_image(source.path.read_bytes(), piece.file_name).pixels[window]).all()
            assert source.file_name in side


def boxed(name, *boxes, size=(40, 20)):
    width, height = size
    return DatasetImage(name, Path(name), width, height, (), is_labeled=False, boxes=boxes)


def test_boxes_are_chosen_and_cut_as_objects_are():
    whole = dataset(image("t.png"), boxed("a.png", Box(3, 2, 1, 4.5, 3), Box(7, 15, 5, 10, 2), Box(7, 18, 0, 2.1, 1)))
    some = Excerpt(classes=("window",), crop=20).of(whole)
    pieces = {name: one for name, one in some.by_name.items() if name.startswith("a")}
    assert {name: one.boxes for name, one in pieces.items()} == {
        "a-0-0.png": (Box(7, 15, 5, 5, 2), Box(7, 18, 0, 2, 1)),
        "a-0-20.png": (Box(7, 0, 5, 5, 2),),  # of the other, a tenth of a pixel is left
    }
    assert not any(one.is_labeled or one.objects for one in pieces.values())


def test_crowds_are_no_objects_and_not_nothing_and_boxes_are_objects():
    crowd = replace(box(3, 0, 0, 9, 9), crowd=True)
    images = {
        "crowd.png": image("crowd.png", crowd),
        "both.png": image("both.png", crowd, box(3, 10, 10, 2, 2)),
        "boxed.png": boxed("boxed.png", Box(3, 1, 1, 2, 2)),
        "none.png": boxed("none.png"),
        "empty.png": image("empty.png"),
        "unknown.png": replace(image("unknown.png"), is_labeled=False),
    }
    whole = dataset(image("t.png", box(3, 0, 0, 2, 2)), *images.values())
    assert Excerpt(objects=(1, 9)).of(whole).train == ("both.png", "boxed.png")
    nothing = [one.file_name for one in Excerpt(classes=("door",)).holding_nothing(whole)]
    assert nothing == ["none.png", "empty.png"]
    piece = Excerpt(crop=10).of(whole).by_name["crowd-0-0.png"]
    assert [item.crowd for item in piece.objects] == [True]
    with pytest.raises(InvalidArgument, match=r"door \(3\)"):
        Excerpt(classes=("chimney",)).of(whole)


def test_an_image_that_is_boxed_brings_its_boxes_and_no_full_label(tmp_path):
    Image.new("RGB", (40, 20)).save(tmp_path / "a.png")
    one = replace(boxed("a.png", Box(3, 1, 1, 2, 2)), path=tmp_path / "a.png")
    other = replace(one, file_name="b.png")
    imports = list(Data("d", dataset(one, other)).imports())
    assert [(each.split, each.objects, each.boxes) for each in imports] == [
        (Split.TEST, None, one.boxes),
        (Split.POOL, None, one.boxes),
    ]
