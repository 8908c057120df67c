"""What somebody meant who wrote a name that there is not."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def did_you_mean(written: str, names: Iterable[str]) -> str:
    """The end of an error's message: `; did you mean 'random'?`, or "" where no name is like the one written."""
    small = {name.lower(): name for name in sorted(names)}
    near = difflib.get_close_matches(written.lower(), small, n=1)
    return f"; did you mean {small[near[0]]!r}?" if near else ""
