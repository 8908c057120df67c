"""Classes and objects go by their colours: whatever the palette's order, painted without one, or of a list's own."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from maskloop.errors import InvalidDataset, InvalidImage
from maskloop.formats.bad_entries import OnBad
from maskloop.formats.datasets import Dataset
from maskloop.formats.indexed_images import read_indexed
from maskloop.formats.voc import read_voc
from maskloop.formats.voc.colours import voc_colour
from tests.formats.voc import CLASSES, OBJECTS, write_indices, write_voc

Colours = dict[int, tuple[int, int, int]]
STEMS = {"train": ["a", "b"], "val": ["c"]}


def labels(dataset: Dataset) -> dict[str, list[tuple[str, int]]]:
    names = {category.id: category.name for category in dataset.categories}
    return {
        image.file_name: [(names[item.category_id], item.mask.area) for item in image.objects]
        for image in dataset.images
    }


EXPECTED = {f"{stem}.jpg": [("person", 8), ("cat", 4)] for stem in "abc"}


def repaint(folder: Path, how: str) -> None:
    """Write every PNG of masks anew, its colours as they were."""
    for file in [*folder.glob("SegmentationClass/*.png"), *folder.glob("SegmentationObject/*.png")]:
        painted = Image.open(file).convert("RGB")
        if how == "quantized":
            painted = painted.quantize(16)
        if how == "adaptive":
            painted = painted.convert("P", palette=Image.Palette.ADAPTIVE, colors=8)
        if how == "transparent":
            painted = painted.convert("RGBA")
        painted.save(file)


def test_the_palette_is_vocs() -> None:
    """Everingham et al., development kit: the first colours, that of a tvmonitor, and void."""
    told = [voc_colour(index) for index in (0, 1, 2, 3, 15, 20, 255)]
    assert told == [
        (0, 0, 0), (128, 0, 0), (0, 128, 0), (128, 128, 0), (192, 128, 128), (0, 64, 128), (224, 224, 192),
    ]  # fmt: skip
    assert len({voc_colour(index) for index in range(256)}) == 256


@pytest.mark.parametrize("how", ["quantized", "adaptive", "painted", "transparent"])
def test_colours_are_looked_up_wherever_they_stand(tmp_path: Path, how: str) -> None:
    folder = write_voc(tmp_path / "voc", **STEMS)
    repaint(folder, how)
    assert labels(read_voc(folder)) == EXPECTED


@settings(max_examples=25)
@given(order=st.permutations(range(256)))
def test_any_order_of_the_palette_gives_the_same_objects(
    tmp_path_factory: pytest.TempPathFactory, order: list[int]
) -> None:
    folder = write_voc(tmp_path_factory.mktemp("voc") / "voc", train=["a"], val=["b"])
    for part, indices in (("SegmentationClass", CLASSES), ("SegmentationObject", OBJECTS)):
        place = np.argsort(order).astype(np.uint8)
        image = Image.fromarray(place[indices], "P")
        image.putpalette([value for index in order for value in voc_colour(index)])
        image.save(folder / part / "a.png")
    assert labels(read_voc(folder)) == {name: EXPECTED[name] for name in ("a.jpg", "b.jpg")}


@pytest.mark.parametrize("mode", ["L", "P"])
def test_greys_are_numbers(tmp_path: Path, mode: str) -> None:
    folder = write_voc(tmp_path / "voc", **STEMS)
    for part, indices in (("SegmentationClass", CLASSES), ("SegmentationObject", OBJECTS)):
        image = Image.fromarray(indices, mode)
        if mode == "P":
            image.putpalette([value for index in range(256) for value in (index,) * 3])
        image.save(folder / part / "a.png")
    assert labels(read_voc(folder)) == EXPECTED


def test_a_picture_of_nothing_may_be_of_one_bit(tmp_path: Path) -> None:
    folder = write_voc(tmp_path / "voc", **STEMS)
    for part in ("SegmentationClass", "SegmentationObject"):
        Image.new("1", (8, 6)).save(folder / part / "a.png")
    assert labels(read_voc(folder)) == {**EXPECTED, "a.jpg": []}


@pytest.mark.parametrize("part", ["SegmentationClass", "SegmentationObject"])
def test_a_palette_of_somebody_elses_is_refused_by_name(tmp_path: Path, part: str) -> None:
    folder = write_voc(tmp_path / "voc", **STEMS)
    image = Image.open(folder / part / "b.png")
    image.putpalette([value for index in range(256) for value in (index, 255 - index, 128)])
    image.save(folder / part / "b.png")
    with pytest.raises(InvalidDataset, match=rf"b.jpg: {part}/b.png: its colour \(0, 255, 128\) is none of "):
        read_voc(folder)
    skipped = read_voc(folder, on_bad=OnBad.SKIP)
    assert [(image.file_name, image.is_labeled) for image in skipped.images] == [
        ("a.jpg", True),
        ("b.jpg", False),
        ("c.jpg", True),
    ]
    assert [each.name for each in skipped.passed_over] == ["b.jpg"]


class TestOwnLabels:
    """labelmap.txt and class_names.txt."""

    def folder(self, tmp_path: Path, file: str, text: str, colours: Colours) -> Path:
        """Objects 1 and 2 are of the classes that `colours` gives for 15 and 8."""
        folder = write_voc(tmp_path / "voc", **STEMS)
        (folder / file).write_text(text)
        table = np.zeros((256, 3), np.uint8)
        table[255] = voc_colour(255)
        for index, colour in colours.items():
            table[index] = colour
        for stem in "abc":
            Image.fromarray(table[CLASSES]).save(folder / "SegmentationClass" / f"{stem}.png")
        return folder

    @pytest.mark.parametrize(
        ("file", "text", "colours"),
        [
            (
                "labelmap.txt",
                "# label:color_rgb:parts:actions\nbackground:0,0,0::\ncrack:250,50,83::\nhole:10,20,30:a,b:c\n",
                {15: (250, 50, 83), 8: (10, 20, 30)},
            ),
            ("labelmap.txt", "crack:1,2,3::\r\nhole:4,5,6::\r\n", {15: (1, 2, 3), 8: (4, 5, 6)}),
            ("labelmap.txt", "crack:1,2,3\nhole:4,5,6", {15: (1, 2, 3), 8: (4, 5, 6)}),
            ("labelmap.txt", "background:::\ncrack:::\nhole:::\n", {15: voc_colour(1), 8: voc_colour(2)}),
            (
                "labelmap.txt",
                "hole:9,9,9::\nbackground:0,0,0::\nignored:224,224,192::\ncrack:8,8,8::\n",
                {15: (8, 8, 8), 8: (9, 9, 9)},
            ),
            ("class_names.txt", "_background_\ncrack\nhole\n", {15: voc_colour(1), 8: voc_colour(2)}),
            ("class_names.txt", "__ignore__\n_background_\ncrack\nhole\n", {15: voc_colour(1), 8: voc_colour(2)}),
        ],
    )
    def test_names_and_colours_are_the_lists(self, tmp_path: Path, file: str, text: str, colours: Colours) -> None:
        dataset = read_voc(self.folder(tmp_path, file, text, colours))
        assert {category.name for category in dataset.categories} == {"crack", "hole"}
        assert sorted(category.id for category in dataset.categories) == [1, 2]
        assert labels(dataset) == {f"{stem}.jpg": [("crack", 8), ("hole", 4)] for stem in "abc"}

    def test_vocs_colours_are_not_looked_up_in_a_list_of_other_names(self, tmp_path: Path) -> None:
        folder = write_voc(tmp_path / "voc", **STEMS)
        (folder / "labelmap.txt").write_text("background:0,0,0::\ncrack:128,0,0::\n")
        message = r"SegmentationClass/a.png: its colour \(64, 0, 0\) is none of labelmap.txt's"
        with pytest.raises(InvalidDataset, match=message):
            read_voc(folder)

    def test_an_image_without_masks_is_unlabeled_where_a_tool_wrote_the_folder(self, tmp_path: Path) -> None:
        text, colours = "background:0,0,0::\ncrack:1,2,3::\nhole:4,5,6::\n", {15: (1, 2, 3), 8: (4, 5, 6)}
        folder = self.folder(tmp_path, "labelmap.txt", text, colours)
        for part in ("SegmentationClass", "SegmentationObject"):
            (folder / part / "b.png").unlink()
        assert [image.is_labeled for image in read_voc(folder).images] == [True, False, True]
        (folder / "SegmentationClass" / "a.png").unlink()
        with pytest.raises(InvalidDataset, match=r"there is no .*SegmentationClass/a\.png"):
            read_voc(folder)

    def test_greys_are_places_in_the_list(self, tmp_path: Path) -> None:
        folder = write_voc(tmp_path / "voc", **STEMS)
        (folder / "labelmap.txt").write_text("background:0,0,0::\ncrack:250,50,83::\nhole:10,20,30::\n")
        numbers = np.zeros(256, np.uint8)
        numbers[[15, 8, 255]] = 1, 2, 255
        for stem in "abc":
            Image.fromarray(numbers[CLASSES], "L").save(folder / "SegmentationClass" / f"{stem}.png")
        assert labels(read_voc(folder))["a.jpg"] == [("crack", 8), ("hole", 4)]

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ("crack;1,2,3\n", r"labelmap.txt, line 1: 'crack;1,2,3' is not name:r,g,b:parts:actions"),
            ("# x\n\ncrack:1,2,300::\n", "labelmap.txt, line 3: 1,2,300 is no colour"),
            ("crack:1,2,3::\ncrack:4,5,6::\n", "the name 'crack' is there twice"),
            ("crack:1,2,3::\nhole:1,2,3::\n", "'hole' has a colour that another has"),
            ("background:0,0,0::\n", "there is no class"),
            ("".join(f"c{k}:{k},1,1::\n" for k in range(255)), "255 classes; at most 254"),
        ],
    )
    def test_a_list_that_cannot_be_is_told_by_file_and_line(self, tmp_path: Path, text: str, message: str) -> None:
        folder = write_voc(tmp_path / "voc", **STEMS)
        (folder / "labelmap.txt").write_text(text)
        with pytest.raises(InvalidDataset, match=message):
            read_voc(folder)


class TestListsAndPictures:
    @pytest.mark.parametrize("suffix", [".png", ".jpeg", ".JPG", ".bmp"])
    def test_pictures_may_be_of_any_format(self, tmp_path: Path, suffix: str) -> None:
        folder = write_voc(tmp_path / "voc", **STEMS)
        for stem in "abc":
            (folder / "JPEGImages" / f"{stem}.jpg").unlink()
            Image.new("RGB", (8, 6)).save(folder / "JPEGImages" / f"{stem}{suffix}")
        assert read_voc(folder).train == (f"a{suffix}", f"b{suffix}")

    def test_two_pictures_of_one_name_are_both_named(self, tmp_path: Path) -> None:
        folder = write_voc(tmp_path / "voc", **STEMS)
        Image.new("RGB", (8, 6)).save(folder / "JPEGImages" / "a.png")
        with pytest.raises(InvalidDataset, match=r"a: it may be a.jpg or a.png: only one can be meant"):
            read_voc(folder)

    @pytest.mark.parametrize(
        ("lists", "split", "said"),
        [
            ({"default": 4}, (3, 1), "default.txt alone: 1 of 4 images drawn for testing by seed 0"),
            ({"trainval": 4}, (3, 1), "trainval.txt alone: 1 of 4"),
            ({"train": 4}, (3, 1), "train.txt alone: 1 of 4"),
            ({"train": 2, "val": 1, "test": 1}, (3, 1), "train.txt and val.txt for training, test.txt for testing"),
            ({"train": 2, "test": 2}, (2, 2), "train.txt for training, test.txt for testing"),
        ],
    )
    def test_lists(self, tmp_path: Path, lists: dict[str, int], split: tuple[int, int], said: str) -> None:
        stems = iter("abcdefgh")
        dataset = read_voc(write_voc(tmp_path, **{name: [next(stems) for _ in range(n)] for name, n in lists.items()}))
        assert (len(dataset.train), len(dataset.test)) == split
        assert dataset.split_from.startswith(said)

    def test_trainval_says_again_what_train_and_val_say(self, tmp_path: Path) -> None:
        folder = write_voc(tmp_path / "voc", **STEMS)
        (folder / "ImageSets/Segmentation/trainval.txt").write_text("a\nb\nc\n")
        assert read_voc(folder).split_from == "train.txt for training, val.txt for testing"

    def test_vocs_own_test_images_have_no_masks_and_are_left_out(self, tmp_path: Path) -> None:
        folder = write_voc(tmp_path / "voc", **STEMS, test=["d"])
        for part in ("SegmentationClass", "SegmentationObject"):
            (folder / part / "d.png").unlink()
        dataset = read_voc(folder)
        assert (dataset.train, dataset.test) == (("a.jpg", "b.jpg"), ("c.jpg",))
        assert dataset.by_name["d.jpg"].is_labeled is False
        assert dataset.split_from.endswith("; test.txt is left out: nobody has labeled it")

    def test_folders_spaces_quotes_flags_and_suffixes(self, tmp_path: Path) -> None:
        folder = write_voc(tmp_path / "voc", train=["a"], val=["c"])
        for stem in ("deep/x", "my photo"):
            for part, suffix in (("JPEGImages", ".jpg"), ("SegmentationClass", ".png"), ("SegmentationObject", ".png")):
                (folder / part / stem).parent.mkdir(exist_ok=True)
                (folder / part / f"{stem}{suffix}").write_bytes((folder / part / f"a{suffix}").read_bytes())
        (folder / "ImageSets/Segmentation/train.txt").write_text('a 1\ndeep\\x.jpg\n"my photo"\n')
        assert read_voc(folder).train == ("a.jpg", "deep/x.jpg", "my photo.jpg")


def test_pictures_of_too_many_colours_are_refused(tmp_path: Path) -> None:
    colours = np.arange(20 * 20 * 3, dtype=np.uint16).astype(np.uint8).reshape(20, 20, 3)
    colours[..., 0] = np.arange(20)[:, None]
    colours[..., 1] = np.arange(20)[None, :]
    Image.fromarray(colours).save(tmp_path / "x.png")
    with pytest.raises(InvalidImage, match=r"x.png has 400 colours; at most 256"):
        read_indexed(tmp_path / "x.png")
    Image.new("CMYK", (4, 4)).save(tmp_path / "y.tif")
    with pytest.raises(InvalidImage, match=r"y.tif has no colours or greys of 8 bits \(CMYK\)"):
        read_indexed(tmp_path / "y.tif")


@given(seed=st.integers(0, 999), colours=st.integers(1, 200))
@settings(max_examples=20)
def test_indices_point_at_the_colours_that_were_painted(
    tmp_path_factory: pytest.TempPathFactory, seed: int, colours: int
) -> None:
    rng = np.random.default_rng(seed)
    painted = rng.integers(0, 256, (colours, 3), dtype=np.uint8)[rng.integers(0, colours, (9, 7))]
    file = tmp_path_factory.mktemp("painted") / "x.png"
    Image.fromarray(painted).save(file)
    image = read_indexed(file)
    assert image.colours is not None
    assert (np.asarray(image.colours)[image.indices] == painted).all()


def test_write_indices_writes_vocs_palette(tmp_path: Path) -> None:
    write_indices(tmp_path / "x.png", OBJECTS)
    assert read_indexed(tmp_path / "x.png").colours == tuple(voc_colour(index) for index in range(256))
