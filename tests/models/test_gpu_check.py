"""The check of a GPU, tried on the CPU: there it must find no difference, and it must find one where there is one."""

from dataclasses import replace

import pytest
import torch

from benchmarks.networks.gpu_check import CPU, agreement, check, picture, predicted
from models.data.samples import ImageToScore
from models.kinds.networks import fit
from models.kinds.recipes import resolve

QUICK = {"iterations": 20, "image_size": 64}


def test_a_device_agrees_with_itself():
    found = check("pretrained", CPU, labels=4, unseen=3, views=2, **QUICK)
    assert (found.same, found.apart, found.rank) == (1.0, 0.0, 1.0)
    assert found.holds


def test_differences_are_found():
    examples = [picture(seed, test=False) for seed in range(4)]
    recipe = resolve("pretrained", views=2, **QUICK)
    model = fit(examples, (1,), recipe, seed=0, device=CPU, checkpoint_dir=None, progress=lambda *_: None)
    images = [ImageToScore.of(example, counted=False) for example in examples]
    made, _ = predicted(model, images, CPU)
    assert any(item.proposals.objects for item in made.values())
    nothing = {key: replace(item, proposals=replace(item.proposals, objects=())) for key, item in made.items()}
    assert agreement(made, nothing).same == 0.0
    assert not agreement(made, nothing).holds


@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU")
@pytest.mark.parametrize("recipe", ["pretrained", "compact"])
def test_a_gpu_agrees_with_the_cpu(recipe):
    assert check(recipe, torch.device("cuda"), labels=8, unseen=8).holds
