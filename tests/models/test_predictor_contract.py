"""What every network that outlines objects promises (`models.predictor`). A new one joins by a line in PREDICTORS."""

import copy
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from maskloop.errors import Cancelled, InvalidArgument, InvalidLabel
from maskloop.values import Counts
from models.annotation.model import FittedModel
from models.annotation.network import build_network
from models.annotation.predict import statistics_width
from models.annotation.recipe import resolve
from models.bbam.model import FittedBbam
from models.bbam.model import build_network as box_network
from models.bbam.recipe import BbamRecipe
from models.class_maps.model import FittedClassMaps
from models.class_maps.networks import build_networks
from models.class_maps.recipe import ClassMapsRecipe
from models.classification.unet.network import build_unet
from models.data.samples import ImageToScore
from models.encoders.feature_store import NO_STORE
from models.encoders.names import PACKAGED, TIMM
from models.features.model import FittedOnFeatures, frozen_encoder
from models.features.recipe import PretrainedRecipe
from models.iou_head.calibrator import Calibrator
from models.iou_head.uncertainty import LARGEST, NAMES
from models.oeem.learn import segmentation_recipe
from models.oeem.model import FittedOeem
from models.oeem.recipe import OeemRecipe
from models.predictor import Prediction, Predictor
from models.pretrained.head import fit_head
from models.pretrained.model import FittedPretrained
from models.pretrained.train import build_network as initial_network
from models.proposals.from_maps import NAMES as OF_MAPS
from models.segmentation.network import build_segmentation
from models.thin.fit import thin_head
from models.thin.instances import InstanceRule
from models.thin.model import FittedDense
from models.thin.network import DenseNetwork
from models.unet_maps.model import FittedUnetMaps
from models.unet_maps.networks import UnetNetworks
from models.unet_maps.recipe import UnetMapsRecipe
from tests.models.foreign.made import small_maskrcnn

CPU = torch.device("cpu")
CATEGORIES = (3, 7)
COUNTS: list[dict[int, int]] = [{3: 1}, {3: 2, 7: 1}, {}, {7: 2}, {3: 3, 7: 3}]


def annotation_network(recipe: str, classes: str, encoder: str = "compact") -> FittedModel:
    """A small one with random weights, whose maps go up and down, and a head that uses every statistic."""
    tiny = resolve(recipe, encoder=encoder, image_size=32, hidden=16, steps=3, classes=classes, objectness=0.05)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(3)
        network = build_network(tiny, len(CATEGORIES)).eval()
        with torch.no_grad():
            for parameter in network.parameters():
                parameter.add_(0.1 * torch.randn_like(parameter))
    weights = np.random.default_rng(0).normal(scale=0.2, size=statistics_width(tiny, len(CATEGORIES)))
    return FittedModel(network, tiny, CATEGORIES, Calibrator("statistics", tuple(weights.tolist()), 0.4), 0, (), {})


def pretrained_network(classes: str, tile: int = 0) -> FittedPretrained:
    """A small one on a random encoder, whose maps go up and down."""
    tiny = PretrainedRecipe(
        weights="random", image_size=64, width=16, tower=8, region=4, threshold=0.001, most_objects=8, classes=classes
    )
    encoder = frozen_encoder(tiny, NO_STORE, CPU, tile)
    network = initial_network(encoder.channels, len(CATEGORIES), tiny, 3).eval()
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        torch.manual_seed(3)
        network.centre.bias.fill_(0)
        for parameter in network.parameters():
            parameter.add_(0.1 * torch.randn_like(parameter))
    return FittedPretrained(
        network, tiny, CATEGORIES, fit_head(None), 0, (), {}, channels=encoder.channels, encoder=encoder
    )


def tuned_network(make: Callable[[], FittedPretrained | FittedDense]) -> FittedPretrained | FittedDense:
    """One of these whose encoder has learnt, too: its weights are a little beside where they began."""
    model = make()
    encoder = copy.deepcopy(model.encoder.encoder)
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        torch.manual_seed(4)
        for parameter in encoder.parameters():
            parameter.mul_(1 + 0.1 * torch.randn_like(parameter))
    return replace(model, encoder=model.encoder.with_weights(encoder))


def dense_network(classes: str, tile: int = 0) -> FittedDense:
    """A small one on a random encoder, whose maps go up and down."""
    tiny = PretrainedRecipe(weights="random", masks="dense", image_size=64, classes=classes)
    encoder = frozen_encoder(tiny, NO_STORE, CPU, tile, fine=True)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(3)
        network = DenseNetwork(encoder.channels, len(CATEGORIES)).eval()
        with torch.no_grad():
            network.last.bias.fill_(0)
    return FittedDense(
        network,
        tiny,
        CATEGORIES,
        thin_head(None),
        0,
        (),
        {},
        channels=encoder.channels,
        encoder=encoder,
        rule=InstanceRule(0.5, 0, 3),
    )


def class_maps(**options: Any) -> FittedClassMaps:
    """A small classifier with random weights, every class of which is likely, and a head that uses every statistic."""
    recipe = ClassMapsRecipe(classifier="compact", side=48, threshold=0.4, least_share=0.0, sure=0.3, **options)
    network = build_networks(recipe, len(CATEGORIES), seed=3).eval()
    weights = np.random.default_rng(0).normal(scale=0.2, size=len(OF_MAPS))
    calibrator = Calibrator("statistics", tuple(weights.tolist()), 0.4)
    return FittedClassMaps(network, recipe, CATEGORIES, calibrator, 0, (), {}, threshold=0.4)


def of_boxes(**options: Any) -> FittedBbam:
    """A small detector with random weights, which draws masks or explains its boxes, and a head of every statistic."""
    sizes: dict[str, Any] = {"shortest": 32, "longest": 64, "width": 16, "head": 16, "anchor": 8}
    recipe = BbamRecipe(encoder="compact", weights="random", steps=1, threshold=0.36, **sizes, **options)
    network: Any = box_network(recipe, len(CATEGORIES), seed=3).eval()
    if recipe.student:
        with torch.no_grad():
            network.roi_heads.heads.mask_predictor.mask_fcn_logits.bias.fill_(0.1)
    weights = np.random.default_rng(0).normal(scale=0.2, size=len(OF_MAPS))
    calibrator = Calibrator("statistics", tuple(weights.tolist()), 0.4)
    return FittedBbam(network, recipe, CATEGORIES, calibrator, 0, (), {})


def by_patches(**options: Any) -> FittedOeem:
    """A small network of masks with random weights, whose maps go up and down, and a head that uses every statistic."""
    recipe = OeemRecipe(encoder="compact", weights="", width=8, side=32, input_side=32, least_share=0.0, **options)
    network = build_segmentation(segmentation_recipe(recipe, 32, 1), len(CATEGORIES) + recipe.ground, seed=3).eval()
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        torch.manual_seed(3)
        for parameter in network.head.parameters():
            parameter.add_(0.5 * torch.randn_like(parameter))
    weights = np.random.default_rng(0).normal(scale=0.2, size=len(OF_MAPS))
    calibrator = Calibrator("statistics", tuple(weights.tolist()), 0.4)
    return FittedOeem(network, recipe, CATEGORIES, calibrator, 0, (), {}, side=32, tile=32, threshold=0.3)


def of_clicks(**options: Any) -> FittedUnetMaps:
    """Small networks with random weights, whose categories are likely, and a head that uses every statistic."""
    recipe = UnetMapsRecipe(network="compact", crop=16, least_area=1, sure=0.3, **options)
    networks = UnetNetworks({key: build_unet(recipe.of_network(), 1, seed=key).eval() for key in CATEGORIES})
    with torch.no_grad():
        for category_id in CATEGORIES:
            networks.of(category_id).bias.fill_(0)
    weights = np.random.default_rng(0).normal(scale=0.2, size=len(OF_MAPS))
    calibrator = Calibrator("statistics", tuple(weights.tolist()), 0.4)
    return FittedUnetMaps(networks, recipe, CATEGORIES, calibrator, 0, (), {}, crop=16, threshold=0.6)


PREDICTORS: dict[str, Callable[[], Predictor]] = {
    "recurrent, count-conditioned": partial(annotation_network, "paper", "fed"),
    "recurrent, count-free": partial(annotation_network, "paper", "predicted"),
    "centre-guided, count-conditioned": partial(annotation_network, "compact", "fed"),
    "centre-guided, count-free": partial(annotation_network, "compact", "predicted"),
    "recurrent on timm's, count-conditioned": partial(annotation_network, "paper", "fed", f"{TIMM}{PACKAGED}"),
    "centre-guided on timm's, count-free": partial(annotation_network, "recurrent", "predicted", f"{TIMM}{PACKAGED}"),
    "on frozen features, count-conditioned": partial(pretrained_network, "fed"),
    "on frozen features, count-free": partial(pretrained_network, "predicted"),
    "dense, count-conditioned": partial(dense_network, "fed"),
    "dense, count-free": partial(dense_network, "predicted"),
    "with a tuned encoder, count-conditioned": partial(tuned_network, partial(pretrained_network, "fed")),
    "with a tuned encoder, count-free": partial(tuned_network, partial(pretrained_network, "predicted")),
    "dense with a tuned encoder, count-free": partial(tuned_network, partial(dense_network, "predicted")),
    "on windows, count-conditioned": partial(pretrained_network, "fed", 32),
    "on windows, count-free": partial(pretrained_network, "predicted", 32),
    "dense on windows, count-free": partial(dense_network, "predicted", 32),
    "class maps": class_maps,
    "class maps along edges": partial(class_maps, refine="crf"),
    "class maps walked to boundaries": partial(class_maps, refine="irn", split="displacement"),
    "of boxes": of_boxes,
    "of boxes, each explained": partial(of_boxes, student=False),
    "by patches' classes": by_patches,
    "by patches' classes, without a ground": partial(by_patches, ground=False, read_scales="three"),
    "of clicks": of_clicks,
    "of clicks, climbed": partial(of_clicks, steps=1),
    "Mask R-CNN, which is not ours": partial(small_maskrcnn, CATEGORIES),
}


@pytest.fixture(scope="module", params=PREDICTORS)
def predictor(request) -> Predictor:
    return PREDICTORS[request.param]()


def image(image_id: str, height: int, width: int, counts: dict[int, int] | None) -> ImageToScore:
    """Noise that follows from the size."""
    pixels = np.random.default_rng([height, width]).integers(0, 256, size=(height, width, 3), dtype=np.uint8)
    return ImageToScore(image_id, lambda: pixels, None if counts is None else Counts(counts))


@pytest.fixture(scope="module")
def pool() -> list[ImageToScore]:
    return [image(f"image-{place}", 30 + 7 * place, 50 - 5 * place, counts) for place, counts in enumerate(COUNTS)]


@pytest.fixture(scope="module")
def predictions(predictor, pool) -> dict[str, Prediction]:
    return by_id(predictor, pool)


def by_id(predictor: Predictor, images: list[ImageToScore], batch_size: int = 2) -> dict[str, Prediction]:
    made = list(predictor.predict(images, device=CPU, batch_size=batch_size))
    assert len(made) == len(images)
    return {prediction.image_id: prediction for prediction in made}


def networks(predictor: Predictor) -> list[nn.Module]:
    return [value for value in vars(predictor).values() if isinstance(value, nn.Module)]


def assert_same(first: Prediction, other: Prediction) -> None:
    """To the last bit."""
    assert first.proposals == other.proposals
    assert first.uncertainty == other.uncertainty
    for name in ("statistics", "reference_ious", "features"):
        np.testing.assert_array_equal(getattr(first, name), getattr(other, name))


def assert_close(first: Prediction, other: Prediction) -> None:
    """IoUs to a thousandth, one mask pixel in 200, features to a ten-thousandth of the largest."""
    for item, twin in zip(first.proposals.objects, other.proposals.objects, strict=True):
        assert item.category_id == twin.category_id
        assert item.predicted_iou == pytest.approx(twin.predicted_iou, abs=1e-3)
        assert item.confidence == pytest.approx(twin.confidence, abs=1e-3)
        assert (item.mask.to_array() != twin.mask.to_array()).mean() <= 0.005
    assert first.proposals.score == pytest.approx(other.proposals.score, abs=1e-3)
    assert dict(first.uncertainty) == pytest.approx(dict(other.uncertainty), abs=1e-3)
    assert np.abs(first.features - other.features).max() <= 1e-4 * np.abs(other.features).max()


def test_every_image_is_predicted_once(predictions, pool):
    assert set(predictions) == {item.image_id for item in pool}
    assert any(prediction.proposals.objects for prediction in predictions.values())


def test_masks_have_the_images_own_size_and_classes_are_of_the_vocabulary(predictor, predictions, pool):
    for item in pool:
        for proposal in predictions[item.image_id].proposals.objects:
            assert (proposal.mask.height, proposal.mask.width) == item.load().shape[:2]
            assert proposal.category_id in predictor.categories


def test_predicted_iou_confidence_and_score_are_in_range(predictor, predictions):
    for prediction in predictions.values():
        ious = [item.predicted_iou for item in prediction.proposals.objects]
        for value in (*ious, *(item.confidence for item in prediction.proposals.objects)):
            assert 0 <= value <= 1
        assert 0 <= prediction.proposals.score <= 1
        if ious:
            counts_missed = isinstance(
                predictor, FittedOnFeatures | FittedClassMaps | FittedBbam | FittedOeem | FittedUnetMaps
            )
            missed = prediction.proposals.not_decoded if counts_missed else 0
            assert prediction.proposals.score == pytest.approx(sum(ious) / (len(ious) + missed))


def test_the_head_has_a_row_of_finite_statistics_for_each_proposal(predictor, predictions):
    widths = set()
    for prediction in predictions.values():
        assert prediction.statistics.dtype == np.float64
        assert len(prediction.statistics) == len(prediction.proposals.objects)
        assert np.isfinite(prediction.statistics).all()
        assert (prediction.reference_ious is not None) == isinstance(predictor, FittedModel)  # the paper's head
        if prediction.reference_ious is not None:
            assert prediction.reference_ious.dtype == np.float64
            assert len(prediction.reference_ious) == len(prediction.proposals.objects)
            assert ((prediction.reference_ious >= 0) & (prediction.reference_ious <= 1)).all()
            whole = prediction.reference_ious.mean() if len(prediction.reference_ious) else prediction.proposals.score
            assert prediction.reference_score == pytest.approx(whole)
        else:
            assert prediction.reference_score is None
        widths.add(prediction.statistics.shape[1])
    assert len(widths) == 1


def test_features_are_float32_of_one_length(predictions):
    (shape,) = {prediction.features.shape for prediction in predictions.values()}
    assert len(shape) == 1
    assert all(prediction.features.dtype == np.float32 for prediction in predictions.values())
    assert all(np.isfinite(prediction.features).all() for prediction in predictions.values())


def test_uncertainty_has_its_names_and_ranges(predictions):
    for prediction in predictions.values():
        assert tuple(prediction.uncertainty) == NAMES
        assert all(0 <= prediction.uncertainty[name] <= most for name, most in zip(NAMES, LARGEST, strict=True))


def test_an_image_without_an_object_scores_one_if_counted_else_zero(predictor, predictions, pool):
    counted = {item.image_id: item.counts for item in pool if predictor.uses_counts}
    if predictor.uses_counts:
        assert predictions["image-2"].proposals.objects == ()
    for image_id, prediction in predictions.items():
        if not prediction.proposals.objects:
            empty = image_id in counted and not counted[image_id].objects
            assert prediction.proposals.score == (1 if empty else 0)
            assert list(prediction.uncertainty.values()) == ([0] * len(NAMES) if empty else list(LARGEST))


def test_counted_objects_are_outlined_or_reported_as_not_decoded(predictor, predictions, pool):
    for item in pool:
        proposals = predictions[item.image_id].proposals
        if predictor.uses_counts:
            assert len(proposals.objects) + proposals.not_decoded == item.counts.objects
        else:
            assert proposals.not_decoded == 0


def test_predicting_again_gives_the_same_to_the_last_bit(predictor, predictions, pool):
    for image_id, prediction in by_id(predictor, pool).items():
        assert_same(prediction, predictions[image_id])


@pytest.mark.parametrize("batch_size", [1, 5])
def test_neither_order_nor_batch_size_change_a_prediction(predictor, predictions, pool, batch_size):
    for image_id, prediction in by_id(predictor, pool[::-1], batch_size).items():
        assert_close(prediction, predictions[image_id])


@pytest.mark.parametrize(("height", "width"), [(1, 40), (40, 1), (1, 1)])
def test_pictures_a_pixel_high_or_wide_are_predicted(predictor, height, width):
    (prediction,) = predictor.predict([image("thin", height, width, {3: 1, 7: 1})], device=CPU, batch_size=2)
    for proposal in prediction.proposals.objects:
        assert proposal.mask.to_array().shape == (height, width)
        assert proposal.mask.area or not isinstance(predictor, FittedOnFeatures)


def test_no_image_is_no_work(predictor):
    assert list(predictor.predict([], device=CPU, batch_size=2)) == []


@pytest.mark.parametrize("batch_size", [0, -1])
def test_a_batch_without_an_image_is_refused(predictor, pool, batch_size):
    with pytest.raises(InvalidArgument, match="1 is the least"):
        next(predictor.predict(pool, device=CPU, batch_size=batch_size))


def test_an_image_that_was_not_counted_is_refused_where_counts_are_needed(predictor, pool):
    uncounted = [*pool, image("uncounted", 20, 20, None)]
    if predictor.needs_counts:
        with pytest.raises(InvalidArgument, match="uncounted"):
            next(predictor.predict(uncounted, device=CPU, batch_size=2))
    else:
        assert "uncounted" in by_id(predictor, uncounted)


def test_a_foreign_category_is_refused_where_counts_are_used(predictor):
    strange = [image("strange", 20, 20, {5: 1})]
    if predictor.uses_counts:
        with pytest.raises(InvalidLabel, match="5"):
            list(predictor.predict(strange, device=CPU, batch_size=2))
    else:
        assert by_id(predictor, strange)


def test_counts_change_nothing_where_they_are_not_used(predictor, predictions, pool):
    if not predictor.uses_counts:
        plain = [ImageToScore(item.image_id, item.load) for item in pool]
        for image_id, prediction in by_id(predictor, plain, batch_size=5).items():
            assert_close(prediction, predictions[image_id])


def test_an_id_that_comes_twice_is_refused_before_any_work(predictor, pool):
    with pytest.raises(InvalidArgument, match="image-1 comes twice"):
        next(predictor.predict([*pool, pool[1]], device=CPU, batch_size=2))


def test_the_networks_mode_its_weights_and_random_numbers_elsewhere_stay(predictor, predictions, pool):
    assert networks(predictor)
    for network in networks(predictor):
        network.train()
        next(network.children()).eval()
    modes = [module.training for network in networks(predictor) for module in network.modules()]
    before = [value.clone() for network in networks(predictor) for value in network.state_dict().values()]
    state, numpy_state = torch.get_rng_state(), np.random.get_state(legacy=False)["state"]["key"].copy()
    try:
        made = by_id(predictor, pool)
        assert modes == [module.training for network in networks(predictor) for module in network.modules()]
    finally:
        for network in networks(predictor):
            network.eval()
    after = [value for network in networks(predictor) for value in network.state_dict().values()]
    assert all(torch.equal(value, other) for value, other in zip(before, after, strict=True))
    assert torch.equal(torch.get_rng_state(), state)
    assert (np.random.get_state(legacy=False)["state"]["key"] == numpy_state).all()
    for image_id, prediction in made.items():
        assert_same(prediction, predictions[image_id])


def test_progress_is_told_after_every_image_and_may_stop_the_work(predictor, pool):
    shares: list[float] = []
    list(predictor.predict(pool, device=CPU, batch_size=2, progress=lambda share, _: shares.append(share)))
    assert shares == pytest.approx([0.2, 0.4, 0.6, 0.8, 1.0])

    def cancel(*_: object) -> None:
        raise Cancelled("enough")

    with pytest.raises(Cancelled):
        list(predictor.predict(pool, device=CPU, batch_size=2, progress=cancel))
