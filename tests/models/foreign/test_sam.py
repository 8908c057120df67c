"""SAM and SAM 2 in transformers' own classes, with small random weights, held against the classes' own calls."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from maskloop.errors import FailedPrecondition, InvalidConfig, InvalidImage, InvalidPrompt
from maskloop.values import Prompt, PromptPoint
from models.foreign.load import load_foreign
from models.foreign.names import ForeignName
from models.foreign.sam import SegmentAnything
from models.predictor import PromptedImage
from tests.models.foreign.made import CPU, foreign, written
from tests.models.test_predictor_contract import image

SIZE = (30, 50)
BOX = Prompt(box=(3, 4, 20, 15))
POINTS = Prompt(points=(PromptPoint(12.5, 9), PromptPoint(40, 20)))


@pytest.fixture(scope="module", params=["sam", "sam2"])
def kind(request) -> str:
    return request.param


@pytest.fixture(scope="module")
def folder(kind, tmp_path_factory) -> Path:
    return Path(written(kind, tmp_path_factory.mktemp(kind)).source)


def small(kind: str) -> SegmentAnything:
    made = foreign(kind)
    assert isinstance(made, SegmentAnything)
    return made


def asked(*prompts: Prompt, content: str = "") -> PromptedImage:
    return PromptedImage(replace(image("a", *SIZE, None), content=content), SIZE, prompts)


@pytest.mark.parametrize("prompt", [BOX, POINTS, Prompt(box=BOX.box, points=POINTS.points[:1])])
def test_the_mask_is_that_of_its_own_processor_of_the_highest_score(kind, folder, prompt):
    """The slow way: its processor takes the image and the prompt, and makes masks of all three answers."""
    import transformers

    classes = {
        "sam": (transformers.SamModel, transformers.SamProcessor),
        "sam2": (transformers.Sam2Model, transformers.Sam2Processor),
    }
    network, processor = (each.from_pretrained(folder) for each in classes[kind])
    given = {}
    if prompt.box is not None:
        x, y, width, height = prompt.box
        given["input_boxes"] = [[[x, y, x + width, y + height]]]
    if prompt.points:
        given["input_points"] = [[[[point.x, point.y] for point in prompt.points]]]
        given["input_labels"] = [[[1 for _ in prompt.points]]]
    one = asked(prompt)
    inputs = processor(images=one.item.load(), return_tensors="pt", **given)
    sizes = [inputs["original_sizes"], *([inputs["reshaped_input_sizes"]] if kind == "sam" else [])]
    inputs = {name: value.float() if value.is_floating_point() else value for name, value in inputs.items()}
    with torch.inference_mode():
        found = network.eval()(**{name: value for name, value in inputs.items() if not name.endswith("sizes")})
    masks = processor.post_process_masks(found.pred_masks, *sizes)[0][0].numpy()
    best = int(found.iou_scores[0, 0].argmax())
    ((proposal,),) = foreign(kind).propose([one])
    assert 0 < masks[best].mean() < 1
    np.testing.assert_array_equal(proposal.mask.to_array(), masks[best])
    assert proposal.predicted_iou == pytest.approx(float(found.iou_scores[0, 0, best].clip(0, 1)), abs=1e-4)


def test_an_image_is_encoded_once(kind, monkeypatch):
    network = small(kind)
    encoded: list[int] = []
    encoder: Any = type(network.network)
    own = encoder.get_image_embeddings

    def counted(self, pixels, *more):
        encoded.append(1)
        return own(self, pixels, *more)

    monkeypatch.setattr(encoder, "get_image_embeddings", counted)
    first = network.propose([asked(BOX, POINTS, content="of a")])
    assert network.propose([asked(BOX, content="of a"), asked(POINTS, content="of a")]) == [
        first[0][:1],
        first[0][1:],
    ]
    assert len(encoded) == 1
    network.propose([asked(BOX, content="of b")])
    assert len(encoded) == 2


def test_a_prompt_without_a_category_takes_the_only_one_or_is_refused(kind):
    ((only,),) = foreign(kind, (5,)).propose([asked(BOX)])
    assert only.category_id == 5
    several = foreign(kind, (5, 6))
    ((named,),) = several.propose([asked(replace(BOX, category_id=6))])
    assert (named.category_id, named.mask) == (6, only.mask)
    with pytest.raises(InvalidPrompt, match=r"prompt 1 names no category, and .* knows none of the 2"):
        several.propose([asked(replace(BOX, category_id=6), BOX)])


def test_an_image_without_height_at_its_size_is_refused():
    asked = PromptedImage(image("thin", 1, 400, None), (1, 400), (Prompt(box=(0, 0, 400, 1)),))
    with pytest.raises(InvalidImage, match="cannot look at an image of 400 x 1 pixels"):
        small("sam").propose([asked])


def test_it_finds_nothing_by_itself(kind):
    with pytest.raises(FailedPrecondition, match="outlines what it is shown"):
        list(foreign(kind).predict([image("a", *SIZE, None)], device=CPU, batch_size=1))


def test_weights_are_safetensors_or_none(folder, kind, tmp_path):
    copy = tmp_path / "pickled"
    shutil.copytree(folder, copy)
    network = small(kind).network
    (copy / "model.safetensors").unlink()
    torch.save(network.state_dict(), copy / "pytorch_model.bin")
    with pytest.raises(InvalidConfig, match=r"prompter .*pickled cannot be loaded: ") as raised:
        load_foreign(ForeignName(kind, str(copy)), CPU)
    assert "\n" not in raised.value.message


def test_the_other_one_is_refused(folder, kind):
    other = {"sam": "sam2", "sam2": "sam"}[kind]
    with pytest.raises(InvalidConfig, match=f"prompter {other}:"):
        load_foreign(ForeignName(other, str(folder)), CPU)


def test_its_name_is_its_folders(kind):
    assert foreign(kind).name == f"{kind}:small-{kind}"
