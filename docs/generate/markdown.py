"""Tables and cells of Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def cell(text: str | None) -> str:
    """Text for one cell of a table: on one line, with no bar that would end it."""
    return " ".join((text or "").split()).replace("|", "\\|").replace("<", "&lt;")


def table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; its cells are Markdown already."""
    lines = [headings, ["---"] * len(headings), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
