"""Networks and long work as a lead sees them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import islice

from maskloop.client import Client
from maskloop.errors import InvalidArgument
from maskloop.values import (
    Evaluation,
    ModelVersion,
    Operation,
    OperationKind,
    Split,
    explain_head,
)
from maskloop.values.measures import SHOWN, measured
from maskloop.web.documents.operations import operation_document
from maskloop.web.leading.campaign import seconds_of

MOST_OPERATIONS = 40
"""The newest, with what an evaluation says of every image: more would be megabytes."""


@dataclass(frozen=True)
class ModelDocument:
    """A model version. `measures` are of its latest evaluation on the test split, empty before; `head` is a
    `HeadState`, and `head_words` says why."""

    id: str
    recipe: str
    seed: int
    created_at: float | None
    labeled_images: int
    boxed_images: int
    weakly_labeled_images: int
    active: bool
    thinned: bool
    scored_images: int
    pseudo_images: int
    head: str
    head_words: str
    measures: dict[str, float]
    tested_images: int


def read_networks(client: Client, project_id: str) -> dict[str, object]:
    """Model versions and operations, newest first.

    Raises:
        ProjectNotFound: there is none.
    """
    operations = list(client.list_operations(project_id=project_id))
    evaluations = latest_evaluations(operations)
    models = client.list_models(project_id=project_id)
    return {
        "models": [asdict(model_document(model, evaluations.get(model.id))) for model in models],
        "operations": [operation_document(each) for each in islice(operations, MOST_OPERATIONS)],
    }


def latest_evaluations(operations: Sequence[Operation]) -> Mapping[str, Evaluation]:
    """What was last measured of each version on the test split, by its id.

    Args:
        operations: newest first.
    """
    found: dict[str, Evaluation] = {}
    for operation in operations:
        result = operation.result
        if isinstance(result, Evaluation) and result.split is Split.TEST:
            found.setdefault(operation.result_id, result)
    return found


def model_document(model: ModelVersion, evaluation: Evaluation | None) -> ModelDocument:
    """A version in numbers and words."""
    measures = {} if evaluation is None else {name: measured(evaluation, name) for name in SHOWN}
    return ModelDocument(
        id=model.id,
        recipe=model.method,
        seed=model.seed,
        created_at=seconds_of(model.created_at),
        labeled_images=model.labeled_images,
        boxed_images=model.boxed_images,
        weakly_labeled_images=model.weakly_labeled_images,
        active=model.active,
        thinned=model.thinned,
        scored_images=model.scored_images,
        pseudo_images=model.pseudo_images,
        head=model.head.value,
        head_words=explain_head(model.metrics),
        measures={name: value for name, value in measures.items() if value is not None},
        tested_images=len(evaluation.images) if evaluation else 0,
    )


@dataclass(frozen=True)
class Training:
    """How the next network is trained: a recipe with what differs from it, and the seed."""

    recipe: str
    overrides: Mapping[str, object]
    seed: int

    @classmethod
    def like_the_newest(cls, client: Client, project_id: str) -> Training:
        """As the newest version was; by the server's own recipe where there is none yet."""
        newest = next((each for each in client.list_models(project_id=project_id) if each.pseudo is None), None)
        if newest is None:
            return cls("", {}, 0)
        usual = client.resolve_recipe(recipe=newest.recipe)
        config = json.loads(newest.config_json)
        return cls(newest.recipe, {key: value for key, value in config.items() if usual.get(key) != value}, newest.seed)


def start(client: Client, project_id: str, kind: OperationKind, model_version: str, request_id: str) -> Operation:
    """Begin long work: train as the newest version was, or score the pool or evaluate by a version ("": the active).

    Raises:
        NothingToMeasure, NoActiveModel, FailedPrecondition, QueueFull: it cannot be done now.
    """
    if kind is OperationKind.TRAIN:
        training = Training.like_the_newest(client, project_id)
        return client.train_model(
            project_id=project_id,
            recipe=training.recipe,
            overrides=training.overrides,
            seed=training.seed,
            activate=True,
            request_id=request_id,
        )
    if kind is OperationKind.SCORE:
        return client.score_pool(project_id=project_id, model_version=model_version, request_id=request_id)
    if kind is OperationKind.EVALUATE:
        return client.evaluate_model(project_id=project_id, model_version=model_version, request_id=request_id)
    raise InvalidArgument(f"work of kind {kind} is not begun here", field="kind")
