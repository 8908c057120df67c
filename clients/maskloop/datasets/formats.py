"""The formats that data sets are read from and written to, by name, and places in them: `FORMAT:PLACE`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Protocol

from maskloop.errors import InvalidArgument, InvalidDataset
from maskloop.formats.bad_entries import OnBad
from maskloop.formats.coco import read_coco, read_coco_folder
from maskloop.formats.datasets import Dataset, DatasetImage
from maskloop.formats.tools.coco_folder import coco_picture, write_coco_folder
from maskloop.formats.tools.cvat import cvat_picture, read_cvat, write_cvat
from maskloop.formats.tools.datumaro import datumaro_picture, read_datumaro, write_datumaro
from maskloop.formats.tools.label_studio import label_studio_picture, read_label_studio, write_label_studio
from maskloop.formats.tools.labelme import labelme_picture, read_labelme, write_labelme
from maskloop.formats.tools.png_masks import (
    png_picture,
    read_png_instances,
    read_png_semantic,
    write_png_instances,
    write_png_semantic,
)
from maskloop.formats.tools.writing import Losses, Outlines
from maskloop.formats.tools.yolo import read_yolo, write_yolo, write_yolo_boxes, yolo_picture
from maskloop.formats.voc import read_voc
from maskloop.formats.voc.writing import voc_picture, write_voc
from maskloop.spelling import did_you_mean


class Reader(Protocol):
    """Reads the data set at `place`; `seed` draws the split where nothing tells it."""

    def __call__(self, place: Path, /, *, seed: int = 0, on_bad: OnBad = OnBad.STOP) -> Dataset:
        """Read it."""


class FileReader(Protocol):
    """Reads a file whose pictures lie below `images`."""

    def __call__(self, place: Path, images: Path, /, *, seed: int = 0, on_bad: OnBad = OnBad.STOP) -> Dataset:
        """Read it."""


@dataclass(frozen=True)
class Format:
    """A format.

    Args:
        title: for people.
        read: reads a folder; or one file, its pictures beside it, where that is all there is.
        write: writes labels into a folder, and no pictures; tells what was lost.
        picture: where the picture of an image of a side, "train" or "test", lies in that folder; `None` where the
            image is left out.
        outlines: ways of writing masks, the usual one first.
        read_file: reads a file and the folder of its pictures, `FORMAT:FILE,IMAGES`; `None` where there is none.
    """

    title: str
    read: Reader
    write: Callable[[Path, Dataset, Outlines], Losses]
    picture: Callable[[DatasetImage, str], PurePosixPath | None]
    outlines: tuple[Outlines, ...]
    read_file: FileReader | None = None


def _cvat_file(place: Path, images: Path, /, *, seed: int = 0, on_bad: OnBad = OnBad.STOP) -> Dataset:
    return read_cvat(place, seed=seed, on_bad=on_bad, images=images)


def _label_studio_file(place: Path, images: Path, /, *, seed: int = 0, on_bad: OnBad = OnBad.STOP) -> Dataset:
    return read_label_studio(place, seed=seed, on_bad=on_bad, images=images)


EITHER, POLYGONS, PIXELS = (Outlines.RLE, Outlines.POLYGONS), (Outlines.POLYGONS,), (Outlines.RLE,)

FORMATS: Mapping[str, Format] = {
    "coco": Format("COCO instances", read_coco_folder, write_coco_folder, coco_picture, EITHER, read_coco),
    "yolo": Format("YOLO segmentation", read_yolo, write_yolo, yolo_picture, POLYGONS),
    "yolo-boxes": Format("YOLO detection", read_yolo, write_yolo_boxes, yolo_picture, POLYGONS),
    "labelme": Format("LabelMe", read_labelme, write_labelme, labelme_picture, EITHER[::-1]),
    "cvat": Format("CVAT for images 1.1", read_cvat, write_cvat, cvat_picture, EITHER, _cvat_file),
    "labelstudio": Format(
        "Label Studio", read_label_studio, write_label_studio, label_studio_picture, EITHER, _label_studio_file
    ),
    "voc": Format("Pascal VOC segmentation", read_voc, write_voc, voc_picture, PIXELS),
    "datumaro": Format("Datumaro 1.0", read_datumaro, write_datumaro, datumaro_picture, EITHER),
    "png-instances": Format("PNGs of objects", read_png_instances, write_png_instances, png_picture, PIXELS),
    "png-semantic": Format("PNGs of classes", read_png_semantic, write_png_semantic, png_picture, PIXELS),
}


@dataclass(frozen=True)
class Source:
    """A data set that is there, not yet read.

    Args:
        format: its format.
        place: a folder, or a file.
        images: the folder of its pictures; `None` where they lie with it.
    """

    format: Format
    place: Path
    images: Path | None = None

    @property
    def name(self) -> str:
        """Of the folder, or of the file without its suffix."""
        return self.place.resolve().name if self.place.is_dir() else self.place.stem

    def read(self, seed: int = 0, on_bad: OnBad = OnBad.STOP) -> Dataset:
        """The data set; `seed` draws the split where nothing tells it.

        Raises:
            InvalidDataset: it does not hold together.
        """
        if self.images is None or self.format.read_file is None:
            return self.format.read(self.place, seed=seed, on_bad=on_bad)
        return self.format.read_file(self.place, self.images, seed=seed, on_bad=on_bad)


def find_source(spec: str, option: str, also: Sequence[str] = ()) -> Source:
    """The data set that `FORMAT:DIR`, `FORMAT:FILE` or `FORMAT:FILE,IMAGES` names.

    Args:
        spec: what was typed.
        option: that it was typed for, for the errors.
        also: what else may be typed there, for the errors.

    Raises:
        InvalidArgument: there is no such format, or it has no such place.
        InvalidDataset: there is no such folder or file.
    """
    form, place = split_spec(spec, option, [*also, "coco:FILE,IMAGES"])
    file, comma, images = place.rpartition(",")
    if comma and not Path(place).exists():
        if form.read_file is None:
            raise InvalidArgument(f"{option} {spec}: {form.title} is read from a folder", field=option.strip("-"))
        for path, there in ((file, Path(file).is_file()), (images, Path(images).is_dir())):
            if not there and path == file and Path(file).is_dir():
                raise InvalidArgument(
                    f"{option}: {file} is a folder, and a file stands before a comma; leave ,{images} out",
                    field=option.strip("-"),
                )
            if not there:
                raise InvalidDataset(f"{option}: there is no {path}", field=option.strip("-"))
        return Source(form, Path(file), Path(images))
    takes_files = form.read_file is not None or form.read is read_yolo
    if not (Path(place).is_dir() or (takes_files and Path(place).is_file())):
        raise InvalidDataset(f"{option}: there is no folder {place}", field=option.strip("-"))
    if Path(place).is_file() and form.read_file is not None:
        return Source(form, Path(place), Path(place).parent)
    return Source(form, Path(place))


def split_spec(spec: str, option: str, also: Sequence[str] = ()) -> tuple[Format, str]:
    """The format and the place of `FORMAT:PLACE`.

    Raises:
        InvalidArgument: it is no such thing; names the formats.
    """
    name, _, place = spec.partition(":")
    if name in FORMATS and place:
        return FORMATS[name], place
    known = [*also, *(f"{each}:DIR" for each in FORMATS)]
    meant = "" if name in FORMATS else did_you_mean(name, FORMATS)
    if Path(spec).is_dir():
        kinds = ["images", "coco"] if "images:DIR" in also else ["coco"]
        meant = f"; did you mean {' or '.join(f'{kind}:{spec}' for kind in kinds)}?"
    raise InvalidArgument(f"{option} {spec!r} is none of {', '.join(known)}{meant}", field=option.strip("-"))
