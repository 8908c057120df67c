"""Sizes of patches and tiles, and how images become them."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from maskloop.errors import InvalidLabel
from maskloop.masks import Mask
from maskloop.values import ObjectLabel
from models.classification.data import ClassExample
from models.data.samples import Example
from models.data.windows import Window
from models.oeem.drawn import Drawn
from models.oeem.layout import Layout
from models.oeem.material import LACKING, PATCHES_OF_EACH, Cutting, with_textures
from models.oeem.recipe import OeemRecipe
from tests.models.oeem.scenes import CATEGORIES, named, picture

RECIPE = OeemRecipe(input_side=32, mapped=50)
LAYOUT = Layout(20, 32)
CUTTING = Cutting(LAYOUT, CATEGORIES, RECIPE, 0)
NAMES_ALL = replace(CUTTING, recipe=replace(RECIPE, ground=False))


def grey(image_id: str, height: int, width: int, *present: int) -> ClassExample:
    return ClassExample(image_id, np.full((height, width, 3), 90, np.uint8), frozenset(present))


def test_sizes_are_halved_with_a_patch_that_is_larger_than_the_classifiers_view():
    small, large = Layout(112, 160), Layout(640, 160)
    assert (small.zoom, small.patch, small.stride, small.tile) == (1, 112, 56, 256)
    assert (large.zoom, large.patch, large.stride, large.tile) == (0.25, 160, 80, 366)
    assert large.zoomed(np.zeros((480, 640, 3), np.uint8)).shape == (120, 160, 3)
    assert small.zoomed(np.zeros((480, 640, 3), np.uint8)).shape == (480, 640, 3)


@pytest.mark.parametrize(
    ("side", "told", "outlined", "wanted"),
    [
        (50, [(90, 90)], [], 50),
        (0, [(60, 40), (30, 70), (900, 900)], [(400, 400)], 70),
        (0, [], [(300, 400), (100, 80), (400, 10)], 100),
        (0, [(3, 4)], [], 16),
    ],
)
def test_a_patch_is_as_large_as_the_middle_image_where_nobody_says(side, told, outlined, wanted):
    assert Layout.of(replace(RECIPE, side=side), told, outlined).side == wanted


def test_an_image_whose_classes_alone_are_known_is_one_patch_however_large():
    made = CUTTING.told([grey("a", 20, 20, 4), grey("b", 60, 50, 4, 9)])
    assert {(item.image_id, item.window, item.present) for item in made.patches} == {
        ("a", Window(0, 0, 20, 20), (0,)),
        ("b", Window(0, 0, 60, 50), (0, 1)),
    }
    (whole,) = (item for item in made.patches if item.image_id == "b")
    assert whole.pixels.shape == (45, 37, 3)  # 1.4 times the classifier's view


def test_an_image_that_holds_nothing_is_cut_and_so_is_one_class_where_the_vocabulary_names_all():
    def cut(cutting: Cutting, *images: ClassExample) -> dict[str, set[tuple[Window, tuple[int, ...]]]]:
        made: dict[str, set[tuple[Window, tuple[int, ...]]]] = {}
        for item in cutting.told(images).patches:
            made.setdefault(item.image_id, set()).add((item.window, item.present))
        return made

    corners = {(Window(top, left, 20, 20), ()) for top in (0, 10) for left in (0, 10, 20)}
    assert cut(CUTTING, grey("no", 30, 40), *(grey(f"a{n}", 20, 20, 4) for n in range(9)))["no"] == corners
    whole = {(Window(0, 0, 30, 40), (0,))}
    assert cut(CUTTING, grey("one", 30, 40, 4))["one"] == whole
    one = {(window, (0,)) for window, _ in corners}
    assert cut(NAMES_ALL, grey("one", 30, 40, 4))["one"] == one
    assert cut(NAMES_ALL, grey("two", 30, 40, 4, 9))["two"] == {(Window(0, 0, 30, 40), (0, 1))}


def outlined(image_id: str, *boxes: tuple[int, int, int, int, int], crowd: bool = False) -> Example:
    """40 x 40 pixels with boxes of category, top, left, height, width."""
    objects = []
    for category_id, top, left, height, width in boxes:
        mask = np.zeros((40, 40), dtype=bool)
        mask[top : top + height, left : left + width] = True
        objects.append(ObjectLabel(category_id, Mask.from_array(mask), crowd=crowd))
    return Example(image_id, np.full((40, 40, 3), 90, np.uint8), tuple(objects))


def test_outlines_say_what_each_patch_holds():
    """More than 5 % of 400 pixels: 20 are not enough, 21 are."""
    made = CUTTING.outlined([outlined("a", (9, 0, 0, 4, 5), (4, 0, 35, 5, 5), (9, 30, 0, 3, 7))])
    held = {(item.window.top, item.window.left): item.present for item in made.patches}
    assert held[0, 20] == (0,)
    assert held[20, 0] == (1,)
    assert held[0, 0] == held[10, 10] == ()
    (tile,) = made.tiles
    assert (tile.name, tile.present) == ("a 0 0", (0, 1))
    assert tile.labels is not None
    assert np.bincount(tile.labels.ravel()).tolist() == [1600 - 66, 25, 41]


def test_a_patch_of_which_too_little_is_known_teaches_nothing():
    crowded = CUTTING.outlined([outlined("a", (4, 0, 0, 20, 20), crowd=True)])
    beside = {(0, 20), (20, 0), (20, 20), (20, 10), (10, 20)}
    assert {(item.window.top, item.window.left) for item in crowded.patches} == beside
    (tile,) = crowded.tiles
    assert tile.labels is not None
    assert (tile.labels[:20, :20] == 255).all()
    named_all = NAMES_ALL.outlined([outlined("a", (4, 0, 0, 40, 20))])
    assert {item.present for item in named_all.patches} == {(0,)}
    assert {item.window.left for item in named_all.patches} == {0, 10}
    (tile,) = named_all.tiles
    assert tile.labels is not None
    assert (set(np.unique(tile.labels[:, :20])), set(np.unique(tile.labels[:, 20:]))) == ({0}, {255})


def test_masks_are_known_where_an_image_is_of_one_class():
    by_id = {tile.name: tile for tile in CUTTING.told([grey("no", 20, 20), grey("a", 20, 20, 4)]).tiles}
    assert by_id["a 0 0"].labels is None
    assert (by_id["no 0 0"].labels == 0).all()
    (tile,) = NAMES_ALL.told([grey("b", 20, 20, 9), grey("no", 20, 20)]).tiles
    assert (tile.labels == 1).all()


def test_what_holds_nothing_does_not_crowd_out_the_rest():
    holding = [grey(f"a{number}", 20, 20, 4) for number in range(2)]
    made = CUTTING.told([*holding, *(grey(f"no{number}", 20, 20) for number in range(9))])
    assert [bool(item.present) for item in made.patches] == [True] * 2 + [False] * 4
    assert [bool(item.present) for item in made.tiles] == [True] * 2 + [False] * 4
    nothing = CUTTING.told([grey(f"no{number}", 20, 20) for number in range(9)])
    assert len(nothing.patches) == len(nothing.tiles) == 9


def test_the_order_of_images_has_no_influence_and_the_seed_has():
    images = [named(picture(number, 40 + number)) for number in range(6)]
    first, again = CUTTING.told(images), CUTTING.told(images[::-1])
    assert [item.name for item in first.tiles] == [item.name for item in again.tiles]
    assert [item.image_id for item in first.patches] == [item.image_id for item in again.patches]
    other = replace(CUTTING, seed=1).told(images)
    assert [item.name for item in other.tiles] != [item.name for item in first.tiles]


def test_no_image_gives_a_second_part_before_all_have_given_one():
    def told(name: str, at: Window) -> str:
        return f"{name} {at.top}"

    drawn = Drawn[str](seed=0, most=5, of_each=3)
    for name, parts in (("large", 50), ("a", 1), ("b", 2), ("c", 1)):
        windows = [Window(top, 0, 1, 1) for top in range(parts)]
        drawn.offer(name, windows, partial(told, name))
    owners = [part.split()[0] for part in drawn.parts]
    assert sorted(owners[:4]) == ["a", "b", "c", "large"]
    assert owners[4] in ("large", "b")
    assert len(owners) == 5


def test_few_patches_of_a_huge_image_are_drawn():
    patches = CUTTING.told([grey("no", 400, 400), *(grey(f"a{n}", 20, 20, 4) for n in range(40))]).patches
    assert sum(item.image_id == "no" for item in patches) == PATCHES_OF_EACH


def test_textures_hold_nothing_where_every_patch_holds_a_class():
    patches = CUTTING.told([named(picture(2 * number)) for number in range(12)]).patches
    more = with_textures(patches, 1, 32, 0)
    added = more[len(patches) :]
    assert len(added) == 12 // LACKING + 1
    assert {(item.present, item.pixels.shape) for item in added} == {((), (32, 32, 3))}
    apart = with_textures([*patches, *CUTTING.told([grey(f"no{n}", 20, 20) for n in range(12)]).patches], 1, 32, 0)
    assert len(apart) == 24


def test_a_category_that_the_vocabulary_lacks_is_refused():
    with pytest.raises(InvalidLabel, match="category 7 is not in the vocabulary"):
        CUTTING.told([grey("a", 20, 20, 7)])
    with pytest.raises(InvalidLabel, match="category 7 is not in the vocabulary"):
        CUTTING.outlined([outlined("a", (7, 0, 0, 5, 5))])
