"""Tiny trainings whose losses are on record, to notice a change of what trainings come to.

    python -m tests.models.training.frozen_trainings

records them anew in frozen_trainings.json, beside the version numbers of the parts that decide them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from maskloop.masks import Mask
from maskloop.values import Box, ObjectLabel
from models.annotation import train as annotation
from models.annotation.recipe import resolve
from models.bbam import fit as bbam_fit
from models.bbam.recipe import BbamRecipe
from models.boxes import rcnn_task
from models.boxes.boxed import BoxedImage, BoxMask, MaskedImage
from models.boxes.mask_rcnn import train_mask_rcnn
from models.boxes.recipe import MaskRecipe
from models.classification import train as classification
from models.classification import wood
from models.classification.patches import train as patch_train
from models.classification.patches.cutting import cut_patches
from models.classification.patches.recipe import PatchRecipe
from models.classification.recipe import resolve_classifier
from models.data.samples import Example, prepare
from models.encoders.names import PACKAGED, TIMM
from models.features import tuning
from models.features.recipe import PretrainedRecipe
from models.localization import fickle_training
from models.localization.fickle_head import WindowDropout
from models.pretrained import fit as pretrained_fit
from models.pretrained import train as pretrained
from models.refinement.dsrg import train as dsrg_train
from models.refinement.dsrg.data import SeededImage
from models.segmentation import train as segmentation_train
from models.segmentation.recipe import SegmentationRecipe
from models.segmentation.views import LabeledPixels
from models.thin import fit as thin_fit
from models.thin import train as thin
from models.training import loop
from models.training.loop import Progress
from tests.models.classification.pictures import CATEGORIES, pictures

RECORD = Path(__file__).with_suffix(".json")
TOLERANCE = 0.02
"""Of a loss, absolute. Other vector instructions and two threads moved one loss by 0.006, the others by 0.001."""
CPU = torch.device("cpu")
SMALL = {"encoder": "compact", "image_size": 32, "hidden": 16, "iterations": 6, "iou_epochs": 2, "batch": 4}
SMALL_CLASSIFIER = {"image_size": 32, "iterations": 6, "batch": 8, "held_out": 0.0}


@dataclass(frozen=True)
class Outcome:
    """Version numbers of the parts, and the loss of every iteration."""

    versions: dict[str, int]
    losses: list[float]


def scenes(number: int, objects: int, seed: int) -> list[Example]:
    """Dark ground with bright rectangles of categories 3 and 8, one in each of the first quarters."""
    rng, examples = np.random.default_rng(seed), []
    for place in range(number):
        pixels, labels = rng.integers(0, 60, (32, 32, 3), dtype=np.uint8), []
        for quarter in range(objects):
            top, left = (16 * half + int(rng.integers(1, 5)) for half in divmod(quarter, 2))
            mask = np.zeros((32, 32), dtype=np.bool_)
            mask[top : top + 8, left : left + 6] = True
            category_id = int(rng.choice(CATEGORIES))
            pixels[mask] = (220, 180, 40) if category_id == 3 else (60, 90, 230)
            labels.append(ObjectLabel(category_id, Mask.from_array(mask)))
        examples.append(Example(f"image-{place}", pixels, tuple(labels)))
    return examples


def annotate(name: str, **options: object) -> Callable[[Progress], None]:
    """A training of the annotation network, beside pseudo-labels and empty images."""
    recipe = resolve(name, **{**SMALL, **options})

    def train(progress: Progress) -> None:
        pseudo, empty = (
            [prepare(scene, CATEGORIES, 32, recipe.steps) for scene in scenes(4, objects, seed)]
            for objects, seed in ((1, 1), (0, 2))
        )
        annotation.train_network(
            scenes(6, 3, 0),
            CATEGORIES,
            recipe,
            seed=1,
            device=CPU,
            checkpoint_dir=None,
            progress=progress,
            pseudo=pseudo,
            empty=empty,
        )

    return train


def classify(**options: object) -> Callable[[Progress], None]:
    """A training of the image classifier."""
    recipe = resolve_classifier("compact", **SMALL_CLASSIFIER, **options)
    examples = [*pictures(9, 3), *pictures(9, 8), *pictures(3)]

    def train(progress: Progress) -> None:
        classification.train_classifier(
            examples, CATEGORIES, recipe, seed=1, device=CPU, checkpoint_dir=None, progress=progress
        )

    return train


def fickle(progress: Progress) -> None:
    """A training of FickleNet."""
    recipe = resolve_classifier("compact", **SMALL_CLASSIFIER)
    examples, dropout = [*pictures(9, 3), *pictures(9, 8), *pictures(3)], WindowDropout(window=3, p=0.5)
    fickle_training.train_fickle(
        examples, CATEGORIES, recipe, dropout, seed=1, device=CPU, resume_path=None, progress=progress
    )


def learn_on(progress: Progress) -> None:
    """W-OoD, from a classifier whose own training is not told of."""
    recipe = resolve_classifier("compact", **SMALL_CLASSIFIER)
    examples = [*pictures(9, 3), *pictures(9, 8), *pictures(6)]
    classifier = classification.train_classifier(
        examples, CATEGORIES, recipe, seed=1, device=CPU, checkpoint_dir=None, progress=lambda *_: None
    )
    options = wood.WoodOptions(clusters=3, distance_weight=0.1)
    wood.train_wood(classifier, examples, options, seed=1, device=CPU, resume_path=None, progress=progress)


def on_features(kind: str, encoder_rate: float = 0.0) -> Callable[[Progress], None]:
    """A training on features: of a network that looks at regions, or of a dense one."""
    recipe = PretrainedRecipe(
        image_size=32,
        masks=kind,
        width=16,
        tower=16,
        region=8,
        views=3,
        batch=4,
        min_iterations=6,
        max_iterations=6,
        encoder_rate=encoder_rate,
    )
    room = pretrained_fit if kind == "regions" else thin_fit

    def train(progress: Progress) -> None:
        room.fit(
            scenes(6, 3, 0),
            CATEGORIES,
            recipe,
            seed=1,
            device=CPU,
            checkpoint_dir=None,
            progress=progress,
            pseudo=scenes(4, 1, 1),
            empty=scenes(4, 0, 2),
        )

    return train


def grow_seeds(progress: Progress) -> None:
    """A training on seeds: one of each object, and the picture's edge."""
    recipe = dsrg_train.DsrgRecipe(image_size=64, width=16, iterations=6, batch=4)
    images = []
    for scene in scenes(6, 2, 0):
        labels = np.full(scene.size, 255, dtype=np.int32)
        labels[:4] = labels[-4:] = 0
        for item in scene.objects:
            labels[item.mask.to_array()] = 1 + CATEGORIES.index(item.category_id)
        images.append(SeededImage(scene.pixels, labels, tuple(sorted(set((labels[labels % 255 > 0] - 1).tolist())))))
    dsrg_train.train_dsrg(images, 2, recipe, seed=1, device=CPU, checkpoint_dir=None, progress=progress)


def told_pixels() -> list[LabeledPixels]:
    """Scenes whose pixels are 0 for ground and 1 for any object, some of them unknown."""
    made = []
    for scene in scenes(4, 3, 0):
        labels = np.zeros(scene.size, dtype=np.uint8)
        labels[:3, :3] = 255
        for item in scene.objects:
            labels[item.mask.to_array()] = 1
        made.append(LabeledPixels(scene.image_id, scene.pixels, labels))
    return made


def tell_patches(**options: Any) -> Callable[[Progress], None]:
    """A training of the classifier of patches, on a narrow WideResNet-38 or another encoder."""
    recipe = PatchRecipe(side=16, stride=8, input_side=32, max_iterations=6, batch=6, **options)
    patches = [
        patch
        for item in told_pixels()
        for patch in cut_patches(item.image_id, item.pixels, item.labels, side=recipe.side, stride=recipe.stride)
    ]

    def train(progress: Progress) -> None:
        patch_train.train_patches(patches, 2, recipe, seed=1, device=CPU, resume_path=None, progress=progress)

    return train


def segment(progress: Progress) -> None:
    """A training on masks, its pixels weighed."""
    recipe = SegmentationRecipe(
        encoder="wideresnet38/8", width=16, crop=32, tile=32, tile_stride=32, window=32, window_stride=32,
        smallest=0.8, largest=1.5, iterations=6, batch=3,
    )  # fmt: skip
    segmentation_train.train_segmentation(
        told_pixels(), 2, recipe, seed=1, device=CPU, resume_path=None, progress=progress
    )


def in_boxes(progress: Progress) -> None:
    """A Mask R-CNN that knows the middle of each object, and what is beside its box; all regions are learnt from."""
    sides = {"smallest": 64, "shortest": 64, "longest": 64}
    small = {"encoder": "compact", "weights": "random", "width": 16, "head": 16, "anchor": 8, "regions": 8}
    recipe = MaskRecipe(**sides, **small, iterations=6, batch=4)  # type: ignore[arg-type]
    items = []
    for scene in scenes(6, 2, 0):
        image = BoxedImage.of(scene, CATEGORIES)
        masks = []
        for left, upper, right, lower in image.boxes.astype(int):
            tight, loose = np.zeros(scene.size, dtype=np.bool_), np.zeros(scene.size, dtype=np.bool_)
            loose[upper:lower, left:right] = True
            tight[upper + 1 : lower - 1, left + 1 : right - 1] = True
            masks.append(BoxMask(tight, loose))
        items.append(MaskedImage(image, tuple(masks)))
    train_mask_rcnn(items, CATEGORIES, recipe, seed=1, device=CPU, resume_path=None, progress=progress)


def of_boxes(progress: Progress) -> None:
    """A detector and the Mask R-CNN after it, of boxes that are filled, beside images that hold nothing."""
    recipe = BbamRecipe(
        encoder="compact", weights="random", shortest=64, longest=64, width=16, head=16, anchor=8,
        min_iterations=6, max_iterations=6, masks="rectangle",
    )  # fmt: skip
    boxed = [replace(scene, objects=(), boxes=tuple(map(Box.around, scene.objects))) for scene in scenes(6, 2, 0)]
    bbam_fit.fit(
        boxed, CATEGORIES, recipe, seed=1, device=CPU, checkpoint_dir=None, progress=progress, empty=scenes(4, 0, 2)
    )


FAST = {"rate": 1e-2, "encoder_rate": 1e-2}  # so that a few iterations of the paper's recipe get somewhere
ANNOTATION = {
    "compact": annotate("compact"),
    "compact, told the classes": annotate("compact", classes="fed", seeds=False, augment="affine", warmup=2),
    "recurrent": annotate("recurrent", encoder=f"{TIMM}{PACKAGED}"),
    "paper": annotate("paper", **FAST),
    "paper, joint": annotate("paper", iou_training="joint", **FAST),
    "paper, free": annotate("paper", classes="predicted", class_from=0.1, stop_from=0.1, **FAST),
}
CLASSIFICATION = {
    "square": classify(),
    "crop": classify(view="crop", shortest=20, longest=40, schedule="poly", optimizer="sgd"),
}

FEATURES = {"regions": on_features("regions"), "dense": on_features("dense")}
TUNING = {"regions, tuned": on_features("regions", 1e-3)}
MAPS = {"fickle": fickle, "wood": learn_on}
SEEDS = {"seeds grown": grow_seeds}
PATCHES = {
    "patches": tell_patches(encoder="wideresnet38/8", rate=2e-3),
    "patches, official": tell_patches(encoder="compact", compat="official", epochs=3),
}
PIXELS = {"segmentation": segment}
BOXES = {"masks in boxes": in_boxes, "of boxes": of_boxes}
TRAININGS = {**ANNOTATION, **CLASSIFICATION, **FEATURES, **TUNING, **MAPS, **SEEDS, **PATCHES, **PIXELS, **BOXES}
VERSIONS = {
    **dict.fromkeys(ANNOTATION, annotation.versions),
    **dict.fromkeys(CLASSIFICATION, classification.versions),
    "regions": pretrained.versions,
    "dense": thin.versions,
    "fickle": lambda: {**classification.versions(), "fickle": fickle_training.VERSION},
    "wood": lambda: {**classification.versions(), "wood": wood.VERSION},
    "regions, tuned": lambda: {**pretrained.versions(), "tuning": tuning.VERSION},
    **dict.fromkeys(SEEDS, dsrg_train.versions),
    **dict.fromkeys(PATCHES, patch_train.versions),
    **dict.fromkeys(PIXELS, segmentation_train.versions),
    **dict.fromkeys(BOXES, rcnn_task.versions),
}


def outcome(name: str) -> Outcome:
    """What one of `TRAININGS` comes to now."""
    told: list[str] = []
    TRAININGS[name](lambda _, message: told.append(message))
    losses = [float(number) for message in told for number in re.findall(r"loss (\S+)$", message)]
    return Outcome({**VERSIONS[name](), "loop": loop.VERSION}, losses)


def recorded() -> dict[str, Outcome]:
    """What they came to when they were recorded."""
    return {name: Outcome(**values) for name, values in json.loads(RECORD.read_text()).items()}


def main() -> None:
    """Record all."""
    torch.set_num_threads(1)
    outcomes = {name: outcome(name) for name in TRAININGS}
    lines = [f'  "{name}": {json.dumps(asdict(value))}' for name, value in outcomes.items()]
    RECORD.write_text("{\n" + ",\n".join(lines) + "\n}\n")


if __name__ == "__main__":
    main()
