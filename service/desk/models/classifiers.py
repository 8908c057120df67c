"""Image classifiers, and the candidate OoD images that fool them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from maskloop.errors import FailedPrecondition, InvalidArgument
from maskloop.values import Classifier, HardCandidate, Operation, OperationKind
from models.classification.recipe import resolve_classifier
from service.artifacts.data_folder import DataFolder
from service.artifacts.hard_ood import list_hard
from service.artifacts.names import HARD_OOD
from service.desk.checks import check_seed, parse_overrides
from service.desk.models.training_budget import TrainingBudget
from service.desk.models.weights import WeightsRoots
from service.operations.operations import Operations
from service.store import Database, Transaction
from service.store.classifiers import get_classifier
from service.store.labels.judged_images import judged_images
from service.store.projects import get_project
from service.store.requests import Request

DEFAULT_RECIPE = "compact"
DEFAULT_CLUSTERS = 50  # K of W-OoD (Lee, table 2.22: 20 to 70 differ little)
MAX_CLUSTERS = 10_000
DEFAULT_LISTED = 10
MAX_LISTED = 100


class ClassifierDesk:
    """Use cases of image classifiers. Long work answers an operation at once.

    Args:
        database: what the server remembers.
        folder: where classifiers lie.
        operations: does long work.
        weights: files that a recipe's weights may be read from.
        budget: of one training.
    """

    def __init__(
        self,
        *,
        database: Database,
        folder: DataFolder,
        operations: Operations,
        weights: WeightsRoots,
        budget: TrainingBudget,
    ) -> None:
        self._database = database
        self._folder = folder
        self._operations = operations
        self._weights = weights
        self._budget = budget

    def train_classifier(
        self,
        *,
        project_id: str,
        recipe: str = "",
        overrides_json: str = "",
        seed: int = 0,
        clusters: int = 0,
        request_id: str = "",
    ) -> Operation:
        """Train an image classifier, read the candidate OoD images with it, and cluster those that fool it.

        Raises:
            ProjectNotFound: there is no such project.
            InvalidConfig: an unknown recipe or option, or an impossible value.
            InvalidArgument: a negative seed, or an impossible number of clusters.
            WorkTooLarge: it would take more than the server's budget.
            FailedPrecondition: no label says what is in any image.
            QueueFull: too much work is waiting.
        """
        check_seed(seed)
        if not 0 <= clusters <= MAX_CLUSTERS:
            raise InvalidArgument(f"{clusters} clusters; 1 to {MAX_CLUSTERS} are made", field="clusters")
        overrides = parse_overrides(overrides_json)
        self._weights.check(overrides)
        resolved = resolve_classifier(recipe or DEFAULT_RECIPE, **overrides)

        def plan(tx: Transaction, operation_id: str) -> Mapping[str, Any]:
            get_project(tx, project_id)
            if not any(judged.categories for judged in judged_images(tx, project_id)):
                raise FailedPrecondition(f"project {project_id} has no label that says what is in an image")
            self._budget.check(tx, project_id, resolved)
            return {
                "classifier": f"classifier-{operation_id}",
                "recipe": resolved.to_dict(),
                "seed": seed,
                "clusters": clusters or DEFAULT_CLUSTERS,
            }

        asked = Request(request_id, "TrainClassifier", (project_id, resolved, seed, clusters), project_id)
        return self._operations.start(asked, OperationKind.CLASSIFY, project_id, plan)

    def get_classifier(self, *, project_id: str, classifier: str = "") -> Classifier:
        """Read a classifier, the latest for "".

        Raises:
            ProjectNotFound, ClassifierNotFound, NoClassifier: there is none.
        """
        with self._database.read() as tx:
            return get_classifier(tx, project_id, classifier)

    def list_hard_candidates(
        self, *, project_id: str, classifier: str = "", per_cluster: int = 0
    ) -> Sequence[HardCandidate]:
        """Candidates that a classifier took for a category when it was trained, by cluster, highest first.

        Raises:
            ProjectNotFound, ClassifierNotFound, NoClassifier: there is none.
            InvalidArgument: more than 100 of each cluster are asked for.
        """
        if not 0 <= per_cluster <= MAX_LISTED:
            raise InvalidArgument(
                f"{per_cluster} of each cluster are asked for; at most {MAX_LISTED} are answered", field="per_cluster"
            )
        classifier_id = self.get_classifier(project_id=project_id, classifier=classifier).id
        return list_hard(self._folder.classifier(project_id, classifier_id) / HARD_OOD, per_cluster or DEFAULT_LISTED)
