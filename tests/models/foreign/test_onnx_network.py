"""ONNX networks of the agreed shape; others are refused, and told what is wrong with them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from onnx import TensorProto, helper
from torch import Tensor

from maskloop.errors import InvalidConfig
from maskloop.values import Prompt, PromptPoint
from models.foreign.load import load_foreign
from models.foreign.names import ForeignName
from models.foreign.onnx_network import TRIAL
from models.predictor import PromptedImage
from tests.models.foreign.made import CPU, BoxOutliner, exported, foreign, onnx_file
from tests.models.test_predictor_contract import image

pytestmark = pytest.mark.journey

SIZE = (31, 47)
FLOAT, HALF = TensorProto.FLOAT, TensorProto.FLOAT16
GOOD = {
    "image": (FLOAT, [1, 3, "H", "W"]),
    "boxes": (FLOAT, ["N", 4]),
    "masks": (FLOAT, ["M", "H", "W"]),
    "scores": (FLOAT, ["M"]),
}


def test_the_mask_is_what_the_network_gives_for_the_box():
    item = image("a", *SIZE, None)
    ((proposal,),) = foreign("onnx").propose([PromptedImage(item, SIZE, (Prompt(box=(5, 4, 20.5, 15)),))])
    pixels = torch.from_numpy(item.load()).permute(2, 0, 1)[None].float() / 255
    with torch.no_grad():
        logits, scores = BoxOutliner()(pixels, torch.tensor([[5, 4, 25.5, 19]]))
    np.testing.assert_array_equal(proposal.mask.to_array(), logits[0].numpy() > 0)
    assert proposal.predicted_iou == pytest.approx(float(scores[0].clip(0, 1)), abs=1e-5)


def test_probabilities_and_logits_say_the_same(tmp_path):
    by_logits = foreign("onnx")
    made = load_foreign(ForeignName("onnx", str(onnx_file(tmp_path / "sure", probabilities=True))), CPU)
    by_probabilities = made.of_project((7,), by_logits.head)
    asked = [PromptedImage(image("a", *SIZE, None), SIZE, (Prompt(box=(5, 4, 20.5, 15)),))]
    ((first,),), ((second,),) = by_logits.propose(asked), by_probabilities.propose(asked)
    assert first.mask == second.mask
    assert first.confidence == pytest.approx(second.confidence, abs=1e-3)


def test_points_are_answered_by_boxes_around_them():
    points = (PromptPoint(10, 12), PromptPoint(30, 20), PromptPoint(45, 2, on_object=False))
    item = image("a", *SIZE, None)
    ((proposal,),) = foreign("onnx").propose([PromptedImage(item, SIZE, (Prompt(points=points),))])
    solid = proposal.mask.to_array()
    assert [bool(solid[point.pixel(*SIZE)]) for point in points] == [True, True, False]


def graph(folder: Path, **changed) -> ForeignName:
    """A file that answers one box in an image of the trial's size, whatever it is asked; `None` leaves a part out."""
    parts = {name: part for name, part in {**GOOD, **changed}.items() if part is not None}
    told = {name: helper.make_tensor_value_info(name, *part) for name, part in parts.items()}
    values = {"masks": np.full((1, *TRIAL), 5, np.float32), "scores": np.ones(1, np.float32)}
    nodes = [
        helper.make_node("Constant", [], [name], value=onnx.numpy_helper.from_array(value.astype(dtype)))
        for name, value in values.items()
        if name in parts
        for dtype in [np.float16 if parts[name][0] == HALF else np.float32]
    ]
    inputs = [value for name, value in told.items() if name not in values]
    made = helper.make_graph(nodes, "small", inputs, [value for name, value in told.items() if name in values])
    model = helper.make_model(made, opset_imports=[helper.make_opsetid("", 20)], ir_version=9)
    (folder / "net.onnx").write_bytes(model.SerializeToString())
    return ForeignName("onnx", str(folder / "net.onnx"))


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"boxes": None}, r"has no input boxes \(N, 4\) float32; it has image"),
        ({"image": (FLOAT, [1, 3, 480, 640])}, r"its input image is tensor\(float\) of \(1, 3, 480, 640\), not"),
        ({"image": (FLOAT, [1, "H", "W", 3])}, "its input image is"),
        ({"image": (FLOAT, [3, "H", "W"])}, "its input image is"),
        ({"image": (HALF, [1, 3, "H", "W"])}, r"its input image is tensor\(float16\)"),
        ({"boxes": (FLOAT, ["N", 5])}, "its input boxes is"),
        ({"masks": (HALF, ["M", "H", "W"])}, "its output masks is"),
        ({"points": (FLOAT, ["N", 2])}, "has another input, points"),
        ({}, r"its output masks is tensor\(float\) of \(1, 40, 56\), not masks \(N, H, W\) float32"),
    ],
)
def test_a_network_of_another_shape_is_refused(tmp_path, changed, words):
    with pytest.raises(InvalidConfig, match=words) as raised:
        load_foreign(graph(tmp_path, **changed), CPU)
    assert raised.value.message.startswith(f"prompter onnx:{tmp_path}")
    assert "\n" not in raised.value.message


def test_a_lacking_output_is_named(tmp_path):
    model = onnx.load(onnx_file(tmp_path / "net"))
    model.graph.output[1].name = model.graph.node[-1].output[0] = "score"
    onnx.save(model, tmp_path / "net.onnx")
    with pytest.raises(InvalidConfig, match=r"has no output scores \(N,\) float32; it has masks, score"):
        load_foreign(ForeignName("onnx", str(tmp_path / "net.onnx")), CPU)


def test_masks_that_lie_on_their_side_are_found_by_a_trial(tmp_path):
    class Turned(BoxOutliner):
        def forward(self, image: Tensor, boxes: Tensor) -> tuple[Tensor, Tensor]:
            logits, scores = super().forward(image, boxes)
            return logits.transpose(1, 2), scores

    (tmp_path / "net.onnx").write_bytes(exported(Turned().eval(), {}))
    words = r"answers 1 boxes in an image of 56 x 40 with masks of \(1, 56, 40\)"
    with pytest.raises(InvalidConfig, match=words):
        load_foreign(ForeignName("onnx", str(tmp_path / "net.onnx")), CPU)


def test_a_file_that_is_no_network_is_refused(tmp_path):
    (tmp_path / "net.onnx").write_bytes(b"nothing")
    with pytest.raises(InvalidConfig, match="cannot be read"):
        load_foreign(ForeignName("onnx", str(tmp_path / "net.onnx")), CPU)


@pytest.mark.parametrize(
    ("told", "words"), [("probabilities", "go from -"), ("maybe", "'maybe', none of logits, probabilities")]
)
def test_masks_that_are_not_what_the_file_says_are_refused(tmp_path, told, words):
    model = onnx.load(onnx_file(tmp_path / "net"))
    helper.set_model_props(model, {"maskloop.masks": told})
    onnx.save(model, tmp_path / "net.onnx")
    with pytest.raises(InvalidConfig, match=words):
        load_foreign(ForeignName("onnx", str(tmp_path / "net.onnx")), CPU)
