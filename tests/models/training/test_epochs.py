"""Every epoch goes through all examples, in an order of its own."""

import pytest

from models.training.epochs import places_of


@pytest.mark.parametrize(("examples", "batch"), [(9, 4), (8, 8), (3, 8), (17, 5)])
def test_every_epoch_sees_every_example_once_in_another_order(examples, batch):
    batches = -(-examples // batch)
    epochs = [[places_of(examples, batch, 0, e * batches + k) for k in range(batches)] for e in range(3)]
    for epoch in epochs:
        assert sorted(place for places in epoch for place in places) == list(range(examples))
        assert max(map(len, epoch)) <= batch
    assert epochs[0] != epochs[1]
    assert places_of(examples, batch, 1, 0) != places_of(examples, batch, 0, 0)


def test_a_single_example_fills_a_batch_twice_because_batch_norm_needs_two():
    assert places_of(1, 8, 0, 5) == [0, 0]
