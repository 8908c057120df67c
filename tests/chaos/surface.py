"""What the server answers, from the protocol alone: every method of every service, and every field of a request."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from google.longrunning import operations_pb2
from google.protobuf import message_factory
from google.protobuf.message import Message
from grpc_health.v1 import health_pb2
from grpc_reflection.v1alpha import reflection_pb2

import maskloop.v1

STANDARD = (operations_pb2, health_pb2, reflection_pb2)
"""Services that the server has beside its own."""


@dataclass(frozen=True)
class Method:
    """One method of a service.

    Args:
        path: as HTTP/2 carries it, `/PACKAGE.SERVICE/METHOD`.
        asks, answers: descriptors of its messages.
        takes_many, gives_many: whether it streams requests, answers.
    """

    path: str
    asks: Any
    answers: Any
    takes_many: bool
    gives_many: bool

    @property
    def name(self) -> str:
        """Its name within the service."""
        return self.path.rpartition("/")[2]

    def answer(self, data: bytes) -> Message:
        """An answer's message."""
        return message_factory.GetMessageClass(self.answers).FromString(data)

    def question(self) -> Message:
        """An empty request."""
        return message_factory.GetMessageClass(self.asks)()


def methods() -> tuple[Method, ...]:
    """All of them, by path."""
    ours = [
        importlib.import_module(f"maskloop.v1.{module.name}")
        for module in pkgutil.iter_modules(maskloop.v1.__path__)
        if module.name.endswith("_pb2")
    ]
    listed = [
        Method(
            f"/{service.full_name}/{method.name}",
            method.input_type,
            method.output_type,
            method.client_streaming,
            method.server_streaming,
        )
        for module in (*ours, *STANDARD)
        for service in module.DESCRIPTOR.services_by_name.values()
        for method in service.methods
    ]
    return tuple(sorted(listed, key=lambda method: method.path))


def fields(descriptor: Any) -> Iterator[str]:
    """Full names of the fields of a message and of all messages in it, each once."""
    seen, waiting = {descriptor.full_name}, [descriptor]
    while waiting:
        for field in waiting.pop().fields:
            yield field.full_name
            inner = field.message_type
            if inner is not None and inner.full_name not in seen:
                seen.add(inner.full_name)
                waiting.append(inner)
