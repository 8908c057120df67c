"""What a colleague would ask before a label is taken. Doubts wait until confirm.txt has their word; remarks are only
told."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from maskloop.labelers.labeler import Task
from maskloop.masks import Mask
from maskloop.values import LABEL_KINDS, FullLabel, Image, LabelContent, ObjectLabel, Split, SupervisionKind

SAME_IOU = 0.9
"""Two outlines of one category that overlap more are taken for one object."""
STRAY_SHARE = 1e-6
"""An outline of no larger share of the image is taken for a stray click; so is one pixel."""
LONGEST_S = 4 * 3600.0
"""Nobody works longer on one image, or without a pause."""
MOST_NAMED = 3
MOST_PAIRS = 200_000
"""Pairs of an image's outlines that are compared, so that a file of any size is read in seconds."""
MIN_IMAGES = 10
"""A class that no image of so many shows is worth a remark."""

EMPTY, UNCHANGED, STRAY, TWICE, SECONDS = "empty", "unchanged", "stray", "twice", "seconds"
WORDS = (EMPTY, UNCHANGED, STRAY, TWICE, SECONDS)
"""What confirm.txt may say."""

Contents = Mapping[str, LabelContent]
"""Labels by image id."""


@dataclass(frozen=True)
class Doubt:
    """Something that is seldom meant.

    Args:
        word: confirms it.
        what: said to people.
    """

    word: str
    what: str


def doubts(task: Task, contents: Contents, *, is_copy: bool) -> list[Doubt]:
    """What is to be confirmed of these labels.

    Args:
        task: what was asked.
        contents: what was said of its images.
        is_copy: whether the file is what people were given to start from, byte by byte.
    """
    images = [image for image in task.images if image.id in contents]
    found: list[Doubt] = []
    if _says_nothing(task, images, contents, is_copy=is_copy):
        done = "counted" if task.kind is SupervisionKind.COUNTS else "outlined"
        found.append(Doubt(EMPTY, f"nothing is {done} {_where(images, 'any')}"))
    unchanged, offered = _unchanged(task, images, contents)
    if offered and len(unchanged) == len(offered) == len(images):
        found.append(Doubt(UNCHANGED, f"the network's proposals came back unchanged {_where(images, 'all')}"))
    if stray := [each for image in images for each in _stray(image, task, contents[image.id])]:
        found.append(Doubt(STRAY, f"outlines of a pixel or so: {_some(stray)}"))
    if twice := [each for image in images for each in _twice(image, task, contents[image.id])]:
        found.append(Doubt(TWICE, f"one object outlined twice: {_some(twice)}"))
    return found


def doubts_of_seconds(seconds: Mapping[str, float], longest_s: float) -> list[Doubt]:
    """What is to be confirmed of measured time.

    Args:
        seconds: of each image, by file name.
        longest_s: for how long the task's clock ran without a pause.
    """
    if longest_s > LONGEST_S:
        return [Doubt(SECONDS, f"the clock ran for {longest_s / 3600:.1f} h without a pause")]
    long = [f"{name} ({taken_s / 3600:.1f} h)" for name, taken_s in seconds.items() if taken_s > LONGEST_S]
    return [Doubt(SECONDS, f"an image took very long: {_some(long)}")] if long else []


def remarks(task: Task, contents: Contents) -> list[str]:
    """What is told of these labels, and keeps nobody waiting."""
    images = [image for image in task.images if image.id in contents]
    said: list[str] = []
    unchanged, offered = _unchanged(task, images, contents)
    if 1 < len(unchanged) < len(images) and len(unchanged) * 2 >= len(offered):
        said.append(f"the network's proposals came back unchanged in {len(unchanged)} of {len(offered)} images")
    shown = {category_id for content in contents.values() for category_id in content.shown.by_category}
    proposed = {item.category_id for image in images for item in _offered(task, image)}
    many = len(images) >= MIN_IMAGES and bool(shown)
    unused = [
        each.name for each in task.categories if each.id not in shown and (many or (shown and each.id in proposed))
    ]
    if unused and not _holds_nothing_by_belief(contents.values()):
        said.append(f"no image shows {' or '.join(unused)}")
    return said


def as_offered(task: Task, images: Sequence[Image], contents: Contents) -> frozenset[str]:
    """Ids of the images whose labels are the proposals shown, so that perhaps nobody has looked at them."""
    return frozenset(image.id for image in _unchanged(task, images, contents)[0])


def say_same(content: LabelContent, other: LabelContent) -> bool:
    """Whether two labels say the same of their image, in whatever order objects are listed and however they began."""
    return type(content) is type(other) and _in_order(content) == _in_order(other)


def _in_order(content: LabelContent) -> dict[str, object]:
    said = vars(content.without_review if isinstance(content, FullLabel) else content)
    return {name: sorted(map(repr, value)) if isinstance(value, tuple) else value for name, value in said.items()}


def _says_nothing(task: Task, images: Sequence[Image], contents: Contents, *, is_copy: bool) -> bool:
    """Nothing is said to be anywhere, and it is no single image of which that may well be true."""
    said = [contents[image.id] for image in images]
    if (
        not said
        or _holds_nothing_by_belief(said)
        or any(not say_same(content, type(content).of(())) for content in said)
    ):
        return False
    return is_copy or len(images) > 1 or any(_offered(task, image) for image in images)


def _holds_nothing_by_belief(said: Iterable[LabelContent]) -> bool:
    """Whether it was asked of images that are believed to hold nothing."""
    return any(type(content).asked_of is Split.OOD for content in said)


def _unchanged(task: Task, images: Sequence[Image], contents: Contents) -> tuple[list[Image], list[Image]]:
    """The images that came back as they were offered, and those of which something was offered."""
    offered = [image for image in images if _offered(task, image)]
    unchanged = (
        image
        for image in offered
        if say_same(contents[image.id], LABEL_KINDS[task.kind].of(tuple(_offered(task, image))))
    )
    return list(unchanged), offered


def _offered(task: Task, image: Image) -> list[ObjectLabel]:
    """The masks that people were given to start from."""
    shown = task.shown(image.id)
    if task.kind is SupervisionKind.BOXES and image.id in task.proposals:
        shown = tuple(item for item in task.proposals[image.id].objects if item.mask.area)
    return [ObjectLabel(item.category_id, item.mask) for item in shown]


def _stray(image: Image, task: Task, content: LabelContent) -> Iterator[str]:
    most = max(1.0, STRAY_SHARE * image.width * image.height)
    for item in _single(content):
        if item.mask.area <= most:
            yield f"{image.file_name} ({_name(task, item)})"


def _twice(image: Image, task: Task, content: LabelContent) -> Iterator[str]:
    """Outlines that are there before, told once each. Pairs are looked for from left to right, where boxes overlap and
    areas are nearly the same: others cannot overlap so far. After `MOST_PAIRS` the rest is not looked at."""
    in_order = sorted(_single(content), key=lambda item: (item.category_id, item.mask.box))
    looks = 0
    for place, item in enumerate(in_order):
        end = item.mask.box[0] + item.mask.box[2]
        for other in itertools.islice(in_order, place + 1, None):
            looks += 1
            if looks > MOST_PAIRS:
                return
            if other.category_id != item.category_id or other.mask.box[0] >= end:
                break
            small, large = sorted((item.mask.area, other.mask.area))
            if large * SAME_IOU <= small and _near(item.mask, other.mask) and item.mask.iou(other.mask) > SAME_IOU:
                yield f"{image.file_name} ({_name(task, item)})"
                break


def _single(content: LabelContent) -> list[ObjectLabel]:
    """The objects outlined one by one; a crowd is none."""
    return [item for item in content.objects if not item.crowd] if isinstance(content, FullLabel) else []


def _near(first: Mask, second: Mask) -> bool:
    (x, y, width, height), (left, top, across, down) = first.box, second.box
    return x < left + across and left < x + width and y < top + down and top < y + height


def _name(task: Task, item: ObjectLabel) -> str:
    return next((each.name for each in task.categories if each.id == item.category_id), str(item.category_id))


def _where(images: Sequence[Image], quantifier: str) -> str:
    return f"in {images[0].file_name}" if len(images) == 1 else f"in {quantifier} of its {len(images)} images"


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return ", ".join(names[:MOST_NAMED]) + more
