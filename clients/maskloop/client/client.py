"""The SDK's one class."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from copy import copy
from pathlib import Path
from types import TracebackType

from grpc_health.v1 import health_pb2
from grpc_health.v1.health_pb2_grpc import HealthStub

from maskloop.address import DEFAULT_ADDRESS, Endpoint
from maskloop.client.access import AccessVerbs
from maskloop.client.campaigns import CampaignVerbs
from maskloop.client.channel import read_token
from maskloop.client.classifiers import ClassifierVerbs
from maskloop.client.folders import FolderVerbs
from maskloop.client.labels import LabelVerbs
from maskloop.client.models import ModelVerbs
from maskloop.client.operations import OperationVerbs
from maskloop.client.proposals import ProposalVerbs
from maskloop.client.wire import Retry, Wire
from maskloop.errors import Unavailable


class Client(
    FolderVerbs,
    CampaignVerbs,
    LabelVerbs,
    ModelVerbs,
    ClassifierVerbs,
    ProposalVerbs,
    OperationVerbs,
    AccessVerbs,
):
    """A server's verbs, values in and values out; every error is one of `maskloop.errors`.

    Threads may share a client. Every call has a deadline; idempotent ones are repeated as `retry` says when the
    server cannot be reached or asks to come back later.

    Args:
        address: `HOST:PORT` or `unix:PATH`; where `maskloop serve` listens by itself if none is given.
        tls_root: PEM file of the authority that signed the server's certificate; `None` for plaintext.
        tls_cert, tls_key: PEM certificate chain and private key that the client shows; `None` where none is asked for.
        token: the caller's, as `CreateToken` answered it; "" where the server asks for none.
        insecure: whether the token may leave this machine without TLS.
        timeout_s: deadline of a call.
        slow_s: deadline of a call that carries files or many labels.
        retry: how failed calls are repeated.
        new_id: makes request ids for writes whose caller gives none.

    Raises:
        InvalidConfig: a PEM file cannot be used, or the token is none or would leave this machine unencrypted.
    """

    def __init__(
        self,
        address: str = DEFAULT_ADDRESS,
        *,
        tls_root: Path | None = None,
        tls_cert: Path | None = None,
        tls_key: Path | None = None,
        token: str = "",
        insecure: bool = False,
        timeout_s: float = 30.0,
        slow_s: float = 300.0,
        retry: Retry | None = None,
        new_id: Callable[[], str] = lambda: str(uuid.uuid4()),
    ) -> None:
        endpoint = Endpoint(address, tls_root, tls_cert, tls_key, insecure=insecure)
        super().__init__(Wire(endpoint, token, timeout_s=timeout_s, retry=retry or Retry()), new_id, slow_s)

    @classmethod
    def at(cls, endpoint: Endpoint, *, retry: Retry | None = None) -> Client:
        """A client of the server at an endpoint, with the token in its file.

        Raises:
            InvalidConfig: the token file or a PEM file cannot be used, or the token would leave this machine
                unencrypted.
        """
        return cls(
            endpoint.address,
            tls_root=endpoint.tls_root,
            tls_cert=endpoint.tls_cert,
            tls_key=endpoint.tls_key,
            token="" if endpoint.token_file is None else read_token(endpoint.token_file),
            insecure=endpoint.insecure,
            retry=retry,
        )

    def with_token(self, token: str) -> Client:
        """A client of the same server for somebody else; both share one connection, and closing either closes it.

        Raises:
            InvalidConfig: it is no token, or would leave this machine unencrypted.
        """
        other = copy(self)
        other._wire = self._wire.with_token(token)
        return other

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
