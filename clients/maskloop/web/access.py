"""Who may do what on the page: the one place for it.

Without a token only this machine may ask, by a name of this machine: a foreign site that has its own name point here
(DNS rebinding) is refused. With one, everybody may who has shown it. `maskloop.web.people` has the rules where the
server asks everybody for a token of their own. A request that changes something comes from a page of ours: no other
site can set `X-Maskloop`, and browsers tell where a request comes from.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, unquote

from starlette.requests import HTTPConnection
from starlette.responses import Response

from maskloop.address import is_loopback
from maskloop.errors import InvalidConfig, PermissionDenied, ResourceExhausted, Unauthenticated

HEADER = "x-maskloop"
ANNOTATOR_HEADER = "x-maskloop-annotator"
MOST_BODY_BYTES = 64 * 1024 * 1024
LEAST_TOKEN = 16  # letters
LONGEST_NAME = 100
SIGNED_IN_FOR_S = 30 * 86_400
MOST_FAILURES, FAILURES_WITHIN_S = 10, 60.0
MOST_CALLERS = 1_000  # whose failures are remembered
SAFE_METHODS = ("GET", "HEAD")
OPEN_TO_ALL = ("/", "/api/me", "/api/sign-in", "/api/sign-out")
"""What is answered before a caller has shown the token, beside static files."""
_HOST = re.compile(r"(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(:\d{1,5})?", re.IGNORECASE)


def is_name(text: str) -> bool:
    """Whether somebody may be called so: 1 to 100 letters, no control characters, something to see."""
    return len(text) <= LONGEST_NAME and text.isprintable() and bool(text.strip())


def read_token(file: Path) -> str:
    """The token that a file holds.

    Raises:
        InvalidConfig: it cannot be read, or holds something that is easily guessed.
    """
    try:
        token = file.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise InvalidConfig(f"the token file {file} cannot be read: {error.strerror}", field="token_file") from error
    except UnicodeDecodeError as error:
        raise InvalidConfig(f"the token file {file} is no text", field="token_file") from error
    if len(token) < LEAST_TOKEN:
        raise InvalidConfig(
            f"the token in {file} has {len(token)} letters; {LEAST_TOKEN} are the least", field="token_file"
        )
    return token


class Failures:
    """Wrong tokens, by who showed them.

    Args:
        clock: seconds that never go back.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._at: OrderedDict[str, deque[float]] = OrderedDict()

    def check(self, caller: str) -> None:
        """Raises ResourceExhausted where a caller has failed too often lately."""
        now, at = self._clock(), self._at.get(caller, deque())
        while at and now - at[0] >= FAILURES_WITHIN_S:
            at.popleft()
        if len(at) >= MOST_FAILURES:
            raise ResourceExhausted(
                "Too many wrong tokens; wait a minute.", retry_after_s=FAILURES_WITHIN_S - (now - at[0])
            )

    def note(self, caller: str) -> None:
        """Remember a failure."""
        self._at.setdefault(caller, deque()).append(self._clock())
        self._at.move_to_end(caller)
        while len(self._at) > MOST_CALLERS:
            self._at.popitem(last=False)


@dataclass(frozen=True)
class Me:
    """Who asks, as the page tells it.

    Args:
        annotator: what they are called, "" while nobody has said so.
        needs_token: whether a token is asked for.
        signed_in: whether they have shown one, or none is asked for.
        has_own_token: whether it is their own, which says what they are called and may do.
        may_lead: whether they are shown the pages of leads.
        may_create: whether they may make projects.
    """

    annotator: str
    needs_token: bool
    signed_in: bool
    has_own_token: bool
    may_lead: bool
    may_create: bool


@dataclass(frozen=True)
class Access:
    """The rules of one page: one token for all who come, or none.

    Args:
        token: what callers show once; "" where none is asked for, and only this machine may ask.
        secure: whether the page is served by TLS, so that cookies never travel without.
        most_body_bytes: of a request.
        clock: seconds since 1970.
        failures: wrong tokens so far.
    """

    token: str = ""
    secure: bool = False
    most_body_bytes: int = MOST_BODY_BYTES
    clock: Callable[[], float] = time.time
    failures: Failures = field(default_factory=Failures)

    @classmethod
    def of(cls, host: str, token_file: Path | None, *, secure: bool = False) -> Access:
        """The rules of a page that listens on a host.

        Raises:
            InvalidConfig: others than this machine could ask, and no token is set; or its file is no good.
        """
        token = "" if token_file is None else read_token(token_file)
        if not token and not is_loopback(host):
            raise InvalidConfig(
                f"{host} can be reached from other machines: give --token-file with a token that people sign in by",
                field="host",
            )
        return cls(token, secure)

    @property
    def needs_token(self) -> bool:
        """Whether a token is asked for."""
        return bool(self.token)

    def check(self, request: HTTPConnection, method: str) -> None:
        """Refuse what comes from elsewhere than the page itself, or from a caller who has not signed in.

        Raises:
            PermissionDenied: the host is not this machine, or another site asks.
            Unauthenticated: the token was not shown.
        """
        self._check_host(request)
        path = request.scope["path"]
        if path.startswith("/api/"):
            _check_site(request)
        if method not in SAFE_METHODS:
            _check_change(request)
        if path not in OPEN_TO_ALL and not path.startswith("/static/"):
            self.check_signed_in(request)

    def check_signed_in(self, request: HTTPConnection) -> None:
        """Raises Unauthenticated where the caller has not shown the token that is asked for."""
        if not self.is_signed_in(request):
            raise Unauthenticated("Sign in with the token first.", field="token")

    def is_signed_in(self, request: HTTPConnection) -> bool:
        """Whether the caller has shown the token, or none is asked for."""
        if not self.token:
            return True
        issued, _, mark = request.cookies.get(self._name("session"), "").partition(".")
        if not (issued.isascii() and issued.isdecimal() and len(issued) < 12):
            return False
        is_ours = hmac.compare_digest(self._mark(issued).encode(), mark.encode())
        return is_ours and 0 <= self.clock() - int(issued) < SIGNED_IN_FOR_S

    def sign_in(self, caller: str, shown: str, response: Response) -> None:
        """Let a caller in who shows the token.

        Args:
            caller: their address, by which failures are counted.
            shown: what they show.
            response: gets a cookie that says so; it holds no token.

        Raises:
            Unauthenticated: it is another one.
            ResourceExhausted: they have failed too often lately.
        """
        self.failures.check(caller)
        if not hmac.compare_digest(_digest(shown), _digest(self.token)):
            self.failures.note(caller)
            raise Unauthenticated("That is not the token.", field="token")
        issued = str(int(self.clock()))
        self._set(response, "session", f"{issued}.{self._mark(issued)}")

    def sign_out(self, request: HTTPConnection, response: Response) -> None:
        """Let the caller's browser forget that they have signed in."""
        self.forget(request)
        self._set(response, "session", "", keep_s=0)

    def forget(self, request: HTTPConnection) -> None:
        """The server has refused the caller's token: nothing is kept here of them that could end."""

    def me(self, request: HTTPConnection) -> Me:
        """Who the caller is. May block."""
        signed_in = self.is_signed_in(request)
        name = self.annotator(request) if signed_in else ""
        return Me(name, self.needs_token, signed_in, has_own_token=False, may_lead=signed_in, may_create=signed_in)

    def may_lead(self, request: HTTPConnection) -> bool:
        """Whether the caller is shown the pages of leads; whoever is let in is."""
        return True

    def annotator(self, request: HTTPConnection) -> str:
        """What the caller is called, "" while nobody has said so, or said what is no name.

        A page says who is before it. The browser's cookie is that of the window in which a name was said last.
        """
        said = request.headers.get(ANNOTATOR_HEADER) or request.cookies.get(self._name("annotator"), "")
        name = unquote(said)
        return name if is_name(name) else ""

    def name_annotator(self, name: str, response: Response) -> None:
        """Remember in the browser what its user is called."""
        self._set(response, "annotator", quote(name, safe=""))

    def _check_host(self, request: HTTPConnection) -> None:
        """A page that asks for a token may have any name: a browser that was led here by another one has no cookie."""
        found = _HOST.fullmatch(request.headers.get("host", ""))
        if found is None or not (self.needs_token or is_loopback(found[1].strip("[]"))):
            raise PermissionDenied("This page is only there for the machine that it runs on.")

    def _set(self, response: Response, name: str, value: str, keep_s: int = SIGNED_IN_FOR_S) -> None:
        response.set_cookie(
            self._name(name),
            value,
            max_age=keep_s,
            path="/",
            secure=self.secure,
            httponly=True,
            samesite="strict",
        )

    def _name(self, name: str) -> str:
        """Browsers let nobody else set a cookie whose name begins with `__Host-`."""
        return f"__Host-maskloop-{name}" if self.secure else f"maskloop-{name}"

    def _mark(self, issued: str) -> str:
        """Another token makes all sessions of before invalid."""
        return hmac.new(_digest(self.token), f"session {issued}".encode(), hashlib.sha256).hexdigest()


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()


def _check_site(request: HTTPConnection) -> None:
    """Nobody else shows our images on a page of theirs, or asks whether they are there."""
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise PermissionDenied("Another site may not ask for this.")


def _check_change(request: HTTPConnection) -> None:
    origin = request.headers.get("origin")
    if origin is not None and origin.lower() not in _own_origins(request):
        raise PermissionDenied("Another site may not change anything here.")
    if request.headers.get(HEADER) != "1":
        raise PermissionDenied("The request does not come from the page: it lacks X-Maskloop.", field=HEADER)


def _own_origins(request: HTTPConnection) -> tuple[str, str]:
    """Both schemes: what stands before the page may speak TLS for it."""
    host = request.headers.get("host", "").lower()
    return f"http://{host}", f"https://{host}"
