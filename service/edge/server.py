"""The gRPC server: servicers, health, reflection, limits, TLS, and where it may listen."""

from __future__ import annotations

from typing import Any

import grpc
from google.longrunning.operations_pb2_grpc import add_OperationsServicer_to_server
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from maskloop.v1.access_pb2_grpc import add_AccessServiceServicer_to_server
from maskloop.v1.campaigns_pb2_grpc import add_CampaignServiceServicer_to_server
from maskloop.v1.classifiers_pb2_grpc import add_ClassifierServiceServicer_to_server
from maskloop.v1.labels_pb2_grpc import add_LabelServiceServicer_to_server
from maskloop.v1.models_pb2_grpc import add_ModelServiceServicer_to_server
from maskloop.v1.projects_pb2_grpc import add_ProjectServiceServicer_to_server
from maskloop.v1.proposals_pb2_grpc import add_ProposalServiceServicer_to_server
from service.config import ServerConfig
from service.desks import Desks
from service.edge.access import AccessInterceptor
from service.edge.address import (
    UNIX,
    cannot_listen,
    check_config,
    check_free,
    is_local,
    read_client_roots,
    read_key_pair,
)
from service.edge.campaigns import CampaignServicer
from service.edge.classifiers import ClassifierServicer
from service.edge.errors import ErrorInterceptor
from service.edge.labels import LabelServicer
from service.edge.limits.admission import Admission
from service.edge.limits.desk_threads import DeskThreads
from service.edge.models import ModelServicer
from service.edge.operations import OperationsServicer
from service.edge.projects import ProjectServicer
from service.edge.proposals import ProposalServicer
from service.edge.standard_services import StandardServices
from service.edge.tokens import AccessServicer
from service.store.clock import NewId

METADATA_BYTES = 16 * 1024
SERVICES = (
    "maskloop.v1.AccessService",
    "maskloop.v1.ProjectService",
    "maskloop.v1.CampaignService",
    "maskloop.v1.LabelService",
    "maskloop.v1.ModelService",
    "maskloop.v1.ClassifierService",
    "maskloop.v1.ProposalService",
    "google.longrunning.Operations",
)


class EdgeServer:
    """Listens from `start` on, says that it serves from `serve` on, and ends with `stop`. Needs a running event loop.

    Args:
        desks: the use cases.
        config: addresses, limits, TLS.
        new_id: makes incident ids.
    """

    def __init__(self, desks: Desks, config: ServerConfig, new_id: NewId) -> None:
        self._config = config
        self._threads = DeskThreads(config.desk_threads, config.waiting_calls)
        self._prompts = DeskThreads(config.waiting_prompts, 0)
        self._admission = Admission(config)
        self._desks = desks
        self._health = health.aio.HealthServicer()
        self._tokens_required = config.tokens == "required" or not is_local(config.address)
        self._access = AccessInterceptor(desks.access, desks.operations, self._threads, required=self._tokens_required)
        self._server = grpc.aio.server(
            interceptors=[StandardServices(), ErrorInterceptor(new_id, self._admission), self._access],
            maximum_concurrent_rpcs=2 * config.open_calls,  # health checks are answered beyond the limit, too
            options=_options(config),
        )
        add_AccessServiceServicer_to_server(AccessServicer(desks.access, self._threads), self._server)
        add_ProjectServiceServicer_to_server(ProjectServicer(desks.projects, self._threads), self._server)
        add_CampaignServiceServicer_to_server(CampaignServicer(desks.campaigns, self._threads), self._server)
        add_LabelServiceServicer_to_server(LabelServicer(desks.labels, self._threads), self._server)
        add_ModelServiceServicer_to_server(ModelServicer(desks.models, desks.model_work, self._threads), self._server)
        add_ClassifierServiceServicer_to_server(ClassifierServicer(desks.classifiers, self._threads), self._server)
        add_ProposalServiceServicer_to_server(ProposalServicer(desks.proposals, self._prompts), self._server)
        add_OperationsServicer_to_server(OperationsServicer(desks.operations, self._threads), self._server)
        health_pb2_grpc.add_HealthServicer_to_server(self._health, self._server)
        if is_local(config.address) if config.reflection is None else config.reflection:
            names = (*SERVICES, health.SERVICE_NAME, reflection.SERVICE_NAME)
            reflection.enable_server_reflection(names, self._server)

    async def start(self) -> str:
        """Listen. Returns the address with the port that was taken.

        Raises:
            InvalidConfig: plaintext beyond loopback, or a certificate or an admin's token that cannot be used.
            FailedPrecondition: the address cannot be listened on.
        """
        address = _bind(self._server, self._config)
        if self._tokens_required:
            self._desks.access.require_admin_token()
        await self._set_health(health_pb2.HealthCheckResponse.NOT_SERVING)
        await self._server.start()
        return address

    async def serve(self) -> None:
        """Tell health checks that calls are welcome."""
        await self._set_health(health_pb2.HealthCheckResponse.SERVING)

    async def stop(self) -> None:
        """Tell health checks that it is over, let calls in progress end, then stop."""
        await self._health.enter_graceful_shutdown()
        await self._server.stop(self._config.grace_s)
        self._desks.proposals.close()
        self._prompts.close()
        self._threads.close()
        self._access.close()
        self._admission.close()

    async def _set_health(self, status: Any) -> None:
        for name in ("", *SERVICES):
            await self._health.set(name, status)


def _options(config: ServerConfig) -> list[tuple[str, int]]:
    return [
        ("grpc.max_receive_message_length", config.max_message_bytes),
        ("grpc.max_send_message_length", config.max_message_bytes),
        ("grpc.max_concurrent_streams", config.client_calls),  # of one connection; the rest wait at the client
        ("grpc.max_metadata_size", METADATA_BYTES),
        ("grpc.absolute_max_metadata_size", METADATA_BYTES),
        ("grpc.http2.max_ping_strikes", 2),
        ("grpc.keepalive_time_ms", 60_000),  # whoever vanished gives back within two minutes what a call holds
        ("grpc.keepalive_timeout_ms", 20_000),
        ("grpc.max_connection_idle_ms", 30 * 60_000),
        ("grpc.server_handshake_timeout_ms", 20_000),
        ("grpc.so_reuseport", 0),  # a busy port is an error, not a port shared
    ]


def _bind(server: Any, config: ServerConfig) -> str:
    address = config.address
    check_config(config)
    check_free(address)
    pair = read_key_pair(config)
    try:
        if pair is None:
            port = server.add_insecure_port(address)
        else:
            roots = read_client_roots(config)
            credentials = grpc.ssl_server_credentials([pair], roots, require_client_auth=roots is not None)
            port = server.add_secure_port(address, credentials)
    except RuntimeError as error:
        raise cannot_listen(address, "the port is busy, or may not be taken") from error
    return address if address.startswith(UNIX) else f"{address.rpartition(':')[0]}:{port}"
