"""The pictures of the methods that make maps: `STRIPS`, by the names of their pages."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from benchmarks.pictures import paint
from benchmarks.pictures.material import Material
from benchmarks.pictures.strips import Strip, Tile
from benchmarks.weak.seed_trial import CPU, SIDE, Shown, mapped
from models.classification.network import ImageClassifier
from models.localization.advcam import AdvCam
from models.localization.cam import Cam
from models.localization.ficklenet import FickleNet
from models.localization.gradcam import GradCam
from models.localization.maps import SCALES, MapMethod, view_pair
from models.localization.rib import Rib
from models.localization.rib_crops import RibCrops

AFTER = (0, 1, 3, 9, 26)  # steps of AdvCAM
DRAWS = 200
FITTED = (1, 2, 4, 7, 10)  # steps of RIB
OTHERS, RATE = 4, 8e-5  # crops of RIB beside the image, and its rate; the authors' hardly moves this network


def cam(material: Material) -> Strip:
    """Each scale alone, then all."""
    network = material.classifier.network
    rows = []
    for one, index in _asked(material, "coffee.png", "chelsea.png"):
        rows.append(
            (
                Tile("photograph", one.pixels),
                *(
                    Tile(
                        f"map of “{material.names[index]}”,\nimage times {scale:g}",
                        _map(Cam((scale,)), network, one, index),
                    )
                    for scale in sorted(SCALES)
                ),
                Tile("all scales,\nadded up", _map(Cam(), network, one, index)),
            )
        )
    return Strip(tuple(rows), _result(material, Cam(), network))


def grad_cam(material: Material) -> Strip:
    """Gradients averaged and not, and at earlier features."""
    network = material.classifier.network
    rows = []
    for one, index in _asked(material, "astronaut.png", "china.jpg"):
        rows.append(
            (
                Tile("photograph", one.pixels),
                Tile(
                    f"“{material.names[index]}”: averaged\ngradient, last features",
                    _map(GradCam(), network, one, index),
                ),
                Tile("cell by cell,\nlast features", _map(GradCam(weighting="elementwise"), network, one, index)),
                *(
                    Tile(f"averaged,\nfeatures at 1/{2 ** (tap + 1)}", _map(GradCam(tap=tap), network, one, index))
                    for tap in (3, 2, 1)
                ),
            )
        )
    return Strip(tuple(rows), _result(material, GradCam(tap=2), network))


def adv_cam(material: Material) -> Strip:
    """One image climbed: how it changes, its maps, where the regulariser holds them, their sum."""
    network, method = material.classifier.network, AdvCam()
    ((one, index),) = _asked(material, "astronaut.png")
    climb, targets = method.climb(), torch.tensor([index])
    pairs = view_pair(one.pixels, 1.0, CPU)[None]
    before, first, total = pairs, None, torch.zeros(())
    columns = []
    for step in range(max(AFTER) + 1):
        seen, moved = climb.step(network, pairs, targets, first)
        first, total = seen if first is None else first, total + seen
        if step in AFTER:
            words = f"after {step} step{'s' * (step > 1)}" if step else "before the first step"
            share = seen[0] / seen[0].max()
            columns.append(
                (
                    Tile(f"change of the image times 4,\n{words}", _changed(pairs[0, 0] - before[0, 0])),
                    Tile(f"map of “{material.names[index]}”,\n{words}", paint.heat(one.pixels, share)),
                    Tile(f"held by the regulariser,\n{words}", paint.kept(one.pixels, share > method.threshold)),
                    Tile(f"sum of the maps,\n{words}", paint.heat(one.pixels, total[0] / total[0].max())),
                )
            )
        pairs = moved
    left = (
        Tile("photograph", one.pixels),
        Tile("CAM,\nfour scales", _map(Cam(), network, one, index)),
        Tile("outlined by hand", paint.labels(one.pixels, one.true)),
        Tile("AdvCAM,\nfour scales", _map(method, network, one, index)),
    )
    return Strip(tuple(zip(left, *columns, strict=True)), _result(material, method, network))


def fickle_net(material: Material) -> Strip:
    """Some draws, then many joined."""
    network = material.fickle
    rows = []
    for one, index in _asked(material, "coffee.png", "astronaut.png"):
        draws = [FickleNet(seed=seed, passes=1) for seed in range(3)]
        joined = [FickleNet(passes=10), FickleNet(passes=DRAWS), FickleNet(passes=DRAWS, aggregate="mean")]
        words = ["one draw,\nnine in ten dropped", "another draw", "another draw", "largest of 10 draws"]
        words += [f"largest of {DRAWS} draws", f"mean of {DRAWS} draws"]
        rows.append(
            (
                Tile(f"photograph, “{material.names[index]}”", one.pixels),
                *(
                    Tile(told, _map(method, network, one, index))
                    for told, method in zip(words, (*draws, *joined), strict=True)
                ),
            )
        )
    return Strip(tuple(rows), _result(material, FickleNet(passes=DRAWS), network))


def rib(material: Material) -> Strip:
    """The maps added up over more and more steps of fitting."""
    network = material.classifier.network
    others = RibCrops(
        [one.pixels for one in material.learning],
        [one.classes for one in material.learning],
        number=OTHERS,
        side=SIDE,
        shortest=SIDE // 2,
        longest=SIDE,
    )
    fitted = Rib(others, False, (1.0,), (1.0,), rate=RATE, head_rate=10 * RATE, most_spread=1.0)
    methods = {steps: replace(fitted, steps=steps) for steps in FITTED}
    rows = []
    for one, index in _asked(material, "china.jpg", "chelsea.png"):
        rows.append(
            (
                Tile(f"photograph, “{material.names[index]}”", one.pixels),
                *(
                    Tile(
                        f"maps of {steps} steps" if steps > 1 else "CAM at one scale",
                        _map(method, network, one, index),
                    )
                    for steps, method in methods.items()
                ),
            )
        )
    return Strip(tuple(rows), _result(material, methods[max(FITTED)], network))


def wood(material: Material) -> Strip:
    """Images that hold nothing, and maps before and after a classifier has learnt from them."""
    before, after = material.misled.network, material.led_back.network
    rows = []
    for one, index in _asked(material, "rocket.jpg", "flower.jpg"):
        ground = [empty for empty in material.empty if empty.image_id.startswith(one.image_id)] or material.empty
        rows.append(
            (
                Tile("photograph", one.pixels),
                Tile(f"map of “{material.names[index]}”\nbefore", _map(Cam(), before, one, index)),
                *(Tile("an image that\nholds nothing", _framed(empty.pixels, one)) for empty in ground[:2]),
                Tile(f"map of “{material.names[index]}”\nafter", _map(Cam(), after, one, index)),
            )
        )
    return Strip(tuple(rows), _result(material, Cam(), after))


STRIPS: Mapping[str, Callable[[Material], Strip]] = {
    "cam": cam,
    "grad_cam": grad_cam,
    "adv_cam": adv_cam,
    "fickle_net": fickle_net,
    "rib": rib,
    "wood": wood,
}


def asked_of(material: Material, *preferred: str) -> list[Shown]:
    """Images to draw a method on: of the photographs those preferred, of other sets as many from the first on."""
    chosen = [material.shown[name] for name in preferred if name in material.shown]
    return chosen or list(material.shown.values())[: len(preferred)]


def _asked(material: Material, *preferred: str) -> list[tuple[Shown, int]]:
    """The same, with a class of each."""
    return [(one, one.classes[0]) for one in asked_of(material, *preferred)]


def _result(material: Material, method: MapMethod, network: ImageClassifier) -> NDArray[np.uint8]:
    """On the image that all methods have."""
    return _map(method, network, material.first, material.first.classes[0])


def _map(method: MapMethod, network: ImageClassifier, one: Shown, index: int) -> NDArray[np.uint8]:
    return paint.heat(one.pixels, mapped(method, network, replace(one, classes=(index,))).whole[0])


def _framed(pixels: NDArray[np.uint8], beside: Shown) -> NDArray[np.uint8]:
    """In the middle of a picture of the size of another."""
    framed = np.full_like(beside.pixels, paint.PAPER)
    height, width = beside.pixels.shape[:2]
    picture = Image.fromarray(pixels)
    picture.thumbnail((width, height))
    top, left = (height - picture.height) // 2, (width - picture.width) // 2
    framed[top : top + picture.height, left : left + picture.width] = np.asarray(picture)
    return framed


def _changed(difference: Tensor) -> NDArray[np.uint8]:
    """(3, H, W) normalised: grey is no change, white and black are a quarter of a deviation of pixels."""
    moved = (128 + 4 * 127 * difference.permute(1, 2, 0)).clamp(0, 255)
    return moved.round().byte().numpy()
