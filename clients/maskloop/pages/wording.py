"""How numbers are said to people."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from maskloop.values import OutlinePrice
from maskloop.values.measures import SHOWN, HasMetrics, measured

if TYPE_CHECKING:
    from maskloop.formats.datasets import PassedOver


def say_time(seconds: float) -> str:
    """`45 s`, `2 min 38 s`, `38 min`, `3 h 2 min`: two units at most, seconds only below ten minutes."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 600:
        return _two(whole, 60, "min", "s")
    return _two(round(seconds / 60), 60, "h", "min")


def say_step(seconds: float) -> str:
    """Seconds of a single step, to three digits: `1.48 s`, `79 s`, `316 s`."""
    return f"{seconds:.3g} s" if seconds < 999.5 else say_time(seconds)


def say_outline(price: OutlinePrice) -> str:
    """What outlines are planned to take: `79 s to outline an object`."""
    flat = f"{say_step(price.fixed_s)} to outline an object"
    if not price.length_s:
        return flat
    return f"{flat} and {say_step(price.length_s)} for each side of its length (a square of the image’s area has four)"


def say_number(value: float | None, digits: int = 2) -> str:
    """A fixed number of digits; a dash for what nobody could measure."""
    return "–" if value is None else f"{value:.{digits}f}"


def say_change(value: float | None, digits: int = 2) -> str:
    """The same with its sign: `+0.031`, `−0.004`."""
    return "–" if value is None else f"{round(value, digits) + 0.0:+.{digits}f}".replace("-", "\N{MINUS SIGN}")


def say_count(count: int, thing: str) -> str:
    """`1 image`, `12 images`, `2,400 images`."""
    return f"{count:,} {thing}{'' if count == 1 else 's'}"


def say_learnt_from(labeled_images: int, thing: str = "label", *, boxed: int = 0, marked: int = 0) -> str:
    """What a network was trained on: `12 labels`, `12 labels and boxes of 30 images and marks of 9 images`, or `class
    labels alone` where nobody had outlined, boxed or marked any image."""
    parts = [say_count(labeled_images, thing)] if labeled_images else []
    parts += [f"boxes of {say_count(boxed, 'image')}"] if boxed else []
    parts += [f"marks of {say_count(marked, 'image')}"] if marked else []
    return " and ".join(parts) or "class labels alone"


def say_labeled(labeled: int, boxed: int = 0, marked: int = 0) -> str:
    """The same in a table's cell: `12`, `12 + 30 boxed + 9 marked`, `class labels alone`."""
    parts = [f"{labeled:,}"] if labeled else []
    parts += [f"{boxed:,} boxed"] if boxed else []
    parts += [f"{marked:,} marked"] if marked else []
    return " + ".join(parts) or "class labels alone"


def say_budget(seconds: float | None, images: int | None) -> str:
    """A budget as it was given: time, or a number of images."""
    return say_count(images or 0, "labeled image") if seconds is None else say_time(seconds)


def say_strategy(name: str) -> str:
    """`mask_guided` -> `mask-guided selection`, `mask_guided:target=0.5` -> `mask-guided selection (target 0.5)`."""
    return _say_strategy(name, " selection")


def say_arm(name: str) -> str:
    """A strategy as a table says it: `mask-guided (target 0.5)`."""
    return _say_strategy(name, "")


def say_kind(kind: str) -> str:
    """A supervision kind as a legend says it: `image_level` -> `image-level labels`."""
    known = {"image_level": "image-level labels", "counts": "counts", "full": "full masks", "ood_check": "OoD checks"}
    return known.get(kind, kind.replace("_", " "))


def say_marked(kind: str) -> str:
    """What became of images with a mark of this kind on every object: `12 boxed`, `12 pointed at`."""
    return {"boxes": "boxed", "points": "pointed at", "scribbles": "scribbled on"}[kind]


def say_measure(name: str) -> str:
    """A measure of an evaluation as a sentence says it: `mean_iou` -> `mean IoU`."""
    return {"pq": "panoptic quality", "mean_iou": "mean IoU", "ap": "AP", "ap50": "AP50"}.get(name, name)


def say_a_measure(name: str) -> str:
    """The same with its article: `a mean IoU`, `an AP50`."""
    words = say_measure(name)
    return f"{'an' if words.startswith('A') else 'a'} {words}"


def say_quality(network: HasMetrics) -> str:
    """What a line says of a network, the measure to decide by first: `panoptic quality 0.344, AP50 0.335, ...`."""
    values = ((name, measured(network, name)) for name in SHOWN)
    return ", ".join(f"{say_measure(name)} {say_number(value, 3)}" for name, value in values if value is not None)


def say_quality_or_none(network: HasMetrics | None, why_not: str = "") -> str:
    """The same, `quality not measured` where there is nothing to measure on."""
    if network is not None:
        return say_quality(network)
    return f"quality not measured: {why_not}" if why_not else "quality not measured"


def say_passed_over(passed_over: Sequence[PassedOver], most: int = 10) -> str:
    """What of the data was not taken, each by name."""
    lines = [f"  {each.name}: {each.why}" for each in passed_over[:most]]
    more = [f"  and {len(passed_over) - most} more"] if len(passed_over) > most else []
    return "\n".join([f"{say_count(len(passed_over), 'file')} passed over:", *lines, *more])


def say_near_duplicates(pairs: Sequence[tuple[str, str]], most: int = 5) -> str:
    """Pictures that look nearly alike, by name."""
    lines = [f"  {one} and {other}" for one, other in pairs[:most]]
    more = [f"  and {len(pairs) - most} more"] if len(pairs) > most else []
    return "\n".join([f"{say_count(len(pairs), 'pair')} of pictures look nearly alike:", *lines, *more])


def capital(text: str) -> str:
    """`text` as the beginning of a sentence: `mean IoU` -> `Mean IoU`."""
    return text[:1].upper() + text[1:]


def _say_strategy(name: str, noun: str) -> str:
    name, _, options = name.partition(":")
    for written, words in (("=yes", ""), ("_", " "), ("=", " "), (",", ", ")):
        options = options.replace(written, words)
    return f"{name.replace('_', '-')}{noun}{f' ({options})' if options else ''}"


def _two(amount: int, base: int, large: str, small: str) -> str:
    high, low = divmod(amount, base)
    return " ".join(f"{number} {unit}" for number, unit in ((high, large), (low, small)) if number)
