"""Views of labels in the feature store: found again as long as they are the same, and read where they lie."""

import numpy as np

from maskloop.masks import Mask
from maskloop.values import ObjectLabel
from models.data import augmentation
from models.data.samples import Example, Prepared, prepare
from models.encoders.feature_store import NO_STORE, FeatureStore
from models.encoders.pixels import Pixels
from models.features import views
from models.features.views import WHOLE, labeled_views, tensors_of

SIDE, NUMBER = 64, WHOLE + 2


def label() -> Prepared:
    """A bright square on noise."""
    pixels = np.random.default_rng(0).integers(0, 99, (SIDE, SIDE, 3), dtype=np.uint8)
    solid = np.zeros((SIDE, SIDE), dtype=np.bool_)
    solid[20:40, 10:30] = True
    pixels[solid] = 220
    return prepare(Example("a", pixels, (ObjectLabel(1, Mask.from_array(solid)),)), [1], SIDE, 10)


def test_views_drawn_by_other_code_are_not_taken_from_the_store(tmp_path, monkeypatch):
    store = Pixels(SIDE, FeatureStore(tmp_path, 1 << 24))
    before = labeled_views(label(), store, NUMBER)

    def lie_still(strong: bool, rng: np.random.Generator) -> np.ndarray:
        return np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])

    monkeypatch.setattr(views, "random_move", lie_still)
    monkeypatch.setattr(augmentation, "VERSION", augmentation.VERSION + 1)
    anew, found = (labeled_views(label(), each, NUMBER) for each in (Pixels(SIDE, NO_STORE), store))
    for one, other in zip(anew, found, strict=True):
        assert np.array_equal(one.taps[0], other.taps[0])
        assert np.array_equal(one.masks, other.masks)
    assert np.array_equal(found[0].taps[0], before[0].taps[0])
    assert not np.array_equal(found[-1].taps[0], before[-1].taps[0])


def test_a_training_reads_kept_views_where_they_lie(tmp_path):
    store = Pixels(SIDE, FeatureStore(tmp_path, 1 << 24))
    labeled_views(label(), store, NUMBER)
    seen = labeled_views(label(), store, NUMBER)
    tensors = tensors_of([[seen]])
    for number, view in enumerate(seen):
        assert np.shares_memory(tensors[f"0 0 {number} tap 0"].numpy(), view.taps[0])
        assert np.array_equal(tensors[f"0 0 {number} masks"].numpy(), view.masks)
