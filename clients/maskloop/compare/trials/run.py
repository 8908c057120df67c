"""A whole comparison: WORKDIR, data, slots, trials, pages."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path

from maskloop.client import Client
from maskloop.compare.analysis.comparison import RANDOM, Setting
from maskloop.compare.analysis.results import AnalysedComparison
from maskloop.compare.trials.grid import Begun, Grid, TrialName, find_grid, keep_grid
from maskloop.compare.trials.progress import Board, SlotProgress
from maskloop.compare.trials.record import Record
from maskloop.compare.trials.servers import WORK_FOLDER, Queue, Slot
from maskloop.compare.trials.trials import Trials
from maskloop.datasets.read import Data, read_data, without_folders
from maskloop.errors import Cancelled, InternalError, InvalidDataset, MaskloopError, Unavailable
from maskloop.loop.options.run_file import DEMO_FOLDER
from maskloop.loop.planning.plan import plan_on
from maskloop.loop.reporting.environment import machine, versions

DATA_SEED = 0
"""Draws the images that all trials share, whatever their seeds."""


@dataclass(frozen=True)
class CompareRun:
    """One comparison in `workdir`.

    Args:
        grid: what was asked for.
        workdir: where everything goes.
        command: as the person typed it, for the page.
        devices: where servers train, one slot each, in turn.
        measure: to decide by.
        stop_at_gate: whether to end when random is through.
        board: is told what goes on.
        clock: seconds that never go back.
    """

    grid: Grid
    workdir: Path
    command: str
    devices: Sequence[str]
    measure: str
    stop_at_gate: bool
    board: Board
    clock: Callable[[], float] = time.monotonic

    def start(self, *, resume: bool) -> AnalysedComparison:
        """Compare, or go on, to the end. Returns what it shows, which is also in `workdir`.

        Raises:
            InternalError: some trials failed; the others are there.
            MaskloopError: an option, the data or a server will not do. What has ended is safe, and the rest can be gone
                on with.
        """
        begun = find_grid(self.workdir, self.grid, self.command, resume=resume)
        options = begun.grid.options
        demos, on_bad = self.workdir / DEMO_FOLDER, options.bad_entries()
        data = read_data(options.data, demos, DATA_SEED, options.excerpt(), on_bad=on_bad)
        if not data.test:
            raise InvalidDataset(f"the data set {data.name} has no labeled test image to compare on", field="data")
        for name in begun.grid.names():
            plan_on(data, begun.grid.options_of(name), name.arm.strategy)
        keep_grid(self.workdir, begun)
        trials = Trials(self.workdir, begun, data, self.clock)
        kept = trials.kept()
        record = Record(self.workdir, begun.grid, _setting(begun, data), kept, measure=self.measure, board=self.board)
        record.write()
        done = {TrialName(trial.strategy, trial.seed) for trial in kept}
        names = [name for name in begun.grid.names() if name.strategy == RANDOM or not self.stop_at_gate]
        self._work(trials, record, [name for name in names if name not in done], len(done & set(names)))
        analysed = record.analysed
        if analysed.comparison.finished:
            shutil.rmtree(self.workdir / WORK_FOLDER, ignore_errors=True)
        return analysed

    def _work(self, trials: Trials, record: Record, names: Sequence[TrialName], done: int) -> None:
        """Run these trials on all slots."""
        queue = Queue(names)
        devices = self.devices[: len(names)]
        tellers = self.board.expect(done, done + len(names), len(devices))
        slots = [
            Slot(self.workdir, number, device, progress, self.board.note)
            for number, (device, progress) in enumerate(zip(devices, tellers, strict=True), 1)
        ]
        firsts = [slot.claim(queue) for slot in slots]

        def run(client: Client, name: TrialName, progress: SlotProgress) -> bool:
            return _run(client, name, progress, trials, record)

        with ThreadPoolExecutor(max(1, len(slots))) as pool:
            try:
                working = [pool.submit(slot.work, first, queue, run) for slot, first in zip(slots, firsts, strict=True)]
                wait(working)
            except KeyboardInterrupt:
                self.board.stop()
                raise
        for work in working:
            work.result()
        if record.failed:
            why = "; ".join(f"{name}: {error.message}" for name, error in record.failed.items())
            raise InternalError(f"{len(record.failed)} of {len(names)} trials failed; --resume runs them again. {why}")


def _run(client: Client, name: TrialName, progress: SlotProgress, trials: Trials, record: Record) -> bool:
    """Run a trial; whether it ended as it should."""
    options, begun = trials.begun.grid.options, trials.clock()
    # Refused before anything is bought for a network that could not be trained, and for all trials alike.
    client.resolve_recipe(recipe=options.recipe_name, overrides=options.recipe_overrides())
    progress.begin_trial(str(name))
    try:
        trial = trials.run(client, name, progress)
    except (Cancelled, Unavailable):
        raise
    except MaskloopError as error:
        record.fail(name, error)
        return False
    progress.end_trial()
    record.add(trial, trials.clock() - begun)
    return True


def _setting(begun: Begun, data: Data) -> Setting:
    """What pages and tables say; where the data lies stays in COMPARE_FILE."""
    options, spec = begun.grid.shared_options, begun.grid.options.data
    budget = begun.grid.options.parsed_budget()
    return Setting(
        name=begun.grid.name or data.name,
        options={**options, "data": without_folders(spec)},
        budget_s=budget.seconds,
        budget_images=budget.images,
        pool_images=len(data.pool),
        test_images=len(data.test),
        categories=len(data.dataset.categories),
        command=begun.command.replace(spec, without_folders(spec)),
        machine=machine(),
        versions=versions(),
    )
