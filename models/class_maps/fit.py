"""From class labels to networks that outline: what they learn, a threshold, a method, and a head.

Which classes images hold is all that networks learn from; outlines say it as well. Where there are outlines, the
threshold of the ground is swept on them, a method is chosen by them where the recipe asks for it, and the head that
predicts IoU learns from the masks beside them. Without any, the threshold is the usual one, and predicted IoU is raw
confidence.

A network that has learnt which classes an image holds maps it better than others. Where class labels of other images
suffice, a held-out fit therefore learns from these alone, and what it makes of the outlined images decides threshold,
method and head, which may then be trusted. Else the network itself decides, and its head is not trusted.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import chain
from pathlib import Path

import torch

from maskloop.errors import InvalidLabel
from maskloop.values import HeadState
from models.class_maps.choose import choose, items_of, sweep_on
from models.class_maps.learn import Learning, Material
from models.class_maps.mapping import Mapped
from models.class_maps.model import FittedClassMaps
from models.class_maps.networks import ClassMapNetworks
from models.class_maps.recipe import AUTO, ClassMapsRecipe
from models.class_maps.refinements import REFINEMENTS
from models.classification.data import ClassExample
from models.data.samples import Example
from models.features.evidence import with_head
from models.iou_head.calibrator import Calibrator
from models.proposals.from_maps import NAMES
from models.proposals.known import enough_elsewhere
from models.training.cache import NetworkCache
from models.training.determinism import Arithmetic
from models.training.holdout import MIN_IMAGES
from models.training.loop import Progress, part_of

HELD_OUT, LEARNT = 0.4, 0.8  # of the progress shown, where there is a held-out fit; without one only the latter
USUAL_THRESHOLD = 0.3


def fit(
    examples: Sequence[Example],
    categories: Sequence[int],
    recipe: ClassMapsRecipe,
    *,
    seed: int,
    device: torch.device,
    checkpoint_dir: Path | None,
    progress: Progress,
    cache: NetworkCache | None = None,
    judged: Iterable[ClassExample] = (),
) -> FittedClassMaps:
    """Train on images of which it is known which classes they hold.

    Args:
        examples: outlined by people; none is needed.
        categories: the vocabulary's ids in the order of class indices.
        checkpoint_dir: where an unfinished training finds its state again; `None` for nowhere.
        progress: called with a fraction in [0, 1] and a message; may raise to stop the fit.
        cache: networks trained before, see `models.training.loop.run`.
        judged: other images, of which their classes are known.

    Raises:
        InvalidArgument: no image holds a category; or none holds nothing, where the recipe needs such images.
        InvalidLabel: a label's category is not of the vocabulary.
        StorageFull: a checkpoint cannot be written.
    """
    ordered = sorted(examples, key=lambda example: example.image_id)
    told = frozenset(example.image_id for example in ordered)
    others = (example for example in judged if example.image_id not in told)
    material = Material.of(
        chain((_classes_of(example, categories) for example in ordered), others), categories, recipe, seed, told
    )
    holding = [example for example in ordered if example.objects]
    elsewhere = material.elsewhere
    held_out = len(holding) >= MIN_IMAGES and _suffices(elsewhere, holding, recipe)
    begin = HELD_OUT if held_out else 0.0

    def learning(name: str) -> Learning:
        folder = checkpoint_dir / name if checkpoint_dir else None
        return Learning(tuple(categories), recipe, seed, device, folder, cache)

    def model(networks: ClassMapNetworks) -> FittedClassMaps:
        return FittedClassMaps(
            network=networks,
            recipe=recipe,
            categories=tuple(categories),
            calibrator=Calibrator.unfitted(len(NAMES)),
            seed=seed,
            snapshot=tuple(sorted(told)),
            metrics={},
            head=HeadState.UNFITTED,
            arithmetic=Arithmetic.of(device),
            threshold=recipe.threshold or usual_threshold(recipe),
        )

    before = model(learning("held-out fit").learn(elsewhere, part_of(progress, 0.0, begin))) if held_out else None
    fitted = model(learning("training").learn(material, part_of(progress, begin, LEARNT)))
    asking = before or fitted
    decided = _decide(asking, holding, device, part_of(progress, LEARNT, 1.0), trust=held_out)
    return replace(decided, network=fitted.network)


def usual_threshold(recipe: ClassMapsRecipe) -> float:
    """Of the ground, where no outline says better."""
    learning = REFINEMENTS.get(recipe.refine)
    return learning.usual_threshold if learning else USUAL_THRESHOLD


def _decide(
    asking: FittedClassMaps, holding: Sequence[Example], device: torch.device, progress: Progress, *, trust: bool
) -> FittedClassMaps:
    """With method, threshold and head by what it makes of outlined images.

    Args:
        trust: whether the head may be trusted.
    """
    if AUTO in (asking.recipe.method, asking.recipe.refine):
        asking = choose(asking, holding, part_of(progress, 0.0, 0.5))
        progress = part_of(progress, 0.5, 1.0)
    if not holding:
        return asking
    seen: dict[str, Mapped] = {}
    for done, example in enumerate(holding, start=1):
        (item, there) = items_of(asking, example)
        seen[example.image_id] = asking.mapped(item, present=there)
        progress(done / len(holding), f"mapped {done} of {len(holding)} labeled images")
    if not asking.recipe.threshold:
        asking = replace(asking, threshold=sweep_on(asking, holding, seen)[0])
    return with_head(asking, holding, len(NAMES), device=device, trust=trust)


def _suffices(elsewhere: Material, holding: Sequence[Example], recipe: ClassMapsRecipe) -> bool:
    """Whether networks can learn all that is outlined from images of which only the classes are known."""
    outlined = {item.category_id for example in holding for item in example.objects}
    empty = not recipe.needs_empty_images or any(not item.present for item in elsewhere.squares)
    return empty and enough_elsewhere([item.present for item in elsewhere.squares], outlined)


def _classes_of(example: Example, categories: Sequence[int]) -> ClassExample:
    present = frozenset(item.category_id for item in example.labels)
    unknown = sorted(present.difference(categories))
    if unknown:
        raise InvalidLabel(f"image {example.image_id}: category {unknown[0]} is not in the vocabulary")
    return ClassExample(example.image_id, example.pixels, present)
