import numpy as np
import pytest
import torch

from maskloop.masks import Mask
from maskloop.values import ObjectLabel
from models.annotation.batches import TrainingSet, draw_batch
from models.annotation.recipe import resolve
from models.data.augmentation import augment
from models.data.samples import Example, image_tensor, normalise, prepare

CPU = torch.device("cpu")


@pytest.mark.parametrize("kind", ["affine", "strong"])
def test_images_and_masks_move_together(kind):
    masks = torch.zeros(6, 2, 48, 48, dtype=torch.bool)
    masks[:, 0, 10:30, 8:24], masks[:, 1, 28:40, 26:44] = True, True
    images = torch.stack([masks[:, 0], masks[:, 1], masks[:, 0] * 0], dim=1).float()
    moved, solid = augment(images, masks, kind, np.random.default_rng(0))
    assert not torch.equal(solid, masks)
    for step in (0, 1):
        inside = solid[:, step]
        assert moved[:, step][inside].mean() > moved[:, step][~inside].mean() + 0.4


def test_no_augmentation_changes_nothing():
    images, masks = torch.rand(2, 3, 8, 8), torch.rand(2, 1, 8, 8) > 0.5
    same = augment(images, masks, "none", np.random.default_rng(0))
    assert torch.equal(same[0], images)
    assert torch.equal(same[1], masks)


def test_a_batch_depends_on_seed_and_iteration_alone(scenes):
    prepared = [prepare(scene, [3, 7], 32, 20) for scene in scenes(6)]
    recipe = resolve("compact", batch=4)
    batch, same, later = (draw_batch(TrainingSet(prepared), recipe, 5, iteration, CPU) for iteration in (3, 3, 4))
    assert torch.equal(batch.images, same.images)
    assert torch.equal(batch.seeds, same.seeds)
    assert not torch.equal(batch.images, later.images)


def test_with_seeds_some_objects_are_drawn_in_class_order_each_with_a_seed_inside(scenes):
    prepared = [prepare(scene, [3, 7], 32, 20) for scene in scenes(4, objects=4)]
    batch = draw_batch(TrainingSet(prepared), resolve("compact", batch=4, train_steps=3, augment="none"), 0, 0, CPU)
    assert batch.classes.shape == (4, 4)
    assert batch.step_classes.shape == (4, 3)
    for row in range(4):
        assert batch.step_classes[row].tolist() == sorted(batch.step_classes[row].tolist())
        assert len(set(batch.steps[row].tolist())) == 3
        for step in range(3):
            x, y = (batch.seeds[row, step] * 32).int().tolist()
            assert batch.step_masks[row, step, y, x]


def test_without_seeds_all_objects_are_steps_and_padding_stays_behind(scenes):
    prepared = [prepare(scene, [3, 7], 32, 20) for scene in [*scenes(2, objects=3), *scenes(2, objects=1, seed=1)]]
    batch = draw_batch(TrainingSet(prepared), resolve("paper", batch=4), 0, 0, CPU)
    there = batch.step_classes >= 0
    assert sorted(there.sum(dim=1).tolist()) == [1, 1, 3, 3]
    assert torch.equal(there, batch.step_masks.any(dim=3).any(dim=2))
    assert (there.int().diff(dim=1) <= 0).all()


def test_an_object_that_a_view_leaves_without_a_pixel_is_no_step():
    masks = np.zeros((2, 32, 32), dtype=np.bool_)
    masks[0, :2, :2], masks[1, 10:20, 10:20] = True, True
    objects = tuple(ObjectLabel(1, Mask.from_array(mask)) for mask in masks)
    prepared = [prepare(Example("a", np.zeros((32, 32, 3), dtype=np.uint8), objects), [1], 32, 20)]
    recipe = resolve("paper", batch=8, augment="strong")
    seen = [draw_batch(TrainingSet(prepared), recipe, 0, iteration, CPU) for iteration in range(10)]
    for batch in seen:
        there = batch.classes >= 0
        assert torch.equal(there, batch.masks.any(dim=3).any(dim=2))
        assert there[:, 0].all()
    assert any((batch.classes[:, 1] < 0).any() for batch in seen)


def test_images_known_to_hold_nothing_come_on_top_and_each_in_its_turn(scenes):
    prepared = [prepare(scene, [3, 7], 32, 20) for scene in scenes(6)]
    empty = [prepare(scene, [3, 7], 32, 20) for scene in scenes(4, objects=0, seed=1)]
    recipe = resolve("compact", batch=4, augment="none", empty_share=0.4)
    known = [image_tensor([item.image], CPU) for item in empty]
    seen = []
    for iteration in range(2):
        batch = draw_batch(TrainingSet.of(recipe, prepared, empty=empty), recipe, 5, iteration, CPU)
        plain = draw_batch(TrainingSet(prepared), recipe, 5, iteration, CPU)
        there = len(plain.images)
        assert torch.equal(batch.images[:there], plain.images)
        assert torch.equal(batch.masks[:there], plain.masks)
        assert (batch.classes[there:] == -1).all()
        seen += [
            next(k for k, one in enumerate(known) if torch.equal(normalise(one)[0], row))
            for row in batch.images[there:]
        ]
    assert sorted(seen) == [0, 1, 2, 3]  # two beside four labeled ones, so an epoch of four takes two iterations


@pytest.mark.parametrize(
    ("name", "overrides", "images"),
    [
        ("compact", {}, 2),
        ("compact", {"empty_share": 0.0}, 0),
        ("compact", {"empty_share": 0.01}, 1),
        ("paper", {}, 0),  # it is told what to outline, and outlines nothing where there is nothing
        ("paper", {"classes": "predicted"}, 7),
    ],
)
def test_a_network_that_finds_by_itself_sees_a_share_of_empty_images(name, overrides, images):
    assert resolve(name, **overrides).empty_images == images


def test_pseudo_labels_are_mixed_with_labels_or_come_on_top_as_the_recipe_says(scenes):
    labeled = [prepare(scene, [3, 7], 32, 20) for scene in scenes(6)]
    pseudo = [prepare(scene, [3, 7], 32, 20) for scene in scenes(3, seed=1)]
    empty = [prepare(scene, [3, 7], 32, 20) for scene in scenes(2, objects=0, seed=2)]
    mixed = TrainingSet.of(resolve("compact", batch=4, pseudo_share=0.0), labeled, pseudo=pseudo, empty=empty)
    assert mixed == TrainingSet([*labeled, *pseudo], ((empty, 1),))
    recipe = resolve("compact", batch=4, pseudo_share=0.5, augment="none")
    on_top = TrainingSet.of(recipe, labeled, pseudo=pseudo, empty=empty)
    assert on_top == TrainingSet(labeled, ((pseudo, 2), (empty, 1)))
    assert TrainingSet.of(recipe, labeled) == TrainingSet(labeled)
    batch = draw_batch(on_top, recipe, 5, 0, CPU)
    seen = image_tensor([item.image for item in [*labeled, *pseudo, *empty]], CPU)
    kinds = [next(k for k, one in enumerate(seen) if torch.equal(normalise(one[None])[0], row)) for row in batch.images]
    assert [sum(low <= kind < high for kind in kinds) for low, high in ((0, 6), (6, 9), (9, 11))] == [3, 2, 2]
