"""What to say of a name that is none of those there are."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

MOST_SHOWN = 40  # letters of what was said


def no_category(said: object, known: Iterable[str]) -> str:
    """That `said` is none of the vocabulary, with the name that was probably meant."""
    names = list(known)
    return f"category {said!r:.{MOST_SHOWN}} is none of {', '.join(names)}{did_you_mean(said, names)}"


def did_you_mean(said: object, known: Iterable[str]) -> str:
    """`; did you mean ...?` with the nearest of the names, in whatever case; "" where none is near."""
    folded: dict[str, str] = {}
    for name in known:
        folded.setdefault(name.casefold(), name)
    near = get_close_matches(str(said)[: 2 * MOST_SHOWN].casefold(), folded, 1)
    return f"; did you mean {folded[near[0]]}?" if near else ""
