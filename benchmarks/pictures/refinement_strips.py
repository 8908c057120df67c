"""The pictures of the methods that refine maps and make masks of them: `STRIPS`, by the names of their pages."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from benchmarks.pictures import paint
from benchmarks.pictures.map_strips import asked_of
from benchmarks.pictures.material import Material
from benchmarks.pictures.strips import Strip, Tile
from benchmarks.weak.seed_methods import labels_of
from benchmarks.weak.seed_trial import CPU, Shown, mapped
from models.encoders.feature_store import NO_STORE
from models.encoders.taps import FrozenEncoder, join_taps
from models.localization.cam import Cam
from models.localization.maps import ClassMaps
from models.proposals.from_maps import MaskMaking, masks_of
from models.refinement.affinity import affinitynet, irn_instances, irn_walk
from models.refinement.affinity.affinitynet import PsaWalk, grid_affinity
from models.refinement.affinity.irn_instances import Grouping
from models.refinement.affinity.irn_network import see
from models.refinement.affinity.irn_walk import IrnWalk
from models.refinement.affinity.random_walk import walk
from models.refinement.crf.mean_field import IRN
from models.refinement.crf.refiner import CrfRefiner, psa_refiner
from models.refinement.dsrg.data import SeededImage, keep
from models.refinement.dsrg.growing import grow, refined, softened
from models.refinement.dsrg.network import DsrgNetwork
from models.refinement.dsrg.train import DsrgRecipe, DsrgTraining
from models.refinement.face import ConstantGround
from models.training.loop import run

THRESHOLD = paint.LINE
PSA_WALK = PsaWalk(alpha=1.5, steps=16)
IRN_WALK = IrnWalk(background=0.5, steps=64, frame=256)
"""For images of half the authors' size, on which as many steps lead farther, and maps that are wider than theirs."""
PASSED_ON, WALKED = 16, (4, 16)  # steps of a walk from one cell, and of maps
SURE, GROUND = 0.75, 0.2  # of DSRG's first seeds: maps above, and below
GROWN_AT = (0.5, 0.75, 1.0)  # of the training
DSRG = DsrgRecipe(image_size=224, iterations=80, batch=6, rate=2e-3, checkpoint_every=10**6)
SMALL_OBJECTS = (4.0,)  # scales of the image


def crf(material: Material) -> Strip:
    """Hard labels, then so many iterations; and the softer form of PSA."""
    rows = []
    for one, maps in _mapped(material, "china.jpg", "chelsea.png"):
        before = labels_of(maps.whole.numpy(), maps.classes, THRESHOLD)
        steps = [(1, "one iteration"), (3, "three iterations"), (10, "ten iterations")]
        rows.append(
            (
                Tile("photograph", one.pixels),
                Tile("class activation map", paint.heat(one.pixels, maps.whole[0])),
                Tile(f"where it is above {THRESHOLD:g}", paint.labels(one.pixels, before)),
                *(Tile(words, paint.labels(one.pixels, _crf(one, maps, number))) for number, words in steps),
                Tile(
                    "PSA's form", paint.labels(one.pixels, psa_refiner(PSA_WALK.alpha).refine(one.pixels, maps).labels)
                ),
            )
        )
    one, maps = _first(material)
    return Strip(tuple(rows), paint.labels(one.pixels, _crf(one, maps, 10)))


def psa(material: Material) -> Strip:
    """Seeds, what one cell passes on, and the walk."""
    network = material.affinities
    rows = []
    for one, maps in _mapped(material, "chelsea.png", "flower.jpg"):
        affinity = grid_affinity(network, one.pixels)
        row, column = np.unravel_index(int(maps.whole[0].argmax()), maps.whole[0].shape)
        start = torch.zeros(1, *affinity.shape[1:])
        start[0, int(row) // affinitynet.STRIDE, int(column) // affinitynet.STRIDE] = 1
        passed = walk(start, affinity, radius=network.radius, beta=PSA_WALK.beta, steps=PASSED_ON)[0]
        walked = [_scores(network, one, maps, replace(PSA_WALK, steps=steps))[1] for steps in WALKED]
        rows.append(
            (
                Tile("photograph, a cell ringed", paint.marked(one.pixels, float(row), float(column))),
                Tile("class activation map", paint.heat(one.pixels, maps.whole[0])),
                Tile("seeds, white: unknown", paint.labels(one.pixels, material.seeds(one, "psa"))),
                Tile(f"where the cell comes to\nin {PASSED_ON} steps", paint.heat(one.pixels, _divided(passed), 0)),
                *(
                    Tile(f"map after {steps} steps", paint.heat(one.pixels, _divided(scores), 0))
                    for steps, scores in zip(WALKED, walked, strict=True)
                ),
                Tile("labels", paint.labels(one.pixels, _psa_labels(network, one, maps))),
            )
        )
    one, maps = _first(material)
    return Strip(tuple(rows), paint.labels(one.pixels, _psa_labels(network, one, maps)))


def irn(material: Material) -> Strip:
    """Seeds, edges, displacements, the walk, and objects."""
    network = material.edges
    rows = []
    for one, maps in _mapped(material, "china.jpg", "astronaut.png"):
        edges, displacement = see(network, one.pixels, IRN_WALK.frame)
        found = irn_instances.instances(network, one.pixels, one.classes, maps.strided, (IRN_WALK, Grouping()))
        masks = [item.mask for item in found if item.score > 0]
        rows.append(
            (
                Tile("photograph", one.pixels),
                Tile("class activation map", paint.heat(one.pixels, maps.whole[0])),
                Tile("seeds, white: unknown", paint.labels(one.pixels, material.seeds(one, "irn"))),
                Tile("edges", paint.edges(one.pixels, edges)),
                Tile("displacements", paint.displacements(one.pixels, displacement)),
                Tile(
                    "map walked up to edges", paint.heat(one.pixels, _walked(one, maps, edges)[0], IRN_WALK.background)
                ),
                Tile(f"objects: {len(masks)}", paint.pieces(one.pixels, masks)),
            )
        )
    one, maps = _first(material)
    walked = _walked(one, maps, see(network, one.pixels, IRN_WALK.frame)[0])
    return Strip(tuple(rows), paint.labels(one.pixels, labels_of(walked.numpy(), maps.classes, IRN_WALK.background)))


def dsrg(material: Material) -> Strip:
    """First seeds, seeds grown as the network learns, and what it then says."""
    images = {one.image_id: _seeded(one, material.cam(one)) for one in material.seeded}
    encoder = FrozenEncoder(DSRG.encoder, DSRG.weights, DSRG.image_size, NO_STORE, CPU)
    task = DsrgTraining.of(list(images.values()), len(material.names), DSRG, encoder, material.seed)
    networks: dict[float, DsrgNetwork] = {}

    def look(done: float, _: str) -> None:
        if done in GROWN_AT:
            networks[done] = copy.deepcopy(task.network).eval()

    run(task, DSRG.iterations, material.seed, resume_path=None, cache=None, progress=look)
    rows = []
    for one in asked_of(material, "china.jpg", "coffee.png"):
        image = images[one.image_id]
        grown = {done: _grown(network, image, len(material.names), encoder) for done, network in networks.items()}
        rows.append(
            (
                Tile("photograph", one.pixels),
                Tile("first seeds, white: unknown", paint.labels(one.pixels, _sized(image.labels, one))),
                *(
                    Tile(f"grown, at {done:.0%} of the training", paint.labels(one.pixels, _sized(seeds, one)))
                    for done, (seeds, _) in grown.items()
                ),
                Tile("what the network says", paint.labels(one.pixels, _sized(grown[1.0][1], one))),
            )
        )
    one = material.first
    _, said = _grown(networks[1.0], images[one.image_id], len(material.names), encoder)
    return Strip(tuple(rows), paint.labels(one.pixels, _sized(said, one)))


def masks(material: Material) -> Strip:
    """Thresholds, connected parts, closing, watershed."""
    rows = []
    for one in asked_of(material, "coins.png", "china.jpg"):
        scales = SMALL_OBJECTS if one.image_id == "coins.png" else Cam().scales
        maps = mapped(Cam(scales), material.classifier.network, replace(one, classes=one.classes[:1]))
        high, low = MaskMaking(0.6, closing=0), MaskMaking(0.3)
        rows.append(
            (
                Tile("photograph", one.pixels),
                Tile("class activation map", paint.heat(one.pixels, maps.whole[0], 0)),
                *(
                    Tile(f"above {making.threshold:g}", paint.kept(one.pixels, maps.whole[0] > making.threshold))
                    for making in (low, high)
                ),
                *(
                    Tile(words, paint.pieces(one.pixels, _pieces(maps, making)))
                    for words, making in (
                        (f"connected parts\nabove {high.threshold:g}", high),
                        ("closed by 15 pixels,\nsmall parts left out", replace(high, closing=15, least_share=0.01)),
                        (f"above {low.threshold:g},\ncut by a watershed", replace(low, split="watershed")),
                    )
                ),
            )
        )
    one, maps = _first(material)
    return Strip(tuple(rows), paint.pieces(one.pixels, _pieces(maps, MaskMaking(THRESHOLD))))


STRIPS: Mapping[str, Callable[[Material], Strip]] = {
    "crf": crf,
    "psa": psa,
    "irn": irn,
    "dsrg": dsrg,
    "masks": masks,
}


def _mapped(material: Material, *preferred: str) -> list[tuple[Shown, ClassMaps]]:
    return [(one, material.cam(one)) for one in asked_of(material, *preferred)]


def _first(material: Material) -> tuple[Shown, ClassMaps]:
    """The image that all methods have."""
    return material.first, material.cam(material.first)


def _crf(one: Shown, maps: ClassMaps, iterations: int) -> NDArray[np.int32]:
    settings = replace(IRN, iterations=iterations)
    return CrfRefiner(ConstantGround(THRESHOLD), settings, "hard").refine(one.pixels, maps).labels


def _scores(network: affinitynet.AffinityNetwork, one: Shown, maps: ClassMaps, options: PsaWalk) -> Tensor:
    return affinitynet.walked_scores(network, one.pixels, maps.whole, options)


def _psa_labels(network: affinitynet.AffinityNetwork, one: Shown, maps: ClassMaps) -> NDArray[np.int64]:
    return affinitynet.refine(network, one.pixels, one.classes, maps.whole, PSA_WALK)[1].numpy()


def _walked(one: Shown, maps: ClassMaps, edges: Tensor) -> Tensor:
    size = (one.pixels.shape[0], one.pixels.shape[1])
    return irn_walk.enlarged_scores(irn_walk.propagate(maps.strided, edges, IRN_WALK), size)


def _seeded(one: Shown, maps: ClassMaps) -> SeededImage:
    """Where a map is high, and where all are low."""
    values = maps.whole.numpy()
    sure = labels_of(values, maps.classes, SURE)
    seeds = np.where(values.max(axis=0) < GROUND, 0, np.where(sure > 0, sure, 255)).astype(np.int32)
    return SeededImage(one.pixels, seeds, one.classes)


@torch.no_grad()
def _grown(
    network: DsrgNetwork, image: SeededImage, classes: int, encoder: FrozenEncoder
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Seeds as they have grown, and the likeliest labels after a CRF, both (h, w)."""
    kept = keep(image, classes, encoder)
    probabilities = softened(network(join_taps([kept.taps[0]], CPU)))
    likely = refined(probabilities, kept.small[:1], DSRG.crf)[0].numpy()
    seeds = grow(kept.cues[0], likely, kept.present)
    return np.where(seeds.any(axis=0), seeds.argmax(axis=0), 255), likely.argmax(axis=0)


def _sized(values: NDArray[np.integer], one: Shown) -> NDArray[np.int32]:
    return paint.brought_to(values, one.pixels.shape[:2]).astype(np.int32)


def _divided(values: Tensor) -> Tensor:
    return values / values.max().clamp(min=1e-12)


def _pieces(maps: ClassMaps, making: MaskMaking) -> list[NDArray[np.bool_]]:
    made = masks_of(maps.whole.numpy(), maps.classes, [1.0] * len(maps.classes), making)
    return [item.mask for item in made]
