"""The face of every method: a classifier, images and their classes in, maps in [0, 1] out.

What the methods share is here as well: an image and its mirror image at a scale, the maps of both joined, and maps of
several scales joined and normalised, as Ahn, Cho, Kwak, *Weakly supervised learning of instance segmentation with
inter-pixel relations*, CVPR 2019, do it in the inference of class activation maps. Bilinear resizing has corners
unaligned. Images of one size are seen together, as many as a budget of pixels allows.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from maskloop.errors import InvalidArgument, InvalidConfig
from models.classification.network import ImageClassifier
from models.data.samples import image_tensor, normalise
from models.training.readings import Readings

SCALES = (1.0, 0.5, 1.5, 2.0)
STRIDE = 4  # of the smaller maps
LEAST = 1e-5  # added to a map's largest value before it is divided by that
PIXELS, GPU_PIXELS = 1 << 18, 1 << 21
"""Of the views that a network sees at once, where more than one image fits into them. A CPU gains a sixth by the first
and nothing by more; what a network of ResNet-50's size keeps of the second for a gradient is some gigabytes."""

Look = Callable[[Tensor, Sequence[Sequence[int]], float], Sequence[Tensor]]
"""(k, 2, 3, h, w) view pairs, each one's classes and the scale in; each one's maps (n, h', w'), views joined, out."""


@dataclass(frozen=True)
class ClassMaps:
    """Where an image of H x W pixels shows each of its n classes.

    Args:
        classes: class indices of the classifier, in the order that they were asked in.
        strided: (n, ceil(H / 4), ceil(W / 4)) float32 in [0, 1].
        whole: (n, H, W) float32 in [0, 1].
    """

    classes: tuple[int, ...]
    strided: Tensor
    whole: Tensor


class MapMethod(Readings, ABC):
    """A way of making class maps; its fields are its options."""

    @abstractmethod
    def maps(
        self, classifier: ImageClassifier, images: Sequence[NDArray[np.uint8]], classes: Sequence[Sequence[int]]
    ) -> list[ClassMaps]:
        """The maps of each image, on the classifier's device. The classifier is left as it was.

        Args:
            classifier: in eval mode.
            images: (H, W, 3) uint8 RGB each, of any sizes.
            classes: class indices that each image is labeled with, at least one, none twice.

        Raises:
            InvalidArgument: an image has no class, or one that the classifier does not know.
        """


def check_asked(
    classifier: ImageClassifier, images: Sequence[NDArray[np.uint8]], classes: Sequence[Sequence[int]]
) -> None:
    """Check what a method is asked.

    Raises:
        InvalidArgument: an image has no class, one twice, or one that the classifier does not know.
    """
    if len(images) != len(classes):
        raise InvalidArgument(f"{len(images)} images came with classes of {len(classes)}", field="classes")
    known = classifier.head.out_channels
    for place, asked in enumerate(classes):
        if not asked or len(set(asked)) < len(asked) or not all(0 <= index < known for index in asked):
            raise InvalidArgument(
                f"image {place} has the classes {list(asked)}; one to {known} different ones of 0 to {known - 1} are "
                "needed",
                field="classes",
            )


def check_scales(scales: Sequence[float]) -> None:
    """Raises InvalidConfig where there is no scale, or one that is not above zero and finite."""
    if not scales or not all(0 < scale < math.inf for scale in scales):
        raise InvalidConfig(f"scales are {list(scales)}; one or more are needed, above 0", field="scales")


def view_pair(pixels: NDArray[np.uint8], scale: float, device: torch.device) -> Tensor:
    """(2, 3, h, w) normalised: the image at a scale, bicubic, sides rounded, and its mirror image."""
    height, width = (max(1, round(side * scale)) for side in pixels.shape[:2])
    sized = pixels
    if (height, width) != pixels.shape[:2]:
        sized = np.asarray(Image.fromarray(pixels).resize((width, height), Image.Resampling.BICUBIC), dtype=np.uint8)
    image = normalise(image_tensor([sized], device))
    return torch.cat([image, image.flip(-1)])


def look_at_scales(
    classifier: ImageClassifier,
    images: Sequence[NDArray[np.uint8]],
    classes: Sequence[Sequence[int]],
    scales: Sequence[float],
    look: Look,
) -> list[list[Tensor]]:
    """Of each image its maps (n, h, w) at each scale, in the order of scales, as `look` makes them.

    `look` gets view pairs on the classifier's device and of its precision, those of images of one size together.
    """
    head = classifier.head.weight
    most = PIXELS if head.device.type == "cpu" else GPU_PIXELS
    seen: list[list[Tensor]] = [[] for _ in images]
    for scale in scales:
        for places in _together([pixels.shape[:2] for pixels in images], scale, most):
            pairs = torch.stack([view_pair(images[place], scale, head.device) for place in places]).to(head.dtype)
            made = look(pairs, [classes[place] for place in places], scale)
            for place, maps in zip(places, made, strict=True):
                seen[place].append(maps)
    return seen


def class_maps(classifier: ImageClassifier, pairs: Tensor) -> Tensor:
    """(k, 2, 3, h, w) view pairs to (k, 2, C, h', w') maps of all classes, not rectified."""
    return in_pairs(classifier.maps(pairs.flatten(0, 1)))


def in_pairs(values: Tensor) -> Tensor:
    """(2k, ...) to (k, 2, ...), as `flatten(0, 1)` had them before."""
    return values.reshape(-1, 2, *values.shape[1:])


def join_views(pairs: Tensor) -> Tensor:
    """(..., 2, C, h, w) maps of an image and of its mirror image to (..., C, h, w), their sum as the image lies."""
    return pairs[..., 0, :, :, :] + pairs[..., 1, :, :, :].flip(-1)


def join_scales(maps: Sequence[Tensor], classes: Sequence[int], size: tuple[int, int], stride: int) -> ClassMaps:
    """Maps (n, h, w) of 0 or more at several scales, summed at the two sizes and divided by their largest values.

    Args:
        classes: of the n maps.
        size: height and width of the image.
        stride: of the maps' cells at scale 1, in pixels; the last cell of a row or column may stick out of the image.
    """
    height, width = size
    strided = (-(-height // STRIDE), -(-width // STRIDE))
    framed = (-(-height // stride) * stride, -(-width // stride) * stride)
    small, large = (torch.stack([_resized(one.float(), to) for one in maps]).sum(dim=0) for to in (strided, framed))
    return ClassMaps(tuple(classes), _normalised(small), _normalised(large[:, :height, :width]))


def _resized(maps: Tensor, size: tuple[int, int]) -> Tensor:
    return F.interpolate(maps[None], size, mode="bilinear", align_corners=False)[0]


def _normalised(maps: Tensor) -> Tensor:
    return maps / (maps.amax(dim=(1, 2), keepdim=True) + LEAST)


def _together(sizes: Sequence[tuple[int, ...]], scale: float, most: int) -> list[list[int]]:
    """Places of images of one size, in groups whose view pairs have no more than `most` pixels, or of one image."""
    alike: dict[tuple[int, ...], list[int]] = {}
    for place, size in enumerate(sizes):
        alike.setdefault(size, []).append(place)
    groups = []
    for (height, width), places in alike.items():
        number = max(1, int(most / (2 * height * width * scale**2)))
        groups += [places[start : start + number] for start in range(0, len(places), number)]
    return groups
