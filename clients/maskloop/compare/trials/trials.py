"""One trial: run on a server, and kept in WORKDIR as one small file."""

from __future__ import annotations

import math
import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from maskloop.client import Client
from maskloop.compare.analysis.arm import CONTROL_TIMES, Arm
from maskloop.compare.analysis.comparison import Point, Trial
from maskloop.compare.trials.control import control_options
from maskloop.compare.trials.grid import Begun, TrialName
from maskloop.datasets.read import Data
from maskloop.errors import InvalidConfig
from maskloop.formats.files import write_atomically
from maskloop.loop.arms import ArmName, ArmResult, run_arm, slug_of
from maskloop.loop.outcomes import Round
from maskloop.loop.progress import Progress
from maskloop.values import HeadState

TRIALS_FOLDER = "trials"


@dataclass(frozen=True)
class Trials:
    """The trials of a comparison: how each is run, and where it is kept.

    Args:
        workdir: of the comparison.
        begun: what was asked for.
        data: the images, the same ones for every trial.
        clock: seconds that never go back.
    """

    workdir: Path
    begun: Begun
    data: Data
    clock: Callable[[], float]

    def run(self, client: Client, name: TrialName, progress: Progress) -> Trial:
        """Run a trial on a server to its end, or go on with it there, and keep it.

        Raises:
            MaskloopError: an option or the server will not do; the same call goes on with it.
        """
        options = self.begun.grid.options_of(name)
        result = run_arm(
            client,
            ArmName(name.arm.strategy, f"{self.data.name}-{_slug(name.arm)}-seed-{name.seed}"),
            self.data,
            options=control_options(options, self.data) if name.arm.is_control else options,
            # Requests are told apart by it and by the strategy, which arms may have in common.
            run_id=str(uuid.uuid5(uuid.UUID(self.begun.run_id), f"seed-{name.seed}{_suffix(name.arm)}")),
            progress=progress,
            clock=self.clock,
            tell=lambda so_far: progress.round_done(f"{name}: round {len(so_far.arm.rounds)}"),
            first_of=options.parsed_budget(),
        )
        trial = trial_of(result, name)
        write_atomically(self._path(name), _adapter().dump_json(trial, indent=1) + b"\n")
        return trial

    def kept(self) -> tuple[Trial, ...]:
        """Those that have ended, in the order of the grid.

        Raises:
            InvalidConfig: a file is broken.
        """
        return tuple(_read(path) for name in self.begun.grid.names() if (path := self._path(name)).exists())

    def _path(self, name: TrialName) -> Path:
        folder = self.workdir / TRIALS_FOLDER / f"seed-{name.seed}"
        return folder / f"{_slug(name.arm)}.json"


def _slug(arm: Arm) -> str:
    """An arm as part of an id or a file name."""
    return f"{slug_of(arm.strategy)}{_suffix(arm)}"


def _suffix(arm: Arm) -> str:
    """What an arm is beside its strategy; "" for one that is nothing else, as all were once."""
    return f"{f'-x{CONTROL_TIMES}' if arm.is_control else ''}{f'-{arm.assist}' if arm.assist else ''}"


def trial_of(result: ArmResult, name: TrialName) -> Trial:
    """What a comparison keeps of an arm that has ended."""
    points = tuple(_point(each) for each in result.arm.rounds)
    return Trial(name.strategy, name.seed, points[0].spent_without_counts_s, points, result.arm.stopped_because)


def _point(done: Round) -> Point:
    measured, purchase = done.measured, done.purchase
    bought = purchase.labeled
    targets = [batch.batch.target_iou for batch in purchase.batches]
    scores = [pick.score for pick, _ in bought if pick.score is not None]
    fitted = measured.model.head is not HeadState.UNFITTED
    return Point(
        spent_s=measured.spent_s,
        spent_s_by_kind=measured.spent_s_by_kind,
        labeled_images=measured.labeled_images,
        mean_iou=_finite(measured.quality("mean_iou")),
        ap50=_finite(measured.quality("ap50")),
        ap=_finite(measured.quality("ap")),
        iou_mae=_finite(measured.quality("iou_mae")) if fitted else None,
        iou_spearman=_finite(measured.quality("iou_spearman")) if fitted else None,
        head_trusted=measured.model.head is HeadState.TRUSTED,
        fallback=next((batch.batch.fallback for batch in purchase.batches if batch.batch.fallback), ""),
        target_iou=targets[0] if targets else None,
        chosen_images=len(bought),
        chosen_objects=sum(label.shown.objects for _, label in bought),
        chosen_s=round(sum(label.cost_s for _, label in bought), 3),
        chosen_iou=sum(scores) / len(scores) if scores else None,
        pq=_finite(measured.quality("pq")),
        machine_s=round(measured.train_s + measured.evaluate_s + purchase.score_s + purchase.select_s, 3),
    )


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


def _read(path: Path) -> Trial:
    try:
        trial = _adapter().validate_json(path.read_bytes())
        # Earlier versions kept the seconds of the first batch alone, without what was bought beside and before it.
        return replace(trial, initial_s=trial.points[0].spent_without_counts_s)
    except ValidationError as error:
        raise InvalidConfig(f"{path} is no trial of ours; remove it to have it run again", field=str(path)) from error


@cache
def _adapter() -> TypeAdapter[Trial]:
    return TypeAdapter(Trial)
