"""The page's server: a socket, uvicorn on it, and an end when it is asked for."""

from __future__ import annotations

import socket
import threading
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

import uvicorn
from starlette.applications import Starlette

from maskloop.client.channel import check_key_pair
from maskloop.errors import FailedPrecondition, InvalidConfig, Unavailable
from maskloop.web.connections import Connection

STARTED_WITHIN_S = 20.0
LOOK_EVERY_S = 0.02
ENDS_WITHIN_S = 3
"""What open requests get at the end."""
MOST_CONNECTIONS = 512
BACKLOG = 128


@dataclass(frozen=True)
class Place:
    """Where the page is.

    Args:
        host: name or address to listen on, without brackets.
        port: 0 takes a free one.
        tls_cert: PEM certificate chain; `None` for plaintext.
        tls_key: its private key.

    Raises:
        InvalidConfig: half a key pair, or one that cannot be used.
    """

    host: str = "127.0.0.1"
    port: int = 0
    tls_cert: Path | None = None
    tls_key: Path | None = None

    def __post_init__(self) -> None:
        if (self.tls_cert is None) != (self.tls_key is None):
            raise InvalidConfig("--tls-cert and --tls-key come together", field="tls_cert")
        if self.tls_cert is not None and self.tls_key is not None:
            check_key_pair(self.tls_cert, self.tls_key)

    @property
    def is_secure(self) -> bool:
        """Whether it speaks TLS."""
        return self.tls_cert is not None

    def listen(self) -> socket.socket:
        """A socket that nobody answers yet.

        Raises:
            FailedPrecondition: the port is taken, or the host is not this machine's.
        """
        said = f"{self.host}:{self.port}"
        try:
            family, kind, number, _, address = socket.getaddrinfo(
                self.host, self.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
            )[0]
        except OSError as error:
            raise FailedPrecondition(f"cannot listen on {said}: {error.strerror}", field="host") from error
        listener = socket.socket(family, kind, number)
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(address)
            listener.listen(BACKLOG)
        except OSError as error:
            listener.close()
            raise FailedPrecondition(f"cannot listen on {said}: {error.strerror}", field="port") from error
        return listener

    def url(self, listener: socket.socket) -> str:
        """What a browser on this machine opens."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        host = {"0.0.0.0": "127.0.0.1", "[::]": "[::1]"}.get(host, host)
        return f"{'https' if self.is_secure else 'http'}://{host}:{listener.getsockname()[1]}/"


class Serving:
    """The page, served by a thread of its own from entering to leaving.

    Args:
        app: its application, as `build` makes it.
        place: where it listens.

    Raises:
        FailedPrecondition: on entering, when it cannot listen there.
        Unavailable: on entering, when it does not start.
    """

    def __init__(self, app: Starlette, place: Place) -> None:
        self._place = place
        self._app = app
        self._server = uvicorn.Server(
            uvicorn.Config(
                app,
                log_level="warning",
                access_log=False,
                server_header=False,
                proxy_headers=False,
                lifespan="on",
                http=Connection,
                ws="none",
                limit_concurrency=MOST_CONNECTIONS,
                timeout_graceful_shutdown=ENDS_WITHIN_S,
                ssl_certfile=place.tls_cert,
                ssl_keyfile=place.tls_key,
            )
        )
        self._thread: threading.Thread | None = None
        self.url = ""

    def __enter__(self) -> Serving:
        listener = self._place.listen()
        self.url = self._place.url(listener)
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [listener]}, name="page", daemon=True
        )
        self._thread.start()
        pause = threading.Event()
        for _ in range(round(STARTED_WITHIN_S / LOOK_EVERY_S)):
            if self._server.started or not self._thread.is_alive():
                break
            pause.wait(LOOK_EVERY_S)
        if not self._server.started:
            self._server.should_exit = True
            listener.close()
            raise Unavailable("the page did not start")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._app.state.stopping.set()
        self._server.should_exit = True
        if self._thread is not None:
            self._thread.join(2 * ENDS_WITHIN_S)
