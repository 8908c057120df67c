"""Near duplicates are found whatever their size and format, and other photographs of one place are none."""

import numpy as np
import pytest
from PIL import Image, ImageEnhance
from skimage import data

from maskloop.datasets.near_duplicates import near_duplicates
from maskloop.formats.datasets import DatasetImage


def listed(folder):
    paths = sorted(folder.iterdir())
    return [DatasetImage(path.name, path, *Image.open(path).size, ()) for path in paths]


@pytest.fixture
def photographs(tmp_path):
    for name in ("astronaut", "coffee", "chelsea", "rocket"):
        Image.fromarray(getattr(data, name)()).save(tmp_path / f"{name}.png")
    return tmp_path


def test_photographs_of_other_things_are_not_alike(photographs):
    assert near_duplicates(listed(photographs)) == ()


def test_one_saved_again_smaller_as_jpeg_or_a_little_brighter_is(photographs):
    coffee = Image.open(photographs / "coffee.png")
    coffee.resize((300, 200)).save(photographs / "x-small.jpg", quality=60)
    ImageEnhance.Brightness(coffee).enhance(1.01).save(photographs / "y-brighter.png")
    found = near_duplicates(listed(photographs))
    assert set(found) == {
        ("coffee.png", "x-small.jpg"),
        ("coffee.png", "y-brighter.png"),
        ("x-small.jpg", "y-brighter.png"),
    }


def test_a_mirrored_one_is_not(photographs):
    Image.open(photographs / "coffee.png").transpose(Image.Transpose.FLIP_LEFT_RIGHT).save(photographs / "m.png")
    assert near_duplicates(listed(photographs)) == ()


def test_pictures_of_nothing_and_broken_files_are_not_compared(tmp_path):
    for number in range(3):
        Image.new("RGB", (9, 9), (number, 0, 0)).save(tmp_path / f"{number}.png")
    images = listed(tmp_path)
    (tmp_path / "2.png").write_bytes(b"\x89PNG")
    assert near_duplicates(images) == ()


def test_all_pairs_are_those_of_a_slow_look(tmp_path):
    rng = np.random.default_rng(0)
    base = rng.integers(0, 256, (40, 16, 16)).astype(np.uint8)
    base[30:] = np.clip(base[:10].astype(int) + rng.integers(-3, 4, (10, 16, 16)), 0, 255)
    for number, grey in enumerate(base):
        Image.fromarray(grey).save(tmp_path / f"{number:02d}.png")
    slow = {
        (f"{a:02d}.png", f"{b:02d}.png")
        for a in range(40)
        for b in range(a + 1, 40)
        if np.sqrt(np.mean((base[a].astype(float) - base[b]) ** 2)) <= 3
    }
    assert set(near_duplicates(listed(tmp_path))) == slow
    assert len(slow) == 10
