"""What learns for class maps beside the classifier: FickleNet, W-OoD, RIB's pictures, and what refines maps."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from maskloop.errors import Cancelled, InvalidArgument, InvalidConfig
from maskloop.masks import Mask
from maskloop.values import HeadState, ObjectLabel
from maskloop.values.heads import SEEN
from models.class_maps.fit import fit, usual_threshold
from models.class_maps.learn import MOST_SEEDED, Material
from models.class_maps.model import FittedClassMaps
from models.class_maps.recipe import LEARNT_REFINEMENTS, METHODS, REFINEMENTS, ClassMapsRecipe
from models.class_maps.refinements import REFINEMENTS as NETWORKS
from models.classification.data import ClassExample
from models.data.samples import Example, ImageToScore
from models.kinds.load import load_model
from models.localization.ficklenet import FickleNet
from models.localization.rib import Rib
from models.training.loop import Progress

CPU = torch.device("cpu")
CATEGORIES = (4, 9)
TINY = ClassMapsRecipe(
    classifier="compact", min_iterations=2, max_iterations=2, refine_iterations=1, side=64, fickle_passes=2, rib_steps=1
)


def picture(number: int, side: int = 64) -> Example:
    """A square of one of two colours, by turns."""
    rng = np.random.default_rng(number)
    pixels = rng.integers(90, 140, (side, side, 3)).astype(np.uint8)
    top, left = rng.integers(4, side - 28, 2)
    mask = np.zeros((side, side), dtype=bool)
    mask[top : top + 24, left : left + 24] = True
    pixels[mask] = ((230, 40, 30), (30, 60, 220))[number % 2]
    return Example(f"im{number:02}", pixels, (ObjectLabel(CATEGORIES[number % 2], Mask.from_array(mask)),))


def judged(example: Example) -> ClassExample:
    return ClassExample(example.image_id, example.pixels, frozenset(item.category_id for item in example.objects))


KNOWN = [judged(picture(number)) for number in range(6)]
EMPTY = [ClassExample(f"no{place}", picture(place).pixels[:30, ::-1], frozenset()) for place in range(3)]


def fitted(
    recipe: ClassMapsRecipe,
    known: list[ClassExample] | None = None,
    *,
    examples: list[Example] | None = None,
    folder: Path | None = None,
    progress: Progress = lambda *_: None,
) -> FittedClassMaps:
    return fit(
        examples or [],
        CATEGORIES,
        recipe,
        seed=1,
        device=CPU,
        checkpoint_dir=folder,
        progress=progress,
        judged=KNOWN if known is None else known,
    )


def outlined(model: FittedClassMaps) -> list[object]:
    """What it makes of two images."""
    items = [
        replace(ImageToScore.of(picture(number), counted=False), present=frozenset(CATEGORIES)) for number in (7, 8)
    ]
    return [found.proposals for found in model.predict(items, device=CPU, batch_size=1)]


def test_the_recipes_words_are_those_of_the_networks():
    assert set(LEARNT_REFINEMENTS) == set(NETWORKS)
    assert set(REFINEMENTS) == {"none", "crf", "auto", *NETWORKS}


@pytest.mark.parametrize(
    "options",
    [
        {"method": "ficklenet"},
        {"refine": "irn", "split": "displacement"},
        pytest.param({"refine": "psa"}, marks=pytest.mark.slow),
        pytest.param({"refine": "dsrg"}, marks=pytest.mark.slow),
    ],
    ids=lambda options: " ".join(options.values()),
)
def test_every_part_is_read_as_it_was_written(options, tmp_path):
    model = fitted(replace(TINY, **options))
    model.save(tmp_path / "model")
    read = load_model(tmp_path / "model", CPU)
    assert isinstance(read, FittedClassMaps)
    assert outlined(read) == outlined(model)
    assert model.threshold == usual_threshold(model.recipe)


def test_each_method_is_the_one_that_is_named():
    model = fitted(replace(TINY, method="rib"))
    method = model.network.method(model.recipe, 5)
    assert isinstance(method, Rib)
    assert method.others is not None
    assert len(method.others.images) == len(KNOWN)
    assert [tuple(held) for held in method.others.classes] == [
        (CATEGORIES.index(next(iter(known.present))),) for known in _drawn_others()
    ]
    fickle = fitted(replace(TINY, method="ficklenet"))
    assert fickle.network.method(fickle.recipe, 5) == FickleNet(seed=5, passes=2)
    names = {type(model.network.method(replace(TINY, method=name), 0)).__name__ for name in METHODS if name != "auto"}
    assert names == {"Cam", "GradCam", "AdvCam", "FickleNet", "Rib", "WithRib"}


def _drawn_others() -> tuple[ClassExample, ...]:
    return Material.of(KNOWN, CATEGORIES, TINY, 1).others(1)


def test_ood_images_are_learnt_from_and_asked_for():
    plain, moved = fitted(TINY, [*KNOWN, *EMPTY]), fitted(replace(TINY, ood="wood"), [*KNOWN, *EMPTY])
    first, second = (model.network.classifier.head.weight for model in (plain, moved))
    assert not torch.equal(first, second)
    with pytest.raises(InvalidArgument, match="known to hold nothing"):
        fitted(replace(TINY, ood="wood"))


@pytest.mark.slow
def test_a_training_that_is_stopped_in_its_last_part_comes_to_the_same(tmp_path):
    """To the last bit."""
    recipe = replace(TINY, refine="irn")
    whole = fitted(recipe)

    def stop(share: float, message: str) -> None:
        if "displacements" in message:
            raise Cancelled("enough")

    with pytest.raises(Cancelled):
        fitted(recipe, folder=tmp_path, progress=stop)
    again = fitted(recipe, folder=tmp_path)
    for name, value in whole.network.state_dict().items():
        assert torch.equal(value, again.network.state_dict()[name]), name


def test_material_is_bounded_and_its_order_has_no_influence():
    many = [replace(KNOWN[0], image_id=f"x{place:03}", pixels=KNOWN[0].pixels[:8, :8]) for place in range(70)]
    first = Material.of(many, CATEGORIES, replace(TINY, refine="psa"), 3)
    again = Material.of(many[::-1], CATEGORIES, replace(TINY, refine="psa"), 3)
    assert len(first.pictures) == MOST_SEEDED
    assert [item.image_id for item in first.pictures] == [item.image_id for item in again.pictures]
    assert [item.image_id for item in first.squares] == [item.image_id for item in many]
    assert not Material.of(many, CATEGORIES, TINY, 3).pictures
    apart = frozenset(item.image_id for item in first.pictures)
    left = Material.of(many, CATEGORIES, replace(TINY, refine="psa"), 3, apart).elsewhere
    others = [item.image_id for item in many if item.image_id not in apart]
    assert [item.image_id for item in left.squares] == [item.image_id for item in left.pictures] == others


def test_a_head_is_judged_on_images_whose_classes_nobody_told():
    """A held-out fit needs class labels of other images, of each class; without it no head is trusted."""
    outlines = [picture(number) for number in range(20, 30)]
    recipe = replace(TINY, threshold=0.4, sure=0.05)
    messages: list[str] = []
    model = fitted(recipe, examples=outlines, progress=lambda _, message: messages.append(message))
    alone = fitted(recipe, [], examples=outlines)
    assert model.calibrator.is_fitted
    assert alone.calibrator.is_fitted
    assert alone.head is HeadState.UNTRUSTED
    assert model.metrics["held_out_images"] == 10
    assert SEEN in alone.metrics
    assert SEEN not in model.metrics
    trained = sum("iteration 2 of 2" in message for message in messages)
    assert trained == 2
    held = fitted(recipe)  # what the held-out fit came to: the same labels, the same seed
    assert not torch.equal(model.network.classifier.head.weight, held.network.classifier.head.weight)


def test_outlines_choose_a_method():
    model = fitted(replace(TINY, method="auto", refine="auto", advcam_steps=1), examples=[picture(0), picture(1)])
    assert model.recipe.method in ("cam", "advcam")
    assert model.recipe.refine in ("none", "crf")
    reached = {name: value for name, value in model.metrics.items() if name.startswith("miou_")}
    assert set(reached) == {"miou_cam", "miou_cam_crf", "miou_advcam", "miou_advcam_crf"}
    refined = "" if model.recipe.refine == "none" else f"_{model.recipe.refine}"
    assert reached[f"miou_{model.recipe.method}{refined}"] >= max(reached.values()) - 0.03
    assert fitted(replace(TINY, method="auto", refine="auto")).recipe == replace(TINY, method="cam", refine="none")


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"split": "displacement"}, "split"),
        ({"method": "ficklenet", "ood": "wood"}, "ood"),
        ({"ood": "wod"}, "did you mean"),
    ],
)
def test_options_that_do_not_go_together_are_refused(options, named):
    with pytest.raises(InvalidConfig, match=named):
        replace(TINY, **options)
