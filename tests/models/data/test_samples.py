import numpy as np
import pytest
import torch

from maskloop.errors import InvalidLabel
from maskloop.masks import Mask
from maskloop.values import Counts, ObjectLabel
from models.data.samples import Example, class_tensor, image_tensor, normalise, prepare, resize_mask


def block(category: int, top: int, left: int, height: int, width: int) -> ObjectLabel:
    mask = np.zeros((40, 60), dtype=np.bool_)
    mask[top : top + height, left : left + width] = True
    return ObjectLabel(category, Mask.from_array(mask))


def example(*objects: ObjectLabel) -> Example:
    return Example("a", np.zeros((40, 60, 3), dtype=np.uint8), objects)


def test_objects_come_in_the_order_of_the_class_sequence_the_larger_ones_of_a_class_first():
    objects = (block(9, 0, 0, 8, 8), block(2, 0, 30, 4, 4), block(9, 20, 0, 20, 20), block(2, 20, 30, 16, 16))
    prepared = prepare(example(*objects), [2, 9], 32, steps=20)
    assert prepared.classes.tolist() == [0, 0, 1, 1]
    areas = prepared.masks.sum(axis=(1, 2))
    assert areas[0] > areas[1]
    assert areas[2] > areas[3]
    fed = class_tensor([Counts.of(objects).sequence()], [2, 9], torch.device("cpu"))
    assert fed[0].tolist() == prepared.classes.tolist()


def test_of_more_objects_than_steps_the_largest_are_kept_and_the_rest_counted():
    objects = [block(1, 0, 6 * k, 2 + 3 * k, 5) for k in range(6)]
    prepared = prepare(example(*objects), [1], 32, steps=4)
    assert prepared.masks.shape == (4, 32, 32)
    assert prepared.left_out == 2
    assert not prepared.masks[:, :, : int(12 * 32 / 60)].any()  # the two smallest stood leftmost


def test_objects_beyond_the_steps_are_not_taught_as_ground():
    objects = [block(1, 0, 6 * k, 2 + 3 * k, 5) for k in range(6)]
    prepared = prepare(example(*objects), [1], 32, steps=4)
    beyond = resize_mask((objects[0].mask.to_array() | objects[1].mask.to_array()), 32)
    assert prepared.ignored is not None
    assert np.array_equal(prepared.ignored, beyond)
    assert prepare(example(*objects), [1], 32, steps=6).ignored is None


def test_what_an_outline_that_is_kept_says_is_known_on_an_object_that_is_left_out_too():
    large, small = block(1, 0, 0, 20, 20), block(1, 10, 10, 20, 12)
    prepared = prepare(example(large, small), [1], 40, steps=1)
    assert prepared.ignored is not None
    assert prepared.ignored.any()
    assert not (prepared.ignored & prepared.masks[0]).any()


def test_an_object_that_vanishes_at_the_networks_size_is_counted_as_left_out():
    prepared = prepare(example(block(1, 0, 0, 40, 30), block(1, 0, 41, 1, 1)), [1], 32, steps=20)
    assert len(prepared.classes) == 1
    assert prepared.left_out == 1


def test_an_image_without_objects_is_an_example_too():
    prepared = prepare(example(), [1], 32, steps=20)
    assert prepared.masks.shape == (0, 32, 32)
    assert prepared.image.shape == (32, 32, 3)


def test_masks_take_the_nearest_pixel():
    mask = np.zeros((4, 4), dtype=np.bool_)
    mask[1, 2] = True
    assert np.argwhere(resize_mask(mask, 8)).tolist() == [[2, 4], [2, 5], [3, 4], [3, 5]]
    assert np.argwhere(resize_mask(resize_mask(mask, 8), 4)).tolist() == [[1, 2]]


def test_labels_that_do_not_fit_are_refused_by_image():
    with pytest.raises(InvalidLabel, match="image a: category 5"):
        prepare(example(block(5, 0, 0, 4, 4)), [1], 32, steps=20)
    with pytest.raises(InvalidLabel, match="image a"):
        prepare(example(ObjectLabel(1, Mask.empty(8, 8))), [1], 32, steps=20)
    with pytest.raises(InvalidLabel, match="category 4"):
        class_tensor([[4]], [1], torch.device("cpu"))


def test_class_sequences_are_padded_at_the_end():
    assert class_tensor([(1, 1, 8), (8,), ()], [1, 8], torch.device("cpu")).tolist() == [
        [0, 0, 1],
        [1, -1, -1],
        [-1] * 3,
    ]


def test_images_are_scaled_and_standardised_as_imagenet_was():
    image = np.full((32, 32, 3), 255, dtype=np.uint8)
    scaled = image_tensor([image], torch.device("cpu"))
    assert scaled.shape == (1, 3, 32, 32)
    assert scaled.unique().tolist() == [1.0]
    expected = [(1 - mean) / std for mean, std in [(0.485, 0.229), (0.456, 0.224), (0.406, 0.225)]]
    torch.testing.assert_close(normalise(scaled)[0, :, 0, 0], torch.tensor(expected))
