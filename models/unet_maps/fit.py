"""From clicks to networks that outline: what they learn, a threshold, and a head.

Points, strokes, boxes and outlines are clicks to the networks, see `models.unet_maps.clicking`. Where there are
outlines, the threshold of the ground is swept on them, and the head that predicts IoU learns from the masks beside
them. Without any, the threshold is the usual one, and predicted IoU is raw confidence.

Where labels of images that nobody outlined suffice, a held-out fit learns from these alone. What it makes of outlined
images, which it has not seen, decides threshold and head, which may then be trusted. Else the networks themselves
decide, and their head is not trusted.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from maskloop.errors import InvalidArgument
from maskloop.values import WEAKLY_LABELED_IMAGES, HeadState
from models.classification.unet.clicks import ClickedImage
from models.classification.unet.crops import ClickPool
from models.classification.unet.recipe import UnetRecipe
from models.classification.unet.train import train_unet
from models.data.samples import Example
from models.features.evidence import with_head
from models.iou_head.calibrator import Calibrator
from models.proposals.from_maps import NAMES, sweep
from models.proposals.known import LEAST_ELSEWHERE
from models.proposals.true_labels import true_labels
from models.training.cache import NetworkCache
from models.training.determinism import Arithmetic
from models.training.holdout import MIN_IMAGES
from models.training.loop import Progress, part_of
from models.unet_maps.clicking import clicked
from models.unet_maps.model import FittedUnetMaps
from models.unet_maps.networks import UnetNetworks
from models.unet_maps.recipe import UnetMapsRecipe

HELD_OUT, LEARNT = 0.4, 0.85  # of the progress shown; without a held-out fit the first is 0
USUAL_THRESHOLD = 0.5
"""Of the ground, where no outline says better. The paper's .1 is of maps that were learnt for hours, see
`models.classification.unet.network`."""
MOST_SWEPT = 20  # images
SIDE_SWEPT = 512  # longer side that maps are sampled at, pixels


def fit(
    examples: Sequence[Example],
    categories: Sequence[int],
    recipe: UnetMapsRecipe,
    *,
    seed: int,
    device: torch.device,
    checkpoint_dir: Path | None,
    progress: Progress,
    cache: NetworkCache | None = None,
    empty: Iterable[Example] = (),
) -> FittedUnetMaps:
    """Train on images of which labels of any kind say where objects are.

    A category that nobody has clicked on, or for which no crop shows nothing, has no network, and is not proposed.

    Args:
        examples: labeled by people; no outline is needed.
        categories: the vocabulary's ids in the order of class indices.
        checkpoint_dir: where unfinished work finds its state again, and the pixels of large images; `None` for nowhere.
        progress: called with a fraction in [0, 1] and a message; may raise to stop the fit.
        cache: networks trained before, see `models.training.loop.run`.
        empty: other images, known to hold nothing.

    Raises:
        InvalidArgument: there is no category that can be learnt.
        InvalidLabel: a label's category is not of the vocabulary.
        StorageFull: what is done cannot be kept.
    """
    ordered = sorted(examples, key=lambda example: example.image_id)
    material = Material.of(ordered, empty, categories, recipe, checkpoint_dir)
    outlined = [example for example in ordered if example.objects]
    held_out = len(outlined) >= MIN_IMAGES and material.enough_elsewhere
    begin = HELD_OUT if held_out else 0.0
    marked = sum(example.present is not None for example in ordered)
    told = {WEAKLY_LABELED_IMAGES: float(marked)} if marked else {}

    def learnt(name: str, of: Material, shown: Progress) -> FittedUnetMaps:
        folder = checkpoint_dir / name if checkpoint_dir else None
        trained = train_unet(
            of.images,
            of.learnable,
            of.recipe,
            seed=seed,
            device=device,
            checkpoint_dir=folder,
            progress=shown,
            cache=cache,
        )
        return FittedUnetMaps(
            network=UnetNetworks(dict(zip(trained.categories, trained.networks, strict=True))),
            recipe=recipe,
            categories=tuple(categories),
            calibrator=Calibrator.unfitted(len(NAMES)),
            seed=seed,
            snapshot=tuple(example.image_id for example in ordered),
            metrics={**told, **{name.replace(" ", "_"): value for name, value in trained.metrics.items()}},
            head=HeadState.UNFITTED,
            arithmetic=Arithmetic.of(device),
            crop=of.recipe.crop,
            threshold=recipe.threshold or USUAL_THRESHOLD,
        )

    before = None
    if held_out:
        before = learnt("held-out fit", material.elsewhere, part_of(progress, 0.0, begin, "held-out fit, "))
    fitted = learnt("training", material, part_of(progress, begin, LEARNT))
    decided = _decided(before or fitted, outlined, device, part_of(progress, LEARNT, 1.0), trust=held_out)
    return replace(decided, network=fitted.network, metrics={**decided.metrics, **fitted.metrics})


@dataclass(frozen=True)
class Material:
    """Images with clicks, the networks' recipe, and ids of the categories that can be learnt, in their order.

    Args:
        outlined: ids of the images in which somebody outlined objects.
    """

    images: tuple[ClickedImage, ...]
    recipe: UnetRecipe
    learnable: tuple[int, ...]
    outlined: frozenset[str]

    @classmethod
    def of(
        cls,
        examples: Sequence[Example],
        empty: Iterable[Example],
        categories: Sequence[int],
        recipe: UnetMapsRecipe,
        folder: Path | None,
    ) -> Material:
        """Of labeled images and of others that hold nothing; arguments and errors as of `fit`."""
        crop = recipe.crop_for([example.size for example in examples])
        own, kept = recipe.of_network(crop), folder / "pixels" if folder else None
        told = {example.image_id for example in examples}
        all_images = (*examples, *(example for example in empty if example.image_id not in told))
        images = tuple(clicked(example, categories, crop / 2, kept) for example in all_images)
        learnable = tuple(key for key in categories if ClickPool(images, (key,), own).teaches)
        if not learnable:
            raise InvalidArgument(
                f"nothing can be learnt: no category has an object that is marked and crops of {crop} pixels that show "
                "none of it; mark more objects and the ground, or make crops smaller",
                field="examples",
            )
        outlined = frozenset(example.image_id for example in examples if example.objects)
        return cls(images, own, learnable, outlined)

    @property
    def elsewhere(self) -> Material:
        """What is known of the images in which nobody outlined anything."""
        return replace(self, images=tuple(image for image in self.images if image.image_id not in self.outlined))

    @property
    def enough_elsewhere(self) -> bool:
        """Whether networks can learn there all that can be learnt here."""
        images = self.elsewhere.images
        known = Counter(key for image in images for key in self.learnable if image.on(key))
        pools = (ClickPool(images, (key,), self.recipe) for key in self.learnable)
        return all(known[key] >= LEAST_ELSEWHERE for key in self.learnable) and all(pool.teaches for pool in pools)


def _decided(
    asking: FittedUnetMaps, outlined: Sequence[Example], device: torch.device, progress: Progress, *, trust: bool
) -> FittedUnetMaps:
    """With threshold and head by what it makes of outlined images.

    Args:
        trust: whether the head may be trusted.
    """
    if not outlined:
        return asking
    if not asking.recipe.threshold:
        asking = replace(asking, threshold=_swept(asking, outlined, part_of(progress, 0.0, 0.5)))
    shown = part_of(progress, 0.5, 1.0, "for the head, ")
    return with_head(asking, outlined, len(NAMES), device=device, trust=trust, progress=shown)


def _swept(asking: FittedUnetMaps, outlined: Sequence[Example], progress: Progress) -> float:
    """The threshold of largest mean IoU on some outlined images, told which categories they hold."""
    tried = sorted(outlined, key=lambda one: hashlib.sha256(f"{asking.seed}:{one.image_id}".encode()).digest())
    tried = tried[:MOST_SWEPT]

    def pairs() -> Iterator[tuple[NDArray[np.float32], NDArray[np.int64]]]:
        for done, example in enumerate(tried, start=1):
            maps = _sampled_maps(asking, example)
            yield maps, true_labels(example, asking.categories, maps.shape[1:])
            progress(done / len(tried), f"mapped {done} of {len(tried)} labeled images")

    return sweep(pairs())[0]


def _sampled_maps(asking: FittedUnetMaps, example: Example) -> NDArray[np.float32]:
    """(C, h, w) maps of the categories that an image holds, 0 of the others, no side longer than `SIDE_SWEPT`."""
    pixels, shrunk = example.pixels, min(1.0, SIDE_SWEPT / max(example.size))
    rows, columns = (
        ((np.arange(small) + 0.5) * length / small).astype(np.intp)
        for length, small in ((length, max(1, round(length * shrunk))) for length in example.size)
    )
    maps = np.zeros((len(asking.categories), len(rows), len(columns)), np.float32)
    for category_id in sorted({item.category_id for item in example.objects}):
        mapped = asking.mapped(pixels, category_id)
        if mapped is not None:
            maps[asking.categories.index(category_id)] = mapped.values[rows[:, None], columns]
    return maps
