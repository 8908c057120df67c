"""Dense heads on frozen features: they learn cracks that regions are blind to, and keep the promises of every fit."""

import numpy as np
import pytest

from maskloop.errors import Cancelled
from maskloop.values import Split
from models.annotation.evaluate import evaluate
from models.data.samples import ImageToScore
from models.encoders.feature_store import FeatureStore
from models.features.recipe import PretrainedRecipe
from models.kinds.load import load_model
from models.pretrained.model import FittedPretrained
from models.thin.fit import suits
from models.thin.model import FittedDense
from tests.models.fits import CPU, file_of, fitted, silent
from tests.models.pretrained.discs import disc_picture
from tests.models.thin.cracks import crack_picture

pytestmark = pytest.mark.slow

SMALL = PretrainedRecipe(image_size=64, views=2, min_iterations=4, max_iterations=4, checkpoint_every=4)
LEARNT = PretrainedRecipe(image_size=96, views=3, min_iterations=32, max_iterations=32)


def trained(examples, recipe=SMALL, categories=(1,), **more):
    return fitted(examples, recipe, categories=categories, **more)


@pytest.fixture(scope="module")
def pictures():
    return [crack_picture(seed, cracks=1 + seed % 2) for seed in range(12)]


@pytest.fixture(scope="module")
def learnt(pictures) -> FittedDense:
    return trained(pictures[:6], LEARNT)


def test_the_labels_choose_the_kind_of_network(pictures):
    assert suits(pictures, PretrainedRecipe())
    assert not suits([disc_picture(seed) for seed in range(4)], PretrainedRecipe())
    assert suits([disc_picture(0)], PretrainedRecipe(masks="dense"))
    assert not suits(pictures, PretrainedRecipe(masks="regions"))
    assert isinstance(trained(pictures[:2]), FittedDense)
    assert isinstance(
        trained([disc_picture(0)], categories=(1, 2)),
        FittedPretrained,
    )


def test_six_labels_teach_to_find_cracks_that_no_training_saw(learnt, pictures):
    measured = evaluate(learnt, pictures[6:], Split.TEST, device=CPU, progress=silent)
    assert measured.mean_iou >= 0.5
    assert measured.ap50 >= 0.5
    assert measured.metrics["length_found"] >= 0.8
    assert 0.5 <= measured.metrics["cl_dice"] <= 1
    assert 0.5 <= measured.metrics["boundary_f1"] <= 1


def test_a_model_comes_back_from_its_file_with_its_rule(learnt, pictures, tmp_path):
    written = file_of(learnt, tmp_path)
    read = load_model(tmp_path / "model.safetensors", CPU)
    assert isinstance(read, FittedDense)
    assert read.rule == learnt.rule
    assert (read.recipe.masks, read.recipe.image_size) == ("dense", 160)
    images = [ImageToScore.of(example, counted=False) for example in pictures[6:9]]
    for made, other in zip(*(model.predict(images, device=CPU, batch_size=2) for model in (learnt, read)), strict=True):
        assert made.proposals == other.proposals
    assert file_of(read, tmp_path) == written


def test_a_fit_repeats_itself_with_kept_features_and_after_a_kill(pictures, tmp_path):
    whole = file_of(trained(pictures[:3]), tmp_path)
    store = FeatureStore(tmp_path / "features", 1 << 28)
    assert file_of(trained(pictures[2::-1], store=store), tmp_path) == whole
    told: list[str] = []

    def killed(share: float, message: str) -> None:
        told.append(message)
        if "iteration 6 " in message:
            raise Cancelled("killed")

    with pytest.raises(Cancelled):
        trained(pictures[:3], checkpoint_dir=tmp_path / "fit", progress=killed, store=store)
    assert file_of(trained(pictures[:3], checkpoint_dir=tmp_path / "fit", store=store), tmp_path) == whole


def test_labels_bought_later_are_the_heads_evidence(learnt, pictures):
    second = trained(pictures[:9], previous=learnt)
    assert set(second.evidence.image_ids) <= {item.image_id for item in pictures[6:9]}
    assert second.metrics["held_out_images"] == second.evidence.images > 0
    again = trained(pictures[:9], previous=second)
    np.testing.assert_array_equal(again.evidence.ious, second.evidence.ious)


def test_a_model_of_the_other_kind_gives_no_evidence(pictures):
    regions = trained(
        pictures[:2], PretrainedRecipe(masks="regions", image_size=64, views=2, min_iterations=4, max_iterations=4)
    )
    assert trained(pictures[:4], previous=regions).evidence is None
