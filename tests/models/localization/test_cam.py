"""Multi-scale class activation maps beside plain loops."""

import numpy as np
import pytest
import torch

from benchmarks.weak.plain_maps import plain_cam
from models.localization.cam import Cam
from models.localization.maps import view_pair
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


def test_the_classifier_is_left_as_it_was():
    network = classifier()
    before = {name: value.clone() for name, value in network.state_dict().items()}
    Cam().maps(network, [photograph("cat", 32, 32)], [(0,)])
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())
    assert not network.training
    assert all(parameter.grad is None and parameter.requires_grad for parameter in network.parameters())
