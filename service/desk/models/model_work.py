"""Long work with models: training, scoring, evaluation, ranking. Each answers an operation at once."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from maskloop.errors import FailedPrecondition, NothingToMeasure
from maskloop.values import Operation, OperationKind, PseudoLabels, Split, Strategy, SupervisionKind
from models.kinds.recipes import AnyRecipe, OfClasses, resolve
from service.artifacts.data_folder import DataFolder
from service.artifacts.score_table import check_scored
from service.desk.checks import check_seed, parse_overrides
from service.desk.models.models import scored_pseudo
from service.desk.models.training_budget import TrainingBudget
from service.desk.models.weights import WeightsRoots
from service.operations.operations import Operations
from service.operations.steps.step import LEARNT_FROM
from service.pool.rankings import version_for
from service.store import Transaction
from service.store.campaigns import get_campaign
from service.store.labels.judged_images import TRAINING_USES, judged_images, weak_images
from service.store.labels.labels import full_label_sizes, full_labels
from service.store.models import get_whole_model
from service.store.projects import get_project
from service.store.requests import Request


class ModelWorkDesk:
    """Use cases of long work with models.

    Args:
        folder: where models lie.
        operations: does long work.
        default_recipe: for trainings that name none.
        weights: files that a recipe's weights may be read from.
        budget: of one training.
    """

    def __init__(
        self,
        *,
        folder: DataFolder,
        operations: Operations,
        default_recipe: str,
        weights: WeightsRoots,
        budget: TrainingBudget,
    ) -> None:
        self._folder = folder
        self._operations = operations
        self._default_recipe = default_recipe
        self._weights = weights
        self._budget = budget

    def train_model(
        self,
        *,
        project_id: str,
        recipe: str = "",
        overrides_json: str = "",
        seed: int = 0,
        activate: bool = False,
        pseudo: PseudoLabels | None = None,
        request_id: str = "",
    ) -> Operation:
        """Train a new model version on the project's current full labels of train and pool images.

        Recipes that learn from boxes do so from those of other images, too, or from these alone. With `pseudo`, it
        learns from such pseudo-labels as well, as they are when the work begins.

        Raises:
            ProjectNotFound: there is no such project.
            ModelNotFound, NoActiveModel, PoolNotScored: nobody proposes pseudo-labels.
            InvalidConfig: an unknown recipe or option, or an impossible value.
            InvalidArgument: a negative seed.
            WorkTooLarge: it would take more than the server's budget.
            FailedPrecondition: there is no label to learn from.
            QueueFull: too much work is waiting.
        """
        check_seed(seed)
        resolved = self._resolve(recipe, overrides_json)

        def plan(tx: Transaction, operation_id: str) -> Mapping[str, Any]:
            get_project(tx, project_id)
            if pseudo is not None and not resolved.takes_pseudo_labels:
                raise FailedPrecondition(f"recipe {resolved.name} learns from no pseudo-labels", field="pseudo")
            if isinstance(resolved, OfClasses):
                _check_judged(tx, project_id, resolved)
            else:
                _check_labeled(tx, project_id, LEARNT_FROM, resolved.begins_with)
            self._budget.check(tx, project_id, resolved, pseudo)
            version = f"model-{operation_id}"
            proposed = {"pseudo": asdict(scored_pseudo(tx, self._folder, project_id, pseudo))} if pseudo else {}
            return {
                "model_version": version,
                "recipe": resolved.to_dict(),
                "seed": seed,
                "activate": activate,
                **proposed,
            }

        asked = Request(
            request_id, "TrainModel", (project_id, resolved, seed, activate, *([pseudo] if pseudo else [])), project_id
        )
        return self._operations.start(asked, OperationKind.TRAIN, project_id, plan)

    def resolve_recipe(self, *, recipe: str = "", overrides_json: str = "") -> str:
        """A recipe with all its options as JSON, as `train_model` would use it.

        Raises:
            InvalidConfig: an unknown recipe or option, or an impossible value.
        """
        return json.dumps(self._resolve(recipe, overrides_json).to_dict())

    def score_pool(self, *, project_id: str, model_version: str = "", request_id: str = "") -> Operation:
        """Score the pool images without a full label; "" is the active version.

        A version whose recipe predicts classes reads all of them, any other those that are counted and hold something.

        Raises:
            ProjectNotFound, ModelNotFound, NoActiveModel: there is none.
            ModelThinned: its files were removed.
            QueueFull: too much work is waiting.
        """

        def plan(tx: Transaction, _: str) -> Mapping[str, Any]:
            return {"model_version": get_whole_model(tx, project_id, model_version).version.id}

        asked = Request(request_id, "ScorePool", (project_id, model_version), project_id)
        return self._operations.start(asked, OperationKind.SCORE, project_id, plan)

    def evaluate_model(
        self, *, project_id: str, split: Split, model_version: str = "", request_id: str = ""
    ) -> Operation:
        """Measure a model version on the labeled images of a split; "" is the active version.

        Raises:
            ProjectNotFound, ModelNotFound, NoActiveModel: there is none.
            ModelThinned: its files were removed.
            NothingToMeasure: the split has no labeled image, or no object in any.
            QueueFull: too much work is waiting.
        """

        def plan(tx: Transaction, _: str) -> Mapping[str, Any]:
            version = get_whole_model(tx, project_id, model_version).version.id
            _check_measures(tx, project_id, split)
            return {"model_version": version, "split": split.value}

        asked = Request(request_id, "EvaluateModel", (project_id, model_version, split), project_id)
        return self._operations.start(asked, OperationKind.EVALUATE, project_id, plan)

    def prepare_selection(
        self, *, project_id: str, campaign_id: str, strategy: Strategy | None = None, request_id: str = ""
    ) -> Operation:
        """Rank the pool by the campaign's strategy, or another, with the active model version.

        Raises:
            ProjectNotFound, CampaignNotFound: there is no such project or campaign.
            InvalidArgument: there is no such strategy.
            NoActiveModel, PoolNotScored: the strategy needs what is not there.
            QueueFull: too much work is waiting.
        """
        if strategy is not None:
            strategy.check()

        def plan(tx: Transaction, _: str) -> Mapping[str, Any]:
            project, campaign = get_project(tx, project_id), get_campaign(tx, project_id, campaign_id)
            wanted = strategy or campaign.strategy
            wanted.check_chooses_for(SupervisionKind.FULL)
            version = version_for(project, wanted)
            if version:
                check_scored(self._folder.scores(project_id, version))
            return {
                "campaign_id": campaign_id,
                "strategy": str(wanted),
                "seed": campaign.seed,
                "model_version": version,
            }

        asked = Request(request_id, "PrepareSelection", (project_id, campaign_id, strategy), project_id)
        return self._operations.start(asked, OperationKind.PREPARE, project_id, plan)

    def _resolve(self, recipe: str, overrides_json: str) -> AnyRecipe:
        overrides = parse_overrides(overrides_json)
        self._weights.check(overrides)
        return resolve(recipe or self._default_recipe, **overrides)


def _check_measures(tx: Transaction, project_id: str, split: Split) -> None:
    images, objects = full_label_sizes(tx, project_id, split)
    if not objects:
        lacks = f"none of its {images} full labels shows an object" if images else "it has no full label"
        raise NothingToMeasure(
            f"quality cannot be measured on split {split} of project {project_id}: {lacks}",
            field="split",
            labeled_images=images,
        )


def _check_judged(tx: Transaction, project_id: str, recipe: OfClasses) -> None:
    categories = len(get_project(tx, project_id).categories)
    recipe.check_vocabulary(categories)
    if not any(judged.categories for judged in judged_images(tx, project_id)):
        raise FailedPrecondition(f"project {project_id} has no label that says which categories an image holds")
    if recipe.needs_empty_images and all(judged.categories for judged in judged_images(tx, project_id)):
        raise FailedPrecondition(
            f"recipe option ood=wood learns from images that are known to hold nothing; project {project_id} has none",
            field="overrides_json",
        )


def _check_labeled(
    tx: Transaction, project_id: str, splits: Sequence[Split], kinds: Collection[SupervisionKind]
) -> None:
    if next(full_labels(tx, project_id, splits), None) is not None:
        return
    if next(weak_images(tx, project_id, kinds), None) is None:
        names = {SupervisionKind.FULL: "full label", SupervisionKind.BOXES: "boxes"}
        wanted = " or ".join(names.get(kind, str(kind)) for kind in TRAINING_USES if kind in kinds)
        raise FailedPrecondition(f"project {project_id} has no {wanted} of a {' or '.join(splits)} image")
