"""What long work does before the device has its turn, and after: each kind in a module of its own."""

from __future__ import annotations

from maskloop.values import OperationKind, OperationResult
from service.artifacts.data_folder import DataFolder
from service.device.job_files import is_prepared, read_outcome, write_job
from service.operations.steps.classify import Classifying
from service.operations.steps.evaluate import Evaluating
from service.operations.steps.rank import Ranking
from service.operations.steps.score import Scoring
from service.operations.steps.step import WorkKind
from service.operations.steps.train import Training
from service.pool.candidate_index import CandidateIndex
from service.store import Database, Transaction
from service.store.clock import Clock
from service.store.operations import OperationRecord


class DeviceWork:
    """Freezes what a job needs, and takes its results in. Every method may be called again after a crash.

    Args:
        database: what the server remembers.
        folder: where jobs and models lie.
        candidates: walks, built anew after a scoring.
        clock: tells the time.
    """

    def __init__(self, *, database: Database, folder: DataFolder, candidates: CandidateIndex, clock: Clock) -> None:
        self._database = database
        self._folder = folder
        self._kinds: dict[OperationKind, WorkKind] = {
            OperationKind.TRAIN: Training(folder, clock),
            OperationKind.SCORE: Scoring(folder, candidates),
            OperationKind.EVALUATE: Evaluating(folder),
            OperationKind.PREPARE: Ranking(folder, candidates),
            OperationKind.CLASSIFY: Classifying(folder, candidates, clock),
        }

    def prepare(self, record: OperationRecord) -> None:
        """Freeze the images and labels that the device will see, as of now, in the operation's folder.

        Raises:
            StorageFull: the disk is full.
            FailedPrecondition: pseudo-labels were asked for, and there is none.
        """
        folder = self._folder.work(record.operation.id)
        if not is_prepared(folder):
            with self._database.read() as tx:
                job = self._kinds[record.operation.kind].job(tx, record)
            write_job(folder, job)

    def finish(self, tx: Transaction, record: OperationRecord) -> OperationResult:
        """Take in what came out, and give it as the operation's result."""
        outcome = read_outcome(self._folder.work(record.operation.id))
        return self._kinds[record.operation.kind].take_in(tx, record, outcome)
