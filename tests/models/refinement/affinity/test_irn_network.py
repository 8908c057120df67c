import numpy as np
import pytest
import torch
import torch.nn.functional as F

from maskloop.errors import InvalidConfig
from models.encoders.backbones import Encoder, build_encoder
from models.refinement.affinity.irn_network import IrnNetwork, see


def network(encoder="compact", stride=16):
    torch.manual_seed(0)
    made = IrnNetwork(build_encoder(encoder, output_stride=stride)).eval()
    for module in made.modules():  # norms that do nothing would hide a wrong one
        if isinstance(module, torch.nn.GroupNorm):
            torch.nn.init.uniform_(module.weight, 0.5, 1.5)
            torch.nn.init.uniform_(module.bias, -0.5, 0.5)
    return made


def normed(layers, tap, groups):
    """A convolution of 1 x 1 without bias, then each group of channels normalised over the whole map."""
    convolution, norm = layers
    assert convolution.bias is None
    values = torch.einsum("oc,bchw->bohw", convolution.weight[..., 0, 0], tap)
    parts = values.reshape(len(values), groups, -1)
    parts = (parts - parts.mean(dim=2, keepdim=True)) / (parts.var(dim=2, unbiased=False, keepdim=True) + 1e-5).sqrt()
    return parts.reshape(values.shape) * norm.weight.view(1, -1, 1, 1) + norm.bias.view(1, -1, 1, 1)


def larger(maps, factor):
    return F.interpolate(maps, scale_factor=factor, mode="bilinear", align_corners=False) if factor > 1 else maps


@pytest.mark.parametrize(
    ("encoder", "stride", "last"),
    [("compact", 16, 4), ("resnet18", 32, 8), ("timm:tf_efficientnet_lite0", 32, 8)],
)
def test_both_branches_are_those_of_the_program(encoder, stride, last):
    made = network(encoder, stride)
    made.mean_displacement.copy_(torch.tensor([0.25, -0.5]))
    images = torch.randn(2, 3, 64, 96, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        taps = made.encoder(images)
        taps[0] = F.max_pool2d(taps[0], 3, 2, 1)
        widths = [tap.shape[1] for tap in taps]
        assert tuple(widths) == made.encoder.channels
        edges = [
            larger(normed(layers, tap, 4), factor).relu()
            for layers, tap, factor in zip(made.edge, taps, (1, 1, 2, 4, last), strict=True)
        ]
        assert [part.shape[1] for part in edges] == [32] * 5
        joined = torch.cat(edges, dim=1)
        logits = torch.einsum("oc,bchw->bohw", made.edge_joined.weight[..., 0, 0], joined) + made.edge_joined.bias
        fields = [
            larger(normed(layers, tap, groups), factor).relu()
            for layers, tap, groups, factor in zip(
                made.field, taps, (8, 16, 16, 16, 16), (1, 1, 1, 2, last // 2), strict=True
            )
        ]
        assert [part.shape[1] for part in fields] == [64, 128, 256, 256, 256]
        coarse = larger(normed(made.field_coarse, torch.cat(fields[2:], dim=1), 16), 2).relu()
        hidden = normed(made.field_joined[0], torch.cat([*fields[:2], coarse], dim=1), 16).relu()
        assert hidden.shape[1] == 256
        field = torch.einsum("oc,bchw->bohw", made.field_joined[2].weight[..., 0, 0], hidden)
        ours = made(images)
        training = made.train()(images)
    assert (ours[0].shape, ours[1].shape) == ((2, 1, 16, 24), (2, 2, 16, 24))
    torch.testing.assert_close(ours[0], logits, atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(ours[1], field - torch.tensor([0.25, -0.5]).view(1, 2, 1, 1), atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(training[1], field, atol=1e-4, rtol=1e-4)


def test_the_encoder_is_frozen_in_training_too():
    made = network().train()
    assert not any(module.training for module in made.encoder.modules())
    sum(one.sum() for one in made(torch.randn(1, 3, 64, 64))).backward()
    with_gradient = {name.split(".")[0] for name, one in made.named_parameters() if one.grad is not None}
    assert with_gradient == {"edge", "edge_joined", "field", "field_coarse", "field_joined"}


def test_an_image_is_seen_in_a_frame_with_its_mirror_image():
    made, pixels = network(), np.random.default_rng(0).integers(0, 256, size=(46, 61, 3), dtype=np.uint8)
    mean, std = np.array((0.485, 0.456, 0.406)), np.array((0.229, 0.224, 0.225))
    views = torch.zeros(2, 3, 96, 96)
    image = torch.from_numpy((pixels / 255 - mean) / std).float().permute(2, 0, 1)
    views[0, :, :46, :61], views[1, :, :46, :61] = image, image.flip(-1)
    with torch.no_grad():
        logits, field = made(views)
    mirrored = torch.sigmoid((logits[0, 0, :12, :16] + logits[1, 0, :12, :16].flip(-1)) / 2)
    edges, displacement = see(made, pixels, 96)
    torch.testing.assert_close(edges, mirrored, atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(displacement, field[0, :, :12, :16], atol=1e-5, rtol=1e-4)
    grown = see(made, pixels, 32)[0]  # its sides are filled to 64
    assert grown.shape == (12, 16)
    assert not torch.allclose(grown, edges, atol=1e-4)  # norms see another frame


class Coarse(Encoder):
    channels = (3, 3, 3, 3, 3)

    def __init__(self):
        super().__init__()
        self.scale = torch.nn.Parameter(torch.ones(()))

    def forward(self, images, most=5):
        return [F.avg_pool2d(images * self.scale, 2**k) for k in range(2, 2 + most)]


def test_an_encoder_with_other_strides_is_refused():
    with pytest.raises(InvalidConfig) as error:
        IrnNetwork(Coarse())
    assert error.value.field == "encoder"
