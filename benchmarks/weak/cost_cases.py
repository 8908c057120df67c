"""What `benchmarks.weak.class_maps` compares: each method of this project beside the plain loop of its paper.

A case prepares what both ways are given, which is not timed: a classifier, or maps and affinities of a picture. A
method joins by a line in `CASES`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from skimage import data
from torch import Tensor

from benchmarks.weak import plain_maps, plain_refinements
from benchmarks.weak.plain_boxes import plain_bbam
from models.boxes.bbam import Bbam
from models.boxes.boxed import BoxedImage
from models.boxes.detector import FittedDetector
from models.boxes.rcnn_task import build_faster_rcnn
from models.boxes.recipe import DetectorRecipe
from models.classification.network import ImageClassifier, build_classifier
from models.classification.recipe import resolve_classifier
from models.localization.advcam import AdvCam
from models.localization.cam import Cam
from models.localization.fickle_head import FickleClassifier, WindowDropout, build_fickle
from models.localization.ficklenet import FickleNet
from models.localization.gradcam import GradCam
from models.localization.maps import MapMethod
from models.localization.rib import Rib
from models.localization.rib_crops import RibCrops
from models.refinement.affinity.affinitynet import AffinityNetwork, grid_affinity
from models.refinement.affinity.irn_walk import IrnWalk, propagate
from models.refinement.affinity.paths import neighbour_offsets
from models.refinement.affinity.random_walk import walk
from models.refinement.crf.mean_field import DSRG_TRAINING, IRN, mean_field
from models.refinement.crf.unaries import hard_unary
from models.refinement.dsrg.growing import grow

Pixels = NDArray[np.uint8]
Answer = Tensor | NDArray[Any]
PHOTOGRAPHS = (data.astronaut, data.coffee, data.chelsea)
CLASSES, ASKED = 4, (0, 2)
RADIUS, SQUARINGS = 5, 8
DRAWS = 20  # FickleNet's, of 200
SMALL = 48  # longer side of the pictures whose maps are compared
BBAM = Bbam(jitters=60, most=12, iterations=6, ious=(0.8, 0.6, 0.4), least_stride=4, stride_slope=12)
"""With a tenth of the regions and fewer steps: the plain loop looks at the whole image for each region and step."""
CROPS = {"number": 4, "side": 96, "shortest": 60, "longest": 120}  # of RIB, as large as the pictures


@dataclass(frozen=True)
class Setting:
    """Pictures whose longer side has so many pixels, where they are seen, and the precision of classifiers."""

    number: int
    side: int
    device: torch.device
    double: bool = False

    @property
    def pictures(self) -> list[Pixels]:
        """Photographs of two shapes in turn."""
        sizes = [(self.side, 3 * self.side // 4), (3 * self.side // 4, self.side)]
        return [
            np.asarray(Image.fromarray(PHOTOGRAPHS[place % len(PHOTOGRAPHS)]()).resize(sizes[place // 2 % 2]))
            for place in range(self.number)
        ]

    def network(self) -> ImageClassifier:
        """The classifier of `pretrained`, with a head that has learnt nothing."""
        recipe = resolve_classifier("pretrained")
        made = build_classifier(recipe, CLASSES, weights=recipe.weights).eval().to(self.device)
        return made.double() if self.double else made


@dataclass(frozen=True)
class Case:
    """Two ways to the same answer.

    Args:
        prepare: what both are given.
        own, plain: the ways, of all pictures.
        double: whether answers are compared in double precision, since steps that switch multiply what is rounded.
        apart: how far answers may be from each other: the largest difference, or of labels the share that differs.
        enlarged: by what factor pictures are larger than those of class maps.
    """

    prepare: Callable[[Setting], Any]
    own: Callable[[Any], Sequence[Answer]]
    plain: Callable[[Any], Sequence[Answer]]
    double: bool = False
    apart: float = 1e-4
    enlarged: float = 1.0


PlainMaps = Callable[[Any, Pixels, Sequence[int]], plain_maps.Maps]


def maps_case(method: MapMethod, plain: PlainMaps, *, fickle: bool = False, double: bool = False) -> Case:
    """Of a method that takes a classifier."""

    def prepare(setting: Setting) -> tuple[ImageClassifier, list[Pixels]]:
        return fickle_network(setting) if fickle else setting.network(), setting.pictures

    def own(given: tuple[ImageClassifier, list[Pixels]]) -> Sequence[Answer]:
        network, pictures = given
        return [made.whole for made in method.maps(network, pictures, [ASKED] * len(pictures))]

    def by_loop(given: tuple[ImageClassifier, list[Pixels]]) -> Sequence[Answer]:
        network, pictures = given
        return [plain(network, pixels, ASKED)[1] for pixels in pictures]

    return Case(prepare, own, by_loop, double)


def fickle_network(setting: Setting) -> FickleClassifier:
    """The same encoder below FickleNet's head."""
    recipe = resolve_classifier("pretrained")
    return build_fickle(recipe, CLASSES, WindowDropout(), weights=recipe.weights).eval().to(setting.device)


def rib() -> Rib:
    """With crops of photographs that hold other classes, and no rule that ends its steps early."""
    return Rib(RibCrops([photograph() for photograph in PHOTOGRAPHS], [(1,), (3,), (1, 3)], **CROPS), most_spread=1.0)


def cam_cells(setting: Setting, stride: int) -> list[tuple[Pixels, Tensor]]:
    """Pictures and their class maps averaged over cells, (n, h, w)."""
    network, pictures = setting.network(), setting.pictures
    made = Cam().maps(network, pictures, [ASKED] * len(pictures))
    return [
        (pixels, torch.nn.functional.avg_pool2d(one.whole, stride, ceil_mode=True))
        for pixels, one in zip(pictures, made, strict=True)
    ]


def for_crf(setting: Setting) -> list[tuple[Pixels, NDArray[np.float32]]]:
    """Pictures, and costs of hard labels where their maps are above 0.3, as IRN has them."""
    given = []
    for pixels, maps in cam_cells(setting, 1):
        rows = np.concatenate([np.full((1, *pixels.shape[:2]), 0.3), maps.cpu().numpy()]).argmax(axis=0)
        given.append((pixels, hard_unary(rows, len(ASKED) + 1)))
    return given


def for_psa(setting: Setting) -> list[tuple[Tensor, Tensor]]:
    """Maps of cells of 8 x 8 pixels, and affinities of a network that has learnt nothing."""
    affine = AffinityNetwork(setting.network().encoder).eval().to(setting.device)
    given = []
    for pixels, maps in cam_cells(setting, 8):
        affinity = grid_affinity(affine, pixels)
        for values, (dy, dx) in zip(affinity, neighbour_offsets(RADIUS), strict=True):
            values[max(0, values.shape[0] - dy) :] = 0
            values[:, max(0, values.shape[1] - dx) :] = 0
        given.append((maps, affinity))
    return given


def for_irn(setting: Setting) -> list[tuple[Tensor, Tensor]]:
    """Maps of cells of 4 x 4 pixels, and edges: how unlike the lightness of a cell is that of its neighbours."""
    given = []
    for pixels, maps in cam_cells(setting, 4):
        light = torch.from_numpy(pixels.astype(np.float32)).mean(dim=2)[None] / 255
        cells = torch.nn.functional.avg_pool2d(light, 4, ceil_mode=True)[0].numpy()
        steps = np.hypot(*np.gradient(cells))
        given.append((maps, torch.from_numpy(steps / steps.max()).to(maps)))
    return given


def for_dsrg(setting: Setting) -> list[tuple[NDArray[np.bool_], NDArray[np.float32], NDArray[np.bool_]]]:
    """Seeds where maps are highest and lowest, and probabilities of two classes and the ground that a CRF refined."""
    given = []
    for pixels, maps in cam_cells(setting, 1):
        ground = 1 - maps.amax(dim=0, keepdim=True)
        rows = torch.cat([ground, maps]).cpu().numpy()
        shares = np.clip(rows, 1e-4, 1) / np.clip(rows, 1e-4, 1).sum(axis=0)
        refined = mean_field(-np.log(shares), pixels, DSRG_TRAINING)
        given.append((rows > 0.8, np.clip(refined, 1e-4, 1), np.ones(len(maps), np.bool_)))
    return given


def walk_psa(given: Sequence[tuple[Tensor, Tensor]]) -> Sequence[Answer]:
    return [walk(maps, affinity, radius=RADIUS, beta=8, steps=2**SQUARINGS) for maps, affinity in given]


def walk_psa_plain(given: Sequence[tuple[Tensor, Tensor]]) -> Sequence[Answer]:
    return [
        plain_refinements.plain_walk(maps.cpu().numpy(), affinity.cpu().numpy(), RADIUS, 8, SQUARINGS)
        for maps, affinity in given
    ]


def walk_irn(given: Sequence[tuple[Tensor, Tensor]]) -> Sequence[Answer]:
    return [propagate(maps, edges, IrnWalk(RADIUS, steps=2**SQUARINGS)) for maps, edges in given]


def walk_irn_plain(given: Sequence[tuple[Tensor, Tensor]]) -> Sequence[Answer]:
    made = []
    for maps, edges in given:
        affinity = plain_refinements.plain_edge_affinity(edges.cpu().numpy(), RADIUS)
        start = (maps * (1 - edges)).cpu().numpy()
        made.append(plain_refinements.plain_walk(start, affinity, RADIUS, 10, SQUARINGS))
    return made


def for_bbam(setting: Setting) -> tuple[FittedDetector, list[BoxedImage]]:
    """A detector that has learnt nothing, and calls all that is in a box by one class; two boxes in each picture."""
    recipe = DetectorRecipe(smallest=setting.side, shortest=setting.side, longest=2 * setting.side)
    network: Any = build_faster_rcnn(recipe, CLASSES, weights=recipe.weights, seed=0)
    with torch.no_grad():
        network.roi_heads.box_predictor.cls_score.bias[1] += 1
    network = network.eval().to(setting.device)
    detector = FittedDetector(network.double() if setting.double else network, recipe, tuple(range(CLASSES)), 0, ())
    images = []
    for place, pixels in enumerate(setting.pictures):
        height, width, _ = pixels.shape
        shares = [[0.1, 0.2, 0.5, 0.9], [0.5, 0.1, 0.9, 0.5]]
        boxes = np.array(shares, dtype=np.float32) * np.array([width, height] * 2, dtype=np.float32)
        images.append(BoxedImage(str(place), pixels, boxes, (0, 0)))
    return detector, images


def bbam(given: tuple[FittedDetector, list[BoxedImage]]) -> Sequence[Answer]:
    detector, images = given
    made = BBAM.maps(detector, images, seed=0, progress=lambda *_: None)
    assert all(all(one.positives) for one in made), "an object is not found"
    return [mask for one in made for mask in one.maps]


def bbam_plain(given: tuple[FittedDetector, list[BoxedImage]]) -> Sequence[Answer]:
    detector, images = given
    return [plain_bbam(detector, image, row, BBAM, 0) for image in images for row in range(len(image.classes))]


CASES: Mapping[str, Case] = {
    "cam": maps_case(Cam(), plain_maps.plain_cam, double=True),
    "grad_cam": maps_case(GradCam(), plain_maps.plain_grad_cam, double=True),
    "adv_cam": maps_case(AdvCam(), plain_maps.plain_adv_cam, double=True),
    "rib": maps_case(rib(), partial(plain_maps.plain_rib, method=rib())),
    "fickle_net": maps_case(
        FickleNet(passes=DRAWS), partial(plain_maps.plain_fickle_net, method=FickleNet(passes=DRAWS)), fickle=True
    ),
    "crf": Case(
        for_crf,
        lambda given: [mean_field(costs, pixels, IRN).argmax(axis=0) for pixels, costs in given],
        lambda given: [
            plain_refinements.plain_mean_field(costs, pixels, IRN).argmax(axis=0) for pixels, costs in given
        ],
        apart=0.05,
    ),
    "psa_walk": Case(for_psa, walk_psa, walk_psa_plain, enlarged=6.0),
    "irn_walk": Case(for_irn, walk_irn, walk_irn_plain, enlarged=3.0),
    "dsrg_growth": Case(
        for_dsrg,
        lambda given: [grow(*one) for one in given],
        lambda given: [plain_refinements.plain_grow(*one) for one in given],
        apart=0.0,
    ),
    "bbam": Case(for_bbam, bbam, bbam_plain, double=True),
}
