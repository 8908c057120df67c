"""What a network says of pictures at their own size, beside the authors' steps written out."""

import numpy as np
import pytest
import torch
from scipy import ndimage

from models.data.samples import image_tensor, resize_image
from models.encoders.feature_store import NO_STORE
from models.encoders.taps import FrozenEncoder, join_taps
from models.refinement.crf.mean_field import DSRG, mean_field
from models.refinement.dsrg.data import TAPS
from models.refinement.dsrg.fitted import FittedDsrg
from models.refinement.dsrg.network import DsrgNetwork
from models.refinement.dsrg.train import DsrgRecipe

CPU = torch.device("cpu")
PIXELS = np.random.default_rng(0).integers(0, 256, (40, 56, 3), dtype=np.uint8)


@pytest.fixture(scope="module")
def fitted() -> FittedDsrg:
    recipe = DsrgRecipe(image_size=128, width=16)
    encoder = FrozenEncoder(recipe.encoder, recipe.weights, recipe.image_size, NO_STORE, CPU)
    torch.manual_seed(0)
    network = DsrgNetwork(encoder.channels[-TAPS:], recipe.width, 2)
    for number in range(len(network.branches)):  # so that labels differ from place to place
        torch.nn.init.normal_(network.get_parameter(f"branches.{number}.2.weight"), std=0.5)
    return FittedDsrg(network.eval(), encoder)


@torch.no_grad()
def summed(fitted, sides) -> np.ndarray:
    """Logits of squares of these sides, each zoomed to the picture, corner on corner."""
    scores = np.zeros((3, 40, 56))
    for side in sides:
        taps = fitted.encoder.encode(image_tensor([resize_image(PIXELS, side)], CPU))[0][-TAPS:]
        logits = fitted.network(join_taps([taps], CPU))[0].numpy().astype(np.float64)
        assert logits.shape == (3, side // 8, side // 8)
        scores += ndimage.zoom(logits, (1, 40 * 8 / side, 56 * 8 / side), order=1)
    return scores


def softmax(scores) -> np.ndarray:
    shares = np.exp(scores - scores.max(axis=0))
    return shares / shares.sum(axis=0)


def test_logits_of_three_scales_are_added_at_the_pictures_size(fitted):
    (made,) = fitted.whole_maps([PIXELS], crf=None)
    assert made.dtype == np.float32
    np.testing.assert_allclose(made, softmax(summed(fitted, (96, 128, 160))), atol=1e-5)


def test_scales_are_of_the_training_s_side_in_steps_that_encoders_take(fitted):
    (made,) = fitted.whole_maps([PIXELS], scales=(0.1, 0.9), crf=None)
    np.testing.assert_allclose(made, softmax(summed(fitted, (32, 128))), atol=1e-5)


def test_a_crf_makes_them_exact(fitted):
    (made,) = fitted.whole_maps([PIXELS])
    likely = softmax(summed(fitted, (96, 128, 160))).clip(1e-5, 1)
    wanted = mean_field(-np.log(likely).astype(np.float32), PIXELS, DSRG)
    assert made.shape == (3, 40, 56)
    assert (made.argmax(axis=0) == wanted.argmax(axis=0)).mean() > 0.98
    assert len(np.unique(made.argmax(axis=0))) > 1
