"""Multi-scale class activation maps beside plain loops."""

import numpy as np
import pytest
import torch

from benchmarks.weak.plain_maps import plain_cam
from models.classification.recipe import resolve_classifier
from models.localization.cam import Cam
from models.localization.fickle_head import WindowDropout, build_fickle
from models.localization.ficklenet import FickleNet
from models.localization.maps import join_scales, view_pair
from models.localization.rib import Rib
from tests.models.localization.scenes import bilinear, classifier, photograph


@pytest.mark.parametrize("encoder", ["compact", "resnet18", "wideresnet38/8"])
def test_maps_of_images_of_any_sizes_are_those_of_the_plain_loops(encoder):
    network = classifier(encoder=encoder)
    images = [photograph("cat", 50, 66), photograph("coffee", 64, 48), photograph("astronaut", 50, 66)]
    classes = [(2,), (0, 1), (1, 2, 0)]
    for made, pixels, asked in zip(Cam().maps(network, images, classes), images, classes, strict=True):
        strided, whole = plain_cam(network, pixels, asked)
        assert made.classes == asked
        torch.testing.assert_close(made.strided, strided.float(), atol=1e-6, rtol=0)
        torch.testing.assert_close(made.whole, whole.float(), atol=1e-6, rtol=0)
        assert made.whole.amax(dim=(1, 2)).numpy() == pytest.approx(1, abs=1e-3)


@torch.no_grad()
def test_without_a_frame_maps_are_enlarged_over_the_image_itself_as_psas_are():
    network, pixels = classifier(), photograph("cat", 50, 66)
    (made,) = Cam(scales=(1.0, 2.0), framed=False).maps(network, [pixels], [(1,)])
    total = torch.zeros(50, 66)
    for scale in (1.0, 2.0):
        seen = network.maps(view_pair(pixels, scale, torch.device("cpu")).double())[:, 1:2].relu()
        both = seen[0] + seen[1].flip(-1)
        total += torch.from_numpy(bilinear(both[0].numpy(), 50, 66)).float()
    torch.testing.assert_close(made.whole[0], total / (total.max() + 1e-5), atol=1e-5, rtol=0)
    (framed,) = Cam(scales=(1.0, 2.0)).maps(network, [pixels], [(1,)])
    assert (framed.whole - made.whole).abs().max() > 0.05


@torch.no_grad()
def test_at_one_scale_a_map_is_the_heads_weights_on_the_features():
    network, pixels = classifier(), photograph("cat", 64, 64)
    both = torch.from_numpy(np.stack([pixels, pixels[:, ::-1]]).transpose(0, 3, 1, 2) / 255.0)
    mean, deviation = (torch.tensor(values).view(3, 1, 1) for values in ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)))
    features = network.encoder((both - mean) / deviation)[-1].numpy()
    (made,) = Cam(scales=(1.0,)).maps(network, [pixels], [(0, 1, 2)])
    for index in range(3):
        weights = network.head.weight[index, :, 0, 0].numpy()
        cells = np.zeros((4, 4))
        for y in range(4):
            for x in range(4):
                cells[y, x] = max(0, features[0, :, y, x] @ weights) + max(0, features[1, :, y, 3 - x] @ weights)
        made_corners = made.strided[index].numpy()[np.ix_([0, 15], [0, 15])]  # theirs alone of what is interpolated
        plain = bilinear(cells, 16, 16)
        assert plain.max() > 0
        np.testing.assert_allclose(made_corners, cells[np.ix_([0, 3], [0, 3])] / (plain.max() + 1e-5), atol=1e-5)


@pytest.mark.parametrize("encoder", ["compact", "wideresnet38/8"])
def test_rib_s_first_map_is_cam_s_whatever_the_stride(encoder):
    network, pixels = classifier(encoder=encoder).float(), photograph("cat", 40, 56)  # of 8, and of no 16
    (cam,) = Cam(scales=(1.0,)).maps(network, [pixels], [(1,)])
    (rib,) = Rib(steps=1, scales=(1.0,), fitted=(1.0,)).maps(network, [pixels], [(1,)])
    torch.testing.assert_close(rib.whole, cam.whole, atol=1e-5, rtol=0)
    torch.testing.assert_close(rib.strided, cam.strided, atol=1e-5, rtol=0)


def test_ficklenet_s_whole_map_lies_on_the_image_at_stride_8():
    """With a window of one cell and nothing dropped it is Grad-CAM of one view at one scale."""
    recipe = resolve_classifier("compact", encoder="wideresnet38/8")
    network = build_fickle(recipe, 2, WindowDropout(window=1, p=0.0)).eval()
    pixels = photograph("cat", 40, 56)
    (made,) = FickleNet(seed=0, passes=1, scales=(1.0,), mirrored=False).maps(network, [pixels], [(1,)])
    with torch.no_grad():
        seen = network.maps(view_pair(pixels, 1.0, torch.device("cpu"))[:1])[0, 1:2].relu()
    wanted = join_scales([seen], (1,), (40, 56), 8)
    torch.testing.assert_close(made.whole, wanted.whole, atol=1e-4, rtol=0)
    assert (made.whole - join_scales([seen], (1,), (40, 56), 16).whole).abs().max() > 0.05


def test_the_classifier_is_left_as_it_was():
    network = classifier()
    before = {name: value.clone() for name, value in network.state_dict().items()}
    Cam().maps(network, [photograph("cat", 32, 32)], [(0,)])
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())
    assert not network.training
    assert all(parameter.grad is None and parameter.requires_grad for parameter in network.parameters())
