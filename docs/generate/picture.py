"""Draws docs/proposals.png: the first test images of a run with their proposals, beside the report.

maskloop predict RUN/model.safetensors PICTURES --out MASKS
python -m docs.generate.picture PICTURES MASKS docs/report.png docs/proposals.png
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from numpy.typing import NDArray
from PIL import Image as Picture

from maskloop.formats.coco import read_coco

matplotlib.use("agg")
IMAGES = 4
NAMED_FROM = 0.25
"""Masks of a lower predicted IoU are drawn without their name, which would hide the others'."""
REPORT_SHARE = 0.54
"""How much of the report is shown, from its top."""
COLOURS = ("#56b4e9", "#e69f00", "#d55e00")
INK, PAPER = "#1b2430", "#f5f7fa"


def draw(pictures: Path, masks: Path, report: Path, out: Path) -> None:
    """Write the figure as PNG."""
    document = json.loads((masks / "predictions.coco.json").read_text())
    scores = _scores(document)
    data = read_coco(masks / "predictions.coco.json", pictures)
    names = {category.id: category.name for category in data.categories}
    figure = plt.figure(figsize=(13.2, 4.3), facecolor=PAPER)
    grid = figure.add_gridspec(
        2, 5, width_ratios=(1, 1, 1, 1, 2.72), left=0.008, right=0.995, top=0.94, bottom=0.01, wspace=0.03, hspace=0.12
    )
    for place, image in enumerate(data.images[:IMAGES]):
        pixels = np.asarray(Picture.open(pictures / image.file_name))
        for row in (0, 1):
            axes = _axes(figure.add_subplot(grid[row, place]))
            axes.imshow(pixels, interpolation="bilinear")
            if row:
                for item, score in zip(image.objects, scores[image.file_name], strict=True):
                    _draw_mask(axes, item.mask.to_array(), names[item.category_id], item.category_id, score)
            if place == 0:
                title = "proposals, with predicted IoU" if row else "test images"
                axes.set_title(title, loc="left", fontsize=11, color=INK, pad=4)
    page = Picture.open(report).convert("RGB")
    axes = _axes(figure.add_subplot(grid[:, 4], anchor="NW"))
    axes.imshow(np.asarray(page.crop((0, 0, page.width, round(REPORT_SHARE * page.height)))))
    axes.set_title("the report", loc="left", fontsize=11, color=INK, pad=4)
    figure.savefig(out, dpi=100, facecolor=PAPER)


def _scores(document: dict[str, Any]) -> dict[str, list[float]]:
    files = {image["id"]: image["file_name"] for image in document["images"]}
    found: dict[str, list[float]] = {name: [] for name in files.values()}
    for annotation in document["annotations"]:
        found[files[annotation["image_id"]]].append(annotation["score"])
    return found


def _axes(axes: Axes) -> Axes:
    axes.set_xticks([])
    axes.set_yticks([])
    for spine in axes.spines.values():
        spine.set_color("#d5dce4")
    return axes


def _draw_mask(axes: Axes, mask: NDArray[np.bool_], name: str, category: int, score: float) -> None:
    if not mask.any():
        return
    colour = COLOURS[(category - 1) % len(COLOURS)]
    axes.contourf(mask, levels=(0.5, 1.5), colors=[colour], alpha=0.30)
    axes.contour(mask, levels=(0.5,), colors=[colour], linewidths=1.3)
    if score < NAMED_FROM:
        return
    rows, columns = np.nonzero(mask)
    axes.text(
        columns.mean(),
        rows.mean(),
        f"{name} {score:.2f}".replace(" 0.", " ."),
        fontsize=7.5,
        color="white",
        ha="center",
        va="center",
        clip_on=True,
        bbox={"facecolor": INK, "alpha": 0.6, "pad": 1.2, "linewidth": 0},
    )


if __name__ == "__main__":
    draw(*map(Path, sys.argv[1:]))
