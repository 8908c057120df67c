"""What is written of each picture as soon as it is outlined, in the formats that a person asked for."""

from __future__ import annotations

import io
import json
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Picture

from maskloop.formats.coco import proposals_document
from maskloop.formats.datasets import Dataset, DatasetImage
from maskloop.formats.files import write_atomically
from maskloop.formats.overlay import overlay
from maskloop.formats.polygons import polygons_of
from maskloop.formats.tools.writing import check_stems
from maskloop.formats.tools.yolo import write_yolo
from maskloop.values import Category, ObjectLabel, ObjectProposal
from service.predict.geojson import feature_collection

COCO_EVERY_S = 60.0
"""A file of all pictures is written anew so often, and at the end: little is lost when a run is killed."""


@dataclass(frozen=True, eq=False)
class Outlined:
    """A picture, pixels (H, W, 3) uint8 RGB, and its objects, whose masks are of its size.

    Overlays draw on the pixels; no other format reads them.
    """

    file_name: str
    pixels: NDArray[np.uint8]
    objects: tuple[ObjectProposal, ...]

    def above(self, threshold: float) -> Outlined:
        """With the objects of that predicted IoU, or confidence where none is predicted, and those of more."""
        kept = tuple(item for item in self.objects if item.predicted_iou >= threshold)
        return Outlined(self.file_name, self.pixels, kept)

    @property
    def width(self) -> int:
        """Pixels."""
        return int(self.pixels.shape[1])

    @property
    def height(self) -> int:
        """Pixels."""
        return int(self.pixels.shape[0])


@dataclass(frozen=True)
class Setting:
    """What all outputs of a run share.

    Args:
        out: folder.
        categories: the model's vocabulary.
        calibrated: whether a head predicts IoU; else nothing is called so.
        polygons: whether COCO masks are polygons, not run lengths.
    """

    out: Path
    categories: tuple[Category, ...]
    calibrated: bool
    polygons: bool


class Output(ABC):
    """A format."""

    def __init__(self, setting: Setting) -> None:
        self.setting = setting

    def expect(self, file_names: Sequence[str]) -> None:  # noqa: B027 - most formats name files by whole names
        """Look at the names of the pictures to come, before any is outlined.

        Raises:
            InvalidDataset: what is written of two pictures would have one name.
        """

    @abstractmethod
    def write(self, picture: Outlined) -> None:
        """Write what is of one picture.

        Raises:
            StorageFull: the disk is full.
        """

    def finish(self) -> None:  # noqa: B027 - most formats are done
        """Write what is of all pictures; also called where a run is stopped before its end."""


class Overlays(Output):
    """`overlays/NAME.png`: the picture with its masks."""

    def write(self, picture: Outlined) -> None:
        """As `Output.write`."""
        drawn = overlay(picture.pixels, picture.objects, self.setting.categories, calibrated=self.setting.calibrated)
        write_atomically(self.setting.out / "overlays" / f"{picture.file_name}.png", drawn)


class InstanceMasks(Output):
    """`masks/NAME.png`: each pixel has the number of its object, from 1 on as in `objects.csv`; 0 for none.

    Where objects overlap, the surer one has the pixel. 8 bits, or 16 where a picture has more than 255 objects.
    """

    def write(self, picture: Outlined) -> None:
        """As `Output.write`."""
        numbers = np.zeros((picture.height, picture.width), np.uint8 if len(picture.objects) < 256 else np.uint16)
        for number, item in sorted(enumerate(picture.objects, start=1), key=lambda each: each[1].confidence):
            x, y, wide, high = item.mask.box
            if item.mask.area:
                numbers[y : y + high, x : x + wide][item.mask.crop(x, y, wide, high).to_array()] = number
        file = io.BytesIO()
        Picture.fromarray(numbers).save(file, "PNG")
        write_atomically(self.setting.out / "masks" / f"{picture.file_name}.png", file.getvalue())


class GeoJson(Output):
    """`geojson/NAME.geojson`: polygons in pixels."""

    def write(self, picture: Outlined) -> None:
        """As `Output.write`."""
        names = {category.id: category.name for category in self.setting.categories}
        document = feature_collection(picture.objects, names, calibrated=self.setting.calibrated)
        path = self.setting.out / "geojson" / f"{picture.file_name}.geojson"
        write_atomically(path, json.dumps(document).encode())


@dataclass
class _Listed:
    """A picture of the COCO file, without its pixels."""

    file_name: str
    width: int
    height: int


@dataclass
class Coco(Output):
    """`predictions.coco.json`: all pictures, with predicted IoU as `score`, or confidence where none is predicted."""

    setting: Setting
    pictures: list[_Listed] = field(default_factory=list)
    objects: dict[str, tuple[ObjectProposal, ...]] = field(default_factory=dict)
    written: float = field(default_factory=time.monotonic)

    def write(self, picture: Outlined) -> None:
        """As `Output.write`."""
        self.pictures.append(_Listed(picture.file_name, picture.width, picture.height))
        self.objects[picture.file_name] = picture.objects
        if time.monotonic() - self.written > COCO_EVERY_S:
            self.finish()

    def finish(self) -> None:
        """As `Output.finish`."""
        calibrated = self.setting.calibrated
        document = proposals_document(
            self.setting.categories, self.pictures, self.objects, calibrated=calibrated, made_by="maskloop predict"
        )
        if self.setting.polygons:
            masks = (item.mask for picture in self.pictures for item in self.objects[picture.file_name])
            for annotation, mask in zip(cast(list[dict[str, object]], document["annotations"]), masks, strict=True):
                annotation["segmentation"] = [
                    [value for point in polygon for value in point] for polygon in polygons_of(mask)
                ]
        write_atomically(self.setting.out / "predictions.coco.json", json.dumps(document).encode())
        self.written = time.monotonic()


@dataclass
class Yolo(Output):
    """`yolo/`: data.yaml, and a text file of polygons for each picture, which is to lie in `yolo/images/train`."""

    setting: Setting
    images: list[DatasetImage] = field(default_factory=list)

    def expect(self, file_names: Sequence[str]) -> None:
        """As `Output.expect`."""
        check_stems(self._dataset([DatasetImage(name, Path(name), 1, 1, ()) for name in file_names]))

    def write(self, picture: Outlined) -> None:
        """As `Output.write`."""
        objects = tuple(ObjectLabel(item.category_id, item.mask) for item in picture.objects)
        name = picture.file_name
        self.images.append(DatasetImage(name, Path(name), picture.width, picture.height, objects))

    def finish(self) -> None:
        """As `Output.finish`."""
        write_yolo(self.setting.out / "yolo", self._dataset(self.images))

    def _dataset(self, images: Sequence[DatasetImage]) -> Dataset:
        names = tuple(image.file_name for image in images)
        return Dataset(self.setting.categories, tuple(images), names, (), "predicted")


WRITERS: Mapping[str, Callable[[Setting], Output]] = {
    "overlays": Overlays,
    "coco": Coco,
    "geojson": GeoJson,
    "masks": InstanceMasks,
    "yolo": Yolo,
}
"""By their names, `service.predict.names.FORMATS`."""
