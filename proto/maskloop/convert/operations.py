"""Long work as `google.longrunning.Operation` (AIP-151)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from google.longrunning.operations_pb2 import Operation as OperationMessage
from google.protobuf.message import Message

from maskloop.convert.classifiers import classifier_from_message, classifier_to_message
from maskloop.convert.errors import error_from_status, error_to_status
from maskloop.convert.models import (
    evaluation_from_message,
    evaluation_to_message,
    model_from_message,
    model_to_message,
    prepared_from_message,
    prepared_to_message,
)
from maskloop.convert.scalars import enum_from_message, enum_to_message, optional, time_from_message, time_to_message
from maskloop.errors import InternalError, InvalidArgument, error_classes
from maskloop.v1 import classifiers_pb2
from maskloop.v1 import models_pb2 as pb
from maskloop.values import (
    Classifier,
    Evaluation,
    ModelVersion,
    Operation,
    OperationKind,
    OperationResult,
    OperationState,
    PreparedSelection,
)

COLLECTION = "operations"


def operation_name(operation_id: str) -> str:
    """`operations/ID`, as google.longrunning names it."""
    return f"{COLLECTION}/{operation_id}"


def operation_id(name: str) -> str:
    """The id in `operations/ID`.

    Raises:
        InvalidArgument: the name is not of that form.
    """
    collection, _, id_ = name.partition("/")
    if collection != COLLECTION or not id_:
        raise InvalidArgument(f"operation name {name!r} is not of the form operations/ID", field="name")
    return id_


def operation_to_message(operation: Operation) -> OperationMessage:
    """One operation, its metadata always, its result or error once it ended."""
    message = OperationMessage(name=operation_name(operation.id))
    message.metadata.Pack(_metadata(operation))
    message.done = operation.state.has_ended
    if operation.state.has_failed:
        error_class = error_classes().get(operation.error_reason, InternalError)
        message.error.CopyFrom(error_to_status(error_class(operation.error_message)))
    elif operation.result is not None:
        message.response.Pack(_result_to_message(operation.result))
    return message


def operation_from_message(message: OperationMessage) -> Operation:
    """One operation."""
    metadata = pb.OperationMetadata()
    message.metadata.Unpack(metadata)
    error = error_from_status(message.error) if message.HasField("error") else None
    return Operation(
        id=operation_id(message.name),
        project_id=metadata.project_id,
        kind=enum_from_message(OperationKind, metadata.kind, "metadata.kind"),
        state=enum_from_message(OperationState, metadata.state, "metadata.state"),
        progress=metadata.progress,
        message=metadata.message,
        eta_s=optional(metadata, "eta_s"),
        seconds=metadata.device_s,
        result_id=metadata.model_version,
        result=_result_from_message(message.response) if message.HasField("response") else None,
        error_reason=error.reason if error else "",
        error_message=error.message if error else "",
        created_at=time_from_message(metadata, "created_at"),
        updated_at=time_from_message(metadata, "updated_at"),
    )


def _metadata(operation: Operation) -> pb.OperationMetadata:
    return pb.OperationMetadata(
        kind=enum_to_message(operation.kind),
        project_id=operation.project_id,
        progress=operation.progress,
        message=operation.message,
        eta_s=operation.eta_s,
        device_s=operation.seconds,
        created_at=time_to_message(operation.created_at),
        updated_at=time_to_message(operation.updated_at),
        state=enum_to_message(operation.state),
        model_version=operation.result_id,
    )


# By class: how a result becomes a message, its message, and how that becomes a result.
_RESULTS: dict[type, tuple[Callable[[Any], Any], type[Message], Callable[[Any], OperationResult]]] = {
    ModelVersion: (model_to_message, pb.ModelVersion, model_from_message),
    Evaluation: (evaluation_to_message, pb.Evaluation, evaluation_from_message),
    PreparedSelection: (prepared_to_message, pb.PreparedSelection, prepared_from_message),
    Classifier: (classifier_to_message, classifiers_pb2.Classifier, classifier_from_message),
}


def _result_to_message(result: OperationResult) -> Any:
    return _RESULTS[type(result)][0](result)


def _result_from_message(packed: Any) -> OperationResult:
    for _, message_class, convert in _RESULTS.values():
        if packed.Is(message_class.DESCRIPTOR):
            message = message_class()
            packed.Unpack(message)
            return convert(message)
    raise InvalidArgument(f"an operation's result is a {packed.type_url}, which this version does not know")
