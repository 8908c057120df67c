"""A task of a few lines is trained, resumed and cached by the loop, and nobody can tell from what comes out."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from maskloop.errors import Cancelled, FailedPrecondition
from models.training.cache import NetworkCache
from models.training.fingerprint import TrainingInputs
from models.training.loop import LoopSettings, Progress, Task, learning_rate_share, run

ITERATIONS = 40
SETTINGS = LoopSettings(checkpoint_every=7)


@dataclass(frozen=True)
class Slope(Task[nn.Linear, Tensor]):
    """Learns y = 3 x; finishes by counting."""

    rate: float = 0.5
    version: int = 1
    finished: list[int] = field(default_factory=list)

    finish_share: ClassVar[float] = 0.2

    def inputs(self) -> TrainingInputs:
        return TrainingInputs({"rate": self.rate}, {}, {"slope": self.version})

    def optimizer(self) -> torch.optim.Optimizer:
        groups = [{"params": list(self.network.parameters()), "rate": self.rate}]
        return torch.optim.SGD(groups, lr=self.rate, momentum=0.5)

    def batch(self, seed: int, iteration: int) -> Tensor:
        return torch.from_numpy(np.random.default_rng([seed, iteration]).random((4, 1))).float()

    def loss(self, batch: Tensor, done: float) -> Tensor:
        return (self.network(batch) - 3 * batch).square().mean()

    def finish(self, seed: int, progress: Progress) -> None:
        self.finished.append(seed)
        progress(1.0, "finished")


def slope(settings: LoopSettings = SETTINGS, **values) -> Slope:
    torch.manual_seed(0)
    return Slope(nn.Linear(1, 1), settings, **values)


def train(
    task: Slope, *, seed=0, path: Path | None = None, cache: NetworkCache | None = None, progress=lambda *_: None
):
    return run(task, ITERATIONS, seed, resume_path=path, cache=cache, progress=progress)


def weights(network: nn.Linear) -> list[float]:
    return [network.weight.item(), network.bias.item()]


def interrupt(at: int) -> Callable[[float, str], None]:
    """Stops a training when it tells of this iteration."""

    def progress(share: float, message: str) -> None:
        if message.startswith(f"iteration {at} "):
            raise Cancelled("killed")

    return progress


def test_rates_warm_up_linearly_and_fall_along_a_cosine():
    shares = [learning_rate_share(k, 100, warmup=4, decay="cosine") for k in range(100)]
    assert shares[:4] == [0.25, 0.5, 0.75, 1.0]
    assert shares[52] == pytest.approx(0.5)
    assert shares[99] == pytest.approx(0.5 * (1 + math.cos(math.pi * 95 / 96)))
    assert [learning_rate_share(k, 100, warmup=0, decay="constant") for k in (0, 50, 99)] == [1, 1, 1]
    drops = [learning_rate_share(k, 90, 0, "drops", (1 / 3, 2 / 3)) for k in (0, 29, 30, 59, 60, 89)]
    assert drops == pytest.approx([1, 1, 0.1, 0.1, 0.01, 0.01])
    steps = [learning_rate_share(k, 8000, warmup=0, decay="steps") for k in (0, 999, 1000, 2000, 7999)]
    assert steps == pytest.approx([1, 1, 0.33, 0.33**2, 0.33**7])


def test_a_falling_rate_may_stay_where_it_is_after_some_iterations_and_end_above_zero():
    whole, short = LoopSettings(decay="poly"), LoopSettings(decay="poly", horizon=20)
    assert [whole.share(k, 100) for k in (0, 50, 99)] == pytest.approx([1, 0.5**0.9, 0.01**0.9])
    assert [short.share(k, 100) for k in (0, 10, 19, 20, 99)] == pytest.approx([1, 0.5**0.9, *[0.05**0.9] * 3])
    above = LoopSettings(decay="poly", least=0.2)
    assert [above.share(k, 100) for k in (0, 50, 99)] == pytest.approx([1, 0.2 + 0.8 * 0.5**0.9, 0.2 + 0.8 * 0.01**0.9])


def test_a_training_uses_the_settings_share_of_its_rate():
    rates = []

    class Watched(Slope):
        def optimizer(self):
            self.made.append(super().optimizer())
            return self.made[0]

        def loss(self, batch, done):
            rates.append(self.made[0].param_groups[0]["lr"])
            return super().loss(batch, done)

        made: ClassVar[list] = []

    settings = LoopSettings(decay="poly", horizon=5, least=0.1)
    train(Watched(nn.Linear(1, 1), settings))
    assert rates == pytest.approx([0.5 * settings.share(k, ITERATIONS) for k in range(ITERATIONS)])
    assert rates[4] == rates[39]


def test_a_task_is_trained_and_left_in_eval_mode():
    network = train(slope())
    assert weights(network) == pytest.approx([3, 0], abs=0.2)
    assert not network.training


def test_the_rates_of_the_schedule_are_those_of_the_optimiser():
    still = slope(LoopSettings(warmup=10**9))  # never more than a billionth of the rate
    before = weights(still.network)
    assert weights(train(still)) == pytest.approx(before, abs=1e-5)


def test_gradients_are_clipped():
    task = slope(LoopSettings(clip=1e-6))
    before = weights(task.network)
    assert weights(train(task)) == pytest.approx(before, abs=1e-3)


@pytest.mark.parametrize("moment", [1, 6, 7, 8, ITERATIONS])
def test_a_training_that_was_killed_ends_bit_for_bit_as_an_unbroken_one(tmp_path, moment):
    path = tmp_path / "training.pt"
    with pytest.raises(Cancelled):
        train(slope(), path=path, progress=interrupt(moment))
    told = []
    resumed = train(slope(), path=path, progress=lambda _, message: told.append(message))
    assert weights(resumed) == weights(train(slope()))
    saved = moment if moment == ITERATIONS else moment // 7 * 7
    assert sum("iteration" in message for message in told) == ITERATIONS - saved


def test_a_network_in_the_cache_is_taken_as_it_was_finished(tmp_path):
    cache, first, second, told = NetworkCache(tmp_path, 1 << 20), slope(), slope(), []
    trained = train(first, cache=cache)
    taken = train(second, cache=cache, progress=lambda share, message: told.append((share, message)))
    assert weights(taken) == weights(trained)
    assert (first.finished, second.finished, told) == ([0], [], [(1.0, "trained")])
    assert not taken.training


@pytest.mark.parametrize(("values", "seed"), [({"rate": 0.4}, 0), ({"version": 2}, 0), ({}, 1)])
def test_a_training_of_another_option_version_or_seed_is_not_taken_for_it(tmp_path, values, seed):
    cache, other = NetworkCache(tmp_path, 1 << 20), slope(**values)
    train(slope(), cache=cache)
    train(other, seed=seed, cache=cache)
    assert other.finished == [seed]


def test_progress_rises_over_iterations_and_finish():
    told: list[float] = []
    train(slope(), progress=lambda share, _: told.append(share))
    assert told == sorted(told)
    assert told[ITERATIONS - 1 :] == pytest.approx([0.8, 1.0])


def test_a_diverging_training_names_the_iteration():
    with pytest.raises(FailedPrecondition, match=r"iteration \d+"):
        train(slope(rate=1e30))


@dataclass(frozen=True)
class Cliff(Slope):
    """Its loss is finite at every iteration, and the gradient of the last one is not."""

    def loss(self, batch: Tensor, done: float) -> Tensor:
        loss, weight = super().loss(batch, done), self.network.weight
        return loss + (weight - weight.detach()).sqrt().sum() if done > 1 - 1.5 / ITERATIONS else loss


def test_a_last_step_that_ruins_the_weights_is_told_and_nothing_of_it_is_kept(tmp_path):
    torch.manual_seed(0)
    task, cache = Cliff(nn.Linear(1, 1), SETTINGS), NetworkCache(tmp_path, 1 << 20)
    with pytest.raises(FailedPrecondition, match="weight is not finite after iteration 39"):
        train(task, cache=cache)
    assert not task.finished
    assert not list(tmp_path.glob("*.safetensors"))
