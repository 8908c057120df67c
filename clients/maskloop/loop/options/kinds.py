"""Which kinds of labels a campaign buys to learn from, and what share of the seconds each of them gets."""

from __future__ import annotations

import math

from maskloop.errors import InvalidArgument
from maskloop.spelling import did_you_mean
from maskloop.values import MARKS, SupervisionKind

BOUGHT = (SupervisionKind.FULL, *MARKS)
ROUNDING = 1e-9
AUTO = "auto"
EXPECTED = {SupervisionKind.FULL: 0.25, SupervisionKind.BOXES: 0.75}
"""How the server divides a first batch, by what other campaigns gained, where boxes take a tenth of the time."""


def parse_kinds(text: str) -> dict[SupervisionKind, float]:
    """Shares of the seconds by kind, which add up to 1: `boxes,full` is half each, `boxes=0.75,full` three
    quarters, and `points=0.2,boxes=0.3,full` leaves half of them for outlines. Of `auto` they are
    those that are expected of the first batch.

    Raises:
        InvalidArgument: an unknown kind, one that comes twice, a share that cannot be, or no full labels.
    """
    if text.strip() == AUTO:
        return dict(EXPECTED)
    named: dict[SupervisionKind, float | None] = {}
    for part in text.split(","):
        name, equals, share = (each.strip() for each in part.partition("="))
        if name not in BOUGHT:
            raise _refused(
                text, f"{name!r} is none of {', '.join(BOUGHT)}{did_you_mean(name, [AUTO, *map(str, BOUGHT)])}"
            )
        kind = SupervisionKind(name)
        if kind in named:
            raise _refused(text, f"{name} is there twice")
        named[kind] = _share(text, name, share) if equals else None
    if SupervisionKind.FULL not in named:
        raise _refused(text, "networks learn what an outline is from full labels: add full")
    known = sum(share for share in named.values() if share is not None)
    open_kinds = [kind for kind, share in named.items() if share is None]
    left = 1 - known
    if left < -ROUNDING or (open_kinds and left < ROUNDING) or (not open_kinds and left > ROUNDING):
        raise _refused(text, "shares have to add up to 1, and none is 0")
    return {kind: left / len(open_kinds) if share is None else share for kind, share in named.items()}


def _share(text: str, name: str, share: str) -> float:
    try:
        value = float(share)
    except ValueError:
        value = math.nan
    if not 0 < value <= 1:
        raise _refused(text, f"{name}={share} is no share in (0, 1]")
    return value


def _refused(text: str, why: str) -> InvalidArgument:
    return InvalidArgument(f"--kinds {text!r}: {why}", field="kinds")
