"""Rankings of a project's pool: prepared ones as Parquet files, quick ones made where they are asked for."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from maskloop.errors import NoActiveModel, SelectionNotPrepared
from maskloop.values import LABEL_KINDS, Campaign, Counts, Need, Project, Split, Strategy, SupervisionKind
from selection.hard_ood import rank_hard_ood
from selection.pool import Pool
from selection.ranking import RankedImages
from selection.strategies import rank_pool
from service.artifacts.data_folder import DataFolder
from service.artifacts.hard_ood import read_hard_ood
from service.artifacts.image_file import ImageFile
from service.artifacts.names import HARD_OOD
from service.artifacts.pool_columns import OF_THE_STORE, PoolSources, gather_pool
from service.artifacts.ranking_table import read_ranking
from service.pool.expected_costs import Helped, drawn_cost_s, reviewed_cost_s
from service.pool.round_outcomes import round_outcomes
from service.store import Transaction
from service.store.classifiers import get_classifier
from service.store.images import image_ids
from service.store.labels.judged_images import ood_answers
from service.store.labels.labels import pool_counts
from service.store.models import labeled_images
from service.store.pool_ids import ids_of_split

CAME_LATER = "came after the pool was ranked"


class Rankings:
    """The rankings of all projects.

    Args:
        folder: where score tables and prepared rankings lie.
    """

    def __init__(self, folder: DataFolder) -> None:
        self._folder = folder
        # Every answer ranks anew what does not change from one to the next.
        self._read_hard = lru_cache(maxsize=1)(read_hard_ood)

    def find(
        self,
        tx: Transaction,
        project: Project,
        campaign: Campaign,
        kind: SupervisionKind,
        strategy: Strategy,
        *,
        helped: Helped | None = None,
    ) -> RankedImages:
        """The ranking by a strategy with the project's active model version and the campaign's seed.

        Of candidate OoD images for answers, else of the pool. Where seconds matter, they are those of people who are
        `helped`, or who draw; a ranking that was prepared knows of drawing alone.

        Raises:
            NoActiveModel: the strategy needs one.
            PoolNotScored: it has not scored the pool.
            SelectionNotPrepared: the strategy takes so long that it must have been prepared.
            NoClassifier: the strategy needs one.
        """
        if LABEL_KINDS[kind].asked_of is Split.OOD:
            return self._rank_candidates(tx, project, campaign, strategy)
        version = version_for(project, strategy)
        if strategy.is_prepared:
            path = self._folder.ranking(project.id, version, str(strategy), campaign.seed)
            if path.is_file():
                ranked = read_ranking(path)
                return ranked if version else ranked.followed_by(ids_of_split(tx, project.id, Split.POOL), CAME_LATER)
            raise SelectionNotPrepared(
                f"{strategy} ranks by more than scores; call PrepareSelection after each ScorePool "
                "(client.prepare_selection)",
                field="strategy",
                campaign_id=campaign.id,
            )
        if not strategy.needs:
            return rank_pool(Pool(ids=ids_of_split(tx, project.id, Split.POOL)), strategy, campaign.seed)
        sources = sources_of(
            tx, self._folder, project, strategy, campaign_id=campaign.id, version=version, helped=helped
        )
        return rank_pool(gather_pool(strategy, sources), strategy, campaign.seed)

    def _rank_candidates(
        self, tx: Transaction, project: Project, campaign: Campaign, strategy: Strategy
    ) -> RankedImages:
        """Candidate OoD images: by the latest classifier and the answers given since, or without any."""
        if Need.CLASSIFIER in strategy.needs:
            classifier = get_classifier(tx, project.id)
            hard = self._read_hard(self._folder.classifier(project.id, classifier.id) / HARD_OOD)
            known = {category.id for category in hard.categories}  # the vocabulary may have grown since it was trained
            said = {
                image_id: frozenset(answer.shown.within(known).by_category)
                for image_id, answer in ood_answers(tx, project.id).items()
            }
            return rank_hard_ood(hard, said)
        return rank_pool(Pool(ids=ids_of_split(tx, project.id, Split.OOD)), strategy, campaign.seed)


def version_for(project: Project, strategy: Strategy) -> str:
    """The model version by which a strategy ranks, "" for none.

    Raises:
        NoActiveModel: it needs one, and there is none.
    """
    if not strategy.needs_scores:
        return ""
    if not project.active_model:
        raise NoActiveModel(
            f"project {project.id} has no active model, and {strategy.name} needs scores; train one first"
        )
    return project.active_model


def sources_of(
    tx: Transaction,
    folder: DataFolder,
    project: Project,
    strategy: Strategy,
    *,
    campaign_id: str,
    version: str,
    helped: Helped | None = None,
) -> PoolSources:
    """What the pool is gathered from for a strategy that ranks by a model version, "" for none."""
    return PoolSources(
        categories=project.categories,
        images=tuple(_pooled_images(tx, project, strategy, helped)),
        table=folder.scores(project.id, version) if version else None,
        imported=folder.imported_scores(project.id, version) if strategy.uses_imported_scores else None,
        reviewed=helped is not None,
        labeled_images=labeled_images(tx, project.id, version) if version else 0,
        rounds=round_outcomes(tx, folder, project.id, campaign_id) if strategy.learns_target else (),
    )


def _pooled_images(tx: Transaction, project: Project, strategy: Strategy, helped: Helped | None) -> list[ImageFile]:
    """What the store knows of the images that a strategy ranks; no more than it needs."""
    if strategy.needs & (OF_THE_STORE | {Need.COLD_FEATURES}):
        cost_s = _cost_s(tx, project, helped) if Need.COSTS in strategy.needs else _no_cost_s
        return [
            ImageFile.of(image, counts=counts, cost_s=cost_s(image.id, counts, paid_s))
            for image, counts, paid_s in pool_counts(tx, project.id)
        ]
    if strategy.needs_scores:
        return []
    return [ImageFile(image_id, "", "") for image_id in image_ids(tx, project.id, Split.POOL)]


def _no_cost_s(image_id: str, counts: Counts | None, paid_s: float) -> float:
    """Where seconds do not matter."""
    return 0.0


def _cost_s(tx: Transaction, project: Project, helped: Helped | None) -> Callable[[str, Counts | None, float], float]:
    if helped is not None:
        return reviewed_cost_s(tx, project, helped)
    drawn = drawn_cost_s(tx, project)
    return lambda image_id, counts, paid_s: drawn(counts, paid_s)
