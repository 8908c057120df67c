"""Sizes of encoders as they are kept, beside what they are."""

import pytest
import torch

from models.encoders.backbones import build_encoder
from models.encoders.measure_sizes import size_of
from models.encoders.sizes import encoder_size


@pytest.mark.parametrize(
    "name", ["compact", "resnet18", "timm:tf_efficientnet_lite0", "timm:mobilenetv3_small_050", "timm:vgg11"]
)
def test_what_is_kept_is_what_is_measured(name):
    size, kept = size_of(name), encoder_size(name)
    assert (size is None) == (kept is None)
    if size is not None:
        assert [kept.parameters, kept.kept, kept.widest, kept.finer] == size


def test_parameters_and_values_are_counted_by_a_network_that_computes():
    encoder, kept = build_encoder("compact").eval(), []
    own = {each.data_ptr() for each in (*encoder.parameters(), *encoder.buffers())}

    def keep(value: torch.Tensor) -> torch.Tensor:
        kept.append(value)
        return value

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda value: value):
        encoder(torch.zeros(1, 3, 256, 256))
    bytes_of = {value.data_ptr(): value.untyped_storage().nbytes() for value in kept if value.data_ptr() not in own}
    size = encoder_size("compact")
    assert size.parameters == sum(parameter.numel() for parameter in encoder.parameters())
    assert sum(bytes_of.values()) / 4 / 256**2 == pytest.approx(size.kept, rel=0.02)
