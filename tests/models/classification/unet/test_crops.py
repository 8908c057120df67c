"""Crops hold what they are drawn for, and are as many of objects as of nothing."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from maskloop.errors import InvalidArgument
from maskloop.masks import Mask
from maskloop.values import Box, ObjectLabel
from models.classification.unet.clicks import Click, ClickedImage
from models.classification.unet.crops import ClickPool, Crop, around, cut, distance, pool_of
from tests.models.classification.unet.drawn import small

CPU = torch.device("cpu")


def holds(crop, click, side):
    return crop.top <= click.y < crop.top + side and crop.left <= click.x < crop.left + side


def numbered(height, width):
    return np.arange(height * width * 3).reshape(height, width, 3).astype(np.uint8)


@given(st.integers(1, 90), st.integers(1, 90), st.data())
def test_a_crop_holds_its_click_and_lies_in_the_image(height, width, data):
    click = Click(data.draw(st.integers(0, height - 1)), data.draw(st.integers(0, width - 1)), 1)
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32)))
    top, left = around(click, (height, width), 32, rng)
    assert top <= click.y < top + 32
    assert left <= click.x < left + 32
    assert top == 0 or top + 32 <= height
    assert left == 0 or left + 32 <= width


def test_clicks_far_from_borders_lie_anywhere_in_their_crops():
    rng, click = np.random.default_rng(0), Click(50, 60, 1)
    places = [around(click, (100, 120), 8, rng) for _ in range(4000)]
    for at, starts in zip((50, 60), zip(*places, strict=True), strict=True):
        counts = np.bincount(at - np.array(starts), minlength=8)
        assert len(counts) == 8
        assert counts.min() > 400  # 500 each
        assert counts.max() < 600


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_every_iteration_is_balanced_and_no_crop_of_nothing_holds_a_click_on_an_object(data):
    images = []
    for number in range(data.draw(st.integers(1, 4))):
        height, width = data.draw(st.integers(40, 90)), data.draw(st.integers(40, 90))
        spots = st.builds(
            Click, st.integers(0, height - 1), st.integers(0, width - 1), st.sampled_from([1, 2]), st.booleans()
        )
        clicks = data.draw(st.lists(spots, max_size=4))
        images.append(ClickedImage(f"{number}", np.zeros((height, width, 3), np.uint8), tuple(clicks)))
    images.append(ClickedImage("on", np.zeros((20, 30, 3), np.uint8), (Click(3, 4, 1), Click(3, 5, 2))))
    images.append(ClickedImage("empty", np.zeros((50, 50, 3), np.uint8), (), frozenset({1, 2})))
    pool = pool_of(images, (1, 2), small(crop=16, batch=12))
    seed, iteration = data.draw(st.integers(0, 100)), data.draw(st.integers(0, 100))
    crops = pool.draw(seed, iteration)
    assert crops == pool_of(images[::-1], (1, 2), pool.recipe).draw(seed, iteration)
    for category_id in (1, 2):
        own = [crop for crop in crops if crop.category_id == category_id]
        assert sum(crop.on for crop in own) == len(own) / 2 >= 1
        for crop in own:
            assert any(holds(crop, click, 16) for click in pool.images[crop.place].on(category_id)) == crop.on


def test_an_epoch_goes_five_times_around_every_click():
    clicks = tuple(Click(40, x, 1) for x in (20, 60, 100))
    images = [
        ClickedImage("a", np.zeros((80, 120, 3), np.uint8), clicks),
        ClickedImage("b", np.zeros((80, 80, 3), np.uint8)),
    ]
    pool = pool_of(images, (1,), small(crop=16, batch=10))
    drawn = [crop for iteration in range(3) for crop in pool.draw(5, iteration) if crop.on]
    for click in clicks:
        assert sum(holds(crop, click, 16) for crop in drawn) == 5
    assert len(drawn) == 15
    assert pool.draw(5, 0) != pool.draw(5, 3)
    assert pool.draw(5, 0) != pool.draw(6, 0)


def test_crops_of_nothing_lie_around_clicks_beside_and_in_empty_images_alone():
    images = [
        ClickedImage("a", np.zeros((60, 60, 3), np.uint8), (Click(5, 5, 1), Click(50, 50, 1, on=False))),
        ClickedImage("b", np.zeros((60, 60, 3), np.uint8), (), frozenset({1})),
        ClickedImage("c", np.zeros((60, 60, 3), np.uint8)),
    ]
    pool = pool_of(images, (1,), small(crop=16, batch=8))
    nothing = [crop for iteration in range(20) for crop in pool.draw(0, iteration) if not crop.on]
    assert {crop.place for crop in nothing} == {0, 1}
    assert all(holds(crop, Click(50, 50, 1), 16) for crop in nothing if crop.place == 0)
    near_half = sum(crop.place == 0 for crop in nothing)
    assert 20 <= near_half <= 60


def test_without_them_they_lie_apart_from_clicks_on_objects():
    image = ClickedImage("a", np.zeros((100, 100, 3), np.uint8), (Click(50, 50, 1),))
    pool = pool_of([image], (1,), small(crop=16, batch=8, apart=0.5))
    nothing = [crop for iteration in range(20) for crop in pool.draw(0, iteration) if not crop.on]
    assert all(distance(image.clicks, crop.top, crop.left, 16) >= 8 for crop in nothing)
    assert len({(crop.top, crop.left) for crop in nothing}) > 40


def test_distances_by_hand():
    click = (Click(10, 20, 1),)
    assert distance(click, 10, 20, 4) == distance(click, 7, 17, 4) == 0
    assert distance(click, 11, 20, 4) == 1
    assert distance(click, 6, 16, 4) == 1
    assert distance(click, 0, 30, 4) == 10
    assert distance((), 0, 0, 4) == float("inf")


def test_where_objects_are_everywhere_it_says_what_to_do():
    image = ClickedImage("a", np.zeros((20, 20, 3), np.uint8), (Click(10, 10, 1),))
    with pytest.raises(InvalidArgument, match="no crop of 32 pixels"):
        pool_of([image], (1,), small()).draw(0, 0)


@pytest.mark.parametrize(("images", "said"), [([], "no click on an object"), (["a", "a"], "there twice")])
def test_what_cannot_be_learnt_from_is_refused(images, said):
    with pytest.raises(InvalidArgument, match=said):
        pool_of([ClickedImage(name, numbered(9, 9), (Click(1, 1, 1),)) for name in images], (1,), small())


def test_small_images_are_continued_by_reflection():
    pixels = numbered(3, 5)
    made = cut(pixels, 0, 0, 8)
    for row, column in np.ndindex(8, 8):
        down, across = ([0, 1, 2, 1][row % 4], [0, 1, 2, 3, 4, 3, 2, 1][column % 8])
        assert (made[row, column] == pixels[down, across]).all()
    assert (cut(numbered(9, 9), 1, 0, 8) == numbered(9, 9)[1:9, :8]).all()
    assert (cut(numbered(1, 1), 0, 0, 4) == numbered(1, 1)).all()


def test_labels_say_what_clicks_say_and_no_more():
    images = [
        ClickedImage(
            "a", numbered(40, 40), (Click(5, 5, 1), Click(6, 6, 2), Click(30, 30, 1, on=False)), frozenset({3})
        ),
        ClickedImage("b", numbered(40, 40), (Click(1, 1, 3),), frozenset({1})),
    ]
    pool = pool_of(images, (1, 2, 3), small(crop=16))
    crops = [Crop(0, 0, 0, 1, True), Crop(0, 24, 24, 1, False), Crop(1, 0, 0, 3, True)]
    batch = pool.batch(crops, CPU, None)
    assert batch.images.shape == (3, 3, 16, 16)
    assert batch.known.tolist() == [[True, True, True], [True, False, True], [True, False, True]]
    assert batch.targets[batch.known].tolist() == [1, 1, 0, 0, 0, 0, 1]


def test_flips_mirror_in_both_directions():
    pool = pool_of([ClickedImage("a", numbered(16, 16), (Click(1, 1, 1),))], (1,), small(crop=16))
    crop = Crop(0, 0, 0, 1, True)
    (plain,) = pool.batch([crop], CPU, None).images
    wanted = {name: plain.flip(axes) for name, axes in (("", ()), ("y", (1,)), ("x", (2,)), ("xy", (1, 2)))}
    made = [pool.batch([crop], CPU, np.random.default_rng(seed)).images[0] for seed in range(40)]
    seen = [name for one in made for name, other in wanted.items() if torch.equal(one, other)]
    assert len(seen) == 40
    assert set(seen) == set(wanted)


def square(category_id, x, y, side, of=(90, 90), **said):
    solid = np.zeros(of, np.bool_)
    solid[y : y + side, x : x + side] = True
    return ObjectLabel(category_id, Mask.from_array(solid), **said)


def diagonal(of=90):
    """Its box is the whole image, and most of that is ground."""
    return ObjectLabel(1, Mask.from_array(np.eye(of, dtype=np.bool_)))


@settings(max_examples=30, deadline=None)
@given(st.data())
def test_no_crop_of_nothing_shows_a_pixel_of_an_outlined_object_or_a_part_of_a_box(data):
    spots = st.integers(0, 70)
    objects = tuple(square(1, data.draw(spots), data.draw(spots), 10, crowd=data.draw(st.booleans())) for _ in range(3))
    boxes = tuple(Box(1, data.draw(spots) + 0.5, data.draw(spots), 7.25, 9) for _ in range(2))
    images = [
        ClickedImage("0 outlined", np.zeros((90, 90, 3), np.uint8), (), frozenset(), objects, (), whole=True),
        ClickedImage("1 boxed", np.zeros((90, 90, 3), np.uint8), (Click(0, 0, 1),), frozenset(), (), boxes, whole=True),
    ]
    pool = pool_of(images, (1,), small(crop=16, batch=16))
    nothing = [crop for crop in pool.draw(data.draw(st.integers(0, 99)), 0) if not crop.on]
    taken = np.zeros((2, 90, 90), np.bool_)
    for item in objects:
        taken[0] |= item.mask.to_array()
    for box in boxes:
        taken[1, int(box.y) : int(np.ceil(box.y + 9)), int(box.x) : int(np.ceil(box.x + 7.25))] = True
    assert nothing
    for crop in nothing:
        assert not taken[crop.place, crop.top : crop.top + 16, crop.left : crop.left + 16].any()


def test_ground_between_objects_rejections_and_empty_images_are_drawn_from_as_often():
    where = (Click(40, 10, 1, on=False), Click(45, 12, 1, on=False))
    images = [
        ClickedImage("a", np.zeros((90, 90, 3), np.uint8), (*where, Click(9, 9, 1)), objects=(diagonal(),), whole=True),
        *(
            ClickedImage(f"empty {place}", np.zeros((90, 90, 3), np.uint8), (), frozenset({1}), whole=True)
            for place in range(9)
        ),
    ]
    pool = pool_of(images, (1,), small(crop=16, batch=20))
    nothing = [crop for iteration in range(30) for crop in pool.draw(0, iteration) if not crop.on]
    own = [crop for crop in nothing if crop.place == 0]
    assert 0.5 < len(own) / len(nothing) < 0.8  # two of three ways, fewer where crops meet the diagonal
    assert sum(any(holds(crop, click, 16) for click in where) for crop in own) > 0.3 * len(nothing)


def test_a_crop_around_a_stroke_on_the_ground_keeps_away_from_the_object_beside_it():
    image = ClickedImage("a", np.zeros((90, 90, 3), np.uint8), (Click(45, 40, 1), Click(45, 50, 1, on=False)))
    pool = pool_of([image], (1,), small(crop=16, batch=40))
    nothing = [crop for iteration in range(30) for crop in pool.draw(0, iteration) if not crop.on]
    assert all(holds(crop, Click(45, 50, 1), 16) for crop in nothing)
    assert np.mean([crop.left for crop in nothing]) > 47  # 45.5 if any of the 41st to the 50th column would do


def test_where_the_ground_is_known_leaves_no_room_clicked_images_do():
    full = ClickedImage("full", np.zeros((20, 20, 3), np.uint8), objects=(square(1, 2, 2, 9, (20, 20)),), whole=True)
    marked = ClickedImage("marked", np.zeros((90, 90, 3), np.uint8), (Click(45, 45, 1),))
    pool = pool_of([full, marked], (1,), small(crop=16))
    assert pool.teaches
    assert {crop.place for crop in pool.draw(0, 0)} == {1}
    assert not ClickPool((full,), (1,), small(crop=16)).teaches  # no click
    assert not ClickPool((marked,), (1,), small(crop=96)).teaches  # no room


def test_labels_of_other_classes_are_known_in_whole_images():
    images = [
        ClickedImage(
            "a",
            numbered(90, 90),
            (Click(5, 5, 1), Click(5, 60, 2)),
            objects=(square(1, 0, 0, 9), square(2, 50, 0, 20)),
            whole=True,
        )
    ]
    batch = pool_of(images, (1, 2), small(crop=16)).batch([Crop(0, 0, 0, 1, True), Crop(0, 0, 40, 1, False)], CPU, None)
    assert batch.known.tolist() == [[True, True], [True, False]]  # the second shows a part of 2 without its click
    assert batch.targets[batch.known].tolist() == [1, 0, 0]
