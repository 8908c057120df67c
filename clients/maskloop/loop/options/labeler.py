"""`--labeler`: the data's own labels, as a person would say them, or people with a folder."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from maskloop.errors import InvalidArgument

GROUND_TRUTH = "ground-truth"
FORMS = "ground-truth, ground-truth,outlines=IOU,accept=IOU, folder:DIR or folder:DIR,annotators=ADA+BOB"


@dataclass(frozen=True)
class FolderSpec:
    """People who label in a folder.

    Args:
        folder: where tasks go.
        annotators: names of those who have a folder each in it; () for one that all share.
    """

    folder: Path
    annotators: tuple[str, ...] = ()


@dataclass(frozen=True)
class PersonSpec:
    """A simulated person, who sees the data's own labels.

    Args:
        outline_iou: IoU of their outlines with the truth; 1 draws exactly what is there.
        accept_iou: IoU with the truth from which on a proposal is good enough.
    """

    outline_iou: float = 1.0
    accept_iou: float = 0.85


def parse_labeler(text: str) -> FolderSpec | PersonSpec:
    """`ground-truth`, `ground-truth,outlines=0.91,accept=0.85`, `folder:DIR` or `folder:DIR,annotators=ADA+BOB`.

    Raises:
        InvalidArgument: it is none of these, an IoU is outside [0.5, 1], or an annotator's name is no name of a folder
            or there twice.
    """
    if text == GROUND_TRUTH or text.startswith(f"{GROUND_TRUTH},"):
        return _person(text)
    match = re.fullmatch(r"folder:(.+?)(?:,annotators=(.*))?", text, re.DOTALL)
    if not match:
        raise InvalidArgument(f"--labeler {text!r} is none of {FORMS}", field="labeler")
    if stray := re.search(r",\s*(?:accept|outlines|annotators)\s*=", match[1]):
        raise InvalidArgument(
            f"--labeler {text!r}: {stray[0].lstrip(', ')} is no option there; there are {FORMS}", field="labeler"
        )
    names = tuple(name.strip() for name in match[2].split("+")) if match[2] is not None else ()
    for name in names:
        if not re.fullmatch(r"\w[\w. @-]{0,62}", name):
            raise InvalidArgument(f"--labeler {text!r}: {name!r} is no name of a folder", field="labeler")
        if [other.casefold() for other in names].count(name.casefold()) > 1:
            raise InvalidArgument(f"--labeler {text!r}: {name!r} is there twice", field="labeler")
    return FolderSpec(Path(match[1]).expanduser(), names)


def _person(text: str) -> PersonSpec:
    names = {"outlines": "outline_iou", "accept": "accept_iou"}
    told: dict[str, float] = {}
    for part in text.split(",")[1:]:
        name, _, value = (word.strip() for word in part.partition("="))
        if name not in names or names[name] in told:
            raise InvalidArgument(
                f"--labeler {text!r}: {part!r} is none of outlines=IOU, accept=IOU, once each", field="labeler"
            )
        if not re.fullmatch(r"\d*\.?\d+|\d+\.", value) or not 0.5 <= float(value) <= 1:
            raise InvalidArgument(f"--labeler {text!r}: {part!r} is no IoU in [0.5, 1]", field="labeler")
        told[names[name]] = float(value)
    return PersonSpec(**told)
