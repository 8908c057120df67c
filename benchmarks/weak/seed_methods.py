"""The methods of seeds, each by a name: trained on a trial's learning images where it learns, then an image at a time.

Settings are small ones for a CPU, and say what is less than in the papers: AdvCAM makes 8 steps of 27, FickleNet 50
draws of 200. RIB takes its 10 steps with crops of six other images beside the image instead of twenty, at 224 pixels
instead of 512 and the same ones in every step; where every image holds the same class there are none. W-OoD trains on
as long as the classifier did. PSA, IRN and DSRG learn from seeds of CAM's maps.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray

from benchmarks.weak.seed_trial import CPU, Labels, Shown, Trial, mapped, silent
from models.classification.network import ImageClassifier
from models.localization.advcam import AdvCam
from models.localization.cam import Cam
from models.localization.ficklenet import FickleNet
from models.localization.gradcam import GradCam
from models.localization.maps import MapMethod
from models.localization.rib import Rib
from models.localization.with_rib import WithRib
from models.proposals.from_maps import THRESHOLDS
from models.refinement.affinity import affinitynet, irn_walk
from models.refinement.affinity.affinitynet_train import train_affinity
from models.refinement.affinity.irn_network import see
from models.refinement.affinity.irn_train import train_irn
from models.refinement.affinity.random_walk import read_scores
from models.refinement.affinity.recipes import IrnTraining, PsaTraining
from models.refinement.crf.refiner import irn_refiner
from models.refinement.dsrg.data import SeededImage
from models.refinement.dsrg.train import DsrgRecipe, train_dsrg

PSA_STEPS = 16
"""Of the walk. The authors' 256 are for pictures of 500 pixels. On the 28 x 28 cells of 224 pixels they end with nearly
the same everywhere: on ten white blood cells mean IoU was .27 with 256 steps, .44 with 64 and .53 with 16."""
ADV_CAM = AdvCam(steps=8)
Drawn = Callable[[float], Labels]
"""The labels of an image at a threshold of the ground."""
Method = Callable[[Trial], Callable[[Shown], Drawn]]


def by_maps(network: ImageClassifier, method: MapMethod) -> Callable[[Shown], Drawn]:
    """Labels where the largest map is above the threshold."""

    def draw_one(one: Shown) -> Drawn:
        whole = mapped(method, network, one).whole.detach().cpu().numpy()
        return lambda threshold: labels_of(whole, one.classes, threshold)

    return draw_one


def labels_of(maps: NDArray[np.float32], classes: Sequence[int], threshold: float) -> Labels:
    """(H, W) 0 for the ground, 1 + class index."""
    table = np.array([0, *(1 + index for index in classes)])
    over = maps.max(axis=0) > threshold
    named: Labels = table[np.where(over, maps.argmax(axis=0) + 1, 0)]
    return named


def rib(trial: Trial) -> Rib:
    """RIB as a CPU affords it."""
    return Rib(trial.crops, redraw=False)


def with_crf(trial: Trial) -> Callable[[Shown], Drawn]:
    def draw_one(one: Shown) -> Drawn:
        maps = trial.cam(one)
        return lambda threshold: irn_refiner(threshold).refine(one.pixels, maps).labels.astype(np.int64)

    return draw_one


def with_psa(trial: Trial) -> Callable[[Shown], Drawn]:
    """A ground of power log t / log (1 - t) is above a map of less than t, and below one of more."""
    recipe = PsaTraining(crop=192, batch=4, rate=0.01, min_iterations=40, max_iterations=40)
    network = train_affinity(trial.seeds_of_psa, trial.classifier.network.encoder, recipe, **trial.alone)

    def draw_one(one: Shown) -> Drawn:
        maps = trial.cam(one).whole
        grounds = [(1 - maps.amax(dim=0)) ** (math.log(t) / math.log(1 - t)) for t in THRESHOLDS]
        rows = torch.cat([torch.stack(grounds), maps])
        walked = affinitynet.walked_rows(network, one.pixels, rows, affinitynet.PsaWalk(steps=PSA_STEPS))

        def drawn(threshold: float) -> Labels:
            scores = torch.cat([walked[THRESHOLDS.index(threshold)][None], walked[len(THRESHOLDS) :]])
            return read_scores(scores, one.classes)[1].cpu().numpy()

        return drawn

    return draw_one


def with_irn(trial: Trial) -> Callable[[Shown], Drawn]:
    recipe = IrnTraining(crop=192, batch=4, radius=5, min_iterations=40, max_iterations=40)
    network = train_irn(trial.seeds_of_irn, trial.classifier.network.encoder, recipe, **trial.alone)

    def draw_one(one: Shown) -> Drawn:
        maps = trial.cam(one).strided
        edges, _ = see(network, one.pixels, 256)
        size = (one.pixels.shape[0], one.pixels.shape[1])
        scores = irn_walk.enlarged_scores(irn_walk.propagate(maps, edges, irn_walk.IrnWalk()), size).cpu().numpy()
        return lambda threshold: labels_of(scores, one.classes, threshold)

    return draw_one


def with_dsrg(trial: Trial) -> Callable[[Shown], Drawn]:
    """Its network sees each image squeezed into a square; classes that the image does not hold are left out."""
    recipe = DsrgRecipe(image_size=224, width=64, iterations=200, batch=8)
    seeded = [
        SeededImage(one.pixels, made.labels.astype(np.int32), one.classes)
        for one, made in zip(trial.learning, trial.seeds_of_psa, strict=True)
    ]
    fitted = train_dsrg(
        seeded, len(trial.categories), recipe, seed=trial.seed, device=CPU, checkpoint_dir=None, progress=silent
    )

    def draw_one(one: Shown) -> Drawn:
        (seen,) = fitted.maps([one.pixels])
        size = (one.pixels.shape[0], one.pixels.shape[1])
        there = torch.from_numpy(seen[[0, *(1 + index for index in one.classes)]])
        shares = (there / there.sum(dim=0))[1:]
        maps = F.interpolate(shares[None], size, mode="bilinear", align_corners=False)[0].numpy()
        return lambda threshold: labels_of(maps, one.classes, threshold)

    return draw_one


METHODS: Mapping[str, Method] = {
    "cam": lambda trial: by_maps(trial.classifier.network, Cam()),
    "grad_cam": lambda trial: by_maps(trial.classifier.network, GradCam()),
    "adv_cam": lambda trial: by_maps(trial.classifier.network, ADV_CAM),
    "fickle_net": lambda trial: by_maps(trial.fickle, FickleNet(seed=trial.seed, passes=50)),
    "rib": lambda trial: by_maps(trial.classifier.network, rib(trial)),
    "w_ood": lambda trial: by_maps(trial.wood.network, Cam()),
    "w_ood + adv_cam": lambda trial: by_maps(trial.wood.network, ADV_CAM),
    "w_ood + adv_cam + rib": lambda trial: by_maps(trial.wood.network, WithRib(ADV_CAM, rib(trial))),
    "cam + crf": with_crf,
    "cam + psa": with_psa,
    "cam + irn": with_irn,
    "cam + dsrg": with_dsrg,
}
