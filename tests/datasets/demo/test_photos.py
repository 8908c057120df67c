"""The demo made of photographs: sound labels, the same for the same seed, test coins that no training picture has."""

import numpy as np

from maskloop.datasets.demo import photos
from maskloop.datasets.demo.dataset import DEMOS, write_demo_data
from maskloop.datasets.demo.photos import TEST_COINS, photo_picture
from maskloop.formats.coco import read_coco_folder
from maskloop.formats.images import decode_image


def test_the_folder_is_a_sound_coco_data_set_and_repeats_itself(tmp_path):
    folders = [write_demo_data(tmp_path / name, images=6, test_images=3, demo=DEMOS["photos"]) for name in "ab"]
    first, again = (read_coco_folder(folder) for folder in folders)
    assert [item.name for item in first.categories] == ["coin"]
    assert (len(first.train), len(first.test)) == (6, 3)
    for name, image in first.by_name.items():
        assert decode_image(image.path.read_bytes(), name).pixels.shape == (256, 256, 3)
        assert image.path.read_bytes() == again.by_name[name].path.read_bytes()
        assert [item.mask for item in image.objects] == [item.mask for item in again.by_name[name].objects]


def test_objects_are_coins_that_do_not_overlap():
    for seed in range(12):
        picture = photo_picture(np.random.default_rng(seed), 128, test=False)
        masks = [item.mask.to_array() for item in picture.objects]
        assert 1 <= len(masks) <= photos.MOST_COINS
        assert np.sum(masks, axis=0).max() == 1
        assert all(mask.sum() >= 20 for mask in masks)


def test_the_photograph_has_its_24_coins_and_test_pictures_use_their_own(monkeypatch):
    coins = photos._coins()
    assert len(coins) == 24
    used: dict[bool, set[int]] = {True: set(), False: set()}
    turned = photos._turned
    for test in (True, False):

        def noted(coin, *more, test=test):
            used[test].add(next(place for place, (other, _) in enumerate(coins) if other is coin))
            return turned(coin, *more)

        monkeypatch.setattr(photos, "_turned", noted)
        for seed in range(20):
            photo_picture(np.random.default_rng(seed), 64, test=test)
    assert used[True] <= set(range(TEST_COINS))
    assert used[False] <= set(range(TEST_COINS, 24))
