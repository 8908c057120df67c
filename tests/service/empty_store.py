"""An empty SQLite database of this program's schema, made by its migrations once a process and then copied."""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path

from service.store import Database


def put_empty_store(file: Path) -> None:
    """Have an empty database in `file`, unless something is there; its folder is made too."""
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(_migrated())


@cache
def _migrated() -> bytes:
    """All migrations take a tenth of a second, and `tests.service.store` has tests of their own for them."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "maskloop.db"
        Database(f"sqlite:///{file}").close()
        assert [path.name for path in file.parent.iterdir()] == [file.name]  # nothing is left beside it
        return file.read_bytes()
