"""An image file as jobs and pools name it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

from maskloop.values import Box, Counts, Image, ObjectLabel, Prompt, Scribble


@dataclass(frozen=True)
class ImageFile:
    """An image file, and of what is known of the image as much as the work at hand needs.

    Args:
        image_id: its image's.
        file_name: told in errors.
        sha256: of its content, in hex; a `BlobStore` has it under this name.
        label_id: of the label that says what follows; "" where no label does.
        objects: the masks of a full label or a pseudo-label.
        boxes: of all its objects, of which none is outlined.
        marks: a stroke on each of its objects, of one corner where it is a point, and strokes on the ground; `None`
            where nobody marked any.
        counts: how many objects of each category, `None` if unknown.
        present: ids of the categories that are in it, ascending; none of an OoD image.
        rejected: proposals that people said are no objects.
        prompts: what a label shows of each of its objects, of which none is outlined.
        cost_s: what a full label should take, in seconds.
    """

    image_id: str
    file_name: str
    sha256: str
    label_id: str = ""
    objects: tuple[ObjectLabel, ...] = ()
    boxes: tuple[Box, ...] = ()
    marks: tuple[Scribble, ...] | None = None
    counts: Counts | None = None
    present: tuple[int, ...] = ()
    rejected: tuple[ObjectLabel, ...] = ()
    prompts: tuple[Prompt, ...] = ()
    cost_s: float = 0.0

    @classmethod
    def of(cls, image: Image, **known: Any) -> Self:
        """The file of an image; `known` are the other fields."""
        return cls(image.id, image.file_name, image.sha256, **known)
