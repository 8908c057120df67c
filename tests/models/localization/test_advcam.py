"""AdvCAM beside the plain loop of its program, its options, and what it leaves of a classifier."""

import pytest
import torch

from benchmarks.weak.plain_maps import plain_adv_cam
from maskloop.errors import InvalidConfig
from models.localization.advcam import AdvCam
from models.localization.climbing import Climb
from models.localization.maps import join_scales, view_pair
from tests.models.localization.scenes import classifier, photograph

IMAGES = [photograph("cat", 40, 52), photograph("coffee", 48, 36), photograph("astronaut", 40, 52)]
CLASSES = [(2,), (0, 1), (1, 2, 0)]


@pytest.mark.parametrize(
    ("encoder", "steps"),
    [
        ("compact", 3),
        ("compact", 7),
        pytest.param("compact", 12, marks=pytest.mark.slow),
        ("resnet18", 3),
        ("wideresnet38/8", 3),
    ],
)
def test_maps_are_those_of_passes_for_each_image_scale_class_and_step(encoder, steps):
    network, scales = classifier(encoder=encoder), (0.5, 1.0)
    images, classes = (IMAGES, CLASSES) if encoder == "compact" else (IMAGES[1:2], [(1,)])
    for made, pixels, asked in zip(
        AdvCam(scales=scales, steps=steps).maps(network, images, classes), images, classes, strict=True
    ):
        strided, whole = plain_adv_cam(network, pixels, asked, steps=steps, scales=scales)
        assert made.classes == asked
        torch.testing.assert_close(made.strided, strided.float(), atol=1e-5, rtol=0)
        torch.testing.assert_close(made.whole, whole.float(), atol=1e-5, rtol=0)


def test_the_defaults_are_the_programs():
    method = AdvCam()
    assert (method.steps, method.steps_at(0.5), method.steps_at(1.0), method.steps_at(2.0)) == (27, 13, 27, 27)
    assert set(method.scales) == {0.5, 1.0, 1.5, 2.0}
    assert method.climb() == Climb(0.08, True, 7.0, 0.5, False, True)


@pytest.mark.parametrize(("steps", "half"), [(1, 1), (5, 5), (6, 5), (10, 5), (11, 5), (12, 6), (27, 13)])
def test_steps_at_half_the_size(steps, half):
    assert AdvCam(steps=steps).steps_at(0.5) == half
    assert AdvCam(steps=steps, compat="paper").steps_at(0.5) == steps


def test_the_papers_reading_and_each_option_of_its_own():
    assert AdvCam(compat="paper").climb() == Climb(0.008, False, 7.0, 0.5, True, False)
    assert AdvCam(compat="paper", step_size=0.02, relative=True).climb() == Climb(0.02, True, 7.0, 0.5, True, False)
    one_of_each = AdvCam(regulariser=3.0, threshold=0.3, normalised=True, relative=False, step_size=0.008).climb()
    assert one_of_each == Climb(0.008, False, 3.0, 0.3, True, True)


@pytest.mark.parametrize("compat", ["official", "paper"])
def test_the_map_after_the_last_step_counts_where_it_is_asked_for(compat):
    def seen(steps, last_map=None):
        method = AdvCam((1.0,), steps=steps, compat=compat, last_map=last_map)
        return method.maps(classifier(), IMAGES[:1], [(1,)])[0].whole

    assert torch.equal(seen(2, True), seen(3, False))
    assert not torch.equal(seen(2, True), seen(2, False))
    assert torch.equal(seen(2), seen(2, compat == "paper"))


def test_the_papers_reading_sums_normalised_maps():
    """Beside a loop of its text, which differentiates L itself."""
    network, pixels = classifier(), IMAGES[1]
    image, maps = view_pair(pixels, 1.0, torch.device("cpu")).double(), []
    for _ in range(4):
        image = image.detach().requires_grad_()
        scores = network.maps(image)
        cam = scores[0, 1].relu() + scores[1, 1].relu().flip(-1)
        cam = cam / cam.max()
        maps.append(cam.detach())
        logits = scores.mean(dim=(2, 3)).sum(dim=0)
        score = logits[1] - logits[0] - logits[2] - 7 * ((maps[-1] > 0.5) * (cam - maps[0]).abs()).sum()
        image = image + 0.5 * torch.autograd.grad(score, image)[0]
    expected = join_scales([torch.stack(maps).sum(dim=0)[None]], [1], (48, 36), 16)
    (made,) = AdvCam((1.0,), steps=3, step_size=0.5, compat="paper").maps(network, [pixels], [(1,)])
    torch.testing.assert_close(made.whole, expected.whole, atol=1e-5, rtol=0)


def test_images_and_classes_together_are_as_each_alone():
    network, method = classifier(), AdvCam(steps=8, scales=(0.5, 1.0))
    for made, pixels, asked in zip(method.maps(network, IMAGES, CLASSES), IMAGES, CLASSES, strict=True):
        for row, index in enumerate(asked):
            (alone,) = method.maps(network, [pixels], [(index,)])
            torch.testing.assert_close(made.whole[row], alone.whole[0], atol=1e-6, rtol=0)
            torch.testing.assert_close(made.strided[row], alone.strided[0], atol=1e-6, rtol=0)


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("learns", [False, True])
def test_the_classifier_is_left_as_it_was(learns, training):
    network = classifier().requires_grad_(learns)
    network.head.train(training)
    before = {name: value.clone() for name, value in network.state_dict().items()}
    modes = [module.training for module in network.modules()]
    with torch.no_grad():
        (made,) = AdvCam(steps=2).maps(network, IMAGES[:1], CLASSES[:1])
    assert not made.whole.requires_grad
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())
    assert modes == [module.training for module in network.modules()]
    assert all(one.grad is None and one.requires_grad == learns for one in network.parameters())


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"steps": 0}, "steps"),
        ({"compat": "text"}, "compat"),
        ({"step_size": -0.1}, "step_size"),
        ({"scales": ()}, "scales"),
        ({"threshold": 1.5}, "threshold"),
    ],
)
def test_impossible_options_are_refused_by_name(options, field):
    with pytest.raises(InvalidConfig) as refused:
        AdvCam(**options)
    assert refused.value.field == field
