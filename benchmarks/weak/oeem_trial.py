"""What OEEM is measured on: glands in colon tissue, cut into patches whose classes are told, and nothing else is.

The set's pictures are at about half the size of the published ones (400 pixels for 775). Patches and tiles are halved
with them, so that they show as much tissue: 56 pixels for 112, 128 for 256.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from maskloop.formats.coco import read_coco_folder
from maskloop.formats.datasets import DatasetImage
from maskloop.formats.images import decode_image
from models.classification.patches.cutting import Patch, cut_patches, join_labels
from models.classification.patches.maps import PatchMaps, present_alone
from models.classification.patches.model import FittedPatchClassifier
from models.classification.patches.recipe import PatchRecipe, resolve_patches
from models.classification.patches.train import train_patches
from models.metrics.semantic import Counts, confusion, dice_of, mean_f1, mean_iou
from models.segmentation.recipe import SegmentationRecipe, resolve_segmentation
from models.segmentation.train import train_segmentation
from models.segmentation.views import LabeledPixels

SET, CLASSES = "glas_glands", ("normal", "gland")
TEST_SEED = 99  # the test images are the same for every seed
CPU = torch.device("cpu")
ENCODER: dict[str, Any] = {"encoder": "tf_efficientnet_lite0", "weights": "package", "optimizer": "adamw"}
Labels = NDArray[np.uint8]
Tell = Callable[[float, str], None]


@dataclass(frozen=True)
class Sizes:
    """How much is learnt from and measured, and for how long.

    Args:
        images: to learn from, at most 85.
        unseen: to measure on, at most 80.
        patch: side of patches, pixels, a multiple of 14. Strides and tiles are in proportion to it as the paper's are.
        input_side: that patches are enlarged to.
        patch_iterations, iterations: of the two trainings, at batches of 16 and 8.
        scales: that patches are mapped at.
        read_scales: that test images are read at, each mirrored as well.
    """

    images: int = 16
    unseen: int = 40
    patch: int = 56
    input_side: int = 112
    patch_iterations: int = 120
    iterations: int = 120
    scales: tuple[float, ...] = (1.0, 1.5, 2.0)
    read_scales: tuple[float, ...] = (1.0,)

    @property
    def patches(self) -> PatchRecipe:
        """The classifier's recipe: the packaged encoder, and steps that do not depend on the scale of gradients."""
        return resolve_patches(
            **ENCODER,
            statistics="imagenet",
            side=self.patch,
            stride=self.patch // 2,
            input_side=self.input_side,
            epochs=1000,
            max_iterations=self.patch_iterations,
            batch=16,
            rate=3e-4,
            head_factor=3.0,
        )

    def segmentation(self, weight_map: str) -> SegmentationRecipe:
        """The network's recipe; tiles are enlarged up to 1.5 times, not 3 times, for few iterations."""
        tile = self.patch * 16 // 7  # 256 for 112
        return resolve_segmentation(
            **ENCODER,
            weight_map=weight_map,
            width=64,
            crop=tile,
            smallest=0.75,
            largest=1.5,
            iterations=self.iterations,
            batch=8,
            rate=1e-3,
            min_rate=1e-5,
            head_factor=5.0,
            weight_decay=1e-4,
            tile=tile,
            tile_stride=tile * 3 // 4,
            window=tile * 5 // 4,
            window_stride=tile,
        )


@dataclass(frozen=True)
class Slide:
    """A picture (H, W, 3) uint8 and its true labels (H, W) uint8: 0 normal, 1 gland."""

    image_id: str
    pixels: NDArray[np.uint8]
    true: Labels


@dataclass(frozen=True)
class Glands:
    """One draw: images to learn from, images to be measured on, and what is made of the former by patch labels.

    Args:
        noise: share of the pseudo-masks' pixels that are flipped, in blocks, see `flipped`.
    """

    learning: tuple[Slide, ...]
    unseen: tuple[Slide, ...]
    seed: int
    sizes: Sizes
    noise: float
    tell: Tell

    @classmethod
    def drawn(cls, seed: int, sizes: Sizes, noise: float, tell: Tell) -> Glands:
        """From the folder that MASKLOOP_DATA names."""
        if "MASKLOOP_DATA" not in os.environ:
            raise SystemExit(f"{SET} is read from the folder that MASKLOOP_DATA names, and it is not set")
        found = read_coco_folder(Path(os.environ["MASKLOOP_DATA"]) / SET)
        learning, unseen = (
            tuple(
                slide_of(found.by_name[str(name)])
                for name in np.random.default_rng(drawn_by).permutation(sorted(names))[:wanted]
            )
            for names, wanted, drawn_by in (
                (found.train, sizes.images, seed),
                (found.test, sizes.unseen, TEST_SEED),
            )
        )
        return cls(learning, unseen, seed, sizes, noise, tell)

    @property
    def alone(self) -> dict[str, Any]:
        """How every network of its is trained: by its seed, and kept nowhere."""
        return {"seed": self.seed, "device": CPU, "resume_path": None, "progress": self.tell}

    @cached_property
    def patches(self) -> list[list[Patch]]:
        """Of each learning image."""
        recipe = self.sizes.patches
        cut = partial(cut_patches, side=recipe.side, stride=recipe.stride, share=recipe.share)
        return [cut(slide.image_id, slide.pixels, slide.true) for slide in self.learning]

    @cached_property
    def classifier(self) -> FittedPatchClassifier:
        flat = [patch for patches in self.patches for patch in patches]
        return train_patches(flat, len(CLASSES), self.sizes.patches, **self.alone)

    @cached_property
    def mapped(self) -> list[tuple[Labels, Labels]]:
        """Of each learning image, the labels of its maps with all classes, and with the patches' own (pseudo-masks)."""
        maps, made = PatchMaps(self.classifier, self.sizes.scales), []
        for done, (slide, patches) in enumerate(zip(self.learning, self.patches, strict=True), start=1):
            scores = [maps.scores(patch.pixels) for patch in patches]
            present = [present_alone(found, patch.present) for found, patch in zip(scores, patches, strict=True)]
            size, windows = (slide.true.shape[0], slide.true.shape[1]), [patch.window for patch in patches]
            free, kept = (
                join_labels(size, windows, [one.argmax(dim=0).numpy().astype(np.uint8) for one in found], len(CLASSES))
                for found in (scores, present)
            )
            made.append((free, kept))
            self.tell(done / len(self.learning), f"maps of image {done} of {len(self.learning)}")
        return made

    @cached_property
    def pseudo(self) -> list[LabeledPixels]:
        """The learning images with pseudo-masks, some of whose pixels are flipped."""
        rng = np.random.default_rng([self.seed, 7])
        return [
            LabeledPixels(slide.image_id, slide.pixels, flipped(kept, self.noise, rng))
            for slide, (_, kept) in zip(self.learning, self.mapped, strict=True)
        ]

    @cached_property
    def mask_mious(self) -> dict[str, float]:
        """Mean IoU on the learning images, of the maps, and of the pseudo-masks as they are learnt from."""
        truths = [slide.true for slide in self.learning]
        free, kept = [found for found, _ in self.mapped], [item.labels for item in self.pseudo]
        return {"cam_miou": mean_iou(counted(free, truths)), "pseudo_miou": mean_iou(counted(kept, truths))}

    def measure(self, arm: str) -> dict[str, float]:
        """What a network comes to on test images: trained on pseudo-masks by a weight map, or "full" on the truth."""
        full = [LabeledPixels(slide.image_id, slide.pixels, slide.true) for slide in self.learning]
        recipe = self.sizes.segmentation("plain" if arm == "full" else arm)
        fitted = train_segmentation(full if arm == "full" else self.pseudo, len(CLASSES), recipe, **self.alone)
        reading, said = fitted.reading(self.sizes.read_scales), []
        for done, slide in enumerate(self.unseen, start=1):
            said.append(fitted.labels(slide.pixels, reading))
            self.tell(done / len(self.unseen), f"{arm}: test image {done} of {len(self.unseen)}")
        counts = counted(said, [slide.true for slide in self.unseen])
        miou = mean_iou(counts)
        return {"miou": miou, "dice": dice_of(miou), "f1": mean_f1(counts)}


def slide_of(image: DatasetImage) -> Slide:
    """A picture of the set, glands merged."""
    pixels = decode_image(image.path.read_bytes(), image.file_name).pixels
    true = np.zeros(pixels.shape[:2], np.uint8)
    for item in image.objects:
        true[item.mask.to_array()] = 1
    return Slide(image.file_name, pixels, true)


def counted(said: Sequence[Labels], true: Sequence[Labels]) -> Counts:
    """Pixels of the whole set by label."""
    total = np.zeros((len(CLASSES), len(CLASSES)), np.int64)
    for mine, theirs in zip(said, true, strict=True):
        total += confusion(mine, theirs, len(CLASSES))
    return total


BLOCK = 8


def flipped(labels: Labels, share: float, rng: np.random.Generator) -> Labels:
    """Labels of two classes of which that share is the other one, in blocks of 8 x 8 pixels; 255 stays.

    Wrong pseudo-masks are wrong in patches, not in single pixels, which a network would average out.
    """
    height, width = labels.shape
    blocks = rng.random((-(-height // BLOCK), -(-width // BLOCK))) < share
    wrong = blocks.repeat(BLOCK, axis=0).repeat(BLOCK, axis=1)[:height, :width] & (labels != 255)
    return np.where(wrong, 1 - labels, labels).astype(np.uint8)


TINY = replace(Sizes(), images=2, unseen=2, patch_iterations=2, iterations=2, scales=(1.0,))
"""For a try."""
