"""What the pages name is there: files, commands in tables, and the functions that the walks pass through."""

from __future__ import annotations

import ast
import re
import shlex
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from benchmarks.__main__ import APART, BENCHMARKS
from docs.generate.cli_reference import all_commands
from tests.docs.pages import CODE, ROOT, pages

ROOMS = ("models", "service", "selection", "clients", "proto", "tests", "benchmarks", "examples", "docs")
PLACE = re.compile(rf"(?:{'|'.join(ROOMS)})/[\w./-]+")
METHODS = Path("docs/methods.md")
WALKS = Path("docs/walks.md")


def code(page) -> list[str]:
    """The inline code of a page, without its fenced blocks."""
    text = re.sub(r"```.*?```", "", (ROOT / page).read_text(encoding="utf-8"), flags=re.DOTALL)
    return [span.strip("`") for span in CODE.findall(text)]


def rows(page, heading: str = "") -> list[list[str]]:
    """The cells of all tables of a page, or of its part under the `##` heading that begins so."""
    text = (ROOT / page).read_text(encoding="utf-8")
    parts = [part for part in text.split("\n## ") if part.startswith(heading)] if heading else [text]
    lines = [line for part in parts for line in part.splitlines()]
    table = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("|")]
    return [cells for cells in table if not set("".join(cells)) <= set("- :")]


@pytest.mark.parametrize("page", pages(), ids=str)
def test_files_that_a_page_names_are_there(page):
    named = [span for span in code(page) if PLACE.fullmatch(span)]
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_commands_of_the_methods_are_such_as_the_programs_take():
    known = all_commands()
    commands = [span for span in code(METHODS) if span.startswith(("al-loop", "maskloop ", "python"))]
    assert len(commands) > 20
    for command in commands:
        words = shlex.split(command)
        if words[0] == "python":
            assert words[:3] == ["python", "-m", "benchmarks"], command
            assert words[3] in {*BENCHMARKS, *APART}, command
        else:
            name = max((name for name in known if words[: len(name.split())] == name.split()), key=len)
            known[name].make_context(name, words[len(name.split()) :])


def test_every_method_names_a_file_and_a_command():
    methods = [cells for cells in rows(METHODS) if len(cells) == 5 and cells[0] != "method"]
    assert len(methods) > 20
    assert [cells[0] for cells in methods if not ("`" in cells[2] and "`" in cells[3] and cells[4])] == []


def test_every_strategy_has_a_method():
    named = " ".join(code(METHODS))
    strategies = {path.stem for path in (ROOT / "selection" / "strategies").glob("[!_]*.py")} - {"mix", "random_order"}
    assert [name for name in sorted(strategies) if f"strategies/{name}.py" not in named] == []


@cache
def names_in(path: str) -> set[str]:
    """What a Python file defines: functions, classes, methods as `Class.method`; of a .proto file, its words."""
    text = (ROOT / path).read_text(encoding="utf-8")
    if not path.endswith(".py"):
        return set(re.findall(r"\w+", text))
    names = set()
    for node in ast.parse(text).body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(node.name)
            names |= {
                f"{node.name}.{inner.name}"
                for inner in getattr(node, "body", ())
                if isinstance(inner, ast.FunctionDef | ast.AsyncFunctionDef)
            }
    return names


def stops(heading: str) -> list[list[str]]:
    """The stops of one walk: number, file, functions, what happens."""
    return [cells for cells in rows(WALKS, heading) if len(cells) == 4 and cells[0] != "stop"]


@pytest.mark.parametrize("walk", ["SelectBatch", "A round"])
def test_a_walk_passes_through_functions_that_are_there(walk):
    missing = []
    for _, file, function, _ in stops(walk):
        for name in CODE.findall(function):
            if name.strip("`") not in names_in(file.strip("`")):
                missing.append(f"{file}: {name}")
    assert missing == []


@pytest.mark.parametrize(("walk", "least"), [("SelectBatch", 20), ("A round", 40)])
def test_a_walk_stops_at_no_file_more_than_twice(walk, least):
    visits = [file for _, file, _, _ in stops(walk)]
    assert [int(number) for number, *_ in stops(walk)] == list(range(1, len(visits) + 1))
    assert len(visits) > least
    assert [file for file, times in Counter(visits).items() if times > 2] == []


def test_an_image_becomes_at_most_six_types_from_its_file_to_the_table():
    predicting = ast.get_docstring(ast.parse((ROOT / "models/annotation/predict.py").read_text(encoding="utf-8")))
    types = [(kind.strip("`"), file.strip("`")) for kind, file, _ in rows(WALKS, "What an image becomes")[1:]]
    assert 4 < len(types) <= 6
    assert [kind for kind, file in types if kind not in names_in(file)] == []
    told = re.findall(r"^\d\. .*?`(\w+)`.*?\(([\w/.]+)\)[;.]$", predicting, flags=re.MULTILINE | re.DOTALL)
    assert told == types
