"""File names as people's tools spell them, each matched to the file it means and never to another.

Two lists are held against each other, first as they are written, then more and more freely. What a step matches takes
no part in the next. A name that could mean two files, and two names that could mean one, are not matched but told.

1. as written
2. slashes: `images\\a.png`, `./a.png`
3. spelling: `a%20b.png` (URL quoting), accents apart from letters (NFD), `/data/local-files/?d=a.png` (Label Studio)
4. folders: `task/7/a.png` or `/home/ada/photos/a.png` for `a.png`, and the other way round
5. uploads: `0a1b2c3d-a.png` (Label Studio), `a_png.rf.0123abcd.jpg` (Roboflow)
6. capitals: `A.PNG`
"""

from __future__ import annotations

import posixpath
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import islice
from unicodedata import normalize
from urllib.parse import unquote

NOT_LISTED = "the file does not list this image"
MOST_NAMED = 3
MOST_EXPLAINED = 10
MOST_COMPARED = 2000

LOCAL_FILES = "data/local-files/?d="
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://[^/?#]*/([^?#]*)")
_LABEL_STUDIO = re.compile(r"[0-9a-f]{8}-(.+)")
_ROBOFLOW = re.compile(r"(.+)\.rf\.[0-9A-Za-z]+\.\w+")

Forms = tuple[set[str], set[str]]
"""Long and short forms: two names may mean one file where a long form of the one is a short form of the other."""


@dataclass(frozen=True)
class NameMatches:
    """What came of `match_names`.

    Args:
        found: for each wanted name that was found, the listed name that means it; each listed name once at most.
        problems: for each other wanted name, why it was not found, for people; without the name itself.
    """

    found: Mapping[str, str]
    problems: Mapping[str, str]


def match_names(listed: Iterable[str], wanted: Iterable[str], missing: str = NOT_LISTED) -> NameMatches:
    """For each wanted name the listed one that means the same file.

    Args:
        listed: names in a tool's file, or of the files in a folder. One that is there twice is a problem if wanted.
        wanted: names to find.
        missing: what to say of a name that is not found. The nearest listed names are added, or the first.
    """
    names, asked = tuple(listed), tuple(dict.fromkeys(wanted))
    found: dict[str, str] = {}
    problems: dict[str, str] = {}
    by_path = _by_path(names)
    for forms in STEPS:
        open_ = [name for name in asked if name not in found and name not in problems]
        taken = set(found.values())
        options = _options([name for name in dict.fromkeys(names) if name not in taken], open_, forms)
        claims = _claims(options)
        for name, its in options.items():
            if len(its) > 1:
                problems[name] = f"it may be {_either(its)}: only one can be meant"
            elif len(claims[its[0]]) > 1:
                problems[name] = f"{its[0]!r} may be {_either(claims[its[0]])}: only one can be meant"
            elif len(spellings := by_path[as_path(its[0])]) > 1:
                problems[name] = f"it is listed twice, as {spellings[0]!r} and {spellings[1]!r}"
            else:
                found[name] = its[0]
    open_ = [name for name in asked if name not in found and name not in problems]
    return NameMatches(found, problems | _not_found(names, found, open_, missing))


def as_path(name: str) -> str:
    """`name` with slashes, without what does not matter: `./a//b/../c.png` and `a\\c.png` are `a/c.png`."""
    path = posixpath.normpath(name.replace("\\", "/")).lstrip("/")
    while path.startswith("../"):
        path = path[3:]
    return path


def _as_written(name: str) -> Forms:
    return {name}, {name}


def _with_slashes(name: str) -> Forms:
    return {as_path(name)}, {as_path(name)}


def _spelled(name: str) -> Forms:
    return {_spelling(name)}, {_spelling(name)}


def _in_folders(name: str) -> Forms:
    """A long path may be cut to any of its ends."""
    parts = _spelling(name).split("/")
    return {"/".join(parts[start:]) for start in range(len(parts))}, {"/".join(parts)}


def _uploaded(name: str) -> Forms:
    """A tool's name may be cut to what it was made from; a name may be what a tool made it from, in any folder."""
    base = posixpath.basename(_spelling(name))
    origins = set()
    if upload := _LABEL_STUDIO.fullmatch(base):
        origins.add(f"label-studio:{upload[1]}")
    if upload := _ROBOFLOW.fullmatch(base):
        origins.add(f"roboflow:{_letters_and_digits(upload[1])}")
    saved = re.sub(r"[^-\w.]", "", base.strip().replace(" ", "_"))  # Django keeps these of a name
    return origins, {f"label-studio:{base}", f"label-studio:{saved}", f"roboflow:{_letters_and_digits(base)}"}


def _letters_and_digits(name: str) -> str:
    """Nothing else of a name is sure to be kept: Roboflow writes `IMG 1.jpg` as `IMG-1_jpg`."""
    return re.sub(r"[\W_]+", "_", name)


def _in_any_case(name: str) -> Forms:
    folded = name.casefold()
    folders, uploads = _in_folders(folded), _uploaded(folded)
    return folders[0] | uploads[0], folders[1] | uploads[1]


STEPS: Sequence[Callable[[str], Forms]] = (
    _as_written,
    _with_slashes,
    _spelled,
    _in_folders,
    _uploaded,
    _in_any_case,
)


def _spelling(name: str) -> str:
    before, local, path = name.partition(LOCAL_FILES)
    if not local:
        url = _URL.fullmatch(name.partition("?")[0].partition("#")[0]) if "://" in name else None
        path = url[1] if url else before
    return normalize("NFC", as_path(unquote(path)))


def _options(listed: Iterable[str], wanted: Iterable[str], forms: Callable[[str], Forms]) -> dict[str, list[str]]:
    """For each wanted name that has any: the listed names it may be, in their order."""
    wanted = list(wanted)
    if not wanted:
        return {}
    by_long: dict[str, list[str]] = defaultdict(list)
    by_short: dict[str, list[str]] = defaultdict(list)
    for name in listed:
        long, short = forms(name)
        for form in long:
            by_long[form].append(name)
        for form in short:
            by_short[form].append(name)
    options: dict[str, list[str]] = {}
    for name in wanted:
        long, short = forms(name)
        its = [each for form in short for each in by_long.get(form, ())]
        its += [each for form in long for each in by_short.get(form, ())]
        if its:
            options[name] = sorted(set(its))
    return options


def _by_path(names: Iterable[str]) -> Mapping[str, Sequence[str]]:
    """The names of each path: equal ones, and those that differ in their slashes only."""
    by_path: dict[str, list[str]] = defaultdict(list)
    for name in names:
        by_path[as_path(name)].append(name)
    return by_path


def _claims(options: Mapping[str, Sequence[str]]) -> Mapping[str, Sequence[str]]:
    claims: dict[str, list[str]] = defaultdict(list)
    for name, its in options.items():
        for each in its:
            claims[each].append(name)
    return claims


def _not_found(listed: Sequence[str], found: Mapping[str, str], open_: Sequence[str], missing: str) -> dict[str, str]:
    """Why names were not found: another name has theirs, or what is listed is too unlike."""
    others = {its: name for name, its in found.items()}
    problems: dict[str, str] = {}
    for forms in STEPS:
        taken = _options(others, [name for name in open_ if name not in problems], forms)
        for name, its in taken.items():
            problems[name] = f"{missing}; {its[0]!r} is taken for {others[its[0]]!r}"
    few = tuple(islice(dict.fromkeys(listed), MOST_COMPARED))
    for name in open_:
        if name not in problems:
            problems[name] = missing + (_hint(name, few, len(set(listed))) if len(problems) < MOST_EXPLAINED else "")
    return problems


def _hint(name: str, listed: Sequence[str], count: int) -> str:
    """The names nearest to `name`, or the first."""
    if not listed:
        return "; there is no other"
    bases: dict[str, str] = {}
    for each in listed:
        bases.setdefault(posixpath.basename(_spelling(each)).casefold(), each)
    near = get_close_matches(posixpath.basename(_spelling(name)).casefold(), bases, MOST_NAMED)
    if near:
        return f"; the nearest there: {', '.join(repr(bases[base]) for base in near)}"
    more = f" and {count - MOST_NAMED} more" if count > MOST_NAMED else ""
    return f"; others there: {', '.join(map(repr, listed[:MOST_NAMED]))}{more}"


def _either(names: Sequence[str]) -> str:
    more = f" (and {len(names) - 2} more)" if len(names) > 2 else ""
    return f"{names[0]!r} or {names[1]!r}{more}"
