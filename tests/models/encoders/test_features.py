"""Features without objects: those that scoring gives, and those of encoders that have seen no label."""

from functools import partial

import numpy as np
import pytest
import torch

from maskloop.errors import Cancelled, InvalidConfig
from maskloop.values import Counts
from models.annotation.model import FittedModel, model_encoder
from models.annotation.network import build_network
from models.annotation.recipe import resolve
from models.data.samples import ImageToScore, image_tensor, normalise, resize_image
from models.encoders.backbones import build_encoder
from models.encoders.features import ImageEncoder, cold_encoder, encode_images
from models.iou_head.calibrator import Calibrator
from models.iou_head.mask_statistics import count_statistics

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def pool() -> list[ImageToScore]:
    rng = np.random.default_rng(3)
    pixels = [rng.integers(0, 256, size=(40, 50, 3), dtype=np.uint8) // (1 + place) for place in range(5)]
    return [
        ImageToScore(f"image-{place}", partial(pixels.__getitem__, place), Counts({1: place})) for place in range(5)
    ]


def features_of(source: ImageEncoder, images: list[ImageToScore], batch_size: int = 2) -> dict[str, np.ndarray]:
    return dict(encode_images(source, images, device=CPU, batch_size=batch_size))


@pytest.mark.parametrize("classes", ["fed", "predicted"])
def test_a_models_features_are_those_that_scoring_gives(pool, classes):
    torch.manual_seed(0)
    recipe = resolve("compact", image_size=32, hidden=16, steps=5, classes=classes)
    network, calibrator = build_network(recipe, 1).eval(), Calibrator.unfitted(count_statistics(1))
    if classes == "predicted":
        calibrator = Calibrator.unfitted(count_statistics(1) + 2)
    model = FittedModel(network, recipe, (1,), calibrator, 0, (), {})
    found = features_of(model_encoder(model), [ImageToScore(item.image_id, item.load) for item in pool])
    for scored in model.predict(pool, device=CPU, batch_size=3):
        features = found[scored.proposals.image_id]
        assert features.dtype == np.float32
        np.testing.assert_allclose(features, scored.features, rtol=1e-4, atol=1e-6)


def test_a_cold_encoder_gives_mean_and_deviation_of_two_taps_at_unit_length(pool):
    source = cold_encoder("compact", "", 32, seed=1)
    found = features_of(source, pool)
    for item in pool:
        with torch.no_grad():
            taps = source.encoder(normalise(image_tensor([resize_image(item.load(), 32)], CPU)))
        expected = []
        for tap in taps[:2]:
            values = tap[0].flatten(1).double().numpy()
            both = np.concatenate([values.std(axis=1), values.mean(axis=1)])
            expected += list(both / np.sqrt((both**2).sum()))
        np.testing.assert_allclose(found[item.image_id], expected, atol=1e-5)


def test_the_same_image_has_the_same_features_in_any_batch_and_order(pool):
    source = cold_encoder("compact", "", 32, seed=1)
    together = features_of(source, pool, batch_size=5)
    assert list(features_of(source, pool[::-1])) == [item.image_id for item in pool[::-1]]
    for item in pool:
        np.testing.assert_allclose(features_of(source, [item])[item.image_id], together[item.image_id], atol=1e-5)


def test_random_weights_follow_the_seed_and_draw_nothing_elsewhere(pool):
    state = torch.get_rng_state()
    first, again, other = (features_of(cold_encoder("compact", "", 32, seed), pool[:1]) for seed in (1, 1, 2))
    assert torch.equal(torch.get_rng_state(), state)
    np.testing.assert_array_equal(first["image-0"], again["image-0"])
    assert not np.allclose(first["image-0"], other["image-0"])


def test_given_weights_are_loaded_and_the_last_taps_mean_is_kept(pool, tmp_path):
    torch.manual_seed(9)
    given = build_encoder("compact").eval()
    torch.save(given.state_dict(), tmp_path / "weights.pt")
    found = features_of(cold_encoder("compact", str(tmp_path / "weights.pt"), 32, seed=0), pool)
    for item in pool:
        with torch.no_grad():
            last = given(normalise(image_tensor([resize_image(item.load(), 32)], CPU)))[-1]
        np.testing.assert_allclose(found[item.image_id], last[0].mean(dim=(1, 2)), atol=1e-5)


def test_weights_that_are_not_there_are_refused():
    with pytest.raises(InvalidConfig, match="weights"):
        cold_encoder("resnet18", "nowhere.pt", 32, seed=0)


def test_progress_is_told_and_may_stop(pool):
    source, shares = cold_encoder("compact", "", 32, seed=1), []
    list(encode_images(source, pool, device=CPU, batch_size=2, progress=lambda share, _: shares.append(share)))
    assert shares == [2 / 5, 4 / 5, 1]

    def cancel(*_) -> None:
        raise Cancelled("stop")

    with pytest.raises(Cancelled):
        list(encode_images(source, pool, device=CPU, batch_size=2, progress=cancel))
    assert list(encode_images(source, [], device=CPU, batch_size=2)) == []
