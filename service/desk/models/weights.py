"""Weights that trainings may start from: names, or files below the server's weights roots."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from maskloop.errors import InvalidConfig
from maskloop.spelling import did_you_mean
from models.encoders.names import NAMED_WEIGHTS

SHOWN = 200  # characters of what was written that a refusal repeats


class WeightsRoots:
    """Says which files may be read.

    Args:
        roots: folders below which they may lie, links followed; none refuses all files.
        max_bytes: size of the largest.
    """

    def __init__(self, roots: Sequence[Path] = (), max_bytes: int = 8 << 30) -> None:
        self._roots = tuple(root.resolve() for root in roots)
        self._max_bytes = max_bytes

    def check(self, overrides: Mapping[str, Any]) -> None:
        """Check the weights that a recipe's options name, if they name any.

        What lies outside the roots is refused in the same words whether it exists or not.

        Raises:
            InvalidConfig: no such name, a file outside the roots, none at all, no regular one, or too large a one.
        """
        weights = overrides.get("weights")
        if not isinstance(weights, str) or weights in ("", *NAMED_WEIGHTS):
            return
        shown = repr(weights[:SHOWN])
        try:
            path = Path(weights).resolve()
            is_inside = any(path.is_relative_to(root) for root in self._roots)
        except (OSError, RuntimeError, ValueError):  # too long a name, links in a circle, a null in it
            is_inside = False
        if not is_inside:
            near = did_you_mean(weights, NAMED_WEIGHTS)
            raise InvalidConfig(
                f"weights {shown} are none of {', '.join(NAMED_WEIGHTS)}, and lie under none of this server's "
                f"weights_roots{near}",
                field="weights",
            )
        try:
            size = path.stat().st_size if path.is_file() else None
        except OSError:
            size = None
        if size is None:
            raise InvalidConfig(f"weights {shown} are no file that can be read", field="weights")
        if size > self._max_bytes:
            raise InvalidConfig(
                f"weights {shown} have {size} bytes; max_weights_bytes is {self._max_bytes}", field="weights"
            )
