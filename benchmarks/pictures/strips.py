"""A method in pictures: rows of them, each with words above, in one JPEG; and a small one of what it comes to."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray
from PIL import Image

matplotlib.use("agg")
INK, PAPER, GRID = "#1b2430", "#f5f7fa", "#d5dce4"
WIDTH, GAP, WORDS, DOTS = 13.2, 0.07, 0.36, 100  # inches: of a strip, between pictures, of what is above; dots an inch
LINE_OF_WORDS = 0.17
QUALITY, SMALL = 80, 240


@dataclass(frozen=True)
class Tile:
    """A picture (H, W, 3) uint8 and what it shows, in one line or two."""

    words: str
    pixels: NDArray[np.uint8]


@dataclass(frozen=True)
class Strip:
    """Rows of tiles, those of a row of one size; and what the method comes to on the picture that all methods have."""

    rows: tuple[tuple[Tile, ...], ...]
    result: NDArray[np.uint8]

    def write(self, folder: Path, name: str) -> None:
        """Both pictures into folders of `folder`."""
        for part in ("steps", "small"):
            (folder / part).mkdir(parents=True, exist_ok=True)
        self.figure().savefig(
            folder / "steps" / f"{name}.jpg", dpi=DOTS, facecolor=PAPER, pil_kwargs={"quality": QUALITY}
        )
        height, width = self.result.shape[:2]
        small = Image.fromarray(self.result).resize((SMALL, round(SMALL * height / width)))
        small.save(folder / "small" / f"{name}.jpg", quality=QUALITY)

    def figure(self) -> Figure:
        """Rows one below the other; all pictures are as wide as those of the row of most."""
        wide = (WIDTH - GAP) / max(map(len, self.rows)) - GAP
        words = [WORDS + LINE_OF_WORDS * max(tile.words.count("\n") for tile in row) for row in self.rows]
        heights = [wide * row[0].pixels.shape[0] / row[0].pixels.shape[1] for row in self.rows]
        whole = sum(words) + sum(heights) + GAP
        figure = Figure(figsize=(WIDTH, whole), facecolor=PAPER)
        top = whole
        for row, above, high in zip(self.rows, words, heights, strict=True):
            top -= above + high
            for place, tile in enumerate(row):
                left = GAP + place * (wide + GAP)
                axes = figure.add_axes((left / WIDTH, top / whole, wide / WIDTH, high / whole))
                axes.imshow(tile.pixels, interpolation="bilinear", aspect="auto")
                axes.set(xticks=[], yticks=[])
                axes.set_title(tile.words, loc="left", fontsize=10, color=INK, pad=4)
                for spine in axes.spines.values():
                    spine.set_color(GRID)
        return figure
