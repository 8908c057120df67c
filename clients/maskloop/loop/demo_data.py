"""A data set to try the loop on, made from a seed: concrete with cracks, spalling and rust.

Pictures range from plain (one large, clear defect) to hard (many small, faint, blurred ones among joints, water marks
and shadows, which are not labeled), so that a network's IoU on them ranges widely too.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from maskloop.errors import InvalidArgument
from maskloop.formats.coco_writing import write_coco
from maskloop.formats.datasets import DatasetImage
from maskloop.formats.files import write_atomically
from maskloop.loop import demo_defects, demo_surfaces
from maskloop.loop.demo_defects import Defect, Look
from maskloop.loop.demo_noise import Field
from maskloop.masks import BoolArray, Mask
from maskloop.values import Category, ObjectLabel

EDITION = 1
CATEGORIES = (Category(1, "crack"), Category(2, "spalling"), Category(3, "rust"))
Maker = Callable[[np.random.Generator, Look], Defect]

_MAKERS: dict[int, Maker] = {1: demo_defects.crack, 2: demo_defects.spalling, 3: demo_defects.rust}
_LOOKALIKES = (demo_surfaces.joint, demo_surfaces.water_mark)
_PLACEMENTS = 8
_MOST_OVERLAP = 0.1
_LEAST_SHARE_LEFT = 0.5
_LEAST_PIXELS = 40


@dataclass(frozen=True)
class DemoDifficulty:
    """How the pictures vary: each draws a level between `easiest` and `hardest` (0 plain, 1 hard), which its contrast,
    blur, noise, clutter, and the size and number of its defects follow, each with a deviation of its own, `spread`.
    A share of the pictures is crowded: 6 to 9 defects."""

    easiest: float = 0.0
    hardest: float = 1.0
    spread: float = 0.12
    crowded_share: float = 0.06

    def __post_init__(self) -> None:
        if not 0 <= self.easiest <= self.hardest <= 1:
            raise InvalidArgument("difficulty runs from easiest to hardest, both in [0, 1]", field="difficulty")
        if self.spread < 0 or not 0 <= self.crowded_share <= 1:
            raise InvalidArgument("spread is 0 or more, crowded_share in [0, 1]", field="difficulty")


@dataclass(frozen=True, eq=False)
class DemoPicture:
    """One picture, (size, size, 3) uint8 RGB, and what is on it."""

    pixels: NDArray[np.uint8]
    objects: tuple[ObjectLabel, ...]


def write_demo_data(
    directory: Path,
    *,
    images: int = 300,
    test_images: int = 100,
    size: int = 128,
    seed: int = 0,
    difficulty: DemoDifficulty | None = None,
) -> Path:
    """Write a COCO folder (images/, annotations.json, train.txt, test.txt) and return it.

    `images` go to train.txt, `test_images` to test.txt; each has `size` x `size` pixels. A picture depends on the
    seed, its list and its number only: the same arguments give the same bytes, and more images begin with the same.
    A folder that these arguments have made already is left as it is (demo.json, written last, tells).

    Raises:
        InvalidArgument: fewer than one image, a negative seed, or a size outside 64..1024.
        StorageFull: the disk is full.
    """
    if images < 1 or test_images < 1 or seed < 0 or not 64 <= size <= 1024:
        raise InvalidArgument(
            "demo data needs images, test images, a seed from 0 up, and a size of 64 to 1024 pixels", field="demo"
        )
    how = difficulty or DemoDifficulty()
    made = {"edition": EDITION, "images": images, "test_images": test_images, "size": size, "seed": seed}
    stamp = json.dumps({**made, "difficulty": asdict(how)}).encode()
    if not _is_there(directory, stamp):
        (directory / "demo.json").unlink(missing_ok=True)
        train = [_write_picture(directory, f"train-{k:04d}.jpg", (seed, 0, k), size, how) for k in range(images)]
        test = [_write_picture(directory, f"test-{k:04d}.jpg", (seed, 1, k), size, how) for k in range(test_images)]
        _write_lists(directory, train, test)
        write_atomically(directory / "demo.json", stamp)
    return directory


def demo_picture(rng: np.random.Generator, size: int, difficulty: DemoDifficulty) -> DemoPicture:
    """Draw one picture of `size` x `size` pixels."""
    level = rng.uniform(difficulty.easiest, difficulty.hardest)

    def between(plain: float, hard: float) -> float:
        """A property of the picture: `plain` at level 0, `hard` at level 1, with its own deviation."""
        own = float(np.clip(level + rng.normal(0, difficulty.spread), 0, 1))
        return plain + (hard - plain) * own

    surface = demo_surfaces.concrete(rng, size)
    for _ in range(rng.poisson(between(0.1, 2.5))):
        surface = _LOOKALIKES[rng.integers(len(_LOOKALIKES))](rng, surface)
    crowded = rng.random() < difficulty.crowded_share
    wanted = int(rng.integers(6, 10)) if crowded else round(between(0.9, 4.0) + rng.uniform(-0.5, 0.9))
    look = Look(size, scale=between(1.7, 0.55), strength=between(1.0, 0.22))
    surface, objects = _damage(rng, surface, max(1, wanted), look)
    if rng.random() < between(0.1, 0.7):
        surface = demo_surfaces.shadow(rng, surface)
    pixels = _photograph(rng, surface, blur=between(0.0, 1.7) * look.unit, noise=between(0.005, 0.07))
    return DemoPicture(pixels, objects)


def _is_there(directory: Path, stamp: bytes) -> bool:
    file = directory / "demo.json"
    return file.is_file() and file.read_bytes() == stamp


def _write_picture(
    directory: Path, name: str, key: tuple[int, int, int], size: int, difficulty: DemoDifficulty
) -> DatasetImage:
    picture = demo_picture(np.random.default_rng(key), size, difficulty)
    file = io.BytesIO()
    Image.fromarray(picture.pixels).save(file, "JPEG", quality=90)
    path = write_atomically(directory / "images" / name, file.getvalue())
    return DatasetImage(name, path, size, size, picture.objects)


def _write_lists(directory: Path, train: list[DatasetImage], test: list[DatasetImage]) -> None:
    for name, listed in (("train", train), ("test", test)):
        write_atomically(directory / f"{name}.txt", "".join(f"{image.file_name}\n" for image in listed).encode())
    labels = {image.file_name: image.objects for image in train + test}
    write_coco(directory / "annotations.json", CATEGORIES, train + test, labels)


def _damage(rng: np.random.Generator, surface: Field, wanted: int, look: Look) -> tuple[Field, tuple[ObjectLabel, ...]]:
    """Paint up to `wanted` defects that hardly overlap; a later one covers an earlier one."""
    placed: list[tuple[int, BoolArray, int]] = []
    occupied = np.zeros((look.size, look.size), np.bool_)
    while not placed or len(placed) < wanted:
        category_id = int(rng.integers(1, len(CATEGORIES) + 1))
        defect = _place(rng, _MAKERS[category_id], occupied, look)
        if defect is None:
            wanted -= 1
            continue
        surface = defect.paint(surface)
        occupied |= defect.mask
        placed = [(id_, mask & ~defect.mask, whole) for id_, mask, whole in placed]
        placed.append((category_id, defect.mask, int(defect.mask.sum())))
    seen = [(id_, mask) for id_, mask, whole in placed if mask.sum() >= _LEAST_SHARE_LEFT * whole]
    return surface, tuple(ObjectLabel(id_, Mask.from_array(mask)) for id_, mask in seen)


def _place(rng: np.random.Generator, maker: Maker, occupied: BoolArray, look: Look) -> Defect | None:
    """A defect of its own size and strength where there is room, `None` when there is none."""
    for _ in range(_PLACEMENTS):
        scale, strength = look.scale * rng.uniform(0.75, 1.25), look.strength * rng.uniform(0.75, 1.25)
        defect = maker(rng, Look(look.size, scale, min(1.0, strength)))
        area = int(defect.mask.sum())
        if area >= _LEAST_PIXELS * look.unit**2 and (defect.mask & occupied).sum() <= _MOST_OVERLAP * area:
            return defect
    return None


def _photograph(rng: np.random.Generator, surface: Field, blur: float, noise: float) -> NDArray[np.uint8]:
    """Uneven light, lens blur, exposure and sensor noise, as 8-bit pixels."""
    size = surface.shape[0]
    rows, columns = np.mgrid[-1 : 1 : size * 1j, -1 : 1 : size * 1j]
    direction = rng.uniform(0, 2 * np.pi)
    light = 1.0 + rng.uniform(0, 0.18) * (np.cos(direction) * columns + np.sin(direction) * rows)
    seen = ndimage.gaussian_filter(surface * light[..., None], (blur, blur, 0))
    seen = seen * rng.uniform(0.85, 1.15) + noise * rng.standard_normal(surface.shape)
    return np.asarray(np.round(255 * np.clip(seen, 0, 1)), np.uint8)
