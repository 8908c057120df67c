"""What somebody meant who wrote a name that there is not."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

LONGEST = 80  # letters of what was written that are looked at


def did_you_mean(written: str, names: Iterable[str]) -> str:
    """The end of an error's message: `; did you mean 'random'?`, or "" where no name is like the one written."""
    folded = {name.casefold(): name for name in sorted(names, reverse=True)}
    near = difflib.get_close_matches(written[:LONGEST].casefold(), folded, n=1)
    return f"; did you mean {folded[near[0]]!r}?" if near else ""
