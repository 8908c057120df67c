"""Data sets to try the loop on, made from a seed: procedural pictures of damaged concrete."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from itertools import islice
from pathlib import Path

import numpy as np
from PIL import Image

from maskloop.datasets.demo.photos import CATEGORIES as PHOTO_CATEGORIES
from maskloop.datasets.demo.photos import photo_picture
from maskloop.datasets.demo.pictures import CATEGORIES, DemoDifficulty, DemoPicture, demo_picture
from maskloop.datasets.demo.surfaces import LOOKALIKES
from maskloop.datasets.demo.video import demo_frames
from maskloop.errors import InvalidArgument
from maskloop.formats.coco.writing import write_coco
from maskloop.formats.datasets import DatasetImage
from maskloop.formats.files import write_atomically
from maskloop.values import Category

EDITION = 1
POOL_IMAGES = 300


@dataclass(frozen=True)
class Demo:
    """A kind of demo data: how hard its pictures are, and how many training pictures in a row are frames of one scene;
    every test picture is of a scene of its own. With `photos`, pictures are made of photographs, of `size` pixels."""

    difficulty: DemoDifficulty = field(default_factory=DemoDifficulty)
    frames: int = 1
    photos: bool = False
    size: int = 128

    def __post_init__(self) -> None:
        if self.frames < 1:
            raise InvalidArgument(f"a scene has at least one frame, not {self.frames}", field="demo")


DEMOS: Mapping[str, Demo] = {
    "": Demo(),
    "easy": Demo(DemoDifficulty(hardest=0.25, spread=0.05, crowded_share=0.0, lookalikes=1)),
    "hard": Demo(DemoDifficulty(easiest=0.6, spread=0.1, crowded_share=0.12, lookalikes=len(LOOKALIKES))),
    "video": Demo(frames=6),
    "photos": Demo(photos=True, size=256),
}
"""By what is said after `demo:`. Plain: from plain to hard. Easy: few large, clear defects. Hard: small and faint ones
among more that looks like damage. Video: as plain, in near-duplicates. Photos: coins on photographs."""


def write_demo_data(
    directory: Path,
    *,
    images: int = POOL_IMAGES,
    test_images: int = 100,
    size: int | None = None,
    seed: int = 0,
    demo: Demo | None = None,
) -> Path:
    """Write a COCO folder (images/, annotations.json, train.txt, test.txt) and return it.

    `images` go to train.txt, `test_images` to test.txt; each has `size` x `size` pixels, the
    demo's own if `None`. A picture depends on the
    demo, the seed, its list and its number only: the same arguments give the same bytes, and more images begin with
    the same. A folder that these arguments have made already is left as it is (demo.json, written last, tells).

    Raises:
        InvalidArgument: fewer than one image, a negative seed, or a size outside 64..1024.
        StorageFull: the disk is full.
    """
    kind = demo or Demo()
    size = size or kind.size
    if images < 1 or test_images < 1 or seed < 0 or not 64 <= size <= 1024:
        raise InvalidArgument(
            "demo data needs images, test images, a seed from 0 up, and a size of 64 to 1024 pixels", field="demo"
        )
    made = {"edition": EDITION, "images": images, "test_images": test_images, "size": size, "seed": seed}
    stamp = json.dumps({**made, **asdict(kind)}).encode()
    if not _is_there(directory, stamp):
        (directory / "demo.json").unlink(missing_ok=True)
        train = [_write(directory, name, one) for name, one in _train(images, size, seed, kind)]
        test = [_write(directory, name, one) for name, one in _test(test_images, size, seed, kind)]
        _write_lists(directory, train, test, PHOTO_CATEGORIES if kind.photos else CATEGORIES)
        write_atomically(directory / "demo.json", stamp)
    return directory


def _is_there(directory: Path, stamp: bytes) -> bool:
    file = directory / "demo.json"
    return file.is_file() and file.read_bytes() == stamp


def _train(images: int, size: int, seed: int, kind: Demo) -> Iterator[tuple[str, DemoPicture]]:
    """Names and pictures; a scene's frames follow one another."""
    for number in range(0, images, kind.frames):
        scene = number // kind.frames
        pictures = islice(_scene((seed, 0, scene), size, kind), images - number)
        for frame, picture in enumerate(pictures):
            yield f"train-{scene:04d}{f'-{frame}' if kind.frames > 1 else ''}.jpg", picture


def _test(images: int, size: int, seed: int, kind: Demo) -> Iterator[tuple[str, DemoPicture]]:
    for number in range(images):
        yield f"test-{number:04d}.jpg", next(_scene((seed, 1, number), size, kind))


def _scene(key: tuple[int, int, int], size: int, kind: Demo) -> Iterator[DemoPicture]:
    rng = np.random.default_rng(key)
    if kind.photos:
        yield photo_picture(rng, size, test=key[1] == 1)
    elif kind.frames == 1:
        yield demo_picture(rng, size, kind.difficulty)
    else:
        yield from demo_frames(rng, size, kind.difficulty, kind.frames)


def _write(directory: Path, name: str, picture: DemoPicture) -> DatasetImage:
    file = io.BytesIO()
    Image.fromarray(picture.pixels).save(file, "JPEG", quality=90)
    path = write_atomically(directory / "images" / name, file.getvalue())
    height, width, _ = picture.pixels.shape
    return DatasetImage(name, path, width, height, picture.objects)


def _write_lists(
    directory: Path, train: list[DatasetImage], test: list[DatasetImage], categories: Sequence[Category]
) -> None:
    for name, listed in (("train", train), ("test", test)):
        write_atomically(directory / f"{name}.txt", "".join(f"{image.file_name}\n" for image in listed).encode())
    labels = {image.file_name: image.objects for image in train + test}
    write_coco(directory / "annotations.json", categories, train + test, labels)
