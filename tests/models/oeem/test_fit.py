"""A network that learns from patches' classes: what it is told, what it makes of it, and how it is kept."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from maskloop.errors import FailedPrecondition, InvalidArgument, InvalidConfig, InvalidLabel, InvalidPrompt
from maskloop.values import Counts, HeadState, Prompt
from maskloop.values.heads import SEEN
from models.classification.data import ClassExample
from models.data.samples import Example, ImageToScore
from models.features.evidence import with_head
from models.kinds.load import load_model
from models.kinds.networks import features_of
from models.kinds.networks import fit as fit_any
from models.kinds.recipes import resolve
from models.oeem.fit import USUAL_THRESHOLD, fit
from models.oeem.model import FittedOeem, among
from models.oeem.recipe import LAST_RATE, WEIGHT_MAPS, OeemRecipe
from models.predictor import PromptedImage
from models.proposals.from_maps import NAMES
from models.segmentation.pixel_weights import WEIGHT_MAPS as WEIGHING
from models.training.loop import Progress
from tests.models.oeem.scenes import CATEGORIES, SIDE, named, picture, tissue

CPU = torch.device("cpu")
RECIPE = OeemRecipe(
    encoder="compact", weights="", input_side=64, width=16, map_scales="one", weight_map="plain",
    min_iterations=120, max_iterations=120, rate=2e-3, mask_rate=3e-3,
)  # fmt: skip
SHORT = replace(RECIPE, input_side=32, width=8, min_iterations=1, max_iterations=1)
TOLD = [named(picture(number)) for number in range(8)] + [named(picture(number, empty=True)) for number in range(4)]


def fitted(
    told: Iterable[ClassExample],
    examples: list[Example] | None = None,
    recipe: OeemRecipe = SHORT,
    *,
    folder: Path | None = None,
    progress: Progress = lambda *_: None,
) -> FittedOeem:
    return fit(
        examples or [], CATEGORIES, recipe, seed=1, device=CPU, checkpoint_dir=folder, progress=progress, judged=told
    )


@pytest.fixture(scope="module")
def short() -> FittedOeem:
    return fitted(TOLD)


def items(
    examples: list[Example], counts: Counts | None = None, present: frozenset[int] | None = None
) -> list[ImageToScore]:
    return [replace(ImageToScore.of(example, counted=False), counts=counts, present=present) for example in examples]


def same(one: FittedOeem, other: FittedOeem) -> bool:
    states = one.network.state_dict(), other.network.state_dict()
    return all(torch.equal(states[0][name], states[1][name]) for name in states[0])


@pytest.mark.slow
def test_class_labels_alone_teach_where_objects_are_in_images_of_any_size():
    told = [named(picture(number)) for number in range(16)] + [named(picture(n, empty=True)) for n in range(8)]
    model = fitted(told, recipe=RECIPE)
    assert (model.head, model.snapshot, model.side) == (HeadState.UNFITTED, (), SIDE)
    for side, least in ((SIDE, 0.35), (3 * SIDE, 0.2)):
        ious = []
        for number in range(20, 28):
            example = picture(number, side)
            (truth,) = example.objects
            (found,) = model.predict(items([example], present=frozenset({truth.category_id})), device=CPU, batch_size=1)
            ious.append(max((item.mask.iou(truth.mask) for item in found.proposals.objects), default=0.0))
        assert np.mean(ious) > least


@pytest.mark.slow
def test_a_vocabulary_that_names_all_parts_an_image_among_its_classes():
    told = [named(tissue(number, *pair)) for number, pair in enumerate([(4, 4), (9, 9), (4, 9), (9, 4)] * 4)]
    model = fitted(told, recipe=replace(RECIPE, ground=False))
    example = tissue(40, 9, 4)
    (found,) = model.predict(items([example]), device=CPU, batch_size=1)
    assert sum(item.mask.area for item in found.proposals.objects) >= 0.95 * SIDE * SIDE
    for truth in example.objects:
        mine = [item.mask.iou(truth.mask) for item in found.proposals.objects if item.category_id == truth.category_id]
        assert max(mine) > 0.8


def test_the_recipes_words_are_those_of_the_weights():
    assert tuple(WEIGHING) == WEIGHT_MAPS


def test_without_an_outline_thresholds_are_the_usual_ones_and_nothing_is_calibrated(short):
    assert (short.threshold, short.head, short.snapshot) == (USUAL_THRESHOLD, HeadState.UNFITTED, ())
    assert (short.side, short.tile) == (SIDE, 32)


def test_the_order_of_the_labels_has_no_influence(short):
    assert same(short, fitted(TOLD[::-1]))


def test_what_is_known_may_be_handed_in_once(short):
    assert same(short, fitted(iter(TOLD)))  # though it is gone through twice


@pytest.mark.parametrize("killed_at", ["patches: iteration", "maps of 3", "masks: iteration"])
def test_a_training_that_is_killed_ends_as_if_it_had_not_been(short, tmp_path, killed_at):
    """At whatever step it was; a network that was there is not trained again."""
    told: list[str] = []

    def dies(_: float, message: str) -> None:
        told.append(message)
        if message.startswith(killed_at):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fitted(TOLD, folder=tmp_path, progress=dies)
    assert told[-1].startswith(killed_at)
    made = {"patches: iteration": 0, "maps of 3": 3}.get(killed_at, 8)
    assert len(list(tmp_path.glob("training/maps/*.npy"))) == made
    again: list[str] = []
    assert same(short, fitted(TOLD, folder=tmp_path, progress=lambda _, message: again.append(message)))
    assert not any(message.startswith("patches") for message in again)  # its only iteration was done


def test_progress_is_told_of_every_step_and_never_falls():
    seen: list[tuple[float, str]] = []
    fitted(TOLD[:9], [picture(30), picture(31)], progress=lambda share, message: seen.append((share, message)))
    assert [share for share, _ in seen] == sorted(share for share, _ in seen)
    for begin in ("patches: iteration", "maps of", "masks: iteration", "read 2 of 2 labeled"):
        assert any(message.startswith(begin) for _, message in seen)


def test_outlines_teach_and_a_head_of_what_was_learnt_is_not_trusted():
    model = fitted([], [picture(number) for number in range(8)], replace(SHORT, threshold=0.05, least_share=0.0))
    assert model.snapshot == tuple(f"im{number:02}" for number in range(8))
    assert model.side == 16  # a quarter of the pictures, but no less than this
    assert model.threshold == 0.05
    assert model.head is HeadState.UNTRUSTED
    assert model.metrics["held_out_images"] == 8
    assert model.metrics[SEEN]


def test_where_classes_of_other_images_suffice_a_held_out_fit_judges_the_outlined_ones():
    seen: list[str] = []
    outlined = [picture(number) for number in range(30, 38)]
    model = fitted(
        TOLD,
        outlined,
        replace(SHORT, threshold=0.05, least_share=0.0),
        progress=lambda _, message: seen.append(message),
    )
    assert any(message.startswith("held-out fit: patches") for message in seen)
    assert SEEN not in model.metrics
    assert model.metrics["held_out_images"] == 8
    assert model.side == SIDE
    alone = fitted(TOLD, recipe=model.recipe)  # what has not seen them
    judged = with_head(alone, outlined, len(NAMES), device=CPU, trust=True)
    assert (model.calibrator, model.head) == (judged.calibrator, judged.head)


def test_outlines_choose_the_threshold():
    model = fitted(TOLD, [picture(30), picture(31)])
    assert model.threshold in {round(0.05 * step, 2) for step in range(1, 19)}
    assert model.threshold != USUAL_THRESHOLD  # one iteration knows nothing yet; what suits is another


def test_classes_that_are_known_are_the_ones_that_are_looked_for(short):
    sure = replace(short, threshold=0.05, recipe=replace(short.recipe, least_share=0.0))
    asked = [picture(20)]
    (told,) = sure.predict(items(asked, present=frozenset({9})), device=CPU, batch_size=1)
    assert {item.category_id for item in told.proposals.objects} == {9}
    (counted,) = sure.predict(items(asked, counts=Counts({4: 300})), device=CPU, batch_size=1)
    assert {item.category_id for item in counted.proposals.objects} == {4}
    assert counted.proposals.not_decoded == 300 - len(counted.proposals.objects)
    (empty,) = sure.predict(items(asked, present=frozenset()), device=CPU, batch_size=1)
    assert (empty.proposals.objects, empty.proposals.score) == ((), 1.0)
    with pytest.raises(InvalidLabel, match="category 7"):
        list(sure.predict(items(asked, present=frozenset({7})), device=CPU, batch_size=1))


def test_probabilities_are_shared_among_the_classes_that_may_be_there():
    likely = np.array([0.5, 0.3, 0.2], np.float32)[:, None, None]
    np.testing.assert_allclose(among(likely, [0, 1], ground=True).ravel(), [0.3, 0.2])
    np.testing.assert_allclose(among(likely, [1], ground=True).ravel(), [0.2 / 0.7])
    np.testing.assert_allclose(among(likely, [0, 2], ground=False).ravel(), [0.5 / 0.7, 0.2 / 0.7])
    np.testing.assert_allclose(among(likely, [1], ground=False).ravel(), [0.3])


def test_features_are_those_of_its_predictions(short):
    asked = items([picture(20), picture(21, 70)])
    apart = dict(features_of(short, asked, device=CPU, batch_size=2, progress=lambda *_: None))
    for found in short.predict(asked, device=CPU, batch_size=1):
        np.testing.assert_allclose(found.features, apart[found.image_id], atol=1e-4)


def test_a_model_is_read_as_it_was_written(tmp_path, short):
    short.save(tmp_path / "model")
    read = load_model(tmp_path / "model", CPU)
    assert isinstance(read, FittedOeem)
    assert (read.recipe, read.threshold, read.side, read.tile) == (SHORT, short.threshold, SIDE, 32)
    for one, other in zip(
        short.predict(items([picture(16), picture(17)]), device=CPU, batch_size=2),
        read.predict(items([picture(16), picture(17)]), device=CPU, batch_size=2),
        strict=True,
    ):
        assert one.proposals == other.proposals
        np.testing.assert_array_equal(one.features, other.features)


def test_a_prompt_for_a_category_that_was_not_learnt_is_refused_by_its_place(short):
    boxed = Prompt(category_id=9, box=(2, 2, 30, 30))
    asked = PromptedImage(items([picture(19)])[0], (SIDE, SIDE), (boxed, replace(boxed, category_id=5)))
    with pytest.raises(InvalidPrompt, match="prompt 1 names category 5"):
        short.propose([asked])


def test_its_recipe_is_one_among_all_and_encoders_of_the_paper_fit():
    recipe = resolve("oeem", encoder="wideresnet38/8", weights="", iterations=1, input_side=32, width=8)
    model = fit_any(
        [], CATEGORIES, recipe, seed=0, device=CPU, checkpoint_dir=None, progress=lambda *_: None, judged=TOLD[:3]
    )
    assert isinstance(model, FittedOeem)
    assert len(list(model.predict(items([picture(3)]), device=CPU, batch_size=1))) == 1


def test_without_a_category_there_is_nothing_to_learn():
    with pytest.raises(InvalidArgument, match="no image that holds a category"):
        fitted([named(picture(1, empty=True))])


def test_one_category_alone_cannot_name_all_there_is():
    with pytest.raises(FailedPrecondition, match="ground=false needs 2 categories"):
        fit([], (4,), replace(SHORT, ground=False), seed=0, device=CPU, checkpoint_dir=None, progress=lambda *_: None)
    with pytest.raises(FailedPrecondition, match="at most 254 categories; the project has 255"):
        OeemRecipe().check_vocabulary(255)


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"weight_map": "magic"}, "weight_map"),
        ({"input_side": 100}, "input_side is 100, not a multiple of 32"),
        ({"width": 7}, "width"),
        ({"side": 5}, "side is 5; it must be from 16 to 100000, or 0"),
        ({"side": 1 << 40}, "side is .*; it must be from"),
        ({"share": 1.5}, "share"),
        ({"mask_rate": LAST_RATE}, "mask_rate"),
        ({"min_iterations": 9, "max_iterations": 3}, "below min_iterations, which is 9; iterations=3"),
        ({"encoder": 50}, "encoder is 50, not text"),
        ({"encoder": "resnet5O"}, "did you mean 'resnet50'"),
        ({"encoder": "wideresnet38", "weights": "package"}, "the packaged weights|weights 'package'"),
        ({"method": "cam"}, "'method' is unknown"),
    ],
)
def test_an_option_that_cannot_be_is_refused_by_name(options, named):
    with pytest.raises(InvalidConfig, match=named):
        resolve("oeem", **options)
