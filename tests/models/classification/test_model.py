"""A classifier comes back from its file bit for bit, or not at all."""

from dataclasses import replace

import pytest
import torch

from maskloop.errors import InvalidArgument, ModelNotFound
from models.annotation.model import FittedModel
from models.classification.model import FittedClassifier
from models.classification.network import build_classifier
from models.classification.recipe import ClassifierRecipe, resolve_classifier
from models.training.determinism import Arithmetic
from models.training.model_file import write_model

CPU = torch.device("cpu")
ARITHMETIC = Arithmetic("cpu", "AVX2", 2)


@pytest.fixture
def classifier() -> FittedClassifier:
    recipe = resolve_classifier("compact", image_size=32)
    network = build_classifier(recipe, 2, seed=4).eval()
    return FittedClassifier(network, recipe, (3, 7), 4, ("a", "b"), {"recall": 0.1 + 0.2}, ("cat", "dog"), ARITHMETIC)


def test_a_classifier_comes_back_bit_for_bit(tmp_path, classifier):
    classifier.save(tmp_path / "one.safetensors")
    loaded = FittedClassifier.load(tmp_path / "one.safetensors", CPU)
    assert replace(loaded, network=classifier.network) == classifier
    assert all(map(torch.equal, loaded.network.state_dict().values(), classifier.network.state_dict().values()))
    assert not loaded.network.training


def test_one_that_started_from_published_weights_is_read_without_them(tmp_path, classifier):
    recipe = ClassifierRecipe(encoder="resnet18", weights="nowhere.pth")
    published = replace(classifier, recipe=recipe, network=build_classifier(recipe, 2).eval())
    published.save(tmp_path / "one.safetensors")
    assert torch.equal(FittedClassifier.load(tmp_path / "one.safetensors", CPU).head, published.head)


def test_a_classifier_of_the_version_before_says_no_arithmetic(tmp_path, classifier):
    description = {
        **{"recipe": classifier.recipe.to_dict(), "categories": [3, 7], "seed": 4},
        **{"snapshot": ["a"], "metrics": {}, "names": ["cat", "dog"]},
    }
    write_model(tmp_path / "old.safetensors", FittedClassifier.FORMAT, description, classifier.network.state_dict())
    assert FittedClassifier.load(tmp_path / "old.safetensors", CPU).arithmetic is None


def test_a_damaged_or_foreign_file_is_refused_by_name(tmp_path, classifier):
    path = tmp_path / "bent.safetensors"
    classifier.save(path)
    content = bytearray(path.read_bytes())
    with pytest.raises(InvalidArgument, match=r"bent\.safetensors is a model of another kind"):
        FittedModel.load(path, CPU)
    content[-100] ^= 1
    path.write_bytes(content)
    with pytest.raises(InvalidArgument, match=r"bent\.safetensors is damaged"):
        FittedClassifier.load(path, CPU)
    with pytest.raises(ModelNotFound, match="nowhere"):
        FittedClassifier.load(tmp_path / "nowhere.safetensors", CPU)
