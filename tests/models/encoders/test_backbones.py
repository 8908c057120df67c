import pytest
import safetensors.torch
import torch
from torch import nn
from torchvision import models as zoo

from maskloop.errors import InvalidConfig
from models.encoders.backbones import BasicBlock, build_encoder


@pytest.mark.parametrize(
    ("name", "channels"),
    [
        ("compact", (32, 32, 64, 128, 256)),
        ("resnet18", (64, 64, 128, 256, 512)),
        ("resnet34", (64, 64, 128, 256, 512)),
        ("resnet50", (64, 256, 512, 1024, 2048)),
        ("resnet101", (64, 256, 512, 1024, 2048)),
    ],
)
def test_five_taps_at_half_to_a_thirty_second_of_the_image(name, channels):
    encoder = build_encoder(name).eval()
    with torch.no_grad():
        taps = encoder(torch.zeros(1, 3, 64, 64))
    assert encoder.channels == channels
    assert [tuple(tap.shape) for tap in taps] == [
        (1, wide, side, side) for wide, side in zip(channels, (32, 16, 8, 4, 2), strict=True)
    ]


def test_the_first_taps_alone_are_the_same():
    encoder = build_encoder("compact").eval()
    images = torch.randn(2, 3, 64, 64)
    with torch.no_grad():
        taps = encoder(images)
        for most in range(1, 6):
            assert [torch.equal(*pair) for pair in zip(encoder(images, most), taps[:most], strict=True)] == [
                True
            ] * most


def test_taps_are_those_of_torchvisions_network():
    resnet, encoder = zoo.resnet18(weights=None).eval(), build_encoder("resnet18").eval()
    encoder.get_submodule("stem.0").load_state_dict(resnet.conv1.state_dict())
    encoder.get_submodule("stem.1").load_state_dict(resnet.bn1.state_dict())
    for place, layer in enumerate((resnet.layer1, resnet.layer2, resnet.layer3, resnet.layer4)):
        encoder.get_submodule(f"stages.{place}").load_state_dict(layer.state_dict())
    images = torch.randn(2, 3, 64, 64)
    with torch.no_grad():
        stem = resnet.relu(resnet.bn1(resnet.conv1(images)))
        last = resnet.layer4(resnet.layer3(resnet.layer2(resnet.layer1(resnet.maxpool(stem)))))
        taps = encoder(images)
    torch.testing.assert_close(taps[0], stem)
    torch.testing.assert_close(taps[-1], last)


@pytest.mark.parametrize(("inputs", "stride"), [(8, 1), (4, 1), (4, 2)])
def test_a_basic_block_is_torchvisions_to_the_last_bit(inputs, stride):
    blocks, images = [], torch.randn(2, inputs, 16, 16)
    for make in (BasicBlock, zoo.resnet.BasicBlock):
        torch.manual_seed(5)
        shortcut = None if inputs == 8 else nn.Conv2d(inputs, 8, 1, stride=stride)
        blocks.append(make(inputs, 8, stride, shortcut))
    ours, theirs = (block.state_dict() for block in blocks)
    assert list(ours) == list(theirs)
    assert all(torch.equal(ours[name], theirs[name]) for name in ours)
    outputs = [block(images) for block in blocks]
    assert torch.equal(*outputs)
    for output in outputs:
        output.square().sum().backward()
    ours, theirs = (dict(block.named_parameters()) for block in blocks)
    assert all(torch.equal(ours[name].grad, theirs[name].grad) for name in ours)


@pytest.mark.parametrize("suffix", [".pth", ".safetensors"])
def test_weights_come_from_a_local_file(tmp_path, suffix):
    resnet, path = zoo.resnet18(weights=None), tmp_path / f"weights{suffix}"
    state = {key: value.contiguous() for key, value in resnet.state_dict().items()}
    safetensors.torch.save_file(state, path) if suffix == ".safetensors" else torch.save(state, path)
    encoder = build_encoder("resnet18", str(path))
    torch.testing.assert_close(encoder.get_parameter("stages.3.1.conv2.weight"), resnet.layer4[1].conv2.weight)
    torch.testing.assert_close(encoder.get_buffer("stem.1.running_var"), resnet.bn1.running_var)


def test_weights_without_the_classifier_are_enough(tmp_path):
    state = {key: value for key, value in zoo.resnet18(weights=None).state_dict().items() if not key.startswith("fc.")}
    torch.save(state, tmp_path / "trunk.pth")
    encoder = build_encoder("resnet18", str(tmp_path / "trunk.pth"))
    torch.testing.assert_close(encoder.get_parameter("stages.3.1.conv2.weight"), state["layer4.1.conv2.weight"])


def test_weights_of_before_norms_counted_batches_are_enough(tmp_path):
    state = zoo.resnet18(weights=None).state_dict()
    old = {key: value for key, value in state.items() if not key.endswith("num_batches_tracked")}
    assert len(old) < len(state)
    torch.save(old, tmp_path / "old.pth")
    encoder = build_encoder("resnet18", str(tmp_path / "old.pth"))
    torch.testing.assert_close(encoder.get_parameter("stages.3.1.conv2.weight"), state["layer4.1.conv2.weight"])
    torch.testing.assert_close(encoder.get_buffer("stem.1.running_var"), state["bn1.running_var"])


class Payload:
    """Unpickling this would create a file."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (open, (str(self.path), "w"))


def test_weights_are_data_nothing_in_them_is_run(tmp_path):
    torch.save({"conv1.weight": Payload(tmp_path / "ran")}, tmp_path / "bad.pth")
    with pytest.raises(InvalidConfig, match=r"bad\.pth"):
        build_encoder("resnet18", str(tmp_path / "bad.pth"))
    assert not (tmp_path / "ran").exists()


def test_weights_that_do_not_exist_or_do_not_fit_are_refused_by_name(tmp_path):
    with pytest.raises(InvalidConfig, match="IMAGENET1K_V1"):
        build_encoder("resnet18", "IMAGENET9")
    torch.save(zoo.resnet18(weights=None).state_dict(), tmp_path / "r18.pth")
    with pytest.raises(InvalidConfig, match=r"r18\.pth"):
        build_encoder("resnet50", str(tmp_path / "r18.pth"))
    torch.save(
        zoo.resnet18(num_classes=3, weights=None).state_dict() | {"conv1.weight": torch.zeros(1)}, tmp_path / "x.pth"
    )
    with pytest.raises(InvalidConfig, match="do not fit"):
        build_encoder("resnet18", str(tmp_path / "x.pth"))
