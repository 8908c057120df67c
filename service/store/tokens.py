"""Rows of tokens, found by the digest of what a caller shows."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, insert, or_, select, update
from sqlalchemy.engine import Row

from maskloop.errors import TokenNotFound
from maskloop.values import Role, Token
from service.store.database.database import Transaction
from service.store.pagination import Page, PageRequest
from service.store.tables import tokens

_BY_DIGEST = select(tokens).where(tokens.c.digest == bindparam("digest"))


def insert_token(tx: Transaction, token: Token, digest: str) -> None:
    """Add a token whose id and digest are new."""
    row = {
        "id": token.id,
        "digest": digest,
        "name": token.name,
        "role": token.role.value,
        "project_ids": list(token.project_ids),
        "created_at": token.created_at,
        "created_by": token.created_by,
        "expires_at": token.expires_at,
        "withdrawn_at": token.withdrawn_at,
    }
    tx.execute(insert(tokens), row)


def find_token(tx: Transaction, digest: str) -> Token | None:
    """The token of that digest, withdrawn and expired ones included; `None` if there is none."""
    row = tx.execute(_BY_DIGEST, {"digest": digest}).one_or_none()
    return None if row is None else _token(row)


def get_token(tx: Transaction, token_id: str, may_see: Callable[[Token], bool]) -> Token:
    """Read a token that somebody may see.

    Raises:
        TokenNotFound: there is none of that id, or they may not; which of these is not told.
    """
    row = tx.execute(select(tokens).where(tokens.c.id == token_id)).one_or_none()
    if row is None or not may_see(_token(row)):
        raise TokenNotFound(f"there is no token {token_id!r} that you may see", field="token_id")
    return _token(row)


def list_tokens(
    tx: Transaction, page: PageRequest, may_see: Callable[[Token], bool], now: datetime, *, include_ended: bool = False
) -> Page[Token]:
    """Tokens that somebody may see, newest first; rows are read until a page is full."""
    query = select(tokens).order_by(tokens.c.number.desc())
    if page.after:
        query = query.where(tokens.c.number < page.after_number)
    if not include_ended:
        lasts = or_(tokens.c.expires_at.is_(None), tokens.c.expires_at > now)
        query = query.where(tokens.c.withdrawn_at.is_(None), lasts)
    seen: list[Token] = []
    numbers: list[str] = []
    for row in tx.execute(query):
        token = _token(row)
        if may_see(token):
            seen.append(token)
            numbers.append(str(row.number))
            if len(seen) > page.size:
                break
    return page.cut(seen, numbers)


def withdraw_token(tx: Transaction, token_id: str, now: datetime) -> None:
    """Make a token worthless from now on."""
    tx.execute(update(tokens).where(tokens.c.id == token_id).values(withdrawn_at=now))


def _token(row: Row[Any]) -> Token:
    return Token(
        id=row.id,
        name=row.name,
        role=Role(row.role),
        project_ids=tuple(row.project_ids),
        created_at=row.created_at,
        created_by=row.created_by,
        expires_at=row.expires_at,
        withdrawn_at=row.withdrawn_at,
    )
