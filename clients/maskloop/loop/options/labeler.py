"""`--labeler`: the data's own labels, as a person would say them, or people with a folder or a page."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from maskloop.address import DEFAULT_PAGE_PORT
from maskloop.errors import InvalidArgument
from maskloop.spelling import did_you_mean

GROUND_TRUTH, WEB = "ground-truth", "web"
MOST_PORT = 65_535
PAGE_FILES = ("token_file", "tls_cert", "tls_key")
FORMS = (
    "ground-truth, ground-truth,outlines=IOU,accept=IOU, web, web:PORT, web:PORT,host=HOST,token_file=FILE, "
    "web:PORT,host=HOST,token_file=FILE,tls_cert=FILE,tls_key=FILE, folder:DIR or folder:DIR,annotators=ADA+BOB"
)


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


@dataclass(frozen=True)
class WebSpec:
    """People who label on a page that the run serves.

    Args:
        port: where the page is; 0 takes a free one.
        host: name or address that it listens on; others than this machine's own need a token.
        token_file: holds the token that people sign in by; `None` where none is asked for.
        tls_cert, tls_key: PEM certificate chain of the page and its private key; `None` for plaintext.
    """

    port: int = DEFAULT_PAGE_PORT
    host: str = "127.0.0.1"
    token_file: Path | None = None
    tls_cert: Path | None = None
    tls_key: Path | None = None


LabelerSpec = FolderSpec | PersonSpec | WebSpec


def parse_labeler(text: str) -> LabelerSpec:
    """One of `FORMS`.

    Raises:
        InvalidArgument: it is none of these, an IoU is outside [0.5, 1], a port outside [0, 65535], or an annotator's
            name is no name of a folder or there twice.
    """
    if text == WEB or text.startswith((f"{WEB}:", f"{WEB},")):
        return _web(text)
    if text == GROUND_TRUTH or text.startswith(f"{GROUND_TRUTH},"):
        return _person(text)
    match = re.fullmatch(r"folder:(.+?)(?:,annotators=(.*))?", text, re.DOTALL)
    if not match:
        raise InvalidArgument(f"--labeler {text!r} is none of {FORMS}", field="labeler")
    if stray := re.search(r",\s*(\w+)\s*=", match[1]):
        near = did_you_mean(stray[1], ["annotators"])
        raise InvalidArgument(
            f"--labeler {text!r}: {stray[0].lstrip(', ')} is no option there{near}; there are {FORMS}", field="labeler"
        )
    names = tuple(name.strip() for name in match[2].split("+")) if match[2] is not None else ()
    for name in names:
        if not re.fullmatch(r"\w[\w. @-]{0,62}", name):
            raise InvalidArgument(f"--labeler {text!r}: {name!r} is no name of a folder", field="labeler")
        if [other.casefold() for other in names].count(name.casefold()) > 1:
            raise InvalidArgument(f"--labeler {text!r}: {name!r} is there twice", field="labeler")
    return FolderSpec(Path(match[1]).expanduser(), names)


def _web(text: str) -> WebSpec:
    where, *parts = text.split(",")
    port = where.removeprefix(WEB).removeprefix(":")
    if port and not (port.isascii() and port.isdecimal() and int(port) <= MOST_PORT):
        raise InvalidArgument(f"--labeler {text!r}: {port!r} is no port; ports are 0 to {MOST_PORT}", field="labeler")
    told: dict[str, str] = {}
    for part in parts:
        name, _, value = (word.strip() for word in part.partition("="))
        if name not in ("host", *PAGE_FILES) or name in told or not value:
            known = ", ".join(["host=HOST", *(f"{each}=FILE" for each in PAGE_FILES)])
            raise InvalidArgument(f"--labeler {text!r}: {part!r} is none of {known}, once each", field="labeler")
        told[name] = value
    files = {name: Path(told[name]).expanduser() for name in PAGE_FILES if name in told}
    return WebSpec(int(port) if port else DEFAULT_PAGE_PORT, told.get("host", WebSpec.host), **files)


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
