"""One annotator's side of a campaign: the verbs of a round, each made repeatable by its request id."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from maskloop.client import Client
from maskloop.costs.cost_model import CostModel
from maskloop.errors import InternalError, InvalidArgument, PoolNotScored
from maskloop.labelers import Labeler
from maskloop.loop.ledger import Ledger
from maskloop.loop.progress import Progress
from maskloop.loop.request_ids import RequestIds
from maskloop.matching import image_iou
from maskloop.values import (
    Batch,
    Budget,
    Category,
    Classifier,
    Evaluation,
    HardCandidate,
    Image,
    ImageProposals,
    Label,
    LabelDraft,
    ModelVersion,
    ObjectLabel,
    Operation,
    Pick,
    PseudoLabels,
    SkipReason,
    Split,
    Strategy,
    SupervisionKind,
)

NAME = "al-loop"
MOST_IMAGES_A_BATCH = 500
LEASE_S = 3600.0


@dataclass(frozen=True)
class Training:
    """How networks are trained: a recipe by name, what differs from it, and the seed; the classifier's recipe too."""

    recipe: str
    overrides: Mapping[str, object]
    seed: int
    classifier: str = ""
    classifier_overrides: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class CampaignSession:
    """The campaign `campaign_id` of the project `project_id`, as one annotator sees it.

    Args:
        client: the server.
        project_id, campaign_id: of the campaign.
        categories: the vocabulary.
        costs: the project's cost model.
        images: the project's images by id.
        training: how networks are trained.
        requests: makes the request ids.
        ledger: what was bought so far; this class enters what it buys.
        progress: is told what goes on.
        clock: seconds that never go back.
    """

    client: Client
    project_id: str
    campaign_id: str
    categories: tuple[Category, ...]
    costs: CostModel
    images: Mapping[str, Image]
    training: Training
    requests: RequestIds
    ledger: Ledger
    progress: Progress
    clock: Callable[[], float]

    def train(
        self, number: int | str, training: Training | None = None, pseudo: PseudoLabels | None = None
    ) -> tuple[ModelVersion, float]:
        """Train on what is labeled. Returns the model version and the seconds the machine took.

        Args:
            number: of the round, or a name in its place.
            training: in place of the campaign's.
            pseudo: pseudo-labels to learn from as well; the new version is then not made active.
        """
        training = training or self.training
        operation = self.client.train_model(
            project_id=self.project_id,
            recipe=training.recipe,
            overrides=training.overrides,
            seed=training.seed,
            activate=pseudo is None,
            pseudo=pseudo,
            request_id=self.requests.of("train_model", number),
        )
        operation = self._finish("train", operation)
        if not isinstance(operation.result, ModelVersion):
            raise InternalError(f"operation {operation.id} trained and answers no model version")
        return operation.result, operation.seconds

    def evaluate(self, number: int | str, model: ModelVersion) -> tuple[Evaluation, float]:
        """Measure on the test split. Returns the evaluation and the seconds the machine took."""
        operation = self.client.evaluate_model(
            project_id=self.project_id,
            model_version=model.id,
            split=Split.TEST,
            request_id=self.requests.of("evaluate_model", number),
        )
        operation = self._finish("evaluate", operation)
        if not isinstance(operation.result, Evaluation):
            raise InternalError(f"operation {operation.id} evaluated and answers no evaluation")
        return operation.result, operation.seconds

    def train_classifier(self, number: int) -> Classifier:
        """Train an image classifier on what labels say, and find the candidate OoD images that fool it."""
        operation = self.client.train_classifier(
            project_id=self.project_id,
            recipe=self.training.classifier,
            overrides=self.training.classifier_overrides,
            seed=self.training.seed,
            request_id=self.requests.of("train_classifier", number),
        )
        operation = self._finish("classify", operation)
        if not isinstance(operation.result, Classifier):
            raise InternalError(f"operation {operation.id} trained and answers no classifier")
        return operation.result

    def hard_candidates(self, classifier: Classifier) -> tuple[HardCandidate, ...]:
        """What fooled it most, cluster by cluster."""
        return self.client.list_hard_candidates(project_id=self.project_id, classifier=classifier.id)

    def score_pool(self, number: int, model: ModelVersion) -> float:
        """Score what the model can read of the pool. Returns the seconds the machine took."""
        operation = self.client.score_pool(
            project_id=self.project_id, model_version=model.id, request_id=self.requests.of("score_pool", number)
        )
        return self._finish("score", operation).seconds

    def import_true_scores(self, model: ModelVersion, labeler: Labeler) -> None:
        """Have images chosen by the true IoU of what the model offers (the oracle of Bellver et al., section 4.4).

        Raises:
            InvalidArgument: only people know it.
        """
        pool = {image_id for image_id, image in self.images.items() if image.split is Split.POOL}
        self.progress.phase("score", "true IoUs")
        scores = {
            image_id: _true_score(proposals, labeler.known_objects(image_id))
            for image_id, proposals in self.proposals(sorted(pool - self.ledger.labeled), model.id).items()
        }
        self.client.import_scores(project_id=self.project_id, scores=scores, model_version=model.id)

    def prepare_selection(self, number: int, strategy: Strategy) -> float:
        """Have the pool ranked. Returns the seconds the machine took."""
        operation = self.client.prepare_selection(
            project_id=self.project_id,
            campaign_id=self.campaign_id,
            strategy=strategy,
            request_id=self.requests.of("prepare_selection", number),
        )
        return self._finish("rank", operation).seconds

    def select_batch(
        self,
        task: str,
        kind: SupervisionKind,
        wish: Budget,
        strategy: Strategy | None = None,
        for_split: Split | None = None,
    ) -> tuple[Batch, float]:
        """Lease images for the task of this name. Returns the batch and the seconds it took to choose.

        Args:
            task: name of the task.
            kind: counts, full or ood_check.
            wish: how much.
            strategy: for this batch alone, the campaign's when `None`.
            for_split: that the images are to join with their labels; TEST, or `None` to learn from them.
        """
        images = None if wish.images is None else min(wish.images, MOST_IMAGES_A_BATCH)
        begun = self.clock()
        batch = self.client.select_batch(
            project_id=self.project_id,
            campaign_id=self.campaign_id,
            annotator=NAME,
            kind=kind,
            images=images,
            seconds=wish.seconds,
            strategy=strategy,
            lease_s=LEASE_S,
            for_split=for_split,
            request_id=self.requests.of("select_batch", task),
        )
        return batch, self.clock() - begun

    def submit_labels(self, task: str, batch: Batch, drafts: Sequence[LabelDraft]) -> tuple[tuple[Pick, Label], ...]:
        """Hand labels in and enter their cost. Returns the picks they are of, with the labels, in the batch's order."""
        labels = self.client.submit_labels(
            project_id=self.project_id,
            annotator=NAME,
            batch_id=batch.id,
            labels=drafts,
            request_id=self.requests.of("submit_labels", task),
        )
        self.ledger.add(labels, batch.for_split)
        self.progress.spent(self.ledger)
        by_image = {label.image_id: label for label in labels}
        return tuple((pick, by_image[pick.image_id]) for pick in batch.picks if pick.image_id in by_image)

    def pass_over(self, batch: Batch, reasons: Mapping[str, SkipReason]) -> None:
        """Give images of a batch back without a label, by image id."""
        for image_id, reason in reasons.items():
            self.client.skip_image(
                project_id=self.project_id, batch_id=batch.id, annotator=NAME, image_id=image_id, reason=reason
            )
            self.ledger.passed_over[image_id] = reason

    def renew_batch(self, batch: Batch) -> Batch:
        """Prolong the batch's leases."""
        return self.client.renew_batch(project_id=self.project_id, batch_id=batch.id, annotator=NAME, lease_s=LEASE_S)

    def proposals(self, image_ids: list[str], model_version: str) -> Mapping[str, ImageProposals]:
        """What the model offers for these images, by image id; nothing where it scored nothing."""
        return proposals_of(self.client, self.project_id, image_ids, model_version)

    def read_image(self, image_id: str) -> bytes:
        """An image's file."""
        return self.client.read_image(project_id=self.project_id, image_id=image_id)

    def _finish(self, phase: str, operation: Operation) -> Operation:
        self.progress.phase(phase)
        return self.client.wait_operation(operation, self.progress.operation)


def proposals_of(
    client: Client, project_id: str, image_ids: Sequence[str], model_version: str
) -> Mapping[str, ImageProposals]:
    """Proposals by image id; none without a model version, or by one that scored nothing, as no choice needed it."""
    if not model_version:
        return {}
    try:
        proposals = client.get_proposals(project_id=project_id, image_ids=image_ids, model_version=model_version)
    except PoolNotScored:
        return {}
    return {each.image_id: each for each in proposals}


def _true_score(proposals: ImageProposals, there: tuple[ObjectLabel, ...] | None) -> float:
    """Mean IoU over the objects (Bellver et al., eq. 2)."""
    if there is None:
        raise InvalidArgument("scores=imported: the labeler does not tell true IoUs", field="strategy")
    return image_iou(proposals.objects, there)
