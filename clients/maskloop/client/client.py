"""The SDK's one class."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

from grpc_health.v1 import health_pb2
from grpc_health.v1.health_pb2_grpc import HealthStub

from maskloop.address import DEFAULT_ADDRESS
from maskloop.client.campaigns import CampaignVerbs
from maskloop.client.classifiers import ClassifierVerbs
from maskloop.client.folders import FolderVerbs
from maskloop.client.labels import LabelVerbs
from maskloop.client.models import ModelVerbs
from maskloop.client.operations import OperationVerbs
from maskloop.client.proposals import ProposalVerbs
from maskloop.client.wire import Retry, Wire
from maskloop.errors import Unavailable


class Client(FolderVerbs, CampaignVerbs, LabelVerbs, ModelVerbs, ClassifierVerbs, ProposalVerbs, OperationVerbs):
    """A server's verbs, values in and values out; every error is one of `maskloop.errors`.

    Threads may share a client. Every call has a deadline; idempotent ones are repeated as `retry` says when the
    server cannot be reached or asks to come back later.

    Args:
        address: `HOST:PORT` or `unix:PATH`; where `maskloop serve` listens by itself if none is given.
        tls_root: PEM file of the authority that signed the server's certificate; `None` for plaintext.
        timeout_s: deadline of a call.
        slow_s: deadline of a call that carries files or many labels.
        retry: how failed calls are repeated.
        new_id: makes request ids for writes whose caller gives none.
    """

    def __init__(
        self,
        address: str = DEFAULT_ADDRESS,
        *,
        tls_root: Path | None = None,
        timeout_s: float = 30.0,
        slow_s: float = 300.0,
        retry: Retry | None = None,
        new_id: Callable[[], str] = lambda: str(uuid.uuid4()),
    ) -> None:
        wire = Wire(address, tls_root=tls_root, timeout_s=timeout_s, retry=retry or Retry())
        super().__init__(wire, new_id, slow_s)

    def check_health(self) -> None:
        """Return when the server is there and serving.

        Raises:
            Unavailable: it is not.
        """
        response = self._wire.call(self._stub(HealthStub).Check, health_pb2.HealthCheckRequest())
        if response.status != health_pb2.HealthCheckResponse.SERVING:
            raise Unavailable(f"the server at {self._wire.address} is not serving")

    def close(self) -> None:
        """Close the connection."""
        self._wire.close()

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
