"""Crowds, regions of many objects that nobody told apart: nothing is learnt from their pixels, in any recipe."""

from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest
import torch

from maskloop.masks import Mask
from maskloop.values import Counts, ObjectLabel
from models.annotation.batches import TrainingSet, draw_batch
from models.annotation.calibration_data import calibration_set_from_images, calibration_set_from_views
from models.annotation.fit import fit
from models.annotation.losses import centre_loss, objectness_loss, semantic_loss
from models.annotation.network import build_network
from models.annotation.recipe import resolve
from models.annotation.train import segmentation_loss
from models.data.samples import Example, ImageToScore, LargeExample, prepare
from models.data.windows import Window, cut
from models.encoders.feature_store import NO_STORE
from models.features.learnt import TrainingSet as LearntFrom
from models.features.learnt import gather
from models.features.model import frozen_encoder
from models.features.recipe import PretrainedRecipe
from models.features.tiles import training_tiles
from models.iou_head.calibrator import Exposure
from models.pretrained import losses
from models.pretrained.model import FittedPretrained
from models.pretrained.train import PyramidTraining
from models.pretrained.train import build_network as build_pyramid
from models.thin.model import FittedDense
from models.thin.network import DenseNetwork
from models.thin.train import DenseTraining
from tests.models.pretrained.discs import disc_picture

CPU = torch.device("cpu")
CATEGORIES = (3, 7)
RIGHT_LOWER = np.s_[18:30, 16:31]


def region(side: int = 32, where: tuple[slice, slice] = RIGHT_LOWER) -> Mask:
    pixels = np.zeros((side, side), dtype=np.bool_)
    pixels[where] = True
    return Mask.from_array(pixels)


def crowded(example: Example, *crowds: ObjectLabel) -> Example:
    return Example(example.image_id, example.pixels, (*example.objects, *crowds))


def scene(*crowds: ObjectLabel) -> Example:
    """Two objects in the upper half, and crowds."""
    pixels = np.random.default_rng(0).integers(0, 60, size=(32, 32, 3), dtype=np.uint8)
    tall, wide = region(where=np.s_[2:14, 3:9]), region(where=np.s_[4:10, 14:28])
    return Example("a", pixels, (ObjectLabel(3, tall), ObjectLabel(7, wide), *crowds))


CROWD = ObjectLabel(7, region(), crowd=True)


def test_crowds_are_put_aside_whoever_hands_them_in():
    example = scene(CROWD)
    large = LargeExample("a", example.size, lambda: example.pixels, example.labels)
    for one in (example, large, replace(example)):
        assert (len(one.objects), one.crowds) == (2, (CROWD,))
        assert one.labels == (*one.objects, CROWD)
    assert ImageToScore.of(example).counts == Counts({3: 1, 7: 1})


def test_windows_cut_crowds_as_they_cut_objects():
    seen = cut(scene(CROWD), Window(16, 16, 16, 16))
    assert seen.objects == ()
    assert seen.crowds == (ObjectLabel(7, CROWD.mask.crop(16, 16, 16, 16), crowd=True),)
    (whole,) = training_tiles(scene(CROWD), 0, 32)
    assert whole.crowds == (CROWD,)


def test_pixels_of_crowds_are_ignored_but_not_those_of_an_object_among_them():
    over = ObjectLabel(3, region(where=np.s_[0:12, 0:32]), crowd=True)
    prepared = prepare(scene(CROWD, over), CATEGORIES, 32, 20)
    outlined = prepared.masks.any(axis=0)
    expected = (CROWD.mask.to_array() | over.mask.to_array()) & ~outlined
    assert np.array_equal(prepared.ignored, expected)
    assert len(prepared.classes) == 2
    assert prepare(scene(), CATEGORIES, 32, 20).ignored is None


ANNOTATION: dict[str, dict[str, Any]] = {
    "compact": {},
    "paper": {},
    "recurrent": {"weights": "random"},
    "paper, count-free": {"classes": "predicted", "class_from": 0.0, "stop_from": 0.0},
    "compact, joint": {"iou_training": "joint"},
}


TINY: dict[str, Any] = {
    "encoder": "compact",
    "image_size": 32,
    "hidden": 16,
    "batch": 2,
    "iterations": 4,
    "iou_epochs": 1,
}


def tiny(name: str):
    return resolve(name.partition(",")[0], **(TINY | {"augment": "none"} | ANNOTATION[name]))


def disturb(values: torch.Tensor, inside: torch.Tensor) -> torch.Tensor:
    """Other numbers on the pixels (S, S), or on the cells that hold one of them."""
    step = len(inside) // values.shape[-1]
    cells = inside.reshape(values.shape[-1], step, -1, step).any(dim=3).any(dim=1)
    return torch.where(cells, 5 * torch.randn_like(values), values)


@pytest.mark.parametrize("name", ANNOTATION)
def test_what_a_recurrent_network_draws_on_a_crowd_changes_no_loss(name: str):
    recipe = tiny(name)

    def loss_of(example: Example, disturbed: Mask | None = None) -> float:
        torch.manual_seed(0)
        network = build_network(recipe, 2)

        def draw_otherwise(_module, _inputs, decoded):
            if disturbed is None:
                return decoded
            inside = torch.from_numpy(disturbed.to_array())
            decoded = replace(decoded, logits=disturb(decoded.logits, inside))
            if not decoded.dense:
                return decoded
            maps = {part: disturb(getattr(decoded.dense, part), inside) for part in ("semantic", "centres")}
            return replace(decoded, dense=replace(decoded.dense, **maps))

        network.register_forward_hook(draw_otherwise)
        data = TrainingSet([prepare(example, CATEGORIES, 32, 20)])
        return segmentation_loss(network, draw_batch(data, recipe, 0, 0, CPU), recipe).item()

    loss = loss_of(scene(CROWD))
    assert loss_of(scene(CROWD), CROWD.mask) == loss
    assert loss_of(scene(CROWD), region(where=np.s_[0:8, 0:32])) != loss
    parts = [replace(CROWD, mask=region(where=rows)) for rows in (np.s_[18:24, 16:31], np.s_[23:30, 16:31])]
    assert loss_of(scene(replace(CROWD, category_id=3))) == loss == loss_of(scene(*parts))
    assert len({loss, loss_of(scene()), loss_of(scene(replace(CROWD, crowd=False)))}) == 3


def test_a_head_learns_nothing_from_masks_on_a_crowd(scenes):
    """A network that draws everything on every step, on images that are crowds all over."""
    recipe = resolve("compact", **TINY)
    whole = Mask.from_array(np.ones((32, 32), dtype=np.bool_))
    plain = scenes(8)
    told = [crowded(example, *(ObjectLabel(key, whole, crowd=True) for key in CATEGORIES)) for example in plain]
    torch.manual_seed(0)
    network = build_network(recipe, 2).eval()
    network.register_forward_hook(lambda _module, _inputs, decoded: replace(decoded, logits=decoded.logits + 50))
    rows = {}
    for name, examples in {"plain": plain, "told": told}.items():
        views = calibration_set_from_views(network, CATEGORIES, recipe, examples, seed=0, device=CPU)
        where: dict[str, Any] = {"exposure": Exposure.TRAIN, "device": CPU}
        rows[name] = [views, calibration_set_from_images(network, CATEGORIES, recipe, examples, **where)]
    for before, after in zip(rows["plain"], rows["told"], strict=True):
        assert len(before.ious) >= sum(len(example.objects) for example in plain)
        assert len(after.ious) < len(before.ious)
        assert len(after.ious) == len(after.statistics) == len(after.image_ids) == len(after.exposure)
    assert (rows["told"][1].ious > 0.5).all()  # what is left of the images as they are has found an object
    fitted = fit(told, CATEGORIES, recipe, seed=0, device=CPU, checkpoint_dir=None, progress=lambda *_: None)
    assert fitted.snapshot == tuple(example.image_id for example in told)


def test_a_random_view_moves_the_crowd_with_the_picture():
    recipe = replace(tiny("compact"), augment="affine")
    white = np.where(CROWD.mask.to_array()[..., None], 255, 0).astype(np.uint8).repeat(3, axis=2)
    data = TrainingSet([prepare(Example("a", white, (CROWD,)), CATEGORIES, 32, 20)])
    batch = draw_batch(data, recipe, 0, 1, CPU)
    bright = batch.images[0, 0] > batch.images[0, 0].mean()
    assert (bright == batch.ignored[0]).float().mean() > 0.9
    assert not torch.equal(batch.ignored[0], torch.from_numpy(CROWD.mask.to_array()))


def test_nobody_knows_whether_there_is_one_more_object_in_a_crowd():
    logits, objects = torch.tensor([[2.0, -1.0, 3.0], [2.0, -1.0, 3.0]]), torch.tensor([1, 1])
    crowded = torch.tensor([True, False])
    first = np.log1p(np.exp(-2.0))  # a step with an object; after it, log(1 + e^-1) where nothing follows
    assert objectness_loss(logits, objects, crowded).item() == pytest.approx(
        0.5 * (2 * first + np.log1p(np.exp(-1.0))) / 3
    )
    assert objectness_loss(logits, torch.zeros(2, dtype=torch.int64), torch.tensor([True, True])) == 0


@pytest.mark.parametrize("loss", [semantic_loss, centre_loss])
def test_dense_losses_are_those_of_the_known_cells_alone(loss):
    logits, targets = torch.randn(2, 3, 4, 4), torch.rand(2, 3, 4, 4)
    targets[:, 0, 0, 0] = 1.0
    known = torch.ones(2, 4, 4, dtype=torch.bool)
    assert loss(logits, targets, known) == pytest.approx(loss(logits, targets).item())
    known[:, 2:] = False
    assert loss(logits, targets, known) == pytest.approx(loss(logits[:, :, :2], targets[:, :, :2]).item())


def test_a_regions_mask_loss_is_that_of_the_cells_outside_the_crowd():
    logits, targets = torch.randn(3, 8, 8, requires_grad=True), torch.rand(3, 8, 8)
    ignored = torch.zeros(3, 8, 8, dtype=torch.bool)
    assert losses.mask_loss(logits, targets, ignored).item() == pytest.approx(losses.mask_loss(logits, targets).item())
    ignored[:, :, 5:] = True
    loss = losses.mask_loss(logits, targets, ignored)
    assert loss.item() == pytest.approx(losses.mask_loss(logits[..., :5], targets[..., :5]).item())
    assert torch.equal(losses.mask_loss(logits, targets.masked_fill(ignored, 0.7), ignored), loss)
    loss.backward()
    assert not logits.grad[ignored].any()
    assert logits.grad[~ignored].all()


SMALL = PretrainedRecipe(image_size=96, width=16, tower=16, region=8, views=1, batch=1)
DISC_CROWD = ObjectLabel(2, region(96, np.s_[60:90, 40:80]), crowd=True)


@cache
def encoder_of(image_size: int, *, fine: bool):
    return frozen_encoder(replace(SMALL, image_size=image_size), NO_STORE, CPU, 0, fine=fine)


def learning(kind: str, example: Example, **options):
    """A training on one picture, with initial weights."""
    recipe = replace(SMALL, **options)
    if kind == "dense":
        recipe = replace(recipe, image_size=64).as_dense()  # no larger than one of its windows
    encoder = encoder_of(recipe.image_size, fine=kind == "dense")
    more: dict[str, Any] = {"previous": None, "progress": lambda *_: None}
    fitted = FittedDense if kind == "dense" else FittedPretrained
    learnt = gather(LearntFrom([example], (1, 2), (), ()), recipe, encoder, kind=fitted, **more)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        network: Any = DenseNetwork(encoder.channels, 2)
    if kind == "regions":
        network = build_pyramid(encoder.channels, 2, recipe, 0)
    network.standardise(*learnt.statistics())
    training: Any = DenseTraining if kind == "dense" else PyramidTraining
    return training.of(network, learnt.drawn, 2, recipe), learnt


@pytest.mark.parametrize("kind", ["dense", "regions"])
def test_what_a_network_on_frozen_features_draws_on_a_crowd_changes_no_loss(kind: str):
    plain = disc_picture(3)

    def loss_of(example: Example, disturbed: np.ndarray | None = None) -> float:
        task, _ = learning(kind, example)

        def draw_otherwise(_module, _inputs, made):
            if disturbed is None:
                return made
            inside = torch.from_numpy(disturbed)
            if kind == "dense":
                return disturb(made, inside)
            maps = {part: disturb(getattr(made, part), inside) for part in ("semantic", "centres", "boxes")}
            return replace(made, **maps)

        task.network.register_forward_hook(draw_otherwise)
        batch = task.batch(0, 0)
        if kind == "regions":  # whose masks see what the maps say
            batch = replace(batch, objects=batch.objects.of(batch.objects.images < 0))
        return task.loss(batch, 0.0).item()

    ((view,),) = learning(kind, crowded(plain, DISC_CROWD))[1].labels["discs-003"]
    loss = loss_of(crowded(plain, DISC_CROWD))
    assert loss_of(crowded(plain, DISC_CROWD), view.crowded()) == loss
    assert loss_of(crowded(plain, DISC_CROWD), view.solid().any(axis=0)) != loss
    assert loss_of(crowded(plain, replace(DISC_CROWD, category_id=1))) == loss
    assert len({loss, loss_of(plain), loss_of(crowded(plain, replace(DISC_CROWD, crowd=False)))}) == 3


def test_views_show_the_crowd_where_the_picture_shows_it():
    task, learnt = learning("regions", crowded(disc_picture(3), DISC_CROWD), views=3)
    ((first, mirrored, turned),) = learnt.labels["discs-003"]
    inside = DISC_CROWD.mask.to_array() & ~first.solid().any(axis=0)
    assert np.array_equal(first.crowded(), inside)
    assert np.array_equal(mirrored.crowded(), inside[:, ::-1])
    assert turned.crowded().any()
    for view in (first, mirrored, turned):
        cells = view.crowded().reshape(24, 4, 24, 4).any(axis=(1, 3))
        assert not (cells & view.known).any()
    assert {f"0 0 {view} ignored" for view in range(3)} <= task.inputs().data.keys()


def test_masks_of_objects_are_learnt_outside_the_crowd_alone():
    task, _ = learning("regions", crowded(disc_picture(3), DISC_CROWD), objects=4)
    batch = task.batch(0, 0)
    assert torch.equal(batch.objects.crowded[0, 0] > 0, torch.from_numpy(crowd_of(task)))
    nowhere = replace(batch, objects=replace(batch.objects, crowded=None))
    assert task.loss(batch, 0.0) != task.loss(nowhere, 0.0)


def crowd_of(task: PyramidTraining) -> np.ndarray:
    ((view,),) = task.labels
    return view.crowded()
