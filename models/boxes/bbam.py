"""BBAM: what a detector has to see of an object so that it says of it what it says of the whole image.

The chapter on BBAM of Lee, *Label-efficient learning for object recognition*, Seoul National University 2023; Lee, Yi,
Shin, Yoon, *BBAM: bounding box attribution map for weakly supervised semantic and instance segmentation*, CVPR 2021.
Of each object a small mask M is sought that minimises

    mean over positives of (|t - f_box(P)| + |p - f_cls(P)|) + lambda * |M| + lambda_tv * TV(M),  P = I M + mu (1 - M),

where t and p are offsets and probability of the object's class in the whole image I, and mu is the mean colour.
Positives are jittered boxes around the object's own by which the detector finds it.

Several objects' images are looked at in one pass of the backbone, and every region of an object is cut out of the same
features. Which objects are in a pass changes nothing but how sums are rounded. The sign of a rounded difference can be
a step's direction, unless `dead_zone` says otherwise.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor

from maskloop.errors import InvalidArgument, InvalidConfig
from maskloop.spelling import did_you_mean
from models.boxes.boxed import BoxedImage, Floats, box_ious, whole_ious
from models.boxes.detector import FittedDetector, Input, scaled_boxes
from models.boxes.explaining import Explained, Objective
from models.boxes.objective import mask_shape, mask_stride, share_of
from models.boxes.positives import Positives, box_rng, chosen_positives, found_boxes, heads_on, jittered
from models.training.determinism import repeatable
from models.training.loop import Progress
from models.training.readings import Readings

READINGS: Mapping[str, Mapping[str, Any]] = {
    "official": {
        "ious": (0.9, 0.85, 0.8),
        "variation": 1e-4,
        "area": "given",
        "round_up": False,
        "mean": True,
        "whole": True,
    },
    "paper": {"ious": (0.8,), "variation": 0.0, "area": "found", "round_up": True, "mean": False, "whole": False},
}
AREAS = ("given", "found")


@dataclass(frozen=True)
class ObjectMaps:
    """Maps of one image's objects, in the order of its boxes.

    Args:
        maps: each (h, w) float32 in [0, 1] over the whole image, of a size of its own; zeros where the detector does
            not find the object.
        positives: how many regions each was made from; 0 where it does not find it.
        seen: height and width at which the detector saw the image, in pixels.
    """

    image_id: str
    maps: tuple[Floats, ...]
    positives: tuple[int, ...]
    seen: tuple[int, int]


@dataclass(frozen=True)
class Bbam(Readings):
    """Args:
        jitters: boxes that are drawn around an object's.
        reach: of a side's shift, in widths or heights of the box; below 0.5.
        most: positives of an object.
        box_head, class_head: whether they have a say.
        regulariser: lambda; 0 for none.
        variation_power: beta.
        rate: of Adam.
        iterations: of Adam.
        least_stride, stride_slope: of a mask's cells, see `models.boxes.objective.mask_stride`; pixels of the image as
            the detector sees it.
        dead_zone: differences of a head's outputs that count as none, in machine epsilons; 0 as in the program. With
            some, objects that are looked at together change nothing but the last digits of a map.
        at_once: objects whose images are looked at together, 1 or more; memory grows with it.
        compat: "official" as the authors' program, or "paper" as the text. What follows is as either says unless it is
            given, the program's value first.
        ious: of a positive's box with the object's, the next where no more than `most` are above: .9, .85, .8 or .8.
        variation: lambda_tv: 1e-4 or 0.
        area: whose share of the image decides the stride: "given" the object's box, or "found" the mean share of the
            positives' own boxes.
        round_up: whether masks have as many cells as cover the image: no or yes.
        mean: whether a head's distance is half the mean over its outputs, or their sum.
        whole: whether boxes are compared, and masks begin, by whole pixels and cells, cut towards 0, and boxes that the
            heads make reach out of the image: yes; or no, boxes are cut at the border, and a mask begins as 1 in every
            cell that one touches.

    Raises:
        InvalidConfig: an impossible value.
    """

    jitters: int = 1000
    reach: float = 0.3
    most: int = 100
    box_head: bool = True
    class_head: bool = True
    regulariser: float = 0.007
    variation_power: float = 3.0
    rate: float = 0.02
    iterations: int = 300
    least_stride: float = 16.0
    stride_slope: float = 48.0
    dead_zone: float = 0.0
    at_once: int = 4
    compat: str = "official"
    ious: tuple[float, ...] | None = None
    variation: float | None = None
    area: str | None = None
    round_up: bool | None = None
    mean: bool | None = None
    whole: bool | None = None

    OFFICIAL: ClassVar[Mapping[str, Any]] = {"compat": "official"}
    PAPER: ClassVar[Mapping[str, Any]] = {"compat": "paper"}

    def __post_init__(self) -> None:
        for name in ("jitters", "most", "iterations", "at_once"):
            _check(name, getattr(self, name), getattr(self, name) >= 1, "1 or more")
        for name in ("variation_power", "rate", "least_stride"):
            _check(name, getattr(self, name), 0 < getattr(self, name) < np.inf, "above 0, and finite")
        for name in ("regulariser", "stride_slope", "dead_zone"):
            _check(name, getattr(self, name), 0 <= getattr(self, name) < np.inf, "0 or more, and finite")
        _check("reach", self.reach, 0 <= self.reach < 0.5, "in [0, 0.5)")
        _check("class_head", self.class_head, self.box_head or self.class_head, "true where box_head is not")
        if self.compat not in READINGS:
            near = did_you_mean(self.compat, READINGS)
            raise InvalidConfig(f"compat is {self.compat!r}, none of {', '.join(READINGS)}{near}", field="compat")
        ious, variation, area = self.said("ious"), self.said("variation"), self.said("area")
        descending = bool(ious) and list(ious) == sorted(ious, reverse=True)
        _check("ious", ious, descending and 0 <= ious[-1] <= ious[0] < 1, "descending, and in [0, 1)")
        _check("variation", variation, 0 <= variation < np.inf, "0 or more, and finite")
        _check("area", area, area in AREAS, f"one of {', '.join(AREAS)}")

    def said(self, name: str) -> Any:
        """An option of both readings: what was given, else what `compat` says."""
        given = getattr(self, name)
        return READINGS[self.compat][name] if given is None else given

    def objective(self) -> Objective:
        """What is minimised."""
        return Objective(
            self.box_head,
            self.class_head,
            bool(self.said("mean")),
            self.regulariser,
            self.said("variation"),
            self.variation_power,
            self.dead_zone,
        )

    def maps(
        self, detector: FittedDetector, images: Sequence[BoxedImage], *, seed: int, progress: Progress
    ) -> list[ObjectMaps]:
        """Maps of every object of the images; the detector is left as it was.

        Args:
            detector: that was trained on boxes, best on these.
            seed: of the jitters. Those of an object depend on it, its class and its box alone.
            progress: called at every iteration with a fraction in [0, 1]; may raise to stop.

        Raises:
            InvalidArgument: a class is not of the detector's vocabulary.
        """
        wrong = [index for image in images for index in image.classes if index >= len(detector.categories)]
        if wrong:
            raise InvalidArgument(
                f"class {wrong[0]} is not of the detector's {len(detector.categories)}", field="images"
            )
        learnt = [each for each in detector.network.parameters() if each.requires_grad]
        try:
            for each in learnt:
                each.requires_grad_(False)
            with repeatable(detector.device):
                return self._maps(detector, images, seed, progress)
        finally:
            for each in learnt:
                each.requires_grad_()

    def _maps(
        self, detector: FittedDetector, images: Sequence[BoxedImage], seed: int, progress: Progress
    ) -> list[ObjectMaps]:
        numbers, jobs = [], list[tuple[tuple[int, int], Explained]]()
        seen: list[Input] = []
        for place, image in enumerate(images):
            seen.append(detector.input(image))
            for row, found in enumerate(self._objects(detector, image, seen[-1], seed)):
                numbers.append((place, row, len(found.positives)))
                jobs.append(((place, row), found))
        made = {key: job.empty() for key, job in jobs}
        waiting = [(key, job) for key, job in jobs if len(job.positives)]
        chunks = _chunks(waiting, self.at_once)
        for number, chunk in enumerate(chunks):

            def told(share: float, begun: int = number) -> None:
                progress((begun + share) / len(chunks), f"objects of pass {begun + 1} of {len(chunks)}")

            found_masks = self.objective().minimised(
                detector.network, [job for _, job in chunk], self.rate, self.iterations, told
            )
            made |= {key: mask for (key, _), mask in zip(chunk, found_masks, strict=True)}
        counted = {(place, row): count for place, row, count in numbers}
        return [
            ObjectMaps(
                image.image_id,
                tuple(made[place, row] for row in range(len(image.classes))),
                tuple(counted[place, row] for row in range(len(image.classes))),
                seen[place].size,
            )
            for place, image in enumerate(images)
        ]

    @torch.no_grad()
    def _objects(self, detector: FittedDetector, image: BoxedImage, seen: Input, seed: int) -> list[Explained]:
        """The image's objects, each with its positives and the shape of its mask."""
        if not image.classes:
            return []
        network: Any = detector.network
        levels = network.backbone(seen.pixels)
        boxes = scaled_boxes(image.boxes, image.size, seen.size)
        made = []
        for box, given, index in zip(boxes, image.boxes, image.classes, strict=True):
            rng, label = box_rng(seed, given, index), index + 1
            drawn = jittered(box.numpy(), seen.size, self.jitters, self.reach, rng)
            regions = drawn.to(seen.pixels)
            told = heads_on(network, levels, [regions], [seen.size])
            of_class = told.of(label)
            whole = bool(self.said("whole"))
            found = found_boxes(network, regions, of_class.offsets, None if whole else seen.size)
            overlaps = (whole_ious if whole else box_ious)(found, box.to(found))
            chosen = chosen_positives(of_class.likeliest, overlaps, self.said("ious"), self.most)
            positives = Positives(
                regions[chosen], found[chosen], of_class.offsets[chosen], of_class.probabilities[chosen]
            )
            stride = self._stride(box, positives.found, seen.size)
            shape = mask_shape(seen.size, stride, up=bool(self.said("round_up")))
            made.append(Explained(seen, label, positives, shape, stride if whole else None))
        return made

    def _stride(self, box: Tensor, found: Tensor, size: tuple[int, int]) -> float:
        shares = [share_of(each, size) for each in found.double().cpu().numpy()] if self.said("area") == "found" else []
        area = float(np.mean(shares)) if shares else share_of(box.numpy(), size)
        return mask_stride(min(area, 1.0), self.least_stride, self.stride_slope)


def _chunks(
    jobs: Sequence[tuple[tuple[int, int], Explained]], most: int
) -> list[list[tuple[tuple[int, int], Explained]]]:
    """Jobs that can be done together, at most so many: their images are of one size as the backbone takes them."""
    by_size: dict[tuple[int, ...], list[tuple[tuple[int, int], Explained]]] = {}
    for key, job in jobs:
        by_size.setdefault(tuple(job.seen.pixels.shape), []).append((key, job))
    return [same[first : first + most] for same in by_size.values() for first in range(0, len(same), most)]


def _check(name: str, value: object, right: bool, wanted: str) -> None:
    if not right:
        raise InvalidConfig(f"{name} is {value!r}; it must be {wanted}", field=name)
