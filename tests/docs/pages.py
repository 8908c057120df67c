"""The pages a person reads, taken apart: prose, blocks of code, links and headings."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
FENCE = "```"
LINK = re.compile(r"!?\[(?P<text>[^\]]*)\]\((?P<target>[^)\s]+)\)")
CODE = re.compile(r"`[^`]+`")


def pages() -> list[Path]:
    """README, CONTRIBUTING and all of docs/, relative to the checkout."""
    paths = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
    return [path.relative_to(ROOT) for path in paths]


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, its text, the first line's number, and what a comment before it says.

    `<!-- not run: REASON -->` on the line before marks a block that no test runs.
    """

    page: Path
    line: int
    language: str
    text: str
    note: str

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


def blocks(page: Path) -> Iterator[Block]:
    """The fenced blocks of a page, in order."""
    lines = (ROOT / page).read_text(encoding="utf-8").splitlines()
    opened: int | None = None
    for number, line in enumerate(lines):
        if not line.startswith(FENCE):
            continue
        if opened is None:
            opened = number
            continue
        before = lines[opened - 1].strip() if opened else ""
        note = before.removeprefix("<!--").removesuffix("-->").strip() if before.startswith("<!--") else ""
        text = "\n".join(lines[opened + 1 : number]) + "\n"
        yield Block(page, opened + 2, lines[opened].removeprefix(FENCE).strip(), text, note)
        opened = None
    assert opened is None, f"{page}: a block is not closed"


def prose(page: Path) -> list[str]:
    """Paragraphs, items of lists and headings, each on one line; no code blocks, tables, pictures or comments."""
    paragraphs: list[list[str]] = [[]]
    fenced = False
    for line in (ROOT / page).read_text(encoding="utf-8").splitlines():
        stripped = line.strip()
        if stripped.startswith(FENCE):
            fenced = not fenced
        if fenced or not stripped or stripped.startswith((FENCE, "|", "<!--", "![")):
            paragraphs.append([])
            continue
        if re.match(r"([-*]|\d+\.|#+) ", stripped):
            paragraphs.append([])
        paragraphs[-1].append(re.sub(r"^([-*]|\d+\.|#+) ", "", stripped))
        if stripped.startswith("#"):
            paragraphs.append([])
    return [" ".join(lines) for lines in paragraphs if lines]


def links(page: Path) -> list[str]:
    """Targets of the page's links and pictures, outside of code."""
    text = (ROOT / page).read_text(encoding="utf-8")
    outside = re.sub(r"```.*?```", "", text, flags=re.DOTALL)
    return [match["target"] for match in LINK.finditer(CODE.sub("", outside))]


def anchors(page: Path) -> set[str]:
    """What `#...` may name in a page: its headings, as GitHub spells them."""
    headings = set()
    fenced = False
    for line in (ROOT / page).read_text(encoding="utf-8").splitlines():
        fenced ^= line.startswith(FENCE)
        if line.startswith("#") and not fenced:
            title = LINK.sub(lambda match: match["text"], line.lstrip("#").strip()).replace("`", "")
            headings.add(re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-"))
    return headings
