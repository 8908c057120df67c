"""Clients at work on one project: people who label, and one who leads. Each writes its journal, and may be killed.

A client that begins again sends the call that it had no answer to once more, under the same request id.
"""

from __future__ import annotations

import itertools
import json
import random
import time
from pathlib import Path
from typing import Any

import grpc
import numpy as np
from google.longrunning import operations_pb2
from google.protobuf.message import Message

from maskloop.convert import draft_to_message, image_import_to_message
from maskloop.masks import Mask
from maskloop.v1 import campaigns_pb2, labels_pb2, models_pb2, projects_pb2
from maskloop.values import LABEL_KINDS, ImageImport, LabelDraft, ObjectLabel, Split, SupervisionKind
from tests.chaos.journal import OK, REFUSALS, Call, Journal, Outcome, read_calls
from tests.chaos.surface import methods
from tests.service.squares import SIDE, TINY, squares

PROJECT = "where-people-work"
"""No id that drawn requests come upon: one of a letter is a flipped bit away from texts that they draw."""
CAMPAIGNS = ("timed", "counted", "small")
KINDS = ("full", "full", "full", "counts", "boxes", "points", "scribbles", "image_level")
SHORT_LEASE_S, LONG_LEASE_S = 1, 3600
CALL_S = 30.0
PATIENCE_S = 90.0
WITHOUT_ANSWER = ("UNAVAILABLE", "DEADLINE_EXCEEDED", "CANCELLED")
PATHS = {method.name: method for method in methods() if not method.path.startswith("/grpc.")}


class Person:
    """One client: what it does comes from its seed, its journal and the answers.

    Args:
        name: of the person, and of the journal's file.
        address: of the server, which may be gone at any time.
        folder: of the journals.
        seed: of what it does; a client that begins again draws other things.
    """

    def __init__(self, name: str, address: str, folder: Path, seed: int) -> None:
        self.name = name
        file = folder / f"{name}.jsonl"
        self.calls = read_calls([file]) if file.exists() else []
        self.journal = Journal(file)
        begun = len(self.calls)
        self.draw = random.Random(f"{seed}/{name}/{begun}")
        self._life = f"{name}-{begun}"
        self._numbers = itertools.count()
        options = [
            ("grpc.initial_reconnect_backoff_ms", 50),
            ("grpc.min_reconnect_backoff_ms", 50),
            ("grpc.max_reconnect_backoff_ms", 200),
            ("grpc.use_local_subchannel_pool", 1),
        ]
        self._channel = grpc.insecure_channel(address, options=options)

    def go_on(self) -> None:
        """Repeat what had no answer, or what had one: it must be the same."""
        for call in [call for call in self.calls if call.outcome is Outcome.OPEN][-1:]:
            self._send(call)

    def ask(self, method: str, request: Message) -> Any:
        """One call, repeated until it is answered or refused. Returns the answer's message, `None` for a refusal."""
        call = Call(f"{self._life}-{next(self._numbers)}", self.name, PATHS[method].path, request.SerializeToString())
        self.calls.append(call)
        return self._send(call)

    def ask_again(self) -> None:
        """Repeat an earlier write that was answered."""
        done = [call for call in self.calls[-60:] if call.accepted and _request_id(call)]
        if done:
            self._send(self.draw.choice(done))

    def new_id(self) -> str:
        """A request id."""
        return f"{self._life}-{next(self._numbers)}-{self.draw.getrandbits(40):x}"

    def _send(self, call: Call) -> Any:
        method = PATHS[call.name]
        until = time.monotonic() + PATIENCE_S
        repeatable = bool(_request_id(call)) or call.name.startswith(("Get", "List", "Read", "Export", "Wait"))
        while True:
            attempt = self.journal.sent(call)
            try:
                if method.gives_many:
                    pieces = self._channel.unary_stream(call.method)(call.request, timeout=CALL_S)
                    data = b"".join(method.answer(piece).data for piece in pieces)  # type: ignore[attr-defined]
                    self.journal.ended(call, attempt, OK, data)
                    return data
                data = self._channel.unary_unary(call.method)(call.request, timeout=CALL_S)
            except grpc.RpcError as error:
                code = error.code().name
                self.journal.ended(call, attempt, code, said=error.details() or "")
                full = code == "RESOURCE_EXHAUSTED" and "budget" not in (error.details() or "")
                may_pass = code in WITHOUT_ANSWER or (full and self.draw.random() < 0.7)
                if not (may_pass and repeatable and time.monotonic() < until):
                    if code not in REFUSALS:
                        time.sleep(0.1)
                    return None
                time.sleep(self.draw.uniform(0.05, 0.3))
                continue
            self.journal.ended(call, attempt, OK, data)
            return method.answer(data)


class Annotator(Person):
    """Takes images and labels them, passes them over, gives them back, corrects; now and then does something wrong."""

    def __init__(self, name: str, address: str, folder: Path, seed: int) -> None:
        super().__init__(name, address, folder, seed)
        self.batch: Any = None
        self.labels: list[Any] = []
        self.lease_s = SHORT_LEASE_S if int(name[-1]) % 3 == 0 else LONG_LEASE_S

    def work(self) -> None:
        """One thing after the other, for ever."""
        self.go_on()
        while True:
            if self.batch is None or not self.batch.picks:
                self.take()
            self.draw.choices((self.label, self.look, self.bring, self.err, self.ask_again), (70, 8, 4, 10, 8))[0]()
            time.sleep(self.draw.uniform(0, 0.02))

    def take(self) -> None:
        """Ask for images."""
        request = campaigns_pb2.SelectBatchRequest(
            project_id=PROJECT,
            campaign_id=self.draw.choice(CAMPAIGNS),
            annotator=self.name,
            kind=_kind(self.draw.choice(KINDS)),
            images=self.draw.randint(1, 4),
            request_id=self.new_id(),
            beside_held=self.draw.random() < 0.1,
        )
        request.lease.seconds = self.lease_s
        if self.draw.random() < 0.3:
            request.strategy.name = "random"
        self.batch = self.ask("SelectBatch", request)
        if self.batch is not None and not self.batch.picks:
            self.bring()

    def label(self) -> None:
        """Do something with the batch that is held."""
        if self.batch is None or not self.batch.picks:
            return
        images = [pick.image_id for pick in self.batch.picks]
        first = images[: self.draw.randint(1, 2)]
        own: dict[str, Any] = {"project_id": PROJECT, "batch_id": self.batch.id, "annotator": self.name}
        way = self.draw.random()
        if way < 0.74:
            drafts = [self.draft(image_id, self.batch.kind) for image_id in first]
            self.submit(drafts, self.batch.id)
        elif way < 0.82:
            first = images[:1]
            reason: Any = self.draw.randint(1, 4)
            self.ask("SkipImage", campaigns_pb2.SkipImageRequest(**own, image_id=first[0], reason=reason))
        elif way < 0.92:
            self.ask(
                "ReleaseBatch",
                campaigns_pb2.ReleaseBatchRequest(**own, image_ids=first, for_later=self.draw.random() < 0.4),
            )
        else:
            request = campaigns_pb2.RenewBatchRequest(**own)
            request.lease.seconds = self.lease_s
            self.batch = self.ask("RenewBatch", request)
            return
        del self.batch.picks[: len(first)]

    def submit(self, drafts: list[Any], batch_id: str) -> None:
        """Hand labels in, and at times correct one at once."""
        request = labels_pb2.SubmitLabelsRequest(
            project_id=PROJECT, annotator=self.name, batch_id=batch_id, labels=drafts, request_id=self.new_id()
        )
        answer = self.ask("SubmitLabels", request)
        if answer is not None:
            self.labels = (self.labels + list(answer.labels))[-40:]
        if self.labels and self.draw.random() < 0.2:
            old = self.labels.pop(self.draw.randrange(len(self.labels)))
            kind = _kind(old.draft.WhichOneof("supervision"))
            self.submit([self.draft(old.draft.image_id, kind, supersedes=old.id)], "")

    def draft(self, image_id: str, kind: int, supersedes: str = "") -> Any:
        """What a person says of an image: nobody else has said the same."""
        content = LABEL_KINDS[
            SupervisionKind(labels_pb2.SupervisionKind.Name(kind).removeprefix("SUPERVISION_KIND_").lower())
        ]
        seconds = self.draw.randint(0, 300_000) / 1000 if self.draw.random() < 0.6 else None
        said = content.of(_rectangles(self.draw))
        return draft_to_message(LabelDraft(image_id, said, seconds_spent=seconds, supersedes=supersedes))

    def look(self) -> None:
        """Read something."""
        project: dict[str, Any] = {"project_id": PROJECT}
        way = self.draw.randrange(5)
        if way == 0:
            self.ask("ListLabels", labels_pb2.ListLabelsRequest(**project, page_size=3))
        elif way == 1:
            campaign_id = self.draw.choice(CAMPAIGNS)
            self.ask("GetCampaign", campaigns_pb2.GetCampaignRequest(**project, campaign_id=campaign_id))
        elif way == 2:
            self.ask("ExportLabels", labels_pb2.ExportLabelsRequest(**project))
        elif way == 3 and self.batch is not None and self.batch.id:
            self.ask("GetBatch", campaigns_pb2.GetBatchRequest(**project, batch_id=self.batch.id))
        elif self.batch is not None and self.batch.picks:
            image_id = self.batch.picks[0].image_id
            self.ask("ReadImage", projects_pb2.ReadImageRequest(**project, image_id=image_id))

    def bring(self) -> None:
        """Bring images in."""
        request = projects_pb2.ImportImagesRequest(project_id=PROJECT, request_id=self.new_id())
        number = self.draw.randint(1, 6)
        name = f"{self.name}-{self.draw.getrandbits(40):x}-"
        for file_name, data, _ in squares(number, self.draw.getrandbits(30), name):
            request.images.append(image_import_to_message(ImageImport(file_name, Split.POOL, data=data)))
        self.ask("ImportImages", request)

    def err(self) -> None:
        """Ask for what must be refused: a strange image, another's batch, a category that is none, no such label."""
        image = self.batch.picks[0].image_id if self.batch is not None and self.batch.picks else "none"
        batch_id = self.batch.id if self.batch is not None else "none"
        draft = self.draft(image, labels_pb2.SUPERVISION_KIND_FULL)
        way = self.draw.randrange(4)
        name = self.name
        if way == 0:
            name = f"not {self.name}"
        elif way == 1:
            draft.full.objects.add(category_id=99).mask.CopyFrom(labels_pb2.LabelDraft().full.objects.add().mask)
        elif way == 2:
            draft.supersedes = "no such label"
        elif self.labels:
            draft.image_id = self.draw.choice(self.labels).draft.image_id
        request = labels_pb2.SubmitLabelsRequest(
            project_id=PROJECT, annotator=name, batch_id=batch_id, labels=[draft], request_id=self.new_id()
        )
        self.ask("SubmitLabels", request)


class Leader(Person):
    """Trains, scores, measures and cancels; raises budgets; activates what it trained."""

    def work(self) -> None:
        """One thing after the other, for ever."""
        self.go_on()
        while True:
            self.draw.choices(
                (self.train, self.use, self.budget, self.cancel, self.activate, self.ask_again), (3, 4, 3, 1, 2, 1)
            )[0]()
            time.sleep(self.draw.uniform(0.05, 0.4))

    def train(self) -> None:
        """A training of seconds, and the end of it."""
        request = models_pb2.TrainModelRequest(
            project_id=PROJECT,
            recipe="compact",
            overrides_json=json.dumps(TINY),
            seed=self.draw.randrange(100),
            activate=self.draw.random() < 0.7,
            request_id=self.new_id(),
        )
        self._follow(self.ask("TrainModel", request))

    def use(self) -> None:
        """Score the pool, or measure the network."""
        if self.draw.random() < 0.5:
            request: Any = models_pb2.ScorePoolRequest(project_id=PROJECT, request_id=self.new_id())
            self._follow(self.ask("ScorePool", request))
        else:
            request = models_pb2.EvaluateModelRequest(
                project_id=PROJECT, split=projects_pb2.SPLIT_TEST, request_id=self.new_id()
            )
            self._follow(self.ask("EvaluateModel", request))

    def budget(self) -> None:
        """Give a campaign a little more."""
        request = campaigns_pb2.UpdateCampaignBudgetRequest(project_id=PROJECT, request_id=self.new_id())
        campaign_id = self.draw.choice(CAMPAIGNS)
        now = self.ask("GetCampaign", campaigns_pb2.GetCampaignRequest(project_id=PROJECT, campaign_id=campaign_id))
        if now is None:
            return
        request.campaign_id = campaign_id
        if now.budget.HasField("images"):
            request.budget.images = now.budget.images + self.draw.randint(-3, 6)
        else:
            request.budget.seconds = now.budget.seconds + self.draw.randint(-100, 900)
        self.ask("UpdateCampaignBudget", request)

    def cancel(self) -> None:
        """Cancel the latest work."""
        for call in reversed(self.calls[-20:]):
            if call.accepted and PATHS[call.name].answers.full_name == "google.longrunning.Operation":
                name = operations_pb2.Operation.FromString(call.accepted[0].answer).name
                self.ask("CancelOperation", operations_pb2.CancelOperationRequest(name=name))
                return

    def activate(self) -> None:
        """Make the version before the active one again."""
        self.ask("RollbackModel", models_pb2.RollbackModelRequest(project_id=PROJECT))

    def _follow(self, operation: Any) -> None:
        if operation is not None and self.draw.random() < 0.9:
            request = operations_pb2.WaitOperationRequest(name=operation.name)
            request.timeout.seconds = self.draw.randint(1, 12)
            self.ask("WaitOperation", request)


class Founder(Person):
    """Makes the project, its first images and its campaigns, before anything is killed."""

    def begin(self, project_id: str = PROJECT) -> None:
        """Raises AssertionError where something is refused."""
        categories = [projects_pb2.Category(id=number, name=name) for number, name in ((1, "square"), (2, "disc"))]
        answers = [
            self.ask(
                "CreateProject",
                projects_pb2.CreateProjectRequest(
                    project_id=project_id, categories=categories, request_id=self.new_id()
                ),
            )
        ]
        for split, number in ((Split.TRAIN, 6), (Split.TEST, 3), (Split.POOL, 60)):
            images = projects_pb2.ImportImagesRequest(project_id=project_id, request_id=self.new_id())
            for name, data, objects in squares(number, number, f"{split}-"):
                known = None if split is Split.POOL else objects
                images.images.append(image_import_to_message(ImageImport(name, split, data=data, objects=known)))
            answers.append(self.ask("ImportImages", images))
        for name, budget in (("timed", 30_000.0), ("counted", 25), ("small", 900.0)):
            request = campaigns_pb2.CreateCampaignRequest(
                project_id=project_id, campaign_id=name, request_id=self.new_id(), seed=3
            )
            request.strategy.name = "random" if name == "counted" else "mask_guided"
            if isinstance(budget, int):
                request.budget.images = budget
            else:
                request.budget.seconds = budget
            answers.append(self.ask("CreateCampaign", request))
        assert None not in answers


def work(kind: str, name: str, address: str, folder: str, seed: int) -> None:
    """The program of one client."""
    people: dict[str, type[Any]] = {"annotator": Annotator, "leader": Leader}
    people[kind](name, address, Path(folder), seed).work()


def _kind(name: str) -> Any:
    return labels_pb2.SupervisionKind.Value(f"SUPERVISION_KIND_{name.upper()}")


def _request_id(call: Call) -> str:
    message = PATHS[call.name].question()
    message.ParseFromString(call.request)
    return str(getattr(message, "request_id", ""))


def _rectangles(draw: random.Random) -> tuple[ObjectLabel, ...]:
    """None to three objects."""
    objects = []
    for _ in range(draw.choice((0, 1, 1, 2, 3))):
        pixels = np.zeros((SIDE, SIDE), dtype=np.bool_)
        x, y = draw.randrange(SIDE - 8), draw.randrange(SIDE - 8)
        pixels[y : y + draw.randint(2, 8), x : x + draw.randint(2, 8)] = True
        objects.append(ObjectLabel(draw.randint(1, 2), Mask.from_array(pixels)))
    return tuple(objects)
