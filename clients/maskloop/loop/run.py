"""A whole run: WORKDIR, data, server, arms, report."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from maskloop.client import Client, Retry
from maskloop.client.local_server import LocalServer
from maskloop.datasets.near_duplicates import Pair, near_duplicates
from maskloop.datasets.read import Data
from maskloop.errors import ModelThinned
from maskloop.loop.arms import (
    ArmName,
    ArmResult,
    Keeping,
    add_student_network,
    arm_names,
    give_budgets,
    run_arm,
)
from maskloop.loop.options import KeptRun, Options, find_run, keep_run
from maskloop.loop.options.run_file import DEMO_FOLDER
from maskloop.loop.outcomes import Arm
from maskloop.loop.people import PAGE_FOLDER, check_labeler, check_page, say_left_folder
from maskloop.loop.planning.dry_run import check_recipes, data_of, forecasts_of
from maskloop.loop.planning.object_sizes import warnings_of
from maskloop.loop.progress import Progress
from maskloop.loop.record.decisions import DECISIONS_FILE, Decisions, round_name
from maskloop.loop.record.ledger import Ledger
from maskloop.loop.reporting.report_run import Reporter
from maskloop.loop.workdir.disk import forget_caches, referred_folders, say_sizes, thin_networks
from maskloop.loop.workdir.lock import FINISH_FILE, ask_to_finish, sole_worker_on_new
from maskloop.loop.workdir.results import leave_results, leave_student, say_which_network
from maskloop.loop.workdir.standing import write_standing
from maskloop.pages.wording import (
    say_learnt_from,
    say_marked,
    say_near_duplicates,
    say_passed_over,
    say_quality_or_none,
    say_time,
)
from maskloop.report import RunReport
from maskloop.report.outlook import outlook, say_checks, say_outlook, until_s

HEALTH_CHECK_S = 3.0
"""How long a server may take to show that it is there, when it should be."""
PATIENCE_S = 180.0
"""How long calls wait for a server that went away in the middle of a run and may be on its way up again."""


@dataclass(frozen=True)
class Run:
    """One run in `workdir`.

    Args:
        options: what was asked for.
        workdir: where everything goes.
        command: as the person typed it, for the report.
        progress: is told what goes on.
        clock: seconds that never go back.
    """

    options: Options
    workdir: Path
    command: str
    progress: Progress
    clock: Callable[[], float] = time.monotonic

    def start(self, *, resume: bool, finish: bool = False) -> RunReport:
        """Run, or go on, to the end. Returns the report, which is also in `workdir`.

        Args:
            resume: whether to go on with the run in `workdir`.
            finish: whether it is to end with what has been labeled so far.

        Raises:
            FailedPrecondition: another process works on the run.
            MaskloopError: an option, the data or the server will not do. What was bought is safe, and the run can be
                resumed.
        """
        kept = find_run(self.workdir, self.options, resume=resume)
        self.progress.phase("read", self.options.data)
        data = data_of(self.options, self.workdir / DEMO_FOLDER)
        forecasts = forecasts_of(self.options, data)
        self._say_passed_over(data)
        near = self._look_for_near_duplicates(data)
        self._check_server()
        check_page(self.options)
        run = kept or KeptRun(str(uuid.uuid4()), self.options, self.options)
        with self._working(finish=finish), self._client(data) as client:
            # Refused now, before anything is bought for a network that could not be trained.
            recipe = check_recipes(client, self.options)
            for warning in warnings_of(data, recipe, self.options):
                self.progress.note(warning)
            names = arm_names(self.options, data, run.run_id)
            check_labeler(self.options, names[0].name_of_run(run.run_id), self.progress)
            if kept and kept.before and (left := say_left_folder(kept.before, self.options)):
                self.progress.note(left)
            if kept:  # what is refused is not to be what the run is asked next time
                give_budgets(client, names, self.options.parsed_budget())
            keep_run(self.workdir, run)
            self.progress.tell(partial(write_standing, self.workdir))
            trainings = sum(arm.trainings for arm in forecasts.values())
            self.progress.expect(trainings, sum(arm.machine_s or 0.0 for arm in forecasts.values()) / trainings)
            done = self._run_arms(client, data, run, near)
        forget_caches(self.workdir, self.options.keep)
        self.progress.note(say_sizes(self.workdir))
        return done

    def _run_arms(self, client: Client, data: Data, run: KeptRun, near: Sequence[Pair]) -> RunReport:
        reporter = Reporter(self.workdir, self.options, data, self.command, near)
        own, *others = arm_names(self.options, data, run.run_id)
        results: dict[str, ArmResult] = {}

        def report(name: ArmName, result: ArmResult) -> None:
            results[str(name.strategy)] = result
            reporter.write(results)

        campaign = self._run_arm(client, own, data, run, report)
        leave_results(campaign, data, self.workdir)
        leave_student(campaign, self.workdir)
        if sentence := say_which_network(campaign):
            self.progress.note(sentence)
        for name in others:
            self._run_arm(client, name, data, run, report)
        return reporter.write(results)

    def _run_arm(
        self, client: Client, name: ArmName, data: Data, run: KeptRun, report: Callable[[ArmName, ArmResult], None]
    ) -> ArmResult:
        """Run one arm; `report` is called after each of its rounds, before people are waited for in one, and after its
        student network."""

        def tell(result: ArmResult) -> None:
            self.progress.phase("report")
            report(name, result)
            rng = np.random.default_rng(self.options.seed)
            expected = _outlook(result.arm, result.session.ledger, rng)
            sentence = f"{_sentence(name, result.arm)}\n{expected}".rstrip()
            if result.arm.is_buying:
                leave_results(result, data, self.workdir)
                self.progress.note(sentence)
                return
            self._leave(result, data, is_own=name.strategy == self.options.parsed_strategy())
            self.progress.round_done(sentence)

        result = run_arm(
            client,
            name,
            data,
            options=self.options,
            run_id=run.run_id,
            progress=self.progress,
            clock=self.clock,
            tell=tell,
            keeping=Keeping(
                Decisions(self.workdir / DECISIONS_FILE),
                self._is_over,
                run.is_changed,
                run.first,
                referred_folders(self.options, data),
                self.workdir / PAGE_FOLDER,
            ),
        )
        if self.options.student_network:
            result = add_student_network(result, self.options, self.progress)
            report(name, result)
        return result

    def _leave(self, result: ArmResult, data: Data, *, is_own: bool) -> None:
        """Leave what a round brought, once: when a run is repeated, earlier rounds have had better successors.

        Where the note of it was lost, the network of such a round may be gone; a later round leaves what there is.
        """
        decisions, left = result.session.decisions, f"{round_name(len(result.arm.rounds))}-left"
        if left not in decisions:
            if is_own:
                with suppress(ModelThinned):
                    leave_results(result, data, self.workdir)
            thin_networks(result.session, result.arm, self.options.keep)
            decisions.note(left, True)

    def _is_over(self) -> bool:
        return (self.workdir / FINISH_FILE).exists()

    @contextmanager
    def _working(self, *, finish: bool) -> Iterator[None]:
        """This process alone works on the run; a wish to finish it that came before is forgotten, or made."""
        with sole_worker_on_new(self.workdir):
            if finish:
                ask_to_finish(self.workdir)
            else:
                (self.workdir / FINISH_FILE).unlink(missing_ok=True)
            yield
            (self.workdir / FINISH_FILE).unlink(missing_ok=True)

    def _look_for_near_duplicates(self, data: Data) -> tuple[Pair, ...]:
        images = [*data.test, *data.pool]

        def looked(number: int) -> None:
            self.progress.share("look", number / len(images), f"for near duplicates among {len(images)} images")

        near = near_duplicates(images, looked)
        if near:
            self.progress.note(say_near_duplicates(near))
        return near

    def _say_passed_over(self, data: Data) -> None:
        passed_over = data.dataset.passed_over
        if passed_over:
            self.progress.note(say_passed_over(passed_over))

    def _check_server(self) -> None:
        """Find out at once, and before anything is written, that nobody answers at --server."""
        endpoint = self.options.endpoint()
        if endpoint is not None:
            with Client.at(endpoint, retry=Retry(patience_s=HEALTH_CHECK_S)) as client:
                client.check_health()

    @contextmanager
    def _client(self, data: Data) -> Iterator[Client]:
        retry, endpoint = Retry(patience_s=PATIENCE_S), self.options.endpoint()
        if endpoint is not None:
            with Client.at(endpoint, retry=retry) as client:
                yield client
            return
        self.progress.phase("server", "starting")
        roots = referred_folders(self.options, data)
        with (
            LocalServer(
                self.workdir,
                self.options.device,
                self.progress.note,
                image_roots=roots,
                weights_roots=self.options.weights_folders,
            ) as server,
            Client(server.address, retry=retry) as client,
        ):
            yield client


def _sentence(name: ArmName, arm: Arm) -> str:
    last = arm.rounds[-1]
    measured = last.measured
    parts = [f"{len(last.purchase.labeled)} more bought"] if last.purchase.labeled else []
    parts += [f"{len(bought.labeled)} {say_marked(kind)}" for kind, bought in last.marks.items() if bought.labeled]
    bought = ", ".join(parts) or arm.stopped_because or "now the next batch"
    learnt_from = say_learnt_from(measured.labeled_images, boxed=measured.boxed_images, marked=measured.marked_images)
    return (
        f"{name.strategy}, round {measured.number}: {learnt_from} "
        f"({say_time(measured.spent_s)}), {say_quality_or_none(measured.evaluation, measured.not_measured)}; {bought}"
    )


def _outlook(arm: Arm, ledger: Ledger, rng: np.random.Generator) -> str:
    """What more time should bring, and how right earlier rounds were about that."""
    rounds = [each.measured for each in arm.rounds]
    values = {each.number: (each.spent_s, arm.quality(each)) for each in rounds if each.spent_s > 0}
    curve = {number: (at_s, value) for number, (at_s, value) in values.items() if value is not None}
    if rounds[-1].evaluation is None:
        return ""
    finished = bool(arm.stopped_because)
    expected = outlook(arm.decided_by, curve, until_s(ledger.spent_s, ledger.end_s, finished=finished), rng)
    checks = say_checks(expected) if expected is not None else ""
    return f"  {say_outlook(expected, finished=finished)} {checks}".rstrip()
