"""Training of the U-Net on clicks, and the choice of the network that is kept.

Section "classification model" of Janouskova, Rigotti, Giurgiu, Malossi, *Model-assisted labeling via explainability for
visual inspection of civil infrastructures*, 2022: AdamW, and the network of best F on held-out images is kept. It is
not trained again on all images. Networks of equal F are told apart by their held-out loss.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from copy import deepcopy
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import ClassVar

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from maskloop.errors import InvalidArgument
from models.classification.unet import crops
from models.classification.unet.clicks import ClickedImage
from models.classification.unet.crops import ClickPool, CropBatch, pool_of
from models.classification.unet.model import FittedUnet
from models.classification.unet.network import UnetClassifier, build_unet
from models.classification.unet.recipe import UnetRecipe
from models.training.cache import NetworkCache
from models.training.determinism import Arithmetic
from models.training.fingerprint import TrainingInputs
from models.training.holdout import hold_out
from models.training.loop import Decay, LoopSettings, Progress, Task, part_of, run

VERSION = 1
"""Of network, loss and choice; raised when a change makes trainings come to other weights."""
MOST_JUDGED = 64  # held-out crops of objects of a class
SURE = 0.5  # probability from which a class is taken to be there


class BestOf(nn.Module):
    """A network in training, and the best one so far; both are part of a training's state.

    Args:
        network: in training.
        chosen: whether a best one is kept.
    """

    f: Tensor
    held_out_loss: Tensor

    def __init__(self, network: UnetClassifier, *, chosen: bool) -> None:
        super().__init__()
        self.network = network
        self.best = deepcopy(network).requires_grad_(requires_grad=False) if chosen else None
        self.register_buffer("f", torch.tensor(-1.0, dtype=torch.float64))
        self.register_buffer("held_out_loss", torch.tensor(torch.inf, dtype=torch.float64))

    @torch.no_grad()
    def offer(self, f: float, loss: float) -> None:
        """Keep the network as it is now if its F is better, or as good and its loss smaller."""
        if self.best is None or (f, -loss) <= (float(self.f), -float(self.held_out_loss)):
            return
        self.best.load_state_dict(self.network.state_dict())
        self.f.fill_(f)
        self.held_out_loss.fill_(loss)

    def kept(self) -> UnetClassifier:
        """The best network, or the one in training if none is chosen; in eval mode, no parameter learning."""
        network = self.network if self.best is None else self.best
        return network.requires_grad_(requires_grad=False).eval()


@dataclass(frozen=True)
class ClickTraining(Task[BestOf, CropBatch]):
    """Training on crops; `held_out` is `None` where no network is chosen."""

    pool: ClickPool
    held_out: ClickPool | None
    recipe: UnetRecipe
    seed: int

    finish_share: ClassVar[float] = 0.02

    def inputs(self) -> TrainingInputs:
        """All images and clicks in their order, whatever their ids."""
        data: dict[str, Tensor] = {}
        for kind, pool in (("learnt", self.pool), ("held out", self.held_out)):
            for place, image in enumerate(pool.images if pool else ()):
                rows = [
                    [click.y, click.x, self._index(click.category_id), int(click.on)]
                    for click in sorted(image.clicks)
                    if click.category_id in self.pool.categories
                ]
                absent = [category_id in image.absent for category_id in self.pool.categories]
                data[f"{kind} {place} image"] = _digest(image, self.pool.categories)
                data[f"{kind} {place} clicks"] = torch.tensor(rows, dtype=torch.int64)
                data[f"{kind} {place} absent"] = torch.tensor(absent)
        return TrainingInputs(self.recipe.shaping(), data, {"unet": VERSION, "unet crops": crops.VERSION})

    def optimizer(self) -> torch.optim.Optimizer:
        """AdamW, with a rate for encoder, decoder and linear layer each."""
        recipe, network = self.recipe, self.network.network
        front = list(network.unet.front.parameters())
        head = [*network.head.parameters(), network.bias]
        apart = {id(parameter) for parameter in (*front, *head)}
        groups = [
            {"params": front, "rate": recipe.front_factor * recipe.rate},
            {"params": head, "rate": recipe.head_factor * recipe.rate},
            {"params": [each for each in network.parameters() if id(each) not in apart], "rate": recipe.rate},
        ]
        return torch.optim.AdamW(groups, lr=self.recipe.rate, weight_decay=self.recipe.weight_decay, fused=True)

    def batch(self, seed: int, iteration: int) -> CropBatch:
        """See `ClickPool.draw`."""
        flips = np.random.default_rng([seed, 3, iteration]) if self.recipe.flips else None
        return self.pool.batch(self.pool.draw(seed, iteration), self.device, flips)

    def loss(self, batch: CropBatch, done: float) -> Tensor:
        """See `click_loss`."""
        return click_loss(self.network.network(batch.images), batch)

    def before(self, iteration: int) -> None:
        """Measure the network every few iterations."""
        if iteration and iteration % self.recipe.measure_every == 0:
            self._measure()

    def finish(self, seed: int, progress: Progress) -> None:
        """Measure the last network as well."""
        self._measure()
        progress(1.0, "measured on held-out images")

    @cached_property
    def _judged(self) -> list[CropBatch]:
        """Held-out crops, the same at every measurement; those of nothing are balanced with those of objects."""
        if self.held_out is None:
            return []
        drawn, step = self.held_out.fixed(self.seed, MOST_JUDGED), self.recipe.batch
        parts = (drawn[start : start + step] for start in range(0, len(drawn), step))
        return [self.held_out.batch(part, self.device, None) for part in parts]

    @torch.no_grad()
    def _measure(self) -> None:
        if not self._judged:
            return
        network = self.network.network.eval()
        logits = torch.cat([network(batch.images) for batch in self._judged])
        network.train()
        targets, known = (torch.cat([getattr(batch, name) for batch in self._judged]) for name in ("targets", "known"))
        loss = click_loss(logits, CropBatch(logits, targets, known))
        self.network.offer(f_measure(logits.sigmoid() >= SURE, targets > 0, known), float(loss))

    def _index(self, category_id: int) -> int:
        return self.pool.categories.index(category_id)


def _digest(image: ClickedImage, categories: Sequence[int]) -> Tensor:
    """(32,) uint8 of its pixels and of what is known of objects besides clicks; no two images need be in memory."""
    hashed = hashlib.sha256(f"{image.pixels.shape} {image.whole}".encode())
    hashed.update(np.ascontiguousarray(image.pixels).data)
    for item in image.objects:
        if item.category_id in categories:
            hashed.update(f"{categories.index(item.category_id)} ".encode() + item.mask.rle)
    for box in image.boxes:
        if box.category_id in categories:
            corners = (box.x, box.y, box.width, box.height)
            hashed.update(f"{categories.index(box.category_id)} {corners}".encode())
    return torch.frombuffer(bytearray(hashed.digest()), dtype=torch.uint8)


def click_loss(logits: Tensor, batch: CropBatch) -> Tensor:
    """Binary cross-entropy with logits (B, C), the mean over what is known, a scalar."""
    losses = F.binary_cross_entropy_with_logits(logits.float(), batch.targets, reduction="none")
    return losses[batch.known].mean()


def f_measure(said: Tensor, true: Tensor, known: Tensor) -> float:
    """Mean over classes of 2TP / (2TP + FP + FN), in [0, 1]; a class that is neither there nor said counts as 0.

    Args:
        said, true, known: (B, C) bool; what is not known counts nowhere.
    """
    hits, said_sum, true_sum = ((each & known).sum(dim=0).double() for each in (said & true, said, true))
    return float((2 * hits / (said_sum + true_sum).clamp(min=1)).mean())


def train_unet(
    images: Iterable[ClickedImage],
    categories: Sequence[int],
    recipe: UnetRecipe,
    *,
    seed: int,
    device: torch.device,
    checkpoint_dir: Path | None,
    progress: Progress,
    cache: NetworkCache | None = None,
) -> FittedUnet:
    """Train the recipe's networks: one a category, or one of all of them if the recipe is `joint`.

    Args:
        images: their order has no influence.
        categories: ids, each with a click on an object.
        checkpoint_dir: where an unfinished training finds its networks again; `None` for nowhere.
        progress: called at every iteration with a fraction in [0, 1]; may raise to stop the training.
        cache: networks trained before, see `models.training.loop.run`.

    Raises:
        InvalidArgument: a category has no click on an object, no place for crops of nothing, or an image comes twice.
        FailedPrecondition: the loss is no longer finite.
        StorageFull: a checkpoint cannot be written.
    """
    given, wanted = list(images), list(categories)
    if not wanted:
        raise InvalidArgument("there is no category to learn", field="categories")
    groups = [wanted] if recipe.joint else [[category_id] for category_id in wanted]
    networks, metrics = [], dict[str, float]()
    for number, group in enumerate(groups):
        learnt, held_out = _parted(given, group, recipe, seed)
        network = BestOf(build_unet(recipe, len(group), weights=recipe.weights, seed=seed), chosen=held_out is not None)
        decay: Decay = "cosine" if recipe.schedule == "cosine" else "constant"
        settings = LoopSettings(recipe.warmup, decay, checkpoint_every=recipe.checkpoint_every)
        task = ClickTraining(network.to(device), settings, learnt, held_out, recipe, seed)
        name = "-".join(map(str, group))
        best = run(
            task,
            recipe.iterations(learnt.most_clicks),
            seed,
            resume_path=checkpoint_dir / f"unet-{name}" / "training.pt" if checkpoint_dir else None,
            cache=cache,
            progress=part_of(progress, number / len(groups), (number + 1) / len(groups), f"class {name}: "),
        )
        networks.append(best.kept())
        if held_out is not None:
            metrics[f"held_out_f {name}"] = float(best.f)
    snapshot = tuple(sorted(image.image_id for image in given))
    return FittedUnet(tuple(networks), recipe, tuple(wanted), seed, snapshot, metrics, Arithmetic.of(device))


def _parted(
    images: Sequence[ClickedImage], categories: Sequence[int], recipe: UnetRecipe, seed: int
) -> tuple[ClickPool, ClickPool | None]:
    """What is learnt from and what is held out; nothing is where either part would lack a class, or its absence."""
    whole = pool_of(images, categories, recipe)
    learnt, held_out = hold_out(whole.images, recipe.held_out, seed)
    try:
        parts = pool_of(learnt, categories, recipe), pool_of(held_out, categories, recipe)
        for pool in parts:
            pool.fixed(seed, MOST_JUDGED)
    except InvalidArgument:
        whole.fixed(seed, MOST_JUDGED)  # says what is lacking
        return whole, None
    return parts
