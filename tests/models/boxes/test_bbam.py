"""BBAM beside the plain loop of one object and one region at a time, its options, and what it leaves of a detector."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from benchmarks.weak.plain_boxes import plain_bbam
from maskloop.errors import Cancelled, InvalidArgument, InvalidConfig
from models.boxes.bbam import Bbam
from models.boxes.boxed import BoxedImage
from models.boxes.objective import ROUNDED
from tests.models.boxes.toys import linear_detector, pictures

SMALL: dict[str, Any] = {
    "jitters": 40,
    "most": 6,
    "iterations": 8,
    "rate": 0.1,
    "least_stride": 4.0,
    "stride_slope": 12.0,
}
LOOSE = (0.7, 0.5, 0.3)


def silent(*_):
    """Nobody watches."""


def scene() -> list[BoxedImage]:
    """All of the class that the detector is biased to."""
    return [replace(image, classes=(0,) * len(image.classes)) for image in pictures(3)]


@pytest.mark.parametrize(
    "method",
    [
        Bbam(**SMALL, ious=LOOSE),
        Bbam(**SMALL, ious=(0.4,), compat="paper"),
        Bbam(**SMALL, ious=LOOSE, box_head=False, variation=0.05),
        Bbam(**SMALL, ious=LOOSE, class_head=False, regulariser=0.0),
    ],
    ids=["official", "paper", "class alone", "box alone"],
)
def test_maps_are_those_of_a_pass_for_each_object_and_region(method):
    detector, images = linear_detector(), scene()
    for image, made in zip(images, method.maps(detector, images, seed=3, progress=silent), strict=True):
        assert made.image_id == image.image_id
        for row, mask in enumerate(made.maps):
            assert made.positives[row] > 1
            expected = plain_bbam(detector, image, row, method, seed=3).numpy()
            assert mask.dtype == np.float32
            np.testing.assert_allclose(mask, expected, atol=1e-6)
            assert 0 < mask.mean() < 1


def test_objects_together_are_as_each_alone():
    detector, images = linear_detector(), scene()
    method = Bbam(**SMALL, ious=LOOSE, dead_zone=ROUNDED)
    together, alone = (
        replace(method, at_once=number).maps(detector, images, seed=0, progress=silent) for number in (8, 1)
    )
    for made, other in zip(together, alone, strict=True):
        for mask, single in zip(made.maps, other.maps, strict=True):
            np.testing.assert_allclose(mask, single, atol=1e-6)


def test_an_object_is_mapped_alike_whatever_is_beside_it():
    detector, method = linear_detector(), Bbam(**SMALL, ious=LOOSE, dead_zone=ROUNDED)
    image = scene()[1]
    assert len(image.boxes) == 2
    (both,) = method.maps(detector, [image], seed=1, progress=silent)
    (last,) = method.maps(detector, [replace(image, boxes=image.boxes[1:], classes=(0,))], seed=1, progress=silent)
    np.testing.assert_allclose(both.maps[1], last.maps[0], atol=1e-6)


def test_what_the_detector_does_not_find_keeps_its_place_with_an_empty_map():
    image = scene()[1]
    mixed = replace(image, classes=(1, 0))  # the detector calls everything class 0
    (made,) = Bbam(**SMALL, ious=LOOSE).maps(linear_detector(), [mixed], seed=0, progress=silent)
    assert made.positives[0] == 0 < made.positives[1]
    assert not made.maps[0].any()
    assert made.maps[1].any()


def test_images_without_boxes_have_no_maps():
    empty = BoxedImage("empty", scene()[0].pixels, np.zeros((0, 4), dtype=np.float32), ())
    made = Bbam(**SMALL, ious=LOOSE).maps(linear_detector(), [empty, scene()[0]], seed=0, progress=silent)
    assert [len(each.maps) for each in made] == [0, 1]


def test_a_large_regulariser_leaves_nothing():
    (made,) = Bbam(**SMALL, ious=LOOSE, regulariser=10.0).maps(linear_detector(), scene()[:1], seed=0, progress=silent)
    (free,) = Bbam(**SMALL, ious=LOOSE).maps(linear_detector(), scene()[:1], seed=0, progress=silent)
    assert made.maps[0].sum() < 0.5 * free.maps[0].sum()


def test_both_readings():
    official, paper = Bbam.official(), Bbam.paper()
    assert [official.said(name) for name in ("ious", "variation", "area", "round_up", "mean")] == [
        (0.9, 0.85, 0.8), 1e-4, "given", False, True,
    ]  # fmt: skip
    assert [paper.said(name) for name in ("ious", "variation", "area", "round_up", "mean")] == [
        (0.8,), 0.0, "found", True, False,
    ]  # fmt: skip
    assert Bbam.paper(variation=0.1).said("variation") == 0.1
    assert (official.jitters, official.reach, official.most, official.iterations) == (1000, 0.3, 100, 300)
    assert (official.rate, official.regulariser) == (0.02, 0.007)


def test_the_detector_is_left_as_it_was_and_work_can_be_stopped():
    detector = linear_detector()
    before = {name: value.clone() for name, value in detector.network.state_dict().items()}
    shares = []

    def stop(share, _):
        shares.append(share)
        if share > 0.4:
            raise Cancelled("enough")

    with pytest.raises(Cancelled):
        Bbam(**SMALL, ious=LOOSE, at_once=1).maps(detector, scene(), seed=0, progress=stop)
    assert shares == sorted(shares)
    assert 0 < shares[0] < 0.1
    assert all(torch.equal(value, before[name]) for name, value in detector.network.state_dict().items())
    assert all(each.requires_grad and each.grad is None for each in detector.network.parameters())


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"jitters": 0}, "jitters"),
        ({"at_once": 0}, "at_once"),
        ({"reach": 0.5}, "reach"),
        ({"rate": 0.0}, "rate"),
        ({"regulariser": -1.0}, "regulariser"),
        ({"box_head": False, "class_head": False}, "class_head"),
        ({"ious": (0.8, 0.9)}, "ious"),
        ({"ious": ()}, "ious"),
        ({"variation": -0.1}, "variation"),
        ({"area": "true"}, "area"),
        ({"compat": "text"}, "compat"),
    ],
)
def test_impossible_options_are_refused_by_name(options, field):
    with pytest.raises(InvalidConfig) as refused:
        Bbam(**options)
    assert refused.value.field == field


def test_classes_beyond_the_vocabulary_are_refused():
    with pytest.raises(InvalidArgument, match="class 2"):
        Bbam(**SMALL).maps(linear_detector(), [replace(scene()[0], classes=(2,))], seed=0, progress=silent)
