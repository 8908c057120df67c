"""What the authors' programs and the texts say, by name and whatever the defaults are."""

from typing import Any

import pytest

from maskloop.errors import InvalidConfig
from models.boxes.bbam import Bbam
from models.boxes.masks import MaskOptions
from models.boxes.recipe import DetectorRecipe, MaskRecipe
from models.classification.patches.recipe import PatchRecipe
from models.classification.wood import WoodOptions
from models.localization.advcam import AdvCam
from models.localization.cam import Cam
from models.localization.ficklenet import FickleNet
from models.localization.gradcam import GradCam
from models.localization.rib import Rib
from models.localization.rib_crops import RibCrops
from models.refinement.affinity.affinitynet import PsaWalk
from models.refinement.affinity.irn_walk import IrnWalk
from models.refinement.affinity.recipes import IrnTraining, PsaTraining
from models.refinement.dsrg.train import DsrgRecipe
from models.segmentation.recipe import SegmentationRecipe
from models.training.readings import Readings

FOUR = (1.0, 0.5, 1.5, 2.0)
OFFICIAL: dict[type[Readings], dict[str, Any]] = {
    Cam: {"scales": FOUR},
    GradCam: {"scales": FOUR, "weighting": "official"},
    AdvCam: {"scales": FOUR, "steps": 27, "regulariser": 7, "threshold": 0.5, "compat": "official"},
    FickleNet: {"passes": 200, "aggregate": "max"},
    Rib: {"steps": 10, "rate": 8e-6, "tau": 0.4, "most": 600, "bound": "stop", "over": "image", "last_map": False},
    WoodOptions: {"clusters": 50, "distance_weight": 0.007, "ood_weight": 0.25, "compat": "official"},
    PsaTraining: {"crop": 448, "epochs": 8, "batch": 8, "rate": 0.1, "weight_decay": 5e-4, "distance": "mean"},
    PsaWalk: {"alpha": 16, "beta": 8, "steps": 256},
    IrnTraining: {"crop": 512, "epochs": 3, "batch": 32, "rate": 0.1, "weight_decay": 1e-4, "radius": 10},
    IrnWalk: {"radius": 5, "beta": 10, "steps": 256, "background": 0.25, "power": 1},
    DsrgRecipe: {"iterations": 8000, "batch": 20, "rate": 5e-4, "schedule": "steps", "seeds_alone": 0, "clip": 0},
    PatchRecipe: {"side": 112, "stride": 56, "epochs": 20, "batch": 20, "rate": 0.01, "compat": "official"},
    SegmentationRecipe: {"batch": 8, "rate": 0.005, "iterations": 10_000, "crop": 256, "compat": "official"},
    DetectorRecipe: {"iterations": 18000, "batch": 16, "rate": 0.01, "smallest": 480, "shortest": 800},
    MaskRecipe: {"iterations": 20000, "batch": 8, "rate": 0.008, "smallest": 416, "shortest": 512},
    Bbam: {"jitters": 1000, "iterations": 300, "rate": 0.02, "regulariser": 0.007, "compat": "official"},
    MaskOptions: {"tight": 0.85, "loose": 0.2, "reading": "quantile", "as_stored": True, "whole_range": False},
}
PAPER: dict[type[Readings], dict[str, Any]] = {
    GradCam: {"weighting": "elementwise"},
    AdvCam: {"compat": "paper"},
    Bbam: {"compat": "paper"},
    MaskOptions: {"tight": 0.8, "loose": 0.2, "reading": "value", "as_stored": False},
    Rib: {"bound": "clamp", "over": "region", "inclusive": True, "last_map": True, "most_spread": 1},
    WoodOptions: {"threshold": "image", "scale": "images", "ood_weight": 1, "compat": ""},
    PsaTraining: {"distance": "sum"},
    DsrgRecipe: {"constraint": "seeds", "iterations": 8000},
    PatchRecipe: {"compat": "paper", "side": 112, "last_dilation": 2},
    SegmentationRecipe: {"compat": "paper", "batch": 32, "weight_map": "l_norm"},
}


def told(options: Readings, wanted: dict[str, Any]) -> dict[str, Any]:
    return {name: getattr(options, name) for name in wanted}


@pytest.mark.parametrize("kind", OFFICIAL, ids=lambda kind: kind.__name__)
def test_the_official_options_are_those_of_the_published_numbers(kind):
    assert told(kind.official(), OFFICIAL[kind]) == OFFICIAL[kind]


@pytest.mark.parametrize("kind", PAPER, ids=lambda kind: kind.__name__)
def test_the_text_differs_where_it_is_known_to(kind):
    assert told(kind.paper(), PAPER[kind]) == PAPER[kind]
    assert kind.paper() != kind.official()


def test_the_paper_counts_the_image_among_the_twenty_that_rib_learns_from():
    assert (RibCrops.official([], []).number, RibCrops.paper([], []).number) == (20, 19)


def test_other_options_come_beside_and_are_checked():
    made = Rib.paper(steps=3, last_map=False)
    assert (made.steps, made.last_map, made.over) == (3, False, "region")
    with pytest.raises(InvalidConfig, match="steps is 0"):
        AdvCam.official(steps=0)
