"""W-OoD's losses and centres beside plain loops and cases by hand, and its training on pictures of shapes."""

import copy
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from maskloop.errors import Cancelled, InvalidArgument, InvalidConfig
from models.classification.data import ClassBatch, ClassExample
from models.classification.model import FittedClassifier
from models.classification.network import build_classifier
from models.classification.recipe import ClassifierRecipe, resolve_classifier
from models.classification.train import train_classifier
from models.classification.views import with_longer_side
from models.classification.wood import (
    WoodOptions,
    WoodTraining,
    find_centres,
    learning_copy,
    read_examples,
    train_wood,
)
from models.classification.wood_centres import class_means, image_features, k_means
from models.classification.wood_losses import distance_loss, distances, nearest_pairs, nothing_loss, perturbed
from models.data.samples import image_tensor, normalise
from tests.models.classification.pictures import CATEGORIES, pictures

CPU = torch.device("cpu")
TINY: dict[str, Any] = {"image_size": 32, "iterations": 4, "batch": 8, "held_out": 0.0, "checkpoint_every": 2}
EXAMPLES = [*pictures(10, 3), *pictures(9, 8), *pictures(3, 3, 8), *pictures(12)]


def silent(share: float, message: str) -> None:
    """Tells nobody."""


def draws(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.fixture(scope="module")
def classifier() -> FittedClassifier:
    recipe = resolve_classifier("compact", **{**TINY, "iterations": 8})
    return train_classifier(
        EXAMPLES, CATEGORIES, recipe, seed=1, device=CPU, checkpoint_dir=None, progress=lambda *_: None
    )


def learnt(classifier, **wanted) -> FittedClassifier:
    recipe = wanted.pop("recipe", resolve_classifier("compact", **TINY))
    how = {"seed": 2, "device": CPU, "resume_path": None, "progress": silent, **wanted}
    return train_wood(classifier, how.pop("examples", EXAMPLES), WoodOptions(clusters=4), recipe=recipe, **how)


def task_of(classifier, options, **recipe: Any) -> WoodTraining:
    wanted = resolve_classifier("compact", **{**TINY, **recipe})
    examples, other = read_examples(EXAMPLES, CATEGORIES, wanted, options)
    network = learning_copy(classifier.network)
    centres = find_centres(network, examples.holding, other, options, silent)
    return WoodTraining(network, WoodTraining.settings_of(wanted), examples, wanted, options, *centres)


def slow_distance(one: torch.Tensor, other: torch.Tensor) -> float:
    return sum((float(a) - float(b)) ** 2 for a, b in zip(one, other, strict=True)) ** 0.5


def slow_loss(features, classes, own, other, share, threshold) -> float:
    """L_d at the scale of the authors' program, pair by pair."""
    rows, clusters = len(features), len(other)
    away = [[slow_distance(z, p) for p in other] for z in features]
    pairs = sorted((d for row in away for d in row), reverse=True)
    total = 0.0
    for row in range(rows):
        for index in range(len(own)):
            if classes[row, index]:
                total += slow_distance(features[row], own[index])
        ranked = sorted(away[row], reverse=True)
        limit = (
            pairs[int((1 - share) * len(pairs)) - 1]
            if threshold == "batch"
            else ranked[int((1 - share) * clusters) - 1]
        )
        total -= sum(d for d in away[row] if d < limit)
    return total / (rows * clusters)


@pytest.mark.parametrize("threshold", ["batch", "image"])
@pytest.mark.parametrize("scale", ["pairs", "images"])
def test_the_distance_loss_is_that_of_a_loop_over_pairs(classifier, threshold, scale):
    task = task_of(classifier, WoodOptions(clusters=10, threshold=threshold, scale=scale))
    features = 4 * torch.rand(5, 256, generator=draws())
    classes = torch.tensor([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0], [1.0, 0.0], [0.0, 0.0]])
    wanted = slow_loss(features, classes, task.class_centres, task.ood_centres, 0.2, threshold)
    made = task.distance_loss(features, classes).item()
    assert made == pytest.approx(wanted * (10 if scale == "images" else 1), rel=1e-4)


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 9999), st.integers(1, 20), st.integers(1, 60))
def test_a_fifth_of_all_pairs_is_near_and_no_other_pair_is_nearer(seed, rows, clusters):
    away = torch.randperm(rows * clusters, generator=draws(seed)).float().view(rows, clusters)
    near = nearest_pairs(away, 0.2, by_image=False)
    far = int(0.8 * rows * clusters)
    assert near.sum() == (rows * clusters - far)
    assert not near.any() or not (~near).any() or away[near].max() < away[~near].min()
    by_image = nearest_pairs(away, 0.2, by_image=True)
    for row, kept in zip(away, by_image, strict=True):
        assert set(row[kept].tolist()) == set(sorted(row.tolist())[: clusters - int(0.8 * clusters)])


def test_of_sixteen_images_and_fifty_centres_160_pairs_are_near_and_10_of_each_image():
    away = torch.rand(16, 50, generator=draws())
    assert nearest_pairs(away, 0.2, by_image=False).sum() == 160
    assert nearest_pairs(away, 0.2, by_image=True).sum(dim=1).tolist() == [10] * 16


def test_equal_distances_to_the_threshold_are_far():
    away = torch.tensor([[1.0, 2.0, 2.0, 3.0, 4.0]])
    assert nearest_pairs(away, 0.6, by_image=False).tolist() == [[True, True, True, False, False]]
    assert nearest_pairs(away, 0.4, by_image=False).tolist() == [[True, False, False, False, False]]
    assert nearest_pairs(away, 1.0, by_image=False).all()
    assert not nearest_pairs(away, 0.0, by_image=False).any()


def test_the_distance_loss_and_its_gradient_by_hand():
    features = torch.tensor([[3.0, 4.0], [0.0, 1.0]], requires_grad=True)
    classes, own = torch.tensor([[1.0], [0.0]]), torch.tensor([[0.0, 0.0]])
    other = torch.tensor([[0.0, 0.0], [0.0, -1.0]])
    near = torch.tensor([[False, False], [False, True]])
    loss = distance_loss(features, classes, own, other, near)
    assert loss.item() == pytest.approx((5 - 2) / 2)
    torch.autograd.backward(loss)
    torch.testing.assert_close(features.grad, torch.tensor([[0.3, 0.4], [0.0, -0.5]]))


def test_features_at_a_centre_move_nothing():
    features = torch.tensor([[1.0, 2.0]], requires_grad=True)
    torch.autograd.backward(distances(features, features.detach()).sum())
    assert torch.equal(features.grad, torch.zeros(1, 2))


def slow_k_means(points: list[list[float]], clusters: int) -> list[list[float]]:
    centres = [list(point) for point in points[:clusters]]
    for _ in range(10):
        members: list[list[list[float]]] = [[] for _ in centres]
        for point in points:
            away = [sum((a - b) ** 2 for a, b in zip(point, centre, strict=True)) for centre in centres]
            members[away.index(min(away))].append(point)
        for index, held in enumerate(members):
            if held:
                centres[index] = [sum(values) / len(held) for values in zip(*held, strict=True)]
    return centres


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 9999), st.integers(1, 5))
def test_clusters_are_those_of_a_plain_loop(seed, clusters):
    points = torch.randn(25, 3, generator=draws(seed), dtype=torch.float64)
    wanted = torch.tensor(slow_k_means(points.tolist(), clusters), dtype=torch.float64)
    torch.testing.assert_close(k_means(points, clusters), wanted)


def test_ten_iterations_are_made_and_no_more():
    points = torch.arange(400, dtype=torch.float64)[:, None]  # which take longer to settle
    made = k_means(points, 3)
    torch.testing.assert_close(made, torch.tensor(slow_k_means(points.tolist(), 3), dtype=torch.float64))
    members = torch.cdist(points, made).argmin(dim=1)
    settled = torch.stack([points[members == index].mean(dim=0) for index in range(3)])
    assert not torch.allclose(made, settled)


def test_a_cluster_without_points_keeps_its_centre():
    points = torch.tensor([[0.0], [0.0], [5.0], [7.0]])  # the second centre never comes first
    assert k_means(points, 3).flatten().tolist() == [0.0, 0.0, 6.0]
    for clusters in (0, 5):
        with pytest.raises(InvalidArgument, match="4 points"):
            k_means(points, clusters)


def test_an_image_of_two_classes_enters_both_means_and_a_class_without_images_is_zero():
    features = torch.tensor([[1.0, 0.0], [3.0, 2.0], [5.0, 4.0]])
    classes = torch.tensor([[True, False, False], [True, True, False], [False, True, False]])
    assert class_means(features, classes).tolist() == [[2.0, 1.0], [4.0, 3.0], [0.0, 0.0]]


def test_centres_are_of_the_classifier_as_it_was_without_draws(classifier):
    options = WoodOptions(clusters=4)
    task = task_of(classifier, options)
    holding, empty = task.examples.holding, task.examples.empty
    with torch.no_grad():
        rows = [
            classifier.network.features(normalise(image_tensor([item.image], CPU)))[0] for item in (*holding, *empty)
        ]
    for index in range(2):
        own = [row for row, item in zip(rows, holding, strict=False) if item.classes[index]]
        torch.testing.assert_close(task.class_centres[index], torch.stack(own).mean(dim=0))
    torch.testing.assert_close(task.ood_centres, k_means(torch.stack(rows[len(holding) :]), 4))


def test_of_crops_ood_images_are_clustered_at_a_longer_side_of_500_made_of_the_whole_image():
    recipe = ClassifierRecipe(encoder="compact", weights="", frozen_norm=False)
    large = np.random.default_rng(0).integers(0, 256, (600, 1000, 3), dtype=np.uint8)
    examples = [*pictures(2, 3), ClassExample("z", large, frozenset()), *pictures(2)]
    parted, other = read_examples(examples, CATEGORIES, recipe, WoodOptions())
    assert [item.image_id for item in parted.empty][-1] == "z"
    assert [pixels.shape for pixels in other] == [(500, 500, 3), (500, 500, 3), (300, 500, 3)]
    assert parted.empty[-1].image.shape == (384, 640, 3)  # as it is trained on
    assert np.array_equal(other[-1], with_longer_side(large, 500))
    assert not np.array_equal(other[-1], with_longer_side(parted.empty[-1].image, 500))


def test_squares_are_clustered_as_they_are_trained_on():
    recipe = resolve_classifier("compact", **TINY)
    parted, other = read_examples([*pictures(2, 3), *pictures(2)], CATEGORIES, recipe, WoodOptions())
    assert all(pixels is item.image for pixels, item in zip(other, parted.empty, strict=True))


def test_the_perturbation_by_hand():
    def logits(images: torch.Tensor) -> torch.Tensor:
        """Their gradients are 2 and 3, for one pixel each."""
        return torch.stack([2 * images[:, 0, 0, 0], 3 * images[:, 0, 0, 1] - 1], dim=1)

    images = torch.zeros(2, 1, 1, 3)
    images[0, 0, 0] = torch.tensor([0.5, 0.1, 0.2])  # the first logit is larger: 1 against -0.7
    images[1, 0, 0] = torch.tensor([0.0, 0.9, 0.93])  # the second one: 1.7
    moved = perturbed(logits, images, 0.07)
    wanted = images.clone()
    wanted[0, 0, 0, 0] += 0.07 * 2 / 3
    wanted[1, 0, 0, 1] = 0.93  # 0.97, but no larger than anything was
    torch.testing.assert_close(moved, wanted)
    assert not moved.requires_grad


def test_images_that_hold_nothing_count_by_all_classes_and_the_fifth_is_spared_on_demand():
    logits = torch.tensor([[1.0, -1.0, 0.0, 0.0, 0.5], [0.0, 0.0, 0.0, 0.0, 2.0]])
    losses = -(1 - logits.sigmoid()).log().mean(dim=1)
    assert nothing_loss(logits).item() == pytest.approx(losses.mean().item(), rel=1e-5)
    assert nothing_loss(logits, spared=4).item() == pytest.approx(losses[0].item() / 2, rel=1e-5)


def test_the_loss_is_the_sum_of_its_parts(classifier):
    options = WoodOptions(clusters=4, distance_weight=0.3, ood_weight=0.6)
    task = task_of(classifier, options)
    batch = task.batch(0, 0)
    own, other = batch.images[: batch.holding], batch.images[batch.holding :]
    network, p = task.network, task.network(own).sigmoid()
    y = batch.targets[: batch.holding]
    classes = -(y * p.log() + (1 - y) * (1 - p).log()).mean()
    nothing = -(1 - network(perturbed(network, other, 0.07)).sigmoid()).log().mean()
    apart = slow_loss(network.features(own).detach(), y, task.class_centres, task.ood_centres, 0.2, "batch")
    wanted = classes + 0.6 * nothing + 0.3 * apart
    assert task.loss(batch, 0.0).item() == pytest.approx(wanted.item(), rel=1e-4)


def test_without_a_step_ood_images_are_as_they_are(classifier):
    task = task_of(classifier, WoodOptions.paper(clusters=4, distance_weight=0.0))
    batch = task.batch(0, 0)
    own = task.network(batch.images[: batch.holding])
    classes = F.binary_cross_entropy_with_logits(own, batch.targets[: batch.holding])
    nothing = nothing_loss(task.network(batch.images[batch.holding :]))
    assert task.loss(batch, 0.0).item() == pytest.approx((classes + nothing).item(), rel=1e-5)


def test_compat_spares_what_is_taken_for_the_fifth_class(classifier):
    network = build_classifier(resolve_classifier("compact"), 6, seed=3).eval()
    task = task_of(classifier, WoodOptions(clusters=4))
    task = replace(task, network=network, class_centres=torch.rand(6, 256, generator=draws()))
    batch = task.batch(0, 0)
    batch = ClassBatch(batch.images, torch.zeros(len(batch.images), 6), batch.holding)
    with torch.no_grad():
        network.head.weight[4] += 10  # features are positive
    official = replace(task, options=replace(task.options, compat="official"))
    logits = network(perturbed(network, batch.images[batch.holding :], 0.07))
    assert (logits.argmax(dim=1) == 4).all()
    spared = task.loss(batch, 0.0) - official.loss(batch, 0.0)
    assert spared.item() == pytest.approx(0.25 * nothing_loss(logits).item(), rel=1e-3)


def test_the_program_divides_by_the_number_of_images_that_hold_something(classifier):
    task = task_of(classifier, WoodOptions.official(clusters=4, distance_weight=0.0))
    network, batch = task.network, task.batch(0, 0)
    batch = ClassBatch(batch.images[3:], batch.targets[3:], batch.holding - 3)
    own, other = batch.images[: batch.holding], batch.images[batch.holding :]
    assert len(own) < len(other)
    classes = F.binary_cross_entropy_with_logits(network(own), batch.targets[: batch.holding])
    losses = F.softplus(network(perturbed(network, other, 0.07))).mean(dim=1)  # of two classes, none is the fifth
    wanted = classes + 0.25 * losses.sum() / len(own)
    assert task.loss(batch, 0.0).item() == pytest.approx(wanted.item(), rel=1e-5)


def test_a_step_of_training_brings_the_distance_loss_down(classifier):
    task = task_of(classifier, WoodOptions(clusters=4, distance_weight=10.0), rate=1e-3, head_rate=1e-3)
    batch = task.batch(0, 0)
    images, classes = batch.images[: batch.holding], batch.targets[: batch.holding]
    optimizer = task.optimizer()
    losses = []
    for _ in range(2):
        with torch.no_grad():
            losses.append(task.distance_loss(task.network.features(images), classes).item())
        torch.autograd.backward(task.loss(batch, 0.0))
        optimizer.step()
    assert losses[1] < losses[0]


def test_the_last_two_stages_and_the_head_learn_and_nothing_else(classifier):
    before = copy.deepcopy(classifier.network.state_dict())
    made = learnt(classifier)
    after = made.network.state_dict()
    changed = {name for name in before if not torch.equal(before[name], after[name])}
    assert all(name.startswith(("encoder.stages.2", "encoder.stages.3", "head")) for name in changed)
    assert not any("running" in name or "batches" in name for name in changed)
    assert {"head.weight", "encoder.stages.2.conv1.weight", "encoder.stages.3.bn2.weight"} <= changed
    assert all(torch.equal(before[name], value) for name, value in classifier.network.state_dict().items())
    assert made.categories == CATEGORIES
    assert (made.seed, made.metrics) == (2, {"held_out_images": 0.0})
    assert made.snapshot == tuple(sorted(example.image_id for example in EXAMPLES))


def test_of_timms_encoders_what_comes_behind_the_tap_at_an_eighth_learns():
    recipe = resolve_classifier("compact", encoder="timm:test_efficientnet", **TINY)
    began = train_classifier(
        EXAMPLES, CATEGORIES, recipe, seed=1, device=CPU, checkpoint_dir=None, progress=lambda *_: None
    )
    before = copy.deepcopy(began.network.state_dict())
    made = learnt(began, recipe=recipe)
    after = made.network.state_dict()
    early, late = made.network.encoder.cut(2)
    there = {id(value): name for name, value in made.network.named_parameters()}
    learns = {there[id(value)] for value in late.parameters()} | {"head.weight"}
    stays = {there[id(value)] for value in early.parameters()}
    assert learns | stays == set(there.values())
    changed = {name for name in before if not torch.equal(before[name], after[name])}
    assert changed <= learns  # and so no norm's statistics
    assert all(name in changed for name in learns if before[name].ndim > 1)
    assert torch.equal(began.network.head.weight, before["head.weight"])


def test_it_is_repeated_by_its_seed_alone_and_after_a_kill(classifier, tmp_path):
    made, again, other = learnt(classifier), learnt(classifier, examples=EXAMPLES[::-1]), learnt(classifier, seed=3)
    assert torch.equal(made.head, again.head)
    assert not torch.equal(made.head, other.head)

    def stop(share, message):
        if "iteration 3" in message:
            raise Cancelled("stopped")

    with pytest.raises(Cancelled):
        learnt(classifier, progress=stop, resume_path=tmp_path / "training.pt")
    told: list[str] = []
    resumed = learnt(classifier, progress=lambda _, message: told.append(message), resume_path=tmp_path / "training.pt")
    assert "iteration 3" in next(message for message in told if "iteration" in message)
    states = resumed.network.state_dict()
    assert all(torch.equal(states[name], value) for name, value in made.network.state_dict().items())


def test_progress_never_goes_back_and_ends_at_one(classifier):
    told: list[float] = []
    learnt(classifier, progress=lambda share, _: told.append(share))
    assert told == sorted(told)
    assert told[-1] == 1.0


def test_a_classifier_that_learnt_on_comes_back_from_its_file(classifier, tmp_path):
    made = learnt(classifier)
    made.save(tmp_path / "one.safetensors")
    assert torch.equal(FittedClassifier.load(tmp_path / "one.safetensors", CPU).head, made.head)


def test_defaults_are_the_published_ones():
    options = WoodOptions()
    assert (options.clusters, options.nearest, options.distance_weight, options.ood_weight) == (50, 0.2, 0.007, 0.25)
    assert (options.step, options.ood_side, options.threshold, options.scale) == (0.07, 500, "batch", "pairs")
    assert options.compat == ""
    paper = WoodOptions.paper()
    assert (paper.step, paper.ood_weight, paper.threshold, paper.scale) == (0, 1, "image", "images")


def test_features_are_told_of_an_image_at_a_time(classifier):
    told = []
    rows = image_features(
        classifier.network, [np.zeros((32, 48, 3), np.uint8)] * 2, CPU, lambda share, _: told.append(share)
    )
    assert rows.shape == (2, 256)
    assert told == [0.5, 1.0]


def test_what_cannot_be_is_refused(classifier):
    for values, field in (
        ({"nearest": 1.5}, "nearest"),
        ({"clusters": 0}, "clusters"),
        ({"threshold": "row"}, "threshold"),
        ({"compat": "paper"}, "compat"),
    ):
        with pytest.raises(InvalidConfig) as refused:
            WoodOptions(**values)
        assert refused.value.field == field
    for examples in (pictures(3, 3), pictures(3)):
        with pytest.raises(InvalidArgument, match="needs images"):
            learnt(classifier, examples=examples)
    with pytest.raises(InvalidArgument, match="encoder compact, not resnet18"):
        learnt(classifier, recipe=resolve_classifier("compact", encoder="resnet18"))
