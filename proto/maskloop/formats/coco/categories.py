"""The vocabulary of COCO files: which of their categories are classes, and which ids they get here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from maskloop.formats.coco.parsing import CategoryEntry, CocoFile, Id
from maskloop.formats.problems import Problems
from maskloop.values import Category

Numbers = Mapping[Id, int]


def number_categories(files: Sequence[CocoFile], problems: Problems) -> tuple[tuple[Category, ...], list[Numbers]]:
    """The vocabulary of all `files`, by id, and for each file our ids by the file's.

    Categories are the same where their names are. Ids from 1 on stay; where they begin at 0, each becomes one more.
    Ids that are texts, or that differ between the files, are given anew, in the order in which the files name the
    categories.

    Roboflow writes the name of the whole project as category 0, which nobody annotates with: it is left out.
    """
    heads = _unused_heads(files)
    kept = [{id_: entry.name for id_, entry in file.categories.items() if id_ not in heads} for file in files]
    for names in kept:
        _check_names(names, problems)
    ids = _ids(kept)
    categories: list[Category] = []
    for name, id_ in sorted(ids.items(), key=lambda item: item[1]):
        with problems.about("categories", is_vital=True):
            categories.append(Category(id_, name))
    if not ids:
        problems.refuse("categories", "there are none")
    return tuple(categories), [{id_: ids[name] for id_, name in names.items()} for names in kept]


def _unused_heads(files: Sequence[CocoFile]) -> set[Id]:
    """{0} where category 0 is no class in any of the files: others stand below it, or it below "none"."""
    firsts = [(file.categories[0], file.categories) for file in files if 0 in file.categories]
    if not firsts or any(0 in file.categories_in_use() for file in files):
        return set()
    return {0} if all(len(all_) > 1 and _heads(first, all_) for first, all_ in firsts) else set()


def _heads(first: CategoryEntry, categories: Mapping[Id, CategoryEntry]) -> bool:
    above = {entry.supercategory for id_, entry in categories.items() if id_ != 0}
    return first.name in above or (first.supercategory == "none" and "none" not in above)


def _check_names(names: Mapping[Id, str], problems: Problems) -> None:
    bearers: dict[str, Id] = {}
    for id_, name in names.items():
        if name in bearers:
            problems.refuse(f"category {id_}", f"the name {name!r} is there twice")
        bearers.setdefault(name, id_)


def _ids(files: Sequence[Mapping[Id, str]]) -> dict[str, int]:
    """Our id of each name."""
    said = {(name, id_) for names in files for id_, name in names.items()}
    whole = {name: id_ for name, id_ in said if isinstance(id_, int)}
    if len(said) == len(whole) == len(set(whole.values())):
        shift = 1 if 0 in whole.values() else 0
        return {name: id_ + shift for name, id_ in whole.items()}
    return {name: place for place, name in enumerate(dict.fromkeys(n for names in files for n in names.values()), 1)}
