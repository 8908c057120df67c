"""Each method that makes masks from class labels has a page with pictures of it, found from the first page."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.docs.pages import ROOT, links, pages

FOLDER = Path("docs/weak")
INDEX = FOLDER / "README.md"
MOST_BYTES, MOST_BYTES_TOGETHER = 250_000, 2_500_000
names = sorted(page.stem for page in pages() if page.parent == FOLDER and page != INDEX)


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def methods() -> Iterator[Path]:
    """Files that make maps, or refine them, or train what does."""
    for path in sorted((ROOT / "models/localization").glob("*.py")):
        if any(
            isinstance(node, ast.ClassDef) and "MapMethod" in map(ast.unparse, node.bases) for node in tree(path).body
        ):
            yield path
    for path in sorted((ROOT / "models/refinement").glob("*/*.py")):
        for node in tree(path).body:
            refines = isinstance(node, ast.ClassDef) and "Refiner" in map(ast.unparse, node.bases)
            if refines or (isinstance(node, ast.FunctionDef) and node.name.startswith(("refine", "train_"))):
                yield path
                break


def drawn() -> set[str]:
    """The keys of every `STRIPS`."""
    found = set()
    for path in (ROOT / "benchmarks/pictures").glob("*_strips.py"):
        for node in tree(path).body:
            if isinstance(node, ast.AnnAssign) and isinstance(node.value, ast.Dict):
                found |= {ast.literal_eval(key) for key in node.value.keys}
    return found


@pytest.mark.parametrize("path", list(methods()), ids=lambda path: path.stem)
def test_every_method_has_a_page(path):
    file = path.relative_to(ROOT).as_posix()
    assert [name for name in names if f"`{file}`" in (ROOT / FOLDER / f"{name}.md").read_text(encoding="utf-8")]


def test_methods_are_found():
    found = {path.stem for path in methods()}
    assert found > {"cam", "gradcam", "advcam", "ficklenet", "rib", "refiner", "affinitynet", "irn_walk", "irn_train"}
    assert {path.parent.name for path in methods()} == {"localization", "crf", "affinity", "dsrg"}


@pytest.mark.parametrize("name", names)
def test_every_page_has_its_pictures_and_is_found(name):
    assert f"steps/{name}.jpg" in links(FOLDER / f"{name}.md")
    assert {f"{name}.md", f"small/{name}.jpg"} <= set(links(INDEX))
    assert "README.md" in links(FOLDER / f"{name}.md")


def test_every_picture_is_drawn_shown_and_small():
    pictures = sorted((ROOT / FOLDER).glob("*/*.jpg"))
    assert drawn() == set(names)
    assert {f"{path.parent.name}/{path.stem}" for path in pictures} == {
        f"{kind}/{name}" for kind in ("steps", "small") for name in names
    }
    sizes = [path.stat().st_size for path in pictures]
    assert max(sizes) < MOST_BYTES
    assert sum(sizes) < MOST_BYTES_TOGETHER
