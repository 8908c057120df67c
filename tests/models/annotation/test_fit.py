"""A fit learns from the labels it is given and nothing else, resumes to the same bytes, and its head can rank."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from maskloop.errors import Cancelled
from maskloop.masks import Mask
from maskloop.values import HeadState, ObjectLabel, Split
from models.annotation.evaluate import evaluate
from models.annotation.fit import fit
from models.annotation.model import FittedModel
from models.annotation.network import AnnotationNetwork
from models.annotation.recipe import resolve
from models.data.samples import Example
from models.iou_head.trust import head_state
from models.metrics.agreement import spearman
from models.training.holdout import MIN_IMAGES, hold_out
from models.training.loop import Progress

pytestmark = pytest.mark.journey

CPU = torch.device("cpu")
CATEGORIES = (3, 7)
TINY = resolve("compact", image_size=32, hidden=16, iterations=6, iou_epochs=1, batch=4, checkpoint_every=2)


def silent(_: float, __: str) -> None:
    return None


def fit_tiny(examples: Sequence[Example], folder: Path | None = None, progress: Progress = silent) -> FittedModel:
    return fit(examples, CATEGORIES, TINY, seed=3, device=CPU, checkpoint_dir=folder, progress=progress)


def assert_same_network(first: AnnotationNetwork, second: AnnotationNetwork) -> None:
    states = second.state_dict()
    assert all(torch.equal(states[key], value) for key, value in first.state_dict().items())


def saved(model: FittedModel, path: Path) -> bytes:
    model.save(path)
    return path.read_bytes()


def test_a_fit_says_what_it_learnt_from_and_how_its_head_did_on_images_held_out(scenes):
    model = fit_tiny(scenes(12))
    assert model.snapshot == tuple(sorted(f"image-{place}" for place in range(12)))
    assert model.categories == CATEGORIES
    assert model.calibrator.head == "statistics"
    assert model.metrics["held_out_images"] == 3
    assert 0 <= model.metrics["held_out_mae"] <= 1
    assert 0 <= model.metrics["held_out_mean_iou"] <= 1
    assert model.head is head_state(model.metrics)


def test_too_few_labels_train_a_network_and_fit_no_head(scenes, tmp_path: Path):
    model = fit_tiny(scenes(MIN_IMAGES - 1), tmp_path)
    assert model.calibrator.head == "unfitted"
    assert (model.metrics, model.head) == ({"held_out_images": 0}, HeadState.UNFITTED)
    assert [path.name for path in tmp_path.iterdir()] == ["training"]


def test_without_a_held_out_fit_a_fit_is_one_training(scenes, tmp_path: Path):
    examples = scenes(12)
    model = fit(
        examples,
        CATEGORIES,
        replace(TINY, held_out=0.0),
        seed=3,
        device=CPU,
        checkpoint_dir=tmp_path,
        progress=silent,
    )
    assert model.calibrator.head == "statistics"
    assert [path.name for path in tmp_path.iterdir()] == ["training"]
    assert_same_network(model.network, fit_tiny(examples).network)


def test_labels_without_any_object_fit_no_head():
    blank = [Example(f"image-{place}", np.zeros((32, 32, 3), dtype=np.uint8), ()) for place in range(10)]
    model = fit_tiny(blank)
    assert (model.calibrator.head, model.head) == ("unfitted", HeadState.UNFITTED)


def test_many_labels_of_which_few_hold_objects_fit_no_head_either(scenes, tmp_path: Path):
    nothing = [replace(example, objects=()) for example in scenes(20)[6:]]
    model = fit_tiny([*scenes(6), *nothing])
    assert (model.calibrator.head, model.head) == ("unfitted", HeadState.UNFITTED)
    model.save(tmp_path / "m")
    assert FittedModel.load(tmp_path / "m", torch.device("cpu")).head is HeadState.UNFITTED


def test_the_order_of_the_labels_does_not_matter(scenes, tmp_path: Path):
    examples = scenes(8)
    forward, backward = fit_tiny(examples), fit_tiny(examples[::-1])
    assert saved(forward, tmp_path / "a") == saved(backward, tmp_path / "b")


def test_the_held_out_fits_network_never_sees_what_its_head_is_judged_by(scenes, tmp_path: Path):
    # Another held-out image changes the network of the training, and nothing at all in the held-out fit's.
    examples = scenes(12)
    seen, unseen = hold_out(examples, TINY.held_out, seed=3)
    darker = [replace(example, pixels=example.pixels // 2) for example in unseen]
    fit_tiny([*seen, *unseen], tmp_path / "a")
    fit_tiny([*seen, *darker], tmp_path / "b")
    states = {
        (run, stage): torch.load(tmp_path / run / stage / "training.pt", weights_only=True)["network"]
        for run in "ab"
        for stage in ("held-out-fit", "training")
    }
    same = {
        stage: all(torch.equal(states["a", stage][key], value) for key, value in states["b", stage].items())
        for stage in ("held-out-fit", "training")
    }
    assert same == {"held-out-fit": True, "training": False}


@pytest.mark.slow
def test_a_fit_that_is_killed_at_any_stage_ends_with_the_same_bytes(scenes, tmp_path: Path):
    examples = scenes(8)
    unbroken = saved(fit_tiny(examples), tmp_path / "unbroken")
    calls = 0

    def count(_: float, __: str) -> None:
        nonlocal calls
        calls += 1

    fit_tiny(examples, progress=count)
    for stop in range(2, calls, calls // 4):
        left = stop

        def kill(_: float, __: str) -> None:
            nonlocal left
            left -= 1
            if not left:
                raise Cancelled("killed")

        folder = tmp_path / str(stop)
        with pytest.raises(Cancelled):
            fit_tiny(examples, folder, kill)
        assert saved(fit_tiny(examples, folder), tmp_path / "resumed") == unbroken


def test_progress_rises_to_one(scenes):
    shares: list[float] = []
    fit_tiny(scenes(8), progress=lambda share, _: shares.append(share))
    assert shares == sorted(shares)
    assert shares[-1] == pytest.approx(1.0)


def test_evaluating_changes_nothing_in_a_model(scenes, tmp_path: Path):
    model = fit_tiny(scenes(8))
    before = saved(model, tmp_path / "before")
    evaluate(model, scenes(5, seed=9), Split.TEST, device=CPU, progress=silent)
    assert saved(model, tmp_path / "after") == before


def faded(examples: Sequence[Example], rng: np.random.Generator) -> list[Example]:
    """The examples in fog, each in another: difficulty varies from image to image."""
    foggy = []
    for example in examples:
        clear = rng.uniform(0.05, 1)
        fog = rng.integers(0, 256, size=example.pixels.shape)
        foggy.append(replace(example, pixels=(clear * example.pixels + (1 - clear) * fog).astype(np.uint8)))
    return foggy


@pytest.mark.slow
def test_predicted_iou_ranks_unseen_images_better_than_shuffled_scores(scenes):
    rng = np.random.default_rng(0)
    labeled, unseen = faded(scenes(40, seed=1), rng), faded(scenes(60, seed=2), rng)
    recipe = resolve("compact", image_size=32, hidden=16, iterations=80, iou_epochs=20)
    model = fit(labeled, CATEGORIES, recipe, seed=0, device=CPU, checkpoint_dir=None, progress=silent)
    evaluation = evaluate(model, unseen, Split.TEST, device=CPU, progress=silent)
    true = np.array([image.true_iou for image in evaluation.images])
    predicted = np.array([image.predicted_iou for image in evaluation.images])
    shuffled = [spearman(rng.permutation(predicted), true) or 0.0 for _ in range(100)]
    assert evaluation.iou_spearman is not None
    assert evaluation.iou_spearman > max(shuffled)
    assert evaluation.iou_mae < np.abs(true - true.mean()).mean()


@pytest.mark.slow
def test_a_warm_fit_is_judged_by_a_held_out_fit_that_has_not_seen_the_labels_held_out(scenes):
    examples = scenes(12)
    start = fit_tiny(examples).network
    fits = [
        fit(examples, CATEGORIES, TINY, seed=3, device=CPU, checkpoint_dir=None, progress=silent, start=network)
        for network in (None, start)
    ]
    assert fits[0].metrics == fits[1].metrics
    weights = [model.network.get_parameter("mask_head.second.weight") for model in fits]
    assert not torch.equal(*weights)


def proposed(examples: Sequence[Example]) -> list[Example]:
    """The examples as other images, whose labels are a model's."""
    return [replace(example, image_id=f"pseudo-{example.image_id}") for example in examples]


def fit_with(examples: Sequence[Example], pseudo: Sequence[Example], folder: Path | None = None) -> FittedModel:
    return fit(
        examples, CATEGORIES, TINY, seed=3, device=CPU, checkpoint_dir=folder, progress=silent, pseudo=iter(pseudo)
    )


def stages(folder: Path) -> dict[str, dict[str, torch.Tensor]]:
    """The weights that a fit's trainings came to."""
    return {
        stage: torch.load(folder / stage / "training.pt", weights_only=True)["network"]
        for stage in ("held-out-fit", "training")
    }


def same(first: dict[str, torch.Tensor], second: dict[str, torch.Tensor]) -> bool:
    return all(torch.equal(first[key], value) for key, value in second.items())


@pytest.mark.slow
def test_both_trainings_learn_from_pseudo_labels_and_none_is_held_out(scenes, tmp_path: Path):
    strong, pseudo = scenes(12), proposed(scenes(5, seed=1))
    model = fit_with(strong, pseudo, tmp_path / "with")
    fit_tiny(strong, tmp_path / "without")
    assert model.metrics["held_out_images"] == 3
    assert model.snapshot == tuple(sorted(example.image_id for example in strong))
    assert model.pseudo == tuple(sorted(example.image_id for example in pseudo))
    model.save(tmp_path / "model")
    assert FittedModel.load(tmp_path / "model", CPU).pseudo == model.pseudo
    learnt, alone = stages(tmp_path / "with"), stages(tmp_path / "without")
    assert not same(learnt["held-out-fit"], alone["held-out-fit"])
    assert not same(learnt["training"], alone["training"])


@pytest.mark.slow
def test_beside_pseudo_labels_too_a_held_out_fit_never_sees_what_is_held_out(scenes, tmp_path: Path):
    strong, pseudo = scenes(12), proposed(scenes(5, seed=1))
    seen, unseen = hold_out(strong, TINY.held_out, seed=3)
    darker = [replace(example, pixels=example.pixels // 2) for example in unseen]
    fit_with(strong, pseudo, tmp_path / "a")
    fit_with([*seen, *darker][::-1], pseudo[::-1], tmp_path / "b")
    first, second = stages(tmp_path / "a"), stages(tmp_path / "b")
    assert same(first["held-out-fit"], second["held-out-fit"])
    assert not same(first["training"], second["training"])


def test_no_head_is_fitted_on_pseudo_labels(scenes):
    model = fit_with(scenes(MIN_IMAGES - 1), proposed(scenes(20, seed=1)))
    assert model.calibrator.head == "unfitted"
    assert (model.metrics, model.head) == ({"held_out_images": 0}, HeadState.UNFITTED)


def test_an_image_whose_pseudo_labels_vanish_at_the_networks_size_is_left_out(scenes):
    strong, (whole,) = scenes(MIN_IMAGES - 1), proposed(scenes(1, seed=1))
    speck = np.zeros((1024, 1024), dtype=np.bool_)
    speck[0, 0] = True  # between the pixels that a network of 32 x 32 looks at
    pixels = np.zeros((1024, 1024, 3), dtype=np.uint8)
    vanishing = Example("pseudo-speck", pixels, (ObjectLabel(3, Mask.from_array(speck)),))
    assert fit_with(strong, [whole, vanishing]).pseudo == (whole.image_id,)
