"""A model outlines pictures, a few at a time; each is written before the next ones are read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from maskloop.errors import InvalidArgument
from maskloop.formats.counts import read_counts
from maskloop.values import Category, Counts
from models.annotation.model import FittedModel
from models.data.samples import ImageToScore
from models.features.model import FittedOnFeatures
from models.kinds.load import AnyModel, load_model
from models.pretrained.model import FittedPretrained
from service.device.torch_device import find_device
from service.predict.outputs import WRITERS, Outlined, Setting
from service.predict.pictures import PictureFile, ReadPicture, in_chunks, read_pictures
from service.predict.summary import Summary

BATCH = 4  # windows of 320 pixels at a time: more take memory, and on a CPU no less time
CHUNK_PIXELS = 2**24  # of the pictures that are held at once, unless one is larger


@dataclass(frozen=True)
class Wanted:
    """What a person asked for.

    Args:
        out: folder, made if it is not there.
        formats: of `service.predict.names.FORMATS`.
        polygons: whether COCO masks are polygons, not run lengths.
        threshold: least predicted IoU in [0, 1] of an object; confidence where none is predicted.
        counts_file: JSON, {"a.jpg": {"crack": 2, "rust": 1}, "b.jpg": {}}: how many objects of each category every
            picture shows. `None` for a model that is count-free; where given, they are checked all the same.
    """

    out: Path
    formats: tuple[str, ...]
    polygons: bool = False
    threshold: float = 0.0
    counts_file: Path | None = None


@dataclass(frozen=True)
class Progress:
    """How far a run is: pictures done, of which another is looked at, window by window if it is large."""

    done: int
    pictures: int
    windows_done: int = 0
    windows: int = 1


def predict(
    checkpoint: Path,
    files: Sequence[PictureFile],
    wanted: Wanted,
    *,
    device: str,
    progress: Callable[[Progress], None],
) -> Summary:
    """Outline the objects of pictures; what cannot be read is passed over, and told in the summary.

    Where it is stopped (KeyboardInterrupt, an error), the files of all pictures are written of those that are done.

    Args:
        checkpoint: a trained model.
        device: torch's name of the device, "auto" for a GPU if there is one.
        progress: told after every picture, and after every batch of windows of a large one; may raise to stop.

    Raises:
        ModelNotFound, InvalidArgument: there is no model at `checkpoint`, it is damaged, or it needs counts.
        InvalidDataset: the counts do not hold together, or what is written of two pictures would have one name.
        InvalidConfig: torch cannot use the device.
        StorageFull: the disk is full.
    """
    place = find_device(device)
    model = load_model(checkpoint, place)
    categories = vocabulary(model)
    if wanted.counts_file is None and model.needs_counts:
        raise InvalidArgument("this model must be told what to outline: give it counts", field="counts")
    counts = (
        read_counts(wanted.counts_file, categories, [file.file_name for file in files]) if wanted.counts_file else {}
    )
    setting = Setting(wanted.out, categories, model.calibrator.is_fitted, wanted.polygons)
    summary = Summary(setting, len(files))
    outputs = [*(WRITERS[name](setting) for name in wanted.formats), summary]

    for output in outputs:
        output.expect([file.file_name for file in files])

    def in_windows(done: int, windows: int) -> None:
        progress(Progress(summary.done, len(files), done, windows))

    if isinstance(model, FittedOnFeatures):
        model = model.watched(in_windows)
    try:
        for chunk in in_chunks(read_pictures(files, summary.passed_over), BATCH, CHUNK_PIXELS):
            for outlined in _outlined(model, chunk, counts, place):
                if len(outlined.objects) == _most_objects(model):
                    summary.full.append(outlined.file_name)
                for output in outputs:
                    output.write(outlined.above(wanted.threshold))
                progress(Progress(summary.done, len(files)))
    finally:
        if summary.pictures:
            for output in outputs:
                output.finish()
    return summary


def _outlined(
    model: AnyModel, chunk: Sequence[ReadPicture], counts: Mapping[str, Counts], device: torch.device
) -> Iterator[Outlined]:
    by_name = {picture.file_name: picture for picture in chunk}
    waiting = [ImageToScore(name, picture.read, counts.get(name)) for name, picture in by_name.items()]
    for prediction in model.predict(waiting, device=device, batch_size=BATCH):
        name = prediction.image_id
        yield Outlined(name, by_name[name].pixels, prediction.proposals.objects)


def _most_objects(model: AnyModel) -> int | None:
    """How many objects it looks for in a picture; `None` for as many as there are."""
    if isinstance(model, FittedModel):
        return model.recipe.steps
    if isinstance(model, FittedPretrained) and not model.encoder.tile:
        return model.recipe.most_objects
    return None


def vocabulary(model: AnyModel) -> tuple[Category, ...]:
    """The classes a model knows; those it was told no name of are called by their id."""
    names = model.names or tuple(map(str, model.categories))
    return tuple(Category(category_id, name) for category_id, name in zip(model.categories, names, strict=True))
