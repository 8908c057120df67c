"""How large encoders are: which of timm's give the taps that networks here stand on, and what they take.

`sizes.json` is measured, see `models/encoders/measure_sizes.py`; it is read without torch, so that a server can say how
much memory a training takes before it begins.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FILE = Path(__file__).with_name("sizes.json")


@dataclass(frozen=True)
class EncoderSize:
    """What an encoder takes.

    Args:
        parameters: of it.
        kept: float32 values that are kept for the way back, a pixel of the picture.
        widest: values of the largest intermediate result, a pixel of the picture.
        finer: whether its last tap can be at 1/16 of the picture, in the place of 1/32.
    """

    parameters: int
    kept: float
    widest: float
    finer: bool


def encoder_size(name: str) -> EncoderSize | None:
    """By name, as recipes keep it; `None` for one that gives no such taps, of squares of any size."""
    row = _rows().get(name)
    return EncoderSize(int(row[0]), row[1], row[2], bool(row[3])) if row else None


@cache
def _rows() -> dict[str, list[float]]:
    rows: dict[str, list[float]] = json.loads(FILE.read_text(encoding="utf-8"))
    return rows
