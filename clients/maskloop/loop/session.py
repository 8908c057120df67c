"""One annotator's side of a campaign: the verbs of a round, each made repeatable by its request id."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from maskloop.client import Client
from maskloop.costs.cost_model import CostModel
from maskloop.errors import InternalError, LeaseLost, RequestIdReused
from maskloop.labelers import Task
from maskloop.loop.progress import Progress
from maskloop.loop.proposals import LazyProposals, proposals_of, proposals_of_batch, propose_masks, takes_prompts
from maskloop.loop.record.books import Books, HandedOut
from maskloop.loop.record.decisions import Decisions
from maskloop.loop.record.ledger import Ledger
from maskloop.loop.record.request_ids import RequestIds
from maskloop.loop.record.test_set import TestSet
from maskloop.loop.training import Training
from maskloop.pages.wording import say_count
from maskloop.values import (
    UNAIDED,
    Assistance,
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
    Operation,
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
        books: what was bought so far.
        progress: is told what goes on.
        clock: seconds that never go back.
        decisions: what was decided before, by this process or one before it.
        run: names the run, for people.
        is_over: whether the run is to end as soon as it can.
    """

    client: Client
    project_id: str
    campaign_id: str
    categories: tuple[Category, ...]
    costs: CostModel
    images: Mapping[str, Image]
    training: Training
    requests: RequestIds
    books: Books
    progress: Progress
    clock: Callable[[], float]
    decisions: Decisions = field(default_factory=Decisions)
    run: str = ""
    is_over: Callable[[], bool] = lambda: False

    @property
    def ledger(self) -> Ledger:
        """Spending so far."""
        return self.books.ledger

    @property
    def test_set(self) -> TestSet:
        """What the test images hold."""
        return self.books.test_set

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
        asked = partial(
            self.client.train_model,
            project_id=self.project_id,
            recipe=training.recipe,
            overrides=training.overrides,
            seed=training.seed,
            activate=training.activate and pseudo is None,
            pseudo=pseudo,
        )
        operation = self._finish("train", "train_model", number, asked)
        if not isinstance(operation.result, ModelVersion):
            raise InternalError(f"operation {operation.id} trained and answers no model version")
        return operation.result, operation.seconds

    def evaluate(self, number: int | str, model: ModelVersion) -> tuple[Evaluation | None, float]:
        """Measure on the test split. Returns the evaluation, `None` where there is nothing to measure on, and the
        seconds the machine took."""
        if self.test_set.why_not:
            return None, 0.0
        asked = partial(
            self.client.evaluate_model, project_id=self.project_id, model_version=model.id, split=Split.TEST
        )
        operation = self._finish("evaluate", "evaluate_model", number, asked)
        if not isinstance(operation.result, Evaluation):
            raise InternalError(f"operation {operation.id} evaluated and answers no evaluation")
        return operation.result, operation.seconds

    def train_classifier(self, number: int) -> Classifier:
        """Train an image classifier on what labels say, and find the candidate OoD images that fool it."""
        asked = partial(
            self.client.train_classifier,
            project_id=self.project_id,
            recipe=self.training.classifier,
            overrides=self.training.classifier_overrides,
            seed=self.training.seed,
        )
        operation = self._finish("classify", "train_classifier", number, asked)
        if not isinstance(operation.result, Classifier):
            raise InternalError(f"operation {operation.id} trained and answers no classifier")
        return operation.result

    def hard_candidates(self, classifier: Classifier) -> tuple[HardCandidate, ...]:
        """What fooled it most, cluster by cluster."""
        return self.client.list_hard_candidates(project_id=self.project_id, classifier=classifier.id)

    def score_pool(self, number: int | str, model: ModelVersion) -> float:
        """Score what the model can read of the pool. Returns the seconds the machine took."""
        asked = partial(self.client.score_pool, project_id=self.project_id, model_version=model.id)
        return self._finish("score", "score_pool", number, asked).seconds

    def is_thinned(self, model: ModelVersion) -> bool:
        """Whether the model's files were removed since."""
        return self.client.get_model(project_id=self.project_id, model_version=model.id).thinned

    def prepare_selection(self, number: int, strategy: Strategy) -> float:
        """Have the pool ranked. Returns the seconds the machine took."""
        asked = partial(
            self.client.prepare_selection,
            project_id=self.project_id,
            campaign_id=self.campaign_id,
            strategy=strategy,
        )
        return self._finish("rank", "prepare_selection", number, asked).seconds

    def select_batch(
        self,
        task: str,
        kind: SupervisionKind,
        wish: Budget,
        *,
        strategy: Strategy | None = None,
        for_split: Split | None = None,
        assistance: Assistance = UNAIDED,
    ) -> tuple[Batch, float]:
        """Lease images for the task of this name. Returns the batch and the seconds it took to choose.

        Args:
            task: name of the task.
            kind: of the labels.
            wish: how much.
            strategy: for this batch alone, the campaign's when `None`.
            for_split: that the images are to join with their labels; TEST, or `None` to learn from them.
            assistance: how people are helped.
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
            beside_held=True,
            assistance=assistance if assistance.model_version else None,
            request_id=self.requests.of("select_batch", task),
        )
        return batch, self.clock() - begun

    def submit_labels(self, name: str, batch: Batch, drafts: Sequence[LabelDraft]) -> tuple[Label, ...]:
        """Hand labels in. Returns them as kept, in the order of the drafts; of what was handed in before, as it was.

        A process may have died between handing labels in and noting it, and people may have mended them since: then
        those on record are the answer, and what differs from them is a correction to be found by `take_revisions`.
        """
        return self._submit(name, batch, batch.id, drafts)

    def submit_unpaid(self, name: str, batch: Batch, drafts: Sequence[LabelDraft]) -> tuple[Label, ...]:
        """Hand labels in of images that were passed over, as the campaign cannot pay them, or for another reason: they
        are kept, and cost it nothing."""
        if drafts:
            self.progress.note(f"{say_count(len(drafts), 'label')} beyond what the budget buys: kept, and not charged.")
        return self._submit(f"{name}-unpaid", batch, "", drafts)

    def _submit(self, name: str, batch: Batch, batch_id: str, drafts: Sequence[LabelDraft]) -> tuple[Label, ...]:
        if not drafts:
            return ()
        request_id = self.requests.of("submit_labels", name)
        try:
            labels = self.client.submit_labels(
                project_id=self.project_id, annotator=NAME, batch_id=batch_id, labels=drafts, request_id=request_id
            )
        except RequestIdReused:
            labels = self.books.submitted_before(batch)
        self.books.keep(labels)
        return labels

    def task(self, handed_out: HandedOut, counts_paid_s: Mapping[str, float]) -> Task:
        """A task for the labeler. Proposals are those of the network that helps, or else of the one that chose."""
        batch, ids, help_ = handed_out.batch, handed_out.image_ids, handed_out.assistance
        helper = help_.model_version or batch.model_version
        return Task(
            handed_out.name,
            batch.kind,
            tuple(self.images[image_id] for image_id in ids),
            self.categories,
            LazyProposals(partial(proposals_of_batch, self.client, batch, ids, helper)),
            counts_paid_s,
            self.read_image,
            self.keep_leases,
            self.run,
            self.is_over,
            batch.for_split is Split.TEST,
            help_,
            partial(propose_masks, self.client, self.project_id, help_.model_version),
            partial(takes_prompts, self.client, self.project_id, help_.model_version),
            {pick.image_id: pick for pick in batch.picks},
        )

    def keep_leases(self) -> None:
        """Prolong the leases of all images that people still have, of batches handed in by a part, too."""
        for batch in tuple(self.books.open_batches):
            try:
                self.client.renew_batch(project_id=self.project_id, batch_id=batch.id, annotator=NAME, lease_s=LEASE_S)
            except LeaseLost:
                if not self.books.is_answered(batch):
                    raise
                self.books.open_batches.remove(batch)  # its rest has come since

    def give_back(self) -> None:
        """End the leases of images that people have not answered; an answer that comes later is still taken."""
        for batch in self.books.open_batches:
            self.leave_for_later(batch)

    def leave_for_later(self, batch: Batch) -> None:
        """End the leases of a batch's images that people have not answered, as `give_back` does."""
        self.client.release_batch(project_id=self.project_id, batch_id=batch.id, annotator=NAME, for_later=True)

    def pass_over(self, batch: Batch, reasons: Mapping[str, SkipReason]) -> None:
        """Give images of a batch back without a label, by image id."""
        for image_id, reason in reasons.items():
            self.client.skip_image(
                project_id=self.project_id, batch_id=batch.id, annotator=NAME, image_id=image_id, reason=reason
            )
            self.ledger.passed_over[image_id] = reason

    def proposals(self, image_ids: list[str], model_version: str) -> Mapping[str, ImageProposals]:
        """What the model offers for these images, by image id; nothing where it scored nothing."""
        return proposals_of(self.client, self.project_id, image_ids, model_version)

    def read_image(self, image_id: str) -> bytes:
        """An image's file."""
        return self.client.read_image(project_id=self.project_id, image_id=image_id)

    def _finish(self, phase: str, verb: str, number: int | str, asked: Callable[..., Operation]) -> Operation:
        self.progress.phase(phase)
        return self.client.wait_operation(self.requests.begin(asked, verb, number), self.progress.operation)
