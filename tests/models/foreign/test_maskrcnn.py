"""torchvision's Mask R-CNN, held against its own call."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor

from maskloop.errors import FailedPrecondition, InvalidConfig, InvalidPrompt
from maskloop.values import Prompt
from models.data.samples import ImageToScore
from models.foreign.load import load_foreign
from models.foreign.maskrcnn import CLASSES
from models.foreign.names import ForeignName
from models.predictor import PromptedImage
from tests.models.foreign.made import CPU, small_maskrcnn
from tests.models.test_predictor_contract import image

SIZE = (44, 60)
CATEGORIES = (3, 7)


def own_call(item: ImageToScore, network: torch.nn.Module) -> dict[str, Tensor]:
    pixels = torch.from_numpy(item.load()).permute(2, 0, 1).float() / 255
    with torch.inference_mode():
        (found,) = network([pixels])
    return found


def test_it_finds_what_its_own_call_finds():
    predictor, item = small_maskrcnn(CATEGORIES), image("a", *SIZE, None)
    found = own_call(item, predictor.network)
    (prediction,) = predictor.predict([item], device=CPU, batch_size=1)
    expected = [
        (CATEGORIES[label - 1], score, mask[0].numpy() > 0.5)
        for label, score, mask in zip(found["labels"].tolist(), found["scores"].tolist(), found["masks"], strict=True)
        if (mask > 0.5).any()
    ]
    assert len(expected) > 1
    for proposal, (category_id, score, mask) in zip(prediction.proposals.objects, expected, strict=True):
        assert proposal.category_id == category_id
        assert proposal.predicted_iou == pytest.approx(score, abs=1e-6)
        np.testing.assert_array_equal(proposal.mask.to_array(), mask)
    assert prediction.proposals.uncalibrated


def test_shown_the_box_that_it_found_it_draws_the_same_mask():
    predictor, item = small_maskrcnn(CATEGORIES), image("a", *SIZE, None)
    found = own_call(item, predictor.network)
    for box, label, mask in zip(found["boxes"].tolist(), found["labels"].tolist(), found["masks"], strict=True):
        left, upper, right, lower = box
        prompt = Prompt(CATEGORIES[label - 1], (left, upper, right - left, lower - upper))
        ((proposal,),) = predictor.propose([PromptedImage(item, SIZE, (prompt,))])
        assert (proposal.mask.to_array() != (mask[0].numpy() > 0.5)).mean() < 0.002


def test_it_names_a_category_where_it_has_as_many_classes():
    asked = PromptedImage(image("a", *SIZE, None), SIZE, (Prompt(box=(3, 4, 20, 15)),))
    ((told,),) = small_maskrcnn(CATEGORIES).propose([asked])
    assert told.category_id in CATEGORIES
    ((only,),) = small_maskrcnn((9,), classes=5).propose([asked])
    assert only.category_id == 9
    with pytest.raises(InvalidPrompt, match="prompt 0 names no category"):
        small_maskrcnn(CATEGORIES, classes=5).propose([asked])


def test_it_proposes_nothing_of_itself_in_other_classes_than_the_projects():
    with pytest.raises(FailedPrecondition, match="knows 5 classes, and the project has 2 categories"):
        next(small_maskrcnn(CATEGORIES, classes=5).predict([image("a", *SIZE, None)], device=CPU, batch_size=1))


@pytest.mark.parametrize(
    ("weights", "words"),
    [({}, f"has no {CLASSES}"), ({CLASSES: torch.zeros(3, 1024)}, "is no maskrcnn_resnet50_fpn_v2")],
)
def test_a_file_of_another_network_is_refused(tmp_path, weights, words):
    save_file({"other": torch.zeros(1), **weights}, tmp_path / "net.safetensors")
    with pytest.raises(InvalidConfig, match=words) as raised:
        load_foreign(ForeignName("maskrcnn", str(tmp_path / "net.safetensors")), CPU)
    assert "\n" not in raised.value.message


def test_a_damaged_file_is_refused(tmp_path):
    (tmp_path / "net.safetensors").write_bytes(b"no weights")
    with pytest.raises(InvalidConfig, match="cannot be read"):
        load_foreign(ForeignName("maskrcnn", str(tmp_path / "net.safetensors")), CPU)
