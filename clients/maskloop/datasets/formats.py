"""The formats that data sets are read from and written to, by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Protocol

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
