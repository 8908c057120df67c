"""What a run found, by class: objects, and the pixels that they cover."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from pycocotools import mask as coco_mask

from maskloop.formats.datasets import PassedOver
from maskloop.formats.files import write_atomically
from maskloop.values import Category, ObjectProposal
from service.predict.outputs import Outlined, Output, Setting


@dataclass(frozen=True)
class ClassFigures:
    """Of one class, in one picture or in all: its objects, and the pixels that they cover, each counted once."""

    objects: int = 0
    area: int = 0

    def plus(self, other: ClassFigures) -> ClassFigures:
        """Of both."""
        return ClassFigures(self.objects + other.objects, self.area + other.area)


@dataclass(frozen=True)
class PictureFigures:
    """Of one picture: its size in pixels, its figures by class id, and each object's class, area and score."""

    file_name: str
    width: int
    height: int
    classes: dict[int, ClassFigures]
    objects: tuple[tuple[int, int, float, tuple[int, int, int, int]], ...]


@dataclass
class Summary(Output):
    """`summary.json`, `summary.csv` by class, and `objects.csv` with a line for each object.

    Args:
        asked: pictures that there are.
        passed_over: those that could not be read.
        full: names of those that show as many objects as the model looks for: there may be more.
    """

    setting: Setting
    asked: int
    passed_over: list[PassedOver] = field(default_factory=list)
    pictures: list[PictureFigures] = field(default_factory=list)
    full: list[str] = field(default_factory=list)

    @property
    def categories(self) -> tuple[Category, ...]:
        """The model's vocabulary."""
        return self.setting.categories

    @property
    def done(self) -> int:
        """Pictures that were outlined or could not be read."""
        return len(self.pictures) + len(self.passed_over)

    def write(self, picture: Outlined) -> None:
        """Count one picture in."""
        classes = {
            category.id: _figures([item for item in picture.objects if item.category_id == category.id])
            for category in self.categories
        }
        objects = tuple(
            (item.category_id, item.mask.area, item.predicted_iou, item.mask.box) for item in picture.objects
        )
        self.pictures.append(PictureFigures(picture.file_name, picture.width, picture.height, classes, objects))

    @property
    def pixels(self) -> int:
        """Of all pictures."""
        return sum(picture.width * picture.height for picture in self.pictures)

    def totals(self) -> Iterator[tuple[Category, ClassFigures, float]]:
        """Each class with its figures in all pictures, and its share of their pixels in [0, 1]."""
        for category in self.categories:
            figures = ClassFigures()
            for picture in self.pictures:
                figures = figures.plus(picture.classes[category.id])
            yield category, figures, figures.area / max(self.pixels, 1)

    def finish(self) -> None:
        """As `Output.finish`."""
        out = self.setting.out
        write_atomically(out / "summary.json", json.dumps(self._document(), indent=1).encode())
        classes = [[category.name, one.objects, one.area, f"{share:.6f}"] for category, one, share in self.totals()]
        write_atomically(out / "summary.csv", _table(["class", "objects", "area_px", "share"], classes))
        names = {category.id: category.name for category in self.categories}
        heads = ["file_name", "object", "class", "x", "y", "width", "height", "area_px", self._score_name]
        objects = [
            [picture.file_name, number, names[class_id], *box, area, f"{score:.4f}"]
            for picture in self.pictures
            for number, (class_id, area, score, box) in enumerate(picture.objects, start=1)
        ]
        write_atomically(out / "objects.csv", _table(heads, objects))

    @property
    def _score_name(self) -> str:
        return "predicted_iou" if self.setting.calibrated else "confidence"

    def _document(self) -> dict[str, object]:
        return {
            "pictures": len(self.pictures),
            "pixels": self.pixels,
            "calibrated": self.setting.calibrated,
            "classes": [
                {"name": category.name, "objects": one.objects, "area_px": one.area, "share": share}
                for category, one, share in self.totals()
            ],
            "not_read": [{"file_name": one.name, "why": one.why} for one in self.passed_over],
            "as_many_objects_as_are_looked_for": self.full,
            "by_picture": [self._of_picture(picture) for picture in self.pictures],
        }

    def _of_picture(self, picture: PictureFigures) -> dict[str, object]:
        return {
            "file_name": picture.file_name,
            "width": picture.width,
            "height": picture.height,
            "classes": {
                category.name: {
                    "objects": picture.classes[category.id].objects,
                    "area_px": picture.classes[category.id].area,
                    "share": picture.classes[category.id].area / (picture.width * picture.height),
                }
                for category in self.categories
            },
        }


def _figures(objects: Sequence[ObjectProposal]) -> ClassFigures:
    if not objects:
        return ClassFigures()
    coded = [{"size": [item.mask.height, item.mask.width], "counts": item.mask.rle} for item in objects]
    return ClassFigures(len(objects), int(coco_mask.area(coco_mask.merge(coded))))


def _table(heads: Sequence[str], rows: Sequence[Sequence[object]]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(heads)
    writer.writerows(rows)
    return text.getvalue().encode()
