"""Calls of a server with a token, as any program makes them: the wire's messages, and metadata."""

from __future__ import annotations

import importlib
import pkgutil

import grpc
from google.longrunning import operations_pb2
from google.rpc.error_details_pb2 import ErrorInfo, RetryInfo
from grpc_status import rpc_status

import maskloop.v1
from maskloop.v1 import access_pb2

FILES = [
    importlib.import_module(f"maskloop.v1.{found.name}")
    for found in pkgutil.iter_modules(maskloop.v1.__path__)
    if found.name.endswith("_pb2")
]
METHODS = {
    method.name: method
    for file in (*FILES, operations_pb2)
    for service in file.DESCRIPTOR.services_by_name.values()
    for method in service.methods
}
"""Every method of the wire, by its name."""


def ask(channel: grpc.Channel, called: str, secret: str = "", /, *, metadata=(), timeout_s: float = 20, **fields):
    """The answer of a method; of a stream, the list of its messages.

    Args:
        channel: to the server.
        called: the method.
        secret: a token, "" for none.
        metadata: in its place.
        timeout_s: deadline.
        fields: of the request.

    Raises:
        grpc.RpcError: whatever the server refuses.
    """
    method = METHODS[called]
    request, answer = method.input_type._concrete_class, method.output_type._concrete_class
    path = f"/{method.containing_service.full_name}/{method.name}"
    kind = channel.unary_stream if method.server_streaming else channel.unary_unary
    call = kind(path, request_serializer=request.SerializeToString, response_deserializer=answer.FromString)
    shown = metadata or ([("authorization", f"Bearer {secret}")] if secret else ())
    told = call(request(**fields), timeout=timeout_s, metadata=shown)
    return list(told) if method.server_streaming else told


def refusal(channel: grpc.Channel, called: str, secret: str = "", /, **options) -> tuple[str, str, str] | None:
    """Status code, reason and message with which a call ends; `None` where it is answered."""
    try:
        ask(channel, called, secret, **options)
    except grpc.RpcError as error:
        return error.code().name, reason_of(error), error.details()
    return None


def reason_of(error: grpc.RpcError) -> str:
    """The reason in an error's details, "" if there is none."""
    return _detail(error, ErrorInfo()).reason


def delay_of(error: grpc.RpcError) -> float:
    """Seconds after which to come back, 0 if that is not told."""
    retry = _detail(error, RetryInfo()).retry_delay
    return retry.seconds + retry.nanos * 1e-9


def make_token(channel: grpc.Channel, admin: str, name: str, role: str, *project_ids: str, **options) -> str:
    """The secret of a new token."""
    role_number = access_pb2.Role.Value(f"ROLE_{role.upper()}")
    return ask(channel, "CreateToken", admin, name=name, role=role_number, project_ids=project_ids, **options).secret


def _detail(error, message):
    status = rpc_status.from_call(error)
    for detail in status.details if status else ():
        if detail.Is(message.DESCRIPTOR):
            detail.Unpack(message)
    return message
