import hashlib

import pytest
import torch

from models.annotation.losses import mask_loss
from models.annotation.network import AnnotationNetwork, build_network
from models.annotation.recipe import resolve

CLASSES = torch.tensor([[0, -1, -1], [0, 1, 1], [-1, -1, -1], [1, 1, -1]])


def network(recipe: str) -> AnnotationNetwork:
    torch.manual_seed(4)
    return build_network(resolve(recipe, encoder="compact", image_size=32, hidden=16), 2)


@pytest.fixture(params=["paper", "compact"])
def any_network(request) -> AnnotationNetwork:
    return network(request.param)


def test_shapes_and_ranges_of_what_is_decoded(any_network):
    decoded = any_network.eval()(torch.randn(4, 3, 32, 32), CLASSES)
    assert decoded.logits.shape == (4, 3, 32, 32)
    assert decoded.states.shape == (4, 3, sum(any_network.decoder.widths))
    assert decoded.features.shape == (4, 256)
    assert decoded.predicted_iou.shape == (4, 3)
    assert ((decoded.predicted_iou >= 0) & (decoded.predicted_iou <= 1)).all()
    torch.testing.assert_close(decoded.predicted_iou, decoded.iou_output**2)


def test_steps_that_are_not_there_are_zero(any_network):
    decoded = any_network.eval()(torch.randn(4, 3, 32, 32), CLASSES)
    gone = CLASSES < 0
    for values in (decoded.logits, decoded.states, decoded.predicted_iou):
        assert not values[gone].any()
        assert values[~gone].any()


def test_finished_images_drop_out_without_changing_masks_states_or_loss(any_network):
    """The same as decoding each image by itself for as many steps as it has."""
    any_network.eval()
    images, targets = torch.randn(4, 3, 32, 32), torch.rand(4, 3, 32, 32) > 0.5
    together = any_network(images, CLASSES)
    total, steps = 0.0, 0
    for row in (0, 1, 3):
        count = int((CLASSES[row] >= 0).sum())
        alone = any_network(images[row : row + 1], CLASSES[row : row + 1, :count])
        torch.testing.assert_close(alone.logits[0], together.logits[row, :count], atol=1e-4, rtol=1e-4)
        torch.testing.assert_close(alone.states[0], together.states[row, :count], atol=1e-5, rtol=1e-4)
        total += mask_loss(alone.logits, targets[row : row + 1, :count], torch.ones(1, count)).item() * count
        steps += count
    assert mask_loss(together.logits, targets, CLASSES >= 0).item() == pytest.approx(total / steps, abs=1e-5)


def test_images_without_objects_are_decoded_to_nothing(any_network):
    decoded = any_network.eval()(torch.randn(2, 3, 32, 32), torch.full((2, 0), -1))
    assert decoded.logits.shape == (2, 0, 32, 32)
    assert decoded.features.shape == (2, 256)
    padded = any_network(torch.randn(2, 3, 32, 32), torch.full((2, 3), -1))
    assert padded.logits.shape == (2, 3, 32, 32)


def test_the_class_that_is_fed_changes_the_mask(any_network):
    images = torch.randn(1, 3, 32, 32)
    first, second = (any_network.eval()(images, torch.tensor([[index]])).logits for index in (0, 1))
    assert not torch.allclose(first, second)


def test_a_given_seed_moves_the_mask_and_the_network_finds_one_when_none_is_given():
    seeded = network("compact").eval()
    images, classes = torch.randn(1, 3, 32, 32), torch.tensor([[0]])
    left, right = (seeded(images, classes, torch.tensor([[[x, 0.5]]])).logits for x in (0.2, 0.8))
    assert not torch.allclose(left, right)
    heat = seeded(images, classes).dense.centres[0, 0]
    best = torch.tensor(divmod(int(heat.argmax()), 16)).flip(0)
    found = seeded(images, classes, ((best + 0.5) / 16)[None, None]).logits
    torch.testing.assert_close(seeded(images, classes).logits, found)


def test_the_seeds_a_network_found_can_be_given_back_to_it():
    seeded = network("compact").eval()
    with torch.no_grad():
        encoded = seeded.encode(torch.randn(4, 3, 32, 32))
        found = seeded.decode(encoded, CLASSES)
        given = seeded.decode(encoded, CLASSES, found.seeds)
    assert found.seeds.shape == (4, 3, 2)
    assert not found.seeds[CLASSES < 0].any()
    assert found.seeds[CLASSES >= 0].all()
    torch.testing.assert_close(given.logits, found.logits)
    torch.testing.assert_close(given.seeds, found.seeds)


def test_a_network_without_seeds_has_none():
    assert network("paper").eval()(torch.randn(4, 3, 32, 32), CLASSES).seeds is None


def test_in_half_precision_the_results_are_float32_and_nearly_the_same(any_network):
    """The way of CUDA, taken on the CPU."""
    any_network.eval()
    images = torch.randn(4, 3, 32, 32)
    with torch.no_grad():
        exact = any_network(images, CLASSES)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            half = any_network(images.to(memory_format=torch.channels_last), CLASSES)
    for name in ("logits", "states", "predicted_iou", "features"):
        assert getattr(half, name).dtype == torch.float32
    torch.testing.assert_close(half.features, exact.features, atol=0.05, rtol=0.05)
    torch.testing.assert_close(half.states, exact.states, atol=0.02, rtol=0.1)


@pytest.mark.parametrize(
    ("recipe", "classes", "names"),
    [
        ("paper", "fed", "c86208387bd7ebda"),
        ("paper", "predicted", "c6497bcf044e8ae1"),
        ("compact", "fed", "5ac9316ad15d9bf0"),
        ("compact", "predicted", "5ac9316ad15d9bf0"),
    ],
)
def test_weights_are_called_and_ordered_as_in_the_model_files_there_are(recipe, classes, names):
    made = build_network(resolve(recipe, encoder="compact", image_size=32, hidden=16, classes=classes), 2)
    assert hashlib.sha256("\n".join(made.state_dict()).encode()).hexdigest()[:16] == names
