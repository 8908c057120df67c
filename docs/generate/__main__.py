"""Writes the pages of docs/ that are made from the code, and checks that the committed ones are fresh.

    python -m docs.generate generate | check

`docs/cli.md` comes from the commands themselves, `docs/configuration.md` from the server's configuration,
`docs/wire.md` from the comments of the .proto files.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from docs.generate.cli_reference import cli_page
from docs.generate.configuration_reference import configuration_page
from docs.generate.wire_reference import wire_page

DOCS = Path(__file__).resolve().parents[1]
PAGES: Mapping[str, Callable[[], str]] = {
    "cli.md": cli_page,
    "configuration.md": configuration_page,
    "wire.md": wire_page,
}


def generate() -> None:
    """Write every page."""
    for name, page in PAGES.items():
        (DOCS / name).write_text(page(), encoding="utf-8")


def check() -> None:
    """Exit with an error when a committed page is not what the code gives."""
    stale = [name for name, page in PAGES.items() if _kept(DOCS / name) != page()]
    if stale:
        sys.exit(f"stale pages of docs/, run `make docs`: {', '.join(stale)}")


def _kept(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.exists() else ""


if __name__ == "__main__":
    {"generate": generate, "check": check}[sys.argv[1]]()
