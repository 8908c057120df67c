"""WideResNet-38 by its published shapes, its blocks by plain arithmetic, and encoders that take its place."""

import math
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from maskloop.errors import InvalidArgument, InvalidConfig
from models.encoders.last_stages import build_dense_encoder, finest_is_last, last_stages
from models.encoders.names import PACKAGED, TIMM, check_dense_encoder, full_dense_name
from models.encoders.wideresnet import NeckBlock, WideBlock, WideResNet38, build_wideresnet38
from models.refinement.affinity.affinitynet import AffinityNetwork

PICTURES = torch.randn(2, 3, 48, 40, generator=torch.Generator().manual_seed(0))


@pytest.fixture(scope="module")
def small() -> WideResNet38:
    return build_wideresnet38(narrow=8).eval()


def test_the_published_network_has_its_shapes():
    with torch.device("meta"):
        network = WideResNet38()
        taps = network(torch.zeros(2, 3, 112, 113))
    assert [tuple(tap.shape[1:]) for tap in taps] == [
        (128, 56, 57),
        (256, 28, 29),
        (512, 14, 15),
        (1024, 14, 15),
        (4096, 14, 15),
    ]
    assert network.channels == (128, 256, 512, 1024, 4096)
    convolutions = [module for module in network.modules() if isinstance(module, nn.Conv2d)]
    assert len(convolutions) == 1 + 2 * 15 + 3 * 2 + 6  # 38 with weights on the way, the classifier among them, and 6
    # 3 x 3 convolutions of each stage, then 1 x 1 ones, by hand.
    three = 3 * 64 + 64 * 128 + 5 * 128**2 + 128 * 256 + 5 * 256**2 + 256 * 512 + 11 * 512**2 + 512**2 + 5 * 512 * 1024
    three += 512 * 1024 + 1024 * 2048
    one = 64 * 128 + 128 * 256 + 256 * 512 + 512 * 1024
    one += 1024 * 2048 + 1024 * 512 + 1024 * 2048 + 2048 * 4096 + 2048 * 1024 + 2048 * 4096
    assert sum(module.weight.numel() for module in convolutions) == 9 * three + one


@pytest.mark.parametrize(("last", "wanted"), [(2, 2), (4, 4)])
def test_the_stages_are_dilated_as_told(last, wanted):
    with torch.device("meta"):
        network = WideResNet38(last_dilation=last)
    told = {name: module.dilation[0] for name, module in network.named_modules() if isinstance(module, nn.Conv2d)}
    assert (told["b4_5.conv_branch2b1"], told["b5.conv_branch2a"], told["b5.conv_branch2b1"]) == (1, 1, 2)
    assert (told["b5_1.conv_branch2a"], told["b5_2.conv_branch2b1"]) == (2, 2)
    assert (told["b6.conv_branch2b1"], told["b7.conv_branch2b1"]) == (4, wanted)


@torch.no_grad()
def test_taps_are_the_activated_inputs_of_stages(small):
    """By plain steps, the stages' outputs before they are activated."""
    features, wanted = small.conv1a(PICTURES), []
    for stage, blocks in (("b2", 3), ("b3", 3), ("b4", 6), ("b5", 3), ("b6", 1), ("b7", 1)):
        for number in range(blocks):
            block = getattr(small, f"{stage}_{number}" if number else stage)
            activated = F.relu(block.bn_branch2a(features))
            if number == 0 and stage not in ("b2", "b7"):
                wanted.append(activated)
            middle = F.relu(block.bn_branch2b1(block.conv_branch2a(activated)))
            branch = block.conv_branch2b1(middle)
            if stage in ("b6", "b7"):
                branch = block.conv_branch2b2(F.relu(block.bn_branch2b2(branch)))
            features = branch + (block.conv_branch1(activated) if block.conv_branch1 is not None else features)
    wanted.append(F.relu(small.bn7(features)))
    taps = small(PICTURES)
    assert len(taps) == 5
    assert all(torch.equal(tap, other) for tap, other in zip(taps, wanted, strict=True))
    assert all(torch.equal(tap, other) for tap, other in zip(small(PICTURES, 3), wanted, strict=False))
    assert len(small(PICTURES, 3)) == 3


def test_blocks_change_channels_and_size_by_one_more_convolution():
    assert WideBlock(4, 4, 4).conv_branch1 is None
    assert WideBlock(4, 4, 8).conv_branch1 is not None
    block, neck = WideBlock(4, 4, 4, stride=2).eval(), NeckBlock(4, 16, 4, 0.3).eval()
    inputs = torch.randn(1, 4, 9, 9)
    assert block(inputs, inputs.relu()).shape == (1, 4, 5, 5)
    assert neck(inputs, inputs.relu()).shape == (1, 16, 9, 9)
    assert (neck.conv_branch2a.out_channels, neck.conv_branch2b1.out_channels) == (4, 8)


def test_norms_stay_as_they_are_and_channels_are_dropped_in_training(small):
    network: Any = build_wideresnet38(narrow=8)
    norms = [module for module in network.modules() if isinstance(module, nn.BatchNorm2d)]
    assert not any(parameter.requires_grad for norm in norms for parameter in norm.parameters())
    before = [norm.running_mean.clone() for norm in norms]
    first, second = network.train()(PICTURES), network(PICTURES)
    assert all(torch.equal(norm.running_mean, mean) for norm, mean in zip(norms, before, strict=True))
    assert torch.equal(first[3], second[3])
    assert not torch.equal(first[4], second[4])
    assert {network.b6.dropout.p, network.b7.dropout.p} == {0.3, 0.5}


def test_a_frozen_stem_is_the_first_convolution_and_the_first_stage():
    network = build_wideresnet38(narrow=8)
    network.freeze_stem()
    free = {name.split(".")[0] for name, parameter in network.named_parameters() if parameter.requires_grad}
    assert not free & {"conv1a", "b2", "b2_1", "b2_2"}
    assert {"b3", "b7"} <= free


@pytest.mark.parametrize("stages", range(5))
@torch.no_grad()
def test_its_two_parts_make_the_last_tap_wherever_it_is_cut(small, stages):
    taps = small(PICTURES)
    early, late = small.cut(stages)
    between = early(PICTURES)
    assert between.shape == taps[stages].shape
    assert torch.equal(late(between), taps[-1])
    parts = [{id(value) for value in part.parameters()} for part in (early, late)]
    assert not parts[0] & parts[1]
    assert parts[0] | parts[1] == {*map(id, small.parameters())}


def test_it_has_four_stages_to_be_cut_behind(small):
    for stages in (-1, 5):
        with pytest.raises(InvalidArgument, match=f"cannot be cut after {stages} stages"):
            small.cut(stages)


@torch.no_grad()
def test_initial_weights_are_the_seeds_and_keep_the_scale_of_what_they_see(small):
    state = torch.get_rng_state()
    same, other = build_wideresnet38(narrow=8).eval(), build_wideresnet38(narrow=8, seed=1).eval()
    assert torch.equal(torch.get_rng_state(), state)
    assert torch.equal(same.conv1a.weight, small.conv1a.weight)
    assert not torch.equal(other.conv1a.weight, small.conv1a.weight)
    scales = [float(tap.square().mean().sqrt()) for tap in build_wideresnet38(narrow=4).eval()(PICTURES)]
    assert max(scales) < 4 * min(scales)


def test_weights_of_a_file_are_read_whatever_else_is_in_it(small, tmp_path):
    state = {name: value for name, value in small.state_dict().items() if not name.endswith("batches_tracked")}
    path = tmp_path / "weights.pth"
    torch.save({**state, "fc8.weight": torch.zeros(3, 3)}, path)
    read = build_wideresnet38(str(path), narrow=8, last_dilation=2).eval()
    assert all(torch.equal(value, state[name]) for name, value in read.state_dict().items() if name in state)
    assert not any(value.is_meta for value in read.state_dict().values())
    assert not read.bn7.weight.requires_grad
    torch.save({name: value for name, value in state.items() if name != "bn7.weight"}, path)
    with pytest.raises(InvalidConfig, match=r"lack bn7\.weight"):
        build_wideresnet38(str(path), narrow=8)
    torch.save(state, path)
    with pytest.raises(InvalidConfig, match="do not fit"):
        build_wideresnet38(str(path), narrow=4)
    with pytest.raises(InvalidConfig, match="no file"):
        build_wideresnet38(str(tmp_path / "none.pth"))
    with pytest.raises(InvalidConfig, match="none of"):
        WideResNet38(narrow=3)


@torch.no_grad()
def test_last_stages_of_any_encoder_have_one_size(small):
    stages = last_stages(small, PICTURES)
    assert all(torch.equal(stage, tap) for stage, tap in zip(stages, small(PICTURES)[2:], strict=True))
    assert finest_is_last(small)
    other = build_dense_encoder(f"{TIMM}{PACKAGED}", "package", 4, 0).eval()
    stages, taps = last_stages(other, PICTURES), other(PICTURES)
    assert [tuple(stage.shape[2:]) for stage in stages] == [(6, 5)] * 3
    assert [stage.shape[1] for stage in stages] == list(other.channels[-3:])
    assert not finest_is_last(other)
    wanted = F.interpolate(taps[-1], (6, 5), mode="bilinear", align_corners=False)
    assert torch.equal(stages[-1], wanted)


@torch.no_grad()
def test_networks_that_take_encoders_take_this_one(small):
    """PSA's is the published one: it reduces the last three taps of a WideResNet-38."""
    network = AffinityNetwork(small).eval()
    assert [module.in_channels for module in network.reduced] == [64, 128, 512]
    assert network(PICTURES).shape == (2, 448, 6, 5)


def test_names_of_dense_encoders():
    assert full_dense_name("wideresnet38/8") == "wideresnet38/8"
    assert full_dense_name(PACKAGED) == f"{TIMM}{PACKAGED}"
    assert build_dense_encoder("wideresnet38/8", "", 2, 0).channels[-1] == 512
    check_dense_encoder("wideresnet38", "")
    with pytest.raises(InvalidConfig, match="did you mean"):
        check_dense_encoder(f"{TIMM}wideresnet38x", "")
    assert math.prod(build_dense_encoder("compact", "", 2, 0).channels)
