"""Rows of tokens; of what a caller shows they hold the digest."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, bindparam, insert, or_, select, update
from sqlalchemy.engine import Row

from maskloop.errors import TokenNotFound
from maskloop.values import Role, Token
from service.store.database.database import Transaction
from service.store.images import chunks
from service.store.pagination import Page, PageRequest
from service.store.tables import tokens

_BY_DIGESTS = select(tokens).where(tokens.c.digest.in_(bindparam("digests", expanding=True)))


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


def live_tokens(tx: Transaction, now: datetime, known: Mapping[str, Token]) -> dict[str, Token]:
    """The tokens that are neither withdrawn nor expired, by digest.

    Args:
        tx: the transaction.
        now: the time.
        known: tokens of before, by digest; they are not read again, because nothing but their end ever changes.
    """
    live = set(tx.execute(select(tokens.c.digest).where(*_lasts(now))).scalars())
    found = {digest: known[digest] for digest in live & known.keys()}
    for digests in chunks(sorted(live - known.keys())):
        found.update({row.digest: _token(row) for row in tx.execute(_BY_DIGESTS, {"digests": digests})})
    return found


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
        query = query.where(*_lasts(now))
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


def _lasts(now: datetime) -> tuple[ColumnElement[bool], ...]:
    return tokens.c.withdrawn_at.is_(None), or_(tokens.c.expires_at.is_(None), tokens.c.expires_at > now)


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
