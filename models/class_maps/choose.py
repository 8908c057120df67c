"""Outlined images say where the ground's threshold lies, and which way of making and refining maps suits a project."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from models.class_maps.mapping import Mapped
from models.class_maps.model import FittedClassMaps
from models.class_maps.recipe import AUTO
from models.data.samples import Example, ImageToScore
from models.metrics.semantic import confusion, mean_iou
from models.proposals.from_maps import sweep
from models.proposals.true_labels import true_labels
from models.training.loop import Progress

TRIED = {"method": ("cam", "advcam"), "refine": ("none", "crf")}
"""The cheaper one first; it is taken where the other is not better by `WORTH`, or nothing is outlined."""
WORTH = 0.01  # of mean IoU
MOST_TRIED = 20  # images: each is mapped by every method

Labels = NDArray[np.int64]


def choose(model: FittedClassMaps, holding: Sequence[Example], progress: Progress) -> FittedClassMaps:
    """The model with a method and a refinement in the place of "auto", and mean IoU of each as "miou_...".

    Args:
        holding: images with outlines; some of them are tried.
    """
    recipe = model.recipe
    methods, refinements = (
        TRIED[name] if getattr(recipe, name) == AUTO else (getattr(recipe, name),) for name in ("method", "refine")
    )
    tried = sorted(holding, key=lambda one: hashlib.sha256(f"{model.seed}:{one.image_id}".encode()).digest())
    tried = tried[:MOST_TRIED]
    best, reached, metrics = replace(recipe, method=methods[0], refine=refinements[0]), 0.0, {}
    for place, method in enumerate(methods if tried else ()):
        here = replace(model, recipe=replace(recipe, method=method, refine="none"))
        seen: dict[str, Mapped] = {}
        for done, example in enumerate(tried, start=1):
            item, there = items_of(here, example)
            seen[example.image_id] = here.mapped(item, present=there)
            share = (place + done / len(tried)) / len(methods)
            progress(share, f"tried {method} on {done} of {len(tried)} labeled images")
        threshold, plain = sweep_on(here, tried, seen)
        for refine in refinements:
            here = replace(model, recipe=replace(recipe, method=method, refine=refine), threshold=threshold)
            miou = drawn_on(here, tried, seen) if refine == "crf" else plain
            metrics[f"miou_{method}" if refine == "none" else f"miou_{method}_{refine}"] = miou
            if miou > reached + WORTH:
                best, reached = here.recipe, miou
    return replace(model, recipe=best, metrics={**model.metrics, **metrics})


def sweep_on(model: FittedClassMaps, holding: Sequence[Example], seen: Mapping[str, Mapped]) -> tuple[float, float]:
    """The threshold of largest mean IoU on outlined images, and that mean IoU; or at the threshold that is set.

    Args:
        seen: of each image.
    """
    pairs = ((_all_maps(model, seen[one.image_id]), _true(model, one, seen[one.image_id])) for one in holding)
    threshold = model.recipe.threshold
    swept, ious = sweep(pairs, (threshold,)) if threshold else sweep(pairs)
    return swept, ious[swept]


def drawn_on(model: FittedClassMaps, holding: Sequence[Example], seen: Mapping[str, Mapped]) -> float:
    """Mean IoU on outlined images as a CRF draws the model's maps."""
    counts = []
    for example in holding:
        mapped = seen[example.image_id]
        table = np.array([0, *(1 + index for index in mapped.classes)])
        true = _true(model, example, mapped)
        counts.append(confusion(table[model.drawn(mapped)], true, len(model.categories) + 1))
    return mean_iou(np.sum(counts, axis=0))


def items_of(model: FittedClassMaps, example: Example) -> tuple[ImageToScore, tuple[int, ...]]:
    """An outlined image as one that nobody outlined, and the class indices that it holds."""
    there = sorted({model.categories.index(item.category_id) for item in example.objects})
    return ImageToScore(example.image_id, lambda: example.pixels), tuple(there)


def _all_maps(model: FittedClassMaps, mapped: Mapped) -> NDArray[np.float32]:
    """(C, h, w), 0 of the classes that are not there."""
    maps = np.zeros((len(model.categories), *mapped.maps.shape[1:]), np.float32)
    maps[list(mapped.classes)] = mapped.maps
    return maps


def _true(model: FittedClassMaps, example: Example, mapped: Mapped) -> Labels:
    return true_labels(example, model.categories, mapped.maps.shape[1:])
