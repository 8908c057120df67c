"""A fit learns from the labels it is given and nothing else, resumes to the same bytes, and its head can rank."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from maskloop.errors import Cancelled
from maskloop.values import Split
from models.calibration import MIN_IMAGES
from models.checkpoints import FittedModel
from models.evaluation import evaluate
from models.examples import Example
from models.fitting import fit, observe_unseen
from models.metrics import spearman
from models.network import AnnotationNetwork
from models.recipes import Recipe, resolve
from models.training import Progress, train_network

CPU = torch.device("cpu")
CATEGORIES = (3, 7)
TINY = resolve("compact", image_size=32, hidden=16, iterations=6, iou_epochs=1, batch=4, checkpoint_every=2)


def silent(_: float, __: str) -> None:
    return None


def fit_tiny(examples: Sequence[Example], folder: Path | None = None, progress: Progress = silent) -> FittedModel:
    return fit(examples, CATEGORIES, TINY, seed=3, device=CPU, checkpoint_dir=folder, progress=progress)


def saved(model: FittedModel, path: Path) -> bytes:
    model.save(path)
    return path.read_bytes()


def test_a_fit_says_what_it_learnt_from_and_which_head_it_uses(scenes):
    model = fit_tiny(scenes(10))
    assert model.snapshot == tuple(f"image-{place}" for place in range(10))
    assert model.categories == CATEGORIES
    assert model.calibrator.head in ("statistics", "confidence")
    assert model.metrics["held_out_images"] == 10
    assert 0 <= model.metrics["held_out_mae"] <= 1


def test_too_few_labels_train_a_network_and_fit_no_head(scenes, tmp_path: Path):
    model = fit_tiny(scenes(MIN_IMAGES - 1), tmp_path)
    assert model.calibrator.head == "unfitted"
    assert [path.name for path in tmp_path.iterdir()] == ["final"]


def test_the_order_of_the_labels_does_not_matter(scenes, tmp_path: Path):
    examples = scenes(8)
    forward, backward = fit_tiny(examples), fit_tiny(examples[::-1])
    assert saved(forward, tmp_path / "a") == saved(backward, tmp_path / "b")


def test_every_image_is_judged_by_a_network_that_was_trained_without_it(scenes):
    trained_on: list[set[str]] = []

    def train(_: str, seen: Sequence[Example], recipe: Recipe, progress: Progress) -> AnnotationNetwork:
        trained_on.append({example.image_id for example in seen})
        return train_network(seen, CATEGORIES, recipe, seed=0, device=CPU, checkpoint_dir=None, progress=progress)

    examples = scenes(9)
    ids = {example.image_id for example in examples}
    observed = observe_unseen(examples, CATEGORIES, TINY, train, seed=0, device=CPU, progress=silent)
    assert set(observed.image_ids) == ids
    left_out = [ids - seen for seen in trained_on]
    assert sorted(image_id for fold in left_out for image_id in fold) == sorted(ids)
    # Rows come fold by fold: those of the first fold's images are of the first network, and so on.
    order = list(dict.fromkeys(observed.image_ids))
    for fold in left_out:
        assert {order.pop(0) for _ in fold} == fold


def test_a_fit_that_is_killed_at_any_stage_ends_with_the_same_bytes(scenes, tmp_path: Path):
    examples = scenes(8)
    unbroken = saved(fit_tiny(examples), tmp_path / "unbroken")
    calls = 0

    def count(_: float, __: str) -> None:
        nonlocal calls
        calls += 1

    fit_tiny(examples, progress=count)
    for stop in range(2, calls, 5):
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
