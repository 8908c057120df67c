"""Small scenes that every test of the models room can draw."""

from collections.abc import Callable

import numpy as np
import pytest
import torch

from maskloop.masks import Mask
from maskloop.values import ObjectLabel
from models.data.samples import Example

Scenes = Callable[..., list[Example]]


@pytest.fixture(autouse=True, scope="module")
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def scenes() -> Scenes:
    """`scenes(n, objects=2, side=32, seed=0)`: n images of dark ground with bright rectangles of categories 3 and 7."""

    def draw(n: int, objects: int = 2, side: int = 32, seed: int = 0) -> list[Example]:
        rng = np.random.default_rng(seed)
        return [_scene(f"image-{index}", objects, side, rng) for index in range(n)]

    return draw


def _scene(image_id: str, objects: int, side: int, rng: np.random.Generator) -> Example:
    pixels = rng.integers(0, 60, size=(side, side, 3), dtype=np.uint8)
    labels = []
    cells = rng.permutation(4)[:objects]
    for cell in cells:
        top, left = (int(half) * side // 2 + int(rng.integers(1, 4)) for half in divmod(int(cell), 2))
        height, width = rng.integers(side // 5, side // 3, size=2)
        category = int(rng.choice([3, 7]))
        mask = np.zeros((side, side), dtype=np.bool_)
        mask[top : top + height, left : left + width] = True
        pixels[mask] = (220, 180, 40) if category == 3 else (60, 90, 230)
        labels.append(ObjectLabel(category, Mask.from_array(mask)))
    return Example(image_id, pixels, tuple(labels))
