"""The shape of the house: `python -m benchmarks house [BEFORE [AFTER]]` prints a Markdown table, a column a commit.

Every number is read from the sources with `ast`; nothing is imported. The working tree stands for a commit left out.
A room is a folder that holds modules itself, and its name is the path of that folder; the part before the room's first
folder (`models`, `service`, `maskloop.compare`) is its wing. An import between rooms is a pair (module, module of
another room of the wing). The floor of a room is the number of rooms on the longest way down from it, itself included;
rooms that import one another in a circle share a floor, as one room would.
"""

from __future__ import annotations

import ast
import io
import statistics
import subprocess
import sys
import tarfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path, PurePosixPath

ROOT = Path(__file__).resolve().parents[2]
WINGS = {"models": "models", "service": "service", "compare": "clients/maskloop/compare"}
LEFT_OUT = ("proto/maskloop/v1/", "service/migrations/")  # generated, and history
PREFIXES = ("proto/", "clients/")  # folders on the path, which are no part of a module's name
LONG_FILE, LONG_FUNCTION, FULL_FOLDER = 300, 50, 16

Sources = Mapping[str, str]
Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Module:
    """A Python file of the product.

    Args:
        path: from the repository's root.
        name: by which it is imported.
        tree: what it says.
        lines: number of them.
    """

    path: PurePosixPath
    name: str
    tree: ast.Module
    lines: int

    @property
    def room(self) -> str:
        """The folder that it lies in."""
        return self.path.parent.as_posix()

    @property
    def function_lines(self) -> list[int]:
        """Lines of every function and method, its decorators left out."""
        functions = [node for node in ast.walk(self.tree) if isinstance(node, Function)]
        return [(node.end_lineno or node.lineno) - node.lineno + 1 for node in functions]

    @property
    def is_bare(self) -> bool:
        """Whether it is an `__init__` that holds a docstring at most."""
        return self.path.name == "__init__.py" and len(self.tree.body) <= 1


def main() -> None:
    """Print the table for the commits; for fewer than two, for the working tree too."""
    columns = {commit: read_commit(commit) for commit in sys.argv[1:]}
    if len(columns) < 2:
        columns["working tree"] = read_working_tree()
    measured = {name: measure([_parse(path, text) for path, text in files.items()]) for name, files in columns.items()}
    print("| | " + " | ".join(measured) + " |")
    print("|---|" + "---:|" * len(measured))
    for row in next(iter(measured.values())):
        print(f"| {row} | " + " | ".join(rows[row] for rows in measured.values()) + " |")


def read_commit(commit: str) -> Sources:
    """Path to text of the product's Python files as they were committed."""
    archive = subprocess.run(["git", "archive", commit], cwd=ROOT, capture_output=True, check=True).stdout
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        files = [member for member in tar.getmembers() if member.isfile() and _is_product(member.name)]
        return {member.name: _read(tar, member) for member in files}


def _read(tar: tarfile.TarFile, member: tarfile.TarInfo) -> str:
    file = tar.extractfile(member)
    assert file is not None
    return file.read().decode()


def read_working_tree() -> Sources:
    """Path to text of the product's Python files as they are."""
    paths = (path.relative_to(ROOT).as_posix() for top in _tops() for path in sorted((ROOT / top).rglob("*.py")))
    return {path: (ROOT / path).read_text(encoding="utf-8") for path in paths if _is_product(path)}


def _tops() -> tuple[str, ...]:
    return ("models", "service", "selection", "proto/maskloop", "clients/maskloop")


def _is_product(path: str) -> bool:
    return (
        path.endswith(".py") and path.startswith(tuple(f"{top}/" for top in _tops())) and not path.startswith(LEFT_OUT)
    )


def _parse(path: str, text: str) -> Module:
    place = PurePosixPath(path)
    parts = place.with_suffix("").parts
    parts = parts[1:] if path.startswith(PREFIXES) else parts
    parts = parts[:-1] if parts[-1] == "__init__" else parts
    return Module(place, ".".join(parts), ast.parse(text, path), text.count("\n"))


def measure(modules: Sequence[Module]) -> dict[str, str]:
    """The rows of a column."""
    rows: dict[str, str] = {}
    for wing, folder in WINGS.items():
        inside = [module for module in modules if module.path.as_posix().startswith(f"{folder}/")]
        rows |= {f"`{wing}`: {what}": value for what, value in _wing_rows(inside).items()}
    functions = sorted(lines for module in modules for lines in module.function_lines)
    files = {module.path.as_posix(): module.lines for module in modules if not module.is_bare}
    longest = max(files, key=files.__getitem__)
    return rows | {
        "all: files": str(len(modules)),
        "all: folders": str(len({module.room for module in modules})),
        "all: lines": f"{sum(module.lines for module in modules):,}",
        "all: median file, lines": f"{statistics.median(files.values()):.0f}",
        "all: longest file, lines": f"{files[longest]} (`{longest}`)",
        f"all: files over {LONG_FILE} lines": str(sum(lines > LONG_FILE for lines in files.values())),
        "all: functions": f"{len(functions):,}",
        "all: median function, lines": f"{statistics.median(functions):.0f}",
        f"all: functions over {LONG_FUNCTION} lines": str(sum(lines > LONG_FUNCTION for lines in functions)),
        f"all: folders of more than {FULL_FOLDER} files": _full_folders(modules),
    }


def _wing_rows(modules: Sequence[Module]) -> dict[str, str]:
    edges = imports(modules)
    between = {(upper.room, lower.room) for upper, lower in edges if upper.room != lower.room}
    crossing = sum(upper.room != lower.room for upper, lower in edges)
    rooms = {module.room for module in modules if not module.is_bare}
    files = {module.path.as_posix(): module.lines for module in modules if not module.is_bare}
    longest = max(files, key=files.__getitem__)
    return {
        "files": str(len(modules)),
        "rooms": str(len(rooms)),
        "floors of rooms": str(count_floors(rooms, between)),
        "floors of files": str(
            count_floors(set(files), {(str(upper.path), str(lower.path)) for upper, lower in edges})
        ),
        "imports between rooms": str(crossing),
        "imports inside rooms": str(len(edges) - crossing),
        "median file, lines": f"{statistics.median(files.values()):.0f}",
        "longest file, lines": f"{files[longest]} (`{PurePosixPath(longest).name}`)",
        f"folders of more than {FULL_FOLDER} files": _full_folders(modules),
    }


def _full_folders(modules: Sequence[Module]) -> str:
    rooms = [module.room for module in modules]
    return str(sum(rooms.count(room) > FULL_FOLDER for room in set(rooms)))


def imports(modules: Sequence[Module]) -> set[tuple[Module, Module]]:
    """Pairs (module, module that it imports), both of these, at whatever place of the file."""
    by_name = {module.name: module for module in modules}
    named = ((module, _find(name, by_name)) for module in modules for name in _imported(module))
    return {(module, other) for module, other in named if other is not None and other is not module}


def _imported(module: Module) -> Iterator[str]:
    """Dotted names; of `from a import b`, `a.b`."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _find(name: str, by_name: Mapping[str, Module]) -> Module | None:
    """The module of that name, or the one that defines it."""
    return by_name.get(name) or by_name.get(name.rpartition(".")[0])


def count_floors(places: set[str], edges: set[tuple[str, str]]) -> int:
    """Places on the longest way down, those of a circle counted once together."""
    below: dict[str, set[str]] = {place: set() for place in places}
    for upper, lower in edges:
        if upper in below and lower in below:
            below[upper].add(lower)
    reached = {place: _reach(place, below) for place in places}
    circle = {
        place: frozenset(other for other in reached[place] if place in reached[other]) | {place} for place in places
    }

    @cache
    def floor(group: frozenset[str]) -> int:
        lower = {circle[other] for place in group for other in below[place]} - {group}
        return 1 + max(map(floor, lower), default=0)

    return max(map(floor, circle.values()), default=0)


def _reach(place: str, below: Mapping[str, set[str]]) -> set[str]:
    reached: set[str] = set()
    waiting = [place]
    while waiting:
        for lower in below[waiting.pop()] - reached:
            reached.add(lower)
            waiting.append(lower)
    return reached


if __name__ == "__main__":
    main()
