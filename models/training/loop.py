"""The training loop of every network.

A network's own training is a `Task`: the network, its optimiser, the batch of an iteration and the loss. `run` does the
rest: learning rates, mixed precision, gradient clipping, checkpoints, the network cache and progress.

Every draw comes from (seed, iteration) and the state is saved every few iterations. A training that is killed at any
moment and run again with the same arguments therefore ends bit for bit as if it had not been killed.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import ClassVar, Generic, Literal, TypeVar

import torch
from torch import Tensor, nn

from maskloop.errors import FailedPrecondition
from models.training.cache import NetworkCache
from models.training.determinism import repeatable
from models.training.fingerprint import TrainingInputs, fingerprint
from models.training.resume import load_progress, save_progress

STATISTICS = ("running_mean", "running_var")
VERSION = 1
"""Of the loop and of `models.training.epochs`; raised when a change makes trainings come to other weights."""

Progress = Callable[[float, str], None]
"""Called with a fraction in [0, 1] and a message; may raise to stop the work."""
Decay = Literal["constant", "cosine", "drops", "poly", "steps"]
POLY_POWER = 0.9
STEP, STEP_SHARE = 1000, 0.33
DROP_SHARE = 0.1
Network = TypeVar("Network", bound=nn.Module)
Batch = TypeVar("Batch")


@dataclass(frozen=True)
class LoopSettings:
    """How a task is trained.

    Args:
        warmup: iterations of linear warm-up of the learning rates.
        decay: of the learning rates after it, see `learning_rate_share`.
        clip: largest gradient norm; 0 for no clipping.
        checkpoint_every: iterations between two saved states.
        mixed_precision: whether a GPU computes the loss in bfloat16 where torch's autocast does so.
        horizon: iterations that the decay is laid out for, after which rates stay what they were last; 0 for all.
        least: share of the full learning rate that a decay ends at instead of 0, in [0, 1).
        drops: of "drops", shares of the iterations after which the rates are a tenth of what they were.
    """

    warmup: int = 0
    decay: Decay = "constant"
    clip: float = 0.0
    checkpoint_every: int = 50
    mixed_precision: bool = True
    horizon: int = 0
    least: float = 0.0
    drops: tuple[float, ...] = ()

    def share(self, iteration: int, iterations: int) -> float:
        """Of the full learning rate, at an iteration."""
        horizon = self.horizon or iterations
        share = learning_rate_share(min(iteration, horizon - 1), horizon, self.warmup, self.decay, self.drops)
        return self.least + (1 - self.least) * share if self.least else share


@dataclass(frozen=True)
class Task(ABC, Generic[Network, Batch]):
    """What one kind of training has of its own.

    Args:
        network: what is trained, on its device, with its initial weights.
        settings: of the loop.
    """

    network: Network
    settings: LoopSettings

    finish_share: ClassVar[float] = 0.0
    """Of the progress shown, for `finish`."""

    @property
    def device(self) -> torch.device:
        """Where the network is."""
        return next(self.network.parameters()).device

    @abstractmethod
    def inputs(self) -> TrainingInputs:
        """All that decides the training's result besides initial weights, seed, iterations and arithmetic."""

    @abstractmethod
    def optimizer(self) -> torch.optim.Optimizer:
        """A new optimiser. Each parameter group's "rate" is its full learning rate, which the schedule scales."""

    def before(self, iteration: int) -> None:
        """Whatever is done before an iteration besides training, such as a measurement; nothing by default.

        What it keeps is part of the network's state, so that an interrupted training finds it again; it draws nothing.
        """

    @abstractmethod
    def batch(self, seed: int, iteration: int) -> Batch:
        """What an iteration learns from; every draw comes from the two arguments alone."""

    @abstractmethod
    def loss(self, batch: Batch, done: float) -> Tensor:
        """The loss, a scalar; `done` is the share of the iterations that is behind, in [0, 1)."""

    def describe(self, done: int, iterations: int, loss: float) -> str:
        """Progress for people after `done` of `iterations` iterations."""
        return f"iteration {done} of {iterations}, loss {loss:.3f}"

    def finish(self, seed: int, progress: Progress) -> None:
        """Whatever is trained after the last iteration, such as a branch of the frozen network; nothing by default."""


def run(
    task: Task[Network, Batch],
    iterations: int,
    seed: int,
    *,
    resume_path: Path | None,
    cache: NetworkCache | None,
    progress: Progress,
) -> Network:
    """Train the task's network, or take it from the cache; returned in eval mode.

    Args:
        iterations: in all, 1 or more.
        seed: of every draw.
        resume_path: file where an unfinished training leaves its state and finds it again; `None` for nowhere.
        cache: networks trained before. One that this training would come to is taken; else this one joins them.
        progress: called at every iteration.

    Raises:
        FailedPrecondition: the loss is no longer finite, or weights are not after the last iteration.
        StorageFull: a state cannot be saved.
    """
    identity = fingerprint(task.network, task.inputs().with_part("loop", VERSION), iterations, seed, task.device)
    if cache is None:
        _train(task, iterations, seed, resume_path, identity, progress=progress)
        return task.network.eval()
    with cache.exclusive(identity, lambda: progress(0.0, "waiting for the same training elsewhere")):
        if cache.restore(identity, task.network):
            progress(1.0, "trained")
        else:
            _train(task, iterations, seed, resume_path, identity, progress=progress)
            cache.keep(identity, task.network)
    return task.network.eval()


def learning_rate_share(
    iteration: int, iterations: int, warmup: int, decay: Decay, drops: tuple[float, ...] = ()
) -> float:
    """The share of the full learning rate that holds at an iteration.

    A linear warm-up, then constant, half a cosine that begins after the warm-up, (1 - iteration / iterations)^0.9, or
    0.33 for every 1000 iterations that are done, multiplied ("steps"), or 0.1 for each of `drops`, shares of the
    iterations, that is reached ("drops").
    """
    if iteration < warmup:
        return (iteration + 1) / warmup
    if decay == "constant":
        return 1.0
    if decay == "poly":
        return float((1 - iteration / iterations) ** POLY_POWER)
    if decay == "steps":
        return float(STEP_SHARE ** (iteration // STEP))
    if decay == "drops":
        return float(DROP_SHARE ** sum(iteration >= share * iterations for share in drops))
    return 0.5 * (1 + math.cos(math.pi * (iteration - warmup) / max(1, iterations - warmup)))


def part_of(progress: Progress, begin: float, end: float, prefix: str = "") -> Progress:
    """Progress of a part of the work, from `begin` to `end` of the whole, its messages after `prefix`."""
    return lambda share, message: progress(begin + share * (end - begin), prefix + message)


def _train(
    task: Task[Network, Batch], iterations: int, seed: int, path: Path | None, identity: str, *, progress: Progress
) -> None:
    network, iterating = task.network, part_of(progress, 0.0, 1 - task.finish_share)
    with repeatable(task.device):
        optimizer = task.optimizer()
        first = load_progress(path, identity, network, optimizer) if path else 0
        network.train()
        for iteration in range(first, iterations):
            task.before(iteration)
            loss, done = _iterate(task, optimizer, seed, iteration, iterations), iteration + 1
            if done == iterations:
                _check_finite(network, iterations)
            if path and (done % task.settings.checkpoint_every == 0 or done == iterations):
                save_progress(path, identity, network, optimizer, done)
            iterating(done / iterations, task.describe(done, iterations, loss))
        task.finish(seed, part_of(progress, 1 - task.finish_share, 1.0))


def _check_finite(network: nn.Module, iterations: int) -> None:
    """What the last step did, no loss has seen; of buffers, norms alone keep what they have seen."""
    seen = ((name, values) for name, values in network.named_buffers() if name.endswith(STATISTICS))
    for name, values in chain(network.named_parameters(), seen):
        if not torch.isfinite(values).all():
            raise FailedPrecondition(f"{name} is not finite after iteration {iterations - 1}; a lower rate may help")


def _iterate(
    task: Task[Network, Batch], optimizer: torch.optim.Optimizer, seed: int, iteration: int, iterations: int
) -> float:
    """One step of the optimiser; returns the loss."""
    settings, kind = task.settings, task.device.type
    share = settings.share(iteration, iterations)
    for group in optimizer.param_groups:
        group["lr"] = group["rate"] * share
    batch = task.batch(seed, iteration)
    with torch.autocast(kind, dtype=torch.bfloat16, enabled=settings.mixed_precision and kind == "cuda"):
        loss = task.loss(batch, iteration / iterations)
    value = loss.item()
    if not math.isfinite(value):
        raise FailedPrecondition(f"the training loss is {value} at iteration {iteration}; a lower rate may help")
    optimizer.zero_grad(set_to_none=True)
    if loss.requires_grad:  # a batch of empty images teaches nothing to a network that is told where objects are
        torch.autograd.backward(loss)
        if settings.clip:
            nn.utils.clip_grad_norm_(task.network.parameters(), settings.clip)
        optimizer.step()
    return value
