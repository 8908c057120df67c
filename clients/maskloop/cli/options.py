"""The options that commands share, as their signatures name them: their help, and what they come to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Annotated, Any

import typer

from maskloop.loop.options import Options

Budget = Annotated[str, typer.Option(help="Annotator time or images to spend: 90m, 3h, 2.5d, 200images.")]
Data = Annotated[
    str, typer.Option(help="coco:DIR, coco:FILE,IMAGES, voc:DIR, or demo, demo:easy, demo:hard, demo:video.")
]
Classes = Annotated[str, typer.Option(help="Only these categories of the data: window,door.")]
Crop = Annotated[int, typer.Option(help="Cut images into squares of this side in pixels.")]
Stretch = Annotated[
    bool, typer.Option("--stretch", help="Stretch the contrast of images, from the 1st to the 99.5th percentile.")
]
Objects = Annotated[str, typer.Option(help="Only images (after cutting) with so many objects: 1-8, 3.")]
PoolImages = Annotated[int, typer.Option(help="Draw so many of the pool's images; 0 for all.")]
TestImages = Annotated[int, typer.Option(help="Draw so many of the test images; 0 for all.")]
FirstBatch = Annotated[str, typer.Option(help="How the first batch is chosen: random or cold_start.")]
Initial = Annotated[str, typer.Option(help="Size of the first batch: 20, 20images, 30m.")]
Batch = Annotated[str, typer.Option(help="Size of each later batch: 10, 10images, 20m.")]
MaxRounds = Annotated[int | None, typer.Option(help="Batches chosen after the first, at most.")]
CountsShare = Annotated[
    float,
    typer.Option(help="Share of the budget for counts, in [0, 1]; of what is left, when counted images run out."),
]
Counts = Annotated[
    bool, typer.Option("--counts", help="Buy counts of objects, and train networks that must be told them.")
]
Recipe = Annotated[str, typer.Option(help="Training recipe: compact, paper, or compact,OPTION=VALUE,...")]
Encoder = Annotated[str, typer.Option(help="Encoder in place of the recipe's, such as resnet18.")]
ImageSize = Annotated[int, typer.Option(help="Side in pixels in place of the recipe's.")]
Device = Annotated[str, typer.Option(help="Where to train: auto, cpu or cuda.")]
Workdir = Annotated[Path, typer.Option(help="Where everything goes.")]
Resume = Annotated[bool, typer.Option("--resume", help="Go on with the run in the working directory.")]
Workday = Annotated[str, typer.Option(help="How long a day of the budget is.")]
StopWhen = Annotated[
    list[str] | None,
    typer.Option(help="End sooner: mean_iou=0.8, ap50=..., ap=..., or plateau=0.005. May be repeated."),
]
StudentNetwork = Annotated[
    str,
    typer.Option(
        help="After the campaign, train a student network on pseudo-labels as well, by this recipe; compact if unnamed."
    ),
]
PseudoMinIou = Annotated[float, typer.Option(help="Leave out pseudo-labels of a lower predicted IoU, in [0, 1].")]

ALONE = {"--student-network": "compact"}
"""What options mean that are given without a value, which typer knows nothing of."""


def spelt_out(words: Sequence[str]) -> list[str]:
    """The words of a command line, with the values of `ALONE` where an option stands alone: at the end or before
    another."""
    following = [*words, "-"][1:]
    return [
        f"{word}={ALONE[word]}" if word in ALONE and after.startswith("-") else word
        for word, after in zip(words, following, strict=True)
    ]


def options_of(arguments: Mapping[str, Any]) -> Options:
    """The arguments of a command that are options of `al-loop`; the others are left aside.

    Raises:
        InvalidArgument: an option cannot be; says which.
    """
    found: dict[str, Any] = {}
    for one in fields(Options):
        if one.name in arguments:
            value = arguments[one.name]
            found[one.name] = tuple(value or ()) if isinstance(one.default, tuple) else value
    return Options(**found)
