"""What to say of a name that is none of those there are."""

from __future__ import annotations

from collections.abc import Iterable

from maskloop.spelling import did_you_mean

MOST_SHOWN = 40  # letters of what was said


def no_category(said: object, known: Iterable[str]) -> str:
    """That `said` is none of the vocabulary, with the name that was probably meant."""
    names = list(known)
    return f"category {said!r:.{MOST_SHOWN}} is none of {', '.join(names)}{did_you_mean(str(said), names)}"
