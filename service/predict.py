"""Masks for pictures in a folder, by a trained model on this machine: a COCO file, and every picture with its masks.

The files that the caller names are looked for first; the network, and torch with it, is imported once they are there.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Picture
from PIL import ImageDraw

from maskloop.errors import InvalidArgument
from maskloop.formats.coco.writing import write_coco
from maskloop.formats.counts import read_counts
from maskloop.formats.files import write_atomically
from maskloop.formats.images import decode_image, read_image_size
from maskloop.values import Category, ImageProposals, ObjectLabel
from service.input_files import SUFFIXES, check_files, no_picture

if TYPE_CHECKING:
    from models.kinds.load import AnyModel

BATCH = 4  # windows of 320 pixels at a time: more take memory, and on a CPU no less time
COLOURS = ((230, 159, 0), (86, 180, 233), (0, 158, 115), (240, 228, 66), (0, 114, 178), (213, 94, 0), (204, 121, 167))
LETTERS = 12  # least height of what is written, in pixels
TINT = 0.45  # how much of a mask's colour covers the picture


@dataclass(frozen=True)
class PictureFile:
    """A picture: its name, its place, and its upright size in pixels."""

    file_name: str
    path: Path
    width: int
    height: int

    def read(self) -> NDArray[np.uint8]:
        """(H, W, 3) uint8 RGB, upright.

        Raises:
            InvalidImage: the file does not decode.
        """
        return decode_image(self.path.read_bytes(), self.file_name).pixels


def predict(
    checkpoint: Path,
    images: Path,
    counts_file: Path | None,
    out: Path,
    *,
    device: str,
    progress: Callable[[float], None],
) -> int:
    """Write `predictions.coco.json`, with predicted IoU as `score`, and `overlays/NAME.png` into `out`.

    Args:
        checkpoint: a trained model.
        images: a picture, or a folder of pictures.
        counts_file: JSON, {"a.jpg": {"crack": 2, "rust": 1}, "b.jpg": {}}: how many objects of each category every
            picture shows. `None` for a model that is count-free; where given, they are checked all the same.
        out: folder, made if it is not there.
        device: torch's name of the device, "auto" for a GPU if there is one.
        progress: told the share that is done, in [0, 1].

    Returns:
        The number of pictures.

    Raises:
        ModelNotFound, InvalidArgument: there is no model at `checkpoint`, it is damaged, or it needs counts.
        InvalidDataset: there is no picture, or the counts do not hold together; names which.
        InvalidImage: a picture does not decode; names it.
        InvalidConfig: torch cannot use the device.
        StorageFull: the disk is full.
    """
    check_files(checkpoint, images)
    pictures = {picture.file_name: picture for picture in find_pictures(images)}
    if counts_file is not None:
        read_counts(counts_file, (), ())  # that it can be read; what it says is judged by the model's vocabulary

    from models.data.samples import ImageToScore
    from models.kinds.load import load_model
    from service.device.torch_device import find_device

    place = find_device(device)
    model = load_model(checkpoint, place)
    categories = vocabulary(model)
    if counts_file is None and model.needs_counts:
        raise InvalidArgument("this model must be told what to outline: give it counts", field="counts")
    counts = read_counts(counts_file, categories, pictures) if counts_file else {}
    waiting = [ImageToScore(name, picture.read, counts.get(name)) for name, picture in pictures.items()]
    predictions = model.predict(waiting, device=place, batch_size=BATCH, progress=lambda share, _: progress(share))
    _write(out, categories, pictures, (prediction.proposals for prediction in predictions))
    return len(pictures)


def _write(
    out: Path,
    categories: Sequence[Category],
    pictures: Mapping[str, PictureFile],
    predicted: Iterable[ImageProposals],
) -> None:
    """Each picture with its masks as they come, and all of them as one COCO file."""
    proposals: dict[str, ImageProposals] = {}
    for image in predicted:
        proposals[image.image_id] = image
        drawn = overlay(pictures[image.image_id].read(), image, categories)
        write_atomically(out / "overlays" / f"{image.image_id}.png", drawn)
    _write_predictions(out / "predictions.coco.json", categories, pictures.values(), proposals)


def _write_predictions(
    path: Path,
    categories: Sequence[Category],
    pictures: Iterable[PictureFile],
    proposals: Mapping[str, ImageProposals],
) -> None:
    masks = {
        name: [ObjectLabel(item.category_id, item.mask) for item in image.objects] for name, image in proposals.items()
    }
    scores = {name: [item.predicted_iou for item in image.objects] for name, image in proposals.items()}
    write_coco(path, categories, pictures, masks, scores)


def vocabulary(model: AnyModel) -> tuple[Category, ...]:
    """The classes a model knows; those it was told no name of are called by their id."""
    names = model.names or tuple(map(str, model.categories))
    return tuple(Category(category_id, name) for category_id, name in zip(model.categories, names, strict=True))


def find_pictures(images: Path) -> Iterator[PictureFile]:
    """A picture, or the pictures of a folder and those below it, by name.

    Raises:
        InvalidDataset: there is none.
        InvalidImage: one is no picture.
    """
    if images.is_dir():
        paths = sorted(path for path in images.rglob("*") if path.suffix.lower() in SUFFIXES)
        root = images
    else:
        paths, root = ([images] if images.is_file() else []), images.parent
    if not paths:
        raise no_picture(images)
    for path in paths:
        yield PictureFile(path.relative_to(root).as_posix(), path, *read_image_size(path))


def overlay(pixels: NDArray[np.uint8], proposals: ImageProposals, categories: Sequence[Category]) -> bytes:
    """PNG of a picture (H, W, 3) with its masks in the colours of their categories, and what each is thought to be,
    with its predicted IoU where a head predicts one."""
    colours = {category.id: COLOURS[place % len(COLOURS)] for place, category in enumerate(categories)}
    names = {category.id: category.name for category in categories}
    tinted = pixels.copy()
    for item in proposals.objects:
        x, y, wide, high = item.mask.box
        if item.mask.area:
            inside = item.mask.crop(x, y, wide, high).to_array()
            around = tinted[y : y + high, x : x + wide]
            around[inside] = ((1 - TINT) * around[inside] + TINT * np.array(colours[item.category_id])).round()
    picture = Picture.fromarray(tinted)
    _write_names(picture, proposals, names)
    file = io.BytesIO()
    picture.save(file, "PNG", compress_level=1)
    return file.getvalue()


def _write_names(picture: Picture.Image, proposals: ImageProposals, names: Mapping[int, str]) -> None:
    draw = ImageDraw.Draw(picture)
    letters = max(LETTERS, max(picture.size) // 100)
    for item in proposals.objects:
        if item.mask.area:
            name = names[item.category_id]
            text = name if proposals.uncalibrated else f"{name} {item.predicted_iou:.2f}"
            draw.text(item.mask.box[:2], text, fill="white", stroke_fill="black", stroke_width=1, font_size=letters)
