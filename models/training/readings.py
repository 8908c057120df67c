"""Options of methods whose paper and whose authors' program do not say the same.

Each class of options has both by name, whatever its defaults are: `AdvCam.official(steps=8)`, `Rib.paper()`. A method
of which no program is known has what is known of the paper for both.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Self


class Readings:
    """A class of options with two readings of them."""

    OFFICIAL: ClassVar[Mapping[str, Any]] = {}
    """Options in which the authors' program differs from the defaults."""
    PAPER: ClassVar[Mapping[str, Any]] = {}
    """Those in which the text does."""

    @classmethod
    def official(cls, *given: Any, **options: Any) -> Self:
        """As in the authors' program, but for these options; errors as of the class."""
        made: Callable[..., Self] = cls
        return made(*given, **{**cls.OFFICIAL, **options})

    @classmethod
    def paper(cls, *given: Any, **options: Any) -> Self:
        """As the text reads, but for these options; errors as of the class."""
        made: Callable[..., Self] = cls
        return made(*given, **{**cls.PAPER, **options})
