"""Seven photographs that come with scikit-image and scikit-learn, roughly outlined: pictures to show methods on.

All may be shown to anybody. The astronaut (NASA), the rocket (SpaceX) and the coins (Brooklyn Museum) are in the public
domain, the cat (Stefan van der Walt) and the cup (Rachel Michetti) are CC0. The flower (vultilion) and the pagoda
(danielbuechele) are CC BY 2.0, from Flickr.

Seven photographs are too few to learn classes from. What is learnt from are windows of them, which hold a class or not:
outlines say so, and are exact enough for that alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from scipy import ndimage

from maskloop.masks import Mask
from maskloop.values import ObjectLabel
from models.data.samples import Example

CLASSES = ("person", "cat", "cup", "rocket", "flower", "pagoda", "coin")
FOLDERS = {"skimage": "data", "sklearn": "datasets/images"}
COINS = "coins.png"
OUTLINES: dict[str, tuple[tuple[str, str], ...]] = {
    "coffee.png": (
        (
            "cup",
            "176,61 187,28 230,15 337,23 410,61 426,77 410,107 459,145 479,214 459,291 390,360 276,383 153,352 92,283 "
            "80,214 115,145 171,107",
        ),
    ),
    "astronaut.png": (
        (
            "person",
            "157,52 196,10 261,13 298,59 294,104 261,124 268,170 298,196 342,248 359,313 359,346 444,353 511,431 "
            "511,511 20,511 26,431 39,327 72,268 124,229 118,183 144,150 183,146 163,104",
        ),
        ("rocket", "370,170 392,78 398,0 438,0 457,157 464,274 366,274 370,235"),
    ),
    "chelsea.png": (("cat", "24,0 380,0 367,61 373,135 331,233 282,300 0,300 37,208 31,73"),),
    "rocket.jpg": (("rocket", "307,139 320,124 333,139 336,408 307,408"),),
    "flower.jpg": (
        (
            "flower",
            "444,220 429,283 388,331 328,356 265,351 210,317 177,263 171,199 196,140 245,98 307,83 369,98 418,140 "
            "442,199",
        ),
        ("flower", "308,393 339,375 377,369 416,375 446,393 461,419 462,426 293,426 293,419"),
    ),
    "china.jpg": (
        (
            "pagoda",
            "96,119 194,54 202,29 211,54 317,119 309,144 300,176 341,242 325,274 366,340 333,389 219,380 80,323 "
            "64,258 96,225 96,176",
        ),
    ),
    COINS: (),  # by their brightness, see `_bright`
}
"""Of each photograph: class and corners x,y in pixels."""
SMALLEST = 0.3  # side of a window, in shorter sides of its photograph
SHOWS = 0.1  # share of a window that an object covers, or
MOSTLY = 0.3  # share of an object that is in a window, for the window to hold its class
SPECK = 0.01  # share of a window that objects cover at most where it holds nothing
TRIES = 1000


def outlined_photographs() -> list[Example]:
    """The photographs with their objects; category ids are places among `CLASSES` + 1."""
    return [_outlined(name) for name in OUTLINES]


def windows(
    example: Example, rng: np.random.Generator, number: int, *, holding: bool, smallest: float = SMALLEST
) -> Iterator[Example]:
    """Square windows at random places of an image, as many as are found but at most `number`.

    Windows that hold a little of an object are neither of either kind.

    Args:
        holding: whether they hold something, or nothing.
        smallest: side of a window, in shorter sides of the image.
    """
    labels = [(item, item.mask.to_array()) for item in example.labels]
    height, width = example.size
    found = 0
    for _ in range(TRIES):
        if found == number:
            return
        side = int(min(height, width) * np.exp(rng.uniform(np.log(smallest), 0)))
        top, left = int(rng.integers(height - side + 1)), int(rng.integers(width - side + 1))
        window = slice(top, top + side), slice(left, left + side)
        inside = [mask[window].sum() for _, mask in labels]
        held = tuple(
            ObjectLabel(item.category_id, Mask.from_array(mask[window]))
            for (item, mask), area in zip(labels, inside, strict=True)
            if area > min(SHOWS * side**2, MOSTLY * mask.sum())
        )
        if held if holding else sum(inside) <= SPECK * side**2 and not held:
            found += 1
            pixels = np.ascontiguousarray(example.pixels[window])
            yield Example(f"{example.image_id} {'window' if holding else 'empty'} {found}", pixels, held)


def _outlined(name: str) -> Example:
    pixels = _photograph(name)
    shapes = [(kind, _polygon(corners, pixels.shape[:2])) for kind, corners in OUTLINES[name]]
    if name == COINS:
        shapes = [("coin", coin) for coin in _bright(pixels)]
    objects = tuple(ObjectLabel(1 + CLASSES.index(kind), Mask.from_array(shape)) for kind, shape in shapes)
    return Example(name, pixels, objects)


def _photograph(name: str) -> NDArray[np.uint8]:
    for package, folder in FOLDERS.items():
        found = find_spec(package)
        if found and found.origin and (path := Path(found.origin).parent / folder / name).exists():
            return np.asarray(Image.open(path).convert("RGB"))
    raise SystemExit(f"{name} is in neither of {', '.join(FOLDERS)}")


def _polygon(corners: str, size: tuple[int, ...]) -> NDArray[np.bool_]:
    drawn = Image.new("1", (size[1], size[0]))
    places = [float(number) for corner in corners.split() for number in corner.split(",")]
    ImageDraw.Draw(drawn).polygon(places, fill=1)
    return np.asarray(drawn)


def _bright(pixels: NDArray[np.uint8]) -> list[NDArray[np.bool_]]:
    """What is brighter than its surroundings, and large: the coins."""
    grey = pixels[..., 0].astype(np.float64)
    bright = ndimage.gaussian_filter(grey, 1) - ndimage.gaussian_filter(grey, 40) > 20
    whole = ndimage.binary_fill_holes(ndimage.binary_closing(bright, iterations=2))
    numbered, count = ndimage.label(ndimage.binary_opening(whole, iterations=3))
    return [numbered == place for place in range(1, count + 1) if (numbered == place).sum() > 300]
