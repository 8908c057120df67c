"""One annotator's side of a campaign: the verbs of a round, each made repeatable by its request id."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from maskloop.client import Client
from maskloop.costs.cost_model import CostModel
from maskloop.errors import InternalError, InvalidArgument
from maskloop.labelers import Answers, Labeler, Task
from maskloop.loop.ledger import Ledger
from maskloop.loop.progress import Progress
from maskloop.loop.proposals import offered
from maskloop.loop.request_ids import RequestIds
from maskloop.matching import match_within_class
from maskloop.values import (
    Batch,
    Budget,
    Category,
    Classifier,
    Counts,
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
ROUNDING_S = 1e-6
"""Costs come in whole milliseconds; what their sums differ by is not money."""


@dataclass(frozen=True)
class Training:
    """How networks are trained: a recipe by name, what differs from it, and the seed; the classifier's recipe too."""

    recipe: str
    overrides: Mapping[str, object]
    seed: int
    classifier: str = ""
    classifier_overrides: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Bought:
    """One batch that was labeled: the picks that were bought with their labels, and what the server said of it."""

    batch: Batch
    picks: tuple[tuple[Pick, Label], ...]


@dataclass(frozen=True)
class CampaignSession:
    """The campaign `campaign_id` of the project `project_id`, as one annotator sees it.

    Args:
        client: the server.
        project_id, campaign_id: of the campaign.
        categories: the vocabulary.
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
    images: Mapping[str, Image]
    training: Training
    requests: RequestIds
    ledger: Ledger
    progress: Progress
    clock: Callable[[], float]
    costs: CostModel = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "costs", CostModel(len(self.categories)))

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
            image_id: _true_score(offered, labeler.known_objects(image_id))
            for image_id, offered in self.proposals(sorted(pool - self.ledger.labeled), model.id).items()
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
        self, task: str, kind: SupervisionKind, wish: Budget, strategy: Strategy | None = None
    ) -> tuple[Batch, float]:
        """Lease images for the task of this name. Returns the batch and the seconds it took to choose.

        Args:
            task: name of the task.
            kind: counts, full or ood_check.
            wish: how much.
            strategy: for this batch alone, the campaign's when `None`.
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
            request_id=self.requests.of("select_batch", task),
        )
        return batch, self.clock() - begun

    def fill(self, task: str, batch: Batch, labeler: Labeler) -> Bought:
        """Have the batch labeled and hand the labels in; what does not fit the budget is passed over."""
        paid_s = {pick.image_id: self.ledger.counts_paid_s.get(pick.image_id, 0.0) for pick in batch.picks}
        expected_s = {pick.image_id: labeler.cost_s(pick, batch.kind, paid_s[pick.image_id]) for pick in batch.picks}
        over = self._over_budget(expected_s)
        self._pass_over(batch, over)
        wanted = [pick.image_id for pick in batch.picks if pick.image_id not in over]
        if not wanted:
            return Bought(batch, ())
        answers = labeler.label(self._task(task, batch, wanted, paid_s))
        return self._submit_labels(task, batch, answers, paid_s)

    def affords_nothing(self, labeler: Labeler) -> bool:
        """Whether every image that is left is known to cost more than is left.

        Nobody knows where only people do. Where counts are bought, the server knows, and hands out no such image.
        """
        if self.ledger.counts_paid_s:
            return False
        done = self.ledger.labeled | self.ledger.passed_over.keys()
        pool = (one.id for one in self.images.values() if one.split is Split.POOL and one.id not in done)
        return all(self._is_too_dear(labeler.known_objects(image_id)) for image_id in pool)

    def proposals(self, image_ids: list[str], model_version: str) -> Mapping[str, ImageProposals]:
        """What the model offers for these images, by image id; nothing where it scored nothing."""
        return offered(self.client, self.project_id, image_ids, model_version)

    def read_image(self, image_id: str) -> bytes:
        """An image's file."""
        return self.client.read_image(project_id=self.project_id, image_id=image_id)

    def _submit_labels(self, task: str, batch: Batch, answers: Answers, paid_s: Mapping[str, float]) -> Bought:
        costs = {draft.image_id: self._cost_s(draft, paid_s[draft.image_id]) for draft in answers.drafts}
        over = self._over_budget(costs)
        self._pass_over(batch, {**answers.passed_over, **over})
        drafts = [draft for draft in answers.drafts if draft.image_id not in over]
        if not drafts:
            return Bought(batch, ())
        labels = self.client.submit_labels(
            project_id=self.project_id,
            annotator=NAME,
            batch_id=batch.id,
            labels=drafts,
            request_id=self.requests.of("submit_labels", task),
        )
        self.ledger.add(labels)
        self.progress.spent(self.ledger)
        by_image = {label.image_id: label for label in labels}
        return Bought(batch, tuple((p, by_image[p.image_id]) for p in batch.picks if p.image_id in by_image))

    def _over_budget(self, costs: Mapping[str, float]) -> dict[str, SkipReason]:
        """The images that do not fit what is left when those before them are bought."""
        left_s, over = self.ledger.left_s, {}
        for image_id, cost_s in costs.items():
            if cost_s > left_s + ROUNDING_S:
                over[image_id] = SkipReason.OVER_BUDGET
            else:
                left_s -= cost_s
        return over

    def _is_too_dear(self, objects: tuple[ObjectLabel, ...] | None) -> bool:
        return objects is not None and self.costs.full_label(Counts.of(objects)) > self.ledger.left_s + ROUNDING_S

    def _pass_over(self, batch: Batch, reasons: Mapping[str, SkipReason]) -> None:
        for image_id, reason in reasons.items():
            self.client.skip_image(
                project_id=self.project_id, batch_id=batch.id, annotator=NAME, image_id=image_id, reason=reason
            )
            self.ledger.passed_over[image_id] = reason

    def _cost_s(self, draft: LabelDraft, paid_s: float) -> float:
        return draft.content.cost_s(self.costs, paid_s)

    def _task(self, name: str, batch: Batch, image_ids: list[str], paid_s: Mapping[str, float]) -> Task:
        return Task(
            name,
            batch.kind,
            tuple(self.images[image_id] for image_id in image_ids),
            self.categories,
            self.proposals(image_ids, batch.model_version),
            paid_s,
            self.read_image,
            lambda: self.client.renew_batch(
                project_id=self.project_id, batch_id=batch.id, annotator=NAME, lease_s=LEASE_S
            ),
        )

    def _finish(self, phase: str, operation: Operation) -> Operation:
        self.progress.phase(phase)
        return self.client.wait_operation(operation, self.progress.operation)


def _true_score(offered: ImageProposals, there: tuple[ObjectLabel, ...] | None) -> float:
    """Mean IoU over the objects (Bellver et al., eq. 2)."""
    if there is None:
        raise InvalidArgument("scores=imported: the labeler does not tell true IoUs", field="strategy")
    _, ious = match_within_class(offered.objects, there)
    return float(ious.sum() / max(len(offered.objects), len(there), 1))
