"""Encoded pictures in files: what is kept comes back to the bit, what is lost or damaged is computed again."""

import logging
import os

import numpy as np
import pytest

from models.encoders.feature_store import NO_STORE, EncodedPicture, FeatureStore, feature_key

SHAPES = [(3, 4, 4), (2, 2, 2)]
BYTES = 64 + 2 * (48 + 8)


def picture(seed, size=(20, 30)):
    rng = np.random.default_rng(seed)
    return EncodedPicture(tuple(rng.normal(size=shape).astype(np.float16) for shape in SHAPES), size)


@pytest.fixture
def store(tmp_path):
    return FeatureStore(tmp_path / "features", 1 << 20)


def key(place):
    return feature_key("picture", place)


def assert_same(read, kept):
    assert read is not None
    assert read.size == kept.size
    for tap, other in zip(read.taps, kept.taps, strict=True):
        np.testing.assert_array_equal(tap, other)


def test_what_is_kept_comes_back_and_is_mapped_not_read(store):
    store.keep(key(1), picture(1))
    read = store.read(key(1), SHAPES)
    assert_same(read, picture(1))
    assert all(not tap.flags.owndata for tap in read.taps)


def test_another_process_finds_it(store):
    store.keep(key(1), picture(1))
    assert_same(FeatureStore(store.folder, 1 << 20).read(key(1), SHAPES), picture(1))


def test_what_is_not_there_is_none(store):
    assert store.read(key(1), SHAPES) is None
    NO_STORE.keep(key(1), picture(1))
    assert NO_STORE.read(key(1), SHAPES) is None


@pytest.mark.parametrize("harm", ["flip", "size", "cut", "empty"])
def test_what_is_damaged_is_none_and_can_be_kept_again(store, harm, caplog):
    caplog.set_level(logging.ERROR)
    store.keep(key(1), picture(1))
    (path,) = store.folder.glob("*/*")
    data = bytearray(path.read_bytes())
    flipped, resized = bytes(data[:-1]) + bytes([data[-1] ^ 1]), bytes(data[:12]) + b"\xff" + bytes(data[13:])
    path.write_bytes({"flip": flipped, "size": resized, "cut": bytes(data[:-3]), "empty": b""}[harm])
    assert store.read(key(1), SHAPES) is None
    store.keep(key(1), picture(1))
    assert_same(store.read(key(1), SHAPES), picture(1))


def test_features_of_other_shapes_are_none(store):
    store.keep(key(1), picture(1))
    assert store.read(key(1), [(3, 4, 4)]) is None


def test_the_folder_stays_within_its_bytes_and_the_least_recently_used_go(tmp_path):
    store = FeatureStore(tmp_path, 10 * BYTES)
    for place in range(10):
        store.keep(key(place), picture(place))
        (path,) = tmp_path.glob(f"*/{key(place)}")
        os.utime(path, (place, place))
    assert store.read(key(0), SHAPES)  # used again, so that it is the youngest
    for place in range(10, 16):
        store.keep(key(place), picture(place))
    files = list(tmp_path.glob("*/*"))
    assert sum(path.stat().st_size for path in files) <= 10 * BYTES
    assert store.read(key(0), SHAPES)
    assert store.read(key(15), SHAPES)
    assert store.read(key(1), SHAPES) is None


def test_a_picture_too_large_for_the_store_is_not_kept(tmp_path):
    store = FeatureStore(tmp_path, BYTES - 1)
    store.keep(key(1), picture(1))
    assert list(tmp_path.iterdir()) == []


def test_a_disk_that_takes_nothing_fails_nothing(tmp_path, caplog):
    caplog.set_level(logging.ERROR)
    (tmp_path / "file").write_text("not a folder")
    store = FeatureStore(tmp_path / "file", 1 << 20)
    store.keep(key(1), picture(1))
    assert store.read(key(1), SHAPES) is None
