"""Masks from one click an object: the whole way from clicks to masks, on drawn cracks."""

import numpy as np
import torch

from models.classification.unet.train import train_unet
from models.localization.tiled.advcam import TiledAdvCam
from models.localization.tiled.tiles import Tiling
from models.proposals.defect_masks import DefectMaking, regions_of
from tests.models.classification.unet.drawn import CRACK, clicked, crack, small


def test_cracks_on_noise_are_outlined_from_clicks_alone():
    recipe = small(wide=16, fine=8, crop=48, iterations=40, held_out=0.0)
    fitted = train_unet(
        clicked(8), [CRACK], recipe, seed=0, device=torch.device("cpu"), checkpoint_dir=None, progress=lambda *_: None
    )
    network, index = fitted.network_of(CRACK)
    method, shared, union = TiledAdvCam(steps=1, tiling=Tiling(64, 24)), np.zeros(2), np.zeros(2)
    for seed in (50, 51, 52):
        pixels, true = crack(seed)
        (maps,) = method.maps(network, [pixels], [(index,)])
        for place, threshold in enumerate((0.1, 0.5)):
            found = np.zeros_like(true)
            for region in regions_of(maps.whole[0].numpy(), DefectMaking(threshold, closing=3, least_area=20)):
                found |= region.mask(true.shape).to_array()
            shared[place] += (found & true).sum()
            union[place] += (found | true).sum()
    assert shared[0] / union[0] > 0.25  # a crack covers a sixteenth of its picture
    assert shared[1] / union[1] > 0.5
