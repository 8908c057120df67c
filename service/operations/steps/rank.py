"""Rankings that take long: a pool in the order of a strategy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from maskloop.errors import FailedPrecondition
from maskloop.values import Need, PreparedSelection, Strategy
from service.artifacts.data_folder import DataFolder
from service.artifacts.image_file import ImageFile
from service.artifacts.names import RANKING
from service.artifacts.score_table import stamp_of
from service.device.job_files import RankJob
from service.operations.steps.step import LEARNT_FROM
from service.pool.candidate_index import CandidateIndex
from service.pool.rankings import sources_of
from service.store import Transaction
from service.store.labels.labels import full_labels
from service.store.operations import OperationRecord
from service.store.projects import get_project


@dataclass(frozen=True)
class Ranking:
    """See `WorkKind`."""

    folder: DataFolder
    candidates: CandidateIndex

    def job(self, tx: Transaction, record: OperationRecord) -> RankJob:
        """The pool's sources, and the labeled images where the strategy looks at them."""
        project_id, request = record.operation.project_id, record.request
        project, strategy = get_project(tx, project_id), Strategy.parse(request["strategy"])
        version = request["model_version"] if strategy.needs_scores else ""
        labeled: tuple[ImageFile, ...] = ()
        if Need.LABELED_FEATURES in strategy.needs:
            labeled = tuple(ImageFile.of(labeled.image) for labeled in full_labels(tx, project_id, LEARNT_FROM))
        return RankJob(
            strategy=request["strategy"],
            seed=request["seed"],
            sources=sources_of(tx, self.folder, project, strategy, campaign_id=request["campaign_id"], version=version),
            checkpoint=self.folder.checkpoint(project_id, version) if version else None,
            labeled=labeled,
        )

    def take_in(self, tx: Transaction, record: OperationRecord, outcome: Mapping[str, Any]) -> PreparedSelection:
        """The ranking in its place.

        Raises:
            FailedPrecondition: the pool was scored anew meanwhile.
        """
        project_id, request = record.operation.project_id, record.request
        strategy, version = request["strategy"], request["model_version"]
        ranked_by = outcome.get("table")  # what an earlier release left has none
        if ranked_by and tuple(ranked_by) != stamp_of(self.folder.scores(project_id, version)):
            raise FailedPrecondition("the pool was scored anew meanwhile; prepare the selection again")
        place = self.folder.ranking(project_id, version, strategy, request["seed"])
        self.folder.publish(record.operation.id, RANKING, place)
        tx.after_commit(lambda: self.candidates.forget(project_id))
        return PreparedSelection(strategy, outcome["ranked_images"], version)
