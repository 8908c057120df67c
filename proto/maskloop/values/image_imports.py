"""Images to bring in."""

from __future__ import annotations

from dataclasses import dataclass

from maskloop.errors import InvalidArgument, InvalidLabel
from maskloop.values.labels import Box, BoxesLabel, FullLabel, ObjectLabel
from maskloop.values.limits import LONGEST_NAME
from maskloop.values.projects import Split


@dataclass(frozen=True)
class ImageImport:
    """One image to bring in, from a `file:` uri under the server's image roots or from its own bytes.

    `objects` is its full label if it is known beforehand (an empty tuple says: nothing here), `None` if it is not;
    pool images come without. `boxes` are its objects boxed, where that is known, of an image of any split; an image
    has one or the other.
    """

    file_name: str
    split: Split
    uri: str = ""
    data: bytes | None = None
    objects: tuple[ObjectLabel, ...] | None = None
    boxes: tuple[Box, ...] | None = None

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
        if self.objects is not None and self.boxes is not None:
            raise InvalidLabel(f"image {self.file_name}: outlined or boxed, not both", field="images.boxes")

    @property
    def marks(self) -> int:
        """How many objects it comes with, outlined or boxed."""
        return 0 if self.content is None else self.content.marks

    @property
    def content(self) -> FullLabel | BoxesLabel | None:
        """Its label, `None` if it comes without."""
        if self.objects is not None:
            return FullLabel(self.objects)
        return None if self.boxes is None else BoxesLabel(self.boxes)
