"""The picture of OEEM: maps of patches, masks made of them, and networks that learn these, weighed and not."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray

from benchmarks.pictures import paint
from benchmarks.pictures.material import Material
from benchmarks.pictures.strips import Strip, Tile
from benchmarks.weak.seed_trial import CPU, SIDE, Shown, silent
from models.classification.patches.maps import PatchMaps
from models.data.samples import image_tensor, normalise
from models.oeem.layout import Layout
from models.oeem.learn import Learning, segmentation_recipe
from models.oeem.material import Cutting
from models.oeem.material import Tile as Part
from models.oeem.pseudo_masks import Scaling, TileMaps
from models.oeem.recipe import SCALES, OeemRecipe
from models.proposals.from_maps import label_map
from models.segmentation.network import sized
from models.segmentation.pixel_weights import pixel_weights
from models.segmentation.train import train_segmentation
from models.segmentation.views import LabeledPixels

RECIPE = OeemRecipe(input_side=128, min_iterations=60, max_iterations=60, mapped=60)
THRESHOLD = 0.5  # of the ground, which suits these maps
HEAVIEST = 2.0  # weight that is drawn yellow


def oeem(material: Material) -> Strip:
    """Maps of patches, masks made of them, and how much a network that learns these trusts each pixel."""
    layout, classes = Layout(SIDE, RECIPE.input_side), len(material.names)
    learnt = Cutting(layout, material.categories, RECIPE, material.seed).told(material.examples)
    learning = Learning(classes, layout, RECIPE, material.seed, CPU, None, material.cache)
    classifier = learning.classifier(learnt, silent)
    maps = TileMaps(PatchMaps(classifier, SCALES[RECIPE.map_scales]))
    unknown = [tile for tile in learnt.tiles if tile.labels is None]
    seeds = list(maps.of(unknown, silent))
    scaling, known = Scaling.of(unknown, seeds, classes), [tile for tile in learnt.tiles if tile.labels is not None]
    labeled = [
        *(LabeledPixels(tile.name, tile.pixels, tile.labels) for tile in known if tile.labels is not None),
        *(
            LabeledPixels(tile.name, tile.pixels, _labels(scaling.maps(tile, scores)))
            for tile, scores in zip(unknown, seeds, strict=True)
        ),
    ]
    own = segmentation_recipe(RECIPE, RECIPE.input_side, RECIPE.min_iterations)
    weighed = train_segmentation(labeled, classes + 1, replace(own, weight_map="l_norm"), **material.alone)
    rows, results = [], []
    for name in ("coffee.png", "chelsea.png"):
        one = material.shown.get(name, material.first)
        small = layout.zoomed(one.pixels)
        part = Part(one.image_id, small, one.classes, None)
        (scores,) = maps.of([part], silent)
        made = scaling.maps(part, scores)
        said = _labels(made)
        with torch.no_grad():
            logits = weighed.network(normalise(image_tensor([small], CPU)))
        truth = torch.from_numpy(said.astype(np.int64))[None]
        weights = pixel_weights("l_norm", sized(logits, truth.shape[1:]), truth)[0]
        results.append(paint.labels(one.pixels, _sized(said, one)))
        rows.append(
            (
                Tile("photograph", one.pixels),
                Tile("map of its patches,\nat three scales", paint.heat(one.pixels, made[one.classes[0]], THRESHOLD)),
                Tile("the mask that is learnt", results[-1]),
                Tile("weight of each pixel,\nat the end", paint.heat(one.pixels, weights / HEAVIEST, 0)),
            )
        )
    return Strip(tuple(rows), results[0])


def _labels(maps: NDArray[np.float32]) -> NDArray[np.uint8]:
    return label_map(maps, THRESHOLD).astype(np.uint8)


def _sized(labels: NDArray[np.uint8], one: Shown) -> NDArray[np.int64]:
    return paint.brought_to(labels, one.pixels.shape[:2]).astype(np.int64)


STRIPS: Mapping[str, Callable[[Material], Strip]] = {"oeem": oeem}
