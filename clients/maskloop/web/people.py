"""People who sign in to the page with tokens of their own, where the server asks everybody for one.

A person's token stays in this process. The browser keeps the key of a session, by which nobody reaches the server. All
calls on a person's behalf carry their token, so that the server's own table says what they may do.
"""

from __future__ import annotations

import hashlib
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote

from starlette.requests import HTTPConnection
from starlette.responses import Response

from maskloop.address import is_loopback
from maskloop.client import Client
from maskloop.errors import InvalidArgument, InvalidConfig, PermissionDenied, Unauthenticated
from maskloop.values import Caller, Role
from maskloop.web.access import ANNOTATOR_HEADER, SIGNED_IN_FOR_S, Access, Me
from maskloop.web.serve import Place
from maskloop.web.server_work import ServerWork
from maskloop.web.work import WorkSource

MOST_SESSIONS, MOST_OF_A_TOKEN = 1_000, 20
"""In all, and of one token; beyond it those used longest ago are ended."""
LOOK_AGAIN_S = 2.0
"""How old what is known of a person may be where the page answers by itself."""
SIGN_IN_FIRST = "Sign in with your token first."


class Person:
    """One who has signed in.

    Args:
        client: of the server, with their token.
        clock: seconds that never go back.

    Raises:
        Unauthenticated: the token is not valid.
    """

    def __init__(self, client: Client, clock: Callable[[], float] = time.monotonic) -> None:
        self.client = client
        self.work = ServerWork(client)
        self._clock = clock
        self.since = self._seen = clock()
        self.caller = client.get_caller()

    def look(self) -> Caller:
        """Who they are to the server, at most `LOOK_AGAIN_S` ago.

        Raises:
            Unauthenticated: their token is not valid any more.
        """
        if self._clock() - self._seen >= LOOK_AGAIN_S:
            begun = self._clock()
            self.caller = self.client.get_caller()
            self._seen = begun
        return self.caller


class Sessions:
    """Who has signed in, by the keys that their browsers keep. Threads may share it.

    Args:
        client: of the server, without a token.
        clock: seconds that never go back.
    """

    def __init__(self, client: Client, clock: Callable[[], float] = time.monotonic) -> None:
        self._client = client
        self._clock = clock
        self._people: OrderedDict[bytes, Person] = OrderedDict()
        self._lock = threading.Lock()

    def begin(self, token: str) -> str:
        """The key of a new session of a token's holder.

        Raises:
            Unauthenticated: the token is not valid.
        """
        try:
            client = self._client.with_token(token)
        except InvalidConfig as error:
            if error.field == "token":
                raise Unauthenticated("That is no token.", field="token") from error
            raise
        person, key = Person(client, self._clock), secrets.token_urlsafe(32)
        with self._lock:
            self._people[_digest(key)] = person
            own = [key for key, each in self._people.items() if each.caller.token_id == person.caller.token_id]
            for oldest in own[:-MOST_OF_A_TOKEN]:
                del self._people[oldest]
            while len(self._people) > MOST_SESSIONS:
                self._people.popitem(last=False)
        return key

    def find(self, key: str) -> Person | None:
        """Whose session a key is of; `None` where it is of none, or has lasted `SIGNED_IN_FOR_S`."""
        digest = _digest(key)
        with self._lock:
            person = self._people.get(digest)
            if person is None:
                return None
            if self._clock() - person.since >= SIGNED_IN_FOR_S:
                del self._people[digest]
                return None
            self._people.move_to_end(digest)
            return person

    def end(self, key: str) -> None:
        """Forget a session."""
        with self._lock:
            self._people.pop(_digest(key), None)


@dataclass(frozen=True, kw_only=True)
class OwnTokens(Access):
    """The rules of a page on which everybody signs in with a token of their own.

    Args:
        sessions: who has signed in.
    """

    sessions: Sessions = field(repr=False)

    @property
    def needs_token(self) -> bool:
        """Always."""
        return True

    def check(self, request: HTTPConnection, method: str) -> None:
        """As `Access.check`; besides, a page speaks for nobody but who has signed in.

        Raises:
            Unauthenticated: somebody else has signed in since.
        """
        super().check(request, method)
        said, person = unquote(request.headers.get(ANNOTATOR_HEADER, "")), self._find(request)
        if said and person is not None and said != person.caller.name:
            raise Unauthenticated(f"{said} is not signed in here any more.", field="token")

    def is_signed_in(self, request: HTTPConnection) -> bool:
        """Whether the caller has a session; the server is not asked."""
        return self._find(request) is not None

    def sign_in(self, caller: str, shown: str, response: Response) -> None:
        """Begin a session with a token. Asks the server, which blocks.

        Args:
            caller: their address, by which failures are counted.
            shown: the token.
            response: gets a cookie with the session's key.

        Raises:
            Unauthenticated: it is not valid.
            ResourceExhausted: it is not, and the caller has failed too often lately. Nobody guesses such a token, so
                that those who show a valid one from the same address need not wait.
        """
        try:
            key = self.sessions.begin(shown)
        except Unauthenticated:
            self.failures.check(caller)
            self.failures.note(caller)
            raise
        self._set(response, "session", key)

    def forget(self, request: HTTPConnection) -> None:
        """End the caller's session."""
        self.sessions.end(self._key(request))

    def may_lead(self, request: HTTPConnection) -> bool:
        """Whether the caller is shown the pages of leads; the server is not asked."""
        person = self._find(request)
        return person is not None and person.caller.role.includes(Role.LEAD)

    def annotator(self, request: HTTPConnection) -> str:
        """What the caller's token says, "" where nobody has signed in."""
        person = self._find(request)
        return "" if person is None else person.caller.name

    def name_annotator(self, name: str, response: Response) -> None:
        """Nobody says here what they are called.

        Raises:
            InvalidArgument: always.
        """
        raise InvalidArgument("Your name is that of your token.", field="annotator")

    def me(self, request: HTTPConnection) -> Me:
        """Who the caller is. Asks the server, which blocks; a session whose token is not valid any more ends."""
        person = self._find(request)
        try:
            caller = None if person is None else person.look()
        except Unauthenticated:
            self.forget(request)
            caller = None
        if caller is None:
            return Me("", needs_token=True, signed_in=False, has_own_token=True, may_lead=False, may_create=False)
        return Me(
            caller.name,
            needs_token=True,
            signed_in=True,
            has_own_token=True,
            may_lead=caller.role.includes(Role.LEAD),
            may_create=caller.role.includes(Role.ADMIN) and caller.in_all_projects,
        )

    def work_of(self, request: HTTPConnection) -> WorkSource:
        """Work on the caller's behalf.

        Raises:
            Unauthenticated: nobody has signed in.
        """
        return self._person(request).work

    def client_of(self, request: HTTPConnection, project_id: str) -> Client:
        """A client that speaks for the caller, who leads the project. Asks the server, which blocks.

        Raises:
            Unauthenticated: nobody has signed in, or the token is not valid any more.
            PermissionDenied: they lead no such project.
        """
        person = self._person(request)
        caller = person.look()
        if not (caller.role.includes(Role.LEAD) and (caller.may_see(project_id) or not project_id)):
            raise PermissionDenied(f"Your token is for no lead of project {project_id or 'any'}.", field="project")
        return person.client

    def _person(self, request: HTTPConnection) -> Person:
        person = self._find(request)
        if person is None:
            raise Unauthenticated(SIGN_IN_FIRST, field="token")
        return person

    def _find(self, request: HTTPConnection) -> Person | None:
        return self.sessions.find(self._key(request))

    def _key(self, request: HTTPConnection) -> str:
        return request.cookies.get(self._name("session"), "")


def access_of(client: Client, place: Place, token_file: Path | None, *, insecure: bool) -> Access:
    """The rules of a page before a server: everybody's own tokens where that asks for them, else one token or none.

    Args:
        client: of the server, without a token.
        place: of the page.
        token_file: holds one token for all; `None` without.
        insecure: whether people's own tokens may come to the page without TLS, from other machines.

    Raises:
        InvalidConfig: the page would be open to others without a token, or tokens would travel to it unencrypted; or
            one token is given for a server that asks everybody for their own.
    """
    try:
        required = client.get_caller().tokens_required
    except Unauthenticated:
        required = True
    if not required:
        return Access.of(place.host, token_file, secure=place.is_secure)
    if token_file is not None:
        raise InvalidConfig(
            "the server asks everybody for a token of their own, by which they sign in: leave --token-file out",
            field="token_file",
        )
    if not place.is_secure and not insecure and not is_loopback(place.host):
        raise InvalidConfig(
            f"people's tokens would travel to {place.host} unencrypted: give --tls-cert and --tls-key, or --insecure "
            "where something before the page speaks TLS for it",
            field="host",
        )
    return OwnTokens(secure=place.is_secure, sessions=Sessions(client))


def _digest(key: str) -> bytes:
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).digest()
