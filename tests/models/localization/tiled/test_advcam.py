"""AdvCAM at full resolution beside a plain loop, and in tiles beside itself on the whole image."""

import subprocess
import sys

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from maskloop.errors import InvalidArgument, InvalidConfig
from models.localization.tiled.advcam import TiledAdvCam
from models.localization.tiled.tiles import Tiling
from tests.models.classification.unet.drawn import crack, network
from tests.models.localization.scenes import classifier

MEAN, STD = (torch.tensor(values).view(3, 1, 1) for values in ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)))
PIXELS = crack(1, 48)[0][:45]
WHOLE = Tiling(0)


def normalised(pixels):
    return ((torch.from_numpy(pixels.copy()).permute(2, 0, 1)[None].float() / 255 - MEAN) / STD).double()


def plain_adv_cam(made, pixels, index, method):
    """(H, W) the sum of maps over its largest value: one image, one class, no tiles, written from the text."""
    image = normalised(pixels)
    maps = []
    height, width = pixels.shape[:2]
    number = method.steps + 1 if method.last_map else max(1, method.steps)
    for _ in range(number):
        image = image.detach().requires_grad_()
        scores = made.maps(image)[0]
        cam = scores[index].relu()
        if method.shared:  # the program's weights of channels: w n / (P n), of the one view
            cam = cam / (made.head.weight[index] > 0).sum()
        largest = cam.detach().max()
        if method.normalised:
            cam = cam / largest
        maps.append(cam.detach())
        score = sum(
            (1 if k == index else -1) * (each.relu() if method.rectified else each).mean()
            for k, each in enumerate(scores)
        )
        grown = ((cam.detach() / cam.detach().max() > method.threshold) * (cam - maps[0]).abs()).sum()
        loss = score - method.regulariser * grown / (height * width if method.growth == "mean" else 1)
        (gradient,) = torch.autograd.grad(loss, image)
        if method.relative:
            gradient = gradient / gradient.abs().max()
        before, image = image.detach(), image + method.step_size * gradient
        if method.bounded:
            image = image.clamp(before.min(), before.max())
    total = sum(maps)
    return total / total.max()


@pytest.mark.parametrize(
    "options",
    [
        {"steps": 0},
        {"steps": 1},
        {"steps": 3},
        {"steps": 3, "last_map": False},
        {"steps": 6, **TiledAdvCam.OFFICIAL, "regulariser": 0.5, "step_size": 0.3},
        {"steps": 3, "rectified": False, "regulariser": 0.0},
        {"steps": 3, "normalised": True, "threshold": 0.3},
        {"steps": 3, "growth": "sum", "bounded": False},
        {"steps": 3, "relative": False, "step_size": 20.0},
    ],
    ids=str,
)
@pytest.mark.parametrize("tiling", [WHOLE, Tiling(32, 8)], ids=["whole", "tiles"])
def test_maps_are_those_of_a_plain_loop(options, tiling):
    method = TiledAdvCam(**options, tiling=tiling)
    made = network(classes=2)
    (maps,) = method.maps(made, [PIXELS], [(1, 0)])
    exact = tiling is WHOLE
    for row, index in enumerate((1, 0)):
        wanted = plain_adv_cam(made, PIXELS, index, method)
        assert 0.02 < float((wanted > 0).double().mean()) < 1
        difference = (maps.whole[row].double() - wanted).abs()
        assert float(difference.max()) < 1e-6 if exact else float(difference.max()) > 1e-4
    assert maps.whole.shape == (2, *PIXELS.shape[:2])
    assert maps.strided.shape == (2, 12, 12)
    assert float(maps.whole.max()) == pytest.approx(1, abs=1e-3)


def test_without_a_step_it_is_gradcam_at_the_last_layer():
    made = network(classes=3)
    features = made.encoder(normalised(PIXELS))[-1].detach().requires_grad_()
    for index in range(3):
        logit = F.conv2d(features, made.head.weight)[0, index].mean()
        (gradient,) = torch.autograd.grad(logit, features)
        cam = (gradient.mean(dim=(2, 3), keepdim=True) * features.detach()).sum(dim=1)[0].relu()
        (maps,) = TiledAdvCam(steps=0, tiling=WHOLE).maps(made, [PIXELS], [(index,)])
        closed = made.maps(normalised(PIXELS))[0, index].detach().relu()
        torch.testing.assert_close(closed / closed.max(), cam / cam.max(), atol=1e-6, rtol=0)
        torch.testing.assert_close(maps.whole[0].double(), cam / cam.max(), atol=1e-6, rtol=0)


@pytest.mark.parametrize(
    ("encoder", "steps"),
    [("compact", 0), pytest.param("compact", 2, marks=pytest.mark.slow), ("timm:tf_efficientnet_lite0", 0)],
)
def test_tiles_give_the_maps_of_the_whole_image_where_they_overlap_enough(steps, encoder):
    """Twice the reach to either side with steps, once without; the image's sides are no multiples of anything."""
    made = network(encoder=encoder)
    reach = -(-made.unet.reach // 4) * 4
    overlap = 2 * reach * (2 if steps else 1)
    pixels = np.concatenate([crack(seed, 150)[0] for seed in (1, 2)], axis=1)[:147, : 2 * overlap + 71]
    side = 2 * overlap + 4
    assert pixels.shape[1] > side
    tiled, whole = (
        TiledAdvCam(steps=steps, tiling=tiling).maps(made, [pixels], [(0,)])[0]
        for tiling in (Tiling(side, overlap), WHOLE)
    )
    torch.testing.assert_close(tiled.whole, whole.whole, atol=1e-6, rtol=0)
    torch.testing.assert_close(tiled.strided, whole.strided, atol=1e-6, rtol=0)


def test_the_network_is_left_as_it_was_and_no_gradients_are_needed_around():
    made = network()
    before = {name: value.clone() for name, value in made.state_dict().items()}
    with torch.no_grad():
        (maps,) = TiledAdvCam(tiling=WHOLE).maps(made, [PIXELS], [(0,)])
    assert not maps.whole.requires_grad
    assert all(torch.equal(value, before[name]) for name, value in made.state_dict().items())
    assert all(parameter.grad is None for parameter in made.parameters())
    assert (TiledAdvCam(tiling=WHOLE).maps(made, [PIXELS], [(0,)])[0].whole == maps.whole).all()


def test_readings():
    assert TiledAdvCam.paper().step_size == 0.008
    assert TiledAdvCam.official() == TiledAdvCam(growth="sum", shared=True, last_map=False)
    with pytest.raises(InvalidConfig, match="16 times coarser"):
        TiledAdvCam().maps(classifier(), [PIXELS], [(0,)])
    with pytest.raises(InvalidArgument):
        TiledAdvCam().maps(network(), [PIXELS], [(1,)])


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"steps": -1}, "steps"),
        ({"step_size": 0.0}, "step_size"),
        ({"regulariser": -1.0}, "regulariser"),
        ({"threshold": 1.0}, "threshold"),
        ({"growth": "max"}, "growth"),
    ],
)
def test_impossible_options_are_refused_by_name(options, field):
    with pytest.raises(InvalidConfig) as refused:
        TiledAdvCam(**options)
    assert refused.value.field == field


MEASURED = """
import resource, sys
from pathlib import Path
import numpy as np, torch
from models.classification.network import ImageClassifier
from models.classification.unet.network import build_unet
from models.classification.unet.recipe import UnetRecipe
from models.encoders.backbones import Encoder
from models.localization.tiled.advcam import TiledAdvCam
from models.proposals.defect_masks import DefectMaking, regions_of

class OnePixel(Encoder):
    def __init__(self):
        super().__init__()
        self.channels, self.seen = (2,), torch.nn.Conv2d(3, 2, 1)

    def forward(self, images, most=5):
        return [self.seen(images)]

torch.set_num_threads(1)
torch.manual_seed(0)
side, steps = int(sys.argv[1]), int(sys.argv[2])
network = (build_unet(UnetRecipe(weights=""), 1) if sys.argv[3] == "paper" else
           ImageClassifier(OnePixel(), 1, output_stride=1)).eval()
blocks = np.random.default_rng(0).integers(0, 256, (side // 50, side // 50, 3), dtype=np.uint8)
pixels = blocks.repeat(50, axis=0).repeat(50, axis=1)
TiledAdvCam(steps=1).maps(network, [pixels[:64, :64]], [(0,)])
before = int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()
(maps,) = TiledAdvCam(steps=steps).maps(network, [pixels], [(0,)])
assert float(maps.whole.max()) > 0.99
regions_of(maps.whole[0].numpy(), DefectMaking(0.5))
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 - before) / 2**20)
"""


def peak_mib(*arguments):
    answer = subprocess.run(
        [sys.executable, "-c", MEASURED, *map(str, arguments)], check=True, capture_output=True, text=True
    )
    return float(answer.stdout)


@pytest.mark.slow
@pytest.mark.timeout(1200)
@pytest.mark.skipif(sys.platform != "linux", reason="what a process has now is read as Linux tells it")
def test_a_picture_of_5000_pixels_needs_less_than_two_gib_beside_it():
    """The paper's network on a small picture has a tile's share, the smallest one on a large picture the picture's."""
    tile, picture = peak_mib(600, 1, "paper"), peak_mib(5000, 2, "smallest")
    print(tile, picture)
    assert picture > 36 * 5000**2 / 2**20 * 0.8  # else it measures nothing
    assert tile + picture < 2048
