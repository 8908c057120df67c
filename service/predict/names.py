"""Names of what `maskloop predict` writes; apart from the writers, which import what an option's help does not need."""

from __future__ import annotations

from collections.abc import Sequence

from maskloop.errors import InvalidArgument
from maskloop.spelling import did_you_mean

FORMATS = ("overlays", "coco", "yolo", "geojson", "masks")
DEFAULT = "overlays,coco"


def read_formats(given: Sequence[str]) -> tuple[str, ...]:
    """What was typed as one or more `--format`, names with commas between them; each format once.

    Raises:
        InvalidArgument: there is no such format; says which there are.
    """
    named = [name.strip().lower() for part in (given or [DEFAULT]) for name in part.split(",")]
    for name in named:
        if name not in FORMATS:
            hint = did_you_mean(name, FORMATS)
            raise InvalidArgument(f"there is no format {name!r}: {', '.join(FORMATS)}{hint}", field="format")
    return tuple(dict.fromkeys(named))
