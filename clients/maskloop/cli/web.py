"""`maskloop web`: the page where people label, on a server's projects."""

from __future__ import annotations

import os
import shlex
import signal
import sys
import threading
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from maskloop.address import DEFAULT_ADDRESS, DEFAULT_PAGE_PORT

if TYPE_CHECKING:
    from maskloop.client import Client

PATIENCE_S = 5.0
"""How long a call to the server is repeated before a person is told that it is not there."""
EXAMPLES = """\
Examples: maskloop web --server 127.0.0.1:7443;
maskloop web --host 0.0.0.0 --token-file token.txt --tls-cert page.pem --tls-key page.key
"""


def web(  # noqa: PLR0917 - options, given by name
    server: Annotated[str, typer.Option(help="Address of the server: HOST:PORT or unix:PATH.")] = DEFAULT_ADDRESS,
    port: Annotated[int, typer.Option(min=0, max=65_535, help="Of the page; 0 takes a free one.")] = DEFAULT_PAGE_PORT,
    host: Annotated[str, typer.Option(help="Where the page listens; others than loopback need a token.")] = "127.0.0.1",
    token_file: Annotated[
        Path | None, typer.Option(help="File with the token that people sign in by, 16 letters or more.")
    ] = None,
    tls_root: Annotated[Path | None, typer.Option(help="PEM file that vouches for the server's certificate.")] = None,
    tls_cert: Annotated[Path | None, typer.Option(help="PEM certificate chain of the page.")] = None,
    tls_key: Annotated[Path | None, typer.Option(help="PEM private key of the page.")] = None,
    open_: Annotated[
        bool | None, typer.Option("--open/--no-open", help="Open a browser; without it, if there is a screen.")
    ] = None,
    exit_with_parent: Annotated[
        bool, typer.Option("--exit-with-parent", help="Stop when standard input closes.", metavar="")
    ] = False,
) -> None:
    """Serve the page where people label, in a browser, for a server's projects."""
    from maskloop.client import Client, Retry  # what these import takes a second
    from maskloop.web.access import Access
    from maskloop.web.app import build
    from maskloop.web.leading.routes import Lead
    from maskloop.web.serve import Place, Serving
    from maskloop.web.server_work import ServerWork
    from maskloop.web.threads import Threads

    place = Place(host, port, tls_cert, tls_key)
    access = Access.of(host, token_file, secure=place.is_secure)
    stopping = _stop_when_asked(exit_with_parent)
    with Client(server, tls_root=tls_root, retry=Retry(patience_s=PATIENCE_S)) as client:
        client.check_health()
        threads = Threads()
        lead = Lead(client, partial(_write_report, client), threads)
        app = build(ServerWork(client), access, more_routes=lead.routes(), threads=threads)
        with closing(lead), Serving(app, place) as serving:
            typer.echo(f"Open {serving.url}")
            sys.stdout.flush()
            if open_ or (open_ is None and _has_screen()):
                typer.launch(serving.url)
            stopping.wait()


def _write_report(client: Client, project_id: str, campaign_id: str, folder: Path) -> None:
    """The same report as that of `maskloop report`."""
    from maskloop.loop.reporting.live_report import LiveProject  # imports what draws, which takes a second

    command = shlex.join(["maskloop", "report", project_id, "--campaign", campaign_id])
    LiveProject(client, project_id, campaign_id).write_report(folder, command)


def _stop_when_asked(with_parent: bool) -> threading.Event:
    """Set by Ctrl-C, SIGTERM and, if so asked, the end of standard input."""
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())

    def listen() -> None:
        while os.read(sys.stdin.fileno(), 4096):
            pass
        stopping.set()

    if with_parent:
        threading.Thread(target=listen, name="parent", daemon=True).start()
    return stopping


def _has_screen() -> bool:
    """Whether somebody sits here who can see a browser."""
    screen = sys.platform in ("darwin", "win32") or any(map(os.environ.get, ("DISPLAY", "WAYLAND_DISPLAY")))
    return screen and sys.stdout.isatty()
