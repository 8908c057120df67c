"""Which network a campaign leaves: the best, not merely the last."""

from dataclasses import replace

from maskloop.loop.outcomes import Arm, Measured, Purchase, Round
from tests.loop.test_stopping import measured


def network(number: int, **quality: float) -> Measured:
    made = measured(number, 1.0, 0.0, mean_iou=quality["mean_iou"])
    metrics = {name: value for name, value in quality.items() if name == "pq"}
    return replace(made, evaluation=replace(made.evaluation, metrics=metrics))


def best(*networks: Measured) -> int:
    return Arm(Purchase(), tuple(map(Round, networks))).best.number


def test_the_network_of_the_highest_panoptic_quality_is_the_best():
    rounds = (network(1, pq=0.2, mean_iou=0.5), network(2, pq=0.4, mean_iou=0.3), network(3, pq=0.3, mean_iou=0.9))
    assert best(*rounds) == 2


def test_of_equal_ones_it_is_the_latest():
    assert best(network(1, pq=0.4, mean_iou=0.5), network(2, pq=0.4, mean_iou=0.5)) == 2


def test_an_old_servers_networks_are_compared_by_mean_iou():
    assert best(network(1, mean_iou=0.5), network(2, mean_iou=0.4)) == 1
