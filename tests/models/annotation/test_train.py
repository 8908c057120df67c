from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from maskloop.errors import Cancelled, FailedPrecondition, InvalidArgument
from models.annotation.batches import TrainingSet, collate, draw_batch
from models.annotation.losses import class_loss, hard_iou, objectness_loss
from models.annotation.matching import best_ious, match_across_classes, match_objects
from models.annotation.model import FittedModel
from models.annotation.network import AnnotationNetwork, build_network
from models.annotation.predict import decode_objects, statistics_width
from models.annotation.recipe import Recipe, resolve
from models.annotation.train import build_optimizer, segmentation_loss, train_network
from models.data.samples import Example, ImageToScore, normalise, prepare
from models.iou_head.calibrator import Calibrator

pytestmark = pytest.mark.journey

CPU = torch.device("cpu")
CATEGORIES = (3, 7)
PINK = np.array([230, 60, 90], dtype=np.uint8)


def tiny(name: str, **overrides) -> Recipe:
    """The recipe of this name, made small; "paper-free" and "compact-free" are those that are fed no class."""
    name, _, free = name.partition("-")
    overrides = ({"classes": "predicted"} if free else {}) | overrides
    values = {"encoder": "compact", "image_size": 32, "hidden": 16, "batch": 4, "iterations": 6, "iou_epochs": 3}
    return resolve(name, **(values | {"checkpoint_every": 2} | overrides))


def train(examples, recipe, *, seed=0, checkpoint_dir=None, progress=lambda fraction, message: None, start=None):
    where = {"device": CPU, "checkpoint_dir": checkpoint_dir}
    return train_network(examples, CATEGORIES, recipe, seed=seed, progress=progress, start=start, **where)


def assert_same_bits(one: AnnotationNetwork, other: AnnotationNetwork) -> None:
    for (name, left), (_, right) in zip(one.state_dict().items(), other.state_dict().items(), strict=True):
        assert torch.equal(left, right), name


def test_one_optimiser_with_two_rates_takes_the_steps_of_the_papers_two_adams(scenes):
    recipe = tiny("paper", rate=1e-2, encoder_rate=1e-4, weight_decay=1e-3)
    prepared = [prepare(scene, CATEGORIES, 32, 20) for scene in scenes(4)]
    torch.manual_seed(0)
    one = build_network(recipe, 2)
    two = build_network(recipe, 2)
    two.load_state_dict(one.state_dict())
    rest = [p for part in (two.skips, two.decoder, two.mask_head) for p in part.parameters()]
    adams = [
        torch.optim.Adam(two.encoder.parameters(), lr=1e-4, weight_decay=1e-3, fused=True),
        torch.optim.Adam(rest, lr=1e-2, weight_decay=1e-3, fused=True),
    ]
    for network, optimizers in ((one, [build_optimizer(one, recipe)]), (two, adams)):
        for iteration in range(3):
            loss = segmentation_loss(network, draw_batch(TrainingSet(prepared), recipe, 0, iteration, CPU), recipe)
            for optimizer in optimizers:
                optimizer.zero_grad()
            loss.backward()
            for optimizer in optimizers:
                for group in optimizer.param_groups:
                    group["lr"] = group.get("rate", group["lr"])
                optimizer.step()
    assert_same_bits(one, two)


@pytest.mark.parametrize("name", ["paper", "compact", "paper-free"])
def test_a_training_killed_at_several_moments_ends_bit_for_bit_as_an_unbroken_one(scenes, tmp_path, name):
    examples, recipe = scenes(6), tiny(name, augment="strong")
    unbroken = train(examples, recipe)
    calls = 0
    deadline = 0

    def interrupt(fraction: float, message: str) -> None:
        nonlocal calls
        calls += 1
        if calls == deadline:
            raise Cancelled("killed")

    for moment in (1, 3, 4, 3, 2, 5):
        calls, deadline = 0, moment
        with pytest.raises(Cancelled):
            train(examples, recipe, checkpoint_dir=tmp_path, progress=interrupt)
    calls, deadline = 0, -1
    resumed = train(examples, recipe, checkpoint_dir=tmp_path, progress=interrupt)

    assert_same_bits(unbroken, resumed)


def test_a_resumed_training_does_not_begin_again(scenes, tmp_path):
    seen = []

    def interrupt(fraction: float, message: str) -> None:
        seen.append(message)
        if len(seen) == 5:
            raise Cancelled("killed")

    with pytest.raises(Cancelled):
        train(scenes(4), tiny("paper"), checkpoint_dir=tmp_path, progress=interrupt)
    train(scenes(4), tiny("paper"), checkpoint_dir=tmp_path, progress=interrupt)
    assert seen[4].startswith("iteration 5 of 6")
    assert seen[5].startswith("iteration 5 of 6")


@pytest.mark.parametrize("changed", ["seed", "recipe", "examples"])
def test_the_state_of_another_training_is_not_resumed(scenes, tmp_path, changed):
    first, second = tiny("paper"), tiny("paper", rate=2e-3) if changed == "recipe" else tiny("paper")
    train(scenes(4), first, checkpoint_dir=tmp_path)
    examples = scenes(4, seed=1) if changed == "examples" else scenes(4)
    seed = 1 if changed == "seed" else 0
    mixed = train(examples, second, seed=seed, checkpoint_dir=tmp_path)
    assert_same_bits(mixed, train(examples, second, seed=seed))


def test_a_warm_training_goes_on_from_a_network_and_leaves_it(scenes):
    recipe = tiny("compact", warm_share=0.5, rate=1e-9, encoder_rate=1e-9, iou_rate=1e-9, weight_decay=0.0)
    start, told = train(scenes(4, seed=1), tiny("compact")), []
    before = {name: tensor.clone() for name, tensor in start.state_dict().items()}
    warm = train(scenes(4), recipe, start=start, progress=lambda share, message: told.append(message))
    assert sum("iteration" in message for message in told) == 3  # half of six
    for name, parameter in warm.named_parameters():
        torch.testing.assert_close(parameter.detach(), before[name], rtol=0, atol=1e-6)
    assert all(torch.equal(tensor, before[name]) for name, tensor in start.state_dict().items())


def test_a_warm_training_that_was_killed_ends_bit_for_bit_as_an_unbroken_one(scenes, tmp_path):
    start = train(scenes(4, seed=1), tiny("compact"))
    recipe = tiny("compact", warm_share=0.8)

    def interrupt(share: float, message: str) -> None:
        if message.startswith("iteration 3"):
            raise Cancelled("killed")

    with pytest.raises(Cancelled):
        train(scenes(6), recipe, start=start, checkpoint_dir=tmp_path, progress=interrupt)
    resumed = train(scenes(6), recipe, start=start, checkpoint_dir=tmp_path)
    assert_same_bits(resumed, train(scenes(6), recipe, start=start))


def test_other_draws_of_the_process_change_nothing_and_are_not_changed(scenes):
    torch.manual_seed(1)
    one = train(scenes(3), tiny("compact"))
    after = torch.rand(1)
    torch.manual_seed(1)
    assert torch.equal(torch.rand(1), after)
    assert_same_bits(one, train(scenes(3), tiny("compact")))


@pytest.mark.slow
@pytest.mark.parametrize(("name", "objects"), [("paper", 1), ("compact", 2)])
def test_two_images_are_learnt_by_heart(scenes, name, objects):
    recipe = tiny(name, iterations=150, rate=5e-3, encoder_rate=5e-3, augment="none", iou_epochs=150, iou_rate=1e-2)
    examples = scenes(2, objects=objects)
    network = train(examples, recipe)
    images, masks, classes = collate([prepare(example, CATEGORIES, 32, 20) for example in examples], CPU)
    with torch.no_grad():
        decoded = network(normalise(images), classes)
    order = match_objects(decoded.logits, classes, masks)
    iou = hard_iou(decoded.logits > 0, masks[torch.arange(2)[:, None], order])
    assert iou.mean() > 0.8
    assert (decoded.predicted_iou - iou).abs().mean() < 0.15


@pytest.mark.slow
@pytest.mark.parametrize(("name", "objects"), [("paper-free", 1), ("compact-free", 2)])
def test_objects_of_two_images_are_found_without_being_told_of(scenes, name, objects):
    recipe = tiny(name, iterations=200, rate=5e-3, encoder_rate=5e-3, augment="none", class_from=0.0, stop_from=0.0)
    examples = scenes(2, objects=objects)
    network = train(examples, recipe)
    images, masks, classes = collate([prepare(example, CATEGORIES, 32, 20) for example in examples], CPU)
    with torch.no_grad():
        decoded, drawn, _ = decode_objects(network, recipe, normalise(images), classes[:, :0], 2)
    assert [sorted(row[row >= 0].tolist()) for row in drawn] == classes.tolist()
    assert best_ious(decoded.logits > 0, drawn, masks, classes).sum() > 0.7 * classes.numel()


def test_classes_and_objectness_are_learnt_from_their_share_of_the_training_on(scenes):
    recipe = tiny("paper-free", class_from=0.25, stop_from=0.5)
    prepared = [prepare(scene, CATEGORIES, 32, 20) for scene in scenes(4)]
    torch.manual_seed(0)
    network = build_network(recipe, 2).eval()
    batch = draw_batch(TrainingSet(prepared), recipe, 0, 0, CPU)
    early, middle, late = (segmentation_loss(network, batch, recipe, done).item() for done in (0.2, 0.3, 0.6))
    decoded = network(batch.images, torch.zeros(4, 3, dtype=torch.int64))  # two objects, and the step after them
    order = match_across_classes(decoded.logits, batch.masks, batch.classes >= 0)
    drawn = batch.classes.gather(1, order.clamp(min=0)).masked_fill(order < 0, -1)
    assert middle - early == pytest.approx(0.1 * class_loss(decoded.classes, drawn).item(), abs=1e-5)
    objects = torch.tensor([2, 2, 2, 2])
    assert late - middle == pytest.approx(0.5 * objectness_loss(decoded.objectness, objects).item(), abs=1e-5)


def test_the_second_phase_moves_nothing_but_the_iou_branch(scenes):
    before, after = (train(scenes(4), tiny("paper", iou_epochs=epochs)) for epochs in (1, 40))
    for (name, left), (_, right) in zip(before.state_dict().items(), after.state_dict().items(), strict=True):
        assert torch.equal(left, right) != name.startswith("iou_branch"), name


def test_joint_training_teaches_the_iou_branch_together_with_the_masks(scenes):
    alone, joint = (train(scenes(4), tiny("paper", iou_training=kind)) for kind in ("frozen", "joint"))
    assert not torch.equal(alone.skips.levels[0][0].weight, joint.skips.levels[0][0].weight)
    torch.manual_seed(0)
    initial = build_network(tiny("paper"), 2)
    assert not torch.equal(initial.iou_branch.linear.weight, joint.iou_branch.linear.weight)


@pytest.mark.parametrize("name", ["paper", "compact", "paper-free"])
def test_images_without_objects_can_be_learnt_from(scenes, name):
    network = train([*scenes(2), *scenes(3, objects=0, seed=9)], tiny(name, batch=2))
    assert all(tensor.isfinite().all() for tensor in network.state_dict().values())
    assert train(scenes(3, objects=0), tiny(name)) is not None


def test_progress_is_told_at_every_iteration_and_never_goes_back(scenes):
    told: list[float] = []
    train(scenes(4), tiny("compact"), progress=lambda fraction, message: told.append(fraction))
    assert len(told) >= 6 + 3
    assert told == sorted(told)
    assert 0 < told[0] < 0.2
    assert told[-1] == 1


def test_a_diverging_training_names_the_iteration(scenes):
    with pytest.raises(FailedPrecondition, match=r"iteration \d+"):
        train(scenes(4), tiny("compact", rate=1e30, encoder_rate=1e30, clip=0.0, warmup=0))


@pytest.mark.parametrize("classes", ["fed", "predicted"])
def test_so_does_one_whose_steps_are_matched_with_objects(scenes, classes):
    with pytest.raises(FailedPrecondition, match=r"iteration \d+"):
        train(scenes(4), tiny("paper", classes=classes, rate=1e30, encoder_rate=1e30))


def test_nothing_to_learn_from_is_refused():
    with pytest.raises(InvalidArgument, match="no labeled image"):
        train([], tiny("paper"))


def slow_joint_loss(decoded, classes: Tensor, targets: Tensor) -> float:
    """Mask and IoU losses of a batch, step by step."""
    masks, ious = [], []
    for b, t in (classes >= 0).nonzero().tolist():
        p, y = decoded.logits[b, t].sigmoid(), targets[b, t].float()
        masks.append(1 - (p * y).sum() / ((p + y - p * y).sum() + 1e-6))
        shown = p > 0.5
        iou = (shown & targets[b, t]).sum() / (shown | targets[b, t]).sum().clamp(min=1)
        ious.append((decoded.iou_output[b, t] - iou.sqrt()).abs())
    return (sum(masks) / len(masks) + sum(ious) / len(ious)).item()


def test_the_joint_loss_agrees_with_adding_up_step_by_step(scenes):
    recipe = tiny("paper", iou_training="joint")
    prepared = [prepare(scene, CATEGORIES, 32, 20) for scene in [*scenes(2, objects=3), *scenes(2, objects=1, seed=2)]]
    torch.manual_seed(0)
    network = build_network(recipe, 2).eval()
    batch = draw_batch(TrainingSet(prepared), recipe, 0, 0, CPU)
    with torch.no_grad():
        loss = segmentation_loss(network, batch, recipe)
        decoded = network(batch.images, batch.step_classes)
    order = match_objects(decoded.logits, batch.step_classes, batch.masks)
    targets = batch.masks[torch.arange(4)[:, None], order]
    assert loss.item() == pytest.approx(slow_joint_loss(decoded, batch.step_classes, targets), abs=1e-5)


@pytest.mark.slow
def test_a_network_learns_from_empty_images_to_leave_alone_what_is_like_them(scenes):
    def pink(scene: Example) -> Example:
        """The same rectangles in a colour that the project does not know."""
        return Example(scene.image_id, np.where(scene.pixels.max(axis=2, keepdims=True) > 70, PINK, scene.pixels), ())

    own, lookalikes = scenes(24, objects=1), [pink(scene) for scene in scenes(24, objects=1, seed=1)]
    recipe = tiny("compact-free", iterations=45, batch=8, steps=3)
    empty = [prepare(scene, CATEGORIES, 32, 3) for scene in lookalikes[:12]]
    where: dict[str, Any] = {"seed": 0, "device": CPU, "checkpoint_dir": None, "progress": lambda *_: None}
    unaware, aware = (train_network(own[:12], CATEGORIES, recipe, empty=known, **where) for known in ((), empty))

    def found(network: AnnotationNetwork, examples: list[Example]) -> int:
        """How many of these images it takes for something."""
        head = Calibrator.unfitted(statistics_width(recipe, 2))
        model = FittedModel(network, recipe, CATEGORIES, head, 0, (), {})
        predictions = model.predict(map(ImageToScore.of, examples), device=CPU, batch_size=8)
        return sum(bool(item.proposals.objects) for item in predictions)

    assert found(unaware, lookalikes[12:]) >= 10
    assert found(aware, lookalikes[12:]) <= 2
    assert found(aware, own[12:]) >= 10


def test_a_network_that_is_told_what_to_outline_does_not_look_at_empty_images(scenes):
    recipe = tiny("paper")
    where: dict[str, Any] = {"seed": 0, "device": CPU, "checkpoint_dir": None, "progress": lambda *_: None}
    empty = [prepare(scene, CATEGORIES, 32, 20) for scene in scenes(2, objects=0, seed=1)]
    assert_same_bits(train(scenes(4), recipe), train_network(scenes(4), CATEGORIES, recipe, empty=empty, **where))
