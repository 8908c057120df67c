"""What `--device` says: where networks are trained."""

from __future__ import annotations

import re

from maskloop.errors import InvalidArgument
from maskloop.spelling import did_you_mean


def check_device(name: str) -> None:
    """Raises InvalidArgument where it is no name of a device; whether there is one, the server says."""
    if not re.fullmatch(r"auto|cpu|cuda(:\d+)?", name):
        near = did_you_mean(name, ("auto", "cpu", "cuda"))
        raise InvalidArgument(f"--device {name!r} is none of auto, cpu, cuda, cuda:N{near}", field="device")
