"""Trainings of detectors: to the same bits after a stop, in a file and back, and of masks known in part."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from maskloop.errors import Cancelled, InvalidArgument, InvalidConfig, InvalidLabel
from maskloop.masks import Mask
from maskloop.values import ObjectLabel
from models.boxes.boxed import BoxedImage, BoxMask, MaskedImage, box_ious
from models.boxes.detector import FittedDetector, scaled_boxes, train_detector
from models.boxes.mask_rcnn import build_mask_rcnn, train_mask_rcnn
from models.boxes.rcnn_task import RcnnTask, build_faster_rcnn, loop_settings, mirrored
from models.boxes.recipe import DetectorRecipe, MaskRecipe
from models.data.samples import Example
from models.training.loop import learning_rate_share, run
from tests.models.boxes.toys import CATEGORIES, CPU, DETECTOR, MASKS, masked, pictures

QUIET: dict[str, Any] = {"progress": lambda *_: None, "resume_path": None}
PACKAGED: dict[str, Any] = {"encoder": "timm:tf_efficientnet_lite0", "weights": "package", "warmup": 5, "batch": 4}


def trained(images=None, recipe=DETECTOR, **options):
    return train_detector(images or pictures(4), CATEGORIES, recipe, device=CPU, **{**QUIET, "seed": 1, **options})


def trained_masks(recipe=MASKS, items=None, **options):
    made = items or [masked(image) for image in pictures(4)]
    return train_mask_rcnn(made, CATEGORIES, recipe, device=CPU, **{**QUIET, "seed": 1, **options})


def same(one: torch.nn.Module, other: torch.nn.Module) -> bool:
    return all(torch.equal(a, b) for a, b in zip(one.state_dict().values(), other.state_dict().values(), strict=True))


def stop(share: float, _: str) -> None:
    if share > 0.6:
        raise Cancelled("enough")


@pytest.mark.parametrize("train", [trained, trained_masks])
@pytest.mark.parametrize("optimiser", ["adamw", "sgd"])
def test_a_training_that_is_stopped_goes_on_to_the_same_bits(tmp_path, train, optimiser):
    recipe = replace(DETECTOR if train is trained else MASKS, optimiser=optimiser, smallest=48)
    path = tmp_path / "training.pt"
    with pytest.raises(Cancelled):
        train(recipe=recipe, resume_path=path, progress=stop)
    begun = torch.load(path, weights_only=True)["iteration"]
    assert 0 < begun < recipe.iterations
    torch.manual_seed(5)  # torch's own generator has no say
    whole, resumed = train(recipe=recipe), train(recipe=recipe, resume_path=path)
    assert same(whole.network, resumed.network)


def test_order_and_torchs_generator_have_no_influence_and_the_seed_has():
    images = pictures(4)
    torch.manual_seed(0)
    first = trained(images)
    state = torch.random.get_rng_state()
    turned, other = trained(images[::-1]), trained(images, seed=2)
    assert torch.equal(state, torch.random.get_rng_state())
    assert same(first.network, turned.network)
    assert not same(first.network, other.network)


def test_a_detector_comes_back_from_its_file(tmp_path):
    fitted = trained()
    fitted.save(tmp_path / "detector")
    read = FittedDetector.load(tmp_path / "detector", CPU)
    assert same(fitted.network, read.network)
    assert (read.recipe, read.categories, read.seed, read.snapshot) == (DETECTOR, CATEGORIES, 1, fitted.snapshot)
    image = pictures(1)[0]
    ours, theirs = fitted.detect(image), read.detect(image)
    assert np.array_equal(ours.boxes, theirs.boxes)
    assert np.array_equal(ours.scores, theirs.scores)
    assert ours.classes == theirs.classes
    (tmp_path / "detector").write_bytes(b"?")
    with pytest.raises(InvalidArgument):
        FittedDetector.load(tmp_path / "detector", CPU)


@pytest.fixture(scope="module")
def taught() -> FittedDetector:
    return trained(pictures(10), replace(DETECTOR, **PACKAGED, iterations=120, width=32, head=64, rate=2e-3))


@pytest.mark.slow
def test_a_detector_learns_to_find_objects(taught):
    best = []
    for image in pictures(4, seed=9):
        found = taught.detect(image)
        for box, index in zip(image.boxes, image.classes, strict=True):
            right = torch.from_numpy(found.boxes[np.array(found.classes) == index])
            best.append(max(box_ious(right, torch.from_numpy(box)).tolist(), default=0.0))
    assert np.mean(best) > 0.6


@pytest.mark.slow
def test_a_mask_rcnn_goes_on_from_a_detector_and_outlines_objects(taught):
    recipe = MaskRecipe(**{**taught.recipe.to_dict(), "iterations": 60})
    begun = build_mask_rcnn(recipe, 2, weights="package", seed=0, start=taught)
    weights = taught.network.state_dict()["backbone.encoder.trunk.conv_stem.weight"]
    assert torch.equal(begun.state_dict()["backbone.encoder.trunk.conv_stem.weight"], weights)
    model = trained_masks(recipe, [masked(image) for image in pictures(6)], start=taught)
    ious = []
    for image in pictures(4, seed=9):
        made = model.propose(image)
        assert [each.predicted_iou for each in made] == sorted((each.predicted_iou for each in made), reverse=True)
        for box, index in zip(image.boxes.astype(int), image.classes, strict=True):
            true = np.zeros(image.size, dtype=bool)
            true[box[1] : box[3], box[0] : box[2]] = True
            right = [each.mask for each in made if each.category_id == CATEGORIES[index]]
            ious.append(max((mask.iou(Mask.from_array(true)) for mask in right), default=0.0))
    assert np.mean(ious) > 0.5
    with pytest.raises(InvalidArgument):
        trained_masks(MASKS, start=taught)


def loss_of(task: RcnnTask) -> torch.Tensor:
    return task.loss(task.batch(0, 0), 0.0)


def test_what_is_not_known_of_a_mask_is_not_learnt_from():
    recipe, items = replace(MASKS, grow=False, flip=False), [masked(image) for image in pictures(2)]
    network: Any = build_mask_rcnn(recipe, 2, weights="random", seed=0)
    half = [
        MaskedImage(item.image, tuple(BoxMask(mask.tight, np.ones_like(mask.loose)) for mask in item.masks))
        for item in items
    ]
    plain, other = (loss_of(RcnnTask.of(network, made, 2, recipe)) for made in (items, half))
    assert plain != other
    network.zero_grad()
    torch.autograd.backward(other)  # ground is nowhere, so masks teach nothing
    assert not network.roi_heads.heads.mask_head[0][0].weight.grad.any()
    torch.autograd.backward(loss_of(RcnnTask.of(network, items, 2, recipe)))
    assert network.roi_heads.heads.mask_head[0][0].weight.grad.any()


def test_growing_comes_to_another_training():
    options: dict[str, Any] = {"sure_of_object": 0.5, "sure_of_ground": 0.4}
    grown = trained_masks(replace(MASKS, **options))
    assert not same(grown.network, trained_masks(replace(MASKS, grow=False, **options)).network)


def test_an_encoder_without_a_rate_stays_as_it_was():
    recipe = replace(DETECTOR, encoder_factor=0.0)
    before: Any = build_faster_rcnn(recipe, 2, weights="random", seed=1)
    after: Any = trained(recipe=recipe).network
    assert same(before.backbone.encoder, after.backbone.encoder)
    assert not same(before.roi_heads, after.roi_heads)


def test_images_without_boxes_teach_that_nothing_is_there():
    empty = BoxedImage("nothing", pictures(1)[0].pixels, np.zeros((0, 4), dtype=np.float32), ())
    task = RcnnTask.of(build_faster_rcnn(DETECTOR, 2, weights="random", seed=0), [empty, *pictures(1)], 2, DETECTOR)
    assert torch.isfinite(run(task, 2, 0, cache=None, **QUIET).state_dict()["rpn.head.cls_logits.bias"]).all()


@pytest.mark.parametrize("flip", [False, True])
def test_images_are_mirrored_at_random_where_they_may_be(flip):
    (image,) = pictures(1)
    task = RcnnTask.of(
        build_faster_rcnn(DETECTOR, 2, weights="random", seed=0), [image], 2, replace(DETECTOR, flip=flip)
    )
    shown = [pixels for iteration in range(8) for pixels in task.batch(0, iteration).images]
    as_it_lies = [torch.equal(pixels, image.tensor(CPU)) for pixels in shown]
    assert any(as_it_lies)
    assert all(as_it_lies) != flip


def test_boxes_in_another_size():
    boxes = np.array([[1, 2, 3, 4]], dtype=np.float32)
    assert scaled_boxes(boxes, (10, 20), (30, 40)).tolist() == [[2, 6, 6, 12]]


def test_mirroring():
    pixels, masks = torch.arange(12.0).view(1, 2, 6), torch.zeros(2, 2, 6, dtype=torch.uint8)
    masks[:, :, 1:3] = 1
    target = {"boxes": torch.tensor([[1.0, 0.0, 3.0, 2.0]]), "labels": torch.tensor([1]), "masks": masks}
    turned, made = mirrored(pixels, target)
    assert turned[0, 0].tolist() == [5, 4, 3, 2, 1, 0]
    assert made["boxes"].tolist() == [[3, 0, 5, 2]]
    assert made["masks"][0, 0].tolist() == [0, 0, 0, 1, 1, 0]
    assert target["boxes"][0, 0] == 1


def test_boxes_of_outlined_images():
    array = np.zeros((10, 12), dtype=bool)
    array[2:5, 3:9] = True
    objects = (ObjectLabel(8, Mask.from_array(array)), ObjectLabel(3, Mask.from_array(array), crowd=True))
    example = Example("a", np.zeros((10, 12, 3), dtype=np.uint8), objects)
    made = BoxedImage.of(example, CATEGORIES)
    assert made.boxes.tolist() == [[3, 2, 9, 5]]
    assert made.classes == (1,)
    with pytest.raises(InvalidLabel):
        BoxedImage.of(example, (3,))


def test_what_cannot_be_trained_on_is_refused():
    image = pictures(1)[0]
    with pytest.raises(InvalidArgument, match="twice"):
        trained([image, image])
    with pytest.raises(InvalidArgument, match="no box"):
        trained([BoxedImage("a", image.pixels, np.zeros((0, 4), dtype=np.float32), ())])
    with pytest.raises(InvalidArgument, match="class 2"):
        trained([replace(image, classes=(2,))])
    with pytest.raises(InvalidArgument):
        replace(image, boxes=image.boxes + 100)
    with pytest.raises(InvalidArgument):
        replace(image, classes=(0, 1))
    with pytest.raises(InvalidArgument):
        MaskedImage(image, ())


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"shortest": 500}, "shortest"),
        ({"optimiser": "adam"}, "optimiser"),
        ({"encoder": "resnet"}, "encoder"),
        ({"drop": 0.9, "second_drop": 0.5}, "drop"),
        ({"sure_of_ground": 0.95}, "sure_of_ground"),
    ],
)
def test_impossible_options_are_refused_by_name(options, field):
    with pytest.raises(InvalidConfig) as refused:
        MaskRecipe(**options)
    assert refused.value.field == field


def test_the_authors_rates():
    box, mask = loop_settings(DetectorRecipe.official()), loop_settings(MaskRecipe.official())

    def shares(settings, iterations, places):
        return [learning_rate_share(k, iterations, 0, settings.decay, settings.drops) for k in places]

    assert shares(box, 18000, (0, 11999, 12000, 15999, 16000, 17999)) == pytest.approx([1, 1, 0.1, 0.1, 0.01, 0.01])
    assert shares(mask, 20000, (0, 15999, 16000, 19999)) == pytest.approx([1, 1, 0.1, 0.1])
    assert DetectorRecipe.official().sides == (*range(480, 800, 32), 800)
    assert MaskRecipe.official().sides == (416, 448, 480, 512)
    assert DetectorRecipe().sides == (192,)
