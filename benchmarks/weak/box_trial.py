"""What ways from boxes to masks are measured on: boxed images of a set, a detector, and what is sought through it.

A trial's networks are trained when they are first asked for.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray

from benchmarks.data.photograph_sets import draw
from maskloop.values import Box, ObjectProposal, Prompt
from models.boxes.bbam import Bbam, ObjectMaps
from models.boxes.boxed import BoxedImage, BoxMask
from models.boxes.detector import FittedDetector, train_detector
from models.boxes.masks import MaskOptions, masks_of, small_options
from models.boxes.objective import ROUNDED
from models.boxes.recipe import DetectorRecipe, MaskRecipe
from models.data.samples import Example, ImageToScore
from models.kinds.load import AnyModel
from models.kinds.networks import fit
from models.kinds.recipes import resolve
from models.predictor import PromptedImage

BOXED, OUTLINED, UNSEEN, MOST = 20, 8, 20, 8  # images of each kind, and objects of one that is learnt from
CROPPED = {"building_facades": 128}
SIDE, LONGEST = 128, 208  # pixels that networks see an image at
PAPER_SIDE, VOC_SIDE = 512, 375  # shorter sides that strides, and those that deviations of blur and CRF are meant for
SHORT_STEPS = 6
CPU = torch.device("cpu")
Made = TypeVar("Made")


def silent(*_: object) -> None:
    """Nobody watches."""


@dataclass(frozen=True)
class BoxTrial:
    """One set and seed: images with boxes, others with outlines for the prompted network, and unseen ones."""

    name: str
    categories: tuple[int, ...]
    boxed: tuple[Example, ...]
    outlined: tuple[Example, ...]
    unseen: tuple[Example, ...]
    seed: int
    short: bool
    taken: dict[str, float] = field(default_factory=dict)

    @classmethod
    def drawn(cls, name: str, seed: int, *, short: bool = False) -> BoxTrial:
        """A trial; a short one has a few images, and trains for a few steps."""
        boxed, outlined, unseen = (3, 2, 3) if short else (BOXED, OUTLINED, UNSEEN)
        setting = draw(name, 3 * (boxed + outlined), unseen, seed, CROPPED)
        kept = [example for example in setting.labeled if len(example.objects) <= MOST][: boxed + outlined]
        held = max(1, len(kept) - outlined)
        parts = tuple(kept[:held]), tuple(kept[held:]), tuple(setting.unseen)
        return cls(name, tuple(setting.categories), *parts, seed, short)

    @property
    def alone(self) -> dict[str, Any]:
        """How every network of its is trained: by its seed, and kept nowhere."""
        return {"seed": self.seed, "device": CPU, "resume_path": None, "progress": silent}

    @property
    def recipe(self) -> DetectorRecipe:
        return DetectorRecipe(**self._options(120))

    @property
    def mask_recipe(self) -> MaskRecipe:
        return MaskRecipe(**self._options(80))

    def _options(self, iterations: int) -> dict[str, Any]:
        sides = {"smallest": SIDE, "shortest": SIDE, "longest": LONGEST}
        return {**sides, "anchor": 12, "iterations": SHORT_STEPS if self.short else iterations}

    @cached_property
    def images(self) -> list[BoxedImage]:
        return [self.boxed_image(example) for example in self.boxed]

    def boxed_image(self, example: Example) -> BoxedImage:
        return BoxedImage.of(example, self.categories)

    def true_masks(self, example: Example) -> list[NDArray[np.bool_]]:
        """In the order of the image's boxes."""
        return [item.mask.to_array() for item in example.objects if item.mask.area]

    @cached_property
    def detector(self) -> FittedDetector:
        return train_detector(self.images, self.categories, self.recipe, **self.alone)

    @cached_property
    def maps(self) -> list[ObjectMaps]:
        """BBAM with a fifth of the steps, at a higher rate, and of the positives."""
        factor = PAPER_SIDE / SIDE
        method = Bbam(
            jitters=100 if self.short else 500,
            most=20,
            iterations=SHORT_STEPS if self.short else 60,
            rate=0.05,
            least_stride=16 / factor,
            stride_slope=48 / factor,
            dead_zone=ROUNDED,
        )
        detector = self.detector
        return self._timed("maps", lambda: method.maps(detector, self.images, seed=self.seed, progress=silent))

    def bbam_masks(self, place: int) -> tuple[BoxMask, ...]:
        """Of one boxed image."""
        image = self.images[place]
        options = small_options(MaskOptions(margin=0.2), max(1.0, VOC_SIDE / min(image.size)))
        return masks_of(image, self.maps[place], options)

    def learnt(self, *, boxes: bool) -> AnyModel:
        """A network of the recipe `pretrained`, from boxes of the boxed images or from their outlines."""
        if not boxes:
            return self._pretrained(self.boxed)
        return self._pretrained([
            replace(example, objects=(), boxes=tuple(Box.around(item) for item in example.objects if item.mask.area))
            for example in self.boxed
        ])  # fmt: skip

    def found_by(self, model: AnyModel) -> dict[str, tuple[ObjectProposal, ...]]:
        """What a network makes of the unseen images, by their ids."""
        items = [ImageToScore.of(example, counted=False) for example in self.unseen]
        read = model.predict(items, device=CPU, batch_size=4)
        return {each.image_id: each.proposals.objects for each in read}

    @cached_property
    def prompt_model(self) -> AnyModel:
        return self._pretrained(self.outlined)

    def _pretrained(self, examples: Sequence[Example]) -> AnyModel:
        steps = SHORT_STEPS if self.short else 150
        return fit(
            list(examples),
            self.categories,
            resolve("pretrained", min_iterations=min(steps, 50), max_iterations=steps),
            seed=self.seed,
            device=CPU,
            checkpoint_dir=None,
            progress=silent,
        )

    def prompted(self, example: Example) -> tuple[BoxMask, ...]:
        """The masks of a boxed image's true boxes."""
        prompts = tuple(Prompt(box=item.mask.box) for item in example.objects if item.mask.area)
        asked = PromptedImage(ImageToScore.of(example, counted=False), example.size, prompts)
        model: Any = self.prompt_model
        (made,) = model.propose([asked])
        return tuple(BoxMask.certain(proposal.mask.to_array()) for proposal in made)

    def ready(self, arm: str) -> None:
        """Train what an arm needs, and seek the maps, so that only what is its own is timed."""
        _ = self.prompt_model if arm == "box_prompt" else self.detector
        if arm.startswith("bbam"):
            _ = self.maps

    def shared_seconds(self, arm: str) -> float:
        """Of the processor, what an arm takes from before."""
        return self.taken["maps"] if arm.startswith("bbam") else 0.0

    def _timed(self, name: str, make: Callable[[], Made]) -> Made:
        began = time.process_time()
        made = make()
        self.taken[name] = time.process_time() - began
        return made
