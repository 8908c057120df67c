"""The pictures of the methods that make masks from boxes: `STRIPS`, by the names of their pages."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
from scipy import ndimage

from benchmarks.pictures import paint
from benchmarks.pictures.map_strips import asked_of
from benchmarks.pictures.material import Material
from benchmarks.pictures.strips import Strip, Tile
from benchmarks.weak.seed_trial import Shown, silent
from models.bbam.making import Thresholds, masks_in, method_of
from models.bbam.recipe import BbamRecipe
from models.boxes.bbam import ObjectMaps
from models.boxes.boxed import BoxedImage
from models.boxes.detector import FittedDetector, train_detector
from models.boxes.masks import over_image, spread
from models.boxes.rivals import grab_cut

LEAST = 0.01  # of an image, that a box covers
AFTER = (5, 20, 60)  # steps of a mask's optimiser
RECIPE = BbamRecipe(shortest=128, longest=224, steps=AFTER[-1], rate=2e-3, min_iterations=80, max_iterations=80)


def bbam(material: Material) -> Strip:
    """A box, what the detector looks at, and masks of that; and GrabCut beside."""
    detector = _detector(material)
    rows = tuple(_row(detector, one) for one in asked_of(material, "chelsea.png", "coffee.png"))
    image = _largest(asked_of(material, "coffee.png")[0])
    (mask,) = masks_in(image, _maps(detector, image, AFTER[-1]), RECIPE, Thresholds())
    return Strip(rows, paint.pieces(image.pixels, [mask.tight]))


STRIPS: Mapping[str, Callable[[Material], Strip]] = {
    "bbam": bbam,
}


def _row(detector: FittedDetector, one: Shown) -> tuple[Tile, ...]:
    image = _largest(one)
    made = {steps: _maps(detector, image, steps) for steps in AFTER}
    last = made[AFTER[-1]]
    (rough,) = masks_in(image, last, replace(RECIPE, refine="none"), Thresholds())
    (mask,) = masks_in(image, last, RECIPE, Thresholds())
    known = np.where(mask.tight, 1, np.where(mask.loose, 255, 0))
    return (
        Tile("photograph and box", paint.boxed(image.pixels, image.boxes[0])),
        *(
            Tile(f"mask after\n{steps} steps", paint.heat(image.pixels, over_image(shown, image.size), 0))
            for steps, shown in ((steps, spread(maps.maps[0], image.size)) for steps, maps in made.items())
        ),
        Tile("highest 15 %\nof the box", paint.kept(image.pixels, rough.tight)),
        Tile("after the CRF; white:\nnobody knows", paint.labels(image.pixels, known)),
        Tile("beside it:\nGrabCut of the box", paint.kept(image.pixels, grab_cut(image.pixels, image.boxes[0]).tight)),
    )


def _detector(material: Material) -> FittedDetector:
    images = [_boxed(one) for one in (*material.learning, *material.shown.values())]
    recipe = RECIPE.of_detector(len(images))
    return train_detector(images, material.categories, recipe, **material.alone)


def _maps(detector: FittedDetector, image: BoxedImage, steps: int) -> ObjectMaps:
    method = replace(method_of(RECIPE), iterations=steps)
    (made,) = method.maps(detector, [image], seed=0, progress=silent)
    return made


def _largest(one: Shown) -> BoxedImage:
    """With the box of its largest object alone."""
    image = _boxed(one)
    place = int((image.boxes[:, 2:] - image.boxes[:, :2]).prod(axis=1).argmax())
    return replace(image, boxes=image.boxes[place : place + 1], classes=image.classes[place : place + 1])


def _boxed(one: Shown) -> BoxedImage:
    """Boxes of the connected parts of each class."""
    boxes, classes = [], []
    for index in one.classes:
        numbered, _ = ndimage.label(one.true == 1 + index)
        for rows, columns in ndimage.find_objects(numbered):
            if (rows.stop - rows.start) * (columns.stop - columns.start) >= LEAST * one.true.size:
                boxes.append((columns.start, rows.start, columns.stop, rows.stop))
                classes.append(index)
    return BoxedImage(one.image_id, one.pixels, np.array(boxes, dtype=np.float32).reshape(-1, 4), tuple(classes))
