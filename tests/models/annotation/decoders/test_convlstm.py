import pytest
import torch
import torch.nn.functional as F
from torch import nn

from models.annotation.decoders.convlstm import (
    ClassAndStopHeads,
    ConvLSTMCell,
    Decoder,
    MaskHead,
    Skips,
    hidden_widths,
    pooled_states,
    skip_widths,
)


def parameters(*modules: nn.Module) -> int:
    return sum(parameter.numel() for module in modules for parameter in module.parameters())


def random_skips(images: int) -> list[torch.Tensor]:
    """Coarsest first, 1 x 1 to 16 x 16."""
    return [torch.randn(images, width, 2**level, 2**level) for level, width in enumerate(skip_widths(16))]


def test_the_decoder_with_128_hidden_channels_has_2165391_parameters():
    widths = hidden_widths(128)
    decoder, mask_head = Decoder(widths, skip_widths(128)), MaskHead(widths[-1])
    heads = ClassAndStopHeads(widths, classes=21)
    assert parameters(decoder, mask_head, heads) == 2_165_391
    # Cells: 4h output channels of 3x3 kernels over (below + skip + h) inputs, and a bias each; by hand:
    cells = [(256, 512), (320, 256), (160, 128), (80, 64), (40, 32)]
    assert parameters(*decoder.cells) == sum((9 * inputs + 1) * outputs for inputs, outputs in cells)
    assert parameters(mask_head) == 9 * 8 + 1
    assert parameters(heads) == (248 + 1) * 21 + (248 + 1)


def test_hidden_channels_halve_from_level_to_level_and_skips_from_the_third_on():
    assert hidden_widths(128) == (128, 64, 32, 16, 8)
    assert skip_widths(128) == (128, 128, 64, 32, 16)
    assert hidden_widths(32, least=8) == (32, 16, 8, 8, 8)


def test_a_cell_computes_the_gates_in_the_order_input_forget_output_candidate():
    torch.manual_seed(0)
    cell = ConvLSTMCell(skip=3, below=2, planes=1, hidden=4)
    below, skip, plane = torch.randn(2, 2, 5, 5), torch.randn(2, 3, 5, 5), torch.randn(2, 1, 5, 5)
    hidden, memory = torch.randn(2, 4, 5, 5), torch.randn(2, 4, 5, 5)

    after_hidden, after_memory = cell([below, plane], cell.still(skip), (hidden, memory))

    together = torch.cat([skip, below, plane, hidden], dim=1)
    gates = F.conv2d(together, cell.gates.weight, cell.gates.bias, padding=1)
    i, f, o, g = (gates[:, 4 * k : 4 * k + 4] for k in range(4))
    c = f.sigmoid() * memory + i.sigmoid() * g.tanh()
    torch.testing.assert_close(after_memory, c)
    torch.testing.assert_close(after_hidden, o.sigmoid() * c.tanh())


def test_the_one_hot_class_is_tiled_over_the_input_of_every_level():
    torch.manual_seed(1)
    decoder = Decoder(hidden_widths(16), skip_widths(16), classes=3, class_input="one_hot")
    skips = random_skips(2)
    still = decoder.still(skips)
    states = decoder(still, decoder.zero_states(still), torch.tensor([2, 0]))

    expected = None
    for cell, skip in zip(decoder.cells, skips, strict=True):
        gates, side = cell.get_submodule("gates"), skip.shape[-1]
        assert isinstance(gates, torch.nn.Conv2d)
        one_hot = torch.zeros(2, 3, side, side)
        one_hot[0, 2], one_hot[1, 0] = 1, 1
        before = torch.zeros(2, gates.out_channels // 4, side, side)
        parts = [skip, one_hot, before]
        if expected is not None:
            up = F.interpolate(expected, size=(side, side), mode="bilinear", align_corners=True)
            parts = [skip, up, *parts[1:]]
        i, _, o, g = gates(torch.cat(parts, dim=1)).chunk(4, dim=1)
        expected = o.sigmoid() * (i.sigmoid() * g.tanh()).tanh()
    torch.testing.assert_close(states[-1][0], expected)


def test_the_gate_bias_adds_one_learned_vector_for_each_class_to_every_level():
    torch.manual_seed(2)
    sizes = hidden_widths(16), skip_widths(16)
    fed, plain = Decoder(*sizes, classes=3, class_input="gate_bias"), Decoder(*sizes)
    plain.load_state_dict(fed.state_dict(), strict=False)
    still = plain.still(random_skips(1))
    by_hand = [
        maps + bias.get_parameter("weight")[1][None, :, None, None]
        for maps, bias in zip(still, fed.biases, strict=True)
    ]

    states = fed(still, fed.zero_states(still), torch.tensor([1]))
    expected = plain(by_hand, plain.zero_states(still))

    torch.testing.assert_close(states, expected)


def test_masks_have_twice_the_side_of_the_finest_level_and_states_are_averaged_over_space():
    decoder = Decoder(hidden_widths(16), skip_widths(16))
    still = decoder.still(random_skips(3))
    states = decoder(still, decoder.zero_states(still))
    assert MaskHead(1)(states[-1][0]).shape == (3, 32, 32)
    pooled = pooled_states(states)
    assert pooled.shape == (3, 16 + 8 + 4 + 2 + 1)
    assert pooled[1, 0].item() == pytest.approx(states[0][0][1, 0].mean().item())


def test_class_and_stop_heads_read_the_maximum_of_every_level_and_keep_a_batch_of_one():
    heads = ClassAndStopHeads((2, 1), classes=4)
    states = [(torch.randn(1, 2, 3, 3), torch.empty(0)), (torch.randn(1, 1, 6, 6), torch.empty(0))]
    side = torch.stack([states[0][0][0, 0].max(), states[0][0][0, 1].max(), states[1][0].max()])[None]
    classes, stop = heads(states)
    torch.testing.assert_close(classes, heads.classes(side).softmax(dim=1))
    assert classes.sum().item() == pytest.approx(1)
    torch.testing.assert_close(stop, heads.stop(side)[:, 0])


def test_skips_are_a_convolution_and_a_batch_norm_without_activation():
    skips = Skips((4, 8, 8, 8, 8), skip_widths(16))
    taps = [
        torch.randn(2, channels, side, side) for channels, side in zip((4, 8, 8, 8, 8), (16, 8, 4, 2, 2), strict=True)
    ]
    made = skips(taps)
    assert [tuple(skip.shape[1:]) for skip in made] == [(16, 2, 2), (16, 2, 2), (8, 4, 4), (4, 8, 8), (2, 16, 16)]
    assert made[-1].min() < 0
    torch.testing.assert_close(made[-1].mean(), torch.tensor(0.0), atol=1e-5, rtol=0)


def test_every_level_is_told_the_mean_of_the_guides_over_its_cells():
    decoder = Decoder((16, 8, 4, 2, 1), (16, 16, 8, 4, 2), guides=3)
    planes = torch.rand(2, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    for side, level in zip((2, 4, 8, 16, 32), decoder.pyramid(planes), strict=True):
        wide = 32 // side
        torch.testing.assert_close(level, planes.reshape(2, 3, side, wide, side, wide).mean(dim=(3, 5)))
