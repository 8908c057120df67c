"""Tokens, callers, and what was changed by whom."""

from __future__ import annotations

from maskloop.convert.scalars import (
    enum_from_message,
    enum_to_message,
    required_time,
    time_from_message,
    time_to_message,
)
from maskloop.v1 import access_pb2 as pb
from maskloop.values import AuditEntry, Caller, NewToken, Role, Token


def token_to_message(token: Token) -> pb.Token:
    """One token, without its secret."""
    return pb.Token(
        id=token.id,
        name=token.name,
        role=enum_to_message(token.role),
        project_ids=token.project_ids,
        created_at=time_to_message(token.created_at),
        created_by=token.created_by,
        expires_at=time_to_message(token.expires_at),
        withdrawn_at=time_to_message(token.withdrawn_at),
    )


def token_from_message(message: pb.Token) -> Token:
    """One token, without its secret."""
    return Token(
        id=message.id,
        name=message.name,
        role=enum_from_message(Role, message.role, "role"),
        project_ids=tuple(message.project_ids),
        created_at=time_from_message(message, "created_at"),
        created_by=message.created_by,
        expires_at=time_from_message(message, "expires_at"),
        withdrawn_at=time_from_message(message, "withdrawn_at"),
    )


def new_token_to_message(made: NewToken) -> pb.CreateTokenResponse:
    """One token with its secret."""
    return pb.CreateTokenResponse(token=token_to_message(made.token), secret=made.secret)


def new_token_from_message(message: pb.CreateTokenResponse) -> NewToken:
    """One token with its secret."""
    return NewToken(token_from_message(message.token), message.secret)


def caller_to_message(caller: Caller) -> pb.Caller:
    """Who is calling."""
    return pb.Caller(
        name=caller.name,
        role=enum_to_message(caller.role),
        project_ids=caller.project_ids,
        token_id=caller.token_id,
        tokens_required=caller.tokens_required,
    )


def caller_from_message(message: pb.Caller) -> Caller:
    """Who is calling."""
    return Caller(
        name=message.name,
        role=enum_from_message(Role, message.role, "role"),
        project_ids=tuple(message.project_ids),
        token_id=message.token_id,
        tokens_required=message.tokens_required,
    )


def audit_entry_to_message(entry: AuditEntry) -> pb.AuditEntry:
    """One change."""
    return pb.AuditEntry(
        id=entry.id,
        at=time_to_message(entry.at),
        token_id=entry.token_id,
        name=entry.name,
        annotator=entry.annotator,
        action=entry.action,
        project_id=entry.project_id,
        subjects=entry.subjects,
        count=entry.count,
    )


def audit_entry_from_message(message: pb.AuditEntry) -> AuditEntry:
    """One change."""
    return AuditEntry(
        id=message.id,
        at=required_time(message, "at"),
        token_id=message.token_id,
        name=message.name,
        annotator=message.annotator,
        action=message.action,
        project_id=message.project_id,
        subjects=dict(message.subjects),
        count=message.count,
    )
