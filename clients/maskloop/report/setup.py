"""How a campaign was measured, for the reader who wants to repeat it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from maskloop.values import OUTLINE_FLAT, Category, OutlinePrice


@dataclass(frozen=True)
class Setup:
    """How it was measured, for the reader who wants to repeat it. "" and 0 mean: not recorded.

    `started_at` is ISO 8601; `versions` maps a package to its version; `count_conditioned`: whether networks are
    told what an image holds, or find it by themselves; `outline_price` is what an outline was planned to take.
    """

    command: str = ""
    started_at: str = ""
    data: str = ""
    labeler: str = ""
    recipe: str = ""
    encoder: str = ""
    image_size: int = 0
    count_conditioned: bool | None = None
    device: str = ""
    machine: str = ""
    pool_images: int = 0
    initial_images: int = 0
    test_images: int = 0
    categories: tuple[Category, ...] = ()
    outline_price: OutlinePrice = OUTLINE_FLAT
    versions: Mapping[str, str] = field(default_factory=dict)
