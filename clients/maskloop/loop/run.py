"""A whole run: WORKDIR, data, server, arms, report."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from maskloop.client import Client, Retry
from maskloop.client.local_server import LocalServer
from maskloop.datasets.read import Data
from maskloop.formats.coco_writing import write_coco
from maskloop.formats.files import write_atomically
from maskloop.loop.arms import ArmName, ArmResult, add_student_network, arm_names, run_arm
from maskloop.loop.ledger import Ledger
from maskloop.loop.options import Options, begin_run, find_run
from maskloop.loop.options.run_file import DEMO_FOLDER
from maskloop.loop.outcomes import Arm
from maskloop.loop.planning.dry_run import data_of, forecasts_of
from maskloop.loop.planning.object_sizes import warn_of_small_objects
from maskloop.loop.progress import Progress
from maskloop.loop.reporting.report_run import Reporter
from maskloop.pages.wording import say_measure, say_number, say_quality, say_time
from maskloop.report import RunReport
from maskloop.report.outlook import outlook, say_checks, say_outlook, until_s
from maskloop.values import Split, SupervisionKind

MODEL_FILE = "model.safetensors"
LABELS_FILE = "labels.coco.json"
STUDENT_FILE = "student.safetensors"
PSEUDO_FILE = "pseudo.coco.json"
IMAGES_FOLDER = "images"
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

    def start(self, *, resume: bool) -> RunReport:
        """Run, or go on, to the end. Returns the report, which is also in `workdir`.

        Raises:
            MaskloopError: an option, the data or the server will not do. What was bought is safe, and the run can be
                resumed.
        """
        run_id = find_run(self.workdir, self.options, resume=resume)
        self.progress.phase("read", self.options.data)
        data = data_of(self.options, self.workdir / DEMO_FOLDER)
        forecasts = forecasts_of(self.options, data)
        self._check_server()
        run_id = run_id or str(uuid.uuid4())
        begin_run(self.workdir, self.options, run_id)
        trainings = sum(arm.trainings for arm in forecasts.values())
        self.progress.expect(trainings, sum(arm.machine_s or 0.0 for arm in forecasts.values()) / trainings)
        with self._client() as client:
            return self._run_arms(client, data, run_id)

    def _run_arms(self, client: Client, data: Data, run_id: str) -> RunReport:
        # Refused now, before anything is bought for a network that could not be trained.
        recipe = client.resolve_recipe(recipe=self.options.recipe_name, overrides=self.options.recipe_overrides())
        if warning := warn_of_small_objects(data.test, recipe):
            self.progress.note(warning)
        if self.options.student_network:
            client.resolve_recipe(recipe=self.options.student_name, overrides=self.options.student_overrides())
        reporter = Reporter(self.workdir, self.options, data, self.command)
        own, *others = arm_names(self.options, data, run_id)
        results: dict[str, ArmResult] = {}

        def report(name: ArmName, result: ArmResult) -> None:
            results[str(name.strategy)] = result
            reporter.write(results)

        self._leave(client, self._run_arm(client, own, data, run_id, report), data)
        for name in others:
            self._run_arm(client, name, data, run_id, report)
        return reporter.write(results)

    def _run_arm(
        self, client: Client, name: ArmName, data: Data, run_id: str, report: Callable[[ArmName, ArmResult], None]
    ) -> ArmResult:
        """Run one arm; `report` is called after each of its rounds, and after its student network."""

        def tell(result: ArmResult) -> None:
            self.progress.phase("report")
            report(name, result)
            rng = np.random.default_rng(self.options.seed)
            expected = _outlook(result.arm, result.session.ledger, rng)
            self.progress.round_done(f"{_sentence(name, result.arm)}\n{expected}")

        result = run_arm(
            client,
            name,
            data,
            options=self.options,
            run_id=run_id,
            progress=self.progress,
            clock=self.clock,
            tell=tell,
        )
        if self.options.student_network:
            result = add_student_network(result, self.options, self.progress)
            report(name, result)
        return result

    def _leave(self, client: Client, campaign: ArmResult, data: Data) -> None:
        """Leave in `workdir` what the time bought: the best model, the labels, and their images where those lie nowhere
        as they were labeled; the student network and its pseudo-labels."""
        self.progress.phase("export")
        session = campaign.session
        arm = campaign.arm
        best, last = arm.best, arm.rounds[-1].measured
        client.read_model(project_id=session.project_id, model_version=best.model.id, path=self.workdir / MODEL_FILE)
        if best is not last:
            self.progress.note(
                f"{MODEL_FILE} is the network of round {best.number}: its {say_measure(arm.decided_by)} "
                f"is {say_number(arm.quality(best), 3)}, that of the last one {say_number(arm.quality(last), 3)}."
            )
        if (student := campaign.student) is not None:
            path = self.workdir / STUDENT_FILE
            client.read_model(project_id=session.project_id, model_version=student.model.id, path=path)
            write_atomically(self.workdir / PSEUDO_FILE, student.document)
        pool = {key: image for key, image in session.images.items() if image.split is not Split.TEST}
        full = client.list_labels(project_id=session.project_id, kind=SupervisionKind.FULL)
        bought = {label.image_id: label.objects for label in full if label.image_id in pool}
        names = {pool[image_id].file_name: objects for image_id, objects in bought.items()}
        write_coco(self.workdir / LABELS_FILE, session.categories, [pool[key] for key in bought], names)
        for image in map(data.by_name.__getitem__, names):
            if not image.is_a_file:
                write_atomically(self.workdir / IMAGES_FOLDER / image.file_name, image.read())

    def _check_server(self) -> None:
        """Find out at once, and before anything is written, that nobody answers at --server."""
        if self.options.server:
            with Client(self.options.server, retry=Retry(patience_s=HEALTH_CHECK_S)) as client:
                client.check_health()

    @contextmanager
    def _client(self) -> Iterator[Client]:
        retry = Retry(patience_s=PATIENCE_S)
        if self.options.server:
            with Client(self.options.server, retry=retry) as client:
                yield client
            return
        self.progress.phase("server", "starting")
        with (
            LocalServer(self.workdir, self.options.device, self.progress.note) as server,
            Client(server.address, retry=retry) as client,
        ):
            yield client


def _sentence(name: ArmName, arm: Arm) -> str:
    measured, purchase = arm.rounds[-1].measured, arm.rounds[-1].purchase
    bought = f"{len(purchase.labeled)} more bought" if purchase.labeled else arm.stopped_because
    return (
        f"{name.strategy}, round {measured.number}: {measured.labeled_images} labels "
        f"({say_time(measured.spent_s)}), {say_quality(measured.evaluation)}; {bought}"
    )


def _outlook(arm: Arm, ledger: Ledger, rng: np.random.Generator) -> str:
    """What more time should bring, and how right earlier rounds were about that."""
    rounds = [each.measured for each in arm.rounds]
    curve = {each.number: (each.spent_s, arm.quality(each)) for each in rounds if each.spent_s > 0}
    finished = bool(arm.stopped_because)
    expected = outlook(arm.decided_by, curve, until_s(ledger.spent_s, ledger.end_s, finished=finished), rng)
    checks = say_checks(expected) if expected is not None else ""
    return f"  {say_outlook(expected, finished=finished)} {checks}".rstrip()
