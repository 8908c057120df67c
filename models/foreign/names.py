"""What an operator writes to have another network answer prompts; without torch, so that a server checks it at once."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Self

from maskloop.errors import InvalidConfig
from maskloop.spelling import did_you_mean

FIELD = "prompter"
LONGEST = 64  # letters of a name in the store
HUB_NAME = re.compile(r"[\w-][\w.-]*(/[\w-][\w.-]*)?")


@dataclass(frozen=True)
class Kind:
    """A kind of network.

    Args:
        package: that it runs on.
        extra: of ours that installs it.
        suffix: of its one file; "" where it is a folder or a name of the Hugging Face hub.
    """

    package: str
    extra: str
    suffix: str = ""


KINDS: Mapping[str, Kind] = {
    "sam": Kind("transformers", "sam"),
    "sam2": Kind("transformers", "sam"),
    "maskrcnn": Kind("torchvision", "server", ".safetensors"),
    "onnx": Kind("onnxruntime", "onnx", ".onnx"),
}


@dataclass(frozen=True)
class ForeignName:
    """A network that is not ours, as `KIND:WHERE`.

    Args:
        kind: of `KINDS`.
        source: a file, a folder, or a name of the Hugging Face hub.
    """

    kind: str
    source: str

    @classmethod
    def parse(cls, written: str) -> Self:
        """Read `KIND:WHERE`.

        Raises:
            InvalidConfig: it is of another form, or of a kind that there is not.
        """
        kind, colon, source = written.partition(":")
        if not colon or not source:
            raise InvalidConfig(f"prompter {written!r} is not of the form KIND:WHERE, such as sam:FOLDER", field=FIELD)
        if kind not in KINDS:
            raise InvalidConfig(
                f"prompter {written!r}: {kind!r} is none of {', '.join(KINDS)}{did_you_mean(kind, KINDS)}", field=FIELD
            )
        return cls(kind, source)

    def __str__(self) -> str:
        return f"{self.kind}:{self.source}"

    @property
    def short(self) -> str:
        """What stands in the place of a model version: the kind, and the last part of where the network is."""
        path = Path(self.source)
        last = path.stem if KINDS[self.kind].suffix else (path.name or path.resolve().name)
        return f"{self.kind}:{last}"[:LONGEST]

    def check(self) -> None:
        """Check what can be checked before anything is imported.

        Raises:
            InvalidConfig: its package is not installed, there is no such file, or what is there cannot be one.
        """
        kind, path = KINDS[self.kind], Path(self.source)
        if find_spec(kind.package) is None:
            raise InvalidConfig(
                f"prompter {self} needs {kind.package}: pip install 'maskloop[{kind.extra}]'", field=FIELD
            )
        if not kind.suffix:
            if not path.is_dir() and (path.exists() or not HUB_NAME.fullmatch(self.source)):
                raise InvalidConfig(f"prompter {self}: there is no folder {self.source}", field=FIELD)
        elif path.suffix != kind.suffix:
            raise InvalidConfig(f"prompter {self}: a {self.kind} network is a {kind.suffix} file", field=FIELD)
        elif not path.is_file():
            raise InvalidConfig(f"prompter {self}: there is no file {self.source}", field=FIELD)
