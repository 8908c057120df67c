"""Images to bring in."""

from __future__ import annotations

from dataclasses import dataclass

from maskloop.errors import InvalidArgument, InvalidLabel
from maskloop.values.labels import Box, BoxesLabel, FullLabel, ObjectLabel, Point, PointsLabel, Scribble, ScribblesLabel
from maskloop.values.limits import LONGEST_NAME
from maskloop.values.projects import Split


@dataclass(frozen=True)
class ImageImport:
    """One image to bring in, from a `file:` uri under the server's image roots or from its own bytes.

    `objects` is its full label if it is known beforehand (an empty tuple says: nothing here), `None` if it is not;
    pool images come without. `boxes`, `points` or `scribbles` are its objects boxed, pointed at or stroked, where that
    is known, of an image of any split. An image has one of these four.
    """

    file_name: str
    split: Split
    uri: str = ""
    data: bytes | None = None
    objects: tuple[ObjectLabel, ...] | None = None
    boxes: tuple[Box, ...] | None = None
    points: tuple[Point, ...] | None = None
    scribbles: tuple[Scribble, ...] | None = None

    def __post_init__(self) -> None:
        if not 1 <= len(self.file_name) <= LONGEST_NAME:
            raise InvalidArgument(
                f"file name {self.file_name[:40]!r} has {len(self.file_name)} characters; 1 to {LONGEST_NAME} are "
                "taken",
                field="images.file_name",
            )
        if bool(self.uri) == (self.data is not None):
            raise InvalidArgument(f"image {self.file_name}: either a uri or its bytes, not both", field="images.source")
        if self.split is Split.POOL and self.objects is not None:
            raise InvalidLabel(f"image {self.file_name}: pool images come without a label", field="images.label")
        if len(self._contents) > 1:
            raise InvalidLabel(
                f"image {self.file_name}: outlined, boxed, pointed at or stroked, one of these", field="images.label"
            )

    @property
    def marks(self) -> int:
        """How many objects it comes with, whatever is known of them."""
        return 0 if self.content is None else self.content.marks

    @property
    def content(self) -> FullLabel | BoxesLabel | PointsLabel | ScribblesLabel | None:
        """Its label, `None` if it comes without."""
        return self._contents[0] if self._contents else None

    @property
    def _contents(self) -> tuple[FullLabel | BoxesLabel | PointsLabel | ScribblesLabel, ...]:
        return (
            *(() if self.objects is None else (FullLabel(self.objects),)),
            *(() if self.boxes is None else (BoxesLabel(self.boxes),)),
            *(() if self.points is None else (PointsLabel(self.points),)),
            *(() if self.scribbles is None else (ScribblesLabel(self.scribbles),)),
        )
