"""What a classifier learns, from what, and that a training that is stopped ends as if it had not been."""

from dataclasses import replace
from functools import partial
from operator import attrgetter

import numpy as np
import pytest
import torch

from maskloop.errors import Cancelled, FailedPrecondition, InvalidArgument, InvalidLabel
from models.classification.data import ClassBatch, ClassExample, draw_class_batch, keep_examples, part_examples
from models.classification.recipe import ClassifierRecipe, resolve_classifier
from models.classification.train import classification_loss, train_classifier
from models.data.samples import ImageToScore
from models.encoders.features import encode_images
from models.training.cache import NetworkCache
from tests.models.classification.pictures import CATEGORIES, pictures

CPU = torch.device("cpu")
TINY = {"image_size": 32, "iterations": 6, "batch": 8, "held_out": 0.0, "checkpoint_every": 2}


def train(
    examples, recipe: ClassifierRecipe, categories=CATEGORIES, progress=lambda *_: None, checkpoint_dir=None, cache=None
):
    where = {"device": CPU, "checkpoint_dir": checkpoint_dir, "cache": cache}
    return train_classifier(examples, categories, recipe, seed=1, progress=progress, **where)


def probabilities(classifier, examples) -> np.ndarray:
    """(n, C) probabilities."""
    waiting = [ImageToScore(example.image_id, partial(attrgetter("pixels"), example)) for example in examples]
    features = np.stack([row for _, row in encode_images(classifier.encoder, waiting, device=CPU, batch_size=8)])
    return 1 / (1 + np.exp(-features @ classifier.head.numpy().T))


def batch(examples, recipe, categories=CATEGORIES, iteration=0) -> ClassBatch:
    return draw_class_batch(part_examples(keep_examples(examples, categories, recipe)), recipe, 0, iteration, CPU)


def test_shapes_are_learnt_and_noise_is_taken_for_nothing():
    learnt = [*pictures(12, 3), *pictures(12, 8), *pictures(6, 3, 8), *pictures(10)]
    classifier = train(learnt, resolve_classifier("compact", **{**TINY, "iterations": 60}))
    unseen = [*pictures(8, 3, seed=9), *pictures(8, 8, seed=9), *pictures(8, seed=9)]
    truth = np.array([[category in example.present for category in CATEGORIES] for example in unseen])
    assert ((probabilities(classifier, unseen) >= 0.5) == truth).mean() > 0.85


def test_a_project_of_one_class_that_all_images_hold_learns_what_holds_nothing():
    classifier = train(pictures(16, 3), resolve_classifier("compact", **{**TINY, "iterations": 60}), (3,))
    assert probabilities(classifier, pictures(8, 3, seed=9)).min() > 0.5
    assert (probabilities(classifier, pictures(8, seed=9)) < 0.5).mean() > 0.7


def test_half_of_a_batch_holds_nothing():
    recipe = resolve_classifier("compact", **TINY)
    made = batch([*pictures(8, 3), *pictures(8, 8), *pictures(20)], recipe)
    assert made.holding == 8
    assert made.images.shape == (8 + 7, 3, 32, 32)  # 20 in three batches: 7, 7 and 6
    assert (made.targets[:8].sum(dim=1) > 0).all()
    assert not made.targets[8:].any()


@pytest.mark.parametrize(("nothing", "scrambled"), [(0, 8), (3, 5), (8, 0)])
def test_where_too_few_hold_nothing_scrambled_views_take_their_place(nothing, scrambled):
    made = batch([*pictures(8, 3), *pictures(nothing)], resolve_classifier("compact", **TINY), (3,))
    assert (made.holding, len(made.images)) == (8, 8 + nothing + scrambled)


@pytest.mark.parametrize("view", ["square", "crop"])
def test_a_batch_is_drawn_from_seed_and_iteration_alone(view):
    recipe = resolve_classifier("compact", **TINY, view=view, shortest=20, longest=40)
    examples = [*pictures(20, 3), *pictures(5)]
    same, again, other = (batch(examples, recipe, iteration=iteration) for iteration in (4, 4, 5))
    assert torch.equal(same.images, again.images)
    assert not torch.equal(same.images[:4], other.images[:4])


def test_the_loss_is_the_mean_over_images_and_classes_of_each_half():
    logits = torch.tensor([[2.0, -1.0], [0.5, 3.0], [-2.0, 1.0]])
    made = ClassBatch(torch.zeros(3, 3, 2, 2), torch.tensor([[1.0, 0.0], [0.0, 1.0], [0.0, 0.0]]), 2)
    p = logits.sigmoid()
    holding = -(p[0, 0].log() + (1 - p[0, 1]).log() + (1 - p[1, 0]).log() + p[1, 1].log()) / 4
    nothing = -((1 - p[2, 0]).log() + (1 - p[2, 1]).log()) / 2
    assert classification_loss(logits, made, 0.25).item() == pytest.approx((holding + nothing / 4).item(), abs=1e-6)


@pytest.mark.slow
@pytest.mark.parametrize("stopped_at", [1, 7, 9, 14])
def test_a_training_that_is_stopped_ends_bit_for_bit_as_if_it_had_not_been(tmp_path, stopped_at):
    examples = [*pictures(9, 3), *pictures(9, 8), *pictures(4)]
    recipe = resolve_classifier("compact", **{**TINY, "held_out": 0.25, "iterations": 8})
    undisturbed = train(examples, recipe)
    told = 0

    def stop(*_):
        nonlocal told
        told += 1
        if told == stopped_at:
            raise Cancelled("stopped")

    with pytest.raises(Cancelled):
        train(examples, recipe, progress=stop, checkpoint_dir=tmp_path)
    resumed = train(reversed(examples), recipe, checkpoint_dir=tmp_path)
    states = resumed.network.state_dict()
    assert all(torch.equal(states[key], value) for key, value in undisturbed.network.state_dict().items())
    assert resumed.metrics == undisturbed.metrics
    assert resumed.metrics["held_out_images"] == 6


def test_another_training_in_the_same_folder_starts_anew(tmp_path):
    recipe = resolve_classifier("compact", **TINY)
    train([*pictures(9, 3), *pictures(9, 8)], recipe, checkpoint_dir=tmp_path)
    ours = train([*pictures(9, 3), *pictures(9, 8, seed=5)], recipe, checkpoint_dir=tmp_path)
    alone = train([*pictures(9, 3), *pictures(9, 8, seed=5)], recipe)
    assert torch.equal(ours.head, alone.head)


def test_a_training_done_before_is_taken_from_the_cache_to_the_same_bytes(tmp_path):
    examples, cache, told = [*pictures(9, 3), *pictures(9, 8)], NetworkCache(tmp_path / "networks", 64 << 20), []
    recipe = resolve_classifier("compact", **{**TINY, "held_out": 0.25})
    saved = []
    for chosen in (None, cache, cache):
        train(examples, recipe, cache=chosen, progress=lambda _, message: told.append(message)).save(tmp_path / "c")
        saved.append((tmp_path / "c").read_bytes())
    assert saved[0] == saved[1] == saved[2]
    assert told[-2:] == ["held-out fit: trained", "training: trained"]
    assert len(told) == 12 + 12 + 2


def test_what_moves_no_weight_is_not_asked_by_the_cache(tmp_path):
    cache, told = NetworkCache(tmp_path, 64 << 20), []
    first = resolve_classifier("compact", **TINY)
    train(pictures(9, 3), first, cache=cache)
    renamed = pictures(9, 3, prefix="other")
    other = replace(first, name="mine", checkpoint_every=7)
    train(renamed, other, cache=cache, progress=lambda _, message: told.append(message))
    assert told == ["training: trained"]
    train(renamed, replace(other, nothing_weight=0.5), cache=cache, progress=lambda _, message: told.append(message))
    assert len(told) == 1 + 6


def test_few_images_are_all_learnt_from():
    classifier = train(pictures(5, 3), resolve_classifier("compact", **{**TINY, "held_out": 0.25, "iterations": 2}))
    assert classifier.metrics == {"held_out_images": 0}
    assert len(classifier.snapshot) == 5


def test_progress_never_goes_back_and_ends_at_one():
    told: list[float] = []
    recipe = resolve_classifier("compact", **{**TINY, "held_out": 0.25})
    train([*pictures(9, 3), *pictures(9)], recipe, progress=lambda share, _: told.append(share))
    assert told == sorted(told)
    assert (len(told), told[-1]) == (12, 1.0)


def test_what_cannot_be_learnt_from_is_refused():
    recipe = resolve_classifier("compact", **TINY)
    with pytest.raises(InvalidArgument, match="no image that holds a category"):
        train(pictures(3), recipe)
    with pytest.raises(InvalidArgument, match="twice"):
        train([*pictures(3, 3), *pictures(1, 3)], recipe)
    with pytest.raises(InvalidLabel, match="category 5"):
        train([ClassExample("a", pictures(1)[0].pixels, frozenset({5}))], recipe)
    with pytest.raises(FailedPrecondition, match=r"iteration \d"):
        train(pictures(9, 3), resolve_classifier("compact", **TINY, rate=1e30, head_rate=1e30, clip=0.0, warmup=0))
