"""Fits on frozen features: they learn, repeat themselves, survive kills; labels bought later judge their head."""

from dataclasses import replace

import numpy as np
import pytest
import timm
import torch

from maskloop.errors import Cancelled, InvalidArgument, InvalidConfig
from maskloop.values import HeadState
from models.data.samples import Example, ImageToScore
from models.encoders.feature_store import FeatureStore
from models.features.recipe import PretrainedRecipe
from models.kinds.load import load_model
from models.pretrained.fit import fit
from models.training.cache import NetworkCache
from tests.models.fits import CPU, file_of, fitted, killing
from tests.models.pretrained.discs import disc_picture

pytestmark = pytest.mark.journey

SMALL = PretrainedRecipe(
    image_size=96,
    width=16,
    tower=16,
    region=8,
    views=2,
    min_iterations=6,
    max_iterations=6,
    checkpoint_every=2,
)
LEARNT = PretrainedRecipe(image_size=96, min_iterations=60, max_iterations=60, views=4)


def trained(examples, recipe=SMALL, **more):
    return fitted(examples, recipe, fit=fit, **more)


@pytest.fixture(scope="module")
def pictures():
    return [disc_picture(seed) for seed in range(14)]


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    return FeatureStore(tmp_path_factory.mktemp("features"), 1 << 28)


def test_a_fit_repeats_itself_and_order_makes_no_difference(pictures, tmp_path):
    assert file_of(trained(pictures[:4]), tmp_path) == file_of(trained(pictures[3::-1]), tmp_path)


def test_kept_features_and_networks_change_nothing(pictures, store, tmp_path):
    plain = file_of(trained(pictures[:4]), tmp_path)
    cache = NetworkCache(tmp_path / "networks", 1 << 26)
    for _ in range(2):
        assert file_of(trained(pictures[:4], store=store, cache=cache), tmp_path) == plain


def test_a_fit_that_is_killed_ends_with_the_same_bytes(pictures, tmp_path):
    whole = file_of(trained(pictures[:4]), tmp_path)
    for after in (2, 6, 9):
        folder = tmp_path / f"after-{after}"
        with pytest.raises(Cancelled):
            trained(pictures[:4], checkpoint_dir=folder, progress=killing(after))
        assert file_of(trained(pictures[:4], checkpoint_dir=folder), tmp_path) == whole


@pytest.mark.slow
def test_labels_bought_later_are_the_heads_evidence(pictures):
    first = trained(pictures[:4], LEARNT)
    assert first.evidence is None
    assert (first.head, first.metrics) == (HeadState.UNTRUSTED, {"held_out_images": 0.0})
    second = trained(pictures[:8], LEARNT, previous=first)
    third = trained(pictures[:10], previous=second)
    for model, bought in ((second, pictures[4:8]), (third, pictures[4:10])):
        assert set(model.evidence.image_ids) <= {item.image_id for item in bought}
    assert third.evidence.images > second.evidence.images > 0
    assert second.metrics["held_out_images"] == second.evidence.images
    assert second.calibrator != first.calibrator
    mae = [
        np.abs(model.calibrator.predict(second.evidence.statistics) - second.evidence.ious).mean()
        for model in (first, second)
    ]
    assert mae[1] <= mae[0]


def test_a_previous_model_of_another_vocabulary_gives_no_evidence(pictures):
    first = trained(pictures[:4], categories=(1, 2, 3))
    assert trained(pictures[:6], previous=first).evidence is None


def test_empty_and_pseudo_labeled_images_are_learnt_from_and_named(pictures):
    empty = [Example("empty", pictures[0].pixels, ())]
    model = trained(pictures[:3], empty=empty, pseudo=pictures[5:7])
    assert model.empty == ("empty",)
    assert model.pseudo == tuple(sorted(item.image_id for item in pictures[5:7]))
    assert model.snapshot == tuple(item.image_id for item in pictures[:3])


def test_labels_without_any_object_can_be_learnt_from():
    nothing = [Example(f"{place}", disc_picture(place).pixels, ()) for place in range(2)]
    model = trained(nothing)
    (prediction,) = model.predict([ImageToScore.of(nothing[0], counted=False)], device=CPU, batch_size=1)
    assert np.isfinite(prediction.features).all()


def test_no_label_is_refused():
    with pytest.raises(InvalidArgument, match="no labeled image"):
        trained([])


def test_two_networks_of_one_recipe_and_data_differ_by_their_seed(pictures, tmp_path):
    assert file_of(trained(pictures[:3], seed=1), tmp_path) != file_of(trained(pictures[:3], seed=2), tmp_path)


def test_features_and_models_know_the_weights_that_made_them_not_their_name(pictures, store, tmp_path):
    """A file of weights that is replaced gives other features, and a model that was trained on it says so."""
    weights = tmp_path / "weights.pth"

    def write(seed: int) -> None:
        torch.manual_seed(seed)
        torch.save(timm.create_model("resnet18", pretrained=False, features_only=True).state_dict(), weights)

    recipe = replace(SMALL, encoder="resnet18", weights=str(weights))
    write(1)
    first = trained(pictures[:3], recipe, store=store)
    first.save(tmp_path / "model.safetensors")
    write(2)
    second = trained(pictures[:3], recipe, store=store)
    assert file_of(second, tmp_path, "other") != (tmp_path / "model.safetensors").read_bytes()
    images = [ImageToScore.of(pictures[5], counted=False)]
    with pytest.raises(InvalidConfig, match="not those that this model was trained on"):
        list(load_model(tmp_path / "model.safetensors", CPU).predict(images, device=CPU, batch_size=1))


def test_an_empty_vocabulary_is_refused(pictures):
    with pytest.raises(InvalidArgument, match="no category"):
        trained(pictures[:2], categories=())
