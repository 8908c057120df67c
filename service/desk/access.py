"""Tokens: whose a call is, who may make and withdraw them; and who changed what."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta

from maskloop.errors import AlreadyExists, InvalidArgument
from maskloop.values import AuditEntry, Caller, NewToken, Role, Token
from service.artifacts.admin_token import AdminToken
from service.desk.callers import check_governs, governs
from service.desk.live_tokens import LiveTokens
from service.store import Database
from service.store.audit import CALLER, add_audit, list_audit
from service.store.clock import Clock, NewId
from service.store.pagination import Page, PageRequest
from service.store.projects import get_project
from service.store.requests import Request, answer_once
from service.store.tokens import get_token, insert_token, list_tokens, withdraw_token

PREFIX = "mlp_"
SECRET_BYTES = 32
MIN_LIFETIME_S, MAX_LIFETIME_S = 1.0, 10 * 366 * 86_400.0
ADMIN = Token("admin", "admin", Role.ADMIN)
"""Whose the content of the admin token's file is."""


class AccessDesk:
    """Use cases of tokens and of the audit.

    Args:
        database: what the server remembers.
        admin: the file of the first admin's token.
        clock: tells the time.
        new_id: makes ids.
        ticks: seconds that never go back.
    """

    def __init__(
        self,
        *,
        database: Database,
        admin: AdminToken,
        clock: Clock,
        new_id: NewId,
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        self._database = database
        self._admin_file = admin
        self._admin = admin.read()
        self._clock = clock
        self._new_id = new_id
        self._live = LiveTokens(database, clock, ticks)

    def require_admin_token(self) -> None:
        """Make the first admin's token, if there is none.

        Raises:
            InvalidConfig: its file cannot be written.
        """
        self._admin = self._admin_file.make(new_secret)

    def recall(self, secret: str) -> Token | None:
        """The valid token of a secret, from memory alone; `None` if it is too old to tell: `identify` does.

        Raises:
            Unauthenticated: it is none, or was withdrawn, or has expired; which of these is not told.
        """
        digest = _digest(secret)
        if self._admin and hmac.compare_digest(digest, _digest(self._admin)):
            return ADMIN
        return self._live.recall(digest)

    def identify(self, secret: str) -> Token:
        """The valid token of a secret.

        Raises:
            Unauthenticated: as for `recall`.
            Unavailable: the database cannot be reached.
        """
        return self.recall(secret) or self._live.find(_digest(secret))

    def create_token(
        self,
        *,
        name: str,
        role: Role,
        project_ids: Sequence[str] = (),
        lifetime_s: float | None = None,
        request_id: str = "",
    ) -> NewToken:
        """Make a token. Its secret is told here, and nowhere kept.

        Raises:
            PermissionDenied: the caller may not give that role, or not in those projects.
            ProjectNotFound: there is no such project.
            InvalidArgument: a name or a lifetime that is none.
            AlreadyExists: the same request made a token before, whose secret was told then; names it.
        """
        caller, now = CALLER.get(), self._clock()
        expires_at = None if lifetime_s is None else now + _lifetime(lifetime_s)
        token = Token(
            self._new_id(), name, role, tuple(project_ids), now, created_by=caller.token_id, expires_at=expires_at
        )
        check_governs(caller, role, project_ids)
        secret = new_secret()
        request = Request(request_id, "CreateToken", (name, role, tuple(project_ids), lifetime_s))
        with self._database.write() as tx:

            def make() -> str:
                for project_id in project_ids:
                    get_project(tx, project_id)
                insert_token(tx, token, _digest(secret))
                for project_id in project_ids or ("",):
                    add_audit(tx, now, "CreateToken", project_id, subjects={"token": token.id})
                tx.after_commit(self._live.forget)
                return token.id

            made = answer_once(tx, request, str, make, now)
        if made != token.id:
            raise AlreadyExists(
                f"this request made token {made} before, whose secret was told then; withdraw it and make another",
                field="request_id",
                token_id=made,
            )
        return NewToken(token, secret)

    def list_tokens(
        self, *, project_id: str = "", include_ended: bool = False, page_size: int = 0, page_token: str = ""
    ) -> Page[Token]:
        """The tokens that the caller could have made, newest first; of a project, those of all projects included."""
        caller = CALLER.get()

        def may_see(token: Token) -> bool:
            of_project = not (project_id and token.project_ids) or project_id in token.project_ids
            return of_project and governs(caller, token.role, token.project_ids)

        page = PageRequest.of(page_size, page_token)
        with self._database.read() as tx:
            return list_tokens(tx, page, may_see, self._clock(), include_ended=include_ended)

    def withdraw_token(self, *, token_id: str) -> Token:
        """Make a token worthless from the next call on; one that is withdrawn already stays as it is.

        Raises:
            TokenNotFound: there is none of that id that the caller could have made.
        """
        caller = CALLER.get()
        with self._database.write() as tx:
            token = get_token(tx, token_id, lambda token: governs(caller, token.role, token.project_ids))
            if token.withdrawn_at is not None:
                return token
            now = self._clock()
            withdraw_token(tx, token_id, now)
            for project_id in token.project_ids or ("",):
                add_audit(tx, now, "WithdrawToken", project_id, subjects={"token": token_id})
            tx.after_commit(self._live.forget)
        return replace(token, withdrawn_at=now)

    def list_audit(
        self, *, project_id: str = "", annotator: str = "", action: str = "", page_size: int = 0, page_token: str = ""
    ) -> Page[AuditEntry]:
        """What was changed in a project ("" for all), newest first.

        Raises:
            ProjectNotFound: there is no such project.
        """
        page = PageRequest.of(page_size, page_token)
        with self._database.read() as tx:
            if project_id:
                get_project(tx, project_id)
            return list_audit(tx, page, project_id=project_id, annotator=annotator, action=action)


def caller_of(token: Token, *, tokens_required: bool) -> Caller:
    """Who calls with a token."""
    return Caller(token.name, token.role, token.project_ids, token.id, tokens_required)


def new_secret() -> str:
    """What a call shows: 256 random bits."""
    return PREFIX + secrets.token_urlsafe(SECRET_BYTES)


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def _lifetime(seconds: float) -> timedelta:
    if not MIN_LIFETIME_S <= seconds <= MAX_LIFETIME_S:
        raise InvalidArgument(
            f"a lifetime of {seconds:g} s is outside [{MIN_LIFETIME_S:g}, {MAX_LIFETIME_S:g}] s", field="lifetime"
        )
    return timedelta(seconds=seconds)
