"""Encoders that learn as well: they keep the promises of every fit, and their features never pass for frozen ones."""

from dataclasses import replace

import numpy as np
import pytest
import timm
import torch

from maskloop.errors import Cancelled
from models.data.samples import ImageToScore, prepare
from models.encoders.feature_store import NO_STORE, FeatureStore
from models.encoders.pixels import Pixels
from models.encoders.pretrained import EncoderId, PretrainedEncoder, build_pretrained, rebuild_pretrained
from models.features.model import ENCODER, frozen_encoder
from models.features.recipe import PretrainedRecipe
from models.features.tuning import EncoderTuning
from models.features.views import labeled_views
from models.kinds.load import load_model
from models.pretrained.model import FittedPretrained
from models.pretrained.train import PyramidTraining, build_network
from models.thin.model import FittedDense
from models.training.cache import NetworkCache
from tests.models.fits import CPU, file_of, fitted, images_of, killing
from tests.models.pretrained.discs import disc_picture
from tests.models.thin.cracks import crack_picture

pytestmark = pytest.mark.journey

FROZEN = PretrainedRecipe(
    encoder="test_efficientnet",  # timm's smallest
    weights="random",
    image_size=64,
    width=16,
    tower=8,
    region=4,
    views=3,
    batch=2,
    min_iterations=4,
    max_iterations=4,
    checkpoint_every=2,
)
TUNED = replace(FROZEN, encoder_rate=1e-3)
CATEGORIES = (1, 2)


def trained(examples, recipe=TUNED, **more):
    return fitted(examples, recipe, **more)


@pytest.fixture(scope="module")
def pictures():
    return [disc_picture(seed) for seed in range(6)]


@pytest.fixture(scope="module", params=["regions", "dense"])
def recipe(request):
    return replace(TUNED, masks=request.param, image_size=64 if request.param == "regions" else 32)


def test_the_encoder_learns_and_comes_back_from_the_models_file(recipe, pictures, tmp_path):
    model = trained(pictures[:3], recipe)
    before = frozen_encoder(model.recipe, NO_STORE, CPU, 0).encoder.state_dict()
    after = model.encoder.encoder.state_dict()
    assert all(not torch.equal(before[name], after[name]) for name in before if name.endswith("weight"))
    assert all(torch.equal(before[name], after[name]) for name in ("mean", "scale"))
    whole = file_of(model, tmp_path)
    read = load_model(tmp_path / "model.safetensors", CPU)
    assert file_of(read, tmp_path) == whole
    for made, other in zip(
        *(each.predict(images_of(pictures[4:]), device=CPU, batch_size=2) for each in (model, read)), strict=True
    ):
        assert made.proposals == other.proposals
        np.testing.assert_array_equal(made.features, other.features)


def test_a_frozen_encoder_is_in_no_file(pictures):
    assert not any(name.startswith(ENCODER) for name in trained(pictures[:2], FROZEN)._tensors())


def test_a_tuned_model_needs_no_file_of_weights(pictures, tmp_path):
    torch.manual_seed(1)
    weights = tmp_path / "weights.pth"
    torch.save(timm.create_model("test_resnet", pretrained=False, features_only=True).state_dict(), weights)
    model = trained(pictures[:2], replace(TUNED, encoder="test_resnet", weights=str(weights), masks="regions"))
    file_of(model, tmp_path)
    weights.unlink()
    (made,) = load_model(tmp_path / "model.safetensors", CPU).predict(images_of(pictures[5:]), device=CPU, batch_size=1)
    assert np.isfinite(made.features).all()


def test_a_fit_repeats_itself_whatever_is_kept_and_whatever_the_order(recipe, pictures, tmp_path):
    plain = file_of(trained(pictures[:3], recipe), tmp_path)
    store, cache = FeatureStore(tmp_path / "features", 1 << 28), NetworkCache(tmp_path / "networks", 1 << 28)
    for _ in range(2):
        assert file_of(trained(pictures[2::-1], recipe, store=store, cache=cache), tmp_path) == plain
    assert len(list(cache.folder.glob("*.safetensors"))) == 1
    assert file_of(trained(pictures[:3], replace(recipe, encoder_rate=2e-3), cache=cache), tmp_path) != plain
    assert len(list(cache.folder.glob("*.safetensors"))) == 2


def test_a_fit_that_is_killed_ends_with_the_same_bytes(recipe, pictures, tmp_path):
    whole = file_of(trained(pictures[:3], recipe), tmp_path)
    for after in (2, 6):
        folder = tmp_path / f"after-{after}"
        with pytest.raises(Cancelled):
            trained(pictures[:3], recipe, checkpoint_dir=folder, progress=killing(after))
        assert file_of(trained(pictures[:3], recipe, checkpoint_dir=folder), tmp_path) == whole


def test_features_of_a_tuned_encoder_and_of_a_frozen_one_are_kept_apart(pictures, tmp_path):
    store = FeatureStore(tmp_path, 1 << 28)
    models = [trained(pictures[:3], each, store=store) for each in (FROZEN, TUNED, replace(TUNED, encoder_rate=1e-2))]
    images = images_of(pictures[4:])

    def features(model):
        return np.stack([made.features for made in model.predict(images, device=CPU, batch_size=2)])

    alone = [features(model.keeping(NO_STORE)) for model in models]
    assert len({model.encoder.identity for model in models}) == 3
    for _ in range(2):  # the second time, all are kept
        for model, own in zip(models, alone, strict=True):
            np.testing.assert_allclose(features(model), own, rtol=1e-3, atol=1e-5)
    assert not np.allclose(alone[0], alone[1], rtol=1e-3, atol=1e-5)

    def gone():
        raise AssertionError("no picture is read")

    unread = [ImageToScore(item.image_id, gone, None, item.content) for item in images]
    file_of(models[1], tmp_path)
    read = load_model(tmp_path / "model.safetensors", CPU, store)
    assert isinstance(read, FittedPretrained)
    assert len(list(read.predict(unread, device=CPU, batch_size=2))) == len(unread)
    assert "encoder" not in vars(read.encoder)  # it was never built


def test_a_previous_model_gives_evidence_whichever_its_encoder(pictures):
    for first, second in ((FROZEN, TUNED), (TUNED, FROZEN), (TUNED, TUNED)):
        previous = trained(pictures[:3], replace(first, threshold=0.01))
        model = trained(pictures[:5], second, previous=previous)
        own = list(
            previous.predict(
                [ImageToScore.of(item, counted=False) for item in pictures[3:5]], device=CPU, batch_size=16
            )
        )
        np.testing.assert_array_equal(
            model.evidence.statistics, np.concatenate([prediction.statistics for prediction in own])
        )


def test_an_encoder_that_hardly_learns_gives_the_losses_of_a_frozen_one(pictures):
    def losses(recipe):
        told: list[str] = []
        trained(pictures[:3], recipe, progress=lambda _, message: told.append(message))
        return [float(message.rsplit(" ", 1)[1]) for message in told if "loss" in message]

    frozen = losses(FROZEN)
    assert losses(replace(FROZEN, encoder_rate=1e-12)) == pytest.approx(frozen, abs=0.02)
    assert losses(replace(FROZEN, encoder_rate=1e-1)) != pytest.approx(frozen, abs=0.02)


def test_norms_stand_still(pictures):
    """A network some of whose norms nothing folds: what they measured of photographs stays."""
    encoder = frozen_encoder(replace(FROZEN, encoder="test_resnet"), NO_STORE, CPU, 0)
    views = [labeled_views(prepare(item, CATEGORIES, 64, 10), Pixels(64, NO_STORE), 2) for item in pictures[:2]]
    network = build_network(encoder.channels, 2, FROZEN, 0)
    task = EncoderTuning.of(PyramidTraining.of(network, views, 2, TUNED), encoder)
    measured = {name: value.clone() for name, value in task.network.encoder.named_buffers()}
    assert any(name.endswith("running_mean") for name in measured)
    task.network.train()
    task.loss(task.batch(0, 0), 0.0).backward()
    assert all(torch.equal(value, measured[name]) for name, value in task.network.encoder.named_buffers())
    assert all(value.grad is not None for value in task.network.encoder.parameters())
    assert not any(value.requires_grad for value in encoder.encoder.parameters())  # another one, which stays frozen


@pytest.mark.parametrize("name", ["test_efficientnet", "test_resnet"])
@torch.no_grad()
def test_an_encoder_is_rebuilt_from_its_state_with_the_norms_that_are_left(name):
    pixels = torch.rand(1, 3, 64, 64)
    folded = build_pretrained(name, "random")
    plain = timm.create_model(name, pretrained=False, features_only=True)
    whole = PretrainedEncoder(plain, EncoderId(name, "random"), folded.mean, folded.scale)
    for encoder in (folded, whole):
        again = rebuild_pretrained(name, encoder.state_dict())
        assert again.state_dict().keys() == encoder.state_dict().keys()
        for tap, other in zip(again(pixels, fine=True), encoder(pixels, fine=True), strict=True):
            assert torch.equal(tap, other)


def test_cracks_are_learnt_by_a_dense_head_with_its_encoder():
    cracks = [crack_picture(seed) for seed in range(3)]
    model = trained(cracks, replace(TUNED, image_size=32), categories=(1,))
    assert isinstance(model, FittedDense)
    assert model.encoder.tuned is not None
