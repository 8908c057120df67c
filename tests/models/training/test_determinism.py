"""Draws from a seed, which nobody else's draws follow from."""

import torch

from models.training.determinism import drawn_from

CPU = torch.device("cpu")


def test_draws_are_the_seeds_and_the_generator_is_put_back():
    torch.manual_seed(5)
    before = torch.get_rng_state()
    with drawn_from(3, CPU):
        first = torch.rand(4)
    assert torch.equal(torch.get_rng_state(), before)
    torch.rand(7)
    with drawn_from(3, CPU):
        again = torch.rand(4)
    with drawn_from(4, CPU):
        other = torch.rand(4)
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
