"""maskloop.v1.AccessService over the desk of tokens and the audit."""
# ruff: noqa: D102, N802 - names and behaviour are those of access.proto

from __future__ import annotations

from typing import Any

from maskloop.convert import (
    arguments,
    audit_entry_to_message,
    caller_to_message,
    new_token_to_message,
    token_to_message,
)
from maskloop.v1 import access_pb2 as pb
from maskloop.v1.access_pb2_grpc import AccessServiceServicer
from service.desk.access import AccessDesk
from service.edge.limits.desk_threads import DeskThreads, Threaded, answered
from service.store.audit import CALLER


class AccessServicer(Threaded, AccessServiceServicer):  # type: ignore[misc]
    """Tokens, and who changed what."""

    def __init__(self, desk: AccessDesk, threads: DeskThreads) -> None:
        super().__init__(threads)
        self._desk = desk

    async def GetCaller(self, request: pb.GetCallerRequest, context: Any) -> pb.Caller:
        return caller_to_message(CALLER.get())

    @answered
    def CreateToken(self, request: pb.CreateTokenRequest, context: Any) -> pb.CreateTokenResponse:
        return new_token_to_message(self._desk.create_token(**arguments(request, "name", "role")))

    @answered
    def ListTokens(self, request: pb.ListTokensRequest, context: Any) -> pb.ListTokensResponse:
        page = self._desk.list_tokens(**arguments(request))
        return pb.ListTokensResponse(tokens=map(token_to_message, page.items), next_page_token=page.next_page_token)

    @answered
    def WithdrawToken(self, request: pb.WithdrawTokenRequest, context: Any) -> pb.Token:
        return token_to_message(self._desk.withdraw_token(**arguments(request, "token_id")))

    @answered
    def ListAudit(self, request: pb.ListAuditRequest, context: Any) -> pb.ListAuditResponse:
        page = self._desk.list_audit(**arguments(request))
        return pb.ListAuditResponse(
            entries=map(audit_entry_to_message, page.items), next_page_token=page.next_page_token
        )
