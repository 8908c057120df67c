import pytest
import torch
import torch.nn.functional as F

from models.encoders.backbones import build_encoder
from models.refinement.affinity.taps import enlarged, filled, rounded_up, tap_strides


@pytest.mark.parametrize(
    ("name", "stride", "expected"),
    [
        ("compact", 16, (2, 4, 8, 16, 16)),
        ("resnet18", 32, (2, 4, 8, 16, 32)),
        ("timm:tf_efficientnet_lite0", 32, (2, 4, 8, 16, 32)),
    ],
)
def test_strides_are_measured(name, stride, expected):
    assert tap_strides(build_encoder(name, output_stride=stride)) == expected


def test_maps_are_enlarged_with_unaligned_corners_and_cut():
    maps = torch.rand(1, 2, 3, 4, generator=torch.Generator().manual_seed(0))
    whole = F.interpolate(maps, (6, 8), mode="bilinear", align_corners=False)
    torch.testing.assert_close(enlarged(maps, 2, (5, 7)), whole[..., :5, :7])
    assert torch.equal(enlarged(maps, 1, (3, 4)), maps)


def test_zeros_are_added_on_the_right_and_at_the_bottom():
    made = filled(torch.ones(1, 2, 3), 4, 5)
    assert made[0].tolist() == [[1, 1, 1, 0, 0], [1, 1, 1, 0, 0], [0] * 5, [0] * 5]
    assert [rounded_up(length, 8) for length in (1, 8, 9)] == [8, 8, 16]
