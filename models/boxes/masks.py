"""BBAM's maps to masks: what is surely of the object in a box, and what may be.

The chapter on BBAM of Lee, *Label-efficient learning for object recognition*, Seoul National University 2023, as in the
authors' program. A map is saturated where it is high, blurred, and cleaned by a dense CRF, all within the object's box.
Where that comes to nothing, or to little of a small box, the CRF is asked about a box that is filled evenly.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from PIL import Image
from scipy.ndimage import gaussian_filter

from maskloop.errors import InvalidArgument, InvalidConfig
from models.boxes.bbam import ObjectMaps
from models.boxes.boxed import Bools, BoxedImage, BoxMask, Floats, box_pixels, box_slices
from models.refinement.crf.mean_field import BBAM, CrfSettings, mean_field
from models.refinement.crf.unaries import object_unary, opposed_unary
from models.training.readings import Readings

LEAST = 1e-8
SATURATED = 1 - 1e-4  # of a value that was divided by the value it is saturated from, or nearly so
EMPTY_PRIORS = (0.7, 0.8, 0.9, 0.95)
"""Of a map that is 0 everywhere; what comes of one counts once it is more than a fifth of the box."""
SMALL_PRIORS = (*EMPTY_PRIORS, 0.96)
"""Of a small box of which less than a fifth came out; what comes of one counts once it is more than a third."""
SMALL_BOX = 0.1  # of the image
JPEG_QUALITY = 95


@dataclass(frozen=True)
class MaskOptions(Readings):
    """How maps become masks. The defaults are the program's but for three things that `official()` has: maps pass
    through an image file and keep where they begin, which moves saturated maps by .02 to .19; and the CRF takes them
    for probabilities.

    Args:
        tight, loose: theta of the two masks, between 0 and 1.
        reading: "quantile": the share 1 - theta of the box with the highest values is saturated, so that .85 keeps 15 %
            and .2 keeps 80 %; "value": what is above theta itself.
        whole_range: whether maps are normalised to (m - min) / (max - min); else to (m - min) / max.
        as_stored: whether maps go through an 8-bit JPEG of half the size that the detector saw, as in the program.
        unary: what the CRF gets of a map m: "costs", m for the ground and 1 - m for the object; or "probabilities",
            -log of 1 - m and of m, and colours from blue to red, as in the program.
        sure: of the CRF's probability above which a pixel is in a mask.
        crf: its settings; `None` for no CRF: a mask is then what is saturated, and where a map is 0 nobody knows.
        margin: the CRF sees so many sides of the box around it; `None` for the whole image.
        least_blur, blur_slope: deviation of the blur, whole pixels of 16 + 48 sqrt(a) for an object that takes the
            share a of the image; 0 for none.

    Raises:
        InvalidConfig: an impossible value.
    """

    tight: float = 0.85
    loose: float = 0.2
    reading: str = "quantile"
    whole_range: bool = True
    as_stored: bool = False
    unary: str = "costs"
    sure: float = 0.9
    crf: CrfSettings | None = BBAM
    margin: float | None = None
    least_blur: float = 16.0
    blur_slope: float = 48.0

    OFFICIAL: ClassVar[Mapping[str, Any]] = {"whole_range": False, "as_stored": True, "unary": "probabilities"}
    PAPER: ClassVar[Mapping[str, Any]] = {"tight": 0.8, "reading": "value"}

    def __post_init__(self) -> None:
        for name in ("tight", "loose", "sure"):
            if not 0 < getattr(self, name) < 1:
                raise InvalidConfig(f"{name} is {getattr(self, name)}; it must be between 0 and 1", field=name)
        if self.loose > self.tight:
            raise InvalidConfig(f"loose is {self.loose}, above tight {self.tight}", field="loose")
        if self.reading not in ("quantile", "value"):
            raise InvalidConfig(f"reading is {self.reading!r}, neither quantile nor value", field="reading")
        if self.unary not in ("costs", "probabilities"):
            raise InvalidConfig(f"unary is {self.unary!r}, neither costs nor probabilities", field="unary")
        for name in ("least_blur", "blur_slope", "margin"):
            value = getattr(self, name)
            if value is not None and not 0 <= value < np.inf:
                raise InvalidConfig(f"{name} is {value}; it must be 0 or more, and finite", field=name)


def masks_of(image: BoxedImage, maps: ObjectMaps, options: MaskOptions) -> tuple[BoxMask, ...]:
    """A tight and a loose mask of every object, in the order of the image's boxes.

    Both are empty where the map is, and nothing comes of even filling either.

    Raises:
        InvalidArgument: the maps are of another image, or not one for each box.
    """
    if maps.image_id != image.image_id or len(maps.maps) != len(image.classes):
        raise InvalidArgument(f"{len(maps.maps)} maps of {maps.image_id} came with {image.image_id}", field="maps")
    made = []
    for box, found in zip(image.boxes, maps.maps, strict=True):
        soft = as_stored(found, maps.seen) if options.as_stored else spread(found, image.size)
        made.append(box_mask(image.pixels, box, soft, options))
    return tuple(made)


def box_mask(pixels: NDArray[np.uint8], box: Floats, soft: Floats, options: MaskOptions) -> BoxMask:
    """The two masks of one object.

    Args:
        pixels: (H, W, 3) uint8 RGB.
        box: (4,) in pixels: left, upper, right, lower.
        soft: (h, w) float32 in [0, 1], pixels over the whole image; of cells, `spread` makes them.
    """
    tight = tight_mask(pixels, box, soft, options)
    if soft.max() > 0:
        return BoxMask(tight, tight_mask(pixels, box, soft, replace(options, tight=options.loose)) | tight)
    return BoxMask.certain(tight) if options.crf else BoxMask(tight, box_pixels(box, tight.shape))


def tight_mask(pixels: NDArray[np.uint8], box: Floats, soft: Floats, options: MaskOptions) -> Bools:
    """(H, W) bool, the tight mask alone; arguments as of `box_mask`."""
    cut = _Cut.of(pixels, box, options)
    if not soft.max() > 0:
        empty = cut.evenly(EMPTY_PRIORS, 1 / 5)
        return cut.whole(empty if empty is not None else np.zeros(cut.inside.shape, dtype=np.bool_))
    whole = over_image(soft, pixels.shape[:2], whole_range=options.whole_range)
    return cut.whole(cut.mask(saturated(whole, box, options.tight, options.reading)))


def saturated(whole: Floats, box: Floats, theta: float, reading: str) -> Floats:
    """A map (H, W) of an image with 0 outside of a box, and 1 where it is high, see `MaskOptions.reading`."""
    inside = box_pixels(box, (whole.shape[0], whole.shape[1]))
    high = theta if reading == "value" else quantile_value(whole[inside], theta)
    made: Floats = np.where(inside, np.clip(whole / np.float32(high + LEAST), 0, 1), 0).astype(np.float32)
    return made


def quantile_value(values: Floats, theta: float) -> float:
    """The value at rank int(n (1 - theta)), from 0, of n values from the highest down."""
    rank = min(int(len(values) * (1 - theta)), len(values) - 1)
    return float(np.sort(values)[::-1][rank])


def spread(cells: Floats, size: tuple[int, int]) -> Floats:
    """A map of cells (h, w) over an image of height and width; (H, W).

    Corners lie on corners, as where the detector was shown it (`models.boxes.objective.enlarged`).
    """
    return _resized(cells, size, corners=True)


def as_stored(soft: Floats, seen: tuple[int, int]) -> Floats:
    """A map of cells (h, w) as it comes out of an 8-bit JPEG of half the size that the detector saw.

    The program rounds cells down to eight bits and enlarges these, corners unaligned.
    """
    cells = np.floor(255 * soft).astype(np.float32)
    half = _resized(cells, (max(1, round(seen[0] / 2)), max(1, round(seen[1] / 2))))
    file = io.BytesIO()
    Image.fromarray(np.rint(half).astype(np.uint8)).save(file, "JPEG", quality=JPEG_QUALITY)
    return np.asarray(Image.open(file), dtype=np.float32) / np.float32(255)


def blurred(values: Floats, deviation: int) -> Floats:
    """A map (H, W) under a Gaussian of a deviation in pixels, cut off one deviation away."""
    if not deviation:
        return values
    made: Floats = np.asarray(gaussian_filter(values, deviation, mode="mirror", radius=deviation), dtype=np.float32)
    return made


@dataclass(frozen=True)
class _Cut:
    """The part of an image that a CRF sees of an object.

    Args:
        pixels: of the part.
        inside: (h, w) bool, of the part, the pixels of the box.
        place: rows and columns of the part.
        size: of the whole image.
        deviation: of the blur.
    """

    pixels: NDArray[np.uint8]
    inside: Bools
    place: tuple[slice, slice]
    size: tuple[int, int]
    deviation: int
    options: MaskOptions

    @classmethod
    def of(cls, pixels: NDArray[np.uint8], box: Floats, options: MaskOptions) -> _Cut:
        size = (pixels.shape[0], pixels.shape[1])
        rows, columns = box_slices(box)
        if options.margin is None:
            place = slice(0, size[0]), slice(0, size[1])
        else:
            down, across = (int(options.margin * (part.stop - part.start)) for part in (rows, columns))
            place = (
                slice(max(0, rows.start - down), min(size[0], rows.stop + down)),
                slice(max(0, columns.start - across), min(size[1], columns.stop + across)),
            )
        inside = box_pixels(box, size)
        deviation = int(options.least_blur + options.blur_slope * float(np.sqrt(inside.mean())))
        return cls(pixels[place], inside[place], place, size, deviation, options)

    def mask(self, high: Floats) -> Bools:
        """Of a saturated map (H, W) of the whole image; (h, w) bool."""
        if self.options.crf is None:
            sure: Bools = self.inside & (high[self.place] >= SATURATED)
            return sure
        soft = np.where(self.inside, blurred(high, self.deviation)[self.place], 0)
        made = self._cleaned(_normalised(soft.astype(np.float32), whole_range=self.options.whole_range))
        box, image = self.inside.sum(), self.size[0] * self.size[1]
        if made.sum() <= box / 5 and box <= SMALL_BOX * image:
            again = self.evenly(SMALL_PRIORS, 1 / 3, keep_last=True)
            made = made if again is None else again
        return made

    def evenly(self, priors: Sequence[float], enough: float, *, keep_last: bool = False) -> Bools | None:
        """What the CRF makes of the box filled evenly: the first that is more than a share of the box.

        Where none is, the last one or `None`.
        """
        made: Bools | None = None
        if self.options.crf is None:
            return None
        for prior in priors:
            made = self._cleaned(np.where(self.inside, prior, 0).astype(np.float32))
            if made.sum() > enough * self.inside.sum():
                return made
        return made if keep_last else None

    def _cleaned(self, soft: Floats) -> Bools:
        """What a CRF makes of a map (h, w); within the box, (h, w) bool."""
        assert self.options.crf is not None
        if self.options.unary == "probabilities":
            costs, pixels = object_unary(soft), self.pixels[..., ::-1]
        else:
            costs, pixels = opposed_unary(soft), self.pixels
        likely = mean_field(costs, np.ascontiguousarray(pixels), self.options.crf)[1]
        made: Bools = (likely > self.options.sure) & self.inside
        return made

    def whole(self, part: Bools) -> Bools:
        """(H, W)."""
        made = np.zeros(self.size, dtype=np.bool_)
        made[self.place] = part
        return made


def over_image(soft: Floats, size: tuple[int, ...], *, whole_range: bool = True) -> Floats:
    """A map of pixels (h, w), normalised, over an image of height and width; (H, W) in [0, 1]."""
    return _resized(_normalised(soft, whole_range=whole_range), (size[0], size[1]))


def _normalised(soft: Floats, *, whole_range: bool) -> Floats:
    lowest, highest = soft.min(), soft.max()
    span = highest - lowest if whole_range else highest
    made: Floats = ((soft - lowest) / np.float32(span)).astype(np.float32) if span > 0 else soft
    return made


def _resized(soft: Floats, size: tuple[int, int], *, corners: bool = False) -> Floats:
    """(h, w) to (H, W), bilinear between the middles of pixels, or with the outer ones' middles on one another."""
    given = torch.from_numpy(soft)[None, None]
    whole: Floats = F.interpolate(given, size, mode="bilinear", align_corners=corners)[0, 0].numpy()
    return whole


def small_options(options: MaskOptions, factor: float) -> MaskOptions:
    """The same for images of 1 / factor of the size: the blur's and the CRF's deviations in pixels are divided."""
    return replace(
        options,
        crf=options.crf.scaled(factor) if options.crf else None,
        least_blur=options.least_blur / factor,
        blur_slope=options.blur_slope / factor,
    )
