"""`--labeler`: the data's own labels, or people with a folder."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from maskloop.errors import InvalidArgument

GROUND_TRUTH = "ground-truth"
FORMS = "ground-truth, folder:DIR or folder:DIR,annotators=ADA+BOB"


@dataclass(frozen=True)
class FolderSpec:
    """People who label in a folder.

    Args:
        folder: where tasks go.
        annotators: names of those who have a folder each in it; () for one that all share.
    """

    folder: Path
    annotators: tuple[str, ...] = ()


def parse_labeler(text: str) -> FolderSpec | None:
    """`folder:DIR` or `folder:DIR,annotators=ADA+BOB`; `None` for `ground-truth`.

    Raises:
        InvalidArgument: it is neither, or an annotator's name is no name of a folder or there twice.
    """
    if text == GROUND_TRUTH:
        return None
    match = re.fullmatch(r"folder:(.+?)(?:,annotators=(.*))?", text, re.DOTALL)
    if not match:
        raise InvalidArgument(f"--labeler {text!r} is none of {FORMS}", field="labeler")
    names = tuple(name.strip() for name in match[2].split("+")) if match[2] is not None else ()
    for name in names:
        if not re.fullmatch(r"\w[\w. @-]{0,62}", name):
            raise InvalidArgument(f"--labeler {text!r}: {name!r} is no name of a folder", field="labeler")
        if [other.casefold() for other in names].count(name.casefold()) > 1:
            raise InvalidArgument(f"--labeler {text!r}: {name!r} is there twice", field="labeler")
    return FolderSpec(Path(match[1]).expanduser(), names)
