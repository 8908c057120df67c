"""What an operator writes, and what is said where it cannot be."""

from __future__ import annotations

import pytest

from maskloop.errors import InvalidConfig
from models.foreign.names import KINDS, LONGEST, ForeignName


@pytest.mark.parametrize(
    ("written", "short"),
    [
        ("sam:weights/sam2.1-tiny", "sam:sam2.1-tiny"),
        ("sam2:facebook/sam2.1-hiera-tiny", "sam2:sam2.1-hiera-tiny"),
        ("sam:weights/base/", "sam:base"),
        ("maskrcnn:a/cells.v2.safetensors", "maskrcnn:cells.v2"),
        ("onnx:C:net.onnx", "onnx:C:net"),
        (f"sam:{'x' * 99}", f"sam:{'x' * 60}"),
    ],
)
def test_a_network_has_a_name_that_the_store_can_keep(written, short):
    name = ForeignName.parse(written)
    assert str(name) == written
    assert name.short == short
    assert len(name.short) <= LONGEST


@pytest.mark.parametrize("written", ["", "sam", "sam:", ":x", "SAM:x", "yolo:x"])
def test_another_form_is_refused(written):
    with pytest.raises(InvalidConfig) as raised:
        ForeignName.parse(written)
    assert raised.value.field == "prompter"
    assert repr(written) in raised.value.message


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_not_there_is_refused(kind, tmp_path):
    with pytest.raises(InvalidConfig, match="there is no"):
        ForeignName(kind, str(tmp_path / f"nothing{KINDS[kind].suffix}")).check()


@pytest.mark.parametrize(("kind", "file"), [("maskrcnn", "net.pth"), ("onnx", "net.pt"), ("sam", "model.safetensors")])
def test_a_file_of_another_form_is_refused(kind, file, tmp_path):
    (tmp_path / file).write_bytes(b"")
    with pytest.raises(InvalidConfig, match=f"prompter {kind}:"):
        ForeignName(kind, str(tmp_path / file)).check()


def test_a_name_of_the_hub_is_looked_for_later():
    ForeignName("sam", "facebook/sam-vit-base").check()  # whether the hub has it is seen when it is loaded
    with pytest.raises(InvalidConfig, match="prompter maskrcnn:"):  # of which there is only a file
        ForeignName("maskrcnn", "facebook/sam-vit-base").check()
