"""Which measure decides, and how much of a difference is noise."""

from dataclasses import dataclass, field

import pytest

from maskloop.values.measures import DECIDING, FORMERLY, decide_by, is_noise, largest_noise, measured


@dataclass(frozen=True)
class Network:
    mean_iou: float | None = None
    metrics: dict[str, float] = field(default_factory=dict)


def test_a_measure_is_a_field_or_a_metric_or_not_there():
    network = Network(0.5, {"pq": 0.4})
    assert (measured(network, "mean_iou"), measured(network, "pq"), measured(network, "dice")) == (0.5, 0.4, None)


def test_panoptic_quality_decides_wherever_it_was_measured():
    new, old, nothing = Network(0.5, {"pq": 0.4}), Network(0.5), Network()
    assert DECIDING == "pq"
    assert decide_by([new]) == decide_by([old, new, nothing]) == DECIDING
    assert decide_by([]) == decide_by([nothing]) == DECIDING
    assert decide_by([old, nothing]) == FORMERLY == "mean_iou"


@pytest.mark.parametrize(("measure", "deviation", "largest"), [("pq", 0.024, 0.0665), ("mean_iou", 0.016, 0.0443)])
def test_two_trainings_differ_by_less_in_95_of_100_cases(measure, deviation, largest):
    """The difference of two has sqrt(2) of the deviation of one."""
    assert largest_noise(measure) == pytest.approx(1.96 * 2**0.5 * deviation)
    assert largest_noise(measure) == pytest.approx(largest, abs=0.0001)
    assert is_noise(largest - 0.001, measure)
    assert is_noise(0.001 - largest, measure)
    assert not is_noise(largest + 0.001, measure)
    assert not is_noise(-largest - 0.001, measure)
