"""Every benchmark is found by its name alone, and every name has one."""

import ast

import pytest

from benchmarks.__main__ import APART, BENCHMARKS, asked, module_of
from tests.docs.pages import ROOT


def test_every_file_with_a_main_has_a_name():
    files = [path for path in (ROOT / "benchmarks").glob("*/*.py") if path.stem != "__init__"]
    with_main = {
        path.stem
        for path in files
        if any(isinstance(node, ast.FunctionDef) and node.name == "main" for node in ast.parse(path.read_text()).body)
    }
    assert with_main == {*BENCHMARKS, *APART}
    assert len({path.stem for path in files}) == len(files)


@pytest.mark.parametrize("name", [*BENCHMARKS, *APART])
def test_a_name_is_a_module(name):
    assert (ROOT / f"{module_of(name).replace('.', '/')}.py").is_file()


def test_words_are_names_or_the_arguments_of_the_first():
    assert asked([]) == [[name] for name in BENCHMARKS]
    assert asked(["costs", "scoring"]) == [["costs"], ["scoring"]]
    assert asked(["house", "bdee49a"]) == [["house", "bdee49a"]]
    assert asked(["strategies", "1000000", "core_set"]) == [["strategies", "1000000", "core_set"]]
    with pytest.raises(SystemExit, match=r"fotographs is none of .*did you mean 'photographs'"):
        asked(["fotographs", "--seeds", "0"])


def test_no_room_holds_more_than_sixteen_files():
    """Beside its `__init__.py`."""
    assert all(len(list(room.glob("*.*"))) <= 17 for room in (ROOT / "benchmarks").iterdir() if room.is_dir())
