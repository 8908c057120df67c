"""Which images the file of proposals lists."""

from maskloop.class_labels.results import listed_names
from maskloop.values import ImageLevelLabel


def test_an_image_of_which_nothing_is_said_is_not_listed_as_an_empty_one():
    labels = {"held.png": ImageLevelLabel((1,)), "empty.png": ImageLevelLabel(()), "missed.png": ImageLevelLabel((1,))}
    objects = {"held.png": ["mask"], "unlabeled.png": ["mask"], "unseen.png": [], "missed.png": [], "empty.png": []}
    assert listed_names(objects, labels) == ["empty.png", "held.png", "unlabeled.png"]
