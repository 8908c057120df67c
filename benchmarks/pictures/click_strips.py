"""The picture of the method that makes masks from clicks: `STRIPS`, by the name of its page.

It is drawn on concrete of the demo, whatever the set: the photographs have no cracks.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import reduce

import numpy as np

from benchmarks.pictures import paint
from benchmarks.pictures.material import Material
from benchmarks.pictures.strips import Strip, Tile
from benchmarks.weak.seed_trial import CPU, silent
from maskloop.datasets.demo.pictures import DemoDifficulty, demo_picture
from maskloop.values import Scribble
from models.classification.unet.clicks import inner_point
from models.classification.unet.crops import Crop, pool_of
from models.data.samples import Example
from models.proposals.defect_masks import DefectMaking, regions_of
from models.unet_maps.clicking import clicked
from models.unet_maps.fit import fit
from models.unet_maps.model import FittedUnetMaps
from models.unet_maps.recipe import UnetMapsRecipe

CRACK, SIDE = 1, 256
EASY = DemoDifficulty(hardest=0.4)
LEARNT, SHOWN = 24, 2
STEPS = 2
THRESHOLD = 0.4
RECIPE = UnetMapsRecipe(min_iterations=60, max_iterations=60)
CROPS = 4  # that are drawn around clicks, and as many of nothing


def unet(material: Material) -> Strip:
    """Clicks and crops, maps without and with steps of AdvCAM, and masks before and after what is done to them."""
    pictures = _pictures(material.seed)
    learnt, shown = pictures[SHOWN:], pictures[:SHOWN]
    marked = [_pointed(one) if any(item.category_id == CRACK for item in one.objects) else one for one in learnt]
    marked += [_pointed(one) for one in shown]  # as in all these methods, what is drawn was learnt from
    fitted = fit(
        [_of_cracks(one) for one in marked],
        (CRACK,),
        RECIPE,
        seed=material.seed,
        device=CPU,
        checkpoint_dir=None,
        progress=silent,
        cache=material.cache,
    )
    rows = tuple(_row(fitted, one) for one in shown)
    return Strip(rows, rows[0][-1].pixels)


STRIPS: Mapping[str, Callable[[Material], Strip]] = {
    "unet": unet,
}


def _row(fitted: FittedUnetMaps, one: Example) -> tuple[Tile, ...]:
    pixels = one.pixels
    maps = {}
    for steps in (0, STEPS):
        mapped = replace(fitted, recipe=replace(RECIPE, steps=steps)).mapped(pixels, CRACK)
        assert mapped is not None
        maps[steps] = mapped.values
    raw = DefectMaking(THRESHOLD, 0, 0)
    areas = {making: [region.mask(one.size).to_array() for region in regions_of(maps[STEPS], making)]
             for making in (raw, replace(raw, closing=RECIPE.closing),
                            replace(raw, closing=RECIPE.closing, least_area=RECIPE.least_area))}  # fmt: skip
    words = (f"above {THRESHOLD:g}", "gaps closed", "small ones gone")
    return (
        Tile("points; crops of cracks (thick)\nand of nothing (thin)", _crops(one)),
        Tile("Grad-CAM of the U-Net", paint.heat(pixels, maps[0], THRESHOLD)),
        Tile(f"AdvCAM, {STEPS} steps", paint.heat(pixels, maps[STEPS], THRESHOLD)),
        *(Tile(said, paint.pieces(pixels, masks)) for said, masks in zip(words, areas.values(), strict=True)),
    )


def _crops(one: Example) -> np.ndarray:
    """Crops of cracks have thick lines, those of nothing thin ones."""
    pointed = clicked(_of_cracks(_pointed(one)), (CRACK,), SIDE / 4, None)
    recipe = replace(RECIPE.of_network(RECIPE.crop_for([one.size])), batch=2 * CROPS)
    drawn = pool_of([pointed], (CRACK,), recipe).draw(0, 0)
    painted = reduce(
        lambda pixels, crop: paint.boxed(pixels, _corners(crop, recipe.crop), 3 if crop.on else 1),
        drawn,
        one.pixels,
    )
    return reduce(lambda pixels, click: paint.marked(pixels, click.y, click.x), pointed.on(CRACK), painted)


def _corners(crop: Crop, side: int) -> np.ndarray:
    return np.array([crop.left, crop.top, crop.left + side, crop.top + side], np.float32)


def _pointed(one: Example) -> Example:
    """With a point on each crack in the place of its outlines."""
    cracks = [item for item in one.objects if item.category_id == CRACK]
    points = (tuple(float(at) + 0.5 for at in inner_point(item.mask)) for item in cracks)
    return replace(one, objects=(), marks=tuple(Scribble(CRACK, ((x, y),)) for x, y in points))


def _of_cracks(one: Example) -> Example:
    """Other damage is ground here."""
    return replace(one, objects=tuple(item for item in one.objects if item.category_id == CRACK))


def _pictures(seed: int) -> list[Example]:
    """Those first that hold a crack."""
    scenes = (demo_picture(np.random.default_rng((seed, place)), SIDE, EASY) for place in range(LEARNT + SHOWN))
    made = [Example(f"{place:03}", scene.pixels, scene.objects) for place, scene in enumerate(scenes)]
    return sorted(made, key=lambda one: -sum(item.mask.area for item in one.objects if item.category_id == CRACK))
