"""The papers' cost tables, every cell computed from `maskloop.costs.cost_model` or `maskloop.costs.corrections`.

Tables 1, 6 and 8: Bellver, Salvador, Torres, Giro-i-Nieto, *Mask-guided sample selection for semi-supervised instance
segmentation*. Table 2.1: Lee, *Label-efficient learning for object recognition*. Both count seconds of Pascal VOC: 20
classes, 1.5 of them and 2.8 objects an image.

Time saved: Janouskova, Rigotti, Giurgiu, Malossi, *Model-assisted labeling via explainability for visual inspection of
civil infrastructures*.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Container
from dataclasses import dataclass

from maskloop.costs.corrections import DEFECTS, TimeSaved, least_saved, most_saved
from maskloop.costs.cost_model import SECONDS_A_FIRST_POINT, SECONDS_A_SCRIBBLE, CostModel
from maskloop.errors import InvalidArgument
from maskloop.values import DAY_S, CorrectionForm

PASCAL = CostModel(categories=20)
CLASSES_AN_IMAGE, OBJECTS_AN_IMAGE = 1.5, 2.8
TRAINING_IMAGES, FIRST_IMAGES = 1464, 100
LABELED_IMAGES = (200, 400, 800)
EXTRA_IMAGES, HALF_OF_THEM = 9118, 4559
CUT_OFF = {(0, 200), (EXTRA_IMAGES, 800), (HALF_OF_THEM, 400)}
"""Cells of the guided rows, as (further images, labeled images), whose last digit the paper cut off; it rounded the
other fifteen of the eighteen."""

CONTINUOUS_NOTE = (
    "Continuous, our form: from IoU .3 on, correcting takes 1.2 (1 - IoU) of an outline's time. It is only as good as "
    "the IoUs, and the paper prints none, only groups: the truth lies between all objects at the low ends and all at "
    "the high ends of their groups."
)


@dataclass(frozen=True)
class Cell:
    """One number and how it is printed."""

    value: float
    text: str


@dataclass(frozen=True)
class CostTable:
    """A table: `columns` name the cells of each row, `rows` go by name, `notes` stand below it."""

    title: str
    columns: tuple[str, ...]
    rows: dict[str, tuple[Cell, ...]]
    notes: tuple[str, ...] = ()


def table_1() -> CostTable:
    """Bellver et al., Table 1: seconds of one image's annotation."""
    counts, full = PASCAL.counts(CLASSES_AN_IMAGE), PASCAL.full(CLASSES_AN_IMAGE, OBJECTS_AN_IMAGE)
    boxes = PASCAL.boxes(CLASSES_AN_IMAGE, OBJECTS_AN_IMAGE)
    seconds = {"IL": PASCAL.image_level(), "IL+C": counts, "Full": full, "BB": boxes}
    return CostTable(
        "Bellver et al., Table 1: annotation of an image",
        ("seconds",),
        {name: (Cell(value, f"{round(value, 2):g}"),) for name, value in seconds.items()},
        ("IL: image-level labels; IL+C: with counts; Full: with masks; BB: with bounding boxes.",),
    )


def table_2_1() -> CostTable:
    """Lee, Table 2.1: seconds of one image's annotation, by kind."""
    seconds = {
        "class": PASCAL.image_level(),
        "point": PASCAL.points(CLASSES_AN_IMAGE, CLASSES_AN_IMAGE),
        "scribble": PASCAL.scribbles(CLASSES_AN_IMAGE, CLASSES_AN_IMAGE),
        "box": PASCAL.boxes(CLASSES_AN_IMAGE, OBJECTS_AN_IMAGE),
        "full": PASCAL.full(CLASSES_AN_IMAGE, OBJECTS_AN_IMAGE),
    }
    return CostTable(
        "Lee, Table 2.1: annotation of an image",
        ("seconds",),
        {name: (Cell(value, f"{value:.1f}"),) for name, value in seconds.items()},
        (
            "Point and scribble: 18.5 absent classes at 1 s, and for each of the 1.5 present ones "
            f"{SECONDS_A_FIRST_POINT} or {SECONDS_A_SCRIBBLE} s, solved from this table's 22.2 and 34.9 s.",
            "They are of one object a class. Every object, which labels of ours have, takes "
            f"{PASCAL.points(CLASSES_AN_IMAGE, OBJECTS_AN_IMAGE):.1f} or "
            f"{PASCAL.scribbles(CLASSES_AN_IMAGE, OBJECTS_AN_IMAGE):.1f} s; Bearman et al. measured 23.3 s for points.",
        ),
    )


def table_6() -> CostTable:
    """Bellver et al., Table 6: days of annotation with 9118 further images."""
    return _days("Table 6", EXTRA_IMAGES)


def table_8() -> CostTable:
    """Bellver et al., Table 8: days of annotation with 4559 further images."""
    return _days("Table 8", HALF_OF_THEM)


def table_time_saved() -> CostTable:
    """Janouskova et al.: the share of the outlines' time, in percent, that proposals save."""
    by_bands, form = least_saved(DEFECTS), CorrectionForm.CONTINUOUS
    least, most = least_saved(DEFECTS, form), most_saved(DEFECTS, form)
    return CostTable(
        "Janouskova et al.: time that proposals save, % of outlining",
        (*DEFECTS, "micro", "macro"),
        {
            "computed": _percent(by_bands, 2),
            "as printed": _percent(by_bands, 0),
            "continuous, least": _percent(least, 2),
            "continuous, most": _percent(most, 2),
        },
        (_groups(), _two_means(by_bands), CONTINUOUS_NOTE),
    )


TABLES: dict[str, Callable[[], CostTable]] = {
    "table1": table_1,
    "table2.1": table_2_1,
    "table6": table_6,
    "table8": table_8,
    "time-saved": table_time_saved,
}


def cost_table(name: str) -> CostTable:
    """The table of that name.

    Raises:
        InvalidArgument: there is none.
    """
    if name not in TABLES:
        raise InvalidArgument(f"there is no table {name!r}; there are {', '.join(TABLES)}", field="table")
    return TABLES[name]()


def annotation_days(labeled: int, counted: int) -> float:
    """Days (of 24 h) to outline `labeled` images and to count `counted` others."""
    full_s, counts_s = PASCAL.full(CLASSES_AN_IMAGE, OBJECTS_AN_IMAGE), PASCAL.counts(CLASSES_AN_IMAGE)
    return (labeled * full_s + counted * counts_s) / DAY_S


def scored_images(labeled: int) -> int:
    """Images that are counted and scored, but not outlined, by the text's rule: R = 1464 - N."""
    return TRAINING_IMAGES - labeled


def scored_images_as_printed(labeled: int) -> int:
    """The same as the printed tables have it: at N = 200 R = 1464 - 100, all but the first random ones."""
    return TRAINING_IMAGES - FIRST_IMAGES if labeled == LABELED_IMAGES[0] else scored_images(labeled)


def _days(name: str, further: int) -> CostTable:
    rows = {
        "random": _row(further, lambda labeled: 0),
        "guided": _row(further, scored_images_as_printed, CUT_OFF),
        "by the text": _row(further, scored_images),
    }
    return CostTable(
        f"Bellver et al., {name}: days of annotation, {further} further images with counts",
        tuple(f"{network} {labeled}" for network in ("ann", "seg") for labeled in LABELED_IMAGES),
        rows,
        (_slip(rows["by the text"]), _digits(rows["guided"])),
    )


def _row(
    further: int, counted: Callable[[int], int], cut_off: Container[tuple[int, int]] = frozenset()
) -> tuple[Cell, ...]:
    """The annotation network's days, then those of the segmentation network, which learns from `further` images."""
    return tuple(
        _cell(annotation_days(labeled, counted(labeled) + more), cut_off=(more, labeled) in cut_off)
        for more in (0, further)
        for labeled in LABELED_IMAGES
    )


def _cell(days: float, *, cut_off: bool) -> Cell:
    return Cell(days, f"{math.floor(days * 100) / 100 if cut_off else days:.2f}")


def _slip(by_the_text: tuple[Cell, ...]) -> str:
    annotation, segmentation = by_the_text[0], by_the_text[len(LABELED_IMAGES)]
    return (
        "Guided selection also pays the counts of R images that it scores and does not outline. The text says "
        f"R = 1464 - N. At N = 200 that gives {annotation.text} and {segmentation.text} days, but the printed numbers "
        "follow R = 1464 - 100 = 1364: a slip. At N = 400 and N = 800 they follow the text."
    )


def _digits(as_printed: tuple[Cell, ...]) -> str:
    cut_off = [f"{cell.value:.4f}" for cell in as_printed if cell.text != f"{cell.value:.2f}"]
    return f"Two digits, rounded; the paper cut off {' and '.join(cut_off)}, and so does the row guided."


def _percent(saved: TimeSaved, digits: int) -> tuple[Cell, ...]:
    shares = (*saved.shares.values(), saved.micro, saved.macro)
    return tuple(Cell(100 * share, f"{100 * share:.{digits}f}") for share in shares)


def _groups() -> str:
    groups = "; ".join(
        f"{name} {sizes.from_95}, {sizes.from_75}, {sizes.from_50} of {sizes.objects}"
        for name, sizes in DEFECTS.items()
    )
    return (
        f"Objects with proposals of IoU .95 and more, .75 to .95, .5 to .75: {groups}. They save 95, 75 and 50 %, all "
        "others nothing, those that nobody proposed included."
    )


def _two_means(saved: TimeSaved) -> str:
    return (
        f"The paper's table prints {100 * saved.micro:.0f} over all classes: micro, the mean of the "
        f"{sum(saved.objects.values())} objects. Its text says {100 * saved.macro:.0f}: macro, the mean of the classes."
    )
