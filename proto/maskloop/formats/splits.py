"""Which images are for training and which for testing: as lists say, as files lie, or drawn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from maskloop.formats.datasets import Dataset
from maskloop.formats.file_names import match_names
from maskloop.formats.files import read_text
from maskloop.formats.problems import Problems

TEST_SHARE = 0.3

Split = tuple[tuple[str, ...], tuple[str, ...], str]
"""Training images, test images, and where that comes from."""


def draw_split(dataset: Dataset, why: str, seed: int) -> Dataset:
    """`dataset` with 30 % of its images for testing, at least one on each side if there are two.

    Where some images are labeled and some are not, test images are drawn from those that are. The draw depends on the
    names, not on their order.
    """
    labeled = [image.file_name for image in dataset.images if image.is_labeled]
    names = sorted(labeled or [image.file_name for image in dataset.images])
    order = np.random.default_rng(seed).permutation(len(names))
    tested = min(max(1, round(TEST_SHARE * len(names))), len(dataset.images) - 1)
    test = {names[place] for place in order[:tested]}
    in_order = [image.file_name for image in dataset.images]
    return replace(
        dataset,
        train=tuple(name for name in in_order if name not in test),
        test=tuple(name for name in in_order if name in test),
        split_from=f"{why}: {tested} of {len(names)} images drawn for testing by seed {seed}",
    )


def listed_split(folder: Path, names: Sequence[str], problems: Problems) -> Split | None:
    """The split of train.txt and test.txt in `folder`, one file name a line; `None` where neither is there.

    A missing list is the rest of the images. Lines are matched as `match_names` does.

    Args:
        folder: of the data set.
        names: file names of all images.
        problems: is told what does not hold.

    Raises:
        InvalidDataset: a list cannot be read.
    """
    files = {side: folder / f"{side}.txt" for side in ("train", "test")}
    lists = {side: _lines(file) for side, file in files.items() if file.exists()}
    if not lists:
        return None
    known = match_names(names, [line for lines in lists.values() for line in lines], "it is no image of the data set")
    bearer: dict[str, str] = {}
    for side, lines in lists.items():
        if not lines:
            problems.refuse(f"{side}.txt", "names no image")
        for line in lines:
            if line in known.problems:
                if not problems.concerns(line):  # that image could not be read, which is told already
                    problems.add(f"{side}.txt", f"{line}: {known.problems[line]}")
                continue
            if (name := known.found[line]) in bearer:
                problems.add(f"{side}.txt", f"{line} is in {bearer[name]}.txt already")
            bearer.setdefault(name, side)
    listed = {side: tuple(name for name, its in bearer.items() if its == side) for side in lists}
    rest = tuple(name for name in names if name not in bearer)
    return listed.get("train", rest), listed.get("test", rest), "train.txt and test.txt"


def split_by_side(dataset: Dataset, sides: Mapping[str, str], told: Mapping[str, str], seed: int) -> Dataset:
    """`dataset` split as its files are: one side for training, one for testing.

    Tests are the test images if they are labeled, else the validation images; what else there is of both is trained on.
    Test images that nobody has labeled are left out where others can be measured on. Where one side is left, test
    images are drawn.

    Args:
        dataset: images in no list yet.
        sides: "train", "valid", "test" or "" (as train) of each image, by file name.
        told: what to call each side, for people.
        seed: draws.
    """
    by_side: dict[str, list[str]] = {"train": [], "valid": [], "test": []}
    for image in dataset.images:
        by_side[sides[image.file_name] or "train"].append(image.file_name)
    known = {
        side: any(dataset.by_name[name].is_labeled or dataset.by_name[name].boxes for name in names)
        for side, names in by_side.items()
    }
    measures = [side for side in ("test", "valid") if by_side[side] and (known[side] or not any(known.values()))]
    left_out = "test" if by_side["test"] and "test" not in measures else ""
    trained = [side for side, names in by_side.items() if names and side not in (*measures[:1], left_out)]
    also = f"; {told[left_out]} is left out: nobody has labeled it" if left_out else ""
    if not measures or not trained:
        used = [name for side, names in by_side.items() if side != left_out for name in names]
        part = replace(dataset, images=tuple(dataset.by_name[name] for name in used))
        only = " and ".join(told[side] for side, names in by_side.items() if names and side != left_out)
        drawn = draw_split(part, f"{only} alone", seed)
        return replace(drawn, images=dataset.images, split_from=drawn.split_from + also)
    training = tuple(name for side in trained for name in by_side[side])
    split_from = f"{' and '.join(told[side] for side in trained)} for training, {told[measures[0]]} for testing{also}"
    return replace(dataset, train=training, test=tuple(by_side[measures[0]]), split_from=split_from)


def _lines(file: Path) -> list[str]:
    return [line.strip() for line in read_text(file).splitlines() if line.strip()]
