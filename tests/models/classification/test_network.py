import pytest
import torch
from torch import nn

from models.classification.network import build_classifier
from models.classification.recipe import ClassifierRecipe, resolve_classifier
from models.encoders.backbones import build_encoder

IMAGES = torch.randn(2, 3, 64, 96, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize(
    ("encoder", "stride"),
    [
        ("compact", 16),
        ("resnet18", 16),
        ("resnet50", 16),
        ("timm:tf_efficientnet_lite0", 16),
        ("wideresnet38/8", 8),
    ],
)
def test_a_logit_is_the_mean_of_its_class_map_and_the_head_of_the_features(encoder, stride):
    network = build_classifier(resolve_classifier("compact", encoder=encoder), 3).eval()
    with torch.no_grad():
        logits, maps, features = network(IMAGES), network.maps(IMAGES), network.features(IMAGES)
    assert maps.shape == (2, 3, 64 // stride, 96 // stride)
    assert network.output_stride == stride
    torch.testing.assert_close(logits, maps.mean(dim=(2, 3)), atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(logits, features @ network.head.weight.flatten(1).T, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("name", ["compact", "resnet18", "resnet50"])
def test_at_stride_16_the_last_stage_alone_is_finer(name):
    coarse, fine = build_encoder(name).eval(), build_encoder(name, output_stride=16).eval()
    fine.load_state_dict(coarse.state_dict())
    with torch.no_grad():
        before, after = coarse(IMAGES), fine(IMAGES)
    assert all(torch.equal(*pair) for pair in zip(before[:4], after[:4], strict=True))
    assert (before[4].shape[2:], after[4].shape[2:]) == ((2, 3), (4, 6))
    assert before[4].shape[1] == after[4].shape[1]


def test_the_seed_draws_the_weights_and_nothing_else_does():
    recipe = resolve_classifier("compact")
    torch.manual_seed(5)
    first = build_classifier(recipe, 2, seed=1)
    torch.manual_seed(6)
    same, other = build_classifier(recipe, 2, seed=1), build_classifier(recipe, 2, seed=2)
    assert torch.equal(first.head.weight, same.head.weight)
    assert not torch.equal(first.head.weight, other.head.weight)


def test_frozen_norm_keeps_its_statistics_and_the_stem_its_weights():
    recipe = ClassifierRecipe(encoder="resnet18", weights="somewhere.pth")
    network = build_classifier(recipe, 2).train()
    before = {key: value.clone() for key, value in network.state_dict().items()}
    torch.autograd.backward(network(IMAGES).sum())
    after = network.state_dict()
    assert all(torch.equal(before[key], after[key]) for key in before)
    assert not any(module.training for module in network.modules() if isinstance(module, nn.BatchNorm2d))
    learns = {name for name, parameter in network.named_parameters() if parameter.grad is not None}
    assert not any(name.startswith("encoder.stem") for name in learns)
    assert "encoder.stages.0.0.conv1.weight" in learns


def test_fixed_stages_and_the_stem_before_them_get_no_gradient():
    network = build_classifier(resolve_classifier("compact", fixed_stages=2), 3)
    network(IMAGES).sum().backward()
    fixed = [*network.encoder.cut(2)[0].parameters()]
    taught = [*network.encoder.cut(2)[1].parameters(), network.head.weight]
    assert all(each.grad is None for each in fixed)
    assert all(each.grad is not None and each.grad.any() for each in taught)


def test_the_pretrained_recipe_goes_on_from_the_packaged_weights_and_norms():
    recipe = resolve_classifier("pretrained")
    network = build_classifier(recipe, 2, weights=recipe.weights).train()
    packaged = build_encoder(recipe.encoder, "package", 16)
    state = network.encoder.state_dict()
    assert all(torch.equal(state[key], value) for key, value in packaged.state_dict().items())
    torch.autograd.backward(network(IMAGES).sum())
    assert all(torch.equal(state[key], value) for key, value in network.encoder.state_dict().items())
    assert not any(module.training for module in network.modules() if isinstance(module, nn.BatchNorm2d))
    assert all(parameter.grad is not None for parameter in network.parameters())
